"""What is checked of rows that nothing has to be trained for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import datasets
from experiments.analysis.measures import Moment
from experiments.datasets import DatasetRow
from experiments.kinds import Kind
from experiments.nn.initializers import Initializer, draw_weights
from experiments.nn.rate_schedules import Schedule
from experiments.parameters import Choice
from experiments.records import DataShape
from experiments.splits import Pool
from experiments.streams import generator
from experiments.study import Region

STATE = "keeps a state: the same input gave another output the second time"
_LAYERS = ((3, 2), (256, 128), (64, 400))
_SLOPES = (0.0, 0.01, 1.0)


def wrong_initializer(row: Initializer) -> Iterator[str]:
    """Yield what is wrong with an initializer: its variance, and that of what is drawn with it."""
    for inputs, outputs in _LAYERS:
        for slope in _SLOPES:
            variance = row.variance(inputs, outputs, slope)
            where = f"at {inputs} inputs, {outputs} outputs and the slope {slope:g}"
            if not np.isscalar(variance) or not np.isfinite(variance) or variance <= 0:
                yield f"the variance is {variance!r} {where}; allowed: a number above 0"
                return
            if row.variance(inputs, outputs, slope) != variance:
                yield STATE
                return
    sizes = [(256, 128, 128), (128, 10, 10)]
    weights = draw_weights(row.name, Choice("relu"), sizes, "tuning", 0)[0][:, :-1]
    asked = row.variance(256, 128, 0.0)
    if not 0.9 < weights.var() / asked < 1.1:  # 33 thousand draws: within 4 %, all but surely
        yield f"weights are drawn with a variance of {weights.var():.4g}, and not {asked:.4g}"


def wrong_schedule(row: Schedule) -> Iterator[str]:
    """Yield what is wrong with a schedule: the factors of the rate, update by update."""
    arguments = Choice.of(row.name, {row.name: row}).arguments
    arguments.pop("warmup", None)
    if "warmup" not in row.parameters:
        yield "has no parameter warmup, which every schedule has"
    for total in (1, 7, 1000):
        u = np.arange(total)
        kept = u.copy()
        factors = row.after(u, total, **arguments)
        if np.shape(factors) != (total,):
            yield f"gives factors of shape {np.shape(factors)} for {total} updates"
            return
        if not np.isfinite(factors).all() or np.min(factors) < 0:
            yield "gives factors that are negative or not finite"
        if factors[0] != 1:
            yield f"begins with the factor {factors[0]:g}, and not with 1: a rate is its peak"
        if not np.array_equal(u, kept):
            yield "changes its input"
        if not np.array_equal(row.after(kept, total, **arguments), factors):
            yield STATE
            return


def wrong_data(row: DatasetRow) -> Iterator[str]:
    """Yield what is wrong with a data set: its sizes, its examples, and whether they repeat."""
    choice = Choice.of(row.name, {row.name: row})
    shape = datasets.shape(choice)
    if not isinstance(shape, DataShape):
        yield f"sizes returns a {type(shape).__name__}; allowed: a DataShape, see split_sizes"
        return
    pools = [row.draw(generator("tuning", 0, "data"), **choice.arguments) for _ in range(2)]
    if not isinstance(pools[0], Pool):
        yield f"draw returns a {type(pools[0]).__name__}; allowed: a Pool"
        return
    messages = list(_wrong_pool(pools[0], shape))
    yield from messages
    if messages:
        return
    if any(
        not np.array_equal(getattr(pools[0], part), getattr(pools[1], part))
        for part in ("inputs", "labels")
    ):
        yield "draws other examples from the same stream; let all that is random come from rng"
        return
    loaded = datasets.load(choice, "tuning", 0, "float64")
    if not np.isfinite(loaded.inputs).all() or not np.isfinite(loaded.labels).all():
        yield "is not finite after it was standardised"


def _wrong_pool(pool: Pool, shape: DataShape) -> Iterator[str]:
    examples = shape.train + shape.validation + shape.test
    inputs, labels = np.asarray(pool.inputs), np.asarray(pool.labels)
    if inputs.shape != (examples, shape.features):
        yield (f"draws inputs of shape {inputs.shape}, and its sizes say "
               f"{(examples, shape.features)}")  # fmt: skip
        return
    expected = (examples, shape.outputs) if shape.regression else (examples,)
    if labels.shape != expected:
        yield f"draws labels of shape {labels.shape}, and its sizes say {expected}"
        return
    if not np.isfinite(inputs).all() or not np.isfinite(labels).all():
        yield "draws numbers that are not finite"
    elif not shape.regression:
        if labels.dtype.kind not in "iu":
            yield f"draws labels of type {labels.dtype}; allowed: whole numbers"
        elif labels.min() < 0 or labels.max() >= shape.outputs:
            yield (f"draws labels from {labels.min()} to {labels.max()}; allowed: 0 to "
                   f"{shape.outputs - 1}, its classes")  # fmt: skip


def wrong_moment(row: Moment) -> Iterator[str]:
    """Yield what is wrong with a moment: what it reads off one evaluation, or several."""
    for values in (np.array([0.7]), np.array([0.9, 0.4, 0.5, 0.2, 0.3])):
        kept = values.copy()
        number = row.read(values)
        if np.ndim(number) != 0 or not np.isfinite(number):
            yield f"reads {number!r} off {kept.tolist()}; allowed: a finite number"
            return
        if not np.array_equal(values, kept):
            yield "changes the values that it reads"
            return
        row.read(kept[::-1] + 1)
        if row.read(kept.copy()) != number:
            yield STATE
            return


def wrong_kind(row: Kind) -> Iterator[str]:
    """Yield what is wrong with a kind of claim: its region and its words."""
    numbers = {"number": (0.5,), "band": (0.2, 0.8), "arm": ()}
    if row.takes not in numbers:
        yield f"takes {row.takes!r}; allowed: {', '.join(numbers)}"
        return
    for within in (0.0, 0.1):
        region = row.region(numbers[row.takes], within)
        if not isinstance(region, Region) or not region.low <= region.high:
            yield f"region gives {region!r}; allowed: a Region whose low is at most its high"
            return
        if row.region(numbers[row.takes], within) != region:
            yield STATE
            return
    known = ("of", "for_of", "than", "measure", "value", "within")
    try:
        row.says.format(**dict.fromkeys(known, "x"))
    except (KeyError, IndexError, ValueError) as error:
        yield f"says has a gap {error}; allowed: {', '.join(known)}"
