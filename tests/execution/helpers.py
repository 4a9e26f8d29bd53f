"""Runs that train within milliseconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from experiments.datasets import DATASETS
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.parameters import Choice
from experiments.records import Evaluation, Network, Run, Trace, Training

TINY = """
    dataset: {name: xor, examples: 60}
    network: {activation: [relu, tanh], depth: 1, width: 4}
    training: {epochs: 4, batch_size: 8}
    tuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}
    evaluation: {per_doubling: 2}
    seeds: 4
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.6}}]
"""


def make_run(
    activation: str = "relu",
    *,
    data: str = "moons",
    examples: int = 40,
    widths: tuple[int, ...] = (4,),
    init: str = "he",
    init_scale: float = 1.0,
    optimizer: str = "sgd",
    rate: float | None = 0.1,
    batch: int = 8,
    epochs: float = 2.0,
    precision: str = "float32",
    layers: str = "all",
    stream: str = "evaluation",
    seed: int = 0,
    diagnostics: tuple[str, ...] = (),
) -> Run:
    return Run(
        Choice.of(data, DATASETS, examples=examples),
        Network(widths, Choice.of(activation, ACTIVATIONS), init, "softmax", init_scale),
        Training(Choice.of(optimizer, OPTIMIZERS), rate, batch, epochs, precision, layers),
        Evaluation(),
        stream,
        seed,
        diagnostics,
    )


def at_rate(run: Run, rate: float | None) -> Run:
    return replace(run, training=replace(run.training, learning_rate=rate))


def assert_same_bits(found: Trace, expected: Trace) -> None:
    assert (found.status, found.budget) == (expected.status, expected.budget)
    assert found.columns == expected.columns
    assert found.updates.dtype == expected.updates.dtype == np.int64
    assert found.values.dtype == expected.values.dtype == np.float64
    assert found.updates.tobytes() == expected.updates.tobytes()
    assert found.values.shape == expected.values.shape
    assert found.values.tobytes() == expected.values.tobytes()
