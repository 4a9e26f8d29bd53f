"""One claim under many conditions: how often each verdict was given, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.analysis.verdicts import OUTCOMES, Outcome, RaceVerdict, Verdict

FEWEST_CELLS = 12
"""From so many comparisons on, a claim is told as a map."""


@dataclass(frozen=True, slots=True)
class Share:
    """The verdicts of those comparisons that have one label on one axis."""

    axis: str  # of the study, or "target"; empty: all comparisons
    label: str
    counts: dict[Outcome, int]  # every outcome that there is, in the order of OUTCOMES

    @property
    def total(self) -> int:
        """How many comparisons there are."""
        return sum(self.counts.values())


def mapped(verdicts: Sequence[Verdict]) -> list[RaceVerdict]:
    """Return the verdicts of the first claim of a race that has enough for a map, or none."""
    races: dict[int, list[RaceVerdict]] = {}
    for verdict in verdicts:
        if isinstance(verdict, RaceVerdict):
            races.setdefault(verdict.claim.number, []).append(verdict)
    return next((found for found in races.values() if len(found) >= FEWEST_CELLS), [])


def shares(verdicts: Sequence[Verdict]) -> list[Share]:
    """Count the outcomes of the claim that is mapped: over all, and at each value of each axis.

    An axis of a single value is left out. Axes come in the order of the study's, the target last;
    so do their values.
    """
    cells = mapped(verdicts)
    if not cells:
        return []
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for cell in cells:
        pairs = (*cell.condition, ("target", f"{cell.target:g}"))
        for pair in pairs:
            groups.setdefault(pair, []).append(cell.outcome)
    axes = [*dict.fromkeys(axis for axis, _ in cells[0].condition), "target"]
    found = [_share("", "", [cell.outcome for cell in cells])]
    for axis in axes:
        of_axis = [_share(axis, label, rows) for (name, label), rows in groups.items()
                   if name == axis]  # fmt: skip
        found += of_axis if len(of_axis) > 1 else []
    return found


def _share(axis: str, label: str, outcomes: Sequence[Outcome]) -> Share:
    counts = Counter(outcomes)
    return Share(axis, label, {outcome: counts[outcome] for outcome in OUTCOMES})
