"""What anyone would write first: a loop that trains one network after another."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from contestants.workloads import Task, Weights, batches
from experiments.records import Dataset, Run


class Net(Protocol):
    """One network in training, made of a run and its data."""

    def __init__(self, run: Run, data: Dataset) -> None: ...

    def advance(self, rows: np.ndarray) -> None:
        """Make one update for each row of the examples' numbers, (U, B)."""

    def read(self, rows: slice) -> tuple[float, float]:
        """Return the mean loss and the accuracy on these examples."""

    def weights(self) -> Weights:
        """Return the weights as they are now."""


def one_by_one(kind: type[Net], task: Task) -> dict[Run, Weights]:
    """Train all runs of a task and return their last weights."""
    trained = {}
    for run, data in task.items():
        net = kind(run, data)
        net.advance(batches(run, data))
        trained[run] = net.weights()
    return trained
