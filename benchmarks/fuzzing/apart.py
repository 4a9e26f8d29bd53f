"""An input in a process of its own, so that what hangs, grows or dies is noticed and told."""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import signal
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection

from benchmarks.fuzzing.attempts import TRACEBACK, Outcome, attempt, peak_megabytes, size_bytes
from benchmarks.fuzzing.inputs import Input

MEGABYTES = 1024
"""What an input may take at most."""

_PATIENCE = 60
"""The seconds by the clock after which it is ended."""

_SPACE = 2**31
"""The bytes of address space, beside what the imports took, that end what goes on growing."""

_FORKED = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an input in a process of its own, and what it took."""

    outcome: Outcome
    megabytes: float  # at most held at a time, imports included


def attempt_apart(given: Input) -> Told:
    """Run the command on an input in a child of this process, which has imported all it needs."""
    here, there = _FORKED.Pipe(duplex=False)
    child = _FORKED.Process(target=_answer, args=(given, there))
    child.start()
    there.close()
    try:
        if not here.poll(_PATIENCE):
            text = f"ended after {_PATIENCE} s"
            return Told(Outcome(TRACEBACK, False, float(_PATIENCE), text), 0.0)
        return here.recv()
    except EOFError:
        child.join()
        text = f"the process died with the exit code {child.exitcode}"
        return Told(Outcome(TRACEBACK, False, 0.0, text), 0.0)
    finally:
        child.kill()
        child.join()
        here.close()


def _answer(given: Input, there: Connection) -> None:
    space = size_bytes() + _SPACE
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process answers Ctrl-C
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # forgets the most that was held before
    try:
        outcome = attempt(given)
    except BaseException:  # even of the folder that could not be made
        outcome = Outcome(TRACEBACK, False, 0.0, traceback.format_exc())
    there.send(Told(outcome, peak_megabytes()))
