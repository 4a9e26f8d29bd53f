"""The table of optimizers: to add one, add a row here.

A step changes weights w and states in place, given the gradient g, all of shape (R, P);
`rate` holds each run's learning rate, shape (R, 1). `scratch` is a buffer of w's shape, and g may
be overwritten: the next backward pass writes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from experiments.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimizer: its update rule, its parameters and where a search for its rate begins.

    `step(w, g, states, rate, update, scratch, **parameters)` performs update number `update`,
    counted from 1. `states` is how many arrays of w's shape it keeps, all starting at 0. A step
    that is `linear` in the gradient is given rate times the gradient, and does not multiply by the
    rate itself: whoever computes the gradient can do so for free. Its states then hold a rate too:
    whoever changes the rate multiplies them alike, see `steps.carry`.

    Weight decay is no part of a step. That of a `decoupled` row shrinks the weights by themselves,
    by rate times decay; that of all others is the gradient of an L2 penalty, and goes through the
    step with the rest of the gradient.
    """

    name: str
    label: str
    formula: str
    source: str
    step: Callable[..., None]
    states: int
    rates: tuple[float, float]  # the first tuning grid: from, to, in factors of two
    parameters: dict[str, Parameter] = field(default_factory=dict)
    linear: bool = False
    decoupled: bool = False
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew


Arrays = Sequence[np.ndarray]


def _sgd(
    w: np.ndarray, g: np.ndarray, states: Arrays, rate: np.ndarray, update: int,
    scratch: np.ndarray, momentum: float, nesterov: bool,
) -> None:  # fmt: skip
    (velocity,) = states
    np.subtract(np.multiply(velocity, momentum, out=velocity), g, out=velocity)
    if nesterov:
        np.add(w, np.multiply(velocity, momentum, out=scratch), out=w)
        np.subtract(w, g, out=w)
    else:
        np.add(w, velocity, out=w)


def _rmsprop(
    w: np.ndarray, g: np.ndarray, states: Arrays, rate: np.ndarray, update: int,
    scratch: np.ndarray, decay: float, epsilon: float,
) -> None:  # fmt: skip
    (square,) = states
    np.multiply(np.multiply(g, g, out=scratch), 1 - decay, out=scratch)
    np.add(np.multiply(square, decay, out=square), scratch, out=square)
    np.add(np.sqrt(square, out=scratch), epsilon, out=scratch)
    np.divide(np.multiply(g, rate, out=g), scratch, out=g)
    np.subtract(w, g, out=w)


def _adam(
    w: np.ndarray, g: np.ndarray, states: Arrays, rate: np.ndarray, update: int,
    scratch: np.ndarray, beta1: float, beta2: float, epsilon: float,
) -> None:  # fmt: skip
    mean, square = states
    np.multiply(np.multiply(g, g, out=scratch), 1 - beta2, out=scratch)
    np.add(np.multiply(square, beta2, out=square), scratch, out=square)
    np.multiply(g, 1 - beta1, out=g)
    np.add(np.multiply(mean, beta1, out=mean), g, out=mean)
    np.multiply(square, 1 / (1 - beta2**update), out=scratch)
    np.add(np.sqrt(scratch, out=scratch), epsilon, out=scratch)
    np.multiply(mean, rate / (1 - beta1**update), out=g)
    np.subtract(w, np.divide(g, scratch, out=g), out=w)


def _nadam(
    w: np.ndarray, g: np.ndarray, states: Arrays, rate: np.ndarray, update: int,
    scratch: np.ndarray, beta1: float, beta2: float, momentum_decay: float, epsilon: float,
) -> None:  # fmt: skip
    mean, square = states
    now, following = (_momentum(u, beta1, momentum_decay) for u in (update, update + 1))
    product = _product_of_momenta(update, beta1, momentum_decay)
    np.multiply(np.multiply(g, g, out=scratch), 1 - beta2, out=scratch)
    np.add(np.multiply(square, beta2, out=square), scratch, out=square)
    np.multiply(g, 1 - beta1, out=scratch)
    np.add(np.multiply(mean, beta1, out=mean), scratch, out=mean)
    np.multiply(g, (1 - now) / (1 - product), out=g)
    np.add(g, np.multiply(mean, following / (1 - product * following), out=scratch), out=g)
    np.multiply(square, 1 / (1 - beta2**update), out=scratch)
    np.add(np.sqrt(scratch, out=scratch), epsilon, out=scratch)
    np.divide(np.multiply(g, rate, out=g), scratch, out=g)
    np.subtract(w, g, out=w)


def _momentum(update: int, beta1: float, momentum_decay: float) -> float:
    return beta1 * (1 - 0.5 * 0.96 ** (update * momentum_decay))


def _product_of_momenta(update: int, beta1: float, momentum_decay: float) -> float:
    """Return the product of the momenta of all updates up to this one."""
    products = _products(beta1, momentum_decay)
    while len(products) <= update:
        if products[-1] < 1e-20:  # 1 minus it is 1
            return 0.0
        products.append(products[-1] * _momentum(len(products), beta1, momentum_decay))
    return products[update]


@cache
def _products(beta1: float, momentum_decay: float) -> list[float]:
    """Return the products that are known by now: what makes the next one need one factor more."""
    return [1.0]


