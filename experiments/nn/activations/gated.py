"""Functions that are z times a gate, which opens from 0 to 1 as z grows."""

from __future__ import annotations

import math

import numpy as np

from experiments.nn.activations.row import Activation
from experiments.parameters import Parameter

SURE = 20.0
"""From here on the gate of mish is 1 to the last digit, and exp(4 SURE) far from overflowing."""

_LINEAR = 2 * math.sqrt(2 / math.pi)
_CUBIC = 0.044715 * _LINEAR
"""1 + tanh(u) = 2 sigmoid(2 u), and these are the coefficients of 2 u for GELU's u."""


def _opened(z: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Replace an exponent by z sigmoid(-exponent)."""
    # It may overflow to infinity, through which z divides to the right limit, 0.
    out = np.add(np.exp(exponent, out=exponent), 1, out=exponent)
    return np.divide(z, out, out=out)


def _slope_of_opened(exponent: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Replace an exponent u by 1 - q (1 - g), where q = sigmoid(-u) = 1 - a / z and g = a u'(z).

    That is the derivative of a = z sigmoid(u); at both ends one of the factors is exactly right.

    Args:
        exponent: u, replaced by the result.
        below: g, which is overwritten.

    """
    out = np.reciprocal(np.add(np.exp(exponent, out=exponent), 1, out=exponent), out=exponent)
    out *= np.subtract(1, below, out=below)
    return np.subtract(1, out, out=out)


def _gelu(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr  # slow to import, and only this function needs it

    return np.multiply(ndtr(z, out=out), z, out=out)


def _gelu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    # Phi(z) + z phi(z) = (a + z^2 phi(z)) / z: the normal distribution is not computed again.
    np.exp(np.multiply(np.square(z, out=out), -0.5, out=out), out=out)
    np.multiply(out, 1 / math.sqrt(2 * math.pi), out=out)
    for _ in range(2):  # not by z^2, which may be infinite
        np.multiply(out, z, out=out)
    np.add(out, a, out=out)
    at_zero = z == 0
    np.divide(out, z, out=out, where=~at_zero)
    np.copyto(out, 0.5, where=at_zero)
    return out


def _gelu_tanh(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.add(np.multiply(np.square(z, out=out), -_CUBIC, out=out), -_LINEAR, out=out)
    return _opened(z, np.multiply(out, z, out=out))


def _gelu_tanh_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    square = np.square(z)
    np.add(np.multiply(square, _CUBIC, out=out), _LINEAR, out=out)
    np.multiply(out, z, out=out)
    below = np.add(np.multiply(square, 3 * _CUBIC, out=square), _LINEAR, out=square)
    return _slope_of_opened(out, np.multiply(below, a, out=below))


def _silu(z: np.ndarray, out: np.ndarray, beta: float) -> np.ndarray:
    return _opened(z, np.multiply(z, -beta, out=out))


def _silu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray, beta: float) -> np.ndarray:
    return _slope_of_opened(np.multiply(z, beta, out=out), np.multiply(a, beta))


# With e = exp(z) the gate of mish, tanh(log(1 + e)), is e (e + 2) / (e (e + 2) + 2).


def _mish(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.exp(np.minimum(z, SURE, out=out), out=out)
    np.multiply(out, np.add(out, 2), out=out)
    np.divide(out, np.add(out, 2), out=out)
    return np.multiply(out, z, out=out)


def _mish_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    # e (e^3 + 4 e^2 + (6 + 4 z) e + 4 (1 + z)) / (e (e + 2) + 2)^2, its numerator as
    # e ((e + 2) (e (e + 2) + 2) + 4 z (1 + e)).
    e = np.exp(np.minimum(z, SURE, out=out), out=out)
    plus_two = np.add(e, 2)
    denominator = np.multiply(e, plus_two)
    denominator += 2
    numerator = np.multiply(plus_two, denominator, out=plus_two)
    rest = np.add(e, 1)
    rest *= z
    rest *= 4
    numerator += rest
    numerator *= e
    return np.divide(numerator, np.square(denominator, out=denominator), out=out)


def _hard_swish(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.clip(np.add(z, 3, out=out), 0, 6, out=out)
    return np.multiply(np.multiply(out, z, out=out), 1 / 6, out=out)


def _hard_swish_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    # The line z / 3 + 1 / 2 between -3 and 3, and then 1.
    np.add(np.multiply(z, 1 / 3, out=out), 0.5, out=out)
    out *= np.less(np.abs(z), 3)
    out += np.greater_equal(z, 3)
    return out


ROWS = (
    Activation(
        name="gelu",
        label="GELU",
        formula="z Phi(z), with the standard normal distribution Phi",
        source="Hendrycks & Gimpel 2016, section 2",
        range="[-0.17, inf)",
        init="he",
        function=_gelu,
        derivative=_gelu_slope,
    ),
    Activation(
        name="gelu_tanh",
        label="GELU by tanh",
        formula="z / 2 (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3)))",
        source="Hendrycks & Gimpel 2016, section 2, the approximation",
        range="[-0.1701, inf)",
        init="he",
        function=_gelu_tanh,
        derivative=_gelu_tanh_slope,
    ),
    Activation(
        name="silu",
        label="SiLU",
        formula="z / (1 + exp(-beta z))",
        source="Elfwing, Uchibe & Doya 2018, section 2; with beta, as swish: Ramachandran, Zoph "
        "& Le 2017",
        range="[-0.2785 / beta, inf)",
        init="he",
        function=_silu,
        derivative=_silu_slope,
        parameters={
            "beta": Parameter(
                1.0, "how sharply it bends: 0 is z / 2, infinity is ReLU", low=0, high=100
            ),
        },
    ),
    Activation(
        name="mish",
        label="mish",
        formula="z tanh(log(1 + exp(z)))",
        source="Misra 2020, equation 1",
        range="[-0.3089, inf)",
        init="he",
        function=_mish,
        derivative=_mish_slope,
    ),
    Activation(
        name="hard_swish",
        label="hard swish",
        formula="z min(max(0, z + 3), 6) / 6",
        source="Howard et al. 2019, Searching for MobileNetV3, section 5.2",
        range="[-0.375, inf)",
        init="he",
        function=_hard_swish,
        derivative=_hard_swish_slope,
    ),
)
