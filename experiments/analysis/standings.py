"""All arms of a condition at the end of training, from the best on, and which are told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.analysis.inference import fewest_pairs
from experiments.analysis.measures import final
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.samples import Estimate, Median
from experiments.analysis.survival import Condition, conditions
from experiments.goals import improves_upwards
from experiments.study import Labels

METRICS_OF_STANDINGS = ("test_accuracy", "test_loss", "train_loss")
"""What arms are ranked by: the first of these that the data has."""

RULE = (
    "Arms are ordered by their median over the seeds; intervals are of each arm for itself. An arm "
    "is told apart from the first one if, over the pairs of their runs at the same seeds, the "
    "median difference lies surely on the first one's side: the sign test inverted, with the error "
    "divided by the number of arms but one (Bonferroni). However the first one was picked, the arm "
    "that is really best is then told apart from it no more often than the error allows (multiple "
    "comparisons with the best: Hsu 1981; subset selection: Gupta 1965), under each condition for "
    "itself. A run that diverged counts as the worst there is."
)
"""How arms are ordered and told apart, for the report."""


@dataclass(frozen=True, slots=True)
class Place:
    """One arm of a standing."""

    arm: Labels
    result: SettingResult
    estimate: Estimate  # of the metric's median at the end, for itself
    train_loss: Estimate
    behind: Estimate | None  # the paired difference from the first arm; None for that one itself
    may_be_best: bool  # whether it is not told apart from the first one


@dataclass(frozen=True, slots=True)
class Standing:
    """The arms of one condition, from the one with the best median on."""

    condition: Condition
    metric: str
    places: tuple[Place, ...]
    fewest: int  # seeds with which any arm can be told apart from the first one

    @property
    def alike(self) -> tuple[Place, ...]:
        """The arms that are not told apart from the first one, without it."""
        return tuple(place for place in self.places[1:] if place.may_be_best)

    @property
    def too_few(self) -> bool:
        """Whether there are too few seeds to tell any arm apart."""
        return len(self.places[0].result.runs) < self.fewest


def standings(results: Results) -> list[Standing]:
    """Return the standing of every condition with two arms or more, three where there are claims.

    Two arms of a claim are compared by its verdict.
    """
    fewest = 3 if results.study.claims else 2
    return [
        standing(results, condition)
        for condition in conditions(results)
        if len(condition.arms) >= fewest and all(r.budget for _, r in condition.arms)
    ]


def standing(results: Results, condition: Condition) -> Standing:
    """Order the arms of a condition, and tell which may be the best.

    With k arms, arm i is told apart if the interval at alpha / (k - 1) for the median of its paired
    differences from the first arm lies wholly on the worse side. Let b be an arm that no other is
    better than: whichever arm came first, b is told apart from it only if one of k - 1 such
    intervals misses, which happens at most alpha of the time, at all looks together if seeds
    are added.
    """
    arms = [result for _, result in condition.arms]
    metric = next(name for name in METRICS_OF_STANDINGS if _is_read(arms, name))
    values = np.array([[final(t, metric) for t in arm.traces] for arm in arms])  # (arms, seeds)
    design, study = results.design, results.study
    sign = -1 if improves_upwards(metric) else 1
    known = np.where(np.isnan(values), sign * np.inf, values)
    middles, means = np.median(known, axis=1), known.mean(axis=1)
    order = np.lexsort((sign * means, sign * middles))
    first = order[0]
    alpha = study.alpha / (len(arms) - 1)
    places = []
    for i in map(int, order):
        behind = None
        if i != first:
            with np.errstate(invalid="ignore"):  # both may be infinite: nothing is known then
                behind = Median(values[i] - values[first], design).estimate(alpha)
        worse = behind is not None and (behind.high < 0 if sign < 0 else behind.low > 0)
        losses = [final(trace, "train_loss") for trace in arms[i].traces]
        places.append(
            Place(
                condition.arms[i][0],
                arms[i],
                Median(values[i], design).estimate(study.alpha),
                Median(losses, design).estimate(study.alpha),
                behind,
                not worse,
            )
        )
    return Standing(condition, metric, tuple(places), fewest_pairs(alpha, design))


def _is_read(arms: list[SettingResult], metric: str) -> bool:
    # A run that diverged may have left none of it, which says nothing of the data.
    ended = [t for arm in arms for t in arm.traces if t.status == "completed"]
    traces = ended or [t for arm in arms for t in arm.traces]
    return metric == "train_loss" or any(not np.isnan(t.metric(metric)).all() for t in traces)
