"""Worker processes of this machine: started when they are first needed, and kept for what follows.

They are no other library's: joblib keeps workers too, which a notebook may use at the same time.
"""

from __future__ import annotations

import multiprocessing.resource_tracker
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import joblib
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import resource_tracker

from experiments.plugins.loading import load_again
from experiments.plugins.registry import FILES, Plugin, told

IDLE = 300
"""After so many seconds without work a worker ends; the next work starts another one."""

ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "NUMBA")
} | {"VECLIB_MAXIMUM_THREADS": "1"}
"""What tells the libraries of a worker, as they are loaded, that the other cores are taken."""


@dataclass(frozen=True, slots=True)
class _Workers:
    count: int
    executor: ProcessPoolExecutor


_held: list[_Workers] = []
"""The workers of this process: none or those of one executor."""


def cores() -> int:
    """Return how many cores this process may use."""
    return joblib.cpu_count()


def submit(count: int, work: Callable[..., Any], *arguments: Any) -> Future:
    """Let one of `count` workers do some work, with the tables that this process has.

    Args:
        count: how many there are to be; more that were started before stay.
        work: a function of a module.
        arguments: what it is given.

    """
    if not _held or _held[0].count < count:
        _start(count)
    task = _with_plugins, tuple(FILES), work, arguments
    with _not_interrupted():
        try:
            return _held[0].executor.submit(*task)
        except BrokenExecutor:  # one of them was killed, and with it loky gives up the others
            _start(count)
            return _held[0].executor.submit(*task)


def each(
    count: int, work: Callable[..., Any], calls: Sequence[tuple[Any, ...]]
) -> Generator[Any, None, None]:
    """Yield what some work returns, in the order of the calls, while others are under way.

    Args:
        count: of workers.
        work: a function of a module.
        calls: the arguments of each.

    """
    waiting = iter(calls)
    running = deque(submit(count, work, *call) for call in islice(waiting, count))
    try:
        while running:
            result = running.popleft().result()
            running.extend(submit(count, work, *call) for call in islice(waiting, 1))
            yield result
    except BaseException:
        give_up()
        raise


def give_up() -> None:
    """End all workers at once, whatever they do."""
    while _held:
        _held.pop().executor.shutdown(kill_workers=True)


def _start(count: int) -> None:
    while _held:
        _held.pop().executor.shutdown()
    executor = ProcessPoolExecutor(
        count, timeout=IDLE, initializer=_begin, initargs=(os.getpid(),), env=ONE_THREAD
    )
    _held.append(_Workers(count, executor))


@contextmanager
def _not_interrupted() -> Iterator[None]:
    """Put Ctrl-C off while workers may be started, which inherit that.

    It reaches every process of the terminal; the main one answers it for all. One that is still
    loading what it needs would answer with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    for tracker in (resource_tracker, multiprocessing.resource_tracker):
        tracker.ensure_running()  # as it starts, it lifts what is put off
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(main: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # also where it could not be put off
    threading.Thread(target=_end_with, args=(main,), daemon=True).start()


def _end_with(main: int) -> None:
    """End this worker soon after the main process, whose death by SIGKILL tells nobody.

    Left alone, a worker would idle for minutes and hold the terminal's pipes open. Where a
    process keeps the number of its dead parent (Windows), it does so until it times out.
    """
    while os.getppid() == main:
        time.sleep(1)
    os._exit(1)


def _with_plugins(
    plugins: tuple[Plugin, ...], work: Callable[..., Any], arguments: tuple[Any, ...]
) -> Any:
    load_again(plugins)
    with told():  # here, as no error keeps its lines on the way to another process
        return work(*arguments)
