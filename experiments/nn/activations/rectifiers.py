"""Functions that pass what is positive and hold back what is negative, more or less softly."""

from __future__ import annotations

import numpy as np

from experiments.nn.activations.row import Activation, zeros
from experiments.parameters import Parameter

SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717
"""Klambauer, Unterthiner, Mayr & Hochreiter 2017, equation 14, with more digits from their code."""

SURE = 40.0
"""From here on log(1 + exp(z)) is z to the last digit, and exp(z) far from overflowing."""


def positive_part(z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return max(0, z)."""
    return np.maximum(z, zeros(z.shape[-2:], z.dtype), out=out)


def negative_part(z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return min(0, z)."""
    return np.minimum(z, zeros(z.shape[-2:], z.dtype), out=out)


def _leaky_relu(z: np.ndarray, out: np.ndarray, slope: float) -> np.ndarray:
    # For 0 <= slope < 1 the larger of z and slope z is z on the right and slope z on the left.
    return np.maximum(z, np.multiply(z, slope, out=out), out=out)


def _leaky_relu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray, slope: float) -> np.ndarray:
    return np.maximum(np.greater(z, 0, out=out), slope, out=out)


def _prelu(z: np.ndarray, out: np.ndarray, slope: float | np.ndarray) -> np.ndarray:
    # A learned slope may leave 0 to 1, where leaky_relu's maximum would not do.
    np.multiply(negative_part(z, out), slope, out=out)
    return np.add(out, positive_part(z), out=out)


def _prelu_slope(
    z: np.ndarray, a: np.ndarray, out: np.ndarray, slope: float | np.ndarray
) -> np.ndarray:
    positive = np.greater(z, zeros(z.shape[-2:], z.dtype))
    np.multiply(np.logical_not(positive), slope, out=out)
    return np.add(out, positive, out=out)


