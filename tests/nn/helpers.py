"""Short ways to make data, runs and fleets, and to compare traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from experiments.nn import initializers
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers.chain import States, chain, parts_of, products
from experiments.nn.layers.record import Block, Place
from experiments.nn.network import Stack
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES
from experiments.nn.training import train
from experiments.nn.weights import Weights
from experiments.parameters import Choice
from experiments.records import (
    SPLITS,
    Dataset,
    DataShape,
    Evaluation,
    Fleet,
    Network,
    Run,
    Trace,
    Training,
)

FIXED = [name for name, row in ACTIVATIONS.items() if not row.learned]
PRECISIONS = ("float32", "float64")
ELEMENTWISE = [name for name, row in ACTIVATIONS.items() if row.derivative is not None]
DIFFERENTIATED = [name for name, row in ACTIVATIONS.items() if not row.surrogate]
KINKS = {
    "relu6": (0.0, 6.0),
    "hard_tanh": (-1.0, 1.0),
    "hard_sigmoid": (-3.0, 3.0),
    "hard_swish": (-3.0, 3.0),
}
"""Where the slope of a function jumps, if not at 0 or nowhere."""


def activation(name: str, **parameters) -> Choice:
    return Choice.of(name, ACTIVATIONS, **parameters)


def far_from_kinks(name: str, z: np.ndarray, distance: float) -> bool:
    """Tell whether no number is that close to where the slope of a function may jump."""
    return all(np.abs(z - kink).min() > distance for kink in KINKS.get(name, (0.0,)))


def optimizer(name: str, **parameters) -> Choice:
    return Choice.of(name, OPTIMIZERS, **parameters)


def schedule(name: str, **parameters) -> Choice:
    return Choice.of(name, SCHEDULES, **parameters)


def make_dataset(shape: DataShape, seed: int = 0, dtype: str = "float64") -> Dataset:
    """Normal inputs, labelled by a random linear teacher, a tenth of them wrongly.

    For a regression the teacher's outputs are the targets, with normal noise of a tenth.
    """
    rng = np.random.default_rng([7, seed])
    count = shape.train + shape.validation + shape.test
    inputs = rng.standard_normal((count, shape.features))
    taught = inputs @ rng.standard_normal((shape.features, shape.outputs))
    if shape.regression:
        targets = taught + 0.1 * rng.standard_normal(taught.shape)
        return Dataset(inputs.astype(dtype), targets.astype(dtype), shape)
    labels = taught.argmax(axis=1)
    labels = np.where(rng.random(count) < 0.1, rng.integers(shape.outputs, size=count), labels)
    return Dataset(inputs.astype(dtype), labels, shape)


def make_run(
    hidden: str | Choice | tuple[Choice, ...] = "relu",
    *,
    widths: tuple[int, ...] = (5, 4),
    init: str = "he",
    init_scale: float = 1.0,
    output: str = "softmax",
    optimizer: Choice | str = "sgd",
    rate: float = 0.05,
    batch: int = 8,
    epochs: float = 2.0,
    precision: str = "float64",
    evaluation: Evaluation | None = None,
    stream: str = "evaluation",
    seed: int = 0,
    trainable: str = "all",
    normalisation: str = "none",
    dropout: float = 0.0,
    **more,
) -> Run:
    """Make a run; `more` are further fields of its training."""
    if isinstance(hidden, str):
        hidden = activation(hidden)
    if isinstance(optimizer, str):
        optimizer = Choice.of(optimizer, OPTIMIZERS)
    return Run(
        Choice("by hand"),
        Network(widths, hidden, init, output, init_scale, normalisation, dropout),
        Training(optimizer, rate, batch, epochs, precision, trainable, **more),
        evaluation or Evaluation(often=SPLITS),
        stream,
        seed,
    )


def make_fleet(variants: Sequence[dict], seeds: Sequence[int], **common) -> Fleet:
    """Every variant, given by the arguments of `make_run` in which it is special, at every seed."""
    runs = [make_run(**(common | v), seed=seed) for v in variants for seed in seeds]
    return Fleet(tuple(runs), len(seeds))


def asking(fleet: Fleet, *names: str) -> Fleet:
    """Let all runs of a fleet read some diagnostics."""
    return replace(fleet, runs=tuple(replace(run, diagnostics=names) for run in fleet.runs))


def train_fleet(fleet: Fleet, shape: DataShape) -> list[Trace]:
    dtype = fleet.runs[0].training.precision
    return train(fleet, [make_dataset(shape, run.seed, dtype) for run in fleet.first_of_seeds])


def train_alone(run: Run, shape: DataShape) -> Trace:
    return train_fleet(Fleet((run,), 1), shape)[0]


def assert_same_bits(found: Trace, expected: Trace) -> None:
    assert found.status == expected.status
    assert found.budget == expected.budget
    np.testing.assert_array_equal(found.updates, expected.updates)
    np.testing.assert_array_equal(found.values, expected.values)  # NaN equals NaN


def with_ones(inputs: np.ndarray) -> np.ndarray:
    """Turn examples (..., B, D) into what a stack reads, (..., D + 1, B)."""
    ones = np.ones((*inputs.shape[:-1], 1), inputs.dtype)
    return np.concatenate([inputs, ones], axis=-1).mT


def stacked(layers: Sequence[np.ndarray]) -> Weights:
    """Gather the weights of networks of dense layers, given for each layer as (R, H, D + 1)."""
    return Weights.of(list(zip(*layers, strict=True)), str(layers[0].dtype))


def dense_stack(
    weights: Weights, blocks: Sequence[Block], output: str, seeds: int, batch: int, **given
) -> Stack:
    """Make a stack of dense layers of the weights' sizes, whose activations learn nothing."""
    sizes = (weights.layers[0].shape[2] - 1, *(layer.shape[1] for layer in weights.layers))
    network = Network(sizes[1:-1], Choice("linear"), "he", output)
    return Stack(weights, chain_of(network, sizes), blocks, seeds, batch, **given)


