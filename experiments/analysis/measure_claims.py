"""From claims about measures, and results, to what can be judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain

import numpy as np

from experiments.analysis.inference import fewest_pairs
from experiments.analysis.measures import step, value
from experiments.analysis.pooling import together
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.samples import Exact, Median, Proportion, Sample
from experiments.analysis.verdicts import MeasureVerdict, Outcome, decide
from experiments.study import Labels, Measure, MeasureClaim, Region


def measure_comparisons(results: Results, claim: MeasureClaim) -> Iterator[MeasureComparison]:
    """Yield what a claim speaks of, condition by condition.

    A condition is a point of the axes that the claim leaves open; an axis that its measure is
    taken over is none of them. Before them, where the claim is pooled, all of them together,
    protocol by protocol.
    """
    named = {axis for arm in claim.arms for axis, _ in arm} | {claim.measure.over}

    def by_condition(arm: Labels) -> dict[Labels, list[SettingResult]]:
        groups = defaultdict(list)
        for result in results.of(claim):
            if result.setting.is_arm(arm):
                labels = result.setting.labels
                groups[tuple(pair for pair in labels if pair[0] not in named)].append(result)
        return groups

    others = by_condition(claim.than) if claim.than is not None else {}
    arms = {
        condition: (settings, others.get(condition, []))
        for condition, settings in by_condition(claim.of).items()
    }
    groups = [(condition, [of_condition]) for condition, of_condition in arms.items()]
    if claim.pooled:
        groups = [*together(arms.items()), *groups]
    for condition, found in groups:
        yield MeasureComparison(results, claim, condition, found)


class MeasureComparison:
    """One measure under one condition or several, before its verdict may cost any error.

    Under several, a seed's number is the mean of those that it has under each.

    Args:
        results: of the study.
        claim: which measure is claimed to lie where.
        condition: the point of the open axes; of several conditions, what they share.
        found: for each condition, the settings of the arm, one or one for each point of the axis
            that is taken over, and those of the arm it is compared with, none without one.

    """

    target = None

    def __init__(
        self,
        results: Results,
        claim: MeasureClaim,
        condition: Labels,
        found: Sequence[tuple[Sequence[SettingResult], Sequence[SettingResult]]],
    ) -> None:
        self.claim, self.condition, self.conditions = claim, condition, len(found)
        arms = tuple(zip(*found, strict=True))
        self._settings, self._others = (tuple(chain(*of_arm)) for of_arm in arms)
        self._alpha, self._design = results.study.alpha, results.design
        self._theory = dict(claim.theory).get(self._settings[0].setting.labels)
        self._region = claim.region
        if self._theory is not None:
            self._region = Region(self._theory - claim.within, self._theory + claim.within)
        by_seed = [
            np.mean([_by_seed(settings, claim.measure) for settings in of_arm], axis=0)
            for of_arm in arms
            if of_arm[0]
        ]
        self._values = tuple(_typical(values, claim.measure) for values in by_seed)
        with np.errstate(invalid="ignore"):  # both may be infinite: their difference is not known
            self._readings = by_seed[0] if len(by_seed) == 1 else by_seed[0] - by_seed[1]
        self._sample = self._make_sample()

    def _make_sample(self) -> Sample:
        aggregate = self.claim.measure.aggregate
        if aggregate == "exact":
            return Exact(self._readings)
        sample = Proportion if aggregate == "share" else Median
        return sample(self._readings, self._design)

    @cached_property
    def p_value(self) -> float:
        """Return the least alpha at which the claim would be decided, 1 if at none."""
        if self._why_untestable():
            return 1.0
        return self._sample.p_value(
            lambda low, high: decide(low, high, self._region) != "inconclusive"
        )

    def p_value_of(self, outcome: Outcome) -> float:
        """Return the least alpha at which this would be the verdict, 1 if at none."""
        if self._why_untestable():
            return 1.0
        return self._sample.p_value(lambda low, high: decide(low, high, self._region) == outcome)

    def verdict(self, alpha: float) -> MeasureVerdict:
        """Judge the claim, with an interval that misses at most so often."""
        sample = self._sample
        estimate, reason = sample.estimate(alpha), self._why_untestable()
        few = sample.count_is_too_small(alpha)
        if few and not reason:
            reason = self._too_few(alpha) + ", the level that so many comparisons ask for"
        outcome = "untestable" if reason else decide(estimate.low, estimate.high, self._region)
        return MeasureVerdict(
            claim=self.claim,
            condition=self.condition,
            conditions=self.conditions,
            outcome=outcome,
            reason=reason,
            p_value=self.p_value,
            estimate=estimate,
            region=self._region,
            theory=self._theory,
            settings=self._settings,
            others=self._others,
            values=self._values,
            wants_seeds=outcome == "inconclusive" or (bool(reason) and few),
        )

    def _why_untestable(self) -> str:
        """Say why the comparison tells nothing, or return nothing."""
        if np.isnan(self._readings).all():
            return "no run has such a number"
        return self._too_few(self._alpha) if self._sample.count_is_too_small(self._alpha) else ""

    def _too_few(self, alpha: float) -> str:
        count, fewest = self._sample.count, fewest_pairs(alpha, self._design)
        level = f"{(1 - alpha) * 100:.4g} %"
        return f"{count} runs are too few for an interval at {level}: it takes {fewest}"


def _by_seed(settings: Sequence[SettingResult], measure: Measure) -> np.ndarray:
    """Return the measure of each seed, (n,): of one setting, or over the points of an axis."""
    if not measure.over or measure.over == "layer":
        (result,) = settings
        return np.array([value(trace, measure) for trace in result.traces])
    at_point = replace(measure, over="")
    levels = np.array([float(dict(s.setting.labels)[measure.over]) for s in settings])
    values = np.array([[value(trace, at_point) for trace in s.traces] for s in settings])
    return np.array([step(levels, of_seed) for of_seed in values.T])


def _typical(values: np.ndarray, measure: Measure) -> float:
    """Return one number for the runs of an arm, NaN where none has one."""
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan")
    return float(known.mean() if measure.aggregate == "share" else np.median(known))
