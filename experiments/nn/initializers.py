"""The table of initializers: to add one, add a row here.

Weights are a standard draw times the deviation that the row's formula gives and times the run's
scale, so that two runs of one seed start from the same draws whatever their activation,
initializer and scale; biases start at 0. Normal draws are what truncated and orthogonal ones are
made of, so that runs of these have their draws in common too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.unit_variance import scale_to_unit_variance
from experiments.parameters import Choice
from experiments.streams import generator

MATCHED = "matched"
"""The name that stands for the initializer of the activation's own family."""

CUT = 2.0
"""The most deviations that a truncated draw lies from 0 before it is rescaled."""

_KEPT = math.erf(CUT / math.sqrt(2))
_SHRUNK = np.sqrt(1 - 2 * CUT * np.exp(-(CUT**2) / 2) / np.sqrt(2 * np.pi) / _KEPT)
"""The deviation of a standard normal draw within CUT, 0.8796: Johnson, Kotz & Balakrishnan 1994,
section 13.10.1."""

Draw = Callable[[np.random.Generator, int, int], np.ndarray]


def _normal(rng: np.random.Generator, outputs: int, inputs: int) -> np.ndarray:
    return rng.standard_normal((outputs, inputs))


def _uniform(rng: np.random.Generator, outputs: int, inputs: int) -> np.ndarray:
    return rng.uniform(-np.sqrt(3), np.sqrt(3), (outputs, inputs))


def _truncated(rng: np.random.Generator, outputs: int, inputs: int) -> np.ndarray:
    from scipy.special import ndtr, ndtri  # slow to import, and few runs need it

    # Each normal draw moves to the same quantile of the truncated distribution.
    quantiles = ndtr(_normal(rng, outputs, inputs))
    return ndtri((1 - _KEPT) / 2 + quantiles * _KEPT) / _SHRUNK


def _orthogonal(rng: np.random.Generator, outputs: int, inputs: int) -> np.ndarray:
    """Draw a matrix whose rows, or columns if it has more rows, are orthogonal and equally long.

    It is distributed evenly over all such matrices: a QR decomposition of normal draws with a
    positive diagonal of R (Mezzadri 2007, section 5). Its mean square is 1.
    """
    draws = _normal(rng, outputs, inputs)
    q, r = np.linalg.qr(draws if outputs >= inputs else draws.T)
    q *= np.where(np.diag(r) < 0, -1, 1) * np.sqrt(max(outputs, inputs))
    return q if outputs >= inputs else q.T


@dataclass(frozen=True, slots=True)
class Initializer:
    """One initializer: the variance of a weight, and how weights are distributed.

    `variance(inputs, outputs, slope)` is the variance of each weight of a layer with that many
    inputs and outputs, whose activation has the derivative `slope` on the negative side.
    `draw(rng, outputs, inputs)` returns an array (H, D) of mean 0 and variance 1. One that is
    `by_data` has each layer scaled once more, so that some training examples give its
    pre-activations a variance of 1.
    """

    name: str
    label: str
    formula: str
    source: str
    variance: Callable[[int, int, float], float]
    draw: Draw = _normal
    by_data: bool = False
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew


def _he(inputs: int, outputs: int, slope: float) -> float:
    return 2 / ((1 + slope**2) * inputs)


def _glorot(inputs: int, outputs: int, slope: float) -> float:
    return 2 / (inputs + outputs)


def _lecun(inputs: int, outputs: int, slope: float) -> float:
    return 1 / inputs


def _fixed(inputs: int, outputs: int, slope: float) -> float:
    return 1.0


def _of_orthogonal(inputs: int, outputs: int, slope: float) -> float:
    return 1 / max(inputs, outputs)


def _of_orthogonal_with_gain(inputs: int, outputs: int, slope: float) -> float:
    return 2 / ((1 + slope**2) * max(inputs, outputs))


_FAMILIES = (
    ("he", "He", "2 / ((1 + slope^2) inputs)", "He, Zhang, Ren & Sun 2015, equation 15", _he),
    ("glorot", "Glorot", "2 / (inputs + outputs)", "Glorot & Bengio 2010, equation 16", _glorot),
    ("lecun", "LeCun", "1 / inputs", "LeCun, Bottou, Orr & Müller 1998, equation 16", _lecun),
    (
        "fixed",
        "fixed",
        "1, whatever the layer's sizes",
        "with an init_scale of 0.01: Krizhevsky, Sutskever & Hinton 2012, section 5",
        _fixed,
    ),
)

