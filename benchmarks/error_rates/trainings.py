"""Studies whose runs are drawn from a pool of real trainings, tuned as studies are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import joblib
import numpy as np

from error_rates.synthetic import seeds_as_yaml
from experiments.analysis.tuning import FACTOR
from experiments.config import loads
from experiments.execution.backends import backend_for
from experiments.execution.fleets import cut
from experiments.execution.in_flight import results
from experiments.records import Run, Trace
from experiments.study import Seeds, Study

LOWEST = {"relu": 0.01, "tanh": 0.02}
"""The lowest learning rate of each activation's pool."""

RATES = 5
"""So many rates in factors of two, the best of which lies inside."""

GIVEN = 2
"""The place of the rate that is given where none is searched for."""

POOL_SEEDS = 320

TEXT = """
dataset: digits
network: {{width: 32-32-32, activation: {activation}}}
training:
  optimizer: {{name: sgd, momentum: 0.9}}
  learning_rate: {rate}
  batch_size: 32
  epochs: 10
  precision: [float32, float64]
{tuning}
seeds: {seeds}
claims:
  - faster: {{precision: float32}}
    than: {{precision: float64}}
    to: {{train_loss: {targets}}}
"""

TUNING = "tuning: {{from: {lowest}, to: {highest}, seeds: 1, extensions: 0}}"


@dataclass(frozen=True)
class Drawn:
    """A scenario with runs from the pool: two arms of one setting, with independent noise.

    The precision of the config tells the arms apart and nothing else: the runs of both are drawn
    from the same float32 trainings.
    """

    name: str
    pool: Path
    activation: str
    tuned: bool
    targets: tuple[float, ...]
    seeds: Seeds

    def study(self) -> Study:
        """Return the study that compares the arms."""
        lowest = LOWEST[self.activation]
        tuning = TUNING.format(lowest=lowest, highest=lowest * FACTOR ** (RATES - 1))
        text = TEXT.format(
            activation=self.activation,
            rate="tuned" if self.tuned else rates(self.activation)[GIVEN],
            tuning=tuning if self.tuned else "",
            seeds=seeds_as_yaml(self.seeds),
            targets=list(self.targets),
        )
        return loads(text, "calibration")

    def store(self, rng: np.random.Generator) -> DrawnRuns:
        """Draw the runs of one study."""
        return DrawnRuns(_read(self.pool)[self.activation], self.seeds.most, rng)


def rates(activation: str) -> list[float]:
    """Return the learning rates of an activation's pool."""
    return [LOWEST[activation] * FACTOR**place for place in range(RATES)]


class DrawnRuns:
    """A store that holds every run of one study.

    Each arm of a pair is given two seeds of the pool, one for its search and one for its
    evaluation, and no other run of the study has them.
    """

    def __init__(
        self, pool: dict[float, list[Trace]], pairs: int, rng: np.random.Generator
    ) -> None:
        self._pool = pool
        self._seeds = rng.permutation(POOL_SEEDS)[: 4 * pairs].reshape(pairs, 2, 2)

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return none: every run is there."""
        return []

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return a trace for every run, the same one each time."""
        return {run: self._trace(run) for run in runs}

    def _trace(self, run: Run) -> Trace:
        # With one tuning seed to a pair, it has the number of the evaluation seed.
        arm, search = run.training.precision == "float64", run.stream == "tuning"
        return self._pool[run.training.learning_rate][self._seeds[run.seed, int(arm), int(search)]]


def train_pool(folder: Path, workers: int) -> Path:
    """Train every rate of both activations at every seed of the pool, each run to its end.

    Returns:
        The file with the traces, by activation and rate in the order of the seeds.

    """
    pool = {}
    for activation in LOWEST:
        study = Drawn("", folder, activation, tuned=True, targets=(1.0,), seeds=Seeds(6, 6)).study()
        setting = next(s for s in study.settings if s.training.precision == "float32")
        runs = {
            rate: [setting.run("evaluation", seed, rate) for seed in range(POOL_SEEDS)]
            for rate in rates(activation)
        }
        fleets = cut((run for some in runs.values() for run in some), workers)
        traces: dict[Run, Trace] = {}
        for fleet, trained in results(fleets, backend_for(fleets, workers)):
            traces |= dict(zip(fleet.runs, trained, strict=True))
        pool[activation] = {rate: [traces[run] for run in some] for rate, some in runs.items()}
    file = folder / "pool.joblib"
    joblib.dump(pool, file)
    return file


@lru_cache(maxsize=1)  # once for each worker
def _read(file: Path) -> dict[str, dict[float, list[Trace]]]:
    return joblib.load(file)
