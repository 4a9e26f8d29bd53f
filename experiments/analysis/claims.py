"""From claims and results to verdicts."""

from __future__ import annotations

from experiments.analysis.inference import holm
from experiments.analysis.races import race_comparisons
from experiments.analysis.results import Results
from experiments.analysis.statements import measure_comparisons
from experiments.analysis.verdicts import Verdict
from experiments.study import RaceClaim


def judge(results: Results) -> list[Verdict]:
    """Return the verdicts of all claims: claim by claim, condition by condition, by target.

    The comparisons of the primary claim share the study's error probability among themselves, and
    those of all other claims share as much among themselves, both by Holm's rule: the chance that
    any verdict of a family is wrong stays within it.
    """
    error = 1 - results.study.confidence
    comparisons = [
        comparison
        for claim in results.study.claims
        for comparison in (
            race_comparisons(results, claim)
            if isinstance(claim, RaceClaim)
            else measure_comparisons(results, claim)
        )
    ]
    verdicts = {}
    for primary in (True, False):
        family = [c for c in comparisons if c.claim.primary == primary]
        allowed = holm([c.least_error() for c in family], error)
        verdicts |= {c: c.verdict(a) for c, a in zip(family, allowed, strict=True)}
    return [verdicts[comparison] for comparison in comparisons]
