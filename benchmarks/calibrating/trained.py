"""Studies drawn from real trainings: both arms are the same setting, with independent noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from experiments.analysis.claims import judge
from experiments.config import loads
from experiments.execution.executor import results as trained
from experiments.execution.fleets import cut
from experiments.execution.plan import plan
from experiments.records import Run, Trace
from experiments.study import Seeds, Study

SEED = 20260102
POOL = 320
RATES = tuple(2.0**power for power in range(-7, -2))
HARD = 0.15

TRAINING = "{optimizer: {name: sgd, momentum: 0.9}, batch_size: 32, epochs: 20, learning_rate: %s}"

SETTING = """
dataset: digits
network: {{depth: 3, width: 32, activation: {activation}}}
training: {training}
seeds: 1
"""

# The two arms differ in a value that the drawn traces take no notice of.
STUDY = """
dataset: digits
network: {{depth: 3, width: 32, activation: relu, init_scale: [1, 2]}}
training: {training}
tuning: {{from: 0.0078125, to: 0.125, extensions: 0}}
seeds: 20
claims: [{{faster: {{init_scale: 1}}, than: {{init_scale: 2}}, to: {{train_loss: {targets}}}}}]
"""

Pool = Mapping[float, list[Trace]]
"""The whole traces of POOL seeds at each learning rate."""


def train_pool(activation: str) -> Pool:
    """Train a setting at each of RATES with POOL seeds, to the end, on two cores."""
    pool: dict[float, list[Trace]] = {}
    runs: dict[Run, tuple[float, int]] = {}
    for rate in RATES:
        (setting,) = loads(
            SETTING.format(activation=activation, training=TRAINING % rate), "pool"
        ).settings
        runs |= {setting.run("evaluation", seed): (rate, seed) for seed in range(POOL)}
        pool[rate] = [None] * POOL
    for fleet, traces in trained(cut(runs, 2), 2):
        for run, trace in zip(fleet.runs, traces, strict=True):
            rate, seed = runs[run]
            pool[rate][seed] = trace
    return pool


TWENTY, ADAPTIVE = Seeds(20, 20), Seeds(8, 64)


@dataclass(frozen=True)
class Trial:
    """One kind of study of equal arms."""

    name: str
    targets: tuple[float, ...]
    tuned: bool
    seeds: Seeds = TWENTY

    def study(self) -> Study:
        """Return the study, whose arms differ by name alone."""
        rate = "tuned" if self.tuned else RATES[2]
        text = STUDY.format(training=TRAINING % rate, targets=list(self.targets))
        return replace(loads(text, "calibration"), seeds=self.seeds)


class Drawn:
    """A store whose runs are drawn from a pool without replacement, each arm's apart."""

    def __init__(self, pool: Pool, rng: np.random.Generator) -> None:
        self._pool, self._order = pool, rng.permutation(POOL)

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return none: every run is there."""
        return []

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return a trace of the pool for every run, the same one each time."""
        return {run: self._trace(run) for run in runs}

    def _trace(self, run: Run) -> Trace:
        arm, tuning = run.network.init_scale == 2, run.stream == "tuning"
        place = 4 * run.seed + 2 * arm + tuning
        return self._pool[run.training.learning_rate][self._order[place]]


def trials(trial: Trial, pool: Pool, numbers: range) -> list[tuple[float, ...]]:
    """Return the p-value of each target's direction, of some studies, in one process."""
    study, found = trial.study(), []
    for number in numbers:
        rng = np.random.default_rng([SEED, *map(ord, trial.name), number])
        results = plan(study, Drawn(pool, rng)).results
        found.append(tuple(v.p_value for v in judge(results)))
    return found


EASY = 0.5
THREE = (1.0, EASY, HARD)
FIXED_TRIALS = [
    Trial(f"{how}, {what}", targets, tuned)
    for how, tuned in (("given rates", False), ("each pair tunes for itself", True))
    for what, targets in (
        (f"one target {EASY}", (EASY,)),
        (f"one target {HARD}", (HARD,)),
        ("three targets", THREE),
    )
]
ADAPTIVE_TRIALS = [
    Trial(f"each pair tunes for itself, one target {one}, 8 to 64 pairs", (one,), True, ADAPTIVE)
    for one in (EASY, HARD)
]
