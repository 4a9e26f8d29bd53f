"""The project's own way: fleets, cut as a study would cut them."""

from __future__ import annotations

from contestants.workloads import Task
from experiments.execution.fleets import cut
from experiments.nn.training import train as train_fleet
from experiments.records import Run


def train(task: Task) -> dict[Run, float]:
    """Train all runs of a task and return their last training losses."""
    losses = {}
    for fleet in cut(task):
        traces = train_fleet(fleet, [task[run] for run in fleet.first_of_seeds])
        last = (float(trace.metric("train_loss")[-1]) for trace in traces)
        losses |= zip(fleet.runs, last, strict=True)
    return losses
