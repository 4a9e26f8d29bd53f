"""The answers to the claims of a study, with what each rests on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from experiments.analysis.summary import Summary
from experiments.analysis.verdicts import MeasureVerdict, Verdict
from experiments.report import words
from experiments.report.headlines import headline
from experiments.report.model import Answer, Comparison
from experiments.report.reasons import reason
from experiments.study import Study

MOST_LINES = 6
"""So many conditions of a study without claims are told in a sentence each; tables have all."""


def answers(summary: Summary) -> tuple[Answer, ...]:
    """Return the answer to each claim, in the order of the claims."""
    claims = groupby(summary.verdicts, lambda verdict: verdict.claim)
    return tuple(_answer(list(verdicts), summary.results.study) for _, verdicts in claims)


def standing(summary: Summary) -> tuple[str, ...]:
    """Return what a study without claims says of its arms, condition by condition."""
    if summary.results.study.claims:
        return ()
    return tuple(words.standing(one) for one in summary.standings[:MOST_LINES])


def peeking(summary: Summary) -> str:
    """Say why seeds are added as told, where some comparison that is shown asks for more."""
    claims = [list(some) for _, some in groupby(summary.verdicts, lambda verdict: verdict.claim)]
    return words.peeking(
        [one for verdicts in claims for one in (*words.told(verdicts), *_farthest(verdicts))]
    )


def _answer(verdicts: Sequence[Verdict], study: Study) -> Answer:
    claim, outcomes = verdicts[0].claim, {verdict.outcome for verdict in verdicts}
    found = {id(verdict): _comparison(verdict) for verdict in verdicts}
    told = words.told(verdicts)
    farthest = _farthest(verdicts)
    return Answer(
        number=claim.number,
        says=words.as_sentence(claim.says),
        headline=headline(claim, verdicts),
        outcome=outcomes.pop() if len(outcomes) == 1 else "",
        counts=words.outcomes(verdicts),
        comparisons=tuple(found.values()),
        told=tuple(found[id(verdict)] for verdict in told),
        farthest=tuple(found[id(verdict)] for verdict in farthest),
        turned=words.turned_in(verdicts) if len(told) < len(verdicts) else "",
        fine_print=words.fine_print(claim, verdicts, study.confidence),
        against=_against(words.against(claim, verdicts), study),
    )


def _farthest(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the two verdicts that lie farthest apart, where not all of them are told."""
    return words.extremes(verdicts) if len(words.told(verdicts)) < len(verdicts) else []


def _comparison(verdict: Verdict) -> Comparison:
    of_measure = isinstance(verdict, MeasureVerdict)
    return Comparison(
        outcome=verdict.outcome,
        judged=words.judged(verdict),
        start=f"{words.outcome(verdict)}{':' if of_measure else ''}",
        sentence=words.sentence(verdict),
        reason=reason(verdict),
    )


def _against(where: str, study: Study) -> str:
    if not where:
        return ""
    elsewhere = "; what was done differently where it comes from is told above"
    return (
        f"This goes against the statement it answers ({where})"
        f"{elsewhere if study.background else ''}."
    )
