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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.losses import loss_of
from experiments.parameters import Choice


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring runs of a stack that share their hidden activation."""

    runs: slice
    activation: Choice


class Stack:
    """Weights of R networks and the buffers of their passes over batches of one size.

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
        self._delta = buffers()  # gradients of the loss, (R, H, B)
        self._scratch = buffers()

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
        """The gradients of the batch's mean loss with respect to the pre-activations, (R, H, B).

        Those of the last backward pass, once it has come to its end.
        """
        return self._delta

    def _by_seed(self, array: np.ndarray) -> np.ndarray:
        """View a stacked array (R, ...) as (V, G, ...)."""
        return array.reshape(-1, self.seeds, *array.shape[1:])

    def forward(self, inputs: np.ndarray) -> None:
        """Fill the pre-activations and outputs of all layers.

        Args:
            inputs: (G, D + 1, B), the last row 1.

        """
        np.matmul(self._by_seed(self.weights[0]), inputs, out=self._by_seed(self._z[0]))
        for layer in range(1, len(self.weights)):
            for block in self.blocks:
                ACTIVATIONS[block.activation.name].function(
                    self._z[layer - 1][block.runs],
                    self._a[layer - 1][block.runs],
                    **block.activation.arguments,
                )
            np.matmul(self.weights[layer], self._with_one[layer - 1], out=self._z[layer])
        self._output.function(self._z[-1], self._a[-1], **self._output_arguments)

    def losses(self, targets: np.ndarray) -> np.ndarray:
        """Return the loss of each example after `forward`.

        Args:
            targets: one-hot, (G, C, B).

        Returns:
            (R, B).

        """
        z, a = self._by_seed(self._z[-1]), self._by_seed(self._a[-1])
        return self._loss.value(z, a, targets).reshape(self._z[-1].shape[0], -1)

    def hits(self, labels: np.ndarray) -> np.ndarray:
        """Tell which examples' largest output is their class's, after `forward`.

        Ties go to the class with the lowest number, as `numpy.argmax` has it.

        Args:
            labels: (G, B).

        Returns:
            Booleans (R, B).

        """
        guesses = self._by_seed(self._a[-1]).argmax(axis=-2)
        return (guesses == labels).reshape(self._z[-1].shape[0], -1)

    def backward(self, inputs: np.ndarray, targets: np.ndarray, gradients: Sequence[np.ndarray]):
        """Write the gradient of the batch's mean loss with respect to all weights.

        Args:
            inputs: (G, D + 1, B), as given to `forward`.
            targets: one-hot, (G, C, B).
            gradients: for each layer an array (R, H, D + 1) to be filled. Layers are filled from
                the last to the first, each yielded by its number as soon as it may be changed
                together with its weights.

        Yields:
            The number of each layer that is done.

        """
        z, a, delta = self._z, self._a, self._delta
        last = len(self.weights) - 1
        self._loss.gradient(self._by_seed(a[last]), targets, self._by_seed(delta[last]))
        if self._loss.link is None:
            self._output.backward(
                z[last], a[last], delta[last], self._scratch[last], **self._output_arguments
            )
        np.divide(delta[last], z[last].shape[-1], out=delta[last])
        for layer in range(last, 0, -1):
            below = layer - 1
            np.matmul(delta[layer], self._with_one[below].mT, out=gradients[layer])
            np.matmul(self.weights[layer][:, :, :-1].mT, delta[layer], out=delta[below])
            yield layer
            for block in self.blocks:
                runs = block.runs
                ACTIVATIONS[block.activation.name].backward(
                    z[below][runs],
                    a[below][runs],
                    delta[below][runs],
                    self._scratch[below][runs],
                    **block.activation.arguments,
                )
        by_seed = self._by_seed
        np.matmul(by_seed(delta[0]), inputs.mT, out=by_seed(gradients[0]))
        yield 0
