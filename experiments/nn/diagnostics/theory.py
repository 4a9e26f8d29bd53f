"""What formulas give for untrained networks, to be drawn beside what was measured."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics.record import Theory
from experiments.nn.diagnostics.slopes import grid, slopes, values
from experiments.nn.initializers import drawn_for, row_for
from experiments.nn.layers.normalisation import NONE
from experiments.parameters import Choice
from experiments.records import DataShape, Network


@cache
def second_moments(activation: Choice, variance: float) -> tuple[float, float]:
    """Return E f(z)^2 and E f'(z)^2 for z from N(0, variance), by sums over a fine grid."""
    x = grid()
    density = np.exp(-np.square(x) / 2)
    density /= density.sum()
    z = x * np.sqrt(variance)
    with np.errstate(over="ignore", invalid="ignore"):  # as in nets whose sums overflow
        return (
            float(np.square(values(activation, z)) @ density),
            float(np.square(slopes(activation, z)) @ density),
        )


def _variance(network: Network, layer: int, inputs: int, outputs: int) -> float:
    function = drawn_for(network.activation, len(network.widths) + 1)[layer]
    slope = ACTIVATIONS[function.name].negative_slope(**function.arguments)
    row = row_for(network.init, function)
    return row.variance(inputs, outputs, slope) * network.init_scale**2


def _gradients(network: Network, shape: DataShape) -> np.ndarray | None:
    """Return the gradient of each hidden layer relative to the last one's, (L,).

    With weights of variance v between n and n units, wide layers and D inputs of mean square 1,
    the pre-activations have the variances q_1 = D v and q_(l+1) = n v E f(sqrt(q_l) x)^2, and the
    mean square gradients are g_l = n v E f'(sqrt(q_l) x)^2 g_(l+1), for x from N(0, 1). Nothing of
    that holds with normalisation.
    """
    rows = [ACTIVATIONS[activation.name] for activation in network.activations]
    by_data = any(row_for(network.init, a).by_data for a in network.activations)
    if not rows or by_data or network.normalisation != NONE or network.layers:
        return None
    if any(row.derivative is None for row in rows):
        return None
    q = _variance(network, 0, shape.features, network.widths[0]) * shape.features
    logs = []
    for layer, (inputs, outputs) in enumerate(pairwise(network.widths)):
        v = _variance(network, layer + 1, inputs, outputs)
        square, square_slope = second_moments(network.activations[layer], q)
        with np.errstate(divide="ignore"):  # a slope that is 0 everywhere passes nothing on
            logs.append(np.log(v * outputs * square_slope) / 2)
        q = v * inputs * square
    return np.exp(np.cumsum([0.0, *logs[::-1]])[::-1])


def _cut_off_below(network: Network) -> bool:
    plain = network.normalisation == NONE and not network.layers
    return plain and all(map(cuts_off, network.functions))


def _alive(network: Network) -> np.ndarray:
    """Return how likely one input passes the first 0, 1, ... L hidden layers, (L + 1,)."""
    return np.cumprod([1.0, *(1 - 2.0**-width for width in network.widths)])


@cache
def cuts_off(activation: Choice) -> bool:
    """Tell whether the function is 0 for all z below 0 and positive above, as relu is."""
    if ACTIVATIONS[activation.name].derivative is None:
        return False
    z = grid()
    a = values(activation, z)
    return bool((a[z < 0] == 0).all() and (a[z > 0] > 0).all())


def _zeros(network: Network, shape: DataShape) -> np.ndarray | None:
    if not _cut_off_below(network) or not network.widths:
        return None
    return 1 - _alive(network)[:-1] / 2


def _cut_off(network: Network, shape: DataShape) -> np.ndarray | None:
    if not _cut_off_below(network) or shape.train != 1:
        return None
    return 1 - _alive(network)[-1:]


GRADIENT = Theory(
    "g_l = n v E f'(sqrt(q_l) x)^2 g_(l+1) with q_(l+1) = n v E f(sqrt(q_l) x)^2, x from N(0, 1), "
    "for weights of variance v between layers of n units",
    "Poole et al. 2016, equation 3; Schoenholz et al. 2017, equation 8",
    _gradients,
    relative=True,
)

ZEROS = Theory(
    "1 - product over the layers below of (1 - 2^-width) / 2, close to 1/2 in all but narrow nets: "
    "weights drawn symmetrically around 0 make either sign of z as likely",
    "Glorot, Bordes & Bengio 2011, section 2.2",
    _zeros,
)

CUT_OFF = Theory(
    "1 - product over the hidden layers of (1 - 2^-width), at one input and zero biases",
    "Lu, Shin, Su & Karniadakis 2019, section 3",
    _cut_off,
)
