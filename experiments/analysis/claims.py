"""From claims and results to verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from experiments.analysis.inference import PairedTimes, Ratio, fewest_pairs, holm
from experiments.analysis.measures import met_at_start
from experiments.analysis.results import Results, SettingResult
from experiments.records import Claim, Labels, split_protocol

Outcome = Literal["supported", "direction only", "refuted", "inconclusive", "untestable"]

OUTCOMES: dict[Outcome, str] = {
    "supported": (
        "the whole interval lies where the claim says: above 1, or, for a claim of a factor, "
        "above the factor divided by its tolerance"
    ),
    "direction only": (
        "the arm is faster, the whole interval above 1, but below the factor divided by its "
        "tolerance"
    ),
    "refuted": (
        "the whole interval lies where the claim does not allow it: below 1, or, for a claim of a "
        "factor, below the factor divided by its tolerance without lying above 1"
    ),
    "inconclusive": (
        "the interval leaves both open; more seeds would narrow it, and where runs never arrived, "
        "more epochs"
    ),
    "untestable": "the runs say nothing of the claim; the reason stands beside it",
}
"""What each verdict means, for the report and the README."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the runs say of one claim, at one target, under one condition."""

    claim: Claim
    target: float
    condition: Labels  # (axis, label) of the axes that the claim leaves open
    outcome: Outcome
    reason: str  # why it is untestable; empty otherwise
    ratio: Ratio
    faster: SettingResult
    than: SettingResult
    faster_arrived: int  # runs of the arm called faster that reached the target
    than_arrived: int
    times: PairedTimes
    wants_seeds: bool  # whether more seeds might decide it

    @property
    def pairs_needed(self) -> int | None:
        """About how many pairs would decide it, if it is inconclusive and some number would."""
        if self.outcome != "inconclusive":
            return None
        least = least_ratio(self.claim.by, self.claim.tolerance)
        return self.times.pairs_needed(least, 1 - self.ratio.confidence)

    @property
    def chance(self) -> tuple[float, float]:
        """The interval for the chance that the arm called faster comes first in a fresh pair."""
        return self.times.chance(self.ratio.confidence)


@dataclass(frozen=True, slots=True)
class Turn:
    """A comparison whose verdict depends on the protocol."""

    claim: Claim
    target: float
    condition: Labels  # without the protocol
    by_protocol: dict[str, Outcome]


def turns(verdicts: Sequence[Verdict]) -> list[Turn]:
    """Return the comparisons that protocols disagree on."""
    groups: dict[tuple, dict[str, Outcome]] = {}
    for v in verdicts:
        protocol, rest = split_protocol(v.condition)
        groups.setdefault((v.claim, v.target, rest), {})[protocol] = v.outcome
    return [
        Turn(claim, target, rest, outcomes)
        for (claim, target, rest), outcomes in groups.items()
        if len(set(outcomes.values())) > 1
    ]


def least_ratio(by: float | None, tolerance: float) -> float:
    """Return the least ratio that is still as claimed."""
    return 1.0 if by is None else max(1.0, by / tolerance)


def decide(low: float, high: float, by: float | None, tolerance: float) -> Outcome:
    """Judge a claim by where the interval lies; the estimate has no say.

    With L the least ratio that is still as claimed, 1 for a direction and by / tolerance, at
    least 1, for a factor: supported if low is above 1 and not below L; if instead high is below
    L, direction only if low is above 1, and refuted otherwise; else inconclusive.
    """
    least = least_ratio(by, tolerance)
    if low > 1 and low >= least:
        return "supported"
    if high < least:
        return "direction only" if low > 1 else "refuted"
    return "inconclusive"


def judge(results: Results) -> list[Verdict]:
    """Return the verdicts of all claims: claim by claim, condition by condition, by target.

    The comparisons of the primary claim share the study's error probability among themselves, and
    those of all other claims share as much among themselves, both by Holm's rule: the chance that
    any verdict of a family is wrong stays within it.
    """
    error = 1 - results.study.confidence
    comparisons = [
        _Comparison(results, claim, target, condition, faster, than)
        for claim in results.study.claims
        for condition, faster, than in settings_to_compare(results, claim)
        for target in claim.targets
    ]
    verdicts = {}
    for primary in (True, False):
        family = [c for c in comparisons if c.claim.primary == primary]
        allowed = holm([c.least_error() for c in family], error)
        verdicts |= {c: c.verdict(a) for c, a in zip(family, allowed, strict=True)}
    return [verdicts[comparison] for comparison in comparisons]


class _Comparison:
    """Two settings at one target, before it is known how large an error its verdict may have."""

    def __init__(
        self,
        results: Results,
        claim: Claim,
        target: float,
        condition: Labels,
        faster: SettingResult,
        than: SettingResult,
    ) -> None:
        self.claim, self.target, self.condition = claim, target, condition
        self.faster, self.than = faster, than
        self._study = results.study
        self._a = faster.arrivals(claim.metric, target)
        self._b = than.arrivals(claim.metric, target)
        sequential = results.study.seeds.adaptive
        self._times = PairedTimes(self._a, self._b, sequential=sequential)
        self._fewest = fewest_pairs(results.study.confidence, sequential=sequential)
        self._reason = self._why_untestable()

    def least_error(self) -> float:
        """Return the least error at which the claim would be decided, 1 if at none."""
        if self._reason:
            return 1.0
        for error, low, high in self._times.intervals():
            if decide(low, high, self.claim.by, self.claim.tolerance) != "inconclusive":
                return error
        return 1.0

    def verdict(self, error: float) -> Verdict:
        """Judge the claim, with an interval that misses at most so often."""
        claim, ratio, reason = self.claim, self._times.ratio(error), self._reason
        outcome = decide(ratio.low, ratio.high, claim.by, claim.tolerance)
        return Verdict(
            claim,
            self.target,
            self.condition,
            "untestable" if reason else outcome,
            reason,
            ratio,
            self.faster,
            self.than,
            sum(not x.censored for x in self._a),
            sum(not x.censored for x in self._b),
            self._times,
            outcome == "inconclusive" and (not reason or self._times.count < self._fewest),
        )

    def _why_untestable(self) -> str:
        """Say why the comparison tells nothing, or return nothing."""
        both = (*self._a, *self._b)
        if all(x.censored for x in both):
            return "no run of either arm reached the target"
        traces = (*self.faster.traces, *self.than.traces)
        if all(met_at_start(trace, self.claim.metric, self.target) for trace in traces):
            return "every run was at the target before it was trained"
        if self._times.count < self._fewest:
            level = f"{self._study.confidence * 100:.10g} %"
            count = self._times.count
            return f"{count} pairs cannot give an interval at {level}; it takes {self._fewest}"
        return ""


def settings_to_compare(
    results: Results, claim: Claim
) -> Iterator[tuple[Labels, SettingResult, SettingResult]]:
    """Pair the settings of the two arms that agree on every axis the claim leaves open."""
    named = dict(claim.faster).keys() | dict(claim.than).keys()

    def condition(result: SettingResult) -> Labels:
        return tuple(pair for pair in result.setting.labels if pair[0] not in named)

    slower = {condition(r): r for r in results.settings if r.setting.is_arm(claim.than)}
    for result in results.settings:
        if result.setting.is_arm(claim.faster):
            yield condition(result), result, slower[condition(result)]
