"""What one row of the table of activation functions holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from experiments.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation function: everything that the project knows of it.

    `function(z, out, **parameters)` writes a = f(z). `derivative(z, a, out, **parameters)` writes
    f'(z), element by element; it is given the output too, where that saves computing it twice.
    A function that mixes units (softmax) has a `pullback(a, upstream, out)` instead, which writes
    the product of the upstream gradient with its Jacobian matrix. A `surrogate` has a derivative
    that stands in for that of its function and is not it. Where a parameter is `learned`, function
    and derivative are given an array of it, (..., H, 1), while a network is trained.
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
    learned: str = ""  # the parameter that each unit learns, from its value as the start
    by_learned: Callable[..., np.ndarray] | None = None  # (z, out): the derivative for it
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


@lru_cache(maxsize=64)  # for the layers of a few shapes; they stay in the cache for all runs
def zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return zeros to compare with: NumPy compares with a single number at a third of the speed.

    They are shared and must not be written to.
    """
    return np.zeros(shape, dtype)
