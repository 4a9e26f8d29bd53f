"""The race over one workload: the contestants take turns, round by round."""

from __future__ import annotations

import time

from contestants.entries import CONTESTANTS, Contestant
from contestants.proof import UnfairError
from contestants.table import Row, rows_of
from contestants.workloads import Task, Workload

SHORTEST = 0.3
"""Seconds that a contestant trains in a round at least: the fast ones train several times."""

MOST_CORES = 1.15
"""Seconds of processor time in a second: one core, and a little for the clocks."""


def race(workload: Workload, activation: str, rounds: int) -> list[Row]:
    """Time all contestants, who have trained the workload before, and return a row for each.

    A time holds all that training takes but loading the data: drawing weights and orders,
    stacking, gathering batches. The fleets' evaluations, at start and end, read one example.

    Raises:
        UnfairError: if a contestant uses more than one core.

    """
    task = workload.task(activation, examples=1)
    times: dict[Contestant, list[float]] = {one: [] for one in CONTESTANTS}
    for _ in range(rounds):
        for one in CONTESTANTS:
            times[one].append(_seconds(one, task))
    updates = workload.seeds * workload.updates
    return rows_of(workload.name, activation, times, updates, bars=workload.name)


def _seconds(one: Contestant, task: Task) -> float:
    """Return the seconds in which a contestant trains the task."""
    train, times = one.load().train, 0
    busy, started = time.process_time(), time.perf_counter()
    while (elapsed := time.perf_counter() - started) < SHORTEST:
        train(task)
        times += 1
    cores = (time.process_time() - busy) / elapsed
    if cores > MOST_CORES:
        raise UnfairError(f"{one.name} used {cores:.2f} cores where all are to use one")
    return elapsed / times
