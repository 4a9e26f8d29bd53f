"""What a run costs: estimates of its multiplications, which need no clock."""

from __future__ import annotations

from functools import lru_cache

from experiments.nn.layers.chain import chain, parts_of
from experiments.nn.schedule import (
    evaluation_updates,
    examples_read,
    splits_read,
    total_updates,
)
from experiments.records import DataShape, Network, Run


def per_update(run: Run, shape: DataShape) -> float:
    """Estimate the multiplications of one update.

    A layer of D inputs and H outputs costs D H for each example forward, as many for its weights'
    gradient and, unless it is the first, as many for the gradient that it passes on. To these are
    added 60 for each unit and example, for all that is element-wise, and 10 for each weight. What
    is not dense says in its own row what it costs.
    """
    of_examples, of_weights = _per_update(run.network, shape)
    return run.training.batch_size * of_examples + of_weights


@lru_cache(maxsize=1024)  # a report asks it of every run, of which few differ in their network
def _per_update(network: Network, shape: DataShape) -> tuple[float, float]:
    """Return the multiplications for each example of an update, and for all weights."""
    places = chain(network, shape)
    products = [place.row.products(place) for place in places]
    elements = sum(place.row.update * place.units for place in places)
    weights = sum(part.size for part in parts_of(places))
    return 3 * sum(products) - products[0] + elements, 10 * weights


def of_run(run: Run, shape: DataShape) -> float:
    """Estimate the multiplications of a whole run, its evaluations included.

    An example that is only evaluated costs D H a layer and 30 a unit.
    """
    places = chain(run.network, shape)
    forward = sum(p.row.products(p) + p.row.evaluation * p.units for p in places)
    evaluations = len(evaluation_updates(run.evaluation, run.training, shape))
    train = examples_read(run.evaluation, run.training, shape)
    read = splits_read(run.evaluation, evaluations).sum(axis=0) @ (
        train,
        shape.validation,
        shape.test,
    )
    return total_updates(run.training, shape) * per_update(run, shape) + float(read) * forward
