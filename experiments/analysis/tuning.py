"""The choice of learning rates, from the traces of the tuning seeds alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.analysis.measures import final, updates_to_target
from experiments.records import Run, Trace
from experiments.streams import generator
from experiments.study import Setting, Study, Tuning

FACTOR = 2.0
"""The step of the grid."""

PENALTY = 2.0
"""A run that never arrives counts as this many times its budget, when rates are chosen only.

The penalised average of algorithm configuration, "PAR" (Hutter, Hoos, Leyton-Brown & Stützle
2009, section 2). No verdict ever reads it: there, such a run is censored.
"""

RULE = (
    "Learning rates are chosen on seeds of their own, from one grid of factors of two that is the "
    "same for every arm. The rate with the lowest geometric mean of updates to the targets that "
    "the claims name is taken, where a run that never arrives counts as twice its budget, and one "
    "that has reached them all stops; ties, and studies without targets, go to the lower training "
    "loss at the end. If the best rate of any arm "
    "lies on the grid's edge, the grid grows there for all arms. Since a few tuning seeds do not "
    "settle the choice, each evaluation seed repeats it on tuning seeds drawn anew with "
    "replacement, the same for every arm: how often each rate is taken then shows how sure the "
    "choice is, and the intervals hold that doubt."
)
"""The rule in words, for the report."""


@dataclass(frozen=True, slots=True)
class Score:
    """How one rate did: less is better, the first number before the second."""

    log_updates: float  # mean over targets of log(updates), 0 without targets
    last_loss: float  # the training loss last read, infinite after a divergence


@dataclass(frozen=True, slots=True)
class TunedRate:
    """The grid of one setting: its rates, what each scored, and which are taken.

    A setting that shares its rate is judged by the mean over all settings that it shares it with.
    """

    setting: Setting
    rates: tuple[float, ...]
    by_seed: tuple[tuple[Score, ...], ...]  # the setting's own, for each rate and tuning seed
    deciding: tuple[tuple[Score, ...], ...]  # what the choice is made by

    @property
    def scores(self) -> tuple[Score, ...]:
        """The setting's own score of each rate, over all tuning seeds."""
        return tuple(mean_score(seeds) for seeds in self.by_seed)

    @property
    def best(self) -> int:
        """The place of the best rate by all tuning seeds; the lowest rate among equals."""
        return self._best(range(len(self.deciding[0])))

    @property
    def rate(self) -> float:
        """The best rate by all tuning seeds."""
        return self.rates[self.best]

    def rates_at(self, draws: Sequence[tuple[int, ...]]) -> list[float]:
        """Return the best rate by the tuning seeds of each draw, as `bootstrap` returns them."""
        best = {draw: self._best(draw) for draw in set(draws)}
        return [self.rates[best[draw]] for draw in draws]

    def _best(self, seeds: Sequence[int]) -> int:
        def score(place: int) -> tuple[float, float]:
            mean = mean_score([self.deciding[place][seed] for seed in seeds])
            return mean.log_updates, mean.last_loss

        return min(range(len(self.rates)), key=score)

    @property
    def at_low_edge(self) -> bool:
        """Whether a lower rate might have been better."""
        return self.best == 0

    @property
    def at_high_edge(self) -> bool:
        """Whether a higher rate might have been better."""
        return self.best == len(self.rates) - 1


def bootstrap(seeds: int, count: int) -> list[tuple[int, ...]]:
    """Draw `count` tuning seeds with replacement, for each evaluation seed; alike for every arm.

    Every source of chance is drawn anew for each seed, the search for the rate included, so that
    intervals hold all of them (Bouthillier et al. 2021, section 3). The search itself is not
    repeated: its seeds are (the bootstrap, Efron 1979).
    """
    return [
        tuple(generator("tuning", seed, "bootstrap").integers(count, size=count).tolist())
        for seed in range(seeds)
    ]


