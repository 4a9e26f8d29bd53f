"""Executing one fleet: its data are loaded and it is trained, in whatever process this is."""

from __future__ import annotations

from dataclasses import replace

from threadpoolctl import threadpool_limits

from experiments import datasets
from experiments.execution.origin import origin
from experiments.execution.searching import train_searches
from experiments.nn.training import train
from experiments.records import Fleet, Trace


def execute(fleet: Fleet) -> list[Trace]:
    """Load a fleet's data and train it, with one BLAS thread.

    Returns:
        A trace for each run, in the fleet's order; each tells where it was trained.

    """
    precision = fleet.runs[0].training.precision
    loaded = [
        datasets.load(run.data, run.stream, run.seed, precision) for run in fleet.first_of_seeds
    ]
    # More threads would be slower on products of this size, and might round in another order.
    with threadpool_limits(1, user_api="blas"):
        traces = (train_searches if fleet.searches else train)(fleet, loaded)
    return [replace(trace, origin=origin()) for trace in traces]
