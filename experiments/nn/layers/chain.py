"""The layers of a network one after another, what they learn and what they keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers.activation import ACTIVATION
from experiments.nn.layers.convolution import CONVOLUTION
from experiments.nn.layers.dense import DENSE
from experiments.nn.layers.dropout import DROPOUT
from experiments.nn.layers.normalisation import NORMALISATIONS
from experiments.nn.layers.pooling import FLATTEN, POOLINGS
from experiments.nn.layers.record import Layer, Place
from experiments.nn.weights import Part
from experiments.parameters import Choice
from experiments.records import DataShape, Image, Network, Run
from experiments.streams import generator

LISTED: dict[str, Layer] = {row.name: row for row in (CONVOLUTION, *POOLINGS, FLATTEN, DENSE)}
"""The rows that `network.layers` may name."""

NUMBERS = ("filters", "units", "size")
"""Their parameters that are written as bare numbers, in this order."""


def text_of(layer: Choice) -> str:
    """Return a layer as `network.layers` has it: `conv 32 5x5 stride 2 valid`."""
    parameters, given = LISTED[layer.name].parameters, layer.arguments
    words = [layer.name]
    for key in (key for key in parameters if key in NUMBERS):
        words.append(f"{given[key]}x{given[key]}" if words[1:] else str(given[key]))
    for key in (key for key in parameters if key not in NUMBERS):
        if given[key] != parameters[key].default:
            words.append(f"{key} {given[key]}" if isinstance(given[key], int) else given[key])
    return " ".join(words)


def widths_of(layers: Sequence[Choice]) -> tuple[int, ...]:
    """Return the units, or filters, of those layers that have weights."""
    given = (layer.arguments for layer in layers if LISTED[layer.name].learn is not None)
    return tuple(next(how[key] for key in NUMBERS if key in how) for how in given)


def chain(network: Network, shape: DataShape) -> tuple[Place, ...]:
    """Return the layers of a network in their order.

    A hidden layer is a product, its normalisation, its activation and dropout; the output is a
    product and its activation.

    Args:
        network: the architecture.
        shape: of the data.

    """
    places: list[Place] = []
    normalisation = NORMALISATIONS.get(network.normalisation)
    bias = normalisation is None or not normalisation.cancels_bias
    image, functions, number = shape.image or Image(shape.features), iter(network.activations), -1
    for choice in network.layers or [_dense(width) for width in network.widths]:
        row, how = LISTED[choice.name], choice.arguments
        made = row.makes(image, **how)
        if row is FLATTEN:
            pass  # units lie one after another in memory, whatever their shape
        elif row.learn is None:
            places.append(Place(row, number, image, made, how=how))
        else:
            number += 1
            places.append(Place(row, number, image, made, bias=bias, how=how))
            if normalisation is not None:
                places.append(Place(normalisation, number, made, made))
            places.append(Place(ACTIVATION, number, made, made, next(functions)))
            if network.dropout > 0:
                places.append(Place(DROPOUT, number, made, made, dropped=network.dropout))
        image = made
    made, number = Image(shape.outputs), number + 1
    output = Choice.of(network.output, ACTIVATIONS)
    return (
        *places,
        Place(DENSE, number, image, made),
        Place(ACTIVATION, number, made, made, output),
    )


def _dense(units: int) -> Choice:
    return Choice.of(DENSE.name, LISTED, units=units)


def products(places: Sequence[Place]) -> list[Place]:
    """Return those layers of a chain that are products, one for each number."""
    return [place for place in places if place.row.learn is not None]


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
                name: np.full((len(runs), place.writes.planes, 1), start, dtype)
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
