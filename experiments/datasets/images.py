"""Whole sets of images, from a folder of their published files or by OpenML.

MNIST and Fashion-MNIST are idx files, gzipped or not; CIFAR-10 is its `cifar-10-batches-py` or
`cifar-10-batches-bin`. Their own test images are the test split.
"""

from __future__ import annotations

import gzip
import pickle
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from experiments.datasets.fetched import openml_images
from experiments.datasets.labels import class_counts
from experiments.datasets.paths import path, readable
from experiments.datasets.reading import digest_of
from experiments.datasets.record import Content, DatasetRow, share
from experiments.records import Image
from experiments.splits import DataError, Pool

_DAMAGE = (OSError, EOFError, KeyError, TypeError, ValueError, zlib.error, pickle.UnpicklingError)
_RECORD = 1 + 32 * 32 * 3  # bytes of an image in the binary files: its class, then three planes


def _idx(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, D) and classes (N,) of the four idx files of a folder."""
    parts = [
        _read_idx(
            _one_of(folder, f"{part}-{kind}-idx{axes}-ubyte", f"{part}-{kind}.idx{axes}-ubyte")
        )
        for kind, axes in (("images", 3), ("labels", 1))
        for part in ("train", "t10k")
    ]
    images = np.concatenate([part.reshape(len(part), -1) for part in parts[:2]])
    return images, np.concatenate(parts[2:])


def _one_of(folder: Path, *names: str) -> Path:
    for name in names:
        for ending in ("", ".gz"):
            if (folder / (name + ending)).is_file():
                return folder / (name + ending)
    raise DataError(f"{folder}: there is no {names[0]} or {names[0]}.gz, a published file")


def _read_idx(file: Path) -> np.ndarray:
    """Return the array of an idx file of unsigned bytes, gzipped or not.

    The format: two zero bytes, the type (8: unsigned byte), the number of axes, the length of each
    axis as a big-endian 32-bit integer, the values in C order (LeCun, Cortes & Burges 1998).
    """
    content = file.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if content[:3] != b"\0\0\x08":
        raise DataError(f"{file}: no idx file of unsigned bytes, it starts with {content[:4]!r}")
    axes = content[3]
    lengths = np.frombuffer(content, ">u4", axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(lengths)


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays and refuses all else: a pickle may otherwise run any code."""

    def find_class(self, module: str, name: str) -> object:
        allowed = {"_reconstruct", "ndarray", "dtype", "encode", "_frombuffer"}
        if module.split(".")[0] in ("numpy", "_codecs") and name in allowed:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no array")


def _cifar(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, 3072), plane by plane, and classes (N,) of CIFAR-10's six files."""
    inner = [folder / name for name in ("cifar-10-batches-py", "cifar-10-batches-bin")]
    folder = next((path for path in inner if path.is_dir()), folder)
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    images, classes = [], []
    for name in names:
        if (binary := folder / f"{name}.bin").is_file():
            records = np.fromfile(binary, np.uint8).reshape(-1, _RECORD)
            images.append(records[:, 1:])
            classes.append(records[:, 0])
            continue
        if not (folder / name).is_file():
            raise DataError(f"{folder}: there is no {name} or {name}.bin, a published file")
        with (folder / name).open("rb") as file:
            batch = _ArraysOnly(file, encoding="bytes").load()
        images.append(np.asarray(batch[b"data"], np.uint8))
        classes.append(np.asarray(batch[b"labels"], np.uint8))
    return np.concatenate(images), np.concatenate(classes)


def _read(
    path: str,
    row: str,
    openml: str,
    image: Image,
    given: int,
    files: Callable[[Path], tuple[np.ndarray, np.ndarray]],
) -> Content:
    if path:
        folder = readable(path, row, "the folder", folder=True)
        try:
            images, classes = files(folder)
        except _DAMAGE as error:
            first = str(error).strip().splitlines() or [""]
            raise DataError(f"{folder}: {type(error).__name__}: {first[0]}") from None
    else:
        images, classes = openml_images(openml, f"name the folder of its files: path (of {row})")
    if images.ndim != 2 or images.shape[1] != image.units or len(images) != len(classes):
        raise DataError(
            f"{path or openml}: images {images.shape} and classes {classes.shape} are not those of "
            f"{row}, {image.units:,} numbers each"
        )
    if len(images) <= given or classes.max() > 9:
        found = f"{len(images):,} images, the highest class {classes.max() if len(classes) else 0}"
        raise DataError(f"{path or openml}: {found}; allowed: more than {given:,}, and 0 to 9")
    pool = Pool(np.ascontiguousarray(images), classes.astype(np.int64), given=given)
    names = [str(number) for number in range(10)]
    told = (f"{len(images):,} images, {given:,} of them the given test split",)
    return Content(pool, 10, digest_of(pool), (*told, class_counts(pool.labels, names)), image)


def _row(
    name: str,
    label: str,
    source: str,
    openml: str,
    image: Image,
    files: Callable[[Path], tuple[np.ndarray, np.ndarray]],
) -> DatasetRow:
    return DatasetRow(
        name=name,
        label=label,
        source=f"{source}; without a path by OpenML, as {openml}",
        read=partial(_read, row=name, openml=openml, image=image, given=10_000, files=files),
        standardise="global",
        parameters={
            "path": path("the folder of its published files"),
            "validation": share(0.1, "validation"),
        },
    )


ROWS = (
    _row(
        "mnist",
        "MNIST",
        "70,000 digits of 28 x 28, LeCun, Cortes & Burges 1998",
        "mnist_784",
        Image(1, 28, 28),
        _idx,
    ),
    _row(
        "fashion_mnist",
        "Fashion-MNIST",
        "70,000 images of 28 x 28, Xiao, Rasul & Vollgraf 2017",
        "Fashion-MNIST",
        Image(1, 28, 28),
        _idx,
    ),
    _row(
        "cifar10",
        "CIFAR-10",
        "60,000 images of 32 x 32 in three colours, Krizhevsky 2009",
        "CIFAR_10",
        Image(3, 32, 32),
        _cifar,
    ),
)
