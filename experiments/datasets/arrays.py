"""Reading arrays of examples: an .npz file, or a folder of .npy files, which are mapped."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.datasets.labels import class_counts, labelled
from experiments.datasets.paths import readable
from experiments.datasets.reading import digest_of
from experiments.datasets.record import Content
from experiments.datasets.rules import LARGEST, MOST_INPUTS
from experiments.records import Image
from experiments.splits import DataError, Pool

INPUTS, LABELS = ("x", "X", "x_train", "inputs"), ("y", "Y", "y_train", "labels")
TEST = ("x_test", "y_test")
"""What the arrays are called; a given test split has both of the last two."""

# What numpy.load raises for files that are cut, altered or of another kind.
_DAMAGE = (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Arrays:
    """Examples as a file or a folder holds them."""

    file: Path
    names: tuple[str, str]  # what the arrays of inputs and labels are called there
    inputs: np.ndarray  # (N, D), images plane by plane
    labels: np.ndarray  # (N,) or (N, C)
    given: int  # how many of the last rows are a test split of their own
    image: Image | None  # of images: how the inputs lie, plane by plane


def opened(path: str, row: str) -> Arrays:
    """Return the arrays of an .npz file, or of a folder with x.npy and y.npy.

    Args:
        path: of the file or folder; `INPUTS` and `LABELS` say how its arrays may be called.
        row: the data set that is asked for them.

    Raises:
        DataError: it cannot be read, or its arrays do not go together.

    """
    file = readable(path, row, "the file", folder=bool(path) and Path(path).is_dir())
    try:
        if file.is_dir():
            found = {p.stem: p for p in file.glob("*.npy")}
            return _chosen(file, found, lambda n: np.load(found[n], mmap_mode="r"))
        with file.open("rb") as stream:
            archive = np.load(stream)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{file}: one array only; save inputs and labels to an .npz file")
            return _chosen(file, archive.files, lambda name: archive[name])
    except _DAMAGE as error:
        raise DataError(f"{file}: {type(error).__name__}: {str(error).splitlines()[0]}") from None


def _chosen(file: Path, names: Collection[str], array: Callable[[str], np.ndarray]) -> Arrays:
    chosen = []
    for wanted in (INPUTS, LABELS):
        name = next((name for name in wanted if name in names), None)
        if name is None:
            raise DataError(
                f"{file}: no array {' or '.join(wanted)}; its arrays: {', '.join(names) or 'none'}"
            )
        chosen.append(name)
    inputs, labels, given = array(chosen[0]), array(chosen[1]), 0
    if all(name in names for name in TEST):
        more = [array(name) for name in TEST]
        given = len(more[1])
        inputs, labels = (np.concatenate(two) for two in ((inputs, more[0]), (labels, more[1])))
    if inputs.ndim < 1 or labels.ndim < 1 or len(inputs) != len(labels) or not len(labels):
        raise DataError(
            f"{file}: {chosen[0]} is {inputs.shape} and {chosen[1]} is {labels.shape}; allowed: as "
            "many labels as inputs, and at least one"
        )
    image = _image(inputs.shape[1:])
    if inputs.ndim == 4 and image is not None and inputs.shape[1] != image.planes:
        inputs = np.moveaxis(inputs, -1, 1)
    inputs = inputs.reshape(len(inputs), -1)  # (N, D), images plane by plane
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    return Arrays(file, tuple(chosen), inputs, labels, given, image)


def read(path: str, task: str) -> Content:
    """Return the examples of an .npz file, or of a folder with x.npy and y.npy.

    Args:
        path: of the file or folder.
        task: "auto", "classification" or "regression".

    Raises:
        DataError: it cannot be read, or its arrays do not go together.

    """
    found = opened(path, "npz")
    file, inputs, labels = found.file, found.inputs, found.labels
    _check(file, found.names[0], inputs)
    if inputs.dtype == bool:
        inputs = inputs.view(np.uint8)
    where = f"{file}: {found.names[1]}"
    if labels.ndim > 2:
        raise DataError(f"{where} has the shape {labels.shape}; allowed: (N,) or (N, C)")
    if np.issubdtype(labels.dtype, np.number):
        _check(file, found.names[1], labels.reshape(len(labels), -1))
    elif labels.dtype.kind not in "bUS":
        raise DataError(f"{where} is {labels.dtype}; allowed: numbers or texts")
    labels, outputs, classes = labelled(labels, task, where)
    pool = Pool(inputs, labels, given=found.given)
    told = [f"{len(inputs):,} examples of {file.name}, {inputs.shape[1]:,} inputs ({inputs.dtype})"]
    if found.given:
        told.append(f"its {found.given:,} test examples are the test split")
    if classes:
        told.append(class_counts(labels, classes))
    return Content(pool, outputs, digest_of(pool), tuple(told), found.image)


def _image(shape: tuple[int, ...]) -> Image | None:
    """Return what images of a shape are; None for what is none.

    Two axes are rows and columns. Of three the planes are the last one, if these are at most four
    and the first are more, or else the first one.
    """
    if len(shape) == 2:
        return Image(1, *shape)
    if len(shape) != 3:
        return None
    rows, columns, planes = shape
    return Image(planes, rows, columns) if planes <= 4 < rows else Image(rows, columns, planes)


def _check(file: Path, name: str, values: np.ndarray) -> None:
    """Raise DataError for the first number (N, D) that cannot be computed with."""
    if not 1 <= values.shape[1] <= MOST_INPUTS:
        raise DataError(
            f"{file}: {name} has {values.shape[1]:,} numbers for each example; allowed: 1 to "
            f"{MOST_INPUTS:,}"
        )
    if values.dtype.kind in "bui":
        return
    if values.dtype.kind != "f":
        raise DataError(f"{file}: {name} is {values.dtype}; allowed: real numbers")
    for start in range(0, len(values), _BLOCK):
        bad = ~(np.abs(values[start : start + _BLOCK]) <= LARGEST)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            value = values[start + row, column]
            raise DataError(
                f"{file}: {name}[{start + row}, {column}] is {value:g}; allowed: numbers up to "
                f"{LARGEST:g}"
            )
