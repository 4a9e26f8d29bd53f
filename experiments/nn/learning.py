"""What makes the updates of a fleet: gradients, the optimizer's state and its step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from experiments.nn.network import Stack
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.weights import Weights
from experiments.records import Training


class Learner:
    """Updates the weights of R networks that are trained alike but for their learning rates.

    Args:
        weights: changed in place by each update.
        training: of the networks; its own learning rate is not read.
        rates: the learning rate of each network.

    """

    def __init__(self, weights: Weights, training: Training, rates: Sequence[float]) -> None:
        self.weights = weights
        self.gradients = weights.zeros()
        self._training = training
        self._optimizer = OPTIMIZERS[training.optimizer.name]
        self._states = [weights.zeros() for _ in range(self._optimizer.states)]
        self._rates = np.asarray(rates, weights.values.dtype)[:, None]  # (R, 1)
        self._updates = 0
        self._prepare()

    def _prepare(self) -> None:
        """Make the views and the buffer that every step needs."""
        last = len(self.weights.layers) - 1
        self._first = last if self._training.layers == "output" else 0  # that learns
        learning = [w.from_layer(self._first) for w in (self.weights, self.gradients)]
        states = [state.from_layer(self._first) for state in self._states]
        scratch = np.empty_like(learning[0])
        self._step = partial(
            self._optimizer.step,
            *learning,
            states,
            self._rates,
            scratch=scratch,
            **self._training.optimizer.arguments,
        )
        factor = self._rates if self._optimizer.linear else np.ones_like(self._rates)
        self._scale = (factor / self._training.batch_size)[:, :, None]  # (R, 1, 1)

    def update(self, stack: Stack, inputs: np.ndarray, targets: np.ndarray) -> None:
        """Make one update.

        Args:
            stack: of the weights' layers.
            inputs: (G, D + 1, B).
            targets: (G, C, B).

        """
        stack.forward(inputs)
        stack.backward(inputs, targets, self.gradients.layers, self._scale, self._first)
        self._updates += 1
        self._step(update=self._updates)

    def keep(self, runs: np.ndarray) -> None:
        """Go on with some of the networks alone.

        Args:
            runs: booleans (R,).

        """
        self.weights, self.gradients = self.weights.of_runs(runs), self.gradients.of_runs(runs)
        self._states = [state.of_runs(runs) for state in self._states]
        self._rates = self._rates[runs]
        self._prepare()
