"""Goals: the targets after all of which nothing more is asked of a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from experiments.records import Goals, Trace


def improves_upwards(metric: str) -> bool:
    """Tell whether more of a metric is better: of an accuracy it is, of a loss it is not."""
    return metric.endswith("_accuracy")


def at_or_beyond(values: np.ndarray, metric: str, target: float) -> np.ndarray:
    """Tell which values of a metric are as good as a target or better: booleans of their shape."""
    return values >= target if improves_upwards(metric) else values <= target


def until(trace: Trace, goals: Goals) -> Trace | None:
    """Return what a run with these goals would have left, given what it left with others.

    Training takes no notice of goals until it stops for them, so what it would have left is the
    same trace, cut off after the evaluation at which the last goal was first reached.

    Args:
        trace: of a run that may have been stopped early.
        goals: of which each is to be reached at some evaluation, not all at the same.

    Returns:
        A trace, or None if the run was stopped too early for these goals.

    """
    known = len(trace.updates) - (trace.status == "diverged")
    firsts = [
        np.flatnonzero(at_or_beyond(trace.metric(metric)[:known], metric, target))[:1]
        for metric, target in goals
    ]
    if not goals or not all(len(first) for first in firsts):
        return None if trace.status == "stopped early" else trace
    end = 1 + max(int(first[0]) for first in firsts)
    if trace.updates[end - 1] == trace.budget:
        return trace
    if trace.status == "stopped early" and end == len(trace.updates):
        return trace
    return replace(
        trace, updates=trace.updates[:end], values=trace.values[:end], status="stopped early"
    )
