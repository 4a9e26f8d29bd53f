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
from experiments.analysis.tuning import Grid, TunedRate, bootstrap, choose, tuning_runs
from experiments.goals import until
from experiments.records import Run, Trace
from experiments.study import Setting, Study


class Stored(Protocol):
    """Whatever tells which runs are known, and how they went."""

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return those of `runs` that are not stored, each once, in the order given."""

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

    seeds: int  # of each setting, asked for by now
    runs: tuple[Run, ...]  # all that are asked for by now, each once
    missing: tuple[Run, ...]
    results: Results | None  # None while runs are missing


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a study has come."""

    tuned: Tuned
    evaluated: Evaluated

    @property
    def missing(self) -> list[Run]:
        """The runs that the study still needs and that can be told by now, each once.

        Empty when the study is complete. Tuning comes first; runs whose learning rate is known do
        not wait for it.
        """
        return [*self.tuned.missing, *self.evaluated.missing]


def tune(study: Study, store: Stored, grid: Grid | None = None) -> Tuned:
    """Grow the study's grid as far as the stored runs reach.

    Args:
        study: to be tuned.
        store: of runs.
        grid: to start from, one that the study's first grid grows to; the first if None.

    Returns:
        The grid with the runs it still needs, or, if it needs none, with its choices.

    """
    if study.tuning is None:
        return Tuned(study, Grid(()), (), ())
    grid = grid or Grid.first(study.tuning)
    traces: dict[Run, Trace] = {}
    read, settled, choices = Grid(()), None, []  # of the grid before it grew
    while True:
        runs = tuning_runs(study, Grid(tuple(r for r in grid.rates if r not in read.rates)))
        # Whatever else was asked of a run when it was trained, it is read as if for these goals.
        cut = {run: until(trace, study.goals) for run, trace in store.load(runs).items()}
        traces |= {run: trace for run, trace in cut.items() if trace is not None}
        missing = tuple(run for run in dict.fromkeys(runs) if run not in traces)
        if missing:
            return Tuned(study, grid, missing, ())
        before, settled = settled, settle(study, grid, traces)
        choices = choose(settled, grid, traces, choices if settled == before else ())
        grown = grid.grown(choices, study.tuning.extensions)
        if grown == grid:
            return Tuned(settled, grid, (), tuple(choices))
        grid, read = grown, grid


def evaluation_runs(tuned: Tuned, seeds: int) -> dict[Setting, tuple[Run, ...]]:
    """Return the runs of each setting whose learning rate is given or chosen, seed by seed."""
    study = tuned.study
    drawn = bootstrap(seeds, study.tuning.seeds) if tuned.choices else ()
    rates = {choice.setting: choice.rates_at(drawn) for choice in tuned.choices}
    return {
        setting: tuple(
            setting.run("evaluation", seed, rate)
            for seed, rate in enumerate(rates.get(setting, [None] * seeds))
        )
        for setting in study.settings
        if setting in rates or setting.training.learning_rate is not None
    }


def evaluate(tuned: Tuned, store: Stored, seeds: int | None = None) -> Evaluated:
    """Add seeds until every claim is decided or there are as many as the study allows.

    Looking after each batch is part of the claims' statistics: with seeds to be added their
    intervals hold at every number of pairs at once.

    Args:
        tuned: the study with its learning rates, as far as they are chosen.
        store: of runs.
        seeds: of each setting at the first look; the fewest of the study if None.

    """
    study, traces = tuned.study, {}
    seeds = study.seeds.least if seeds is None else seeds
    while True:
        by_setting = evaluation_runs(tuned, seeds)
        runs = tuple(dict.fromkeys(run for some in by_setting.values() for run in some))
        new = [run for run in runs if run not in traces]
        missing = tuple(store.missing(new))
        if missing or tuned.missing:
            return Evaluated(seeds, runs, missing, None)
        traces |= store.load(new)
        results = Results.gather(study, by_setting, tuned.grid, tuned.choices, traces)
        if seeds == study.seeds.most or not any(v.wants_seeds for v in judge(results)):
            return Evaluated(seeds, runs, (), results)
        seeds = min(study.seeds.most, seeds + -(-seeds // 2))


def plan(study: Study, store: Stored, before: Plan | None = None) -> Plan:
    """Return how far a study has come.

    Args:
        study: to be completed.
        store: of runs.
        before: an earlier plan of the same study and store, if there is one. Stored runs never
            change: what it has found out need not be found out again.

    """
    if before is None:
        tuned = tune(study, store)
        return Plan(tuned, evaluate(tuned, store))
    tuned = tune(study, store, before.tuned.grid) if before.tuned.missing else before.tuned
    return Plan(tuned, evaluate(tuned, store, before.evaluated.seeds))


def next_runs(study: Study, store: Stored) -> list[Run]:
    """Return the runs that the study still needs and that can be told by now."""
    return plan(study, store).missing
