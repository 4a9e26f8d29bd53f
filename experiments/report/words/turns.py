"""Where an answer depends on how learning rates and starting weights were chosen."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.analysis.times_to_target import Turn
from experiments.protocols import PROTOCOLS
from experiments.report.model import Span, Text, strong
from experiments.report.words.labels import condition, goal, hypothesis, listed, protocol
from experiments.study import TimeClaim

MOST_TURNS = 3
"""So many comparisons whose answer depends on the protocol are told one by one; more counted."""


def turns(found: Sequence[Turn], comparisons: int) -> list[Text]:
    """Say which answers depend on the protocol."""
    if len(found) <= MOST_TURNS:
        return [turn(one) for one in found]
    where = f" in {len(found)} of {comparisons} comparisons; the table below has each of them."
    return [(_depends(found[0]), where)]


def turn(turn: Turn) -> Text:
    """Say that an answer depends on the protocol, and what it is under each."""
    claim, verdicts = turn.claim, turn.by_protocol
    where = f", {condition(turn.condition)}" if turn.condition else ""
    if turn.conditions > 1:
        where = f", all {turn.conditions} conditions together"
    if isinstance(claim, TimeClaim):
        named = f" ({hypothesis(claim, turn.hypothesis)})" if claim.by is not None else ""
        where = f"{named} at {goal(claim.metric, turn.target)}{where}"
    answers = ", ".join(f"{outcome} with {protocol(name)}" for name, outcome in verdicts.items())
    return (_depends(turn), f" for claim {claim.number}{where}: {answers}.")


def _depends(turn: Turn) -> Span:
    return strong(f"The answer depends on how {chosen(turn)} were chosen")


def chosen(turn: Turn) -> str:
    """Write what the protocols choose in different ways: `learning rates`, `starting weights`."""
    rows = [PROTOCOLS[name] for name in turn.by_protocol]
    ways = {"learning rates": {row.one_rate for row in rows}, "starting weights": {
        row.init for row in rows}}  # fmt: skip
    return listed([what for what, found in ways.items() if len(found) > 1])
