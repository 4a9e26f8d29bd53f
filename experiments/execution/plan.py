"""The plan: which runs a study still needs, given those that are stored.

A pure function of the study and the store, so that resuming, sharing, extending a grid and adding
seeds are all the same thing: ask, train what is missing, store it, ask again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from experiments.analysis.claims import judge
from experiments.analysis.results import Results
from experiments.analysis.targets import settle
from experiments.analysis.tuning import Grid, TunedRate, choose, tuning_runs
from experiments.records import Run, Trace
from experiments.study import Setting, Study


class Stored(Protocol):
    """Whatever tells which runs are known, and how they went."""

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return the traces of those of `runs` that are stored."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """How far the search for learning rates has come."""

    study: Study  # its targets are numbers once no run is missing
    grid: Grid
    missing: tuple[Run, ...]  # the runs without which the grid cannot be judged
    choices: tuple[TunedRate, ...]  # empty while runs are missing


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How far the runs have come by which the claims are judged."""

    runs: tuple[Run, ...]  # all that are asked for by now, each once
    missing: tuple[Run, ...]
    results: Results | None  # None while runs are missing


def tune(study: Study, store: Stored) -> Tuned:
    """Grow the study's grid as far as the stored runs reach.

    Returns:
        The grid with the runs it still needs, or, if it needs none, with its choices.

    """
    if study.tuning is None:
        return Tuned(study, Grid(()), (), ())
    grid = Grid.first(study.tuning)
    while True:
        runs = tuning_runs(study, grid)
        stored = store.load(runs)
        missing = tuple(run for run in dict.fromkeys(runs) if run not in stored)
        if missing:
            return Tuned(study, grid, missing, ())
        settled = settle(study, grid, stored)
        choices = choose(settled, grid, stored)
        grown = grid.grown(choices, study.tuning.extensions)
        if grown == grid:
            return Tuned(settled, grid, (), tuple(choices))
        grid = grown


def evaluation_runs(tuned: Tuned, seeds: int) -> dict[Setting, tuple[Run, ...]]:
    """Return the runs of each setting whose learning rate is given or chosen, seed by seed."""
    rates = {choice.setting: choice.rate_at for choice in tuned.choices}
    return {
        setting: tuple(
            setting.run("evaluation", seed, rates[setting](seed) if setting in rates else None)
            for seed in range(seeds)
        )
        for setting in tuned.study.settings
        if setting in rates or setting.training.learning_rate is not None
    }


def evaluate(tuned: Tuned, store: Stored) -> Evaluated:
    """Add seeds until every claim is decided or there are as many as the study allows.

    Looking after each batch is part of the claims' statistics: with seeds to be added their
    intervals hold at every number of pairs at once.
    """
    study, seeds = tuned.study, tuned.study.seeds.least
    while True:
        by_setting = evaluation_runs(tuned, seeds)
        runs = tuple(dict.fromkeys(run for some in by_setting.values() for run in some))
        stored = store.load(runs)
        missing = tuple(run for run in runs if run not in stored)
        if missing or tuned.missing:
            return Evaluated(runs, missing, None)
        results = Results.gather(study, by_setting, tuned.grid, tuned.choices, stored)
        if seeds == study.seeds.most or not any(v.wants_seeds for v in judge(results)):
            return Evaluated(runs, (), results)
        seeds = min(study.seeds.most, seeds + -(-seeds // 2))


def next_runs(study: Study, store: Stored) -> list[Run]:
    """Return the runs that the study still needs and that can be told by now.

    Empty when the study is complete. Tuning comes first; runs whose learning rate is known do not
    wait for it. Equal runs are returned once.
    """
    tuned = tune(study, store)
    return [*tuned.missing, *evaluate(tuned, store).missing]
