"""Workers that are killed while they train."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

from injected.trial import Ended, Reference, Trial, begin, command, end, lengths, run


def worker_killed(reference: Reference, folder: Path, seed: int, seconds: float) -> Trial:
    """Kill a worker while the study trains; the command is to end as if nothing had been."""
    rng = random.Random(seed)
    for attempt in range(20):
        output = reference.fresh(folder / str(attempt))
        process = begin(command(output, jobs=2))
        victim = _worker_of(process.pid, seconds)
        if victim is not None:
            time.sleep(rng.uniform(0, seconds / 4))
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                return _after(reference, output, end(process))
        end(process)
    raise RuntimeError("no worker was met in 20 attempts")


def _after(reference: Reference, output: Path, ended: Ended) -> Trial:
    trial = reference.judge(output, lengths(output), ended)
    if ended.code == 0:
        return trial
    return reference.judge(output, lengths(output), ended, run(output, jobs=2))


def _worker_of(main: int, seconds: float) -> int | None:
    """Return a worker of a command as soon as there is one; None if none comes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError):
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == main and b"popen_loky" in (path / "cmdline").read_bytes():
                    return int(path.name)
        time.sleep(0.02)
    return None