_SHAPES: tuple[tuple[str, str, Draw], ...] = (
    ("", "normal", _normal),
    ("uniform", "uniform", _uniform),
    ("truncated", f"normal within {CUT:g} deviations and rescaled", _truncated),
)

_ORTHOGONAL = (
    Initializer(
        "orthogonal",
        "orthogonal",
        "orthogonal rows or columns, variance 1 / max(inputs, outputs): a square layer keeps "
        "lengths",
        "Saxe, McClelland & Ganguli 2014, section 3",
        _of_orthogonal,
        _orthogonal,
    ),
    Initializer(
        "he_orthogonal",
        "He orthogonal",
        "orthogonal rows or columns, variance 2 / ((1 + slope^2) max(inputs, outputs))",
        "Saxe, McClelland & Ganguli 2014, section 3, with the gain of He, Zhang, Ren & Sun 2015",
        _of_orthogonal_with_gain,
        _orthogonal,
    ),
    Initializer(
        "lsuv",
        "LSUV",
        "orthogonal, then layer after layer scaled so that z has variance 1 over the layer's "
        "units and the first training examples",
        "Mishkin & Matas 2016, algorithm 1",
        _of_orthogonal,
        _orthogonal,
        by_data=True,
    ),
)

INITIALIZERS: dict[str, Initializer] = {
    row.name: row
    for row in (
        *(
            Initializer(
                f"{name}_{shape}".rstrip("_"), f"{label} {shape}".rstrip(),
                f"{words}, variance {formula}", source, variance, draw,
            )
            for name, label, formula, source, variance in _FAMILIES
            for shape, words, draw in _SHAPES
        ),
        *_ORTHOGONAL,
    )
}  # fmt: skip


def matched(activation: str) -> str:
    """Return the initializer that the activation's family is usually given."""
    return ACTIVATIONS[activation].init


def row_for(init: str, activation: Choice) -> Initializer:
    """Return the row of that name, or the one that `matched` stands for with an activation."""
    return INITIALIZERS[matched(activation.name) if init == MATCHED else init]


def drawn_for(activation: Choice | Sequence[Choice], layers: int) -> list[Choice]:
    """Return for each layer the activation that its weights are drawn for.

    A hidden layer's own; the output's weights are drawn as those of the layer below.

    Args:
        activation: of all hidden layers, or of each.
        layers: how many there are with the output.

    """
    own = [activation] * layers if isinstance(activation, Choice) else list(activation)
    return [*own[: layers - 1], own[-1]]


def draw_weights(
    init: str,
    activation: Choice | Sequence[Choice],
    sizes: Sequence[tuple[int, int, int]],
    stream: str,
    seed: int,
    scale: float = 1.0,
    inputs: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Draw the weights of one network, the bias as the last column of each layer.

    Args:
        init: a row of INITIALIZERS, or `matched` for that of each layer's own activation.
        activation: of all hidden layers, or of each; He's variance depends on its negative slope.
        sizes: of each product its inputs D, its outputs H and how many of these an input has. That
            is H too, but for a convolution, where weights of a kernel meet an input in turn.
        stream: "tuning" or "evaluation".
        seed: the run's seed.
        scale: multiplies the deviation of all weights.
        inputs: training examples (D, B), which only an initializer that is `by_data` reads.

    Returns:
        For each layer an array (H, D + 1) in float64, the bias column 0.

    Raises:
        ValueError: the initializer is `by_data`, and there are no inputs.

    """
    functions = drawn_for(activation, len(sizes))
    rows = [row_for(init, function) for function in functions]
    by_data = any(row.by_data for row in rows)
    if by_data and inputs is None:
        raise ValueError(f"{init} needs training examples")
    layers = []
    for layer, (d, h, fan_out) in enumerate(sizes):
        row, function = rows[layer], functions[layer]
        slope = ACTIVATIONS[function.name].negative_slope(**function.arguments)
        draws = row.draw(generator(stream, seed, "weights", layer), h, d)
        weights = np.zeros((h, d + 1))
        weights[:, :-1] = draws * (scale * np.sqrt(row.variance(d, fan_out, slope)))
        layers.append(weights)
    if by_data:
        scale_to_unit_variance(layers, functions, inputs)
        for weights in layers:
            weights *= scale
    return layers
