"""The race over one workload: the contestants take turns, round by round."""

from __future__ import annotations

import time
from dataclasses import replace

from contestants.entries import CONTESTANTS, Contestant
from contestants.table import Row, rows_of
from contestants.work import Work
from contestants.workloads import Task, Workload

SHORTEST = 0.3
"""Seconds that a contestant trains in a round at least: the fast ones train several times."""

MOST_CORES = 1.15
"""Seconds of processor time in a second: one core, and a little for the clocks."""


def race(workload: Workload, activation: str, rounds: int, work: Work) -> tuple[Work, list[Row]]:
    """Time all who train such a net, and have trained this workload before; make a row for each.

    A time holds all that training takes but loading the data: drawing weights and orders,
    stacking, gathering batches. The fleets' evaluations, at start and end, read one example.

    Args:
        workload: what to train.
        activation: of the hidden layers.
        rounds: how often each takes its turn.
        work: what they came to before; if that was unequal, nobody trains.

    Returns:
        The work, which is unequal as well if a contestant uses more than one core, and the rows.

    """
    times: dict[Contestant, list[float]] = {
        one: [] for one in CONTESTANTS if one.trains(workload.layers)
    }
    if work.equal:
        work = _take_turns(workload.task(activation, examples=1), rounds, times, work)
    updates = workload.seeds * workload.updates
    return work, rows_of(workload.name, activation, work, times, updates, bars=workload.stage)


def _take_turns(task: Task, rounds: int, times: dict[Contestant, list[float]], work: Work) -> Work:
    """Add each contestant's seconds of each round to the times, while all use one core."""
    for _ in range(rounds):
        for one, seconds in times.items():
            taken, cores = _timed(one, task)
            if cores > MOST_CORES:
                found = f"{one.name} used {cores:.2f} cores where all are to use one"
                return replace(work, found=f"{work.found}; {found}", equal=False)
            seconds.append(taken)
    return work


def _timed(one: Contestant, task: Task) -> tuple[float, float]:
    """Return the seconds in which a contestant trains the task, and the cores that it uses."""
    train, times = one.load().train, 0
    busy, started = time.process_time(), time.perf_counter()
    while (elapsed := time.perf_counter() - started) < SHORTEST:
        train(task)
        times += 1
    return elapsed / times, (time.process_time() - busy) / elapsed
