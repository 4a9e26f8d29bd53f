"""Backends: where fleets train. Each takes fleets and returns futures of the standard library."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from experiments.execution.backends.here import Here
from experiments.execution.backends.workers import Workers
from experiments.execution.failing import Outcome
from experiments.execution.fleets import multiplications
from experiments.processes import cores
from experiments.records import Fleet

WORTH_WORKERS = 1e11
"""From how many multiplications on workers are started unasked: some seconds of training."""


class Backend(Protocol):
    """Where fleets train: in this process, in others, on other machines.

    One that hands fleets to an executor of the standard library, or to what behaves like one, has
    to submit `executing.attempt` with what `executing.read_for` returns here. Everything else is
    the same for all.
    """

    @property
    def places(self) -> int:
        """How many fleets train at a time, by now."""

    def submit(self, fleet: Fleet) -> Future[Outcome]:
        """Begin to train a fleet, and return what will hold its outcome.

        Called only while a place is free. Where a process dies that trains it, the future raises
        `BrokenExecutor`; any other error ends the study.
        """

    def give_up(self) -> None:
        """End what is in flight, as nobody waits for it any more."""


def backend_for(fleets: Sequence[Fleet], jobs: int | None) -> Backend:
    """Return what trains these fleets on this machine.

    Args:
        fleets: to be trained.
        jobs: see `workers_for`.

    """
    count = workers_for(fleets, jobs)
    return Here() if count == 1 else Workers(count)


def workers_for(fleets: Sequence[Fleet], jobs: int | None) -> int:
    """Return how many processes train these fleets; 1 is this one, which needs no start.

    Args:
        fleets: to be trained.
        jobs: the number wanted; None for one on each core, if the work is worth their start.

    """
    if jobs is None:
        jobs = cores() if sum(map(multiplications, fleets)) > WORTH_WORKERS else 1
    return max(1, min(jobs, len(fleets)))
