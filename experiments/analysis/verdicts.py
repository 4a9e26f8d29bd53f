"""Verdicts: what runs say of a claim, and the rule that turns an interval into one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from experiments.analysis.inference import PairedTimes, Ratio
from experiments.analysis.results import SettingResult
from experiments.analysis.samples import Estimate
from experiments.study import BestClaim, Labels, MeasureClaim, Region, TimeClaim

Outcome = Literal["supported", "refuted", "inconclusive", "untestable"]

Hypothesis = Literal["direction", "size"]
"""What of a claim of a time to target is judged: that one arm is faster, and the factor claimed."""

OUTCOMES: dict[Outcome, str] = {
    "supported": (
        "the whole interval lies where the claim says: for an arm that is faster, above 1; for a "
        "factor, at the factor divided by its tolerance or above"
    ),
    "refuted": "the whole interval lies where the claim does not allow it",
    "inconclusive": (
        "the interval leaves both open; more seeds would narrow it, and where runs did not reach "
        "the target, more epochs"
    ),
    "untestable": "the runs say nothing of the claim; the reason stands beside it",
}
"""What each verdict means, for the report and the README."""


def decide(low: float, high: float, region: Region) -> Outcome:
    """Judge a hypothesis by where the interval lies; the estimate has no say.

    Supported if the whole interval is in the region, refuted if all of it is outside and on one
    side; else inconclusive. A wider interval never says more than one that lies within it.

    Args:
        low: the interval's low end.
        high: its high end.
        region: where the number is claimed to lie.

    """
    inside = region.low <= low and high <= region.high
    outside = high < region.low or low > region.high
    if region.open:
        ends = {end for end in (region.low, region.high) if math.isfinite(end)}
        inside = inside and not ends & {low, high}
        outside = outside or (low == high and low in ends)  # a tie beyond doubt
    if inside:
        return "supported"
    return "refuted" if outside else "inconclusive"


def hypotheses(claim: TimeClaim) -> dict[Hypothesis, Region]:
    """Return where a claim says that the ratio of times lies: its direction, and its size if any.

    A factor is read as by / tolerance or more, or as at most by * tolerance as well.
    """
    found: dict[Hypothesis, Region] = {"direction": Region(low=1.0, open=True)}
    if claim.least is not None:
        found["direction"] = Region(low=claim.least)
    if claim.by is not None:
        most = claim.by * claim.tolerance if claim.reading == "about" else math.inf
        found["size"] = Region(low=claim.by / claim.tolerance, high=most)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the runs say of one claim under one condition; its kinds are the classes below."""

    condition: Labels  # (axis, label) of the axes that the claim leaves open
    conditions: int = 1  # over how many it is; of several, `condition` has what they share
    outcome: Outcome
    reason: str  # why it is untestable; empty otherwise
    p_value: float  # the least alpha at which it would be decided, 1 if none
    wants_seeds: bool  # whether more seeds might decide it
    comparisons: int = 1  # how many share the error that any of them may cost, itself included


@dataclass(frozen=True, slots=True)
class Reading:
    """What a verdict on times would be by another clock than that of its claim."""

    clock: str
    ratio: Ratio  # by this clock
    outcome: Outcome
    usual: Outcome  # the verdict by the claim's own clock
    rival: Labels = ()  # of a claim of the best: the one that decides by this clock
    borne: bool = True  # whether what was measured bears the verdict, at both ends of its range

    @property
    def agrees(self) -> bool:
        """Whether the clock gives the same verdict as the claim's own."""
        return self.outcome == self.usual


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeVerdict(Verdict):
    """What the runs say of one hypothesis about two arms, at one target."""

    claim: TimeClaim
    hypothesis: Hypothesis
    region: Region  # where the ratio is claimed to lie
    target: float
    ratio: Ratio  # by the claim's clock; over several conditions, of their geometric mean
    faster: tuple[SettingResult, ...]  # of the arm called faster, one for each condition
    than: tuple[SettingResult, ...]
    faster_reached: int  # runs of the arm called faster that reached the target
    than_reached: int
    faster_lost: int  # of those that reached it, runs that diverged afterwards
    than_lost: int
    times: PairedTimes
    readings: tuple[Reading, ...] = ()  # by other clocks by which the arms' updates differ in cost

    @property
    def runs(self) -> int:
        """How many runs each arm has, under all conditions."""
        return sum(len(result.runs) for result in self.faster)

    @property
    def estimate(self) -> Ratio:
        """The size of the effect."""
        return self.ratio

    @property
    def seeds_needed(self) -> int | None:
        """About how many seeds would decide it, if it is inconclusive and some number would."""
        if self.outcome != "inconclusive":
            return None
        ends = [end for end in (self.region.low, self.region.high) if math.isfinite(end)]
        still_open = [end for end in ends if self.ratio.low <= end <= self.ratio.high] or ends
        alpha = 1 - self.ratio.confidence
        needed = [self.times.seeds_needed(end, alpha) for end in still_open]
        return None if None in needed else max(needed)

    @property
    def chance(self) -> tuple[float, float]:
        """The interval for the chance that the arm called faster comes first at a new seed."""
        return self.times.chance(self.ratio.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureVerdict(Verdict):
    """What the runs say of a measure of one arm, or of its difference between two."""

    claim: MeasureClaim
    estimate: Estimate  # of the measure, or of the difference
    region: Region  # where it is claimed to lie here
    theory: float | None  # what a formula gives here
    settings: tuple[SettingResult, ...]  # of the arm: one for each condition and point of an axis
    others: tuple[SettingResult, ...]  # of the arm it is compared with; none without one
    values: tuple[float, ...]  # each arm's own median or share
    target: None = None
    hypothesis: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BestVerdict(Verdict):
    """What the runs say of an arm against all others of its axis."""

    claim: BestClaim
    duel: TimeVerdict | MeasureVerdict  # with the rival that decided
    rivals: int
    beaten: int  # rivals than which the arm is at least as good
    readings: tuple[Reading, ...] = ()  # by other clocks, of a claim of times
    hypothesis: None = None

    @property
    def target(self) -> float | None:
        """The target of a claim of a time to one."""
        return self.duel.target

    @property
    def estimate(self) -> Ratio | Estimate:
        """The size of the effect against the rival that decided."""
        return self.duel.estimate

    @property
    def rival(self) -> Labels:
        """The one that decided: it beat the arm, or came closest."""
        return self.duel.claim.than
