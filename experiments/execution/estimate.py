"""What a study would still run, and about how long that would take."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from experiments import datasets
from experiments.analysis.tuning import tuned_settings, tuning_runs
from experiments.execution.executor import execute
from experiments.execution.fleets import cut, multiplications
from experiments.execution.plan import Stored, evaluate, tune
from experiments.nn.schedule import updates_per_epoch
from experiments.records import Fleet, Run, Study

PROBE_UPDATES = 30
"""How many updates of a fleet are timed to tell how fast this machine is."""

OVERHEAD_SECONDS = 4.0
"""About what starting the workers and writing a report take."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Runs by stage, and the seconds that the missing ones would take."""

    tuning_runs: int
    tuning_stored: int
    evaluation_runs: int
    evaluation_stored: int
    rates_chosen: bool  # False: the evaluation's runs are known in number only
    seconds: float
    jobs: int


def forecast(study: Study, store: Stored, jobs: int) -> Forecast:
    """Count what is stored and estimate the rest; nothing is stored or trained to the end.

    The grid of learning rates may grow while it is searched, and seeds may be added until the
    claims are decided; the estimate does not count on either.
    """
    tuned = tune(study, store)
    tuning = list(dict.fromkeys(tuning_runs(study, tuned.grid)))
    evaluated = evaluate(tuned, store)
    known, missing = evaluated.runs, [*tuned.missing, *evaluated.missing]
    open_runs: list[Run] = []
    if tuned.missing:  # any rate of the grid serves to estimate how long a run takes
        rate = tuned.grid.rates[0]
        open_runs = list(
            dict.fromkeys(
                setting.run("evaluation", seed, rate)
                for setting in tuned_settings(study)
                for seed in range(study.seeds.least)
            )
        )
    return Forecast(
        tuning_runs=len(tuning),
        tuning_stored=len(tuning) - len(tuned.missing),
        evaluation_runs=len(known) + len(open_runs),
        evaluation_stored=len(known) - len(evaluated.missing),
        rates_chosen=not tuned.missing,
        seconds=_seconds([*missing, *open_runs], jobs),
        jobs=jobs,
    )


def _seconds(runs: list[Run], jobs: int) -> float:
    if not runs:
        return OVERHEAD_SECONDS
    fleets = cut(runs, jobs)
    total = sum(len(fleet.runs) * multiplications(fleet.runs[0]) for fleet in fleets)
    return OVERHEAD_SECONDS + total / _speed(fleets[0]) / jobs


def _speed(fleet: Fleet) -> float:
    """Return the multiplications a second that a short run of the fleet makes here."""
    run = fleet.runs[0]
    per_epoch = updates_per_epoch(run.training, datasets.shape(run.data))
    epochs = min(run.training.epochs, PROBE_UPDATES / per_epoch)
    short = Fleet(
        tuple(
            replace(
                run,
                training=replace(run.training, epochs=epochs),
                evaluation=replace(run.evaluation, per_doubling=None, every=None, at=(0.0,)),
            )
            for run in fleet.runs
        ),
        fleet.seeds,
    )
    execute(short)  # the first time loads data and libraries
    started = time.perf_counter()
    execute(short)
    return len(short.runs) * multiplications(short.runs[0]) / (time.perf_counter() - started)
