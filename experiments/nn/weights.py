"""The weights of a fleet in one array, and anything that goes with each of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np


class Weights:
    """An array with a row for each of R networks: all its weights, P numbers, layer after layer.

    What is done to each weight by itself, such as an optimizer's step, is done to `values`, in a
    few calls however many layers there are; what follows the layers reads and writes `layers`.

    Args:
        values: (R, P), contiguous.
        sizes: inputs, the width of each hidden layer, outputs; P is the sum of H (D + 1).

    """

    def __init__(self, values: np.ndarray, sizes: Sequence[int]) -> None:
        self.values, self.sizes = values, tuple(sizes)
        self.layers: list[np.ndarray] = []  # views of values, for each layer (R, H, D + 1)
        self._starts: list[int] = []
        start = 0
        for d, h in pairwise(self.sizes):
            end = start + h * (d + 1)
            self.layers.append(values[:, start:end].reshape(-1, h, d + 1))
            self._starts.append(start)
            start = end

    @classmethod
    def of(cls, networks: Sequence[Sequence[np.ndarray]], dtype: str) -> Weights:
        """Gather the weights of networks that are given layer by layer, each (H, D + 1)."""
        first = networks[0]
        sizes = (first[0].shape[1] - 1, *(layer.shape[0] for layer in first))
        count = sum(layer.size for layer in first)
        gathered = cls(np.empty((len(networks), count), dtype), sizes)
        for row, network in zip(gathered.values, networks, strict=True):
            np.concatenate([layer.ravel() for layer in network], out=row, casting="same_kind")
        return gathered

    def zeros(self) -> Weights:
        """Return as many zeros."""
        return Weights(np.zeros_like(self.values), self.sizes)

    def copy(self) -> Weights:
        """Return a copy."""
        return Weights(self.values.copy(), self.sizes)

    def of_runs(self, runs: slice | np.ndarray) -> Weights:
        """Copy the rows of some runs: a slice, their numbers or a mask."""
        return Weights(self.values[runs].copy(), self.sizes)

    def from_layer(self, layer: int) -> np.ndarray:
        """View the weights of a layer and of all that come after it, (R, P')."""
        return self.values[:, self._starts[layer] :]
