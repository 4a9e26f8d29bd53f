"""What a run costs: estimates of its multiplications, which need no clock."""

from __future__ import annotations

from itertools import pairwise

from experiments.nn.schedule import (
    evaluation_updates,
    examples_read,
    splits_read,
    total_updates,
)
from experiments.records import DataShape, Run


def layer_sizes(run: Run, shape: DataShape) -> tuple[int, ...]:
    """Return inputs, the width of each hidden layer, outputs."""
    return (shape.features, *run.network.widths, shape.outputs)


def per_update(run: Run, shape: DataShape) -> float:
    """Estimate the multiplications of one update.

    A layer of D inputs and H outputs costs D H for each example forward, as many for its weights'
    gradient and, unless it is the first, as many for the gradient that it passes on. To these are
    added 60 for each unit and example, for all that is element-wise, and 10 for each weight.
    """
    sizes = layer_sizes(run, shape)
    products = [d * h for d, h in pairwise(sizes)]
    of_examples = 3 * sum(products) - products[0] + 60 * sum(sizes[1:])
    return run.training.batch_size * of_examples + 10 * sum(products)


def of_run(run: Run, shape: DataShape) -> float:
    """Estimate the multiplications of a whole run, its evaluations included.

    An example that is only evaluated costs D H a layer and 30 a unit.
    """
    sizes = layer_sizes(run, shape)
    forward = sum(d * h for d, h in pairwise(sizes)) + 30 * sum(sizes[1:])
    evaluations = len(evaluation_updates(run.evaluation, run.training, shape))
    train = examples_read(run.evaluation, run.training, shape)
    read = splits_read(run.evaluation, evaluations).sum(axis=0) @ (
        train,
        shape.validation,
        shape.test,
    )
    return total_updates(run.training, shape) * per_update(run, shape) + float(read) * forward
