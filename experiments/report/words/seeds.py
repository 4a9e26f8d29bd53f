"""How many seeds would decide what is open, and how a config asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from experiments.analysis.verdicts import BestVerdict, TimeVerdict, Verdict
from experiments.report.model import Text, code
from experiments.report.words.labels import arm
from experiments.study import next_look

PEEKING = (
    "Seeds are added as told, and not by a larger fixed number in a second study: who repeats a "
    "study because it left something open peeks, and is wrong more often than told."
)
"""Why a study goes on by looks, for a reader who is told how many seeds would be needed."""


def seeds_needed(verdict: TimeVerdict, *, of_duel: bool = False) -> Text:
    """Say how many seeds would decide what is open, and what to write; empty if it is decided.

    Args:
        verdict: of one hypothesis.
        of_duel: whether it is but one of the duels that an arm has to win to be the best.

    """
    if verdict.outcome != "inconclusive":
        return ()
    against = f" against {arm(verdict.claim.than)} alone" if of_duel else ""
    if verdict.seeds_needed is None:
        told = f"No practical number of seeds would decide it{against}, if shares stay as they are."
        return (told,)
    needed = f"About {verdict.seeds_needed:,} seeds would be needed{against}"
    return (f"{needed}, if shares stay as they are: ", code(asking_for(verdict)), ".")


def asking_for(verdict: TimeVerdict) -> str:
    """Write the line of a config that goes on to as many seeds as would be needed.

    `seeds: {min: 20, max: 68}`; where seeds are added already, every most so far is a look that
    counts: `seeds: {min: 8, max: [64, 144]}`.
    """
    design, needed = verdict.times.design, verdict.seeds_needed
    if not design.sequential:
        return f"seeds: {{min: {verdict.times.count}, max: {needed}}}"
    looks = design.looks
    earlier = [b for a, b in pairwise(looks[:-1]) if b != next_look(a)]
    most = ", ".join(map(str, [*earlier, looks[-1], needed]))
    return f"seeds: {{min: {looks[0]}, max: [{most}]}}"


def peeking(verdicts: Sequence[Verdict]) -> str:
    """Say why seeds are added as told, where some sentence tells how many; empty elsewhere."""
    duels = [v.duel if isinstance(v, BestVerdict) else v for v in verdicts]
    told = any(isinstance(v, TimeVerdict) and v.seeds_needed is not None for v in duels)
    return PEEKING if told else ""
