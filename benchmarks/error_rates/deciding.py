"""Deciding many studies of one scenario as real ones are decided, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

import joblib
import numpy as np

from experiments.analysis.claims import judge
from experiments.analysis.verdicts import TimeVerdict
from experiments.execution.plan import Stored, plan
from experiments.study import Study

SEED = 20260101
"""From which all draws follow."""

CHUNKS = 16
"""Into so many pieces the studies of a scenario are cut; no result depends on it."""

T = TypeVar("T")
Verdicts = Sequence[TimeVerdict]


class Scenario(Protocol):
    """One truth, and how studies about it are made."""

    name: str  # of which the draws of its studies follow

    def study(self) -> Study:
        """Return the study that asks about it."""

    def store(self, rng: np.random.Generator) -> Stored:
        """Draw the runs of one study."""


Read = Callable[[Verdicts, int], T]
"""What is kept of a study: a function of its verdicts and of its number of pairs."""


def decide(scenario: Scenario, studies: int, read: Read[T], parallel: joblib.Parallel) -> list[T]:
    """Decide so many studies of a scenario and return what `read` tells of each, in their order.

    Args:
        scenario: one truth.
        studies: how many are drawn, each with random numbers of its own.
        read: told each study's verdicts and number of pairs.
        parallel: where the work is done.

    """
    cuts = np.linspace(0, studies, CHUNKS + 1).astype(int)
    some = (range(start, stop) for start, stop in pairwise(cuts))
    chunks = parallel(joblib.delayed(_chunk)(scenario, numbers, read) for numbers in some)
    return [found for chunk in chunks for found in chunk]


def _chunk(scenario: Scenario, numbers: range, read: Read[T]) -> list[T]:
    study, found = scenario.study(), []
    for number in numbers:
        rng = np.random.default_rng([SEED, *map(ord, scenario.name), number])
        # The whole of a real study: the plan searches for rates, asks for runs and adds pairs,
        # times are read off traces, and claims are judged and corrected for their number.
        results = plan(study, scenario.store(rng)).results
        found.append(read(judge(results), results.seeds))
    return found


def called(verdicts: Verdicts, _: int) -> bool:
    """Tell whether anything at all was supported or refuted."""
    return any(verdict.outcome in ("supported", "refuted") for verdict in verdicts)
