"""How fast fleets train, against what one would otherwise use and against what is possible.

    python benchmarks/peers.py

All contestants train the same networks from the same starting weights on the same batches in the
same order, on one core. First that is shown, by their final losses and weights. Then they take
turns, and ratios are taken within each round. At last whole studies are timed on two cores, from
the start of Python to the last loss. Writes peers.csv beside this file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import contestants.one_core  # noqa: F401  (before all that computes)
from contestants.entries import CONTESTANTS
from contestants.table import Row, header, write

FOLDER = Path(__file__).resolve().parent
STAGES = ("tiny", "medium", "large", "study")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compare the speed of fleets with scikit-learn, PyTorch, JAX and their limit.",
        epilog="exit codes: 0 all is as promised; 1 work is unequal or a ratio not as promised; "
        "2 wrong usage, or a package is missing",
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


def _rows(stages: Sequence[str], rounds: int) -> Iterator[Row]:
    """Prove equal work everywhere, then measure stage by stage."""
    from contestants.jax_vmap import compile_seconds
    from contestants.proof import prove
    from contestants.race import race
    from contestants.study import STUDIES, compare
    from contestants.workloads import WORKLOADS

    workloads = [workload for workload in WORKLOADS if workload.name in stages]
    races = [(workload, activation) for workload in workloads for activation in ("relu", "tanh")]
    for workload in workloads:
        print(workload)
    for workload, activation in races:
        print(prove(workload, activation), flush=True)
    print(header())
    for workload, activation in races:
        yield from race(workload, activation, rounds)
    if "study" in stages:
        for study in STUDIES:
            yield from compare(study, rounds, [sys.executable, __file__, "--take-part"])
    if compile_seconds:
        print(
            f"JAX compiled {len(compile_seconds)} programs, which is not counted: "
            f"{min(compile_seconds):.1f} to {max(compile_seconds):.1f} s each"
        )


def main() -> int:
    """Compare, print a table, and return 1 if a promise is not kept."""
    arguments = _arguments()
    if arguments.take_part:
        from contestants.study import take_part

        print(json.dumps(take_part(*arguments.take_part)))
        return 0
    if _tell_missing():
        return 2
    from contestants.proof import UnfairError

    started, rows = time.perf_counter(), []
    try:
        for row in _rows(arguments.only, arguments.rounds):
            print(row, flush=True)
            rows.append(row)
    except UnfairError as error:
        print(error, file=sys.stderr)
        return 1
    if set(arguments.only) == set(STAGES):
        write(rows, FOLDER / "peers.csv")
    missed = sum(not row.ok for row in rows)
    print(f"{time.perf_counter() - started:.0f} s; {missed} bars missed")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
