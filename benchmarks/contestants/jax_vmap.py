"""JAX: the program that trains one run, mapped over runs and compiled as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from contestants.workloads import Task, Weights, batches, starting_weights
from experiments.execution.fleets import cut
from experiments.records import Run

_ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh}

Layers = list[tuple[jax.Array, jax.Array]]
"""For each layer its weights (D, H) and its biases (H,)."""

compile_seconds: list[float] = []
"""What each program took to compile."""

_programs: dict[str, Callable[..., Layers]] = {}


def train(task: Task) -> dict[Run, Weights]:
    """Train all runs of a task and return their last weights.

    As many runs are mapped over as a fleet holds, since that fits the caches here too: all runs
    at once took as long for small nets, and a tenth longer for large ones.
    """
    trained = {}
    for fleet in cut(task):
        runs = fleet.first_of_seeds
        layers = _trained({run: task[run] for run in runs})
        for number, run in enumerate(runs):
            trained[run] = [np.column_stack([w[number].T, b[number]]) for w, b in layers]
    return trained


def _trained(task: Task) -> list[tuple[np.ndarray, np.ndarray]]:
    """Train runs together and return each layer's weights (R, D, H) and biases (R, H)."""
    run = next(iter(task))
    stacked = zip(*(starting_weights(*pair) for pair in task.items()), strict=True)
    weights = [np.stack(layer).swapaxes(1, 2) for layer in stacked]  # (R, D + 1, H)
    arguments = (
        [(w[:, :-1], w[:, -1]) for w in weights],
        np.stack([data.inputs for data in task.values()]),  # (R, N, D)
        np.stack([data.labels for data in task.values()]).astype(np.int32),
        np.stack([batches(*pair) for pair in task.items()]).astype(np.int32),  # (R, U, B)
        np.float32(run.training.learning_rate),
        np.float32(run.training.optimizer.arguments["momentum"]),
    )
    program = _program(run.network.activation.name, arguments)
    return jax.tree.map(np.asarray, program(*arguments))


def _program(activation: str, arguments: tuple) -> Callable[..., Layers]:
    """Return what trains arguments of these shapes, compiled where it was not before."""
    key = f"{activation} {jax.tree.map(np.shape, arguments)}"
    if key not in _programs:
        started = time.perf_counter()
        mapped = jax.vmap(partial(_train_one, activation), in_axes=(0, 0, 0, 0, None, None))
        _programs[key] = jax.jit(mapped).lower(*arguments).compile()
        compile_seconds.append(time.perf_counter() - started)
    return _programs[key]


def _train_one(
    activation: str, layers: Layers, inputs: jax.Array, labels: jax.Array, rows: jax.Array,
    rate: jax.Array, momentum: jax.Array,
) -> Layers:  # fmt: skip
    """Train one run: as the compiler sees it, all updates are one loop."""

    def loss(layers: Layers, batch: jax.Array) -> jax.Array:
        *hidden, (last, bias) = layers
        a = inputs[batch]
        for w, b in hidden:
            a = _ACTIVATIONS[activation](a @ w + b)
        logs = jax.nn.log_softmax(a @ last + bias)
        return -jnp.take_along_axis(logs, labels[batch][:, None], axis=1).mean()

    def update(state: tuple[Layers, Layers], batch: jax.Array) -> tuple:
        layers, velocities = state
        gradients = jax.grad(loss)(layers, batch)
        velocities = jax.tree.map(lambda v, g: momentum * v - rate * g, velocities, gradients)
        return (jax.tree.map(jnp.add, layers, velocities), velocities), None

    start = layers, jax.tree.map(jnp.zeros_like, layers)
    (layers, _), _ = jax.lax.scan(update, start, rows)
    return layers
