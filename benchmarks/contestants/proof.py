"""The proof of equal work: all contestants come to the same losses and the same weights."""

from __future__ import annotations

from functools import cache

import numpy as np

from contestants.entries import CONTESTANTS, FLEETS
from contestants.work import Work, apart, diverged, told
from contestants.workloads import Task, Weights, Workload, metrics
from experiments.nn import evaluation
from experiments.nn.examples import Examples
from experiments.nn.layers.chain import chain, parts_of
from experiments.nn.layers.record import Block
from experiments.nn.network import Stack
from experiments.nn.pieces import chunk
from experiments.nn.weights import Weights as StackedWeights
from experiments.records import METRICS, Dataset, Run

EXAMPLES = 1000
"""Of how many training examples, at most, final losses are the mean."""

LARGEST_DIFFERENCE = 0.01
"""How far the mean final losses of all runs may lie apart, and the weights of each, as a share."""

MEDIAN_DIFFERENCE = 2e-5
"""How far the final losses of one run may lie apart, for the median run.

The same work leaves 1e-6 or less, which is rounding; other batches leave 4e-4 or more. Single runs
may lie further apart, since rounding turns units of ReLU on and off: the more so, the higher the
rate, so that those of the workloads are low.
"""


def prove(workload: Workload, activation: str) -> Work:
    """Train once with each contestant that trains, and compare what they come to.

    Fleets hand out no weights: what they compute shows in the losses, run by run. Those who do are
    compared by their weights too, where they are several, in the runs that are finite with all.

    Returns:
        The mean final losses, and how far apart they and the weights lie.

    """
    task = workload.task(activation, EXAMPLES)
    training = [one for one in CONTESTANTS if one.trains(workload.layers) and not one.is_limit]
    trained = {one: one.load().train(task) for one in training}
    of_fleets = trained.pop(FLEETS)
    losses = {FLEETS: np.array([of_fleets[run] for run in task])}  # (R,)
    for one, weights in trained.items():
        losses[one] = np.array([_loss(task, run, weights[run]) for run in task])
    differences = [apart(some, losses[FLEETS]) for some in losses.values()]
    finite = np.isfinite(list(losses.values())).all(axis=0)  # (R,)
    first, *others = trained.values()
    weights = np.max(
        [
            _distance(first[run], other[run])
            for other in others
            for run, is_finite in zip(task, finite, strict=True)
            if is_finite
        ],
        initial=0.0,
    )
    # NumPy's maximum, unlike Python's, is NaN if anything is.
    means, median = np.max([(d.means, d.median) for d in differences], axis=0)
    ended = {one: diverged(some) for one, some in losses.items()}
    found = (
        f"{workload.name}, {activation}: mean final losses "
        + ", ".join(f"{one.name} {_mean(some):.5f}" for one, some in losses.items())
        + f"; largest differences: means {means:.1g}, "
        + f"median run {median:.1g}"
        + f", weights {weights:.1g}" * bool(others)
        + told(ended, len(task))
    )
    same = all(d.within(MEDIAN_DIFFERENCE, LARGEST_DIFFERENCE) for d in differences)
    return Work(found, ended, same and bool(weights <= LARGEST_DIFFERENCE))


def _mean(losses: np.ndarray) -> float:
    finite = losses[np.isfinite(losses)]
    return float(finite.mean()) if finite.size else np.nan


def _loss(task: Task, run: Run, weights: Weights) -> float:
    data = task[run]
    if run.network.layers:
        return _loss_of_layers(run, data, weights)
    return metrics(run, weights, data.inputs[:EXAMPLES], data.labels[:EXAMPLES])[0]


def _loss_of_layers(run: Run, data: Dataset, weights: Weights) -> float:
    """Return the mean loss by the project's own forward pass, which agrees with PyTorch's."""
    places, precision = chain(run.network, data.shape), run.training.precision
    own = StackedWeights.of([weights], precision, parts_of(places))
    blocks = [Block(slice(1), run.network.activation)]

    @cache
    def stack_of(batch: int) -> Stack:
        return Stack(own, places, blocks, 1, batch)

    split = Examples([data], precision, chunk(places)).split("train", EXAMPLES)
    found = evaluation.metrics([split], stack_of, 1, regression=False)
    return float(found[0, METRICS.index("train_loss")])


def _distance(some: Weights, others: Weights) -> float:
    """Return |w - v| / |w| for all weights of a network together."""
    w, v = (np.concatenate([layer.ravel() for layer in net]) for net in (some, others))
    return float(np.linalg.norm(w - v) / np.linalg.norm(w))
