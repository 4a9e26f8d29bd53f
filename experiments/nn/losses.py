"""The table of losses, and which loss belongs to which output.

Targets are one-hot where classes are told apart, one output unit for each class, and the numbers
themselves in a regression. Arrays are pre-activations z, outputs a and targets y of the last
layer, shape (..., C, B).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss: its value for each example and its gradient.

    `value(z, a, y)` returns the loss of each example, shape (..., B). `gradient(a, y, out)` writes
    the gradient of each example's loss with respect to z if the loss has a `link`, the output
    activation whose derivative cancels, and with respect to a otherwise.
    """

    name: str
    label: str
    formula: str
    source: str
    value: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    link: str | None = None  # the output activation this loss belongs to; None: all others
    smoothed: bool = False  # whether its targets may be smoothed, see `smooth`
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew


def _cross_entropy(z: np.ndarray, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    # From z instead of log(a): a logit of -1e4 must cost 1e4 and not infinity.
    below = z - np.maximum.reduce(z, axis=-2, keepdims=True)
    own = np.add.reduce(y * below, axis=-2)
    return np.log(np.add.reduce(np.exp(below, out=below), axis=-2)) - own


def _binary_cross_entropy(z: np.ndarray, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    # log(1 + exp(z)) - y z, arranged so that only negative numbers are exponentiated.
    return (np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))).mean(axis=-2)


def _squared_error(z: np.ndarray, a: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.square(a - y).mean(axis=-2)


def _residual(a: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.subtract(a, y, out=out)


def _mean_residual(a: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.divide(np.subtract(a, y, out=out), a.shape[-2], out=out)


def _twice_mean_residual(a: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.multiply(np.subtract(a, y, out=out), 2 / a.shape[-2], out=out)


_ROWS = (
    Loss(
        name="cross_entropy",
        label="cross-entropy",
        formula="-sum_c y_c log a_c",
        source="Bishop 2006, equation 4.108; gradient a - y, equation 4.109",
        value=_cross_entropy,
        gradient=_residual,
        link="softmax",
        smoothed=True,
    ),
    Loss(
        name="binary_cross_entropy",
        label="binary cross-entropy",
        formula="mean over classes of -y log a - (1 - y) log(1 - a), one class against the rest",
        source="Bishop 2006, equation 4.90; gradient (a - y) / C, equation 4.91",
        value=_binary_cross_entropy,
        gradient=_mean_residual,
        link="sigmoid",
    ),
    Loss(
        name="squared_error",
        label="squared error",
        formula="mean over outputs of (a - y)^2",
        source="Bishop 2006, equation 5.14",
        value=_squared_error,
        gradient=_twice_mean_residual,
    ),
)

LOSSES: dict[str, Loss] = {row.name: row for row in _ROWS}


def smooth(targets: np.ndarray, share: float) -> None:
    """Spread a share of one-hot targets over all classes: y <- (1 - share) y + share / C.

    Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2016, section 7, with a uniform prior.

    Args:
        targets: changed in place, (..., C, B).
        share: from 0 to below 1.

    """
    np.multiply(targets, 1 - share, out=targets)
    np.add(targets, share / targets.shape[-2], out=targets)


def loss_of(output: str, regression: bool = False) -> Loss:
    """Return the loss that belongs to an output activation: its linked one, or squared error.

    A regression has squared error whatever its output: its targets are no probabilities.
    """
    if regression:
        return LOSSES["squared_error"]
    linked = {row.link: row for row in _ROWS}
    return linked.get(output, LOSSES["squared_error"])
