"""Reads fashion_mnist_mini.npz; make_fashion_mnist_mini.py says how it is made."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np

from experiments.splits import DataError, Pool

FILE = Path(__file__).parent / "fashion_mnist_mini.npz"

_SHAPES = {
    "train_images": (5000, 784),
    "train_labels": (5000,),
    "test_images": (1000, 784),
    "test_labels": (1000,),
}
# What numpy.load raises for files that are cut, altered or of another kind.
_DAMAGE = (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)


@lru_cache(maxsize=1)
def read(path: Path) -> Pool:
    """Return the 5,000 training and, after them, the 1,000 given test images, (6000, 784) uint8.

    Raises:
        DataError: the file is missing, damaged or not what is expected.

    """
    try:
        with path.open("rb") as file, np.load(file) as archive:
            arrays = {name: archive[name] for name in _SHAPES}
    except FileNotFoundError:
        raise _unusable(path, "there is no such file") from None
    except _DAMAGE as error:
        raise _unusable(
            path, f"{path.stat().st_size} bytes, {type(error).__name__}: {error}"
        ) from error
    for name, array in arrays.items():
        if array.shape != _SHAPES[name] or array.dtype != np.uint8:
            found = f"{name} is {array.dtype} {array.shape}, not uint8 {_SHAPES[name]}"
            raise _unusable(path, found)
    labels = np.concatenate([arrays["train_labels"], arrays["test_labels"]]).astype(np.int64)
    if labels.max() > 9:
        raise _unusable(path, f"a label is {labels.max()}, not one of 0 to 9")
    images = np.concatenate([arrays["train_images"], arrays["test_images"]])  # (6000, 784)
    return Pool(images, labels, given=len(arrays["test_labels"]))


@lru_cache(maxsize=1)
def sha256(path: Path) -> str:
    """Return the SHA-256 of the file, in hexadecimal digits.

    Raises:
        DataError: the file cannot be read.

    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, found: str) -> DataError:
    return DataError(
        f"{path}: {found}. Restore the file from the repository (git checkout -- {path.name}, in "
        f"its folder), or build it again with make_fashion_mnist_mini.py, which lies beside it."
    )
