"""Small networks of images, and what their layers should write, place by place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.nn.layers.chain import LISTED, widths_of
from experiments.parameters import Choice
from experiments.records import DataShape, Image, Network

from .helpers import activation


def layer(name: str, **how) -> Choice:
    """Return a layer of a list, with the defaults of its row."""
    return Choice.of(name, LISTED, **how)


@dataclass(frozen=True)
class Net:
    """A network and the shape of the images that it reads."""

    network: Network
    shape: DataShape


def net(
    image: Image,
    *layers: Choice,
    hidden: str | Choice | tuple[Choice, ...] = "tanh",
    output: str = "softmax",
    classes: int = 3,
    train: int = 40,
    **more,
) -> Net:
    function = activation(hidden) if isinstance(hidden, str) else hidden
    shape = DataShape(image.units, classes, train, 7, 9, image=image)
    return Net(Network(widths_of(layers), function, "he", output, layers=layers, **more), shape)


PLAIN = (layer("conv", filters=3, size=3), layer("max_pool"), layer("conv", filters=2, size=3))
NETS = {
    "as usual": net(Image(2, 6, 7), *PLAIN, layer("average_pool", size=2), layer("dense", units=4)),
    "even kernels": net(
        Image(1, 6, 5), layer("conv", filters=2, size=4), layer("conv", filters=3, size=2)
    ),
    "no padding": net(
        Image(3, 8, 7),
        layer("conv", filters=2, size=3, padding="valid"),
        layer("max_pool", size=3, stride=2),
        layer("conv", filters=2, size=2, padding="valid"),
    ),
    "strides": net(
        Image(2, 9, 8),
        layer("conv", filters=3, size=3, stride=2),
        layer("conv", filters=2, size=2, stride=3, padding="valid"),
    ),
    "kernels larger than images": net(
        Image(1, 3, 2), layer("conv", filters=2, size=5), layer("conv", filters=2, size=7)
    ),
    "single places": net(Image(4), layer("conv", filters=3, size=1), layer("dense", units=2)),
    "windows that overlap": net(
        Image(2, 7, 6),
        layer("conv", filters=2, size=3),
        layer("max_pool", size=3, stride=1),
        layer("conv", filters=2, size=1),
        layer("average_pool", size=3, stride=2),
    ),
    "windows of three": net(
        Image(1, 8, 7), layer("conv", filters=3, size=3), layer("max_pool", size=3),
        layer("flatten"), layer("dense", units=3),
    ),
    "learned slopes": net(Image(2, 5, 6), *PLAIN, hidden="prelu"),
    "batch normalisation": net(Image(2, 5, 6), *PLAIN, normalisation="batch"),
    "layer normalisation": net(Image(2, 5, 6), *PLAIN, normalisation="layer", hidden="prelu"),
    "dropout": net(Image(2, 6, 6), *PLAIN, layer("dense", units=3), dropout=0.4),
    "softmax within": net(Image(2, 5, 6), *PLAIN, hidden="softmax"),
    "each its own": net(
        Image(2, 6, 6), *PLAIN, hidden=(activation("prelu"), activation("tanh")),
        normalisation="batch", dropout=0.3,
    ),
}  # fmt: skip


def by_rows(images: np.ndarray) -> np.ndarray:
    """Turn images (N, planes, rows, columns) into units as they lie, (N, rows planes columns)."""
    return images.swapaxes(1, 2).reshape(len(images), -1)


def convolved(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int, padding: str
) -> np.ndarray:
    """Add up a convolution place by place: (N, C, H, W) and (F, C, S, S) to (N, F, H', W')."""
    size = kernels.shape[-1]
    before = (size - 1) // 2 if padding == "same" else 0
    after = size - 1 - before if padding == "same" else 0
    edges = ((0, 0), (0, 0), (before, after), (before, after))
    padded = np.pad(images, edges)
    rows, columns = ((n - size) // stride + 1 for n in padded.shape[2:])
    found = np.empty((len(images), len(kernels), rows, columns))
    for row, column in np.ndindex(rows, columns):
        y, x = row * stride, column * stride
        seen = padded[:, :, y : y + size, x : x + size]
        found[:, :, row, column] = np.einsum("ncyx,fcyx->nf", seen, kernels) + biases
    return found


def pooled(images: np.ndarray, size: int, stride: int, pool) -> np.ndarray:
    """Pool each window (N, C, size, size) of images (N, C, H, W)."""
    rows, columns = ((n - size) // stride + 1 for n in images.shape[2:])
    found = np.empty((*images.shape[:2], rows, columns))
    for row, column in np.ndindex(rows, columns):
        y, x = row * stride, column * stride
        window = images[:, :, y : y + size, x : x + size]
        found[:, :, row, column] = pool(window, axis=(2, 3))
    return found
