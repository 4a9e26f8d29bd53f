"""The matrix products of the fleets' updates and nothing else: the limit for any NumPy program."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from contestants.workloads import Task
from experiments.execution.fleets import cut
from experiments.nn.schedule import total_updates
from experiments.records import Run

Product = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Both factors, and where their product goes."""


def train(task: Task) -> None:
    """Make the products of all updates of a task, on numbers that stay as they are."""
    for fleet in cut(task):
        run = fleet.runs[0]
        shape = task[run].shape
        sizes = (shape.features, *run.network.widths, shape.outputs)
        products = _of_update(run, sizes, len(fleet.runs))
        for _ in range(total_updates(run.training, shape)):
            for a, b, out in products:
                np.matmul(a, b, out=out)


def _of_update(run: Run, sizes: tuple[int, ...], runs: int) -> list[Product]:
    """Return the products of one update, forward and then backward.

    Biases are the last column of the weights (R, H, D + 1), and a layer's inputs (R, D + 1, B)
    have a last row for them.
    """
    rng = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return rng.standard_normal((runs, *shape), dtype=run.training.precision)

    batch = run.training.batch_size
    weights = [some(h, d + 1) for d, h in pairwise(sizes)]
    inputs = [some(d + 1, batch) for d in sizes[:-1]]
    deltas = [some(h, batch) for h in sizes[1:]]
    results = [np.empty_like(delta) for delta in deltas]
    products = list(zip(weights, inputs, results, strict=True))
    for layer in reversed(range(len(weights))):
        products.append((deltas[layer], inputs[layer].mT, np.empty_like(weights[layer])))
        if layer > 0:  # the first layer passes nothing on
            passed_on = weights[layer][:, :, :-1].mT
            products.append((passed_on, deltas[layer], results[layer - 1]))
    return products
