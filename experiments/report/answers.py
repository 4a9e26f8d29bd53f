"""The verdicts of a study in sentences, claim by claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from experiments.analysis.verdicts import Verdict
from experiments.report import words
from experiments.report.headlines import headline


def answers(verdicts: Sequence[Verdict], confidence: float) -> Iterator[str]:
    """Yield the verdicts as lines, each claim with its answer and what that rests on.

    Args:
        verdicts: of the study's claims.
        confidence: of the study's intervals.

    """
    for claim, group in groupby(verdicts, lambda verdict: verdict.claim):
        rows = list(group)
        yield f"\n{claim.number}. {claim.says}"
        yield f"   {headline(claim, rows)}"
        for verdict in rows:
            judged = words.judged(verdict)
            told = f"{judged}{', ' if judged else ''}{words.sentence(verdict)}"
            yield f"   {verdict.outcome:<14} {told}"
        if told := words.fine_print(claim, rows, confidence):
            yield f"   {told}"
