"""Commands that are killed or interrupted at random moments, and started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from injected.trial import Reference, Trial, begin, command, end, lengths, run


def killed(reference: Reference, folder: Path, seed: int, seconds: float) -> Trial:
    """Kill the command while it trains and writes, and run it again.

    Args:
        reference: the study.
        folder: for this trial.
        seed: of the moment.
        seconds: about as long as the command takes.

    """
    return _stopped(reference, reference.fresh(folder), seed, seconds, signal.SIGKILL)


def killed_at_its_report(reference: Reference, folder: Path, seed: int, seconds: float) -> Trial:
    """Kill the command that has all runs and writes its report, and run it again."""
    output = reference.finished(folder)
    for path in output.glob("*/made_from.json"):  # else the report would be shown as it is
        path.unlink()
    return _stopped(reference, output, seed, seconds, signal.SIGKILL)


def interrupted(reference: Reference, folder: Path, seed: int, seconds: float) -> Trial:
    """Interrupt the command, as Ctrl-C does, every third time twice, and run it again."""
    return _stopped(reference, reference.fresh(folder), seed, seconds, signal.SIGINT)


def _stopped(
    reference: Reference, output: Path, seed: int, seconds: float, how: signal.Signals
) -> Trial:
    rng = random.Random(seed)
    jobs = rng.choice((1, 2))
    process = begin(command(output, jobs=jobs))
    # From when it has begun to load what it needs: before, nothing of it is there to be stopped.
    time.sleep(rng.uniform(0.3, seconds))
    _send(process, how)
    if how == signal.SIGINT and seed % 3 == 0:
        time.sleep(rng.uniform(0, 0.3))
        _send(process, how)
    stopped = end(process)
    before = lengths(output)
    return reference.judge(output, before, stopped, run(output, jobs=jobs))


def _send(process: subprocess.Popen, how: signal.Signals) -> None:
    """Send a signal: to the command alone or, as a terminal sends Ctrl-C, to its workers too."""
    with suppress(ProcessLookupError):
        if how == signal.SIGINT:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
