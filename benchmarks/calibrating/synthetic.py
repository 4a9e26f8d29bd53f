"""Studies whose times are drawn from a known distribution and decided as real ones are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from experiments.analysis.claims import judge
from experiments.analysis.verdicts import TimeVerdict
from experiments.config import loads
from experiments.execution.plan import plan
from experiments.records import METRICS, Run, Trace
from experiments.study import Seeds, Study

SEED = 20260101
TARGET = 1.0
MEDIAN = 300.0
"""The median time of the faster arm, in updates."""

SPREAD = 0.5
"""The deviation of the logarithm of the ratio of a pair's times, where it has one."""

ADAPTIVE = Seeds(8, 64)

CONFIG = """
dataset: moons
network: {{activation: [relu, tanh], depth: 1, width: {widths}}}
training: {{learning_rate: 0.1}}
seeds: 8
claims: [{claim}]
"""


@dataclass(frozen=True)
class Scenario:
    """One truth, and how studies about it are made."""

    name: str
    ratio: float  # the true median of T_than / T_faster
    heavy: bool = False  # Student's t with 2 degrees of freedom in place of the normal
    censored: float = 0.0  # about the share of runs of the faster arm that miss the target
    by: float | None = None
    seeds: Seeds = ADAPTIVE
    comparisons: int = 1  # one for each width, each with draws of its own

    def study(self) -> Study:
        """Return the study that asks about it."""
        claim = {"faster": "relu", "than": "tanh", "to": {"train_loss": TARGET}}
        claim |= {"by": self.by} if self.by else {}
        widths = list(range(1, self.comparisons + 1))
        text = CONFIG.format(widths=widths, claim=json.dumps(claim))
        return replace(loads(text, "calibration"), seeds=self.seeds)


class Synthetic:
    """A store that holds every run, with times drawn from a scenario.

    The logarithms of a pair's times share half of their variance, as runs of one seed do; their
    difference has the median log(ratio) exactly, since both parts are symmetric.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        draw = rng.standard_normal
        if scenario.heavy:
            draw = lambda size: rng.standard_t(2, size)  # noqa: E731
        many, pairs = scenario.comparisons, scenario.seeds.most
        logs = np.log(MEDIAN) + draw((many, 1, pairs)) * SPREAD
        logs = logs + draw((many, 2, pairs)) * SPREAD / np.sqrt(2)
        logs[:, 1] += np.log(scenario.ratio)
        self._logs = logs
        self._budget = 10**9
        if scenario.censored:
            self._budget = round(float(np.exp(np.quantile(logs[:, 0], 1 - scenario.censored))))

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return none: every run is there."""
        return []

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return a trace for every run, the same one each time."""
        return {run: self._trace(run) for run in runs}

    def _trace(self, run: Run) -> Trace:
        arm = int(run.network.activation.name == "tanh")
        log = self._logs[run.network.widths[0] - 1, arm, run.seed]
        # A loss that falls from 2 at update 1 in a straight line over log(updates) and meets the
        # target of 1 at the time that was drawn.
        values = np.full((3, len(METRICS)), 2.0)
        values[2] = 2 - np.log(self._budget) / max(log, 1e-9)
        return Trace(np.array([0, 1, self._budget]), values, "completed", self._budget)


@dataclass(frozen=True)
class Decided:
    """What came out of one study."""

    directions: tuple[str, ...]  # of each comparison
    sizes: tuple[str, ...]
    covered: bool  # whether the first interval holds the true ratio
    width: float  # of the first interval, as log(high / low)
    pairs: int


def decide(scenario: Scenario, study: Study, number: int) -> Decided:
    """Draw one study and decide it."""
    rng = np.random.default_rng([SEED, *map(ord, scenario.name), number])
    results = plan(study, Synthetic(scenario, rng)).results
    verdicts: list[TimeVerdict] = judge(results)
    first = verdicts[0].ratio
    return Decided(
        tuple(v.outcome for v in verdicts if v.hypothesis == "direction"),
        tuple(v.outcome for v in verdicts if v.hypothesis == "size"),
        first.low <= scenario.ratio * (1 + 1e-9) and first.high >= scenario.ratio * (1 - 1e-9),
        float(np.log(first.high / first.low)) if first.low else np.inf,
        results.seeds,
    )


def chunk(scenario: Scenario, numbers: range) -> list[Decided]:
    """Decide some studies of a scenario, in one process."""
    study = scenario.study()
    return [decide(scenario, study, number) for number in numbers]
