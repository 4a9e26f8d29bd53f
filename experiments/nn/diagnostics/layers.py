"""Diagnostics of the layers: what reaches them, what they pass on, and how far they moved."""

from __future__ import annotations

import numpy as np

from experiments.nn.diagnostics import theory
from experiments.nn.diagnostics.record import Diagnostic, View
from experiments.nn.diagnostics.slopes import peak_slope
from experiments.nn.layers.record import over_examples

SATURATED = 0.05
"""A unit is saturated where its slope is below this share of the function's steepest."""

CONSTANT = 1e-12
"""A number is constant where its variance is below this share of its mean square."""


def _over_examples(values: np.ndarray) -> np.ndarray:
    """Sum (R, H, B) over examples, then over units: (R,)."""
    return values.sum(axis=-1).sum(axis=-1)


def _size(view: View, layer: int) -> int:
    return view.stack.outputs[layer].shape[1]


def _mean_square_gradient(view: View, layer: int) -> np.ndarray:
    return _over_examples(np.square(view.deltas(layer))) / _size(view, layer)


def _weight_gradient(view: View, layer: int) -> np.ndarray:
    examples = view.inputs.shape[-1]
    return view.gradients[layer][:, :, :-1].astype(np.float64) * examples  # (R, H, D)


def _root_mean_square(total: np.ndarray, count: int) -> np.ndarray:
    squares = np.square(total / count)
    return np.sqrt(squares.mean(axis=-1).mean(axis=-1))


def _moments(view: View, layer: int) -> np.ndarray:
    a = view.outputs(layer)
    sums = [_over_examples(a), _over_examples(np.square(a))]
    return np.stack(sums, axis=-1) / _size(view, layer)  # (R, 2)


def _deviation(total: np.ndarray, count: int) -> np.ndarray:
    mean, square = (total / count).T
    return np.sqrt(np.maximum(square - np.square(mean), 0))


def _zeros(view: View, layer: int) -> np.ndarray:
    return _over_examples(view.stack.outputs[layer] == 0) / _size(view, layer)


def _saturated(view: View, layer: int) -> np.ndarray:
    slopes = np.abs(view.slopes(layer))
    least = SATURATED * view.of_activations(peak_slope, layer)[:, None, None]
    share = _over_examples(slopes < least) / _size(view, layer)
    # Nothing is saturated, or is not, by a slope that has no largest value or is none of one unit.
    return np.where(np.isfinite(least[:, 0, 0]), share, np.nan)


def _not_zero(view: View, layer: int) -> np.ndarray:
    return _by_plane(view, layer, view.stack.outputs[layer] != 0)


def _with_gradient(view: View, layer: int) -> np.ndarray:
    return _by_plane(view, layer, view.stack.deltas[layer] != 0)


def _by_plane(view: View, layer: int, true: np.ndarray) -> np.ndarray:
    """Count for each unit, or each plane of an image, (R, P): a plane is one filter's outputs."""
    return over_examples(view.stack.by_plane(layer, true))[:, :, 0]


def _share_of_none(total: np.ndarray, count: int) -> np.ndarray:
    return (total == 0).mean(axis=-1)


def _movement(view: View, layer: int) -> np.ndarray:
    def norm(weights: np.ndarray) -> np.ndarray:
        return np.sqrt(np.square(weights.astype(np.float64)).sum(axis=-1).sum(axis=-1))

    now, start = view.stack.weights[layer], view.start[layer]
    return norm(now.astype(np.float64) - start) / norm(start)


def _gradient_and_error(view: View, layer: int) -> np.ndarray:
    a = view.by_seed(view.outputs(-1))
    error = np.sqrt(np.square(a - view.targets).sum(axis=-2))  # (V, G, B)
    error = error.reshape(len(view.runs), -1)
    gradient = np.sqrt(np.square(view.deltas(layer)).sum(axis=-2))  # (R, B)
    products = (error, gradient, error * error, gradient * gradient, error * gradient)
    return np.stack([product.sum(axis=-1) for product in products], axis=-1)  # (R, 5)


def _correlation(total: np.ndarray, count: int) -> np.ndarray:
    x, y, xx, yy, xy = (total / count).T
    # What is the same for every example correlates with nothing; its variance is rounding alone.
    varies = (xx - x * x > CONSTANT * xx) & (yy - y * y > CONSTANT * yy)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(varies, (xy - x * y) / np.sqrt((xx - x * x) * (yy - y * y)), np.nan)


