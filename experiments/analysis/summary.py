"""Everything that a report tells of a study, computed before anything is drawn or written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.analysis.claims import judge
from experiments.analysis.diagnostic_curves import DiagnosticCurve, diagnostic_curves
from experiments.analysis.layers import LayerProfile, layer_profiles
from experiments.analysis.map_counts import Counts, map_counts
from experiments.analysis.neighbours import Neighbours, neighbours
from experiments.analysis.ranking import Profiles, Ranking, profiles, rankings
from experiments.analysis.ratio_curves import RatioCurve, ratio_curves
from experiments.analysis.results import Results
from experiments.analysis.standings import Standing, standings
from experiments.analysis.summaries import Curve, Reach, curves, reaches
from experiments.analysis.survival import ReachCurve, reach_curves
from experiments.analysis.times_to_target import Turn, turns
from experiments.analysis.tuning import Tried, Tuned, tried
from experiments.analysis.verdicts import MeasureVerdict, TimeVerdict, Verdict
from experiments.study import Labels, TimeClaim

RESAMPLING_SEED = 0
"""Of whatever is drawn anew from the runs: the same report each time."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A study's results with all that follows from them."""

    results: Results
    verdicts: list[Verdict]
    turns: list[Turn]
    standings: list[Standing]
    curves: list[Curve]
    reaches: list[Reach]
    ratio_curves: list[RatioCurve]
    reach_curves: list[ReachCurve]
    rankings: list[Ranking]
    profiles: list[tuple[Labels, Profiles]]
    layer_profiles: list[LayerProfile]
    diagnostic_curves: list[DiagnosticCurve]
    searches: list[tuple[Tuned, list[Tried]]]  # of learning rates, setting by setting
    neighbours: list[Neighbours]
    map_counts: dict[TimeClaim, list[Counts]]  # of claims with enough comparisons for a map

    @property
    def time_verdicts(self) -> list[TimeVerdict]:
        """The verdicts of which arm is faster."""
        return [v for v in self.verdicts if isinstance(v, TimeVerdict)]

    @property
    def ratio_curves_between(self) -> list[RatioCurve]:
        """The ratio curves of claims with several targets, between which they are read."""
        return [curve for curve in self.ratio_curves if len(curve.claim.targets) > 1]

    @property
    def claims_size(self) -> bool:
        """Whether some claim is of a factor."""
        return any(v.hypothesis == "size" for v in self.verdicts)

    @property
    def measure_verdicts(self) -> list[MeasureVerdict]:
        """The verdicts of claims about measures."""
        return [v for v in self.verdicts if isinstance(v, MeasureVerdict)]


def summarise(results: Results) -> Summary:
    """Compute all summaries; the resampling is seeded, so that they repeat."""
    verdicts = judge(results)
    return Summary(
        results,
        verdicts,
        turns(verdicts),
        standings(results),
        curves(results),
        reaches(results),
        ratio_curves(results),
        reach_curves(results),
        rankings(results),
        profiles(results, np.random.default_rng(RESAMPLING_SEED)),
        layer_profiles(results),
        diagnostic_curves(results),
        [(tuned, tried(tuned)) for tuned in results.tuned],
        neighbours(results),
        map_counts(verdicts),
    )
