"""The table of activation functions: to add one, add a row here.

All functions work on stacked arrays of pre-activations z and outputs a, shape (..., H, B): units
before examples, so that element-wise work runs over long contiguous rows. They write into `out`
and return it. Overflow towards an end of a function is part of its computation and is silenced
by whoever calls in a loop; `apply` does it for a single call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from experiments.parameters import Choice, Parameter


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation function: everything that the project knows of it.

    `function(z, out, **parameters)` writes a = f(z). `derivative(z, a, out, **parameters)` writes
    f'(z), element by element; it is given the output too, where that saves computing it twice.
    A function that mixes units (softmax) has a `pullback(a, upstream, out)` instead, which writes
    the product of the upstream gradient with its Jacobian matrix. A `surrogate` has a derivative
    that stands in for that of its function and is not it.
    """

    name: str
    label: str
    formula: str
    source: str
    range: str
    init: str  # the initializer that "matched" stands for
    function: Callable[..., np.ndarray]
    derivative: Callable[..., np.ndarray] | None = None
    pullback: Callable[..., np.ndarray] | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
    negative_slope: Callable[..., float] = lambda **_: 0.0  # f'(z) for z < 0, read by he
    surrogate: bool = False  # the derivative is not that of the function
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew

    def backward(
        self, z: np.ndarray, a: np.ndarray, upstream: np.ndarray, scratch: np.ndarray, **parameters
    ) -> np.ndarray:
        """Replace the gradient with respect to a by the gradient with respect to z, in place.

        Args:
            z: pre-activations (..., H, B).
            a: outputs (..., H, B).
            upstream: dLoss/da (..., H, B); holds dLoss/dz afterwards.
            scratch: a buffer of the same shape.
            **parameters: the row's own.

        Returns:
            `upstream`.

        """
        if self.pullback is not None:
            return self.pullback(a, upstream, scratch)
        return np.multiply(upstream, self.derivative(z, a, scratch, **parameters), out=upstream)


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


def _relu(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    # Against an array of zeros: NumPy compares with a single number at a third of the speed.
    return np.maximum(z, _zeros(z.shape[-2:], z.dtype), out=out)


@lru_cache(maxsize=64)  # for the layers of a few shapes; they stay in the cache for all runs
def _zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    return np.zeros(shape, dtype)


def _leaky_relu(z: np.ndarray, out: np.ndarray, slope: float) -> np.ndarray:
    # For 0 <= slope < 1 the larger of z and slope z is z on the right and slope z on the left.
    return np.maximum(z, np.multiply(z, slope, out=out), out=out)


def _leaky_relu_slope(z: np.ndarray, a: np.ndarray, out: np.ndarray, slope: float) -> np.ndarray:
    return np.maximum(np.greater(z, 0, out=out), slope, out=out)


def _softmax(z: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True), out=out)
    np.exp(out, out=out)
    return np.divide(out, np.add.reduce(out, axis=-2, keepdims=True), out=out)


def _softmax_pullback(a: np.ndarray, upstream: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    # Jacobian diag(a) - a a^T, so that J g = a (g - sum(a g)).
    inner = np.multiply(a, upstream, out=scratch).sum(axis=-2, keepdims=True)
    np.subtract(upstream, inner, out=upstream)
    return np.multiply(a, upstream, out=upstream)


_ROWS = (
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
        name="relu",
        label="ReLU",
        formula="max(0, z), with slope 0 at z = 0",
        source="Nair & Hinton 2010; Glorot, Bordes & Bengio 2011",
        range="[0, inf)",
        init="he",
        function=_relu,
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

ACTIVATIONS: dict[str, Activation] = {row.name: row for row in _ROWS}


def apply(activation: Choice, z: np.ndarray) -> np.ndarray:
    """Return f(z) as a new array.

    Args:
        activation: a row of ACTIVATIONS with its parameters.
        z: pre-activations (..., H, B); softmax runs over H.

    """
    with np.errstate(over="ignore", under="ignore"):
        return ACTIVATIONS[activation.name].function(z, np.empty_like(z), **activation.arguments)
