"""The verdicts of a study in sentences, claim by claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments.analysis.verdicts import Verdict
from experiments.report import words


def answers(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the verdicts as lines, each claim with what was found of it."""
    number = None
    for verdict in verdicts:
        if verdict.claim.number != number:
            number = verdict.claim.number
            yield f"\n{number}. {verdict.claim.says}"
        judged = words.judged(verdict)
        yield f"   {verdict.outcome:<14} {judged}{', ' if judged else ''}{words.sentence(verdict)}"
