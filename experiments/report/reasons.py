"""The reasons of verdicts in sentences, made from numbers alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.analysis.reasons import Fact, arms_of, facts, spread
from experiments.analysis.verdicts import BestVerdict, MeasureVerdict, Verdict
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.report import words
from experiments.study import arm_in_words

_MOMENTS = {"start": "Before training", "end": "At the end"}
_SHARES = frozenset(name for name, row in DIAGNOSTICS.items() if row.aggregate == "share")


def reason(verdict: Verdict) -> str:
    """Return one or two sentences that say what goes with a verdict; empty where nothing does."""
    if verdict.reason:
        return ""
    if isinstance(verdict, BestVerdict):
        return reason(verdict.duel)
    if isinstance(verdict, MeasureVerdict) and verdict.claim.than is None:
        return _of_one_arm(verdict)
    arms = [arm_in_words(arm) for arm in verdict.claim.arms]
    found = told_apart(verdict)
    if not found:
        told = {verdict.claim.measure.name} if isinstance(verdict, MeasureVerdict) else set()
        read = {name for arm in arms_of(verdict) for name in arm.setting.diagnostics}
        other = "other " if read & told else ""
        return f"No {other}diagnostic that was read tells the arms apart." if read - told else ""
    return " ".join(_fact(fact, arms) for fact in found)


def told_apart(verdict: Verdict) -> list[Fact]:
    """Return the diagnostics that tell the two arms of a verdict apart."""
    return facts(verdict.duel if isinstance(verdict, BestVerdict) else verdict, _SHARES)


def _fact(fact: Fact, arms: Sequence[str]) -> str:
    row = DIAGNOSTICS[fact.diagnostic]
    what = f"the {row.label}"
    if fact.first_of_last:
        what += " at the first hidden layer, relative to the last one,"
    unit = f" {row.unit}" if row.unit else ""
    values = " and ".join(
        f"{words.scientific(value)}{unit} for {arm}"
        for value, arm in zip(fact.values, arms, strict=True)
    )
    timeless = row.measured or row.aggregate == "exact"
    when = f"T{what[1:]}" if timeless else f"{_MOMENTS[fact.at]} {what}"
    return f"{when} was {values}."


def _of_one_arm(verdict: MeasureVerdict) -> str:
    found = spread(verdict)
    if found is None:
        return ""
    low, high = words.scientific(found.low), words.scientific(found.high)
    all_runs = "All other runs" if verdict.estimate.unknown else "All runs"
    told = [f"{all_runs} read {low}." if low == high else f"Single runs lie from {low} to {high}."]
    if found.start is not None and math.isfinite(found.start):
        told.append(f"Before training it was {words.scientific(found.start)}.")
    return " ".join(told)