def mean_score(scores: list[Score] | tuple[Score, ...]) -> Score:
    """Return the mean of scores, each number for itself."""
    return Score(
        float(np.mean([score.log_updates for score in scores])),
        float(np.mean([score.last_loss for score in scores])),
    )


@dataclass(frozen=True, slots=True)
class Grid:
    """The learning rates of a study's search, from low to high."""

    rates: tuple[float, ...]
    grown_down: int = 0  # how often it has grown at its low end
    grown_up: int = 0

    @classmethod
    def first(cls, tuning: Tuning) -> Grid:
        """Return low, 2 low, 4 low, ... up to high."""
        count = int(np.floor(np.log2(tuning.high / tuning.low) / np.log2(FACTOR) + 1e-9)) + 1
        return cls(tuple(tuning.low * FACTOR**i for i in range(count)))

    def grown(self, choices: list[TunedRate], extensions: int) -> Grid:
        """Return the grid with one more rate at each end where a best rate lies and may move."""
        rates, down, up = self.rates, self.grown_down, self.grown_up
        if down < extensions and any(choice.at_low_edge for choice in choices):
            rates, down = (rates[0] / FACTOR, *rates), down + 1
        if up < extensions and any(choice.at_high_edge for choice in choices):
            rates, up = (*rates, rates[-1] * FACTOR), up + 1
        return Grid(rates, down, up)


def tuned_settings(study: Study) -> list[Setting]:
    """Return the settings whose learning rate is to be chosen."""
    return [s for s in study.settings if s.training.learning_rate is None]


def tuning_runs(study: Study, grid: Grid) -> list[Run]:
    """Return every run that a grid asks for: setting by setting, rate by rate, seed by seed."""
    return [
        setting.run("tuning", seed, rate)
        for setting in tuned_settings(study)
        for rate in grid.rates
        for seed in range(study.tuning.seeds)
    ]


def choose(
    study: Study, grid: Grid, traces: Mapping[Run, Trace], before: Sequence[TunedRate] = ()
) -> list[TunedRate]:
    """Score every rate of a complete grid.

    Args:
        study: whose claims give the objective, their targets as numbers.
        grid: the rates.
        traces: holds all of `tuning_runs(study, grid)`.
        before: the choices from a part of the grid by the same targets, whose scores are kept.

    Returns:
        A choice for each setting to be tuned, in the study's order.

    """
    settings, targets = tuned_settings(study), sorted(study.targets)
    known = {
        (choice.setting, rate): scores
        for choice in before
        for rate, scores in zip(choice.rates, choice.by_seed, strict=True)
    }

    def by_seed(setting: Setting, rate: float) -> tuple[Score, ...]:
        runs = (setting.run("tuning", seed, rate) for seed in range(study.tuning.seeds))
        return known.get((setting, rate)) or tuple(_score(traces[run], targets) for run in runs)

    own = {setting: tuple(by_seed(setting, rate) for rate in grid.rates) for setting in settings}
    sharing: dict[tuple, list[Setting]] = defaultdict(list)
    for setting in settings:
        if setting.shares_rate:
            sharing[study.condition(setting)].append(setting)
    shared = {
        condition: tuple(
            tuple(mean_score(scores) for scores in zip(*by_seed, strict=True))
            for by_seed in zip(*(own[setting] for setting in together), strict=True)
        )
        for condition, together in sharing.items()
    }
    return [
        TunedRate(
            setting,
            grid.rates,
            own[setting],
            shared[study.condition(setting)] if setting.shares_rate else own[setting],
        )
        for setting in settings
    ]


def _score(trace: Trace, targets: Sequence[tuple[str, float]]) -> Score:
    times = []
    for metric, target in targets:
        arrival = updates_to_target(trace, metric, target)
        times.append(arrival.updates * (PENALTY if arrival.censored else 1))
    return Score(float(np.mean(np.log(times))) if times else 0.0, final(trace, "train_loss"))
