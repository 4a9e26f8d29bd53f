"""What is checked of an activation: shapes, finite values, no state, and its gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.nn.activations import Activation
from experiments.nn.initializers import INITIALIZERS
from experiments.parameters import Choice
from experiments.streams import generator

UNITS, EXAMPLES = 5, 40
FAR = 30.0  # pre-activations that training meets
STEP = 1e-6
CLOSE = 1e-4  # of a slope and its finite difference; kinks are missed by points drawn at random


def wrong(row: Activation) -> Iterator[str]:
    """Yield what is wrong with an activation at the defaults of its parameters."""
    if row.init not in INITIALIZERS:
        yield f"init is {row.init!r}, which is no initializer"
    if (row.derivative is None) == (row.pullback is None):
        yield "needs a derivative or, if it mixes units, a pullback; and not both"
        return
    arguments = Choice.of(row.name, {row.name: row}).arguments
    rng = generator("plugin", 0, "activation")
    z = rng.uniform(-3, 3, (2, UNITS, EXAMPLES))
    z[1] *= FAR / 3
    for dtype in (np.float64, np.float32):
        messages = list(_wrong_values(row, z.astype(dtype), arguments))
        yield from messages
        if messages:
            return
    if not row.surrogate:
        yield from _wrong_slope(row, z, arguments)
    if not np.isfinite(row.negative_slope(**arguments)):
        yield "negative_slope is not a finite number"


def _function(row: Activation, z: np.ndarray, arguments: dict) -> np.ndarray:
    return row.function(z, np.full_like(z, np.nan), **arguments)


def _backward(row: Activation, z: np.ndarray, a: np.ndarray, up: np.ndarray, arguments: dict):
    return row.backward(z, a, up.copy(), np.full_like(z, np.nan), **arguments)


def _wrong_values(row: Activation, z: np.ndarray, arguments: dict) -> Iterator[str]:
    """Yield what the function and its derivative do that they must not."""
    kept, out = z.copy(), np.full_like(z, np.nan)
    a = row.function(z, out, **arguments)
    if a is not out:
        yield "function does not return out, which it has to fill"
        return
    if out.shape != z.shape or not np.isfinite(out).all():
        yield f"function gives {_first_wrong(z, out)}, which is not finite ({z.dtype})"
        return
    up = np.ones_like(z)
    back = _backward(row, z, a.copy(), up, arguments)
    if np.shape(back) != z.shape or back.dtype != z.dtype:
        yield f"the derivative has shape {np.shape(back)} and type {np.asarray(back).dtype}; " \
              f"allowed: {z.shape} and {z.dtype}"  # fmt: skip
        return
    if not np.isfinite(back).all():
        yield f"the derivative gives {_first_wrong(z, back)}, which is not finite ({z.dtype})"
        return
    if not np.array_equal(z, kept):
        yield "changes its input z, which others read after it"
    given = a.copy()
    if row.derivative is not None:
        row.derivative(z, given, np.empty_like(z), **arguments)
    else:
        row.pullback(given, up.copy(), np.empty_like(z))
    if not np.array_equal(given, a) or not np.array_equal(z, kept):
        yield "the derivative changes z or a, which others read after it"
        return
    # Another input in between, so that what is kept from one call to the next would show.
    _function(row, -z[:, :, ::-1].copy(), arguments)
    if not np.array_equal(_function(row, kept, arguments), a) or not np.array_equal(
        _backward(row, kept, a.copy(), up, arguments), back
    ):
        yield "keeps a state: the same input gave another output the second time"
        return
    alone = _function(row, np.ascontiguousarray(kept[:, :, :1]), arguments)
    if not np.allclose(alone, a[:, :, :1], rtol=1e-5, atol=1e-6):
        yield "the output of an example depends on the other examples of its batch"
    one_run = _function(row, kept[1:].copy(), arguments)
    if not np.array_equal(one_run, a[1:]):
        yield "the output of a run depends on the other runs of its fleet"
    one_unit = _function(row, np.ascontiguousarray(kept[:, :1]), arguments)
    mixes = not np.allclose(one_unit, a[:, :1], rtol=1e-5, atol=1e-6)
    if mixes and row.pullback is None:
        yield "the output of a unit depends on other units; that takes a pullback"


def _first_wrong(z: np.ndarray, values: np.ndarray) -> str:
    place = tuple(np.argwhere(~np.isfinite(values))[0])
    return f"{values[place]} at z = {z[place]:.4g}"


def _wrong_slope(row: Activation, z: np.ndarray, arguments: dict) -> Iterator[str]:
    """Yield where the gradient is not that of finite differences, in double precision."""
    up = generator("plugin", 1, "upstream").uniform(0.5, 1.5, z.shape)
    slopes = _backward(row, z, _function(row, z, arguments), up, arguments)
    expected = np.empty_like(z)
    for unit in range(z.shape[1]):
        there, back = z.copy(), z.copy()
        there[:, unit] += STEP
        back[:, unit] -= STEP
        change = _function(row, there, arguments) - _function(row, back, arguments)
        expected[:, unit] = (up * change).sum(axis=1) / (2 * STEP)
    apart = np.abs(slopes - expected) > CLOSE * np.maximum(1, np.abs(expected))
    if apart.any():
        place = tuple(np.argwhere(apart)[0])
        shown, other = slopes[place], expected[place]
        if row.derivative is not None:
            shown, other = shown / up[place], other / up[place]
        yield (
            f"the derivative is {shown:.6g} at z = {z[place]:.4g}, where finite differences of the "
            f"function give {other:.6g}; if it is meant to stand in for the slope, say "
            "surrogate=True"
        )
