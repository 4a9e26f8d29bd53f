"""A run's network in training, as a fleet of one trains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial

import numpy as np

from counterparts.seen import Arrays, Seen
from experiments.nn.layers.chain import States, at_the_start, parts_of
from experiments.nn.layers.record import Block, Place
from experiments.nn.learning import Learner
from experiments.nn.losses import smooth
from experiments.nn.network import Stack
from experiments.nn.pieces import piece
from experiments.nn.weights import Weights
from experiments.records import Run


class _Replay:
    """Stands in for a stream of random numbers: draws make dropout leave out what a mask does."""

    mask: np.ndarray  # (H, B), of the examples that are still to pass

    def random(self, dtype: type, out: np.ndarray) -> None:
        """Draw 0 where the mask is 0, and otherwise 1, which no share left out reaches."""
        now, self.mask = np.split(self.mask, [out.shape[-1]], axis=1)
        out[...] = now != 0


class _States(States):
    """What the layers of one network keep, with draws that are replayed."""

    def __init__(self, places: Sequence[Place], run: Run) -> None:
        super().__init__(places, [run], 1)
        self.replays = {place.number: _Replay() for place in places if place.row.random}

    def generators(self, place: Place) -> list[_Replay]:
        """Return what stands in for the streams of a layer."""
        return [self.replays[place.number]] if place.row.random else []


class Ours:
    """One run's network.

    Args:
        run: what is to be trained.
        places: the layers of its network.
        start: the weights of each product, (H, D + 1).
        updates: of the whole run.
        regression: whether its loss is that of a regression.

    """

    def __init__(
        self, run: Run, places: Sequence[Place], start: Sequence[np.ndarray], updates: int,
        *, regression: bool,
    ) -> None:  # fmt: skip
        training = run.training
        self._places = places
        started = at_the_start(self._places, start)
        weights = Weights.of([started], training.precision, parts_of(self._places))
        rates = [training.learning_rate]
        self._learner = Learner(weights, training, rates, updates, piece(places))
        self._states = _States(self._places, run)
        blocks = [Block(slice(0, 1), run.network.activation)]

        @cache
        def stack(batch: int, training: bool) -> Stack:
            return Stack(
                weights, places, blocks, 1, batch,
                regression=regression, states=self._states, training=training,
            )  # fmt: skip

        self._stack = stack
        self._first = len(start) - 1 if training.trainable == "output" else 0  # that learns
        self._smoothing = training.label_smoothing

    def look(self, inputs: np.ndarray, targets: np.ndarray, *, training: bool) -> Seen:
        """Pass a batch forward and backward.

        Args:
            inputs: (B, D).
            targets: (B, C), not smoothed yet.
            training: whether it is the pass of an update.

        """
        stack = self._stack(len(inputs), training)
        x, y = _with_ones(inputs), self._targets(targets, training)
        gradients = self._learner.weights.zeros()
        stack.forward(x)
        stack.backward(x, y, gradients, 1 / len(inputs), self._first)
        last = len(stack.outputs) - 1
        values = {(last, "loss"): stack.losses(y)[0]}
        values |= {(number, "z"): z[0].copy() for number, z in enumerate(stack.pre_activations)}
        values |= {(number, "a"): a[0].copy() for number, a in enumerate(stack.outputs)}
        passed = {(number, "z"): dz[0].copy() for number, dz in enumerate(stack.deltas)}
        found = passed | _parts(gradients)
        return Seen(values, {key: g for key, g in found.items() if key[0] >= self._first})

    def update(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        """Make one update; see `look` for the arguments."""
        self._learner.update(
            partial(self._stack, training=True), _with_ones(inputs), self._targets(targets, True)
        )

    def leave_out(self, masks: Mapping[int, np.ndarray]) -> None:
        """Give the masks (H, B) of the next pass, by the product's number."""
        for number, mask in masks.items():
            self._states.replays[number].mask = mask

    def learned(self) -> Arrays:
        """Return all that is learned, (H, X) each."""
        return _parts(self._learner.weights)

    def moments(self) -> Arrays:
        """Return the running moments, (H, 1)."""
        return {
            (place.number, name): array[0].copy()
            for place in self._places
            for name, array in self._states.arrays(place).items()
        }

    def _targets(self, targets: np.ndarray, training: bool) -> np.ndarray:
        found = targets.T[None].copy()  # (1, C, B)
        if training and self._smoothing:
            smooth(found, self._smoothing)
        return found


def _with_ones(inputs: np.ndarray) -> np.ndarray:
    return np.column_stack([inputs, np.ones(len(inputs))]).T[None]  # (1, D + 1, B)


def _parts(weights: Weights) -> Arrays:
    return {(p.layer, p.name): weights.part(p.layer, p.name)[0].copy() for p in weights.parts}
