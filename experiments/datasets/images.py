"""Whole sets of images: from their published files, from an .npz file, or by OpenML.

Their own test images are the test split.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from experiments.datasets.arrays import opened
from experiments.datasets.balanced import balanced
from experiments.datasets.fetched import openml_images
from experiments.datasets.labels import class_counts
from experiments.datasets.paths import path, readable
from experiments.datasets.published import cifar, idx
from experiments.datasets.reading import digest_of
from experiments.datasets.record import Content, DatasetRow, share
from experiments.parameters import Parameter
from experiments.records import Image
from experiments.splits import DataError, Pool

_DAMAGE = (OSError, EOFError, KeyError, TypeError, ValueError, zlib.error, pickle.UnpicklingError)
_CLASSES = 10
_INSTEAD = "name the folder of its files, or an .npz file: path (of {})"


@dataclass(frozen=True, slots=True)
class _Images:
    """A set of images in ten classes, as it was published."""

    name: str
    openml: str  # its name there
    image: Image
    total: int  # training and test images
    test: int
    files: Callable[[Path], tuple[np.ndarray, np.ndarray]]  # reads a folder of the published files


def _read(path: str, examples: int, of: _Images) -> Content:
    images, classes, given = _all(path, of)
    where = path or of.openml
    if images.ndim != 2 or images.shape[1] != of.image.units or len(images) != len(classes):
        raise DataError(
            f"{where}: images {images.shape} and classes {classes.shape} are not those of "
            f"{of.name}, {of.image.units:,} numbers each"
        )
    if not 0 < given < len(images) or classes.max() >= _CLASSES:
        found = f"{len(images):,} images, the highest class {classes.max() if len(classes) else 0}"
        raise DataError(f"{where}: {found}; allowed: more than {given:,}, and 0 to {_CLASSES - 1}")
    told = f"{len(images):,} images"
    if examples:
        test = of.test / of.total
        rows, given = balanced(classes, given, _CLASSES, examples, test, where)
        images, classes = images[rows], classes[rows]
        told = f"{examples:,} of {told}, the first of each class"
    told += f", {given:,} of them the given test split"
    pool = Pool(np.ascontiguousarray(images), classes.astype(np.int64), given=given)
    counts = class_counts(pool.labels, [str(number) for number in range(_CLASSES)])
    return Content(pool, _CLASSES, digest_of(pool), (told, counts), of.image)


def _all(path: str, of: _Images) -> tuple[np.ndarray, np.ndarray, int]:
    """Return all images (N, D) and classes (N,), and how many of the last are the test split."""
    if not path:
        return *openml_images(of.openml, _INSTEAD.format(of.name)), of.test
    if Path(path).suffix.lower() == ".npz":
        return _of_arrays(path, of)
    folder = readable(path, of.name, "the folder", folder=True)
    try:
        return *of.files(folder), of.test
    except _DAMAGE as error:
        first = str(error).strip().splitlines() or [""]
        raise DataError(f"{folder}: {type(error).__name__}: {first[0]}") from None


def _of_arrays(path: str, of: _Images) -> tuple[np.ndarray, np.ndarray, int]:
    """Return what an .npz file holds; without a test split, its last images are that."""
    found = opened(path, of.name)
    x, y = found.names
    if found.inputs.dtype != np.uint8:
        raise DataError(f"{path}: {x} is {found.inputs.dtype}; allowed: bytes (uint8), 0 to 255")
    labels = found.labels
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise DataError(
            f"{path}: {y} is {labels.dtype} {labels.shape}; allowed: the class of each image, 0 to "
            f"{_CLASSES - 1}"
        )
    if found.image is not None and found.image != of.image:
        raise DataError(
            f"{path}: {x} holds images of {_size(found.image)}; allowed: those of {of.name}, "
            f"{_size(of.image)}"
        )
    return found.inputs, found.labels, found.given or of.test


def _size(image: Image) -> str:
    planes = "plane" if image.planes == 1 else "planes"
    return f"{image.rows} x {image.columns} in {image.planes} {planes}"


def _row(label: str, source: str, of: _Images) -> DatasetRow:
    return DatasetRow(
        name=of.name,
        label=label,
        source=f"{source}; without a path by OpenML, as {of.openml}",
        read=partial(_read, of=of),
        standardise="global",
        parameters={
            "path": path("the folder of its published files, or an .npz file of its images"),
            "validation": share(0.1, "validation"),
            "examples": Parameter(
                0,
                "how many images to take, of training and test together: the first of each class, "
                "as many of one as of another; 0 takes all",
                low=0,
                high=of.total,
            ),
        },
    )


ROWS = (
    _row(
        "MNIST",
        "70,000 digits of 28 x 28, LeCun, Cortes & Burges 1998",
        _Images("mnist", "mnist_784", Image(1, 28, 28), 70_000, 10_000, idx),
    ),
    _row(
        "Fashion-MNIST",
        "70,000 images of 28 x 28, Xiao, Rasul & Vollgraf 2017",
        _Images("fashion_mnist", "Fashion-MNIST", Image(1, 28, 28), 70_000, 10_000, idx),
    ),
    _row(
        "CIFAR-10",
        "60,000 images of 32 x 32 in three colours, Krizhevsky 2009",
        _Images("cifar10", "CIFAR_10", Image(3, 32, 32), 60_000, 10_000, cifar),
    ),
)
