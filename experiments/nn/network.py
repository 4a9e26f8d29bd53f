"""The forward and backward pass of a stack of networks of equal shape.

A network is a chain of layers, rows of the table of layers. This file owns the arrays between them
and the order of their calls; what a layer does with its arrays is its row's.

Layout: features before examples. What a product reads is (R, D + 1, B), its last row constant 1,
and its weights are (R, H, D + 1), their last column the bias, so that one matrix product makes the
outputs and one makes the gradient of weights and bias together. Element-wise work then
runs over rows of B examples; with the features last it would run over as few as two numbers.

Runs are ordered variant by variant: run r = v * G + g is variant v at the fleet's g-th seed. All
variants of a seed read the same inputs, which broadcast over v and are never copied. Each run's
products are matrix products of its own, whose sizes and strides do not depend on the fleet: that
is why a run's bits do not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from experiments.nn.layers.activation import functions
from experiments.nn.layers.chain import States
from experiments.nn.layers.record import Block, Calls, Place, Site
from experiments.nn.losses import loss_of
from experiments.nn.weights import Weights


class Stack:
    """Weights of R networks and the buffers of their passes over batches of one size.

    Views and calls are prepared once: for small nets, making them takes as long as the arithmetic.

    Args:
        weights: read, and changed only by the caller.
        places: the layers of each of the networks, in their order.
        blocks: which runs have which hidden activations; together they cover all runs.
        seeds: G; R must be a multiple of it.
        batch: B.
        regression: whether the loss is that of a regression.
        states: what the layers keep, if they keep anything; changed by the passes of training.
        training: whether the passes are those of an update, or the network is evaluated.

    """

    def __init__(
        self,
        weights: Weights,
        places: Sequence[Place],
        blocks: Sequence[Block],
        seeds: int,
        batch: int,
        *,
        regression: bool = False,
        states: States | None = None,
        training: bool = False,
    ) -> None:
        self.weights = weights.layers
        self.blocks = tuple(blocks)
        self.seeds = seeds
        self._loss = loss_of(places[-1].function.name, regression)
        self._gradients: Weights | None = None  # those that backward passes are prepared for
        runs, dtype = weights.values.shape[0], weights.values.dtype
        there = [place for place in places if training or place.row.evaluates]
        # A product and what follows it, up to the next one: what is called a layer elsewhere.
        self._layers: list[list[Site]] = []
        x = None
        for _, group in groupby(there, lambda place: place.number):
            own = list(group)
            sites: list[Site] = []
            for place in own:
                # The last one's outputs, and the row of ones that the next product reads.
                with_one = np.ones((runs, place.units + (place is own[-1]), batch), dtype)
                y = with_one[:, : place.units]
                site = Site(
                    place, training, seeds, self._functions(place), {},
                    states.arrays(place) if states else {},
                    states.generators(place) if states else [],
                    x, y,
                )  # fmt: skip
                site.weights = site.own(weights)
                sites.append(site)
                x = y
            x = with_one
            self._layers.append(sites)
        self._activations = [
            next(site for site in sites if site.place.function is not None)
            for sites in self._layers
        ]  # of each layer
        self._z = [site.x for site in self._activations]  # pre-activations, (R, H, B)
        self._a = [site.y for site in self._activations]  # outputs, (R, H, B)
        self._delta: list[np.ndarray] = []  # gradients of the loss for pre-activations, (R, H, B)
        self._last_z, self._last_a = self._by_seed(self._z[-1]), self._by_seed(self._a[-1])
        calls = [call for sites in self._layers for s in sites for call in s.place.row.forward(s)]
        self._forward_first, self._forward = calls[0], calls[1:]

    def _functions(self, place: Place) -> list[tuple[slice, Any]]:
        """Return which runs have which activation at a place; of the output, all have one."""
        hidden = place.number < len(self.weights) - 1
        if hidden:
            return [(block.runs, block.of_layer(place.number)) for block in self.blocks]
        return [(slice(None), place.function)]

    def _prepare_backward(self, gradients: Weights) -> None:
        """Make what only a backward pass needs: networks that are evaluated do without.

        Gradients with respect to what a layer reads overwrite those with respect to what it writes
        where its row works in place.
        """
        self._gradients = gradients
        largest = max(site.y.size for sites in self._layers for site in sites)
        scratch = np.empty(largest, self._z[0].dtype)  # for a layer at a time
        learn: list[Calls] = []  # of each layer: what writes the gradient of its product
        below: list[Calls] = []  # what leads from its product to the outputs of the layer below
        inside: list[Calls] = []  # what leads from its outputs to its product
        dy_below: np.ndarray | None = None
        for sites in self._layers:
            for site in sites:
                site.dx = dy_below
                in_place = site.place.row.in_place
                site.dy = dy_below if in_place else np.empty(site.y.shape, scratch.dtype)
                dy_below = site.dy
            for site in sites:
                site.gradients = site.own(gradients)
                site.scratch = scratch[: site.y.size].reshape(site.y.shape)
            first = sites[0]
            learn.append(first.place.row.learn(first))
            below.append(first.place.row.backward(first) if first.x is not None else [])
            inside.append([call for s in sites[:0:-1] for call in s.place.row.backward(s)])
        # A loss with a link has a gradient for pre-activations already.
        self._through_output = [] if self._loss.link else inside[-1]
        self._learned_by_output = (
            [] if self._loss.link else [*self._activations[-1].gradients.values()]
        )
        self._learn = learn
        self._descend = [[]] + [
            [*learn[layer], *below[layer], *inside[layer - 1]] for layer in range(1, len(learn))
        ]
        self._delta = [site.dx for site in self._activations]
        self._last_delta = self._by_seed(self._delta[-1])

    @property
    def pre_activations(self) -> list[np.ndarray]:
        """What the activations read in the last forward pass, for each layer (R, H, B).

        With normalisation that is what it made of the product.
        """
        return self._z

    @property
    def outputs(self) -> list[np.ndarray]:
        """What the activations wrote in the last forward pass, for each layer (R, H, B)."""
        return self._a

    @property
    def deltas(self) -> list[np.ndarray]:
        """The gradients of the last backward pass with respect to pre-activations, (R, H, B)."""
        return self._delta

    def functions(self, layer: int) -> Iterator[tuple[slice, str, dict[str, Any]]]:
        """Yield the runs of each block, its activation's name and arguments, in a layer from 0.

        They go with what `by_plane` returns: what is learned is an array, as it is now.
        """
        return functions(self._activations[layer])

    def by_plane(self, layer: int, array: np.ndarray) -> np.ndarray:
        """View an array of a layer's outputs, (R, H, B), as the layer's activation sees it."""
        return self._activations[layer].by_plane(array)

    def _by_seed(self, array: np.ndarray) -> np.ndarray:
        """View a stacked array (R, ...) as (V, G, ...)."""
        return array.reshape(-1, self.seeds, *array.shape[1:])

    def forward(self, inputs: np.ndarray) -> None:
        """Fill the pre-activations and outputs of all layers.

        Where the stack trains, layers draw what they draw, and what they keep goes on.

        Args:
            inputs: (G, D + 1, B), the last row 1.

        """
        self._forward_first(inputs)
        for call in self._forward:
            call()

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
        gradients: Weights,
        scale: np.ndarray | float,
        first: int = 0,
    ) -> None:
        """Write the gradient of each network's summed loss, times a factor, for its weights.

        Args:
            inputs: (G, D + 1, B), as given to `forward`.
            targets: one-hot, (G, C, B).
            gradients: to be filled. Calls are prepared for those that were given last.
            scale: the factor, one or for each run (R, 1, 1): 1 / B for the mean loss. It costs
                nothing here, where only the outputs are multiplied by it.
            first: the lowest layer whose gradient is wanted; those below stay as they are.

        """
        if gradients is not self._gradients:
            self._prepare_backward(gradients)
        self._loss.gradient(self._last_a, targets, self._last_delta)
        for call in self._through_output:
            call()
        np.multiply(self._delta[-1], scale, self._delta[-1])
        for gradient in self._learned_by_output:
            np.multiply(gradient, scale, gradient)
        for layer in range(len(self._layers) - 1, first, -1):
            for call in self._descend[layer]:
                call()
        calls = self._learn[first]
        if first == 0:
            calls[0](inputs)
            calls = calls[1:]
        for call in calls:
            call()
