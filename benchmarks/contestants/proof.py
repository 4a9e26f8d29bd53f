"""The proof of equal work: all contestants come to the same losses and the same weights."""

from __future__ import annotations

import numpy as np

from contestants.entries import CONTESTANTS, FLEETS
from contestants.workloads import Task, Weights, Workload, metrics
from experiments.records import Run

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


class UnfairError(Exception):
    """The contestants do not do the same work, or not on one core; the message says who."""


def prove(workload: Workload, activation: str) -> str:
    """Train once with each contestant that trains, and compare what they come to.

    Fleets hand out no weights: what they compute shows in the losses, run by run.

    Returns:
        The mean final losses of all runs, and how far apart they and the weights lie.

    Raises:
        UnfairError: if they lie too far apart.

    """
    task = workload.task(activation, EXAMPLES)
    trained = {one.name: one.load().train(task) for one in CONTESTANTS if not one.is_limit}
    of_fleets = trained.pop(FLEETS.name)
    losses = {FLEETS.name: np.array([of_fleets[run] for run in task])}  # (R,)
    for name, weights in trained.items():
        losses[name] = np.array([_loss(task, run, weights[run]) for run in task])
    ours = losses[FLEETS.name]
    first, *others = trained.values()
    means = max(abs(some.mean() / ours.mean() - 1) for some in losses.values())
    median = max(np.median(np.abs(some / ours - 1)) for some in losses.values())
    weights = max(_distance(first[run], other[run]) for other in others for run in task)
    found = (
        f"{workload.name}, {activation}: mean final losses "
        + ", ".join(f"{name} {some.mean():.5f}" for name, some in losses.items())
        + f"; largest differences: means {means:.1g}, "
        + f"median run {median:.1g}, weights {weights:.1g}"
    )
    # Asked in this way round, NaN does not pass.
    if not (max(means, weights) <= LARGEST_DIFFERENCE and median <= MEDIAN_DIFFERENCE):
        raise UnfairError(f"unequal work: {found}")
    return found


def _loss(task: Task, run: Run, weights: Weights) -> float:
    data = task[run]
    return metrics(run, weights, data.inputs[:EXAMPLES], data.labels[:EXAMPLES])[0]


def _distance(some: Weights, others: Weights) -> float:
    """Return |w - v| / |w| for all weights of a network together."""
    w, v = (np.concatenate([layer.ravel() for layer in net]) for net in (some, others))
    return float(np.linalg.norm(w - v) / np.linalg.norm(w))
