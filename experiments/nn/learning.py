"""What makes the updates of a fleet: gradients, the optimizer's state and its step.

An update is: the rate by its schedule, the gradient, clipping, decay, the optimizer's rule. What is
not asked for is no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from experiments.nn import steps
from experiments.nn.network import Stack
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import factors
from experiments.nn.weights import Weights
from experiments.records import Training


class Learner:
    """Updates the weights of R networks that are trained alike but for their learning rates.

    Args:
        weights: changed in place by each update.
        training: of the networks; its own learning rate is not read.
        rates: the learning rate of each network, at its peak.
        updates: of a whole run. After these, the rate stays what it is.
        piece: how many examples of a batch pass through the networks at once; None for all.

    """

    def __init__(
        self,
        weights: Weights,
        training: Training,
        rates: Sequence[float],
        updates: int,
        piece: int | None = None,
    ) -> None:
        self.weights = weights
        self.gradients = weights.zeros()
        self._piece = piece
        self._training = training
        self._optimizer = OPTIMIZERS[training.optimizer.name]
        self._states = [weights.zeros() for _ in range(self._optimizer.states)]
        self._peaks = np.asarray(rates, weights.values.dtype)[:, None]  # (R, 1)
        # Of each update, (U,). Where the peak is never left, there is nothing to be done.
        course = factors(training.schedule, max(1, updates)).astype(weights.values.dtype)
        self._course = course if (course != 1).any() else None
        self._changes = _changes(course)
        self._updates = 0
        self._prepare()

    def _prepare(self) -> None:
        """Make the views and the buffers that every step needs."""
        last = len(self.weights.layers) - 1
        self._first = last if self._training.trainable == "output" else 0  # that learns
        w, g = (w.from_layer(self._first) for w in (self.weights, self.gradients))
        states = [state.from_layer(self._first) for state in self._states]
        self._carried = states if self._optimizer.linear else []
        scratch = np.empty_like(w)
        self._rates = self._peaks.copy()  # of the next update
        self._step = partial(
            self._optimizer.step,
            w,
            g,
            states,
            self._rates,
            scratch=scratch,
            **self._training.optimizer.arguments,
        )
        self._gain = self._rates if self._optimizer.linear else np.ones_like(self._rates)
        self._between = list(self._between_gradient_and_rule(w, g, scratch))
        # Clipping must see the gradient itself. Else the gain comes with it, where it is free.
        self._scale = np.empty_like(self._rates[:, :, None])  # (R, 1, 1)
        self._set_scale()

    def _between_gradient_and_rule(
        self, w: np.ndarray, g: np.ndarray, scratch: np.ndarray
    ) -> Iterator[Callable[[], None]]:
        training = self._training
        if training.clipping is not None:
            yield partial(steps.clip, g, training.clipping, self._gain, scratch)
        if training.weight_decay:
            decay = training.weight_decay * self.weights.decays[-w.shape[1] :].astype(w.dtype)
            if self._optimizer.decoupled:
                yield partial(steps.shrink, w, decay, self._rates, scratch)
            else:
                yield partial(steps.penalise, w, g, decay, self._gain, scratch)

    def _set_scale(self) -> None:
        gain = self._gain if self._training.clipping is None else np.ones_like(self._gain)
        np.divide(gain[:, :, None], self._training.batch_size, out=self._scale)

    def _follow_schedule(self) -> None:
        now = min(self._updates, len(self._course) - 1)
        np.multiply(self._peaks, self._course[now], out=self._rates)
        self._set_scale()
        if now == self._updates:
            steps.carry(self._carried, self._changes[now])

    def update(
        self, stack_of: Callable[[int], Stack], inputs: np.ndarray, targets: np.ndarray
    ) -> None:
        """Make one update.

        Args:
            stack_of: returns the stack of the weights' layers for so many examples.
            inputs: (G, D + 1, B).
            targets: (G, C, B).

        """
        if self._course is not None:
            self._follow_schedule()
        batch = inputs.shape[-1]
        if self._piece is None or batch <= self._piece:
            self._pass(stack_of(batch), inputs, targets)
        else:
            self._pass_in_pieces(stack_of, inputs, targets, self._piece)
        for step in self._between:
            step()
        self._updates += 1
        self._step(update=self._updates)

    def _pass(self, stack: Stack, inputs: np.ndarray, targets: np.ndarray) -> None:
        """Leave the gradient of some examples."""
        stack.forward(inputs)
        stack.backward(inputs, targets, self.gradients, self._scale, self._first)

    def _pass_in_pieces(
        self, stack_of: Callable[[int], Stack], inputs: np.ndarray, targets: np.ndarray, size: int
    ) -> None:
        """Leave the sum of the gradients of so many examples at a time."""
        found, total = self.gradients.values, np.zeros_like(self.gradients.values)
        for begin in range(0, inputs.shape[-1], size):
            some = inputs[:, :, begin : begin + size]
            self._pass(stack_of(some.shape[-1]), some, targets[:, :, begin : begin + size])
            np.add(total, found, total)
        np.copyto(found, total)

    def keep(self, runs: np.ndarray) -> None:
        """Go on with some of the networks alone.

        Args:
            runs: booleans (R,).

        """
        self.weights, self.gradients = self.weights.of_runs(runs), self.gradients.of_runs(runs)
        self._states = [state.of_runs(runs) for state in self._states]
        self._peaks = self._peaks[runs]
        self._prepare()


def _changes(course: np.ndarray) -> np.ndarray:
    """Return each factor by the one before, (U,): 1 at first, and after a 0."""
    changes = np.ones_like(course)
    np.divide(course[1:], course[:-1], out=changes[1:], where=course[:-1] > 0)
    return changes
