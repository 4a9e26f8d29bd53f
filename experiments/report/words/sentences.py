"""What each verdict rests on, in a sentence."""

from __future__ import annotations

from experiments.analysis.inference import Ratio
from experiments.analysis.samples import Estimate
from experiments.analysis.verdicts import BestVerdict, MeasureVerdict, TimeVerdict, Verdict
from experiments.report.model import Text, sentences
from experiments.report.words.clocks import by_clocks
from experiments.report.words.labels import condition, goal, place
from experiments.report.words.numbers import (
    estimate,
    interval,
    level,
    region,
    scientific,
    usable,
    with_difference,
)
from experiments.report.words.seeds import seeds_needed
from experiments.study import Region, arm_in_words


def sentence(verdict: Verdict) -> Text:
    """Say in one sentence what a verdict rests on, and what would decide it where it is open."""
    if isinstance(verdict, BestVerdict):
        return _best(verdict)
    return _time(verdict) if isinstance(verdict, TimeVerdict) else (_measure(verdict),)


def _best(verdict: BestVerdict) -> Text:
    found, many = verdict.duel, verdict.rivals > 1
    duel = _time(found, of_duel=many) if isinstance(found, TimeVerdict) else _measure(found)
    return sentences(f"{_decisive(verdict)}:", duel, by_clocks(verdict))


def _decisive(verdict: BestVerdict) -> str:
    """Say which rival decides, and which of all of them that is."""
    rival = arm_in_words(verdict.rival)
    if verdict.outcome == "refuted":
        return f"by {rival}"
    if verdict.outcome == "untestable" or verdict.rivals == 1:
        return f"against {rival}"
    closest = "the toughest" if verdict.outcome == "supported" else "the one that is open"
    if verdict.outcome == "inconclusive" and verdict.rivals - verdict.beaten > 1:
        closest = "the toughest"
    beaten = {0: "none", verdict.rivals: "all"}.get(verdict.beaten, str(verdict.beaten))
    held = f"of {verdict.rivals} rivals, {beaten} of which it surely equals or beats"
    return f"against {rival}, {closest} {held}"


def _time(verdict: TimeVerdict, *, of_duel: bool = False) -> Text:
    faster, than = arm_in_words(verdict.claim.faster), arm_in_words(verdict.claim.than)
    where = place(verdict)
    at = f"{goal(verdict.claim.metric, verdict.target)}{f', {where}' if where else ''}"
    if verdict.reason:
        return (f"at {at}: {verdict.reason}.",)
    ratio, several = verdict.ratio, verdict.conditions > 1
    ahead = f"{faster} {'was ahead' if several else 'came first'} at {ratio.wins} of {ratio.pairs}"
    told = []
    if usable(ratio):
        size = f"{than} needed {estimate(ratio)} times the {verdict.claim.clock} of {faster}"
        size += " in the geometric mean" if several else ""
        told.append(_interval(ratio, verdict.region, verdict.comparisons))
    else:
        size = f"no usable estimate: {not_reached(verdict)}"
    if verdict.hypothesis == "size":
        told.append(f"claimed: {region(verdict.region, ratio)}")
    else:
        told.append(f"{ahead} seeds")
        if ratio.censored and usable(ratio):
            told.append(not_reached(verdict))
    size = f"{size} ({'; '.join(told)})"
    return sentences(
        f"at {at}: {size}.",
        _later(verdict),
        seeds_needed(verdict, of_duel=of_duel),
        by_clocks(verdict),
    )


def not_reached(verdict: TimeVerdict, what: str = "the target") -> str:
    """Say how many runs of the two arms did not reach the target, and what that is called."""
    missed = verdict.runs - verdict.faster_reached, verdict.runs - verdict.than_reached
    if missed[0] == missed[1]:
        arms = " and ".join(arm_in_words(arm) for arm in verdict.claim.arms)
        return f"{missed[0]} of {verdict.runs} runs each of {arms} did not reach {what}"
    told = [
        f"{count} of {verdict.runs} runs of {arm_in_words(arm)}"
        for count, arm in zip(missed, verdict.claim.arms, strict=True)
        if count
    ]
    return f"{' and '.join(told)} did not reach {what}"


def _interval(found: Ratio | Estimate, claimed: Region, comparisons: int) -> str:
    """Write an interval; its level where it is of a single comparison, else that is told once."""
    named = "interval" if comparisons > 1 else f"{level(found.confidence)} interval"
    return f"{named} {interval(found, claimed)}"


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
    return f"Afterwards {' and '.join(told)} diverged." if told else ""


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
        values, difference = with_difference(verdict.values, found.estimate)
        each = " and ".join(f"{value} for {arm}" for value, arm in zip(values, arms, strict=True))
        difference = f"{found.bound} {difference}".strip() if usable(found) else estimate(found)
        what = f"the {measure} is {each}; seed by seed they differ by {difference}"
    unit = f" {claim.measure.unit}" if claim.measure.unit else ""
    told = [
        "known exactly"
        if claim.measure.aggregate == "exact"
        else f"{_interval(found, verdict.region, verdict.comparisons)}, {found.count} runs"
    ]
    if verdict.theory is not None:
        told.append(f"theory {scientific(verdict.theory)}")
    told.append(f"claimed: {region(verdict.region, found)}")
    if found.unknown:
        have = "run has" if found.unknown == 1 else "runs have"
        told.append(f"{found.unknown} {have} no such number")
    return f"{where}{what}{unit} ({'; '.join(told)})."
