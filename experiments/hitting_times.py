"""Hitting times: when a run reached a target, possibly censored."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from experiments.goals import improves_upwards
from experiments.records import Trace

READING = (
    "The time to a target is read where the metric first is at or beyond it: between that "
    "evaluation and the one before, the metric is taken to change linearly in the logarithm of "
    "the number of updates. A target met at the first evaluation after the start, or before any "
    "update, counts as that evaluation, at least 1 update."
)
"""How the crossing of a target is read between evaluations, for the report."""


@dataclass(frozen=True, slots=True)
class HittingTime:
    """When a run reached a target; if it never did, `time` is how far it was allowed to go."""

    time: float  # in updates, or what another clock counts
    censored: bool

    def by(self, cost: float) -> HittingTime:
        """Return the same time by a clock by which an update costs so much."""
        return HittingTime(self.time * cost, self.censored)


def updates_to_target(trace: Trace, metric: str, target: float) -> HittingTime:
    """Return when the run's metric first was at or beyond the target.

    With evaluations (u, m) before and (v, n) at or beyond the target t, the time is
    exp(log u + (log v - log u) (t - m) / (n - m)). Learning curves are near to straight over the
    logarithm of time, and evaluations are spaced so. A metric that is not finite has reached
    nothing, and a run that diverged first is censored at its whole budget. One that failed, of
    which nothing is known, is censored at 0.

    Args:
        trace: the run's trace.
        metric: a column of METRICS.
        target: a loss to come down to, or an accuracy to come up to.

    Returns:
        The time in updates, censored at the budget if the target is never reached.

    """
    if trace.status == "failed":
        return HittingTime(0.0, censored=True)
    values, goal = _downwards(trace, metric, target)
    (there,) = (values <= goal).nonzero()
    if not len(there):
        return HittingTime(float(trace.budget), censored=True)
    first = int(there[0])
    after = float(max(1, trace.updates[first]))
    if first == 0 or trace.updates[first - 1] < 1 or not math.isfinite(values[first - 1]):
        return HittingTime(after, censored=False)
    share = (goal - values[first - 1]) / (values[first] - values[first - 1])
    before = float(trace.updates[first - 1])
    return HittingTime(before * (after / before) ** float(share), censored=False)


def met_at_start(trace: Trace, metric: str, target: float) -> bool:
    """Tell whether the untrained network was at or beyond the target already."""
    values, goal = _downwards(trace, metric, target)
    return len(values) > 0 and bool(values[0] <= goal)


def _downwards(trace: Trace, metric: str, target: float) -> tuple[np.ndarray, float]:
    """Return a metric and its target with the sign with which less is better.

    The evaluation at which a run diverged is left out: what it read there is no result.
    """
    sign = -1.0 if improves_upwards(metric) else 1.0
    end = -1 if trace.status == "diverged" else None
    return sign * trace.metric(metric)[:end], sign * target
