"""A product of a network in training with what follows it, as PyTorch has them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from contestants import pytorch_layers
from contestants.pytorch_layers import Layer
from torch import Tensor, nn

from counterparts.functions import FUNCTIONS
from experiments.nn.activations import ACTIVATIONS
from experiments.parameters import Choice


class _Activation(nn.Module):
    """A function with its parameters, of which each unit, or each plane, may learn one."""

    def __init__(self, function: Choice, planes: int) -> None:
        super().__init__()
        self._call, self._arguments = FUNCTIONS[function.name].call, function.arguments
        name = ACTIVATIONS[function.name].learned
        if name:
            start = torch.full((planes,), self._arguments.pop(name))
            self.register_parameter(name, nn.Parameter(start))

    def forward(self, z: Tensor) -> Tensor:
        return self._call(z, **self._arguments, **dict(self.named_parameters()))


class _Dropout(nn.Dropout):
    """PyTorch's dropout, which keeps the mask that it drew, of x's shape."""

    def forward(self, x: Tensor) -> Tensor:
        state = torch.get_rng_state()
        self.mask = super().forward(torch.ones_like(x))
        torch.set_rng_state(state)  # so that x is multiplied by the same draws
        return super().forward(x)


def _batch_norm(layer: Layer) -> nn.Module:
    kind = nn.BatchNorm2d if layer.convolves else nn.BatchNorm1d
    return kind(layer.product.writes.planes)


def _layer_norm(layer: Layer) -> nn.Module:
    image = layer.product.writes
    shape = (image.planes, image.rows, image.columns) if layer.convolves else (image.units,)
    return nn.LayerNorm(shape)


_NORMALISATIONS = {"batch_norm": _batch_norm, "layer_norm": _layer_norm}


class Product(nn.Module):
    """A product with what follows it up to the next one.

    It reads and writes units (B, H) or images (B, planes, rows, columns), and inputs (B, D). What
    it is asked for is told in the order that the project's units have.

    Args:
        layer: of the project's network.
        start: its weights (H, D + 1), biases as the last column.

    """

    def __init__(self, layer: Layer, start: np.ndarray) -> None:
        super().__init__()
        self._layer, self._writes = layer, layer.product.writes
        self.before = nn.Sequential(*pytorch_layers.before(layer))
        self.product = pytorch_layers.product(layer, start)
        self.normalisation = self.function = self.dropout = None
        after = []
        for place in layer.rest:
            if place.row.name in _NORMALISATIONS:
                self.normalisation = _NORMALISATIONS[place.row.name](layer)
                # A bias that a batch's mean takes away again has rounding for its gradient.
                self.product.bias.requires_grad_(place.row.name != "batch_norm")
            elif place.function is not None:
                self.function = _Activation(place.function, place.writes.planes)
            elif place.dropped:
                self.dropout = _Dropout(place.dropped)
            else:
                after.append(pytorch_layers.pooling(place))
        self.after = nn.Sequential(*after)

    @property
    def weight(self) -> nn.Parameter:
        """What it multiplies by: the only one of its parameters that is meant to decay."""
        return self.product.weight

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the function reads, what it makes of it, and what the next product reads."""
        z = self.product(self.before(x))
        if self.normalisation is not None:
            z = self.normalisation(z)
        a = self.function(z)
        return z, a, self.after(a if self.dropout is None else self.dropout(a))

    def units(self, values: Tensor) -> Tensor:
        """Return as (H, B) what belongs to the units that the product writes for each example."""
        return values.flatten(1)[:, self._order].T

    def learned(self, read: Callable[[nn.Parameter], Tensor]) -> dict[str, Tensor]:
        """Return by the project's names what is read of all that is learned, (H, X) each."""
        found = {"weights": pytorch_layers.weights_of(self.product, self._layer, read)}
        if self.normalisation is not None:
            for name, own in (("gain", "weight"), ("shift", "bias")):
                found[name] = self._of_each(read(getattr(self.normalisation, own)))
        for name, parameter in self.function.named_parameters():
            found[name] = self._of_each(read(parameter))
        return found

    def moments(self) -> dict[str, Tensor]:
        """Return the running moments, if there are any, by the project's names, (P, 1)."""
        if not isinstance(self.normalisation, nn.BatchNorm1d | nn.BatchNorm2d):
            return {}
        moments = self.normalisation.running_mean, self.normalisation.running_var
        return dict(zip(("mean", "variance"), map(self._of_each, moments), strict=True))

    @property
    def _order(self) -> np.ndarray:
        return pytorch_layers.order(self._writes)

    def _of_each(self, values: Tensor) -> Tensor:
        """Return as (H, 1) what each unit has, or each plane."""
        flat = values.flatten()
        return (flat if len(flat) == self._writes.planes else flat[self._order])[:, None]
