"""Executing one fleet: its data are loaded and it is trained, in whatever process this is."""

from __future__ import annotations

from dataclasses import replace

from threadpoolctl import threadpool_limits

from experiments import datasets
from experiments.execution.failing import Failure, Outcome
from experiments.execution.origin import origin
from experiments.execution.searching import train_searches
from experiments.nn.training import train
from experiments.plugins.registry import PluginError, in_words, told
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


def read_for(fleet: Fleet) -> datasets.Content | None:
    """Return what a fleet trains on if that is read, so that others can be lent it; None if drawn.

    Raises:
        DataError: it cannot be read.

    """
    data = fleet.runs[0].data
    return datasets.content_of(data) if data.name in datasets.DATASETS else None


def attempt(fleet: Fleet, read: datasets.Content | None = None) -> Outcome:
    """Execute a fleet, and return the reason if that fails.

    Plain text, and no exception: one that cannot be read in another process would take the whole
    pool of workers with it.

    Args:
        fleet: to be trained.
        read: what another process has read for it, and this one is lent.

    """
    if read is not None:
        datasets.lend(fleet.runs[0].data, read)
    try:
        with told():
            return execute(fleet)
    except PluginError as error:
        return Failure(str(error))
    except MemoryError:
        return Failure("the memory does not suffice for it", crowded=True)
    except Exception as error:
        return Failure(in_words(error))
