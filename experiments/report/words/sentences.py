"""What each verdict rests on, in a sentence."""

from __future__ import annotations

import math

from experiments.analysis.verdicts import BestVerdict, MeasureVerdict, TimeVerdict, Verdict
from experiments.report.words.clocks import by_clocks
from experiments.report.words.labels import condition, goal, place
from experiments.report.words.numbers import estimate, interval, level, region, scientific
from experiments.study import arm_in_words


def sentence(verdict: Verdict) -> str:
    """Say in one sentence what a verdict rests on."""
    if isinstance(verdict, BestVerdict):
        return _best(verdict)
    return _time(verdict) if isinstance(verdict, TimeVerdict) else _measure(verdict)


def _best(verdict: BestVerdict) -> str:
    rival, duel = arm_in_words(verdict.rival), sentence(verdict.duel) + by_clocks(verdict)
    if verdict.outcome == "refuted":
        return f"by {rival}: {duel}"
    if verdict.outcome == "untestable" or verdict.rivals == 1:
        return f"against {rival}: {duel}"
    closest = "the toughest" if verdict.outcome == "supported" else "the one that is open"
    if verdict.outcome == "inconclusive" and verdict.rivals - verdict.beaten > 1:
        closest = "the toughest"
    beaten = {0: "none", verdict.rivals: "all"}.get(verdict.beaten, str(verdict.beaten))
    held = f"of {verdict.rivals} rivals, {beaten} of which it surely equals or beats"
    return f"against {rival}, {closest} {held}: {duel}"


def _time(verdict: TimeVerdict) -> str:
    faster, than = arm_in_words(verdict.claim.faster), arm_in_words(verdict.claim.than)
    where = place(verdict)
    at = f"{goal(verdict.claim.metric, verdict.target)}{f', {where}' if where else ''}"
    if verdict.reason:
        return f"at {at}: {verdict.reason}."
    ratio, censored = verdict.ratio, ""
    if ratio.censored:
        censored = (
            f"; {_not_reached(faster, verdict.faster_reached, verdict.runs)}"
            f" and {_not_reached(than, verdict.than_reached, verdict.runs)} did not reach the "
            "target"
        )
    several = verdict.conditions > 1
    if math.isnan(ratio.estimate):
        size = "so many runs did not reach the target that the ratio has no estimate"
    else:
        size = f"{than} needed {estimate(ratio)} times the {verdict.claim.clock} of {faster}"
        size += " in the geometric mean" if several else ""
    told = [f"{level(ratio.confidence)} interval {interval(ratio)}"]
    if verdict.hypothesis == "size":
        told.append(f"claimed: {region(verdict.region)}")
    elif several:
        told.append(f"{faster} was ahead at {ratio.wins} of {ratio.pairs} seeds{censored}")
    else:
        told.append(f"{faster} came first in {ratio.wins} of {ratio.pairs} pairs{censored}")
    size = f"{size} ({'; '.join(told)})"
    return f"at {at}: {size}.{_later(verdict)}{_more(verdict)}{by_clocks(verdict)}"


def _later(verdict: TimeVerdict) -> str:
    """Say how many runs of an arm were at the target and diverged afterwards."""
    arms = (
        (verdict.claim.faster, verdict.faster_lost, verdict.faster_reached),
        (verdict.claim.than, verdict.than_lost, verdict.than_reached),
    )
    told = [
        f"{lost} of the {reached} runs of {arm_in_words(arm)} that reached the target"
        for arm, lost, reached in arms
        if lost
    ]
    return f" Afterwards {' and '.join(told)} diverged." if told else ""


def _measure(verdict: MeasureVerdict) -> str:
    claim, found = verdict.claim, verdict.estimate
    measure = claim.measure.in_words
    where = f"with {condition(verdict.condition)}, " if verdict.condition else ""
    if verdict.conditions > 1:
        where = f"over {place(verdict)}, "
        measure = f"mean of the {measure}"
    if verdict.reason:
        return f"{where}the {measure}: {verdict.reason}."
    arms = [arm_in_words(arm) for arm in claim.arms]
    if claim.than is None:
        what = f"{f'for {arms[0]}, ' if arms else ''}the {measure} is {estimate(found)}"
    else:
        each = " and ".join(
            f"{scientific(value)} for {arm}"
            for value, arm in zip(verdict.values, arms, strict=True)
        )
        what = f"the {measure} is {each}, the difference {estimate(found)}"
    unit = f" {claim.measure.unit}" if claim.measure.unit else ""
    told = [
        "known exactly"
        if claim.measure.aggregate == "exact"
        else f"{level(found.confidence)} interval {interval(found)}, {found.count} runs"
    ]
    if verdict.theory is not None:
        told.append(f"theory {scientific(verdict.theory)}")
    told.append(f"claimed: {region(verdict.region)}")
    if found.unknown:
        have = "run has" if found.unknown == 1 else "runs have"
        told.append(f"{found.unknown} {have} no such number")
    return f"{where}{what}{unit} ({'; '.join(told)})."


def _more(verdict: TimeVerdict) -> str:
    """Say how many pairs would decide what is open."""
    if verdict.outcome != "inconclusive":
        return ""
    if verdict.pairs_needed is None:
        return " No practical number of pairs would decide it if their shares stay as they are."
    return (
        f" About {verdict.pairs_needed:,} pairs would decide it if their shares stay as they are."
    )


def _not_reached(name: str, reached: int, pairs: int) -> str:
    return f"{pairs - reached} of {pairs} runs of {name}"
