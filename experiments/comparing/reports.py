"""Two reports of a study: which verdicts are the same, and which are not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.comparing.circumstances import Difference, differences
from experiments.report.verdict_rows import VerdictRow, read_verdicts

Pair = tuple[VerdictRow, VerdictRow]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two reports, the one before and the one after."""

    name: str
    pairs: tuple[Pair, ...]  # what both judge
    only_before: tuple[VerdictRow, ...]
    only_after: tuple[VerdictRow, ...]
    differences: tuple[Difference, ...]

    @property
    def changed(self) -> tuple[Pair, ...]:
        """The pairs whose verdicts differ."""
        return tuple(pair for pair in self.pairs if pair[0].verdict != pair[1].verdict)

    @property
    def moved(self) -> tuple[Pair, ...]:
        """The pairs with the same verdict whose estimates or intervals differ."""
        return tuple(
            (old, new)
            for old, new in self.pairs
            if old.verdict == new.verdict and _numbers(old) != _numbers(new)
        )


def _numbers(row: VerdictRow) -> tuple[str, ...]:
    # As texts: NaN, where there is no estimate, is the same on both sides.
    return tuple(f"{number:.9g}" for number in (row.estimate, row.low, row.high))


def compare_reports(before: Path, after: Path) -> Compared:
    """Compare the reports in two folders.

    What was judged is the same where the same numbers of the same arms are claimed to lie in the
    same place, under the same condition, whatever the words and the number of the claim.

    Raises:
        ReportError: if a file of one of them is missing or damaged.

    """
    old, new = read_verdicts(before), read_verdicts(after)
    waiting = _by_identity(old)
    pairs, only_after = [], []
    for row in new:
        if waiting[row.identity]:
            pairs.append((waiting[row.identity].pop(0), row))
        else:
            only_after.append(row)
    left = {id(row) for rows in waiting.values() for row in rows}
    return Compared(
        after.resolve().name,
        tuple(pairs),
        tuple(row for row in old if id(row) in left),
        tuple(only_after),
        differences(before, after),
    )


def _by_identity(rows: Sequence[VerdictRow]) -> defaultdict[tuple[str, ...], list[VerdictRow]]:
    found: defaultdict[tuple[str, ...], list[VerdictRow]] = defaultdict(list)
    for row in rows:
        found[row.identity].append(row)
    return found


def reports_in(folder: Path) -> dict[str, Path]:
    """Return the folders of the reports in a folder of results, by their names."""
    return {path.parent.name: path.parent for path in sorted(folder.glob("*/study.yaml"))}
