"""How fast fleets train, against what one would otherwise use and against what is possible.

    python benchmarks/peers.py

All contestants train the same networks from the same starting weights on the same batches in the
same order, on one core. First that is shown, by their final losses and weights. Then they take
turns, and ratios are taken within each round. At last whole studies are timed on two cores, from
the start of Python to the last loss. Where the work was unequal, that is told in the place of
times, and the other workloads go on. Writes the rows of one kind of processor in peers.csv beside
this file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from contestants import processor
from contestants.entries import CONTESTANTS

if TYPE_CHECKING:
    from contestants.table import Row

FOLDER = Path(__file__).resolve().parent
STAGES = ("tiny", "medium", "large", "conv", "study")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compare the speed of fleets with scikit-learn, PyTorch, JAX and their limit.",
        epilog="exit codes: 0 all is as promised; 1 work is unequal or a ratio not as promised; "
        "2 wrong usage, a package is missing, or one cannot be kept to the processor",
    )
    stages = ", ".join(STAGES)
    parser.add_argument(
        "--only", choices=STAGES, nargs="+", default=STAGES, metavar="STAGE",
        help=f"some of {stages}; peers.csv is then left as it is",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", type=int, default=5, metavar="N",
        help="of each race, by default 5; a study has two at most",
    )  # fmt: skip
    parser.add_argument(
        "--processor", choices=processor.KINDS, default="native",
        help="native: as it is (the default); avx2: as if it had no AVX-512, for all alike",
    )  # fmt: skip
    # With this, the script starts itself for a study: a contestant, a study, a file.
    parser.add_argument("--take-part", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return arguments


def _tell_missing() -> bool:
    """Name the contestants whose package is not installed; return whether there are any."""
    missing = [one for one in CONTESTANTS if one.missing]
    for one in missing:
        print(f"{one.name} needs {one.needs}, which is not installed", file=sys.stderr)
    if missing:
        print(f"pip install -r {FOLDER / 'peers-requirements.txt'}", file=sys.stderr)
    return bool(missing)


def _rows(arguments: argparse.Namespace) -> Iterator[Row]:
    """Compare the work everywhere, then measure stage by stage."""
    from contestants.jax_vmap import compile_seconds
    from contestants.proof import prove
    from contestants.race import race
    from contestants.study import STUDIES, compare
    from contestants.table import header
    from contestants.workloads import WORKLOADS

    workloads = [workload for workload in WORKLOADS if workload.stage in arguments.only]
    races = [(workload, activation) for workload in workloads for activation in ("relu", "tanh")]
    for workload in workloads:
        print(workload)
    works = {}
    for workload, activation in races:
        works[workload, activation] = prove(workload, activation)
        print(works[workload, activation], flush=True)
    print(header())
    for (workload, activation), proved in works.items():
        work, rows = race(workload, activation, arguments.rounds, proved)
        if work is not proved:
            print(work)
        yield from rows
    if "study" in arguments.only:
        command = [sys.executable, __file__, "--processor", arguments.processor, "--take-part"]
        for study in STUDIES:
            work, rows = compare(study, arguments.rounds, command)
            print(work)
            yield from rows
    if compile_seconds:
        print(
            f"JAX compiled {len(compile_seconds)} programs, which is not counted: "
            f"{min(compile_seconds):.1f} to {max(compile_seconds):.1f} s each"
        )


def main() -> int:
    """Compare, print a table, and return 1 if a promise is not kept."""
    arguments = _arguments()
    processor.use_one_core_of(arguments.processor)
    if arguments.take_part:
        from contestants.study import take_part

        print(json.dumps(take_part(*arguments.take_part)))
        return 0
    if _tell_missing():
        return 2
    used = processor.used()
    print(f"{arguments.processor}: {', '.join(' '.join(pair) for pair in used.items())}")
    if unheeded := processor.unheeded(arguments.processor, used):
        refusing = " and ".join(unheeded)
        print(f"{refusing} cannot be kept to {arguments.processor} here", file=sys.stderr)
        return 2
    from contestants.table import write

    started, rows = time.perf_counter(), []
    for row in _rows(arguments):
        print(row, flush=True)
        rows.append(row)
    if set(arguments.only) == set(STAGES):
        write(rows, arguments.processor, FOLDER / "peers.csv")
    missed = sum(not row.ok for row in rows)
    print(f"{time.perf_counter() - started:.0f} s; {missed} rows not as promised")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
