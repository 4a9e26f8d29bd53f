"""The layers of a network as PyTorch has them, and their weights in its order and in the project's.

Units of an image lie row by row in the project, plane by plane within a row; in PyTorch they lie
plane by plane. Inputs lie plane by plane in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from torch import Tensor, nn

from experiments.nn.layers.record import Place
from experiments.records import Image

POOLINGS = {"max_pool": nn.MaxPool2d, "average_pool": nn.AvgPool2d}

Product = nn.Linear | nn.Conv2d


@dataclass(frozen=True)
class Layer:
    """A product of a network and what follows it up to the next one, as the project has them."""

    product: Place
    rest: tuple[Place, ...]
    below: Image | None  # what the layer below writes; None: units, or the inputs

    @property
    def convolves(self) -> bool:
        """Whether it reads and writes images."""
        return self.product.row.name == "conv"


def layers(places: Sequence[Place]) -> list[Layer]:
    """Return the layers of a network, of all its places."""
    found: list[Layer] = []
    below = None
    for _, group in groupby(places, lambda place: place.number):
        first, *rest = group
        found.append(Layer(first, tuple(rest), below))
        below = [first, *rest][-1].writes if found[-1].convolves else None
    return found


def order(image: Image) -> np.ndarray:
    """Return for each of the project's units of an image, (H,), which one it is in PyTorch."""
    units = np.arange(image.units).reshape(image.planes, image.rows, image.columns)
    return units.swapaxes(0, 1).ravel()


def before(layer: Layer) -> list[nn.Module]:
    """Return what a product needs done to what the layer below writes, or to the inputs (B, D)."""
    if not layer.convolves:
        return [nn.Flatten()] if layer.below else []
    found: list[nn.Module] = []
    if layer.product.number == 0:
        image = layer.product.reads
        found.append(nn.Unflatten(1, (image.planes, image.rows, image.columns)))
    if _padded_before(layer):
        zeros = layer.product.how["size"] - 1
        found.append(nn.ZeroPad2d((zeros // 2, zeros - zeros // 2) * 2))
    return found


def product(layer: Layer, weights: np.ndarray) -> Product:
    """Return a product with given weights, (H, D + 1) with the biases as the last column."""
    place = layer.product
    if layer.convolves:
        made = nn.utils.skip_init(
            nn.Conv2d, place.reads.planes, place.writes.planes, place.how["size"],
            stride=place.how["stride"],
            padding="valid" if _padded_before(layer) else place.how["padding"],
        )  # fmt: skip
    else:
        made = nn.utils.skip_init(nn.Linear, place.reads.units, place.writes.units)
    kernel = np.empty_like(weights[:, :-1])
    kernel[:, _order_of_weights(layer)] = weights[:, :-1]
    with torch.no_grad():
        made.weight.copy_(torch.from_numpy(kernel).view_as(made.weight))
        made.bias.copy_(torch.from_numpy(weights[:, -1]))
    return made


def weights_of(
    made: Product, layer: Layer, read: Callable[[nn.Parameter], Tensor] = Tensor.detach
) -> Tensor:
    """Return what is read of a product's weights and biases, (H, D + 1) in the project's order.

    Args:
        made: what `product` returned.
        layer: that it was made for.
        read: what is wanted of a parameter, such as its gradient.

    """
    kernel = read(made.weight).flatten(1)[:, _order_of_weights(layer)]
    return torch.column_stack([kernel, read(made.bias)])


def pooling(place: Place) -> nn.Module:
    """Return a pooling."""
    size, stride = place.how["size"], place.how["stride"]
    return POOLINGS[place.row.name](size, stride or size)


def _padded_before(layer: Layer) -> bool:
    """Tell whether a convolution needs zeros around that PyTorch's own leaves to others."""
    return layer.product.how["padding"] == "same" and layer.product.how["stride"] > 1


def _order_of_weights(layer: Layer) -> slice | np.ndarray:
    return order(layer.below) if layer.below and not layer.convolves else slice(None)
