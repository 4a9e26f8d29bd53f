"""What is told once for all comparisons of a claim: levels, and when a factor counts."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.analysis.verdicts import Verdict
from experiments.report.words.numbers import level, threshold
from experiments.study import Claim, TimeClaim


def fine_print(claim: Claim, verdicts: Sequence[Verdict], confidence: float) -> str:
    """Return what is told once of a claim's comparisons; empty if there is nothing to tell.

    Args:
        claim: that is told of.
        verdicts: all of the claim's.
        confidence: of the study's intervals, over all that share an error.

    """
    several = verdicts[0].comparisons
    uncertain = any(v.estimate.confidence < 1 and not v.reason for v in verdicts)
    told = (
        counts_as(claim) if isinstance(claim, TimeClaim) and claim.by is not None else "",
        f"Intervals hold at {level(confidence)} over all {several} comparisons together."
        if several > 1 and uncertain
        else "",
    )
    return " ".join(filter(None, told))


def counts_as(claim: TimeClaim) -> str:
    """Say when a factor counts: `6 times counts as supported above 4.8 (6 / 1.25)`."""
    by, tolerance = f"{claim.by:g}", f"{claim.tolerance:g}"
    low = threshold(claim.by / claim.tolerance)
    low = f"{low} ({by} / {tolerance})" if claim.tolerance != 1 else low
    if claim.reading == "about":
        high = f"{threshold(claim.by * claim.tolerance)} ({by} × {tolerance})"
        return f"About {by} times counts as supported between {low} and {high}."
    return f"{by} times counts as supported above {low}."
