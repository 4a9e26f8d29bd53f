"""Measures: numbers read off a trace, possibly censored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from experiments.goals import improves_upwards
from experiments.records import METRICS, Trace
from experiments.study import Measure


def final(trace: Trace, metric: str) -> float:
    """Return the metric at the last evaluation; after a divergence, the worst there is."""
    if trace.status == "diverged":
        return 0.0 if improves_upwards(metric) else np.inf
    return float(trace.metric(metric)[-1])


@dataclass(frozen=True, slots=True)
class Moment:
    """One way to read a number off the evaluations of a run."""

    name: str
    meaning: str
    words: str  # with which it is told in a sentence
    read: Callable[[np.ndarray], float]  # of the values at all evaluations, (T,)


MOMENTS: dict[str, Moment] = {
    row.name: row
    for row in (
        Moment("start", "before training", "before training", lambda values: values[0]),
        Moment("end", "at the last evaluation", "", lambda values: values[-1]),
        Moment("highest", "the highest of all evaluations", "at its highest", np.max),
        Moment("lowest", "the lowest of all evaluations", "at its lowest", np.min),
    )
}
"""When a measure is read: to add a way, add a row."""


def value(trace: Trace, measure: Measure) -> float:
    """Return a measure of one run, NaN where it is not known.

    A metric of a run that diverged is the worst there is, at the end; a diagnostic is then not
    known. Without a layer, a diagnostic that is read layer by layer is its mean over the hidden
    layers.

    Args:
        trace: the run's trace.
        measure: which number; of one taken over an axis, the number at one point of it.

    """
    values = _series(trace, measure)
    if trace.status == "diverged":
        if measure.at == "end":
            return final(trace, measure.name) if measure.name in METRICS else float("nan")
        values = values[:-1] if len(values) > 1 else values
    return float(MOMENTS[measure.at].read(values))


def _series(trace: Trace, measure: Measure) -> np.ndarray:
    """Return the number at every evaluation, shape (T,)."""
    if measure.name in trace.columns:
        return trace.metric(measure.name)
    layers = profile(trace, measure.name)
    name = {"first": "1", "last": str(layers.shape[1])}.get(measure.layer, measure.layer)
    if name:
        column = f"{measure.name} {name}"
        known = column in trace.columns
        return trace.metric(column) if known else np.full(len(trace.updates), np.nan)
    return np.array([of_layers(row, measure.over) for row in layers])


def profile(trace: Trace, name: str) -> np.ndarray:
    """Return a diagnostic of the hidden layers at every evaluation, shape (T, L)."""
    return trace.values[:, _hidden(trace.columns, name)]


def hidden_layers(trace: Trace, name: str) -> int:
    """Return of how many hidden layers a diagnostic was read."""
    return len(_hidden(trace.columns, name))


@cache  # the runs of a study have a few sets of columns between them
def _hidden(columns: tuple[str, ...], name: str) -> list[int]:
    """Return the places of a diagnostic's hidden layers among the columns of a trace."""
    split = [column.rpartition(" ") for column in columns]
    return [i for i, (of, _, layer) in enumerate(split) if of == name and layer.isdigit()]


def of_layers(values: np.ndarray, over: str) -> float:
    """Return one number for several layers: their mean, or the factor from layer to layer.

    Args:
        values: one for each hidden layer, from the first to the last.
        over: "layer" for the factor with each layer towards the input.

    """
    if not len(values):
        return float("nan")
    if over == "layer":
        return step(np.arange(len(values), 0, -1), values)
    return float(values.mean())


def step(x: np.ndarray, y: np.ndarray) -> float:
    """Return by which factor y changes with each step of 1 in x.

    The exponential of the slope of the least-squares line through log y; NaN where y is not
    positive everywhere or x is a single value, and where infinite values leave it open.
    """
    if len(np.unique(x)) < 2 or not np.all(np.asarray(y) > 0):
        return float("nan")
    centred = x - np.mean(x)
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.exp(centred @ np.log(y) / (centred @ centred)))


STEP = (
    "A measure over layers or over an axis is the factor by which it changes with each step of 1: "
    "the exponential of the slope of the least-squares line through its logarithm, run by run."
)
"""How a change over layers or an axis is read, for the report."""
