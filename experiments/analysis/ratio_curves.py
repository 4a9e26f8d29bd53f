"""The ratio of a claim over its target: what would be found at every level around the claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from experiments.analysis.clocks import times_by
from experiments.analysis.inference import PairedTimes, Ratio, log_ratios
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.times_to_target import settings_to_compare
from experiments.analysis.verdicts import Hypothesis, Outcome, decide, hypotheses
from experiments.goals import improves_upwards
from experiments.study import Labels, TimeClaim

CURVE_TARGETS = 25
"""At how many targets the curve of a ratio over its target is read."""

AROUND = 1.5
"""How far a curve reaches around a single target: by this factor of a loss, or of an error."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is found at one target, for itself: nothing is corrected for the number of others."""

    target: float
    ratio: Ratio  # with its interval at the study's level
    reached: tuple[int, int]  # runs of the arm claimed to be faster, and of the other
    outcomes: Mapping[Hypothesis, Outcome]


@dataclass(frozen=True, slots=True)
class RatioCurve:
    """The ratio of a claim under one condition, over the targets between its outermost ones.

    It is of what the claim's clock counts. Around a single target it reaches from an easier one to
    a harder one.
    """

    claim: TimeClaim
    condition: Labels
    faster: SettingResult
    than: SettingResult
    levels: tuple[Level, ...]  # from the easiest to the hardest

    @property
    def targets(self) -> np.ndarray:
        """The targets, (K,)."""
        return np.array([level.target for level in self.levels])

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """The ratios at each of them, K."""
        return tuple(level.ratio for level in self.levels)


def ratio_curves(results: Results) -> list[RatioCurve]:
    """Return the curve of every claim of times, condition by condition.

    The steps are even in the logarithm of a loss, and even in an accuracy. Intervals hold at each
    target for itself, at the study's level.
    """
    return [
        RatioCurve(
            claim,
            condition,
            faster,
            than,
            tuple(
                _level(results, claim, faster, than, float(target))
                for target in targets_around(claim)
            ),
        )
        for claim in results.study.time_claims
        for condition, faster, than in settings_to_compare(results, claim)
    ]


def targets_around(claim: TimeClaim) -> np.ndarray:
    """Return the targets at which a claim's curve is read, from the easiest to the hardest, (K,).

    Between the outermost targets of the claim; around a single loss t from AROUND t to t / AROUND,
    and around a single accuracy by the same factors of 1 - t.
    """
    low, high = min(claim.targets), max(claim.targets)
    if improves_upwards(claim.metric):
        if low == high:
            low, high = 1 - min(1.0, (1 - low) * AROUND), 1 - (1 - high) / AROUND
        return np.linspace(low, high, CURVE_TARGETS)
    if low == high:
        low, high = low / AROUND, high * AROUND
    return np.geomspace(low, high, CURVE_TARGETS)[::-1]


def _level(
    results: Results, claim: TimeClaim, faster: SettingResult, than: SettingResult, target: float
) -> Level:
    a, b = (
        times_by(claim.clock, arm, arm.hitting_times(claim.metric, target), results.costs)
        for arm in (faster, than)
    )
    ratio = PairedTimes(log_ratios(a, b), results.design).ratio(results.study.alpha)
    reached = tuple(sum(not time.censored for time in arm) for arm in (a, b))
    outcomes: dict[Hypothesis, Outcome] = {
        name: decide(ratio.low, ratio.high, region) if any(reached) else "untestable"
        for name, region in hypotheses(claim).items()
    }
    return Level(target, ratio, reached, outcomes)
