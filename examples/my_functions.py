"""Rows of one's own: `python runner.py my_question.yaml --plugin examples/my_functions.py`."""

import numpy as np

from experiments.datasets import DatasetRow
from experiments.nn.activations import Activation
from experiments.nn.optimizers import Optimizer
from experiments.parameters import Parameter
from experiments.splits import Pool, split_sizes


# An activation: z and a are arrays of pre-activations and outputs; out is filled and returned.
def bent(z, out, curve):
    return np.add(z, curve * (np.sqrt(z * z + 1) - 1), out=out)


def bent_slope(z, a, out, curve):
    return np.add(1, curve * z / np.sqrt(z * z + 1), out=out)


# An optimizer: changes w (runs, weights) in place; states are arrays of its shape, at first 0.
def sign_step(w, g, states, rate, update, scratch):
    np.subtract(w, rate * np.sign(g), out=w)


# A data set: everything random comes from rng.
def ring(rng, examples, **shares):
    labels = np.arange(examples) % 2
    angle = rng.uniform(0, 2 * np.pi, examples)
    radius = 1 + labels + 0.2 * rng.standard_normal(examples)
    return Pool(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), labels)


ROWS = [
    Activation(
        name="bent",
        label="bent identity",
        formula="z + curve (sqrt(z^2 + 1) - 1)",
        source="the identity with a bend at 0",
        range="(-inf, inf)",
        init="glorot",
        function=bent,
        derivative=bent_slope,
        parameters={"curve": Parameter(0.5, "how far it bends", low=0, high=1)},
        negative_slope=lambda curve: 1 - curve,
    ),
    Optimizer(
        name="sign_sgd",
        label="sign SGD",
        formula="w <- w - rate sign(g)",
        source="Bernstein, Wang, Azizzadenesheli & Anandkumar 2018, algorithm 1",
        step=sign_step,
        states=0,
        rates=(2.0**-12, 2.0**-6),
    ),
    DatasetRow(
        name="rings",
        label="Two noisy rings",
        source="drawn: radius 1 or 2, with noise of 0.2",
        draw=ring,
        sizes=lambda examples, validation, test: split_sizes(2, 2, examples, validation, test),
        parameters={
            "examples": Parameter(600, "examples in all three splits", low=10, high=100_000),
            "validation": Parameter(0.1, "the validation split's share", low=0.0, high=0.4),
            "test": Parameter(0.2, "the test split's share", low=0.0, high=0.4),
        },
    ),
]
