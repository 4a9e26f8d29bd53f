"""How long the flagship study takes from nothing, again, and with one job; what memory it needs.

    python benchmarks/flagship.py

Runs the real command with an empty store, then once more, then with an empty store and one job (the
bars are for two cores, where two are the default), and samples the memory of all its processes
together: proportional set size where the system tells it (shared pages count once), resident size
elsewhere (shared pages count in each process, so that it is an upper bound).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
BARS = {
    "first run, seconds": 120,
    "second run, seconds": 4,
    "peak memory, MB": 1000,
    "first run / with one job": 0.55,
}


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


def _run(output: str, *options: str) -> tuple[float, float]:
    """Return the seconds and the peak megabytes of one run of the study."""
    started, peak = time.perf_counter(), 0.0
    command = [sys.executable, ROOT / "runner.py", ROOT / "configs" / "relu_vs_tanh.yaml"]
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


def main() -> int:
    """Measure, print a table, and return 1 if a bar is missed."""
    with tempfile.TemporaryDirectory() as output:
        first, memory = _run(output)
        second, _ = _run(output)
    with tempfile.TemporaryDirectory() as output:
        alone, _ = _run(output, "--jobs", "1")
    print(f"with one job it took {alone:.1f} s")
    missed, values = 0, (first, second, memory, first / alone)
    for (name, bar), value in zip(BARS.items(), values, strict=True):
        missed += value > bar
        print(f"{name:26}{value:8.3g}   at most {bar}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
