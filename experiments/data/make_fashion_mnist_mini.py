"""Builds fashion_mnist_mini.npz from the files of Fashion-MNIST.

    python experiments/data/make_fashion_mnist_mini.py [folder] [--output file]

The folder holds the four files of https://github.com/zalandoresearch/fashion-mnist, as installed
by Debian's package dataset-fashion-mnist (the shipped file: 0.0~git20200523.55506a9-1). Taken are
the first 500 images of each class of the training split and the first 100 of each class of the test
part, in an order shuffled with a fixed seed. The same files give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
from pathlib import Path

import numpy as np

FOLDER = Path("/usr/share/datasets/fashion-mnist")
OUTPUT = Path(__file__).parent / "fashion_mnist_mini.npz"
LARGEST = 3_000_000  # bytes; a repository is no place for more
CLASSES = 10


def read_idx(path: Path) -> np.ndarray:
    """Return the array of a gzipped idx file of unsigned bytes.

    The format: two zero bytes, the type (8: unsigned byte), the number of axes, the length of each
    axis as a big-endian 32-bit integer, the values in C order.

    Raises:
        ValueError: the file is none, or does not hold as many values as it says.

    """
    content = gzip.decompress(path.read_bytes())
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: no idx file of unsigned bytes, it starts with {content[:4]!r}")
    axes = content[3]
    lengths = np.frombuffer(content, ">u4", axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(lengths)


def choose(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Return the indices of the first `per_class` examples of each class, shuffled.

    Raises:
        ValueError: a class has fewer.

    """
    found = [np.flatnonzero(labels == c)[:per_class] for c in range(CLASSES)]
    for c, indices in enumerate(found):
        if len(indices) < per_class:
            raise ValueError(f"class {c} has {len(indices)} examples, {per_class} are needed")
    return np.random.Generator(np.random.PCG64(seed)).permutation(np.concatenate(found))


def make(folder: Path, output: Path, train: int = 500, test: int = 100) -> None:
    """Write the chosen images of `folder` to `output`: `train` and `test` of each class."""
    arrays = {}
    for seed, (part, prefix, per_class) in enumerate(
        [("train", "train", train), ("test", "t10k", test)]
    ):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")  # (N, 28, 28)
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")  # (N,)
        chosen = choose(labels, per_class, seed)
        arrays[f"{part}_images"] = images[chosen].reshape(len(chosen), -1)  # (N, 784)
        arrays[f"{part}_labels"] = labels[chosen]
    np.savez_compressed(output, **arrays)


def main() -> None:
    """Read the command line, write the file, and print its size and SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help=f"default: {FOLDER}")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    make(arguments.folder, arguments.output)
    content = arguments.output.read_bytes()
    print(f"{arguments.output.name}: {len(content):,} bytes")
    print(f"sha256 {hashlib.sha256(content).hexdigest()}")
    if len(content) > LARGEST:
        raise SystemExit(f"that is more than the {LARGEST:,} bytes it may have")


if __name__ == "__main__":
    main()
