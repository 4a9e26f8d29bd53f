"""The layers of a network one after another, what they learn and what they keep."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers.activation import ACTIVATION
from experiments.nn.layers.dense import DENSE
from experiments.nn.layers.dropout import DROPOUT
from experiments.nn.layers.normalisation import NORMALISATIONS
from experiments.nn.layers.record import Place
from experiments.nn.weights import Part
from experiments.parameters import Choice
from experiments.records import Network, Run
from experiments.streams import generator


def chain(network: Network, sizes: Sequence[int]) -> tuple[Place, ...]:
    """Return the layers of a network in their order.

    A hidden layer is a product, its normalisation, its activation and dropout; the output is a
    product and its activation.

    Args:
        network: the architecture.
        sizes: inputs, the width of each hidden layer, outputs.

    """
    places: list[Place] = []
    normalisation = NORMALISATIONS.get(network.normalisation)
    bias = normalisation is None or not normalisation.cancels_bias
    hidden = [*pairwise(sizes)][:-1]
    for number, (size, function) in enumerate(zip(hidden, network.activations, strict=True)):
        places.append(Place(DENSE, number, *size, bias=bias))
        if normalisation is not None:
            places.append(Place(normalisation, number, *size))
        places.append(Place(ACTIVATION, number, *size, function))
        if network.dropout > 0:
            places.append(Place(DROPOUT, number, *size, dropped=network.dropout))
    last, size = len(hidden), (sizes[-2], sizes[-1])
    output = Choice.of(network.output, ACTIVATIONS)
    return (*places, Place(DENSE, last, *size), Place(ACTIVATION, last, *size, output))


def parts_of(places: Sequence[Place]) -> tuple[Part, ...]:
    """Return all that a network learns, in the order in which it lies in memory."""
    return tuple(part for place in places for part in place.parts)


def at_the_start(places: Sequence[Place], drawn: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return what a network starts from, part by part: the weights that were drawn, and the rest.

    Args:
        places: its layers.
        drawn: for each product (H, D + 1).

    """
    weights = iter(drawn)
    return [
        next(weights) if part.start is None else np.full(part.shape, float(part.start))
        for part in parts_of(places)
    ]


class States:
    """What the layers of a fleet keep from update to update beside what they learn.

    Moments that follow the batches, an array (R, H, 1) of each run's own; and streams of random
    numbers, one of each seed for each layer that draws: all variants of a seed draw the same.

    Args:
        places: the layers of each of the fleet's networks.
        runs: of the fleet, variant by variant.
        seeds: G.

    """

    def __init__(self, places: Sequence[Place], runs: Sequence[Run], seeds: int) -> None:
        dtype = runs[0].training.precision
        self._arrays = {
            (place.row.name, place.number): {
                name: np.full((len(runs), place.units, 1), start, dtype)
                for name, start in place.row.states.items()
            }
            for place in places
        }
        self._generators = {
            (place.row.name, place.number): [
                generator(run.stream, run.seed, place.row.name, place.number)
                for run in runs[:seeds]
            ]
            for place in places
            if place.row.random
        }

    def arrays(self, place: Place) -> dict[str, np.ndarray]:
        """Return the arrays of a layer by name, which its updates change."""
        return self._arrays[place.row.name, place.number]

    def generators(self, place: Place) -> list[np.random.Generator]:
        """Return the streams of a layer, for each seed one; none if it does not draw."""
        return self._generators.get((place.row.name, place.number), [])

    def keep(self, runs: np.ndarray, seeds: np.ndarray) -> None:
        """Go on with some runs alone.

        Args:
            runs: booleans (R,).
            seeds: booleans (G,).

        """
        for arrays in self._arrays.values():
            for name, array in arrays.items():
                arrays[name] = array[runs]
        for place, streams in self._generators.items():
            kept = [stream for stream, wanted in zip(streams, seeds, strict=True) if wanted]
            self._generators[place] = kept
