"""Everything that a report tells of a study, computed before anything is drawn or written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.analysis.claims import judge
from experiments.analysis.diagnostic_curves import DiagnosticCurve, diagnostic_curves
from experiments.analysis.layers import LayerProfile, layer_profiles
from experiments.analysis.map_shares import Share, shares
from experiments.analysis.races import Turn, turns
from experiments.analysis.ranking import Profiles, Ranking, profiles, rankings
from experiments.analysis.results import Results
from experiments.analysis.summaries import Curve, RatioCurve, Reach, curves, ratio_curves, reaches
from experiments.analysis.survival import Arrivals, arrival_curves
from experiments.analysis.verdicts import MeasureVerdict, RaceVerdict, Verdict
from experiments.study import Labels

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
    layer_profiles: list[LayerProfile]
    diagnostic_curves: list[DiagnosticCurve]
    map_shares: list[Share]  # of the first claim that has enough comparisons for a map

    @property
    def races(self) -> list[RaceVerdict]:
        """The verdicts of which arm is faster."""
        return [v for v in self.verdicts if isinstance(v, RaceVerdict)]

    @property
    def statements(self) -> list[MeasureVerdict]:
        """The verdicts of claims about measures."""
        return [v for v in self.verdicts if isinstance(v, MeasureVerdict)]


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
        layer_profiles(results),
        diagnostic_curves(results),
        shares(verdicts),
    )
