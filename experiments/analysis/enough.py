"""Whether a study has seeds enough to decide anything, told before a run is trained."""

from __future__ import annotations

from experiments.analysis.inference import fewest_pairs
from experiments.analysis.looks import FRACTIONS, HAIR, Design
from experiments.analysis.targets import TARGETS
from experiments.analysis.verdicts import hypotheses
from experiments.study import Claim, Labels, MeasureClaim, Study, TimeClaim, split_protocol


def hypotheses_of(study: Study, claim: Claim) -> int:
    """Return how many hypotheses a claim tests: at each condition and target one or two.

    A pooled claim has those over all conditions together as well, protocol by protocol.
    """
    over = claim.measure.over if isinstance(claim, MeasureClaim) else ""
    conditions = {
        tuple(pair for pair in setting.labels if pair[0] != over)
        for setting in study.settings
        if setting.is_arm(_first_arm(claim))
    }
    groups = len(conditions)
    if claim.pooled:
        groups += len({split_protocol(condition)[0] for condition in conditions})
    if isinstance(claim, TimeClaim):
        return groups * (len(claim.targets) or TARGETS) * len(hypotheses(claim))
    return groups * max(1, len(claim.aims))


def _first_arm(claim: Claim) -> Labels:
    return claim.of if isinstance(claim, MeasureClaim) else claim.arms[0]


def fewest_seeds(study: Study) -> int:
    """Return the fewest seeds with which some hypothesis of every family might be decided.

    By Holm's rule the first of m hypotheses is decided at alpha / m or not at all, and so are the
    others. Shares of runs and numbers that are known exactly need no such number; a study of
    nothing else returns 1.
    """
    fewest = 1
    for primary in (True, False):
        family = [claim for claim in study.claims if claim.primary == primary]
        needs_pairs = [
            claim
            for claim in family
            if not isinstance(claim, MeasureClaim) or claim.measure.aggregate == "median"
        ]
        if not needs_pairs or len(needs_pairs) < len(family):
            continue  # what is decided without pairs leaves the others more of alpha
        count = sum(hypotheses_of(study, claim) for claim in family)
        design = Design(study.alpha, study.seeds.looks if study.seeds.adaptive else ())
        fewest = max(fewest, fewest_pairs(study.alpha * _granted(count, design), design))
    return fewest


def _granted(count: int, design: Design) -> float:
    """Return the part of the error at which the first of so many hypotheses is decided.

    Where seeds are added, p-values are known at some parts only: the next lower one counts.
    """
    if not design.sequential:
        return 1 / count
    return float(FRACTIONS[HAIR / count >= FRACTIONS].max())


def shortage(study: Study) -> str:
    """Say why a study cannot decide anything and what would do; empty if it can."""
    fewest, most = fewest_seeds(study), study.seeds.most
    if most >= fewest:
        return ""
    return (
        f"with {most} seed{'s' * (most != 1)} nothing can be decided, as so many hypotheses divide "
        f"the error of {100 * study.alpha:.4g} %; it takes {fewest} or more, or fewer claims, "
        "targets and conditions; --anyway trains it all the same"
    )
