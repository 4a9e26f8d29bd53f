"""How long the flagship study takes from nothing, again, and with one job; what memory it needs.

    python benchmarks/flagship.py

Runs the real command with an empty store, then once more, then with an empty store and one job (the
bars are for two cores, where two are the default), and samples the memory of all its processes
together.
"""

from __future__ import annotations

import sys
import tempfile

from sampled import ROOT, run

STUDY = ROOT / "configs" / "relu_vs_tanh.yaml"
BARS = {
    "first run, seconds": 120,
    "second run, seconds": 4,
    "peak memory, MB": 1000,
    "first run / with one job": 0.55,
}


def main() -> int:
    """Measure, print a table, and return 1 if a bar is missed."""
    with tempfile.TemporaryDirectory() as output:
        first, memory = run(STUDY, output)
        second, _ = run(STUDY, output)
    with tempfile.TemporaryDirectory() as output:
        alone, _ = run(STUDY, output, "--jobs", "1")
    print(f"with one job it took {alone:.1f} s")
    missed, values = 0, (first, second, memory, first / alone)
    for (name, bar), value in zip(BARS.items(), values, strict=True):
        missed += value > bar
        print(f"{name:26}{value:8.3g}   at most {bar}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
