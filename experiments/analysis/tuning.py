"""The search for learning rates: what each pair still needs, and what it found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from experiments.analysis.measures import value
from experiments.goals import improves_upwards
from experiments.records import Goals, Run, Search, Trace
from experiments.scores import Progress, Score, ruled_out, score_of
from experiments.study import Measure, Objective, Setting, Study, Tuning

FACTOR = 2.0
"""The step of a search space."""

RULE = (
    "A pair is a complete repetition: each evaluation seed has tuning seeds of its own, the same "
    "for every arm, and each arm takes the learning rate that they favour. So intervals and "
    "verdicts hold the chance of the search as well: they are of two people who each tune once and "
    "then train. Every search starts from the same rates, in factors of two, and goes on by one "
    "more rate at an end for as long as its best lies there. What is best follows from the claim "
    "that the runs are judged by and from no other. For a time to targets it is the lowest "
    "geometric mean of updates to them, where a run that does not reach a target counts as twice "
    "its budget; for a loss or an accuracy of the validation or the test part it is that measure "
    "at the moment that the claim names; for all else, and where rates tie, the lower training "
    "loss at the end. What is claimed of the test part is read of the validation part in the "
    "searches, so that no rate is chosen by the examples it is judged by. "
    "Where another parameter is tuned, each of its values has such a search of its own, the same "
    "for every arm, and a pair takes the value whose best rate is best. "
    "A run of a search stops once it has reached its targets, "
    "or when even reaching all others at once would leave its rate behind one that has: that "
    "changes no choice."
)
"""The rule in words, for the report."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What one learning rate is searched for: a setting, or several that share it."""

    objective: Objective
    settings: tuple[Setting, ...]
    variant: int = 0  # the place of what is searched beside the rate, each value for itself


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The learning rates of one search, from low to high."""

    rates: tuple[float, ...]
    grown_down: int = 0  # how often it has grown at its low end
    grown_up: int = 0

    @classmethod
    def first(cls, tuning: Tuning) -> SearchSpace:
        """Return low, 2 low, 4 low, ... up to high."""
        count = int(np.floor(np.log2(tuning.high / tuning.low) / np.log2(FACTOR) + 1e-9)) + 1
        return cls(tuple(tuning.low * FACTOR**i for i in range(count)))

    def grown(self, best: int, extensions: int) -> SearchSpace:
        """Return the space with one more rate at the end where the best one lies, if it may grow.

        Args:
            best: the place of the best rate.
            extensions: how often the space may grow at each end.

        """
        rates, down, up = self.rates, self.grown_down, self.grown_up
        if best == 0 and down < extensions:
            rates, down = (rates[0] / FACTOR, *rates), down + 1
        if best == len(self.rates) - 1 and up < extensions:
            rates, up = (*rates, rates[-1] * FACTOR), up + 1
        return SearchSpace(rates, down, up)


@dataclass(frozen=True, slots=True)
class Found:
    """What the search of one pair found.

    The scores do not depend on how far runs were trained that could no longer be chosen.
    """

    space: SearchSpace
    scores: tuple[Score, ...]  # of each rate, over the tuning seeds and the settings that share it
    best: int  # the place of the rate that is taken; the lowest rate among equals

    @property
    def rate(self) -> float:
        """The rate that is taken."""
        return self.space.rates[self.best]

    @property
    def at_edge(self) -> bool:
        """Whether a rate beyond the space, which may grow no more, might have been better."""
        return self.best in (0, len(self.space.rates) - 1)


@dataclass(frozen=True, slots=True)
class Picked:
    """What one pair takes of all that it searched: each value beside the rate, all of its rates."""

    found: tuple[Found, ...]  # by value of the second parameter; one where there is none

    @property
    def variant(self) -> int:
        """The place of the value that is taken; the first among equals."""
        bests = [found.scores[found.best].order for found in self.found]
        return min(range(len(bests)), key=bests.__getitem__)

    @property
    def taken(self) -> Found:
        """The search among whose rates the one that is taken lies."""
        return self.found[self.variant]


@dataclass(frozen=True, slots=True)
class Tuned:
    """The searches of one setting, pair by pair."""

    setting: Setting
    found: tuple[Found, ...]  # at the value that is taken of what is searched beside the rate
    picked: tuple[Picked, ...] = ()  # with the searches of all values, where there are several

    @property
    def values(self) -> dict[str, int]:
        """How many pairs took each value beside the rate, in the order of the config."""
        taken = Counter(pair.variant for pair in self.picked)
        return {v.label: taken[place] for place, v in enumerate(self.setting.variants)}

    @property
    def taken(self) -> dict[float, int]:
        """How many pairs took each rate, the most frequent first."""
        return dict(Counter(found.rate for found in self.found).most_common())

    @property
    def updates(self) -> float:
        """The geometric mean of updates to the goals at the rate taken, the median over pairs."""
        return float(
            np.exp(np.median([found.scores[found.best].log_updates for found in self.found]))
        )

    @property
    def last_loss(self) -> float:
        """The median over pairs of the training loss last read, at the rate taken."""
        losses = [found.scores[found.best].last_loss for found in self.found]
        return float(np.quantile(losses, 0.5, method="inverted_cdf"))

    @property
    def measured(self) -> float:
        """The median over pairs of the objective's metric at the rate taken, less being better."""
        taken = [found.scores[found.best].measured for found in self.found]
        return float(np.quantile(taken, 0.5, method="inverted_cdf"))

    @property
    def at_edge(self) -> int:
        """How many pairs took a rate at the end of a space that may grow no more."""
        return sum(found.at_edge for found in self.found)