def _relu6(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.clip(z, 0, 6, out=out)


def _relu6_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    # a (6 - a) is positive where 0 < z < 6, however small z is.
    np.multiply(a, np.subtract(6, a, out=out), out=out)
    return np.greater(out, 0, out=out)


def _squared_relu(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.square(positive_part(z, out), out=out)


def _squared_relu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.multiply(positive_part(z, out), 2, out=out)


def _softplus(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    # log(1 + exp(z)) is larger than z, but by less than can be told beyond SURE.
    np.log1p(np.exp(np.minimum(z, SURE, out=out), out=out), out=out)
    return np.maximum(out, z, out=out)


def _softplus_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    # sigmoid(z) = 1 - exp(-a), which neither overflows nor cancels.
    return np.negative(np.expm1(np.negative(a, out=out), out=out), out=out)


# The sum of both parts takes a temporary array, and a fifth of the time of a masked copy: where
# signs are as good as random a processor guesses every other one wrongly.


def _elu(z: np.ndarray, out: np.ndarray, alpha: float) -> np.ndarray:
    np.multiply(np.expm1(negative_part(z, out), out=out), alpha, out=out)
    return np.add(out, positive_part(z), out=out)


def _elu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray, alpha: float) -> np.ndarray:
    return _exponential_slope(z, a, out, alpha, 1.0)


def _exponential_slope(
    z: np.ndarray, a: np.ndarray, out: np.ndarray, left: float, right: float
) -> np.ndarray:
    """Write left exp(z) on the left, which is a + left, and right on the right."""
    np.add(negative_part(a, out), left, out=out)
    if left != right:
        out += np.multiply(np.greater(z, 0), right - left, dtype=out.dtype)
    return out


def _selu(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.multiply(_elu(z, out, SELU_ALPHA), SELU_SCALE, out=out)


def _selu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return _exponential_slope(z, a, out, SELU_SCALE * SELU_ALPHA, SELU_SCALE)


def _celu(z: np.ndarray, out: np.ndarray, alpha: float) -> np.ndarray:
    np.divide(negative_part(z, out), alpha, out=out)
    np.multiply(np.expm1(out, out=out), alpha, out=out)
    return np.add(out, positive_part(z), out=out)


def _celu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray, alpha: float) -> np.ndarray:
    # exp(z / alpha) on the left, which is 1 + a / alpha.
    return np.add(np.divide(negative_part(a, out), alpha, out=out), 1, out=out)


ROWS = (
    Activation(
        name="relu",
        label="ReLU",
        formula="max(0, z), with slope 0 at z = 0",
        source="Nair & Hinton 2010; Glorot, Bordes & Bengio 2011",
        range="[0, inf)",
        init="he",
        function=positive_part,
        derivative=lambda z, a, out: np.greater(z, 0, out=out),
    ),
    Activation(
        name="leaky_relu",
        label="leaky ReLU",
        formula="z where z > 0, else slope z",
        source="Maas, Hannun & Ng 2013, section 2",
        range="(-inf, inf)",
        init="he",
        function=_leaky_relu,
        derivative=_leaky_relu_slope,
        parameters={
            "slope": Parameter(0.01, "the slope for z < 0", low=0, high=1, open_high=True),
        },
        negative_slope=lambda slope: slope,
    ),
    Activation(
        name="prelu",
        label="PReLU",
        formula="z where z > 0, else slope z, with a slope that each unit learns",
        source="He, Zhang, Ren & Sun 2015, equation 1, one slope for each unit",
        range="(-inf, inf)",
        init="he",
        function=_prelu,
        derivative=_prelu_slope,
        parameters={
            "slope": Parameter(
                0.25, "the slope for z < 0 that learning starts from", low=0, high=1, open_high=True
            ),
        },
        negative_slope=lambda slope: slope,
        learned="slope",
        by_learned=negative_part,
    ),
    Activation(
        name="relu6",
        label="ReLU6",
        formula="min(max(0, z), 6)",
        source="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
        range="[0, 6]",
        init="he",
        function=_relu6,
        derivative=_relu6_slope,
    ),
    Activation(
        name="squared_relu",
        label="squared ReLU",
        formula="max(0, z)^2",
        source="So, Mańke, Liu, Dai, Shazeer & Le 2021, section 3",
        range="[0, inf)",
        init="he",
        function=_squared_relu,
        derivative=_squared_relu_slope,
    ),
    Activation(
        name="softplus",
        label="softplus",
        formula="log(1 + exp(z))",
        source="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001; Glorot, Bordes & Bengio 2011, "
        "section 3.2",
        range="(0, inf)",
        init="he",
        function=_softplus,
        derivative=_softplus_slope,
    ),
    Activation(
        name="elu",
        label="ELU",
        formula="z where z > 0, else alpha (exp(z) - 1)",
        source="Clevert, Unterthiner & Hochreiter 2016, section 3, with He's weights as in section "
        "4",
        range="(-alpha, inf)",
        init="he",
        function=_elu,
        derivative=_elu_slope,
        parameters={
            "alpha": Parameter(1.0, "minus the value that it goes to on the left", low=0, high=100),
        },
    ),
    Activation(
        name="selu",
        label="SELU",
        formula=f"{SELU_SCALE:.4f} z where z > 0, else {SELU_SCALE * SELU_ALPHA:.4f} (exp(z) - 1)",
        source="Klambauer, Unterthiner, Mayr & Hochreiter 2017, equations 2 and 14, with weights "
        "of the variance 1 / inputs as in section 2",
        range="(-1.7581, inf)",
        init="lecun",
        function=_selu,
        derivative=_selu_slope,
    ),
    Activation(
        name="celu",
        label="CELU",
        formula="z where z > 0, else alpha (exp(z / alpha) - 1)",
        source="Barron 2017, Continuously differentiable exponential linear units",
        range="(-alpha, inf)",
        init="he",
        function=_celu,
        derivative=_celu_slope,
        parameters={
            "alpha": Parameter(
                1.0, "minus the value that it goes to on the left", low=0, high=100, open_low=True
            ),
        },
    ),
)
