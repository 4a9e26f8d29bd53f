"""The layer of activation functions, each block of runs with its own, and what they may learn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from experiments.nn.activations import ACTIVATIONS, Activation
from experiments.nn.layers.record import Calls, Layer, Place, Site, over_examples
from experiments.nn.weights import Part


def functions(site: Site) -> Iterator[tuple[slice, str, dict[str, Any]]]:
    """Yield the runs of each block, its function's name and arguments, learned ones as they are.

    They go with `site.by_plane`: what is learned is an array, (R, H, 1) or (R, 1, P, 1).
    """
    for runs, choice in site.blocks:
        learned, arguments = ACTIVATIONS[choice.name].learned, choice.arguments
        if learned:
            arguments[learned] = site.of_planes(site.weights[learned])[runs]
        yield runs, choice.name, arguments


def _forward(site: Site) -> Calls:
    x, y = site.by_plane(site.x), site.by_plane(site.y)
    return [
        partial(ACTIVATIONS[name].function, x[runs], y[runs], **arguments)
        for runs, name, arguments in functions(site)
    ]


def _backward(site: Site) -> Calls:
    calls: Calls = []
    all_runs = [site.by_plane(array) for array in (site.x, site.y, site.dy, site.scratch)]
    for runs, name, arguments in functions(site):
        row = ACTIVATIONS[name]
        arrays = [array[runs] for array in all_runs]
        if row.learned:
            z, _, upstream, scratch = arrays
            gradient = site.gradients[row.learned][runs]
            calls.append(partial(_by_learned, row, z, upstream, scratch, gradient))
        calls.append(partial(row.backward, *arrays, **arguments))
    return calls


def _by_learned(
    row: Activation,
    z: np.ndarray,
    upstream: np.ndarray,
    scratch: np.ndarray,
    gradient: np.ndarray,
) -> None:
    """Write the gradient with respect to a learned parameter, one of each plane: (R, P, 1)."""
    np.multiply(row.by_learned(z, scratch), upstream, scratch)
    over_examples(scratch, gradient)


def _learned(place: Place) -> tuple[Part, ...]:
    name = ACTIVATIONS[place.function.name].learned
    if not name:
        return ()
    start = place.function.arguments[name]
    return (Part(place.number, name, (place.writes.planes, 1), start=start),)


ACTIVATION = Layer(
    name="activation",
    label="activation",
    formula="a = f(z), a row of the activations; what it learns starts at its parameter",
    source="that of the row",
    forward=_forward,
    backward=_backward,
    learned=_learned,
    in_place=True,
    update=60.0,
    evaluation=30.0,
)