@dataclass(frozen=True, slots=True)
class Tried:
    """One learning rate of a setting, over all pairs that tried it."""

    rate: float
    pairs: int  # that tried it
    taken: int  # of which took it
    log_updates: float  # the median of their scores
    at_least: bool  # whether the median may be more: a pair at or below it ruled the rate out
    last_loss: float  # the median of those pairs that know it, NaN where none does
    measured: float = 0.0  # likewise the objective's own metric, so that less is better
    value: str = ""  # what else is searched, its value here


def tried(tuned: Tuned) -> list[Tried]:
    """Return every rate that some pair tried, from low to high; value by value of what else is."""
    if not tuned.picked:
        return _tried_rates(tuned.found, tuned.taken)
    rows = []
    for place, variant in enumerate(tuned.setting.variants):
        of_value = [pair.found[place] for pair in tuned.picked]
        taken = Counter(pair.taken.rate for pair in tuned.picked if pair.variant == place)
        rows += [replace(row, value=variant.label) for row in _tried_rates(of_value, taken)]
    return rows


def _tried_rates(every: Sequence[Found], taken: Mapping[float, int]) -> list[Tried]:
    scores: dict[float, list[Score]] = defaultdict(list)
    for found in every:
        for rate, score in zip(found.space.rates, found.scores, strict=True):
            scores[rate].append(score)
    return [_tried(rate, scores[rate], taken.get(rate, 0)) for rate in sorted(scores)]


