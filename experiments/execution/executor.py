"""Executing fleets: in this process, or on the machine's cores through joblib."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache

import joblib
from threadpoolctl import threadpool_limits

from experiments import datasets
from experiments.execution.fleets import multiplications
from experiments.execution.origin import origin
from experiments.execution.searching import train_searches
from experiments.nn.training import train
from experiments.plugins.registry import FILES, Plugin, told
from experiments.records import Fleet, Trace
from experiments.workers import begin_in_worker

Result = tuple[Fleet, list[Trace]]

WORTH_WORKERS = 1e11
"""From how many multiplications on workers are started unasked: some seconds of training."""


def cores() -> int:
    """Return how many cores this process may use."""
    return joblib.cpu_count()


def execute(fleet: Fleet) -> Result:
    """Load a fleet's data and train it, with one BLAS thread; each trace tells where that was."""
    precision = fleet.runs[0].training.precision
    loaded = [
        datasets.load(run.data, run.stream, run.seed, precision) for run in fleet.first_of_seeds
    ]
    # More threads would be slower on products of this size, and might round in another order.
    with threadpool_limits(1, user_api="blas"):
        traces = (train_searches if fleet.searches else train)(fleet, loaded)
    return fleet, [replace(trace, origin=origin()) for trace in traces]


def _execute_in_worker(
    fleet: Fleet, read: datasets.Content | None, main: int, plugins: tuple[Plugin, ...]
) -> Result:
    _end_with(main)
    begin_in_worker(plugins)
    if read is not None:
        datasets.lend(fleet.runs[0].data, read)
    with told():  # here, as no error keeps its lines on the way to another process
        return execute(fleet)


def _read(fleet: Fleet) -> datasets.Content | None:
    """Return what a worker is lent: examples that were read, which large as they are it maps.

    So no worker reads a file again, nor finds it changed, and all of them share one copy: joblib
    writes an array to shared memory the first time that it is passed, and after that its name.
    """
    data = fleet.runs[0].data
    return datasets.content_of(data) if data.name in datasets.DATASETS else None


@cache  # once for each worker
def _end_with(main: int) -> None:
    """End this worker soon after the main process, whose death by SIGKILL tells nobody.

    Left alone, a worker would idle for minutes and hold the terminal's pipes open. Where a
    process keeps the number of its dead parent (Windows), it does so until it times out.
    """

    def watch() -> None:
        while os.getppid() == main:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def workers(fleets: Sequence[Fleet], jobs: int | None) -> int:
    """Return how many processes train these fleets; 1 is this one, which needs no start.

    Args:
        fleets: to be trained.
        jobs: the number wanted; None for one on each core, if the work is worth their start.

    """
    if jobs is None:
        jobs = cores() if sum(map(multiplications, fleets)) > WORTH_WORKERS else 1
    return max(1, min(jobs, len(fleets)))


def results(fleets: Sequence[Fleet], jobs: int | None) -> Iterator[Result]:
    """Yield each fleet with its traces as it ends, in any order.

    Args:
        fleets: to be trained, in the order in which they are to be started.
        jobs: worker processes; with 1, everything happens in this process. None: see `workers`.

    """
    count = workers(fleets, jobs)
    if count == 1:
        yield from map(execute, fleets)
        return
    # No fleet is dispatched before a worker is free: loky would print a traceback for those that
    # wait in its queue when the study is interrupted.
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(
            n_jobs=count,
            return_as="generator_unordered",
            pre_dispatch="n_jobs",
            batch_size=1,
        )
        plugins = tuple(FILES)
        ended = parallel(
            joblib.delayed(_execute_in_worker)(fleet, _read(fleet), os.getpid(), plugins)
            for fleet in fleets
        )
        try:
            for result in ended:  # noqa: UP028  (closed by hand, see below)
                yield result
        except GeneratorExit:
            # Nobody waits for the others any more: that they are given up needs no warning, nor
            # does a worker that an interrupt ended before it could look away.
            with warnings.catch_warnings(), suppress(Exception):
                warnings.simplefilter("ignore")
                ended.close()
            raise
