"""The verdicts of a claim together: how often which, where they lie farthest apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from experiments.analysis.verdicts import Verdict
from experiments.report.words.labels import judged, place, value_of
from experiments.report.words.numbers import usable
from experiments.study import Claim


def extremes(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the two verdicts of a claim, of one condition each, that lie farthest apart."""
    known = [v for v in verdicts if usable(v.estimate) and not v.reason]
    known = [v for v in known if v.hypothesis != "size" and v.conditions == 1]
    if len(known) < 2:
        return known
    ordered = sorted(known, key=lambda v: v.estimate.estimate)
    return [ordered[0], ordered[-1]]


def told(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts of a claim that are told one by one; of many, those that pool others."""
    if len(verdicts) <= MOST_TOLD:
        return list(verdicts)
    return [v for v in verdicts if v.conditions > 1]


def against(claim: Claim, verdicts: Sequence[Verdict]) -> str:
    """Say where a claim that answers a statement is refuted; empty if nowhere."""
    if claim.answers is None:
        return ""
    where = [v for v in verdicts if v.outcome == "refuted"]
    if not where:
        return ""
    shown = [", ".join(filter(None, [judged(v), value_of(v), place(v)])) for v in where[:3]]
    more = f", and {len(where) - 3} more" if len(where) > 3 else ""
    return f"statement {claim.answers}: {'; '.join(shown)}{more}"


def outcome(verdict: Verdict) -> str:
    """Write a verdict, and of what where a claim has two: `Refuted`, `By 6 or more: refuted`."""
    return f"{judged(verdict)}: {verdict.outcome}".removeprefix(": ").capitalize()


def outcomes(verdicts: Sequence[Verdict]) -> str:
    """Write how often each verdict on a claim was given, hypothesis by hypothesis."""
    parts = []
    for name in dict.fromkeys(v.hypothesis for v in verdicts):
        some = [v for v in verdicts if v.hypothesis == name]
        counts = Counter(v.outcome for v in some).most_common()
        told = ", ".join(
            f"{verdict} in {count}{f' of {len(some)} comparisons' if not place else ''}"
            if len(some) > 1
            else verdict
            for place, (verdict, count) in enumerate(counts)
        )
        parts.append(f"{judged(some[0])}: {told}".removeprefix(": "))
    return "; ".join(parts)


MOST_TOLD = 6
"""So many verdicts of a claim are all told one by one."""
