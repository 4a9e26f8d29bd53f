"""What a page tells of each level of a target, in sentences made beforehand."""

from __future__ import annotations

import math
from typing import Any

from experiments.analysis.ratio_curves import Level, RatioCurve
from experiments.analysis.summary import Summary
from experiments.report import words
from experiments.report.web.series import numbers, protocol_of, ratio_groups
from experiments.study import TimeClaim, arm_in_words


def levels(summary: Summary) -> list[dict[str, Any]]:
    """Return, for each claim and condition, its levels with what is found at each.

    The sentences are those of every protocol, in the order of the config.
    """
    return [
        {
            "name": ", ".join(
                filter(None, [f"claim {claim.number}", words.condition(condition)])
            ),
            "metric": claim.metric,
            "targets": numbers(curves[0].targets),
            "goals": [words.goal(claim.metric, float(f"{t:.3g}")) for t in curves[0].targets],
            "start": _nearest(curves[0], claim.targets[0]),
            "sentences": [
                [_sentence(curve, place) for curve in curves]
                for place in range(len(curves[0].levels))
            ],
        }
        for (claim, condition), curves in ratio_groups(summary).items()
    ]  # fmt: skip


def _nearest(curve: RatioCurve, target: float) -> int:
    return min(range(len(curve.levels)), key=lambda i: abs(curve.levels[i].target - target))


def _sentence(curve: RatioCurve, place: int) -> str:
    level, claim = curve.levels[place], curve.claim
    faster, than = arm_in_words(claim.faster), arm_in_words(claim.than)
    protocol = protocol_of(curve)
    start = f"{protocol}: " if protocol else ""
    runs = len(curve.faster.runs)
    reached = (
        f"{level.reached[0]} of {runs} runs of {faster} and {level.reached[1]} of {runs} of {than} "
        "reached it"
    )
    if not any(level.reached):
        return f"{start}no run of either reached it."
    ratio = level.ratio
    size = f"{than} needed {words.estimate(ratio)} times the {claim.clock} of {faster}"
    if math.isnan(ratio.estimate):
        size = "the ratio has no estimate"
    interval = f"{words.level(ratio.confidence)} interval {words.interval(ratio)}"
    return f"{start}{size} ({interval}); {reached}. {_outcomes(level, claim)}"


def _outcomes(level: Level, claim: TimeClaim) -> str:
    told = "; ".join(
        f"{words.hypothesis(claim, name)}: {outcome}" for name, outcome in level.outcomes.items()
    )
    return f"A claim at this level alone would be {told}."
