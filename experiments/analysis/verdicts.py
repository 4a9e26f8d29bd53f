"""Verdicts: what runs say of a claim, and the rule that turns an interval into one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from experiments.analysis.inference import PairedTimes, Ratio
from experiments.analysis.results import SettingResult
from experiments.analysis.samples import Estimate
from experiments.study import Labels, MeasureClaim, RaceClaim, Region

Outcome = Literal["supported", "direction only", "refuted", "inconclusive", "untestable"]

OUTCOMES: dict[Outcome, str] = {
    "supported": (
        "the whole interval lies where the claim says: for one of which arm is faster, above 1, or "
        "above the claimed factor divided by its tolerance"
    ),
    "direction only": (
        "of a claimed factor: the arm is faster, the whole interval above 1, but below the factor "
        "divided by its tolerance"
    ),
    "refuted": (
        "the whole interval lies where the claim does not allow it: for one of which arm is "
        "faster, below 1, or below the claimed factor divided by its tolerance without lying "
        "above 1"
    ),
    "inconclusive": (
        "the interval leaves both open; more seeds would narrow it, and where runs never arrived, "
        "more epochs"
    ),
    "untestable": "the runs say nothing of the claim; the reason stands beside it",
}
"""What each verdict means, for the report and the README."""


def decide(low: float, high: float, region: Region, direction: float | None = None) -> Outcome:
    """Judge a claim by where the interval lies; the estimate has no say.

    Supported if the whole interval lies in the region that is claimed, an open end of which is no
    part of it; refuted if all of it lies outside, on one side; else inconclusive. Of a claim that
    has a direction as well as a size, an interval that lies beyond `direction` but short of the
    region says "direction only".

    Args:
        low: the interval's low end.
        high: its high end.
        region: where the number is claimed to lie.
        direction: above this number the claim's direction holds, if not its size.

    """
    inside = region.low <= low and high <= region.high
    outside = high < region.low or low > region.high
    if region.open:
        ends = {end for end in (region.low, region.high) if math.isfinite(end)}
        inside = inside and not ends & {low, high}
        outside = outside or (low == high and low in ends)  # a tie beyond doubt
    if inside and (direction is None or low > direction):
        return "supported"
    if outside:
        return "direction only" if direction is not None and low > direction else "refuted"
    return "inconclusive"


def claimed_ratio(by: float | None, tolerance: float) -> Region:
    """Return where the ratio of times is claimed to lie: above 1, or at by / tolerance or more."""
    if by is None or by / tolerance <= 1:
        return Region(low=1.0, open=True)
    return Region(low=by / tolerance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the runs say of one claim under one condition; its kinds are the classes below."""

    condition: Labels  # (axis, label) of the axes that the claim leaves open
    outcome: Outcome
    reason: str  # why it is untestable; empty otherwise
    wants_seeds: bool  # whether more seeds might decide it


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceVerdict(Verdict):
    """What the runs say of which arm is faster, at one target."""

    claim: RaceClaim
    target: float
    ratio: Ratio
    faster: SettingResult
    than: SettingResult
    faster_arrived: int  # runs of the arm called faster that reached the target
    than_arrived: int
    times: PairedTimes

    @property
    def estimate(self) -> Ratio:
        """The size of the effect."""
        return self.ratio

    @property
    def pairs_needed(self) -> int | None:
        """About how many pairs would decide it, if it is inconclusive and some number would."""
        if self.outcome != "inconclusive":
            return None
        least = claimed_ratio(self.claim.by, self.claim.tolerance).low
        return self.times.pairs_needed(least, 1 - self.ratio.confidence)

    @property
    def chance(self) -> tuple[float, float]:
        """The interval for the chance that the arm called faster comes first in a fresh pair."""
        return self.times.chance(self.ratio.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureVerdict(Verdict):
    """What the runs say of a measure of one arm, or of its difference between two."""

    claim: MeasureClaim
    estimate: Estimate  # of the measure, or of the difference
    region: Region  # where it is claimed to lie here
    theory: float | None  # what a formula gives here
    settings: tuple[SettingResult, ...]  # of the arm: one, or one for each point of an axis
    others: tuple[SettingResult, ...]  # of the arm it is compared with; none without one
    values: tuple[float, ...]  # each arm's own median or share
    target: None = None
