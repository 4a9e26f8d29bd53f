"""Studies whose runs are made up: traces that meet their targets at times that are drawn."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from experiments.config import loads
from experiments.records import METRICS, Run, Trace
from experiments.study import Seeds, Study

ADAPTIVE = Seeds(8, 64)
TARGET = 1.0

MEDIAN = 1e9
"""The median time of the faster arm to its first target: so many updates that rounding times to
whole ones makes no two of them equal."""

SPREAD = 0.5
"""The deviation of the logarithm of the ratio of a pair's times, where it has one."""

START = 2.0
"""The loss before training."""

FARTHEST = 16.0
"""No draw is farther from 0, so that every time is a number of updates: one in 250 of Student's
t with 2 degrees of freedom would be, and is put there."""

NEVER = 10**17
"""The budget of runs that are to reach all targets."""

TEXT = """
dataset: moons
network: {{activation: [relu, tanh], depth: {depths}}}
training: {{learning_rate: 0.1}}
seeds: {seeds}
claims: {claims}
"""


def seeds_in_words(seeds: Seeds) -> str:
    """Return `8 to 64 pairs` or `20 pairs`."""
    return f"{seeds.least} to {seeds.most} pairs" if seeds.adaptive else f"{seeds.most} pairs"


def seeds_as_yaml(seeds: Seeds) -> str:
    """Return what a config says of them."""
    return f"{{min: {seeds.least}, max: {seeds.most}}}" if seeds.adaptive else str(seeds.most)


@dataclass(frozen=True)
class Made:
    """A scenario with made-up runs.

    The logarithms of a pair's times share half of their variance, as runs of one seed do. What is
    left is drawn alike for both arms, so that the median of log(T_than / T_faster) is log(ratio)
    exactly, at every target.
    """

    name: str
    ratio: float = 1.0  # the true median of T_than / T_faster, under every condition
    heavy: bool = False  # Student's t with 2 degrees of freedom in place of the normal
    censored: float = 0.0  # about the share of all runs that never arrive
    by: float | None = None  # the factor claimed
    seeds: Seeds = ADAPTIVE
    conditions: int = 1  # each with draws of its own
    apart: bool = False  # whether each condition has a claim of its own, or all have one
    targets: tuple[float, ...] = (TARGET,)  # of each claim

    def study(self) -> Study:
        """Return the study that asks about it; the depth stands for the condition."""
        depths = list(range(1, self.conditions + 1))
        wanted = {"to": {"train_loss": list(self.targets)}} | ({"by": self.by} if self.by else {})
        arms = [{"faster": "relu", "than": "tanh"}]
        if self.apart:
            arms = [
                {key: {"activation": arms[0][key], "depth": depth} for key in arms[0]}
                for depth in depths
            ]
        claims = json.dumps([some | wanted for some in arms])
        text = TEXT.format(depths=depths, seeds=seeds_as_yaml(self.seeds), claims=claims)
        return loads(text, "calibration")

    def store(self, rng: np.random.Generator) -> MadeRuns:
        """Draw the runs of one study."""
        return MadeRuns(self, rng)


class MadeRuns:
    """A store that holds every run of one study."""

    def __init__(self, scenario: Made, rng: np.random.Generator) -> None:
        times = _times(scenario, rng)  # (conditions, arms, seeds, targets)
        self._budget = NEVER
        if scenario.censored:  # of both arms together, so that neither is told from the other
            self._budget = round(float(np.quantile(times, 1 - scenario.censored)))
        self._times = times
        self._met = (times < self._budget).sum(axis=-1)
        losses = [START, START, *scenario.targets]
        self._values = [
            _as_metrics([*losses[: met + 2], losses[met + 1]])
            for met in range(len(scenario.targets) + 1)
        ]

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return none: every run is there."""
        return []

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return a trace for every run, the same one each time."""
        return {run: self._trace(run) for run in runs}

    def _trace(self, run: Run) -> Trace:
        place = (
            len(run.network.widths) - 1, int(run.network.activation.name == "tanh"), run.seed
        )  # fmt: skip
        # It is evaluated at the very moments at which it meets its targets.
        met = self._met[place]
        updates = np.array([0, 1, *self._times[place][:met], self._budget])
        return Trace(updates, self._values[met], "completed", self._budget)


def _times(scenario: Made, rng: np.random.Generator) -> np.ndarray:
    """Draw times to targets in whole updates, (conditions, arms, seeds, targets)."""
    conditions, pairs, targets = scenario.conditions, scenario.seeds.most, len(scenario.targets)

    def draw(*shape: int) -> np.ndarray:
        draws = rng.standard_t(2, shape) if scenario.heavy else rng.standard_normal(shape)
        return np.clip(draws, -FARTHEST, FARTHEST)

    shared = SPREAD * draw(conditions, 1, pairs, 1)
    own = SPREAD / np.sqrt(2) * draw(conditions, 2, pairs, targets)
    # From one target to the next takes a time of its own, like that to the first.
    logs = np.log(np.cumsum(np.exp(own), axis=-1)) + shared + np.log(MEDIAN)
    logs[:, 1] += np.log(scenario.ratio)
    return np.rint(np.exp(logs)).astype(np.int64)


def _as_metrics(losses: list[float]) -> np.ndarray:
    """Return a trace's values, (T, M), of which only the training loss is ever read."""
    return np.repeat(np.array(losses)[:, None], len(METRICS), axis=1)
