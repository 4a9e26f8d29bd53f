"""The plan: which runs a study still needs, given those that are stored.

A pure function of the study and the store, so that resuming, sharing, growing a search space and
adding pairs are all the same thing: ask, train what is missing, store it, ask again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from experiments.analysis.claims import judge
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.targets import pilot_runs, settle
from experiments.analysis.tuning import (
    Found,
    SearchSpace,
    Standing,
    Subject,
    Tuned,
    pick,
    progress,
    search_all,
    settings_by_objective,
    subjects,
)
from experiments.execution.costs import update_costs
from experiments.records import Run, Trace
from experiments.scores import Progress
from experiments.study import Objective, Setting, Study

AT_ONCE = 2000
"""So many traces of searches are read at a time; what is kept of them is little."""

Key = tuple[Subject, int]
"""A search: what a rate is searched for, and the evaluation seed whose tuning seeds decide."""


class Stored(Protocol):
    """Whatever tells which runs are known, and how they went."""

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return those of `runs` that are not stored, each once, in the order given."""

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return the traces of those of `runs` that are stored."""

    def failed(self) -> Mapping[str, int]:
        """Return why runs failed of all that were asked for, and how many for each reason."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a study has come."""

    study: Study  # its targets are numbers once no pilot run is missing
    seeds: int  # of each setting, asked for by now
    pilots: tuple[Run, ...] = ()  # missing runs that set targets
    searches: tuple[Standing, ...] = ()  # of learning rates, which miss runs
    evaluation: tuple[Run, ...] = ()  # missing runs by which claims are judged
    runs: tuple[Run, ...] = ()  # all of those that can be told by now, each once
    results: Results | None = None  # None while runs are missing
    found: Mapping[Key, Found] | None = None  # the searches that are over
    spaces: Mapping[Key, SearchSpace] | None = None  # how far each search has come

    @property
    def tuning(self) -> tuple[Run, ...]:
        """The missing runs of searches, each once."""
        return tuple(dict.fromkeys(run for search in self.searches for run in search.missing))

    @property
    def tuning_seeds(self) -> int:
        """How many tuning seeds each pair has; 1 where nothing is tuned."""
        return self.study.tuning.seeds if self.study.tuning else 1

    @property
    def missing(self) -> list[Run]:
        """The runs that the study still needs and that can be told by now, each once.

        Empty when the study is complete. A pair whose learning rates are known does not wait for
        the searches of others.
        """
        return [*self.pilots, *self.tuning, *self.evaluation]


def plan(study: Study, store: Stored, before: Plan | None = None) -> Plan:
    """Return how far a study has come: pilots, then pair by pair a search and an evaluation.

    Pairs are added until every claim is decided or there are as many as the study allows. Looking
    after each batch is part of the claims' statistics.

    Args:
        study: to be completed.
        store: of runs.
        before: an earlier plan of the same study and store, if there is one. What it has found out
            need not be found out again.

    """
    looks = study.seeds.looks
    if before is None or before.pilots:
        pilots = pilot_runs(study)
        known = store.load(pilots)
        if missing := tuple(dict.fromkeys(run for run in pilots if run not in known)):
            return Plan(study, looks[0], pilots=missing)
        study = settle(study, known)
    else:
        study = before.study
    found, spaces, seeds = {}, {}, looks[0]
    if before is not None and not before.pilots:
        found, spaces, seeds = dict(before.found), dict(before.spaces), before.seeds
    everything, traces = subjects(study), {}
    for look in looks[looks.index(seeds) :]:
        open_searches = [
            (subject, seed)
            for seed in range(look)
            for subject in everything
            if (subject, seed) not in found
        ]
        new, waiting = search_all(
            open_searches,
            study.tuning,
            lambda runs, objective: _progress(store, runs, objective),
            spaces,
            _usual(found),
        )
        found |= new
        by_objective = evaluation_runs(study, found, look)
        runs = tuple(
            dict.fromkeys(
                run
                for by_setting in by_objective.values()
                for some in by_setting.values()
                for run in some
            )
        )
        unread = [run for run in runs if run not in traces]
        missing = tuple(store.missing(unread))
        now = Plan(study, look, (), tuple(waiting), missing, runs, None, found, spaces)
        if missing or waiting:
            return now
        traces |= store.load(unread)
        if missing := tuple(run for run in unread if run not in traces):  # it was found damaged
            return replace(now, evaluation=missing)
        results = _gather(study, by_objective, found, traces, look)
        if look == looks[-1] or not any(v.wants_seeds for v in judge(results)):
            break
    return replace(now, results=replace(results, failed=store.failed()))


def _progress(store: Stored, runs: Sequence[Run], objective: Objective) -> dict[Run, Progress]:
    known = {}
    for start in range(0, len(runs), AT_ONCE):
        traces = store.load(runs[start : start + AT_ONCE])
        known |= {run: progress(trace, objective) for run, trace in traces.items()}
    return known


def _usual(found: Mapping[Key, Found]) -> dict[Subject, float]:
    """Return the rate that each subject's searches found most often."""
    rates: dict[Subject, Counter] = {}
    for (subject, _), result in found.items():
        rates.setdefault(subject, Counter())[result.rate] += 1
    return {subject: counts.most_common(1)[0][0] for subject, counts in rates.items()}


def evaluation_runs(
    study: Study, found: Mapping[Key, Found], seeds: int
) -> dict[Objective, dict[Setting, tuple[Run, ...]]]:
    """Return the runs of each objective and setting whose rate is given or found, seed by seed."""
    taken: dict[tuple[Objective, Setting], dict[int, tuple[float, int]]] = {}
    for (subject, seed), pair in pick(found).items():
        for setting in subject.settings:
            of_seed = taken.setdefault((subject.objective, setting), {})
            of_seed[seed] = pair.taken.rate, pair.variant

    def runs(objective: Objective, setting: Setting) -> tuple[Run, ...]:
        if setting.training.learning_rate is not None:
            return tuple(setting.run("evaluation", seed) for seed in range(seeds))
        of_seed = taken.get((objective, setting), {})
        return tuple(
            setting.run("evaluation", seed, *of_seed[seed])
            for seed in range(seeds)
            if seed in of_seed
        )

    return {
        objective: {setting: runs(objective, setting) for setting in settings}
        for objective, settings in settings_by_objective(study).items()
    }


def _gather(
    study: Study,
    by_objective: Mapping[Objective, Mapping[Setting, tuple[Run, ...]]],
    found: Mapping[Key, Found],
    traces: Mapping[Run, Trace],
    seeds: int,
) -> Results:
    """Collect the traces of every setting's evaluation runs, each of which must be there."""
    views = {
        objective: tuple(
            SettingResult(setting, runs, tuple(traces[run] for run in runs))
            for setting, runs in by_setting.items()
        )
        for objective, by_setting in by_objective.items()
    }
    pairs = pick(found)
    own = {
        setting: tuple(pairs[subject, seed] for seed in range(seeds))
        for subject in subjects(study)
        if subject.objective == study.objective and not subject.variant
        for setting in subject.settings
    }
    tuned = tuple(
        Tuned(
            setting,
            tuple(pair.taken for pair in own[setting]),
            own[setting] if setting.variants else (),
        )
        for setting in study.settings
        if setting in own
    )
    return Results(study, views.pop(study.objective), tuned, views, update_costs(study))


def next_runs(study: Study, store: Stored) -> list[Run]:
    """Return the runs that the study still needs and that can be told by now."""
    return plan(study, store).missing
