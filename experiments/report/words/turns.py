"""Where an answer depends on how learning rates and starting weights were chosen."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.analysis.times_to_target import Turn
from experiments.protocols import PROTOCOLS
from experiments.report.words.labels import condition, goal, hypothesis, listed, protocol
from experiments.study import TimeClaim

MOST_TURNS = 3
"""So many comparisons whose answer depends on the protocol are told one by one; more counted."""


def turns(found: Sequence[Turn], comparisons: int) -> list[str]:
    """Say which answers depend on the protocol."""
    if len(found) <= MOST_TURNS:
        return [turn(one) for one in found]
    return [
        f"**The answer depends on how {chosen(found[0])} were chosen** in {len(found)} of "
        f"{comparisons} comparisons; the table below has each of them."
    ]


def turn(turn: Turn) -> str:
    """Say that an answer depends on the protocol, and what it is under each."""
    claim, verdicts = turn.claim, turn.by_protocol
    where = f", {condition(turn.condition)}" if turn.condition else ""
    if turn.conditions > 1:
        where = f", all {turn.conditions} conditions together"
    if isinstance(claim, TimeClaim):
        named = f" ({hypothesis(claim, turn.hypothesis)})" if claim.by is not None else ""
        where = f"{named} at {goal(claim.metric, turn.target)}{where}"
    answers = ", ".join(f"{outcome} with {protocol(name)}" for name, outcome in verdicts.items())
    return (
        f"**The answer depends on how {chosen(turn)} were chosen** for claim "
        f"{claim.number}{where}: {answers}."
    )


def chosen(turn: Turn) -> str:
    """Write what the protocols choose in different ways: `learning rates`, `starting weights`."""
    rows = [PROTOCOLS[name] for name in turn.by_protocol]
    ways = {"learning rates": {row.one_rate for row in rows}, "starting weights": {
        row.init for row in rows}}  # fmt: skip
    return listed([what for what, found in ways.items() if len(found) > 1])
