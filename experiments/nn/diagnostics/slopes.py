"""Numbers of an activation function itself, read off a fine grid in double precision."""

from __future__ import annotations

from functools import cache

import numpy as np

from experiments.nn.activations import ACTIVATIONS, apply
from experiments.parameters import Choice

REACH = 10.0
"""The grid runs from -REACH to REACH; every function of the table has its features inside."""

FAR = 1000.0
"""Where a function that has a steepest slope has come to what it goes to."""


@cache
def grid() -> np.ndarray:
    """Return an even grid without 0, where the slope of some functions jumps, shape (Z,)."""
    half = (np.arange(20_000) + 0.5) * (REACH / 20_000)
    return np.concatenate([-half[::-1], half])


def values(activation: Choice, z: np.ndarray) -> np.ndarray:
    """Return f(z) of single units, shape (Z,); NaN for a function that mixes units."""
    if ACTIVATIONS[activation.name].derivative is None:
        return np.full_like(z, np.nan)
    return apply(activation, z[None, :])[0]


def slopes(activation: Choice, z: np.ndarray) -> np.ndarray:
    """Return f'(z) as it is used in training, shape (Z,); NaN for a function that mixes units."""
    row = ACTIVATIONS[activation.name]
    if row.derivative is None:
        return np.full_like(z, np.nan)
    a = values(activation, z)
    with np.errstate(over="ignore", under="ignore"):
        return row.derivative(z, a, np.empty_like(z), **activation.arguments)


@cache
def peak_slope(activation: Choice) -> float:
    """Return the supremum of |f'(z)|; NaN for a function that mixes units.

    It is infinite where slopes far outside the grid are larger than any within it.
    """
    inside = float(np.abs(slopes(activation, grid())).max())
    outside = float(np.abs(slopes(activation, np.array([-FAR, FAR]))).max())
    return np.inf if outside > 2 * inside else max(inside, outside)
