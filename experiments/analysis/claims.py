"""From claims and results to verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from experiments.analysis.inference import Ratio, fewest_pairs, paired_ratio
from experiments.analysis.measures import met_at_start
from experiments.analysis.results import Results, SettingResult
from experiments.records import Claim

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
    condition: tuple[tuple[str, str], ...]  # (axis, label) of the axes that the claim leaves open
    outcome: Outcome
    reason: str  # why it is untestable; empty otherwise
    ratio: Ratio
    faster: SettingResult
    than: SettingResult
    faster_arrived: int  # runs of the arm called faster that reached the target
    than_arrived: int


def decide(ratio: Ratio, by: float | None, tolerance: float) -> Outcome:
    """Judge a claim by where the interval lies; the estimate has no say.

    With L the least ratio that is still as claimed, 1 for a direction and by / tolerance, at
    least 1, for a factor: supported if low is above 1 and not below L; if instead high is below
    L, direction only if low is above 1, and refuted otherwise; else inconclusive.
    """
    least = 1.0 if by is None else max(1.0, by / tolerance)
    if ratio.low > 1 and ratio.low >= least:
        return "supported"
    if ratio.high < least:
        return "direction only" if ratio.low > 1 else "refuted"
    return "inconclusive"


def judge(results: Results) -> list[Verdict]:
    """Return the verdicts of all claims: claim by claim, condition by condition, by target."""
    return [
        _verdict(results, claim, target, condition, faster, than)
        for claim in results.study.claims
        for condition, faster, than in _comparisons(results, claim)
        for target in claim.targets
    ]


def _comparisons(
    results: Results, claim: Claim
) -> Iterator[tuple[tuple[tuple[str, str], ...], SettingResult, SettingResult]]:
    """Pair the settings of the two arms that agree on every axis the claim leaves open."""
    named = dict(claim.faster).keys() | dict(claim.than).keys()

    def condition(result: SettingResult) -> tuple[tuple[str, str], ...]:
        return tuple((axis, label) for axis, label in result.setting.labels if axis not in named)

    def is_arm(result: SettingResult, arm: tuple[tuple[str, str], ...]) -> bool:
        return dict(arm).items() <= dict(result.setting.labels).items()

    slower = {condition(r): r for r in results.settings if is_arm(r, claim.than)}
    for result in results.settings:
        if is_arm(result, claim.faster):
            yield condition(result), result, slower[condition(result)]


def _verdict(
    results: Results,
    claim: Claim,
    target: float,
    condition: tuple[tuple[str, str], ...],
    faster: SettingResult,
    than: SettingResult,
) -> Verdict:
    a, b = faster.arrivals(claim.metric, target), than.arrivals(claim.metric, target)
    confidence = results.study.confidence
    ratio = paired_ratio(a, b, confidence)
    reason = ""
    if all(x.censored for x in a) and all(x.censored for x in b):
        reason = "no run of either arm reached the target"
    elif all(met_at_start(t, claim.metric, target) for t in (*faster.traces, *than.traces)):
        reason = "every run was at the target before it was trained"
    elif ratio.pairs < fewest_pairs(confidence):
        reason = (
            f"{ratio.pairs} pairs cannot give an interval at {confidence * 100:.10g} %; "
            f"it takes {fewest_pairs(confidence)}"
        )
    return Verdict(
        claim,
        target,
        condition,
        "untestable" if reason else decide(ratio, claim.by, claim.tolerance),
        reason,
        ratio,
        faster,
        than,
        sum(not x.censored for x in a),
        sum(not x.censored for x in b),
    )
