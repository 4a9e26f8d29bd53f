"""Whether a study has seeds enough to decide anything, told before a run is trained."""

from __future__ import annotations

from experiments.analysis.inference import fewest_pairs
from experiments.analysis.targets import LEVELS
from experiments.study import Claim, MeasureClaim, RaceClaim, Study


def comparisons(study: Study, claim: Claim) -> int:
    """Return how many comparisons a claim makes: one for each condition and target."""
    if isinstance(claim, RaceClaim):
        settings = sum(setting.is_arm(claim.faster) for setting in study.settings)
        return settings * (len(claim.targets) or LEVELS)
    settings = {
        tuple(pair for pair in setting.labels if pair[0] != claim.measure.over)
        for setting in study.settings
        if setting.is_arm(claim.of)
    }
    return len(settings)


def fewest_seeds(study: Study) -> int:
    """Return the fewest seeds with which some comparison of every family might be decided.

    By Holm's rule the first of m comparisons is decided at error / m or not at all, and so are the
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
            continue  # what is decided without pairs leaves the others more of the error
        count = sum(comparisons(study, claim) for claim in family)
        level = 1 - (1 - study.confidence) / count
        fewest = max(fewest, fewest_pairs(level, sequential=study.seeds.adaptive))
    return fewest
