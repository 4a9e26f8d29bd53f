"""The forward and backward pass of a stack of networks of equal shape.

Layout: features before examples. A layer's outputs are (R, H + 1, B), their last row constant 1,
and its weights (R, H, D + 1), their last column the bias, so that one matrix product makes the
pre-activations and one makes the gradient of weights and bias together. Element-wise work then
runs over rows of B examples; with the features last it would run over as few as two numbers.

Runs are ordered variant by variant: run r = v * G + g is variant v at the fleet's g-th seed. All
variants of a seed read the same inputs, which broadcast over v and are never copied. Each run's
products are matrix products of its own, whose sizes and strides do not depend on the fleet: that
is why a run's bits do not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from experiments.nn.activations import ACTIVATIONS, Activation
from experiments.nn.losses import loss_of
from experiments.parameters import Choice


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring runs of a stack that share their hidden activation."""

    runs: slice
    activation: Choice


class Stack:
    """Weights of R networks and the buffers of their passes over batches of one size.

    Views and calls are prepared once: for small nets, making them takes as long as the arithmetic.

    Args:
        weights: for each layer an array (R, H, D + 1); read, and changed only by the caller.
        blocks: which runs have which hidden activation; together they cover all runs.
        output: the activation of the last layer.
        seeds: G; R must be a multiple of it.
        batch: B.
        regression: whether the loss is that of a regression.

    """

    def __init__(
        self,
        weights: Sequence[np.ndarray],
        blocks: Sequence[Block],
        output: str,
        seeds: int,
        batch: int,
        *,
        regression: bool = False,
    ) -> None:
        self.weights = list(weights)
        self.blocks = tuple(blocks)
        self.seeds = seeds
        self._output = ACTIVATIONS[output]
        self._output_arguments = {k: p.default for k, p in self._output.parameters.items()}
        self._loss = loss_of(output, regression)
        runs, dtype = weights[0].shape[0], weights[0].dtype

        def buffers(extra: int = 0) -> list[np.ndarray]:
            return [np.ones((runs, w.shape[1] + extra, batch), dtype) for w in weights]

        self._z = buffers()  # pre-activations, (R, H, B)
        self._with_one = buffers(extra=1)  # outputs and the row of ones, (R, H + 1, B)
        self._a = [a[:, :-1] for a in self._with_one]
        self._delta: list[np.ndarray] = []  # gradients of the loss, (R, H, B)
        # What goes with the inputs and targets of each seed, (V, G, ...).
        self._first_weights, self._first_z = self._by_seed(weights[0]), self._by_seed(self._z[0])
        self._last_z, self._last_a = self._by_seed(self._z[-1]), self._by_seed(self._a[-1])
        self._functions = [
            self._calls(lambda row: row.function, z, a)
            for z, a in zip(self._z[:-1], self._a[:-1], strict=True)
        ]

    def _prepare_backward(self) -> None:
        """Make what only a backward pass needs: networks that are evaluated do without."""
        self._delta = [np.empty_like(z) for z in self._z]
        scratch = np.empty(max(z.size for z in self._z), self._z[0].dtype)  # for a layer at a time
        self._scratch = [scratch[: z.size].reshape(z.shape) for z in self._z]
        self._pullbacks = [
            self._calls(lambda row: row.backward, *arrays)
            for arrays in zip(self._z, self._a, self._delta, self._scratch, strict=True)
        ]
        self._below = [w[:, :, :-1].mT for w in self.weights]  # without the bias, (R, D, H)
        self._examples_first = [a.mT for a in self._with_one]  # (R, B, H + 1)
        self._first_delta = self._by_seed(self._delta[0])
        self._last_delta = self._by_seed(self._delta[-1])

    def _calls(
        self, method: Callable[[Activation], Callable], *arrays: np.ndarray
    ) -> list[Callable[[], object]]:
        """Prepare what a hidden layer's activations do with its arrays (R, ...), block by block."""
        return [
            partial(
                method(ACTIVATIONS[block.activation.name]),
                *(array[block.runs] for array in arrays),
                **block.activation.arguments,
            )
            for block in self.blocks
        ]

    @property
    def pre_activations(self) -> list[np.ndarray]:
        """The pre-activations of the last forward pass, for each layer (R, H, B)."""
        return self._z

    @property
    def outputs(self) -> list[np.ndarray]:
        """The outputs of the last forward pass, for each layer (R, H, B)."""
        return self._a

    @property
    def deltas(self) -> list[np.ndarray]:
        """The gradients of the last backward pass with respect to pre-activations, (R, H, B)."""
        return self._delta

    def _by_seed(self, array: np.ndarray) -> np.ndarray:
        """View a stacked array (R, ...) as (V, G, ...)."""
        return array.reshape(-1, self.seeds, *array.shape[1:])

    def forward(self, inputs: np.ndarray) -> None:
        """Fill the pre-activations and outputs of all layers.

        Args:
            inputs: (G, D + 1, B), the last row 1.

        """
        np.matmul(self._first_weights, inputs, self._first_z)
        for layer, functions in enumerate(self._functions, start=1):
            for function in functions:
                function()
            np.matmul(self.weights[layer], self._with_one[layer - 1], self._z[layer])
        self._output.function(self._z[-1], self._a[-1], **self._output_arguments)

    def losses(self, targets: np.ndarray) -> np.ndarray:
        """Return the loss of each example after `forward`.

        Args:
            targets: one-hot, (G, C, B).

        Returns:
            (R, B).

        """
        losses = self._loss.value(self._last_z, self._last_a, targets)
        return losses.reshape(-1, losses.shape[-1])

    def hits(self, targets: np.ndarray, later: np.ndarray) -> np.ndarray:
        """Tell which examples' largest output is their class's, after `forward`.

        Ties go to the class with the lowest number, as `numpy.argmax` has it (which is slow along
        an axis that is not the last); where an output is no number, there is no hit.

        Args:
            targets: one-hot, (G, C, B).
            later: booleans (G, C, B): the example's own class and those with higher numbers.

        Returns:
            Booleans (R, B).

        """
        a = self._last_a
        own = np.add.reduce(a * targets, axis=-2, keepdims=True)  # (V, G, 1, B)
        beaten = (a < own) | ((a == own) & later)
        return np.logical_and.reduce(beaten, axis=-2).reshape(-1, a.shape[-1])

    def backward(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        gradients: Sequence[np.ndarray],
        scale: np.ndarray | float,
        first: int = 0,
    ) -> None:
        """Write the gradient of each network's summed loss, times a factor, for its weights.

        Args:
            inputs: (G, D + 1, B), as given to `forward`.
            targets: one-hot, (G, C, B).
            gradients: for each layer an array (R, H, D + 1) to be filled.
            scale: the factor, one or for each run (R, 1, 1): 1 / B for the mean loss. It costs
                nothing here, where only the outputs are multiplied by it.
            first: the lowest layer whose gradient is wanted; those below stay as they are.

        """
        if not self._delta:
            self._prepare_backward()
        last = len(self.weights) - 1
        self._loss.gradient(self._last_a, targets, self._last_delta)
        if self._loss.link is None:
            self._output.backward(
                self._z[last],
                self._a[last],
                self._delta[last],
                self._scratch[last],
                **self._output_arguments,
            )
        np.multiply(self._delta[last], scale, self._delta[last])
        for layer in range(last, first, -1):
            below = layer - 1
            np.matmul(self._delta[layer], self._examples_first[below], gradients[layer])
            np.matmul(self._below[layer], self._delta[layer], self._delta[below])
            for pullback in self._pullbacks[below]:
                pullback()
        if first == 0:
            np.matmul(self._first_delta, inputs.mT, self._by_seed(gradients[0]))
        else:
            np.matmul(self._delta[first], self._examples_first[first - 1], gradients[first])
