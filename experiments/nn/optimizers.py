"""The table of optimizers: to add one, add a row here.

A step changes weights w and states in place, given the gradient g, all of shape (R, P);
`rate` holds each run's learning rate, shape (R, 1). `scratch` is a buffer of w's shape, and g may
be overwritten: the next backward pass writes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimizer: its update rule, its parameters and where a search for its rate begins.

    `step(w, g, states, rate, update, scratch, **parameters)` performs update number `update`,
    counted from 1. `states` is how many arrays of w's shape it keeps, all starting at 0. A step
    that is `linear` in the gradient is given rate times the gradient, and does not multiply by the
    rate itself: whoever computes the gradient can do so for free.
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


def _decay(default: float, meaning: str) -> Parameter:
    return Parameter(default, meaning, low=0, high=1, open_high=True)


_EPSILON = Parameter(1e-8, "added to the root, against division by 0", low=0, open_low=True)

_ROWS = (
    Optimizer(
        name="sgd",
        label="SGD",
        formula="v <- momentum v - rate g; w <- w + v, or w + momentum v - rate g with Nesterov",
        source="Sutskever, Martens, Dahl & Hinton 2013, equations 1 to 4",
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
            "epsilon": _EPSILON,
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
        parameters={
            "beta1": _decay(0.9, "the share of the mean gradient that an update keeps"),
            "beta2": _decay(0.999, "the share of the mean square that an update keeps"),
            "epsilon": _EPSILON,
        },
    ),
)

OPTIMIZERS: dict[str, Optimizer] = {row.name: row for row in _ROWS}
