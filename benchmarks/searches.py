"""How many updates the searches for learning rates took, and would have taken without stopping.

    python benchmarks/searches.py [FOLDER]

Reads the runs of all configs from a folder of results (by default results) that holds them, trains
nothing, and prints a table.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from experiments.analysis.tuning import candidates
from experiments.commands import STORE
from experiments.config import load
from experiments.execution.plan import plan
from experiments.execution.store import Store

ROOT = Path(__file__).parent.parent


def searches(config: Path, store: Store) -> tuple[int, int, int, int]:
    """Return the runs of a study's searches, their updates, their budgets and those of its pairs.

    A run that diverged counts with the updates that it made.
    """
    study = load(config)
    known = plan(study, store)
    if known.missing:
        sys.exit(f"{config.name}: {len(known.missing)} runs are not stored; run it first")
    tried = dict.fromkeys(
        run
        for (subject, seed), space in known.spaces.items()
        for some in candidates(subject, seed, space.rates, study.tuning)
        for run in some
    )
    traces = store.load(tried).values()
    made = sum(int(trace.updates[-1]) for trace in traces)
    whole = sum(int(t.updates[-1]) if t.status == "diverged" else t.budget for t in traces)
    pairs = sum(int(trace.updates[-1]) for trace in store.load(known.runs).values())
    return len(tried), made, whole, pairs


def main() -> None:
    """Print a line for each study that searches for learning rates."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "results"
    print("| study | runs of searches | updates made | without stopping | share | of pairs |")
    print("|---|---|---|---|---|---|")
    total = [0, 0, 0, 0]
    with Store(folder / STORE) as store:
        for config in sorted((ROOT / "configs").glob("*.yaml")):
            found = searches(config, store)
            if found[0]:
                _line(config.stem, found)
                total = [a + b for a, b in zip(total, found, strict=True)]
    _line("all", total)


def _line(name: str, found: tuple[int, int, int, int]) -> None:
    runs, made, whole, pairs = found
    print(f"| {name} | {runs:,} | {made:,} | {whole:,} | {made / whole:.0%} | {pairs:,} |")


if __name__ == "__main__":
    main()