def _adagrad(
    w: np.ndarray, g: np.ndarray, states: Arrays, rate: np.ndarray, update: int,
    scratch: np.ndarray, epsilon: float,
) -> None:  # fmt: skip
    (total,) = states
    np.add(total, np.multiply(g, g, out=scratch), out=total)
    np.add(np.sqrt(total, out=scratch), epsilon, out=scratch)
    np.divide(np.multiply(g, rate, out=g), scratch, out=g)
    np.subtract(w, g, out=w)


def _lion(
    w: np.ndarray, g: np.ndarray, states: Arrays, rate: np.ndarray, update: int,
    scratch: np.ndarray, beta1: float, beta2: float,
) -> None:  # fmt: skip
    (mean,) = states
    # beta mean + (1 - beta) g is g + beta (mean - g), which needs no second buffer.
    np.multiply(np.subtract(mean, g, out=mean), beta1, out=scratch)
    np.sign(np.add(scratch, g, out=scratch), out=scratch)
    np.subtract(w, np.multiply(scratch, rate, out=scratch), out=w)
    np.add(np.multiply(mean, beta2, out=mean), g, out=mean)


def _decay(default: float, meaning: str) -> Parameter:
    return Parameter(default, meaning, low=0, high=1, open_high=True)


def _epsilon(default: float) -> Parameter:
    return Parameter(default, "added to the root, against division by 0", low=0, open_low=True)


_MOMENTS = {
    "beta1": _decay(0.9, "the share of the mean gradient that an update keeps"),
    "beta2": _decay(0.999, "the share of the mean square that an update keeps"),
}
"""The parameters that Adam and its descendants have in common."""

_ROWS = (
    Optimizer(
        name="sgd",
        label="SGD",
        formula="v <- momentum v - rate g; w <- w + v, or w + momentum v - rate g with Nesterov",
        source="Sutskever, Martens, Dahl & Hinton 2013, equations 1 to 4; where a schedule changes"
        " the rate, v is multiplied alike (Goyal et al. 2017, remark 2), as in PyTorch",
        step=_sgd,
        states=1,
        linear=True,
        rates=(2.0**-8, 2.0**-2),
        parameters={
            "momentum": _decay(0.9, "the share of the velocity that an update keeps"),
            "nesterov": Parameter(False, "look ahead by the velocity"),
        },
    ),
    Optimizer(
        name="rmsprop",
        label="RMSProp",
        formula="s <- decay s + (1 - decay) g^2; w <- w - rate g / (sqrt(s) + epsilon)",
        source="Tieleman & Hinton 2012, lecture 6.5",
        step=_rmsprop,
        states=1,
        rates=(2.0**-13, 2.0**-7),
        parameters={
            "decay": _decay(0.9, "the share of the mean square that an update keeps"),
            "epsilon": _epsilon(1e-8),
        },
    ),
    Optimizer(
        name="adam",
        label="Adam",
        formula="w <- w - rate mean / (sqrt(square) + epsilon), both corrected for their start",
        source="Kingma & Ba 2015, algorithm 1",
        step=_adam,
        states=2,
        rates=(2.0**-12, 2.0**-6),
        parameters=_MOMENTS | {"epsilon": _epsilon(1e-8)},
    ),
    Optimizer(
        name="adamw",
        label="AdamW",
        formula="as adam, after w <- w - rate weight_decay w, which leaves biases out",
        source="Loshchilov & Hutter 2019, algorithm 2",
        step=_adam,
        states=2,
        decoupled=True,
        rates=(2.0**-12, 2.0**-6),
        parameters=_MOMENTS | {"epsilon": _epsilon(1e-8)},
    ),
    Optimizer(
        name="nadam",
        label="NAdam",
        formula="as adam with Nesterov's momentum: momenta m_u = beta1 (1 - 0.96^(u momentum_decay)"
        " / 2), w <- w - rate (m_(u+1) mean / (1 - m_1 ... m_(u+1)) + (1 - m_u) g / (1 - m_1 ..."
        " m_u)) / (sqrt(square) + epsilon)",
        source="Dozat 2016, algorithm 2, with the momenta of his experiments, as PyTorch has it",
        step=_nadam,
        states=2,
        rates=(2.0**-12, 2.0**-6),
        parameters=_MOMENTS
        | {
            "momentum_decay": Parameter(0.004, "how fast the momenta rise to beta1", low=0),
            "epsilon": _epsilon(1e-8),
        },
    ),
    Optimizer(
        name="adagrad",
        label="AdaGrad",
        formula="s <- s + g^2; w <- w - rate g / (sqrt(s) + epsilon)",
        source="Duchi, Hazan & Singer 2011, figure 1, the diagonal form",
        step=_adagrad,
        states=1,
        rates=(2.0**-9, 2.0**-3),
        parameters={"epsilon": _epsilon(1e-10)},
    ),
    Optimizer(
        name="lion",
        label="Lion",
        formula="w <- w - rate (sign(beta1 m + (1 - beta1) g) + weight_decay w), biases without"
        " decay; then m <- beta2 m + (1 - beta2) g",
        source="Chen et al. 2023, algorithm 2",
        step=_lion,
        states=1,
        decoupled=True,
        rates=(2.0**-15, 2.0**-9),
        parameters={
            "beta1": _decay(0.9, "the share of the mean gradient in the direction of an update"),
            "beta2": _decay(0.99, "the share of the mean gradient that an update keeps"),
        },
    ),
)

OPTIMIZERS: dict[str, Optimizer] = {row.name: row for row in _ROWS}
