"""How a pool of examples becomes a data set: partitioned, then standardised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from experiments.records import Dataset, DataShape, Moments, Place

IN_PLACE = 48 * 2**20
"""From how many bytes on, standardised, the inputs of a set that seeds share stay as they lie."""

ORDER = np.dtype(np.int32)
"""The type of a place's order: half of what an index takes, as every seed has its own."""

_BLOCK = 2**17  # numbers of which moments are taken at once: they should stay in the cache

Standardise = Literal["feature", "global", "none"]


class DataError(Exception):
    """A data set that cannot be had: its file is damaged, or nothing is left to train on."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The examples of a data set before they are split."""

    inputs: np.ndarray  # (N, D) of any numeric type
    labels: np.ndarray  # (N,) int64, 0 .. C - 1; of a regression (N, C) floating point
    strata: np.ndarray | None = None  # (N,) int64: the groups to balance, where not the classes
    given: int = 0  # how many of the last rows are the test split that the source prescribes
    gaps: bool = False  # whether inputs that are missing, NaN, become the training split's mean


def split_sizes(
    features: int,
    outputs: int,
    examples: int,
    validation: float,
    test: float = 0.0,
    given: int = 0,
    regression: bool = False,
) -> DataShape:
    """Return the sizes of the splits, each share rounded to the nearest whole number of examples.

    Args:
        features: D, the inputs of an example.
        outputs: C, the classes or, of a regression, the numbers to predict.
        examples: those to split by the shares.
        validation: the validation split's share.
        test: the test split's share.
        given: test examples that the source prescribes, on top of `examples`.
        regression: whether numbers are to be predicted, not a class.

    """
    others = round(validation * examples), round(test * examples)
    train = examples - sum(others)
    return DataShape(features, outputs, train, others[0], others[1] + given, regression)


def lies(sizes: DataShape, dtype: type | np.dtype | str) -> bool:
    """Tell whether a set of such a size, if its seeds share it, is standardised batch by batch."""
    examples = sizes.train + sizes.validation + sizes.test
    return np.dtype(dtype).itemsize * examples * sizes.features > IN_PLACE


def partition(
    pool: Pool,
    sizes: DataShape,
    rng: np.random.Generator,
    how: Standardise,
    dtype: type | np.dtype | str,
    in_place: bool = False,
) -> Dataset:
    """Partition the pool at random and map each input x to (x - mean) / deviation.

    Both are taken from the training split alone, so that nothing of the other splits leaks into the
    training. An input that is constant there becomes 0, not a division by zero. The targets of a
    regression are mapped in the same way, output by output, so that a squared error of 1 on the
    training split is what predicting the mean costs.

    Args:
        pool: N examples, of which the last may be a given test split.
        sizes: the sizes of the splits; they add up to N.
        rng: decides which example goes into which split.
        how: "feature" by feature; "global", one mean and deviation over all features; or "none",
            inputs and targets stay as they are.
        dtype: float32 or float64, the type of the inputs and of a regression's targets.
        in_place: whether the inputs stay those of the pool, with a place that tells the order.

    Returns:
        inputs (N, D) in C order and labels, rows ordered training, validation, test. Labels are
        int64 (N,), or of a regression (N, C) of `dtype`.

    """
    free = len(pool.labels) - pool.given
    strata = pool.labels if pool.strata is None else pool.strata
    drawn = rng.permutation(free) if sizes.regression else _interleave(strata[:free], rng)
    order = np.concatenate([drawn, np.arange(free, len(strata))])  # (N,)
    labels = pool.labels[order]
    if sizes.regression:
        labels = _standardised(labels, sizes.train, "none" if how == "none" else "feature", dtype)
    if in_place:
        moments = _moments_by_block(pool, order[: sizes.train], how)
        return Dataset(pool.inputs, labels, sizes, Place(order.astype(ORDER), moments))
    inputs = _standardised(pool.inputs[order], sizes.train, how, dtype, pool.gaps)
    return Dataset(inputs, labels, sizes)


def _standardised(
    values: np.ndarray,
    train: int,
    how: Standardise,
    dtype: type | np.dtype | str,
    gaps: bool = False,
) -> np.ndarray:
    """Return `values` (N, D) in `dtype`, scaled by the moments of their first `train` rows."""
    if how == "none":
        return np.ascontiguousarray(values, dtype)
    if gaps:
        pool = Pool(values, np.empty(0), gaps=True)
        moments = _moments_by_block(pool, np.arange(train), how)
    else:
        moments = Moments(*_mean_and_std(values[:train], how))
    return moments.standardise(values, np.empty(values.shape, dtype))  # (N, D)


def _interleave(strata: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a random order in which any stretch of rows holds all strata in proportion.

    Each stratum is shuffled and spread evenly over the whole; those of equal size take turns, so
    that their counts in a stretch, such as the training split, differ by one at most.
    """
    shuffled = rng.permutation(len(strata))  # (N,)
    strata = strata[shuffled]
    counts, rank = np.bincount(strata), ranks(strata)
    turn = (strata + rng.integers(len(counts))) % len(counts)
    return shuffled[np.lexsort((turn, (rank + 0.5) / counts[strata]))]


def ranks(strata: np.ndarray) -> np.ndarray:
    """Return how many of each row's own stratum come before it, (N,) integers."""
    counts = np.bincount(strata)
    found = np.empty(len(strata), np.intp)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    found[np.argsort(strata, kind="stable")] = np.arange(len(strata)) - starts
    return found


def _mean_and_std(training: np.ndarray, how: Standardise) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation: (D,) each by feature, or () over all features together."""
    if how == "feature":
        mean, deviation = training.mean(axis=0, dtype=float), training.std(axis=0, dtype=float)
        # Not where the deviation is 0: that of ten times 0.1 is 1e-17, the rounding of the mean.
        constant = (training == training[0]).all(axis=0)
        mean, deviation = np.where(constant, training[0], mean), np.where(constant, 1.0, deviation)
    else:  # E[x^2] - mean^2 needs no copy, and for the integers of images the sums are exact
        mean = training.mean(dtype=float)
        square = np.einsum("nd,nd->", training, training, dtype=float) / training.size
        deviation = np.sqrt(max(square - mean**2, 0.0))
    return mean, np.where(deviation > 0, deviation, 1.0)


def _moments_by_block(pool: Pool, rows: np.ndarray, how: Standardise) -> Moments:
    """Return the moments of some rows of a pool, without a copy of all of them.

    What is missing does not count. A feature that is constant among the rows is centred, and one
    that is missing in all of them is 0.
    """
    if how == "none":
        return Moments(np.float64(0), np.float64(1), pool.gaps)
    features = pool.inputs.shape[1]
    axis, summed = (0 if how == "feature" else None), (np.nansum if pool.gaps else np.sum)
    size = max(1, _BLOCK // features)
    blocks = [rows[start : start + size] for start in range(0, len(rows), size)]

    def total(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return sum(summed(of(pool.inputs[block].astype(float)), axis) for block in blocks)

    count = len(rows) * (features if axis is None else 1)
    if pool.gaps:
        count = np.maximum(total(lambda x: ~np.isnan(x)), 1)
    # Around a value of its own, so that a constant's mean and deviation are exact.
    origin = np.float64(0)
    if axis == 0:
        lowest = [np.fmin.reduce(pool.inputs[block].astype(float)) for block in blocks]
        origin = np.nan_to_num(np.fmin.reduce(lowest))
    mean = origin + total(lambda x: x - origin) / count
    deviation = np.sqrt(total(lambda x: np.square(x - mean)) / count)
    return Moments(mean, np.where(deviation > 0, deviation, 1.0), pool.gaps)
