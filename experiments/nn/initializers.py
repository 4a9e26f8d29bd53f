"""The table of initializers: to add one, add a row here.

Weights are a standard draw times the deviation that the row's formula gives and times the run's
scale, so that two runs of one seed start from the same draws whatever their activation,
initializer and scale; biases start at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.parameters import Choice
from experiments.streams import generator

MATCHED = "matched"
"""The name that stands for the initializer of the activation's own family."""


@dataclass(frozen=True, slots=True)
class Initializer:
    """One initializer: the variance of a weight, and the shape of its distribution.

    `variance(inputs, outputs, slope)` is the variance of each weight of a layer with that many
    inputs and outputs, whose activation has the derivative `slope` on the negative side.
    """

    name: str
    label: str
    formula: str
    source: str
    variance: Callable[[int, int, float], float]
    uniform: bool = False
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew


def _he(inputs: int, outputs: int, slope: float) -> float:
    return 2 / ((1 + slope**2) * inputs)


def _glorot(inputs: int, outputs: int, slope: float) -> float:
    return 2 / (inputs + outputs)


def _lecun(inputs: int, outputs: int, slope: float) -> float:
    return 1 / inputs


def _fixed(inputs: int, outputs: int, slope: float) -> float:
    return 1.0


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

INITIALIZERS: dict[str, Initializer] = {
    row.name: row
    for name, label, formula, source, variance in _FAMILIES
    for row in (
        Initializer(name, label, f"normal, variance {formula}", source, variance),
        Initializer(
            f"{name}_uniform", f"{label} uniform", f"uniform, variance {formula}", source, variance,
            uniform=True,
        ),
    )
}  # fmt: skip


def matched(activation: str) -> str:
    """Return the initializer that the activation's family is usually given."""
    return ACTIVATIONS[activation].init


def draw_weights(
    init: str,
    activation: Choice,
    sizes: tuple[int, ...],
    stream: str,
    seed: int,
    scale: float = 1.0,
) -> list[np.ndarray]:
    """Draw the weights of one network, the bias as the last column of each layer.

    Args:
        init: a row of INITIALIZERS.
        activation: the hidden layers' activation; He's variance depends on its negative slope.
        sizes: inputs, the width of each hidden layer, outputs: L + 1 numbers.
        stream: "tuning" or "evaluation".
        seed: the run's seed.
        scale: multiplies the deviation of all weights.

    Returns:
        For each layer an array (H, D + 1) in float64, the bias column 0.

    """
    row = INITIALIZERS[init]
    slope = ACTIVATIONS[activation.name].negative_slope(**activation.arguments)
    layers = []
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        rng = generator(stream, seed, "weights", layer)
        if row.uniform:
            draws = rng.uniform(-np.sqrt(3), np.sqrt(3), (outputs, inputs))
        else:
            draws = rng.standard_normal((outputs, inputs))
        weights = np.zeros((outputs, inputs + 1))
        weights[:, :-1] = draws * (scale * np.sqrt(row.variance(inputs, outputs, slope)))
        layers.append(weights)
    return layers
