"""How long a command takes that runs a study, and the most memory of all its processes together."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent


def _memory(process: psutil.Process) -> float:
    """Return the megabytes of a process and its descendants at this moment."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            full = member.memory_full_info()
            total += getattr(full, "pss", full.rss)
        except psutil.NoSuchProcess:  # it has ended in between
            continue
    return total / 1e6


def run(config: Path, output: str, *options: str) -> tuple[float, float]:
    """Return the seconds and the peak megabytes of one run of a study.

    Memory is proportional set size where the system tells it (shared pages count once), resident
    size elsewhere (shared pages count in each process, so that it is an upper bound).
    """
    started, peak = time.perf_counter(), 0.0
    command = [sys.executable, ROOT / "runner.py", config]
    running = subprocess.Popen([*command, "--quiet", "--output", output, *options])
    process = psutil.Process(running.pid)
    while running.poll() is None:
        try:
            peak = max(peak, _memory(process))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    if running.wait():
        sys.exit(running.returncode)
    return time.perf_counter() - started, peak
