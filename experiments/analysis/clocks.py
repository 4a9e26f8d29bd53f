"""A ratio of times told by other clocks than updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.analysis.verdicts import Outcome, TimeVerdict, decide
from experiments.study import Setting

Costs = Mapping[Setting, Mapping[str, float]]
"""What one update of each setting costs by each clock; by the clock "updates" it costs 1."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One verdict's ratio by one clock, and what that clock would say of the claim."""

    verdict: TimeVerdict
    clock: str
    estimate: float
    low: float
    high: float
    outcome: Outcome

    @property
    def agrees(self) -> bool:
        """Whether the clock gives the same verdict as updates do."""
        return self.outcome == self.verdict.outcome


def readings(verdicts: list[TimeVerdict], costs: Costs) -> list[Reading]:
    """Read every verdict by every clock.

    An update costs each arm the same every time, so that the ratio by a clock is the ratio of
    updates times cost of an update of B / cost of an update of A.
    """
    found = []
    for v in verdicts:
        for clock, cost in costs[v.faster.setting].items():
            factor = costs[v.than.setting][clock] / cost
            low, high = v.ratio.low * factor, v.ratio.high * factor
            outcome = v.outcome
            if outcome != "untestable":
                outcome = decide(low, high, v.region)
            found.append(Reading(v, clock, v.ratio.estimate * factor, low, high, outcome))
    return found
