"""Which runs a study is expected to make, as far as can be told by now, and what each is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from experiments.analysis.targets import pilot_runs
from experiments.analysis.tuning import FACTOR, SearchSpace, Subject, candidates, subjects
from experiments.execution.plan import Plan, evaluation_runs
from experiments.records import Run, Stream, Trace
from experiments.study import Claim, Objective, Setting, Study


class Nothing:
    """A store without any runs, which reads no data either."""

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return all of them, each once."""
        return list(dict.fromkeys(runs))

    def load(self, _: Iterable[Run]) -> dict[Run, Trace]:
        """Return no trace of any run."""
        return {}

    def failed(self) -> Mapping[str, int]:
        """Return nothing: none was tried."""
        return {}


@dataclass(frozen=True, slots=True)
class Share:
    """Runs that are made for one and the same reason."""

    stage: Stream
    objective: Objective | None  # what is searched for; None of pilot runs, which come first
    settings: tuple[Setting, ...]  # several where these share a rate; none told of pilot runs
    runs: int  # that no share before this one has
    shared: int  # others, which shares before this one have as well
    claims: tuple[int, ...]  # the numbers of those that are judged by them; none: curves alone


def searched(known: Plan) -> Iterator[tuple[Subject, list[Run]]]:
    """Yield the runs of all searches by their subject, as far as their spaces have grown."""
    tuning = known.study.tuning
    if tuning is None:
        return
    spaces, first = known.spaces or {}, SearchSpace.first(tuning)
    for subject in subjects(known.study):
        yield (
            subject,
            [
                run
                for seed in range(known.seeds)
                for some in candidates(
                    subject, seed, spaces.get((subject, seed), first).rates, tuning
                )
                for run in some
            ],
        )


def still_open(known: Plan) -> Iterator[tuple[Objective, Setting, Run]]:
    """Yield an evaluation run for each objective, setting and seed whose rate is not found yet.

    Any learning rate serves to tell how many runs there are and how long they take. Each objective
    has one of its own here: its runs are others, unless its searches happen to find what those of
    another do.
    """
    tuning, found = known.study.tuning, known.found or {}
    if tuning is None:
        return
    everything = subjects(known.study)
    objectives = list(dict.fromkeys(subject.objective for subject in everything))
    rates = {objective: tuning.low * FACTOR**i for i, objective in enumerate(objectives)}
    for subject in everything:
        for seed in range(known.seeds):
            if (subject, seed) not in found:
                for setting in subject.settings:
                    run = setting.run("evaluation", seed, rates[subject.objective])
                    yield subject.objective, setting, run


def shares(known: Plan) -> list[Share]:
    """Return the runs of a study by what they are for, each run in the first share that needs it.

    The numbers of a stage add up to those of `estimate.forecast`.
    """
    study = known.study
    found: dict[tuple[Stream, Objective | None, tuple[Setting, ...]], list[Run]] = {}
    if pilots := pilot_runs(study):
        found["pilot", None, ()] = pilots
    for subject, runs in searched(known):
        found.setdefault(("tuning", subject.objective, subject.settings), []).extend(runs)
    for objective, by_setting in evaluation_runs(study, known.found or {}, known.seeds).items():
        for setting, runs in by_setting.items():
            found["evaluation", objective, (setting,)] = list(runs)
    for objective, setting, run in still_open(known):
        found["evaluation", objective, (setting,)].append(run)
    return list(_counted(study, found))


def _counted(
    study: Study, found: Mapping[tuple[Stream, Objective | None, tuple[Setting, ...]], list[Run]]
) -> Iterator[Share]:
    counted: set[Run] = set()
    for (stage, objective, settings), runs in found.items():
        each = set(runs)
        if stage == "pilot":
            claims = tuple(claim.number for claim in study.time_claims if claim.auto)
        else:
            claims = tuple(
                claim.number
                for claim in study.claims
                if study.objective_of(claim) == objective and _names(claim, settings)
            )
        yield Share(stage, objective, settings, len(each - counted), len(each & counted), claims)
        counted |= each


def _names(claim: Claim, settings: Iterable[Setting]) -> bool:
    """Tell whether a claim is judged by runs of some of the settings."""
    return any(setting.is_arm(arm) for setting in settings for arm in claim.arms or ((),))
