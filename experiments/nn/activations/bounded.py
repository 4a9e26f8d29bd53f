"""Functions that stay between two ends, beside those of the early years."""

from __future__ import annotations

import numpy as np

from experiments.nn.activations.row import Activation
from experiments.parameters import Parameter

HEIGHT = 1.7159
"""LeCun's: with it f(1) is 1 and f(-1) is -1, to four digits."""


def _softsign(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.divide(z, np.add(np.abs(z, out=out), 1, out=out), out=out)


def _softsign_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.reciprocal(np.add(np.abs(z, out=out), 1, out=out), out=out)
    return np.square(out, out=out)


def _hard_tanh(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.clip(z, -1, 1, out=out)


def _hard_tanh_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.less(np.abs(z, out=out), 1, out=out)


def _hard_sigmoid(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.divide(np.clip(np.add(z, 3, out=out), 0, 6, out=out), 6, out=out)


def _hard_sigmoid_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.divide(np.less(np.abs(z, out=out), 3, out=out), 6, out=out)


def _scaled_tanh(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.tanh(np.multiply(z, 2 / 3, out=out), out=out)
    return np.multiply(out, HEIGHT, out=out)


def _scaled_tanh_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    # (2 / 3) / HEIGHT (HEIGHT^2 - a^2), the square in the outputs' precision: 0 at both ends.
    np.subtract(np.square(a.dtype.type(HEIGHT)), np.square(a, out=out), out=out)
    return np.multiply(out, 2 / 3 / HEIGHT, out=out)


def _sine(z: np.ndarray, out: np.ndarray, frequency: float) -> np.ndarray:
    return np.sin(np.multiply(z, frequency, out=out), out=out)


def _sine_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray, frequency: float) -> np.ndarray:
    np.cos(np.multiply(z, frequency, out=out), out=out)
    return np.multiply(out, frequency, out=out)


def _gaussian(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.exp(np.negative(np.square(z, out=out), out=out), out=out)


def _gaussian_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.multiply(np.multiply(z, -2, out=out), a, out=out)


ROWS = (
    Activation(
        name="softsign",
        label="softsign",
        formula="z / (1 + |z|)",
        source="Bergstra, Desjardins, Lamblin & Bengio 2009; Glorot & Bengio 2010, section 2",
        range="(-1, 1)",
        init="glorot",
        function=_softsign,
        derivative=_softsign_slope,
    ),
    Activation(
        name="hard_tanh",
        label="hard tanh",
        formula="min(max(-1, z), 1)",
        source="Collobert 2004",
        range="[-1, 1]",
        init="glorot",
        function=_hard_tanh,
        derivative=_hard_tanh_slope,
    ),
    Activation(
        name="hard_sigmoid",
        label="hard sigmoid",
        formula="min(max(0, z + 3), 6) / 6",
        source="Howard et al. 2019, Searching for MobileNetV3, section 5.2",
        range="[0, 1]",
        init="glorot",
        function=_hard_sigmoid,
        derivative=_hard_sigmoid_slope,
    ),
    Activation(
        name="scaled_tanh",
        label="scaled tanh",
        formula=f"{HEIGHT} tanh(2 z / 3)",
        source="LeCun, Bottou, Orr & Müller 1998, section 4.4, with weights by section 4.6",
        range="(-1.7159, 1.7159)",
        init="lecun",
        function=_scaled_tanh,
        derivative=_scaled_tanh_slope,
    ),
    # Uniform weights of the variance 2 / inputs, which is He's, leave z a deviation of 1.
    Activation(
        name="sine",
        label="sine",
        formula="sin(frequency z)",
        source="Sitzmann, Martel, Bergman, Lindell & Wetzstein 2020, with weights by section 3.2",
        range="[-1, 1]",
        init="he_uniform",
        function=_sine,
        derivative=_sine_slope,
        parameters={
            "frequency": Parameter(
                1.0,
                "a factor on z; Sitzmann et al. take 30, and weights drawn smaller by it "
                "(network.init_scale)",
                low=0, high=100, open_low=True,
            ),
        },
    ),
    Activation(
        name="gaussian",
        label="Gaussian",
        formula="exp(-z^2)",
        source="Hartman, Keeler & Kowalski 1990; of weighted sums: Ramasinghe & Lucey 2022",
        range="[0, 1]",
        init="glorot",
        function=_gaussian,
        derivative=_gaussian_slope,
    ),
)  # fmt: skip
