"""The functions of the early years: thresholds, the identity, sigmoid, tanh and softmax."""

from __future__ import annotations

import numpy as np

from experiments.nn.activations.row import Activation


def _step(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.greater(z, 0, out=out)


def _flat(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    out[...] = 0
    return out


def _threshold(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    # Layers below a straight-through step do learn, so they can diverge: NaN has to stay NaN.
    return np.heaviside(z, 0, out=out)


def _linear(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.copyto(out, z)
    return out


def _constant_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    out[...] = 1
    return out


def _sigmoid(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    # For z -> -inf the exponential overflows to infinity, whose reciprocal is the right limit, 0.
    np.exp(np.negative(z, out=out), out=out)
    return np.reciprocal(np.add(out, 1, out=out), out=out)


def _sigmoid_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.multiply(a, np.subtract(1, a, out=out), out=out)


def _sigmoid_centred(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    # The same as tanh(z / 2) / 2, which neither overflows nor cancels near 0.
    return np.multiply(np.tanh(np.multiply(z, 0.5, out=out), out=out), 0.5, out=out)


def _sigmoid_centred_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.subtract(0.25, np.multiply(a, a, out=out), out=out)


def _tanh(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.tanh(z, out=out)


def _tanh_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.subtract(1, np.multiply(a, a, out=out), out=out)


def _tanh_shifted(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.add(np.tanh(z, out=out), 1, out=out)


def _tanh_shifted_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray) -> np.ndarray:
    # 1 - (a - 1)^2
    return np.multiply(a, np.subtract(2, a, out=out), out=out)


def _softmax(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True), out=out)
    np.exp(out, out=out)
    return np.divide(out, np.add.reduce(out, axis=-2, keepdims=True), out=out)


def _softmax_pullback(a: np.ndarray, upstream: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    # Jacobian diag(a) - a a^T, so that J g = a (g - sum(a g)).
    inner = np.multiply(a, upstream, out=scratch).sum(axis=-2, keepdims=True)
    np.subtract(upstream, inner, out=upstream)
    return np.multiply(a, upstream, out=upstream)


ROWS = (
    Activation(
        name="step",
        label="step",
        formula="1 where z > 0, else 0",
        source="McCulloch & Pitts 1943; its exact derivative is 0 almost everywhere",
        range="{0, 1}",
        init="glorot",
        function=_step,
        derivative=_flat,
    ),
    Activation(
        name="linear",
        label="linear",
        formula="z",
        source="the identity",
        range="(-inf, inf)",
        init="glorot",
        function=_linear,
        derivative=_constant_slope,
        negative_slope=lambda: 1.0,
    ),
    Activation(
        name="sigmoid",
        label="sigmoid",
        formula="1 / (1 + exp(-z))",
        source="Rumelhart, Hinton & Williams 1986, equation 2",
        range="(0, 1)",
        init="glorot",
        function=_sigmoid,
        derivative=_sigmoid_slope,
    ),
    Activation(
        name="tanh",
        label="tanh",
        formula="(exp(z) - exp(-z)) / (exp(z) + exp(-z))",
        source="LeCun, Bottou, Orr & Müller 1998, section 4.4",
        range="(-1, 1)",
        init="glorot",
        function=_tanh,
        derivative=_tanh_slope,
    ),
    Activation(
        name="softmax",
        label="softmax",
        formula="exp(z_i) / sum_j exp(z_j), over the units of the layer",
        source="Bridle 1990",
        range="(0, 1), summing to 1",
        init="glorot",
        function=_softmax,
        pullback=_softmax_pullback,
    ),
    # Backward it is the identity. As the output, with squared error over C outputs, the gradient
    # for the weights is 2 (a - y) x / C: an update is the perceptron's rule, Rosenblatt 1958.
    Activation(
        name="straight_through_step",
        label="straight-through step",
        formula="1 where z > 0, else 0; the gradient passes as if it were z",
        source="Hinton 2012, lecture 9c; Bengio, Léonard & Courville 2013; as the output it is the "
        "perceptron, Rosenblatt 1958",
        range="{0, 1}",
        init="glorot",
        function=_threshold,
        derivative=_constant_slope,
        surrogate=True,
    ),
    Activation(
        name="sigmoid_centred",
        label="centred sigmoid",
        formula="1 / (1 + exp(-z)) - 1/2",
        source="the sigmoid with its mean at 0: LeCun, Bottou, Orr & Müller 1998, section 4.3",
        range="(-0.5, 0.5)",
        init="glorot",
        function=_sigmoid_centred,
        derivative=_sigmoid_centred_slope,
    ),
    Activation(
        name="tanh_shifted",
        label="shifted tanh",
        formula="tanh(z) + 1",
        source="tanh with its mean off 0: LeCun, Bottou, Orr & Müller 1998, section 4.3",
        range="(0, 2)",
        init="glorot",
        function=_tanh_shifted,
        derivative=_tanh_shifted_slope,
    ),
)
