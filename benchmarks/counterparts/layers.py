"""PyTorch's counterpart of each layer: to compare a new one, add a row of LAYERS here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from counterparts.functions import FUNCTIONS
from experiments.nn.activations import ACTIVATIONS
from experiments.parameters import Choice
from experiments.records import Network

NORMALISATIONS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
"""By what a config calls them."""


@dataclass(frozen=True)
class Layer:
    """The counterpart of one layer, and the networks with it that are compared."""

    says: str
    tried: tuple[Mapping[str, object], ...]  # what is special of each, see side_by_side.run_of


_PRELU, _TANH, _RELU = (Choice.of(name, ACTIVATIONS) for name in ("prelu", "tanh", "relu"))

LAYERS = {
    "dense": Layer("`Linear`", ({"widths": ()}, {"widths": (9, 8, 7)}, {"trainable": "output"})),
    "batch_norm": Layer(
        "`BatchNorm1d`",
        (
            {"normalisation": "batch"},
            {"normalisation": "batch", "activation": (_PRELU, _TANH), "dropout": 0.3},
        ),
    ),
    "layer_norm": Layer(
        "`LayerNorm`",
        (
            {"normalisation": "layer"},
            {"normalisation": "layer", "activation": (_PRELU, _TANH), "dropout": 0.3},
        ),
    ),
    "activation": Layer(
        "the function: one for each layer, and with slopes that units learn",
        ({"activation": (_RELU, _TANH)}, {"activation": _PRELU}, {"activation": (_TANH, _PRELU)}),
    ),
    "dropout": Layer(
        "`Dropout`, whose masks are given to both", ({"dropout": 0.2}, {"dropout": 0.5})
    ),
}


class _Activation(nn.Module):
    """A function with its parameters, of which a unit may learn one."""

    def __init__(self, function: Choice, units: int) -> None:
        super().__init__()
        self._call, self._arguments = FUNCTIONS[function.name].call, function.arguments
        name = ACTIVATIONS[function.name].learned
        if name:
            start = torch.full((units,), self._arguments.pop(name))
            self.register_parameter(name, nn.Parameter(start))

    def forward(self, z: Tensor) -> Tensor:
        return self._call(z, **self._arguments, **dict(self.named_parameters()))


class _Dropout(nn.Dropout):
    """PyTorch's dropout, which keeps the mask that it drew, (B, H)."""

    def forward(self, x: Tensor) -> Tensor:
        state = torch.get_rng_state()
        self.mask = super().forward(torch.ones_like(x))
        torch.set_rng_state(state)  # so that x is multiplied by the same draws
        return super().forward(x)


class Product(nn.Module):
    """A product with what follows it up to the next one.

    Args:
        start: its weights (H, D + 1), biases as the last column.
        function: what it passes through.
        network: that of a hidden layer; None: it is the output.

    """

    def __init__(self, start: np.ndarray, function: Choice, network: Network | None) -> None:
        super().__init__()
        units, inputs = start.shape
        self.linear = nn.Linear(inputs - 1, units)
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(start[:, :-1]))
            self.linear.bias.copy_(torch.from_numpy(start[:, -1]))
        self.normalisation = self.dropout = None
        if network is not None and network.normalisation != "none":
            self.normalisation = NORMALISATIONS[network.normalisation](units)
            # A bias that a batch's mean takes away again has rounding for its gradient.
            self.linear.bias.requires_grad_(network.normalisation != "batch")
        self.function = _Activation(function, units)
        if network is not None and network.dropout:
            self.dropout = _Dropout(network.dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the function reads, what it makes of it, and what the next product reads."""
        z = self.linear(x)
        if self.normalisation is not None:
            z = self.normalisation(z)
        a = self.function(z)
        return z, a, a if self.dropout is None else self.dropout(a)

    def learned(self) -> dict[str, Tensor | tuple[Tensor, Tensor]]:
        """Return what is learned by the project's names: weights with their biases."""
        found = {"weights": (self.linear.weight, self.linear.bias)}
        if self.normalisation is not None:
            found |= {"gain": self.normalisation.weight, "shift": self.normalisation.bias}
        return found | dict(self.function.named_parameters())

    def moments(self) -> dict[str, Tensor]:
        """Return the running moments, if there are any, by the project's names."""
        if not isinstance(self.normalisation, nn.BatchNorm1d):
            return {}
        normalisation = self.normalisation
        return {"mean": normalisation.running_mean, "variance": normalisation.running_var}
