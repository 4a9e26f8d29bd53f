"""What the ratio would be at neighbouring learning rates, as far as the searches tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from experiments.analysis.results import Results
from experiments.analysis.times_to_target import settings_to_compare
from experiments.analysis.tuning import Found, Tuned
from experiments.scores import Score
from experiments.study import Labels, TimeClaim

STEPS = (-1, 0, 1)
"""From each pair's own choice: a rate of half, the one taken, and one of twice that."""


@dataclass(frozen=True, slots=True)
class Shifted:
    """The median ratio of the searches when both arms take a neighbour of what they chose.

    Where runs were stopped before they reached the target, the median lies from `low` to `high`.
    """

    step: int
    low: float
    high: float
    pairs: int  # whose search spaces hold both rates


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The ratios of one claim under one condition at the rates around those that were taken."""

    claim: TimeClaim
    target: float
    condition: Labels
    shifted: tuple[Shifted, ...]  # one for each of STEPS


def neighbours(results: Results) -> list[Neighbours]:
    """Return the ratios around the choices of each claim that the searches were for."""
    tuned = {one.setting: one for one in results.tuned}
    found = []
    for claim in results.study.time_claims:
        if results.study.objective_of(claim) != results.study.objective:
            continue
        targets = [target for _, target in results.study.objective.goals]
        for condition, faster, than in settings_to_compare(results, claim):
            pair = tuned.get(faster.setting), tuned.get(than.setting)
            # What shares a rate is searched for together: no arm has times of its own there.
            if None in pair or faster.setting.one_rate:
                continue
            for target in claim.targets:
                goal = targets.index(target)
                shifted = tuple(_shifted(*pair, step, goal) for step in STEPS)
                found.append(Neighbours(claim, target, condition, shifted))
    return found


def _shifted(faster: Tuned, than: Tuned, step: int, goal: int) -> Shifted:
    times = [
        (one.times[goal], other.times[goal])
        for found in zip(faster.found, than.found, strict=True)
        for one, other in zip(*(_at(of_arm, step) for of_arm in found), strict=False)
    ]
    if not times:
        return Shifted(step, float("nan"), float("nan"), 0)
    differences = [other.log_updates - one.log_updates for one, other in times]
    known = list(zip(times, differences, strict=True))
    low = [-np.inf if one.at_least else log for (one, _), log in known]
    high = [np.inf if other.at_least else log for (_, other), log in known]
    return Shifted(step, _median(low), _median(high), len(times))


def _at(found: Found, step: int) -> Iterator[Score]:
    """Yield the score a step from the choice, if the search space goes so far."""
    place = found.best + step
    if 0 <= place < len(found.scores):
        yield found.scores[place]


def _median(logs: list[float]) -> float:
    middle = np.sort(logs)[(len(logs) - 1) // 2 : len(logs) // 2 + 1]
    with np.errstate(invalid="ignore"):
        return float(np.exp(middle.mean()))
