"""From claims and results to verdicts."""

from __future__ import annotations

from dataclasses import replace

from experiments.analysis.best_claims import best_comparisons
from experiments.analysis.inference import holm
from experiments.analysis.measure_claims import measure_comparisons
from experiments.analysis.results import Results
from experiments.analysis.times_to_target import time_comparisons
from experiments.analysis.verdicts import BestVerdict, Verdict
from experiments.study import BestClaim, MeasureClaim, TimeClaim

_COMPARISONS = {
    TimeClaim: time_comparisons,
    MeasureClaim: measure_comparisons,
    BestClaim: best_comparisons,
}


def judge(results: Results) -> list[Verdict]:
    """Return the verdicts of all claims, in their order: by condition, target and hypothesis.

    The hypotheses of the primary claim divide the study's alpha among themselves, and those of all
    other claims as much among themselves, both by Holm's rule: the chance that any verdict of a
    family is wrong stays within it. Each is decided at the alpha that its own p-value is granted.
    """
    comparisons = [
        comparison
        for claim in results.study.claims
        for comparison in _COMPARISONS[type(claim)](results, claim)
    ]
    verdicts = {}
    for primary in (True, False):
        family = [c for c in comparisons if c.claim.primary == primary]
        allowed = holm([c.p_value for c in family], results.study.alpha)
        verdicts |= {
            c: _among(c.verdict(a), len(family)) for c, a in zip(family, allowed, strict=True)
        }
    return [verdicts[comparison] for comparison in comparisons]


def _among(verdict: Verdict, comparisons: int) -> Verdict:
    """Return the verdict with how many share the error; of the best, its duel as well."""
    if isinstance(verdict, BestVerdict):
        verdict = replace(verdict, duel=replace(verdict.duel, comparisons=comparisons))
    return replace(verdict, comparisons=comparisons)
