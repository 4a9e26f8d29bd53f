"""How long one update of a network takes: measured in rounds, while nothing else runs."""

from __future__ import annotations

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from experiments import datasets
from experiments.clocks import UpdateTime
from experiments.execution.executing import attempt
from experiments.execution.failing import Failure
from experiments.execution.store import Store
from experiments.nn.cost import per_update
from experiments.nn.schedule import updates_per_epoch
from experiments.records import Evaluation, Fleet, Run
from experiments.study import Setting, Study

UPDATES = 60
ROUNDS = 5


def update_times(
    study: Study, store: Store, *, measure: bool = True
) -> dict[Setting, UpdateTime] | None:
    """Return what one update of each setting takes, measuring what is not stored.

    Times are the one thing that does not repeat to the bit; they are stored as measured, so that
    a study keeps the ones it had. Settings of equal work share one time, the mean of theirs: what
    differs between them is noise. Where one is neither stored nor to be measured, or fails, there
    are none.
    """
    times = {}
    for setting in study.settings:
        run = setting.run("tuning", 0, 1e-6)  # the rate does not matter, but must not diverge
        measured = store.update_time(run)
        if measured is None:
            if not measure:
                return None
            measured = _measure(run)
            if measured is None:
                return None
            store.add_update_time(run, measured)
        times[setting] = measured
    return _shared(times)


def _shared(times: Mapping[Setting, UpdateTime]) -> dict[Setting, UpdateTime]:
    """Give the settings of equal work the mean of their times, and the range of all of them."""
    groups: dict[tuple, list[UpdateTime]] = defaultdict(list)
    for setting, measured in times.items():
        groups[_work(setting)].append(measured)
    means = {
        work: UpdateTime(
            statistics.fmean(one.seconds for one in found),
            min(one.low for one in found),
            max(one.high for one in found),
        )
        for work, found in groups.items()
    }
    return {setting: means[_work(setting)] for setting in times}


def _work(setting: Setting) -> tuple:
    """Return what an update of a setting computes: how many multiplications, of which functions.

    What only changes numbers is left out: rates, how weights are drawn, parameters of functions.
    """
    network, training = setting.network, setting.training
    shape = datasets.shape(setting.data)
    return (
        per_update(setting.run("tuning", 0, 1e-6), shape),
        shape,
        network.widths,
        network.layers,
        tuple(choice.name for choice in network.activations),
        network.output,
        network.normalisation,
        network.dropout > 0,
        training.optimizer.name,
        training.batch_size,
        training.precision,
        training.trainable,
        training.weight_decay > 0,
        training.clipping is not None,
        training.label_smoothing > 0,
    )


def _measure(run: Run) -> UpdateTime | None:
    """Time short and long runs of one network in turn; their difference is all updates.

    Returns:
        None if they fail.

    """
    per_epoch = updates_per_epoch(run.training, datasets.shape(run.data))

    def fleet(updates: int) -> Fleet:
        training = replace(run.training, epochs=updates / per_epoch)
        evaluation = Evaluation(per_doubling=None, at=(0.0,), examples=1)
        return Fleet((replace(run, training=training, evaluation=evaluation),), 1)

    with _one_core():
        if isinstance(attempt(fleet(UPDATES)), Failure):  # the first loads data and libraries
            return None
        rounds = [_of_round(_seconds(fleet(UPDATES)), _seconds(fleet(1))) for _ in range(ROUNDS)]
    return UpdateTime(statistics.median(rounds), min(rounds), max(rounds))


def _of_round(long: float, short: float) -> float:
    if long > short:
        return (long - short) / (UPDATES - 1)
    # Noise swallowed the difference: all of the long run's time is then the best that is known.
    return long / UPDATES


def _seconds(fleet: Fleet) -> float:
    started = time.perf_counter()
    attempt(fleet)
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
