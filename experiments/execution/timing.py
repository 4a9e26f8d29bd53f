"""How long one update of a network takes: measured once, when nothing else of the study runs."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from experiments import datasets
from experiments.execution.executor import execute
from experiments.execution.store import Store
from experiments.nn.schedule import updates_per_epoch
from experiments.records import Evaluation, Fleet, Run
from experiments.study import Setting, Study

UPDATES = 60
ROUNDS = 5


def update_times(
    study: Study, store: Store, *, measure: bool = True
) -> dict[Setting, float] | None:
    """Return the seconds that one update of each setting takes, measuring what is not stored.

    Times are the one thing that does not repeat to the bit; they are stored as measured, so that
    a study keeps the ones it had. Where one is neither stored nor to be measured, there are none.
    """
    times = {}
    for setting in study.settings:
        run = setting.run("tuning", 0, 1e-6)  # the rate does not matter, but must not diverge
        seconds = store.update_time(run)
        if seconds is None:
            if not measure:
                return None
            seconds = _measure(run)
            store.add_update_time(run, seconds)
        times[setting] = seconds
    return times


def _measure(run: Run) -> float:
    """Time short and long runs of one network in turn; their difference is all updates."""
    per_epoch = updates_per_epoch(run.training, datasets.shape(run.data))

    def fleet(updates: int) -> Fleet:
        training = replace(run.training, epochs=updates / per_epoch)
        evaluation = Evaluation(per_doubling=None, at=(0.0,), examples=1)
        return Fleet((replace(run, training=training, evaluation=evaluation),), 1)

    with _one_core():
        execute(fleet(1))  # the first time loads data and libraries
        rounds = [(_seconds(fleet(UPDATES)), _seconds(fleet(1))) for _ in range(ROUNDS)]
    difference = statistics.median(long - short for long, short in rounds)
    if difference > 0:
        return difference / (UPDATES - 1)
    # Noise swallowed the difference: all of the long run's time is then the best that is known.
    return statistics.median(long for long, _ in rounds) / UPDATES


def _seconds(fleet: Fleet) -> float:
    started = time.perf_counter()
    execute(fleet)
    return time.perf_counter() - started


@contextmanager
def _one_core() -> Iterator[None]:
    """Stay on one core, where the system lets a process choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
