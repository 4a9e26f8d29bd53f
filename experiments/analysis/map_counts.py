"""Claims under many conditions: how often each verdict was given, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.analysis.verdicts import OUTCOMES, Hypothesis, Outcome, TimeVerdict, Verdict
from experiments.study import TimeClaim

FEWEST_CELLS = 12
"""From so many comparisons on, a claim is told as a map."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The verdicts of those comparisons that have one label on one axis."""

    axis: str  # of the study, or "target"; empty: all comparisons
    label: str
    cells: int  # how many comparisons there are
    outcomes: dict[Hypothesis, dict[Outcome, int]]  # every outcome, in the order of OUTCOMES


def mapped(verdicts: Sequence[Verdict]) -> list[list[TimeVerdict]]:
    """Return each claim's verdicts on the direction that are enough for a map, claim by claim."""
    by_claim: dict[TimeClaim, list[TimeVerdict]] = {}
    for verdict in verdicts:
        if verdict.hypothesis == "direction" and verdict.conditions == 1:
            by_claim.setdefault(verdict.claim, []).append(verdict)
    return [cells for cells in by_claim.values() if len(cells) >= FEWEST_CELLS]


def map_counts(verdicts: Sequence[Verdict]) -> dict[TimeClaim, list[Counts]]:
    """Count the outcomes of every claim that is mapped: over all, and at each value of each axis.

    An axis of a single value is left out. Axes come in the order of the study's, the target last;
    so do their values.
    """
    return {
        cells[0].claim: _of_claim([v for v in verdicts if v.claim == cells[0].claim])
        for cells in mapped(verdicts)
    }


def _of_claim(verdicts: Sequence[TimeVerdict]) -> list[Counts]:
    alone = [verdict for verdict in verdicts if verdict.conditions == 1]
    groups: dict[tuple[str, str], list[TimeVerdict]] = {}
    for verdict in alone:
        for pair in (("", ""), *verdict.condition, ("target", f"{verdict.target:g}")):
            groups.setdefault(pair, []).append(verdict)
    axes = ["", *dict.fromkeys(axis for axis, _ in alone[0].condition), "target"]
    found = []
    for axis in axes:
        of_axis = [
            _counts(axis, label, rows) for (name, label), rows in groups.items() if name == axis
        ]
        found += of_axis if len(of_axis) > 1 or not axis else []
    return found


def _counts(axis: str, label: str, verdicts: Sequence[TimeVerdict]) -> Counts:
    outcomes = {}
    for hypothesis in dict.fromkeys(v.hypothesis for v in verdicts):
        counts = Counter(v.outcome for v in verdicts if v.hypothesis == hypothesis)
        outcomes[hypothesis] = {outcome: counts[outcome] for outcome in OUTCOMES}
    return Counts(axis, label, sum(v.hypothesis == "direction" for v in verdicts), outcomes)