def _tried(rate: float, scores: Sequence[Score], taken: int) -> Tried:
    logs = np.array([score.log_updates for score in scores])
    median = float(np.median(logs))
    known = [score for score in scores if not score.at_least]
    upper = np.sort(logs)[len(logs) // 2]  # the higher of the middle two
    return Tried(
        rate,
        len(scores),
        taken,
        median,
        any(score.at_least and score.log_updates <= upper for score in scores),
        *(
            float(
                np.quantile([getattr(score, name) for score in known], 0.5, method="inverted_cdf")
            )
            if known
            else float("nan")
            for name in ("last_loss", "measured")
        ),
    )


def progress(trace: Trace, objective: Objective) -> Progress:
    """Read what the trace of a run tells of its score towards an objective."""
    return Progress.of(trace, objective.goals, measured(trace, objective))


def measured(trace: Trace, objective: Objective) -> float:
    """Return an objective's metric so that less is better: accuracies below 0; 0 without one.

    Infinite where it is not known, and of a run that diverged, whatever it had read by then.
    """
    if not objective.metric:
        return 0.0
    if trace.status == "diverged":
        return float("inf")
    read = value(trace, Measure(objective.metric, objective.at))
    if not np.isfinite(read):
        return float("inf")
    return -read if improves_upwards(objective.metric) else read


def as_read(objective: Objective, measured: float) -> float:
    """Return an objective's metric as it was read; `measured` turns accuracies round."""
    return -measured if improves_upwards(objective.metric) else measured


def subjects(study: Study) -> list[Subject]:
    """Return everything that a rate is searched for: by objective, in the order of the settings.

    The study's own objective is that of every setting, the others of those that their claims name.
    """
    found = []
    for objective, settings in settings_by_objective(study).items():
        groups: dict[object, list[Setting]] = defaultdict(list)
        for setting in settings:
            if setting.training.learning_rate is None:
                groups[_group(setting, objective)].append(setting)
        variants = range(study.tuning.variants if study.tuning else 1)
        found += [Subject(objective, tuple(g), v) for g in groups.values() for v in variants]
    return found


def pick(found: Mapping[tuple[Subject, int], Found]) -> dict[tuple[Subject, int], Picked]:
    """Return what pairs take whose searches are all over, each by its subject at the first value.

    Args:
        found: the searches that are over, each of a subject and an evaluation seed.

    """
    every: dict[tuple[Subject, int], dict[int, Found]] = defaultdict(dict)
    for (subject, seed), result in found.items():
        every[replace(subject, variant=0), seed][subject.variant] = result
    return {
        key: Picked(tuple(by_value[place] for place in sorted(by_value)))
        for key, by_value in every.items()
        if len(by_value) == max(1, len(key[0].settings[0].variants))
    }


def _group(setting: Setting, objective: Objective) -> object:
    if not setting.one_rate:
        return setting
    return tuple(pair for pair in setting.labels if pair[0] not in objective.shared)


def settings_by_objective(study: Study) -> dict[Objective, tuple[Setting, ...]]:
    """Return the settings whose runs are needed at the rates of each objective.

    Those that share a rate are all needed where one is.
    """
    needed = {study.objective: study.settings}
    for claim in study.claims:
        objective = study.objective_of(claim)
        if objective == study.objective:
            continue
        arms = claim.arms or ((),)
        named = {s for s in study.settings if any(s.is_arm(arm) for arm in arms)}
        groups = {_group(setting, objective) for setting in named}
        named |= {s for s in study.settings if _group(s, objective) in groups}
        before = needed.get(objective, ())
        needed[objective] = tuple(s for s in study.settings if s in named or s in before)
    return needed


def candidates(
    subject: Subject, seed: int, rates: Sequence[float], tuning: Tuning
) -> tuple[tuple[Run, ...], ...]:
    """Return the runs by which each rate is judged for one evaluation seed."""
    return tuple(
        tuple(
            setting.run("tuning", number, rate, subject.variant)
            for setting in subject.settings
            for number in tuning.seeds_of(seed)
        )
        for rate in rates
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one search space has been searched."""

    search: Search  # with the best score that is known by now
    missing: tuple[Run, ...]  # the runs without which it cannot be decided
    scores: tuple[Score, ...]  # of each rate; none while runs are missing

    @property
    def best(self) -> int:
        """The place of the best rate."""
        return min(range(len(self.scores)), key=lambda place: self.scores[place].order)


def stand(
    goals: Goals,
    runs: tuple[tuple[Run, ...], ...],
    known: Mapping[Run, Progress],
    likely: int = 0,
) -> Standing:
    """Judge every rate of a search space by what is known of its runs.

    Args:
        goals: of the objective.
        runs: of each rate, as `candidates` returns them.
        known: what is known of those that were trained.
        likely: the place of the rate to begin with.

    """
    progress = [[known.get(run) for run in some] for some in runs]
    scores = [score_of(some) for some in progress]
    best = min((score.log_updates for score in scores if score), default=np.inf)
    out = [ruled_out(some, best) for some in progress]
    missing = tuple(
        run
        for some, states, score, beyond in zip(runs, progress, scores, out, strict=True)
        if score is None and beyond is None
        for run, state in zip(some, states, strict=True)
        if state is None or state.score is None
    )
    told = () if missing else tuple(b or s for b, s in zip(out, scores, strict=True))
    return Standing(Search(goals, runs, best, runs[likely]), missing, told)


def search_all(
    wanted: Sequence[tuple[Subject, int]],
    tuning: Tuning,
    load: Callable[[Sequence[Run], Objective], Mapping[Run, Progress]],
    spaces: dict[tuple[Subject, int], SearchSpace],
    taken: Mapping[Subject, float],
) -> tuple[dict[tuple[Subject, int], Found], list[Standing]]:
    """Search as far as the stored runs reach, growing spaces where the best lies at an end.

    Args:
        wanted: subjects, each with an evaluation seed.
        tuning: where searches start, and how far they may grow.
        load: returns what is known of runs towards an objective.
        spaces: how far some searches had come before; brought up to date.
        taken: the rate that other pairs took most often, with which to begin; without one, the
            middle of the space.

    Returns:
        What was found, and where those searches stand that still need runs.

    """
    found, waiting, going_on = {}, [], list(wanted)
    while going_on:
        runs = {
            key: candidates(*key, spaces.setdefault(key, SearchSpace.first(tuning)).rates, tuning)
            for key in going_on
        }
        known: dict[Objective, Mapping[Run, Progress]] = {}
        for aim in dict.fromkeys(subject.objective.aim for subject, _ in going_on):
            asked = [
                run
                for key in going_on
                if key[0].objective.aim == aim
                for some in runs[key]
                for run in some
            ]
            known[aim] = load(list(dict.fromkeys(asked)), aim)
        grown = []
        for key in going_on:
            objective, space = key[0].objective, spaces[key]
            usual = taken.get(key[0], space.rates[len(space.rates) // 2])
            likely = space.rates.index(usual) if usual in space.rates else 0
            standing = stand(objective.goals, runs[key], known[objective.aim], likely)
            if standing.missing:
                waiting.append(standing)
                continue
            spaces[key] = space.grown(standing.best, tuning.extensions)
            if spaces[key] == space:
                found[key] = Found(space, standing.scores, standing.best)
            else:
                grown.append(key)
        going_on = grown
    return found, waiting
