"""The weights of a fleet in one array, and anything that goes with each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WEIGHTS = "weights"
"""The name of what a layer's product multiplies by, the biases as its last column."""


@dataclass(frozen=True, slots=True)
class Part:
    """An array that a layer learns, (H, X) for each network: neighbouring columns of the weights.

    `decays` of its X columns, the first ones, are what a decay of weights is meant for: those of
    products, and neither biases nor gains nor learned slopes. Without a `start` it is drawn.
    """

    layer: int  # the number of the product that it is or follows, from 0
    name: str
    shape: tuple[int, int]
    decays: int = 0
    start: float | None = None

    @property
    def size(self) -> int:
        """H X."""
        return self.shape[0] * self.shape[1]


def product(layer: int, inputs: int, outputs: int) -> Part:
    """Return the weights of a product with D inputs and H outputs, (H, D + 1), the bias last."""
    return Part(layer, WEIGHTS, (outputs, inputs + 1), decays=inputs)


class Weights:
    """An array with a row for each of R networks: all that they learn, P numbers, part after part.

    What is done to each weight by itself, such as an optimizer's step, is done to `values`, in a
    few calls however many layers there are; what follows the layers reads and writes `layers`, and
    what else a layer learns is its `part` of some name.

    Args:
        values: (R, P), contiguous.
        parts: in their order, those of a layer together; P is the sum of their sizes.

    """

    def __init__(self, values: np.ndarray, parts: Sequence[Part]) -> None:
        self.values, self.parts = values, tuple(parts)
        self._views: dict[tuple[int, str], np.ndarray] = {}
        self._starts: dict[int, int] = {}  # of each layer
        start = 0
        for part in self.parts:
            self._starts.setdefault(part.layer, start)
            view = values[:, start : start + part.size].reshape(-1, *part.shape)
            self._views[part.layer, part.name] = view
            start += part.size
        # Views of values, for each layer (R, H, D + 1).
        self.layers = [view for (_, name), view in self._views.items() if name == WEIGHTS]

    @classmethod
    def of(
        cls,
        networks: Sequence[Sequence[np.ndarray]],
        dtype: str,
        parts: Sequence[Part] | None = None,
    ) -> Weights:
        """Gather the weights of networks.

        Args:
            networks: for each its parts, (H, X).
            dtype: of the values.
            parts: what they are; products, (H, D + 1), if left out.

        """
        if parts is None:
            shapes = [array.shape for array in networks[0]]
            parts = [product(layer, x - 1, h) for layer, (h, x) in enumerate(shapes)]
        count = sum(part.size for part in parts)
        gathered = cls(np.empty((len(networks), count), dtype), parts)
        for row, network in zip(gathered.values, networks, strict=True):
            np.concatenate([part.ravel() for part in network], out=row, casting="same_kind")
        return gathered

    @property
    def decays(self) -> np.ndarray:
        """Tell which of the P columns a decay of weights is meant for, booleans (P,).

        Those of products: biases, gains, shifts and learned slopes are left alone, as is usual
        (Goodfellow, Bengio & Courville 2016, section 7.1; He et al. 2015, section 2.1 of slopes).
        """
        columns = [np.tile(np.arange(p.shape[1]) < p.decays, p.shape[0]) for p in self.parts]
        return np.concatenate(columns)

    def part(self, layer: int, name: str) -> np.ndarray:
        """View what a layer learns under a name, (R, H, X)."""
        return self._views[layer, name]

    def zeros(self) -> Weights:
        """Return as many zeros."""
        return Weights(np.zeros_like(self.values), self.parts)

    def copy(self) -> Weights:
        """Return a copy."""
        return Weights(self.values.copy(), self.parts)

    def of_runs(self, runs: slice | np.ndarray) -> Weights:
        """Copy the rows of some runs: a slice, their numbers or a mask."""
        return Weights(self.values[runs].copy(), self.parts)

    def from_layer(self, layer: int) -> np.ndarray:
        """View what a layer and all that come after it learn, (R, P')."""
        return self.values[:, self._starts[layer] :]
