"""The table of data sets: to add one, add a row to one of the files of this package.

A row says how a pool of examples is drawn or read. Splitting and standardising are the same for
all, so that a new data set cannot get them wrong. Where numbers are to be predicted and not a
class (a regression), the pool's labels are the numbers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from experiments.datasets import bundled, fetched, files, generated, images
from experiments.datasets.reading import content, lend, refresh
from experiments.datasets.record import SHARES, Content, DatasetRow
from experiments.parameters import Choice
from experiments.records import Dataset, DataShape
from experiments.splits import ORDER, DataError, lies, partition, split_sizes
from experiments.streams import generator

__all__ = [
    "DATASETS",
    "Content",
    "DataError",
    "DatasetRow",
    "content_of",
    "digest",
    "lend",
    "load",
    "refresh",
    "seed_bytes",
    "shape",
    "told",
]

_ROWS = (*bundled.ROWS, *generated.ROWS, *files.ROWS, *images.ROWS, *fetched.ROWS)

DATASETS: dict[str, DatasetRow] = {row.name: row for row in _ROWS}


def content_of(data: Choice) -> Content | None:
    """Return the content of a data set that is read, once for all of a process; None if drawn.

    Raises:
        DataError: it cannot be read; the message says where and why.

    """
    row = DATASETS[data.name]
    return None if row.read is None else content(data, row)


def shape(data: Choice) -> DataShape:
    """Return the sizes of the splits of `data`, without loading it unless they follow from it.

    Raises:
        DataError: fewer training examples remain than there are classes or, of a regression, none;
            or what the sizes follow from cannot be read.

    """
    read, row = content_of(data), DATASETS[data.name]
    sizes = row.sizes(**data.arguments) if read is None else _sizes(read, **data.arguments)
    sizes = replace(sizes, image=(read or row).image)
    if sizes.train < (1 if sizes.regression else sizes.outputs):
        shares = ", ".join(
            f"{key} {value}"
            for key, value in data.parameters
            if read is None or key in (*SHARES, "examples")
        )
        least = "" if sizes.regression else f" for each of the {sizes.outputs} classes"
        raise DataError(
            f"{data.name} ({shares}): {max(sizes.train, 0)} examples are left for training, and "
            f"there must be at least one{least}; "
            "lower the shares of the other splits or, where examples are drawn, ask for more"
        )
    return sizes


def _sizes(read: Content, validation: float, test: float = 0.0, **_: object) -> DataShape:
    examples, features = read.pool.inputs.shape
    given = read.pool.given
    shares = {"validation": validation, "test": 0.0 if given else test}
    return split_sizes(
        features, read.outputs, examples - given, **shares, given=given, regression=read.regression
    )


def load(data: Choice, stream: str, seed: int, dtype: type | np.dtype | str) -> Dataset:
    """Draw or read `data`, split it and standardise it: the same arguments, the same bits.

    Args:
        data: a row of `DATASETS` with all of its parameters.
        stream: "tuning" or "evaluation".
        seed: the repetition, from 0; it decides the split and, where they are drawn, the examples.
        dtype: float32 or float64, the type of the inputs and of a regression's targets.

    Returns:
        inputs (N, D) in C order and int64 labels (N,), rows ordered training, validation, test.
        Within a split the classes alternate, so that its first n rows are a balanced sample. Of a
        regression the labels are its targets (N, C), and the order within a split is random. The
        inputs of a large set that is read stay as they lie, the same array for every seed, and
        come with their order and moments.

    Raises:
        DataError: a file is missing or damaged, or too few examples are left for training.

    """
    sizes = shape(data)
    row = DATASETS[data.name]
    read = content_of(data)
    pool = (
        row.draw(generator(stream, seed, "data"), **data.arguments) if read is None else read.pool
    )
    in_place = read is not None and lies(sizes, dtype)
    rng = generator(stream, seed, "split")
    how = data.arguments.get("standardise", row.standardise)
    return partition(pool, sizes, rng, how, dtype, in_place=in_place)


def seed_bytes(data: Choice, precision: str) -> int:
    """Return about how many bytes each seed's data take in a fleet."""
    sizes, item = shape(data), np.dtype(precision).itemsize
    examples = sizes.train + sizes.validation + sizes.test
    if DATASETS[data.name].read is None or not lies(sizes, precision):
        return item * examples * (sizes.features + 1)
    return examples * (ORDER.itemsize + item * (sizes.outputs if sizes.regression else 1))


def digest(data: Choice) -> str:
    """Return what identifies the examples of `data`, apart from its parameters (or DataError)."""
    read = content_of(data)
    return DATASETS[data.name].digest() if read is None else read.digest


def told(data: Choice) -> tuple[str, ...]:
    """Return what is to be said of the examples of `data` that were read, in sentences."""
    read = content_of(data)
    return () if read is None else read.told