def chain_of(network: Network, sizes: Sequence[int]) -> tuple[Place, ...]:
    """Return the layers of a network between so many inputs and outputs, the ends of `sizes`."""
    return chain(network, DataShape(sizes[0], sizes[-1], 0, 0, 0))


def draw_weights(
    init: str,
    activation: Choice | Sequence[Choice],
    sizes: Sequence[int],
    *where: str | int,
    **more,
) -> list[np.ndarray]:
    """Draw the weights of dense layers between so many units."""
    products = [(inputs, outputs, outputs) for inputs, outputs in pairwise(sizes)]
    return initializers.draw_weights(init, activation, products, *where, **more)


def one_hot(labels: np.ndarray, classes: int, dtype: str = "float64") -> np.ndarray:
    """Turn labels (..., B) into targets (..., C, B)."""
    return (labels[..., None, :] == np.arange(classes)[:, None]).astype(dtype)


def random_stack(
    runs: Sequence[Run],
    shape: DataShape,
    seeds: int,
    batch: int,
    *,
    training: bool,
    spread: float,
    seed: int = 0,
) -> tuple[Stack, Weights, States, tuple[Place, ...], np.ndarray, np.ndarray]:
    """Make a stack of runs with weights of all kinds and moments away from 0, and its batch.

    Returns:
        The stack, its weights, states and layers, inputs (G, B, D) and targets (G, C, B).

    """
    rng = np.random.default_rng(seed)
    network, precision = runs[0].network, runs[0].training.precision
    places = chain(network, shape)
    parts = parts_of(places)
    values = rng.normal(0, spread, (len(runs), sum(part.size for part in parts)))
    weights, states = Weights(values.astype(precision), parts), States(places, runs, seeds)
    for place in places:
        for name, array in states.arrays(place).items():
            array[...] = rng.uniform(0.5, 2, array.shape) if name == "variance" else array + 0.3
    blocks = [Block(slice(0, len(runs)), network.activation)]
    stack = Stack(weights, places, blocks, seeds, batch, states=states, training=training)
    inputs = rng.normal(0, 1, (seeds, batch, shape.features)).astype(precision)
    targets = one_hot(rng.integers(shape.outputs, size=(seeds, batch)), shape.outputs, precision)
    return stack, weights, states, places, inputs, targets


def rewound(states: States, places: Sequence[Place]) -> Callable[[], None]:
    """Return what makes every layer draw once more what it drew."""
    streams = [stream for place in places for stream in states.generators(place)]
    known = [stream.bit_generator.state for stream in streams]

    def rewind() -> None:
        for stream, state in zip(streams, known, strict=True):
            stream.bit_generator.state = state

    return rewind


def check_gradients(
    stack: Stack,
    weights: Weights,
    places: Sequence[Place],
    inputs: np.ndarray,
    targets: np.ndarray,
    rewind: Callable[[], None],
    *,
    least: float,
    step: float = 1e-5,
) -> None:
    """Compare the gradient of all that is learned with central differences, to 1e-6.

    Args:
        stack: of the weights' layers.
        weights: in float64.
        places: the layers.
        inputs: (G, D + 1, B).
        targets: (G, C, B).
        rewind: makes the stack draw what it drew.
        least: how large the gradient of some run has to be at least, so that it says something.
        step: of the differences.

    """

    def loss() -> np.ndarray:
        rewind()
        stack.forward(inputs)
        return stack.losses(targets).mean(axis=1)

    loss()
    gradients = weights.zeros()
    gradients.values.fill(np.nan)
    stack.backward(inputs, targets, gradients, 1 / inputs.shape[-1])
    fixed = {place.number for place in products(places) if not place.bias}
    for part in weights.parts:
        w, found = weights.part(part.layer, part.name), gradients.part(part.layer, part.name)
        expected = np.empty_like(w)
        for place in np.ndindex(w.shape[1:]):
            at = (slice(None), *place)
            kept = w[at].copy()
            w[at] = kept + step
            ahead = loss()
            w[at] = kept - step
            expected[at] = (ahead - loss()) / (2 * step)
            w[at] = kept
        if part.name == "weights" and part.layer in fixed:
            np.testing.assert_array_equal(found[:, :, -1], 0)  # biases, which do not learn
            found, expected = found[:, :, :-1], expected[:, :, :-1]
        size = np.sqrt(np.square(expected).sum(axis=(1, 2)))
        error = np.sqrt(np.square(found - expected).sum(axis=(1, 2)))
        assert (error <= 1e-6 * size + 1e-9).all(), part
        assert size.max() > least, part
