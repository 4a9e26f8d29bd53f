"""Every activation function as its formula stands in the source, and its derivative by hand.

In double precision, with no thought of speed or overflow, and where there is a choice by other
functions than those of the table: z (B, H) -> (B, H).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erf

# Klambauer et al. 2017, equation 14: the mean 0 and the variance 1 of a normal z are kept.
_ERFC_1, _ERFC_2 = math.erfc(math.sqrt(0.5)), math.erfc(math.sqrt(2))
SELU_ALPHA = -math.sqrt(2 / math.pi) / (_ERFC_1 * math.exp(0.5) - 1)
SELU_SCALE = (
    (1 - _ERFC_1 * math.sqrt(math.e))
    * math.sqrt(2 * math.pi)
    / math.sqrt(
        2 * _ERFC_2 * math.e**2
        + math.pi * _ERFC_1**2 * math.e
        - 2 * (2 + math.pi) * _ERFC_1 * math.sqrt(math.e)
        + math.pi
        + 2
    )
)


def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def _normal_density(z):
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def _gelu_u(z):
    return math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)


def _gelu_tanh_slope(z):
    t = np.tanh(_gelu_u(z))
    u_slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
    return (1 + t) / 2 + z / 2 * (1 - t**2) * u_slope


def _mish_slope(z):
    t = np.tanh(np.logaddexp(0, z))
    return t + z * (1 - t**2) * _sigmoid(z)


def _between(z, low, high, below, inside, above):
    return np.where(z <= low, below, np.where(z >= high, above, inside))


FUNCTIONS = {
    "step": lambda z: np.where(z > 0, 1.0, 0.0),
    "linear": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": lambda z: np.sinh(z) / np.cosh(z),
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z, slope=0.01: np.where(z > 0, z, slope * z),
    "prelu": lambda z, slope=0.25: np.maximum(z, 0) + slope * np.minimum(z, 0),
    "softmax": softmax,
    "straight_through_step": lambda z: np.where(z > 0, 1.0, 0.0),
    "sigmoid_centred": lambda z: (np.exp(z / 2) / np.cosh(z / 2) - 1) / 2,
    "tanh_shifted": lambda z: np.exp(z) / np.cosh(z),
    "relu6": lambda z: _between(z, 0, 6, 0.0, z, 6.0),
    "squared_relu": lambda z: np.where(z > 0, z**2, 0.0),
    "softplus": lambda z: np.logaddexp(0, z),
    "elu": lambda z, alpha=1.0: np.where(z > 0, z, alpha * (np.exp(z) - 1)),
    "selu": lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * (np.exp(z) - 1)),
    "celu": lambda z, alpha=1.0: np.where(z > 0, z, alpha * (np.exp(z / alpha) - 1)),
    "gelu": lambda z: z * (1 + erf(z / math.sqrt(2))) / 2,
    "gelu_tanh": lambda z: z / 2 * (1 + np.tanh(_gelu_u(z))),
    "silu": lambda z, beta=1.0: z * _sigmoid(beta * z),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "hard_swish": lambda z: _between(z, -3, 3, 0.0, z * (z + 3) / 6, z),
    "softsign": lambda z: np.where(z > 0, 1 - 1 / (1 + abs(z)), 1 / (1 + abs(z)) - 1),
    "hard_tanh": lambda z: _between(z, -1, 1, -1.0, z, 1.0),
    "hard_sigmoid": lambda z: _between(z, -3, 3, 0.0, z / 6 + 1 / 2, 1.0),
    "scaled_tanh": lambda z: 1.7159 * (1 - 2 / (1 + np.exp(4 * z / 3))),
    "sine": lambda z, frequency=1.0: np.exp(1j * frequency * z).imag,
    "gaussian": lambda z: np.exp(-(z**2)),
}
DERIVATIVES = {
    "step": lambda z: np.zeros_like(z),
    "linear": lambda z: np.ones_like(z),
    "sigmoid": lambda z: 1 / (4 * np.cosh(z / 2) ** 2),
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "relu": lambda z: np.where(z > 0, 1.0, 0.0),
    "leaky_relu": lambda z, slope=0.01: np.where(z > 0, 1.0, slope),
    "prelu": lambda z, slope=0.25: (z > 0) + slope * (z <= 0),
    "straight_through_step": lambda z: np.ones_like(z),
    "sigmoid_centred": lambda z: 1 / (4 * np.cosh(z / 2) ** 2),
    "tanh_shifted": lambda z: 1 / np.cosh(z) ** 2,
    "relu6": lambda z: _between(z, 0, 6, 0.0, 1.0, 0.0),
    "squared_relu": lambda z: 2 * np.where(z > 0, z, 0.0),
    "softplus": _sigmoid,
    "elu": lambda z, alpha=1.0: np.where(z > 0, 1.0, alpha * np.exp(z)),
    "selu": lambda z: SELU_SCALE * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(z)),
    "celu": lambda z, alpha=1.0: np.where(z > 0, 1.0, np.exp(z / alpha)),
    "gelu": lambda z: (1 + erf(z / math.sqrt(2))) / 2 + z * _normal_density(z),
    "gelu_tanh": _gelu_tanh_slope,
    "silu": lambda z, beta=1.0: _sigmoid(beta * z) * (1 + beta * z * _sigmoid(-beta * z)),
    "mish": _mish_slope,
    "hard_swish": lambda z: _between(z, -3, 3, 0.0, (2 * z + 3) / 6, 1.0),
    "softsign": lambda z: 1 / (1 + abs(z)) ** 2,
    "hard_tanh": lambda z: _between(z, -1, 1, 0.0, 1.0, 0.0),
    "hard_sigmoid": lambda z: _between(z, -3, 3, 0.0, 1 / 6, 0.0),
    "scaled_tanh": lambda z: 1.7159 * 2 / 3 / np.cosh(2 * z / 3) ** 2,
    "sine": lambda z, frequency=1.0: frequency * np.exp(1j * frequency * z).real,
    "gaussian": lambda z: -2 * z * np.exp(-(z**2)),
}
