"""Everything that a report tells of a study, computed before anything is drawn or written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.analysis.claims import Turn, Verdict, judge, turns
from experiments.analysis.ranking import Profiles, Ranking, profiles, rankings
from experiments.analysis.results import Results
from experiments.analysis.summaries import Curve, RatioCurve, Reach, curves, ratio_curves, reaches
from experiments.analysis.survival import Arrivals, arrival_curves
from experiments.records import Labels

RESAMPLING_SEED = 0
"""Of whatever is drawn anew from the runs: the same report each time."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A study's results with all that follows from them."""

    results: Results
    verdicts: list[Verdict]
    turns: list[Turn]
    curves: list[Curve]
    reaches: list[Reach]
    ratio_curves: list[RatioCurve]
    arrivals: list[Arrivals]
    rankings: list[Ranking]
    profiles: list[tuple[Labels, Profiles]]


def summarise(results: Results) -> Summary:
    """Compute all summaries; the resampling is seeded, so that they repeat."""
    verdicts = judge(results)
    return Summary(
        results,
        verdicts,
        turns(verdicts),
        curves(results),
        reaches(results),
        ratio_curves(results),
        arrival_curves(results),
        rankings(results),
        profiles(results, np.random.default_rng(RESAMPLING_SEED)),
    )
