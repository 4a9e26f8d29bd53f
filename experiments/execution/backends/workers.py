"""The backend for the cores of this machine: worker processes, which loky starts and watches."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from experiments import processes
from experiments.execution.backends import lending
from experiments.execution.executing import attempt
from experiments.execution.failing import Outcome
from experiments.records import Fleet


@dataclass(frozen=True, slots=True)
class Workers:
    """Worker processes of this machine, each of which trains one fleet at a time."""

    places: int

    def submit(self, fleet: Fleet) -> Future[Outcome]:
        """Hand a fleet to a free worker, with the name of what it reads if that was read."""
        return processes.submit(self.places, _attempt, fleet, lending.lent(fleet))

    def give_up(self) -> None:
        """End all workers at once: a fleet has no place to stop at."""
        processes.give_up()


def _attempt(fleet: Fleet, lent: lending.Lent | None) -> Outcome:
    return attempt(fleet, None if lent is None else lending.mapped(lent))
