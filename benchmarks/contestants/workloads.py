"""What is trained: the workloads, and all that every contestant is given alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from contestants import colour_images
from experiments import datasets
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import draw_weights, matched
from experiments.nn.layers.chain import chain, products, widths_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.schedule import total_updates, updates_per_epoch
from experiments.parameters import Choice, Scalar
from experiments.records import Dataset, Evaluation, Network, Run, Training
from experiments.streams import generator

Task = dict[Run, Dataset]
"""Runs that differ in nothing but their seeds, each with its own data."""

Weights = list[np.ndarray]
"""Of one network: for each layer (H, D + 1), the bias as the last column."""


@dataclass(frozen=True)
class Workload:
    """One network, how it is trained, and from how many seeds."""

    name: str  # its stage and, where that has several, what is special of it
    data: Callable[[], Choice]  # called when it is wanted, which may write a file
    widths: tuple[int, ...]  # units of each hidden layer; () where layers are listed
    batch: int
    seeds: int
    updates: int
    rate: float
    layers: tuple[str, ...] = ()  # as a config has them, where not all is dense

    @property
    def stage(self) -> str:
        """What workloads that are measured together are called."""
        return self.name.split()[0]

    def __str__(self) -> str:
        shape = datasets.shape(self.data())
        if self.layers:
            image = shape.image
            size = f"{image.rows}x{image.columns}x{image.planes}"
            sizes = ", ".join((size, *self.layers, str(shape.outputs)))
        else:
            sizes = "-".join(map(str, (shape.features, *self.widths, shape.outputs)))
        return f"{self.name}: {sizes}, B = {self.batch}, {self.seeds} runs, {self.updates} updates"

    def task(self, activation: str, examples: int) -> Task:
        """Return the runs, evaluated at start and end on so many examples, with their data."""
        data = self.data()
        per_epoch = datasets.shape(data).train // self.batch
        sgd = Choice.of("sgd", OPTIMIZERS, momentum=0.9, nesterov=False)
        chosen = Choice.of(activation, ACTIVATIONS)
        hidden = listed(self.layers) if self.layers else {"widths": self.widths}
        run = Run(
            data,
            Network(activation=chosen, init=matched(activation), output="softmax", **hidden),
            Training(sgd, self.rate, self.batch, self.updates / per_epoch),
            Evaluation(per_doubling=None, at=(0.0,), examples=examples),
            "evaluation",
            0,
        )
        runs = [replace(run, seed=seed) for seed in range(self.seeds)]
        return {one: _training_part(one.data, one.stream, one.seed) for one in runs}


def listed(layers: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a network that tell its hidden layers.

    Args:
        layers: as a config has them, such as "conv 16 5x5".

    """
    from experiments.config.layers import read  # imported here: few need it, and it takes time

    (level,) = read([*layers])
    return {"widths": widths_of(level.value), "layers": level.value}


@cache
def _training_part(data: Choice, stream: str, seed: int) -> Dataset:
    """Load a data set without its other parts, which nobody is to spend time on."""
    whole = datasets.load(data, stream, seed, "float32")
    train = whole.shape.train
    shape = replace(whole.shape, validation=0, test=0)
    return Dataset(whole.inputs[:train].copy(), whole.labels[:train].copy(), shape)


def starting_weights(run: Run, data: Dataset) -> Weights:
    """Draw the weights that a fleet's run starts from."""
    network = run.network
    sizes = [place.row.fans(place) for place in products(chain(network, data.shape))]
    drawn = draw_weights(
        network.init, network.activation, sizes, run.stream, run.seed, network.init_scale
    )
    return [layer.astype(run.training.precision) for layer in drawn]


def batches(run: Run, data: Dataset, updates: int | None = None) -> np.ndarray:
    """Draw which examples each of the first `updates` of a fleet's run sees, (U, B), or of all.

    Every epoch is a permutation of the training part from the run's own stream, cut into whole
    batches.
    """
    size, train = run.training.batch_size, data.shape.train
    updates = total_updates(run.training, data.shape) if updates is None else updates
    per_epoch = updates_per_epoch(run.training, data.shape)
    order = generator(run.stream, run.seed, "order")
    epochs = -(-updates // per_epoch)
    rows = [order.permutation(train)[: per_epoch * size] for _ in range(epochs)]
    return np.concatenate(rows).reshape(-1, size)[:updates]


def metrics(
    run: Run, weights: Weights, inputs: np.ndarray, labels: np.ndarray
) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy of a network on examples (N, D), (N,).

    Of one that diverged they are no finite numbers, which is not warned of.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return _metrics(run, weights, inputs, labels)


def _metrics(
    run: Run, weights: Weights, inputs: np.ndarray, labels: np.ndarray
) -> tuple[float, float]:
    a = inputs
    for layer, w in enumerate(weights):
        z = a @ w[:, :-1].T + w[:, -1]
        if layer < len(weights) - 1:
            a = np.tanh(z) if run.network.activation.name == "tanh" else np.maximum(z, 0)
    below = z - z.max(axis=1, keepdims=True)
    right = below[np.arange(len(labels)), labels]
    losses = np.log(np.exp(below).sum(axis=1)) - right
    return float(losses.mean(dtype=float)), float((z.argmax(axis=1) == labels).mean())


def _data(name: str, **given: Scalar) -> Choice:
    return Choice.of(name, datasets.DATASETS, validation=0.0, **given)


def _colour_images() -> Choice:
    return _data("npz", test=0.0, path=str(colour_images.file()), standardise="global")


_MOONS = partial(_data, "moons", test=0.0, examples=1024)
_DIGITS, _FASHION = partial(_data, "digits", test=0.0), partial(_data, "fashion_mnist_mini")


def _convolutions(*filters: int) -> tuple[str, ...]:
    return tuple(layer for count in filters for layer in (f"conv {count} 5x5", "max_pool 2"))


WORKLOADS = (
    Workload("tiny", _MOONS, (16, 16), 32, 50, 640, 0.05),
    Workload("medium", _DIGITS, (64,) * 3, 64, 20, 300, 0.005),
    Workload("large", _FASHION, (128,) * 3, 128, 8, 120, 0.0005),
    Workload("conv 32x32x3", _colour_images, (), 128, 4, 20, 0.0001, _convolutions(16, 16, 32)),
    Workload("conv 28x28x1", _FASHION, (), 128, 4, 20, 0.0001, _convolutions(8, 16, 32)),
)
