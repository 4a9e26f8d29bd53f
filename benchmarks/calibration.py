"""How often verdicts are wrong, measured on studies whose truth is known.

    python benchmarks/calibration.py

Each study is decided as a real one is: the plan searches for learning rates, asks for runs and
adds pairs, times are read off traces, claims are judged and corrected. Only the training is
replaced: by traces whose times to the target are drawn from a known distribution, or by runs drawn
from a pool of real trainings, in which both arms are the same setting. The pool is trained anew
each time. Writes calibration.csv and calibration.md beside this file; both are the same each time,
on the same machine with the same versions. The parts are in the folder error_rates.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import joblib

sys.path.insert(0, str(Path(__file__).parent.parent))

from error_rates import comparisons, families, repetitions
from error_rates.rates import Section
from error_rates.trainings import train_pool
from error_rates.writing import write

from experiments.processes import cores

FOLDER = Path(__file__).parent


def _measure(what: str, section: Callable[[], Section]) -> Section:
    started = time.perf_counter()
    found = section()
    print(f"{what}: {time.perf_counter() - started:.0f} s", flush=True)
    return found


def main() -> int:
    """Measure, write the tables, and return 1 if a limit is missed."""
    started = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        joblib.parallel_config(backend="loky", inner_max_num_threads=1),
    ):
        pool = train_pool(Path(folder), cores())
        print(f"pool of trainings: {time.perf_counter() - started:.0f} s", flush=True)
        parallel = joblib.Parallel(n_jobs=cores())
        sections = [
            _measure("real trainings", lambda: repetitions.repetitions(pool, parallel)),
            _measure("false verdicts", lambda: comparisons.false_verdicts(parallel)),
            _measure("coverage", lambda: comparisons.coverage(parallel)),
            _measure("power", lambda: comparisons.power(parallel)),
            _measure("true ratios", lambda: comparisons.ratios(parallel)),
            _measure("widths", comparisons.widths),
            _measure("claims of a factor", lambda: families.factor_claims(parallel)),
            _measure("many comparisons", lambda: families.families(parallel)),
        ]
    table = write(sections, FOLDER)
    print(table.to_string(index=False))
    print(f"{time.perf_counter() - started:.0f} s; {int((~table.ok).sum())} limits missed")
    return int(not table.ok.all())


if __name__ == "__main__":
    sys.exit(main())
