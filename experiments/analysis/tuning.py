"""The choice of learning rates, from the traces of the tuning seeds alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from experiments.analysis.measures import final, updates_to_target
from experiments.records import Claim, Run, Setting, Study, Trace, Tuning

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
    "the claims name is taken, where a run that never arrives counts as twice its budget; ties, "
    "and studies without claims, go to the lower final training loss. If the best rate of any arm "
    "lies on the grid's edge, the grid grows there for all arms."
)
"""The rule in words, for the report."""


@dataclass(frozen=True, slots=True)
class Score:
    """How one rate did for one setting: less is better, the first number before the second."""

    log_updates: float  # mean over targets and seeds of log(updates), 0 without targets
    final_loss: float  # mean over seeds of the final training loss, infinity if any diverged


@dataclass(frozen=True, slots=True)
class TunedRate:
    """The grid of one setting: its rates, what each scored, and the one that was taken."""

    setting: Setting
    rates: tuple[float, ...]
    scores: tuple[Score, ...]

    @property
    def best(self) -> int:
        """The place of the rate with the best score; the lowest rate among equals."""
        return min(
            range(len(self.rates)),
            key=lambda i: (self.scores[i].log_updates, self.scores[i].final_loss),
        )

    @property
    def rate(self) -> float:
        """The rate that was taken."""
        return self.rates[self.best]

    @property
    def at_low_edge(self) -> bool:
        """Whether a lower rate might have been better."""
        return self.best == 0

    @property
    def at_high_edge(self) -> bool:
        """Whether a higher rate might have been better."""
        return self.best == len(self.rates) - 1


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


def choose(study: Study, grid: Grid, traces: Mapping[Run, Trace]) -> list[TunedRate]:
    """Score every rate of a complete grid.

    Args:
        study: whose claims give the objective.
        grid: the rates.
        traces: holds all of `tuning_runs(study, grid)`.

    Returns:
        A choice for each setting to be tuned, in the study's order.

    """
    return [
        TunedRate(
            setting,
            grid.rates,
            tuple(
                _score(
                    [traces[setting.run("tuning", s, rate)] for s in range(study.tuning.seeds)],
                    study.claims,
                )
                for rate in grid.rates
            ),
        )
        for setting in tuned_settings(study)
    ]


def _score(traces: list[Trace], claims: tuple[Claim, ...]) -> Score:
    targets = sorted({(claim.metric, target) for claim in claims for target in claim.targets})
    times = []
    for metric, target in targets:
        for trace in traces:
            arrival = updates_to_target(trace, metric, target)
            times.append(arrival.updates * (PENALTY if arrival.censored else 1))
    return Score(
        float(np.mean(np.log(times))) if times else 0.0,
        float(np.mean([final(trace, "train_loss") for trace in traces])),
    )
