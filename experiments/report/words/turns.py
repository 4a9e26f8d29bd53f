"""Where the protocol turns an answer."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.analysis.times_to_target import Turn
from experiments.report.words.labels import condition, goal, hypothesis
from experiments.study import TimeClaim

MOST_TURNS = 3
"""So many comparisons that the protocol turns are told one by one; more are counted."""


def turns(found: Sequence[Turn], comparisons: int) -> list[str]:
    """Say where the protocol turns an answer."""
    if len(found) <= MOST_TURNS:
        return [turn(one) for one in found]
    return [
        f"**The protocol turns the answer** in {len(found)} of {comparisons} comparisons; the "
        "table below has each of them."
    ]


def turn(turn: Turn) -> str:
    """Say that the protocol turns an answer."""
    claim, verdicts = turn.claim, turn.by_protocol
    where = f", {condition(turn.condition)}" if turn.condition else ""
    if turn.conditions > 1:
        where = f", all {turn.conditions} conditions together"
    if isinstance(claim, TimeClaim):
        named = f" ({hypothesis(claim, turn.hypothesis)})" if claim.by is not None else ""
        where = f"{named} at {goal(claim.metric, turn.target)}{where}"
    answers = ", ".join(f"{outcome} under `{protocol}`" for protocol, outcome in verdicts.items())
    return f"**The protocol turns the answer** of claim {claim.number}{where}: {answers}."
