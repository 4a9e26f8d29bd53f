"""The layers of a network as PyTorch has them, and their weights in its order and in the project's.

Units of an image lie row by row in the project, plane by plane within a row; in PyTorch they lie
plane by plane. Inputs lie plane by plane in both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from experiments.nn.layers.record import Place
from experiments.records import Image

POOLINGS = {"max_pool": nn.MaxPool2d, "average_pool": nn.AvgPool2d}

Product = nn.Linear | nn.Conv2d


def order(image: Image) -> np.ndarray:
    """Return for each of the project's units of an image, (H,), which one it is in PyTorch."""
    units = np.arange(image.units).reshape(image.planes, image.rows, image.columns)
    return units.swapaxes(0, 1).ravel()


def before(place: Place) -> list[nn.Module]:
    """Return what comes between the layer below, or the inputs (B, D), and a product."""
    found: list[nn.Module] = []
    if place.row.name != "conv":
        return [nn.Flatten()] if place.number > 0 and _of_image(place.reads) else found
    if place.number == 0:
        image = place.reads
        found.append(nn.Unflatten(1, (image.planes, image.rows, image.columns)))
    if _padded_before(place):
        zeros = place.how["size"] - 1
        found.append(nn.ZeroPad2d((zeros // 2, zeros - zeros // 2) * 2))
    return found


def product(place: Place, weights: np.ndarray) -> Product:
    """Return a product with given weights, (H, D + 1) with the biases as the last column."""
    if place.row.name == "conv":
        made = nn.utils.skip_init(
            nn.Conv2d, place.reads.planes, place.writes.planes, place.how["size"],
            stride=place.how["stride"],
            padding="valid" if _padded_before(place) else place.how["padding"],
        )  # fmt: skip
    else:
        made = nn.utils.skip_init(nn.Linear, place.reads.units, place.writes.units)
    kernel = np.empty_like(weights[:, :-1])
    kernel[:, _order_of_weights(place)] = weights[:, :-1]
    with torch.no_grad():
        made.weight.copy_(torch.from_numpy(kernel).view_as(made.weight))
        made.bias.copy_(torch.from_numpy(weights[:, -1]))
    return made


def weights_of(
    made: Product, place: Place, read: Callable[[nn.Parameter], Tensor] = Tensor.detach
) -> Tensor:
    """Return what is read of a product's weights and biases, (H, D + 1) in the project's order.

    Args:
        made: what `product` returned.
        place: that it was made for.
        read: what is wanted of a parameter, such as its gradient.

    """
    kernel = read(made.weight).flatten(1)[:, _order_of_weights(place)]
    return torch.column_stack([kernel, read(made.bias)])


def pooling(place: Place) -> nn.Module:
    """Return a pooling."""
    size, stride = place.how["size"], place.how["stride"]
    return POOLINGS[place.row.name](size, stride or size)


def _of_image(image: Image) -> bool:
    return image.units > image.planes


def _padded_before(place: Place) -> bool:
    """Tell whether a convolution needs zeros that PyTorch's own leaves to others."""
    return place.how["padding"] == "same" and place.how["stride"] > 1


def _order_of_weights(place: Place) -> slice | np.ndarray:
    if place.row.name == "conv" or place.number == 0 or not _of_image(place.reads):
        return slice(None)
    return order(place.reads)
