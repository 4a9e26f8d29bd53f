"""The plan: which runs a study still needs, given those that are stored.

A pure function of the study and the store, so that resuming, sharing and extending a grid are
all the same thing: ask, train what is missing, store it, ask again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from experiments.analysis.tuning import Grid, TunedRate, choose, tuning_runs
from experiments.records import Run, Setting, Study, Trace


class Stored(Protocol):
    """Whatever tells which runs are known, and how they went."""

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return the traces of those of `runs` that are stored."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """How far the search for learning rates has come."""

    grid: Grid
    missing: tuple[Run, ...]  # the runs without which the grid cannot be judged
    choices: tuple[TunedRate, ...]  # empty while runs are missing


def tune(study: Study, store: Stored) -> Tuned:
    """Grow the study's grid as far as the stored runs reach.

    Returns:
        The grid with the runs it still needs, or, if it needs none, with its choices.

    """
    if study.tuning is None:
        return Tuned(Grid(()), (), ())
    grid = Grid.first(study.tuning)
    while True:
        runs = tuning_runs(study, grid)
        stored = store.load(runs)
        missing = tuple(run for run in dict.fromkeys(runs) if run not in stored)
        if missing:
            return Tuned(grid, missing, ())
        choices = choose(study, grid, stored)
        grown = grid.grown(choices, study.tuning.extensions)
        if grown == grid:
            return Tuned(grid, (), tuple(choices))
        grid = grown


def learning_rates(study: Study, tuned: Tuned) -> dict[Setting, float]:
    """Return the rate of each setting for which it is known: given, or already chosen."""
    rates = {
        setting: setting.training.learning_rate
        for setting in study.settings
        if setting.training.learning_rate is not None
    }
    return rates | {choice.setting: choice.rate for choice in tuned.choices}


def evaluation_runs(study: Study, rates: dict[Setting, float]) -> list[Run]:
    """Return the runs that the claims are judged by, setting by setting, seed by seed."""
    return [
        setting.run("evaluation", seed, rate)
        for setting, rate in rates.items()
        for seed in range(study.seeds)
    ]


def next_runs(study: Study, store: Stored) -> list[Run]:
    """Return the runs that the study still needs and that can be told by now.

    Empty when the study is complete. Tuning comes first; runs whose learning rate is known do not
    wait for it. Equal runs are returned once.
    """
    tuned = tune(study, store)
    runs = evaluation_runs(study, learning_rates(study, tuned))
    stored = store.load(runs)
    return [*tuned.missing, *(run for run in dict.fromkeys(runs) if run not in stored)]