def _not_zero_by_layer(view: View, _: int) -> np.ndarray:
    counts = [_over_examples(a != 0) for a in view.stack.outputs[:-1]]
    return np.stack(counts, axis=-1) if counts else np.ones((len(view.runs), 1))  # (R, L)


def _dead_outputs(view: View, _: int) -> np.ndarray:
    return _not_zero(view, -1)


ROWS = (
    Diagnostic(
        name="gradient",
        label="gradient",
        formula="root mean square of dLoss/dz over the units of a layer and the examples",
        source="Glorot & Bengio 2010, section 4.2.2",
        gather=_mean_square_gradient,
        finish=lambda total, count: np.sqrt(total / count),
        where="layers",
        theory=theory.GRADIENT,
    ),
    Diagnostic(
        name="weight_gradient",
        label="gradient of the weights",
        formula="root mean square of d(mean loss)/dw over the weights of a layer, biases left out",
        source="Glorot & Bengio 2010, section 4.2.2",
        gather=_weight_gradient,
        finish=_root_mean_square,
        where="layers",
    ),
    Diagnostic(
        name="activation_mean",
        label="mean activation",
        formula="mean of a over the units of a layer and the examples",
        source="Glorot & Bengio 2010, section 3.1",
        gather=lambda view, layer: _moments(view, layer)[:, 0],
        finish=lambda total, count: total / count,
        where="layers",
    ),
    Diagnostic(
        name="activation_std",
        label="deviation of the activations",
        formula="standard deviation of a over the units of a layer and the examples together",
        source="Glorot & Bengio 2010, section 3.1",
        gather=_moments,
        finish=_deviation,
        where="layers",
    ),
    Diagnostic(
        name="zeros",
        label="share of exact zeros",
        formula="share of a = 0 over the units of a layer and the examples",
        source="Glorot, Bordes & Bengio 2011, section 2.2",
        gather=_zeros,
        finish=lambda total, count: total / count,
        theory=theory.ZEROS,
    ),
    Diagnostic(
        name="saturated",
        label="share of saturated units",
        formula=f"share of |f'(z)| < {SATURATED} max |f'| over the units and the examples",
        source="Glorot & Bengio 2010, section 3; Rakitianskaia & Engelbrecht 2015",
        gather=_saturated,
        finish=lambda total, count: total / count,
    ),
    Diagnostic(
        name="dead_units",
        label="share of dead units",
        formula="share of the units of a layer with a = 0 for every training example; of a "
        "convolution, share of the filters with a = 0 everywhere",
        source="Lu, Shin, Su & Karniadakis 2019, section 1",
        gather=_not_zero,
        finish=_share_of_none,
    ),
    Diagnostic(
        name="zero_gradient_units",
        label="share of units without gradient",
        formula="share of the units of a layer, or of a convolution's filters, with dLoss/dz = 0 "
        "for every training example, in the run's precision",
        source="Maas, Hannun & Ng 2013, section 2",
        gather=_with_gradient,
        finish=_share_of_none,
    ),
    Diagnostic(
        name="weight_movement",
        label="movement of the weights",
        formula="|w - w at the start| / |w at the start|, Euclidean norms over a layer, biases "
        "included",
        source="Frankle, Schwab & Morcos 2020, section 4",
        gather=_movement,
        where="layers",
        split="none",
    ),
    Diagnostic(
        name="error_correlation",
        label="correlation of gradient and error",
        formula="correlation over the examples of |dLoss/dz| of a layer with |a - y| of the output",
        source="Pearson 1895",
        gather=_gradient_and_error,
        finish=_correlation,
        where="layers",
    ),
    Diagnostic(
        name="cut_off",
        label="share of nets whose output is cut off",
        formula="whether some hidden layer is zero for every unit and every training example",
        source="Lu, Shin, Su & Karniadakis 2019, section 3",
        gather=_not_zero_by_layer,
        finish=lambda total, _: (total == 0).any(axis=-1).astype(float),
        where="network",
        aggregate="share",
        theory=theory.CUT_OFF,
    ),
    Diagnostic(
        name="dead_outputs",
        label="share of dead output units",
        formula="share of the output units with a = 0 for every training example",
        source="Lu, Shin, Su & Karniadakis 2019, section 1",
        gather=_dead_outputs,
        finish=_share_of_none,
        where="network",
    ),
)
