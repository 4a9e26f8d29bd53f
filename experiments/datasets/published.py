"""The files in which sets of images were published, read to images and classes.

MNIST and Fashion-MNIST are idx files, gzipped or not; CIFAR-10 is its `cifar-10-batches-py` or
`cifar-10-batches-bin`.
"""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np

from experiments.splits import DataError

_RECORD = 1 + 32 * 32 * 3  # bytes of an image in the binary files: its class, then three planes


def idx(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, D) and classes (N,) of the four idx files of a folder.

    Raises:
        DataError: a file is missing, or is no idx file.

    """
    parts = [
        read_idx(
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


def read_idx(file: Path) -> np.ndarray:
    """Return the array of an idx file of unsigned bytes, gzipped or not.

    The format: two zero bytes, the type (8: unsigned byte), the number of axes, the length of each
    axis as a big-endian 32-bit integer, the values in C order (LeCun, Cortes & Burges 1998).

    Raises:
        DataError: it is none.

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


def cifar(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, 3072), plane by plane, and classes (N,) of CIFAR-10's six files.

    Raises:
        DataError: a file is missing.

    """
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
