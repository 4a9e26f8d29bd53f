"""Diagnostics of the activation functions themselves, which no data or training can change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from experiments.nn.activations import ACTIVATIONS, apply
from experiments.nn.diagnostics.record import Diagnostic
from experiments.nn.diagnostics.slopes import FAR, grid, peak_slope, slopes, values
from experiments.parameters import Choice

_FAR = np.array([-FAR, FAR])
_LOGITS = np.linspace(-4, 4, 7)[:, None] * np.linspace(-1, 1, 11)  # (units, examples)


def _reached(f: Choice) -> np.ndarray:
    """Return what the function takes on, of single units or of several together."""
    if ACTIVATIONS[f.name].derivative is None:
        return apply(f, _LOGITS)
    return np.concatenate([values(f, grid()), values(f, _FAR)])


def _lowest(f: Choice) -> float:
    return float(_reached(f).min())


def _highest(f: Choice) -> float:
    return float(_reached(f).max())


def _mean_output(f: Choice) -> float:
    z = grid()
    density = np.exp(-np.square(z) / 2)
    return float((values(f, z) * density).sum() / density.sum())


def _slope_at(z: float) -> Callable[[Choice], float]:
    return lambda f: float(np.abs(slopes(f, np.array([-z, z], float))).max())


def _half_slope_at(f: Choice) -> float:
    z = grid()
    right = z > 0
    steep = np.abs(slopes(f, z[right])) - peak_slope(f) / 2
    # From above to below, or from below to above where the slope rises first.
    passed = np.flatnonzero((steep > 0) != (steep[0] > 0))
    if not len(passed) or not steep.any():
        return float("nan")
    two = slice(passed[0] - 1, passed[0] + 1)
    rising = np.argsort(steep[two])
    return float(np.interp(0, steep[two][rising], z[right][two][rising]))


def _slope_spread(f: Choice) -> float:
    if np.isinf(peak_slope(f)):
        return float("inf")
    steep = slopes(f, grid())
    return float(steep.max() - steep.min())


def _slope_error(f: Choice) -> float:
    z, step = grid(), 1e-6
    smooth = np.abs(z) > 2 * step  # slopes may jump at 0
    numeric = (values(f, z + step) - values(f, z - step)) / (2 * step)
    return float(np.abs(numeric - slopes(f, z))[smooth].max())


def _tanh_identity(f: Choice) -> float:
    sigmoid = 1 / (1 + np.exp(-2 * grid()))
    return float(np.abs(values(f, grid()) - (2 * sigmoid - 1)).max())


def _unit_sum(f: Choice) -> float:
    return float(np.abs(apply(f, _LOGITS).sum(axis=0) - 1).max())


def _shift(f: Choice) -> float:
    return float(np.abs(apply(f, _LOGITS + 100) - apply(f, _LOGITS)).max())


def _cross_entropy_gradient(f: Choice) -> float:
    a = apply(f, _LOGITS)
    y = np.zeros_like(a)
    y[0] = 1
    with np.errstate(divide="ignore", invalid="ignore"):
        upstream, scratch = -y / a, np.empty_like(a)
        gradient = ACTIVATIONS[f.name].backward(_LOGITS, a, upstream, scratch, **f.arguments)
    return float(np.abs(gradient - (a - y)).max())


def _row(
    name: str, label: str, formula: str, value: Callable[[Choice], float], source: str = ""
) -> Diagnostic:
    return Diagnostic(
        name, label, formula, source or "its definition, in double precision",
        gather=lambda view, _: view.of_activations(value),
        where="network", split="none", aggregate="exact",
    )  # fmt: skip


_WHERE = "for z from -1000 to 1000; of softmax, for several units from -4 to 4"

ROWS = (
    _row("lowest_value", "lowest value", f"min f(z) {_WHERE}", _lowest),
    _row("highest_value", "highest value", f"max f(z) {_WHERE}", _highest),
    _row(
        "mean_output", "mean output", "E f(z) for z from N(0, 1)", _mean_output,
        "LeCun, Bottou, Orr & Müller 1998, section 4.3",
    ),
    _row("peak_slope", "steepest slope", "max |f'(z)|", peak_slope),
    _row("slope_at_2", "slope at 2", "the larger of |f'(-2)| and |f'(2)|", _slope_at(2.0)),
    _row("tail_slope", "slope at 6", "the larger of |f'(-6)| and |f'(6)|", _slope_at(6.0)),
    _row(
        "half_slope_at", "input at which the slope is half its peak",
        "least z > 0 with |f'(z)| = max / 2",
        _half_slope_at,
    ),
    _row("slope_spread", "spread of the slope", "max f'(z) - min f'(z)", _slope_spread),
    _row(
        "slope_error", "error of the derivative",
        "max |f'(z) - (f(z + h) - f(z - h)) / 2h| with h = 1e-6, away from 0", _slope_error,
    ),
    _row(
        "tanh_identity", "distance from 2 sigmoid(2z) - 1", "max |f(z) - (2 sigmoid(2z) - 1)|",
        _tanh_identity, "Bishop 2006, equation 5.59",
    ),
    _row("unit_sum_error", "distance of the sum from 1", "max |sum_i f_i(z) - 1|", _unit_sum),
    _row("shift_error", "change under a shift", "max |f(z + 100) - f(z)|", _shift),
    _row(
        "cross_entropy_error", "distance of the gradient from p - y",
        "max |gradient of -log f_0(z) - (f(z) - y)|", _cross_entropy_gradient,
        "Bridle 1990; Bishop 2006, equation 4.109",
    ),
)  # fmt: skip
