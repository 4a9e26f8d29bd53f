"""Which figures a report has, and what draws each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from matplotlib.figure import Figure

from experiments.analysis.map_counts import mapped
from experiments.analysis.summary import Summary
from experiments.report import (
    arrival_figures,
    diagnostic_panels,
    gallery,
    layer_figures,
    loss_figure,
    map_figure,
    measure_figures,
    profile_figure,
    rank_figure,
    ratio_figure,
    reach_figure,
    rows,
    tuning_figure,
    verdict_figure,
)
from experiments.study import TimeClaim

Drawing = Callable[..., Figure]
"""Draws a figure; its one argument, `sheet`, is what it is drawn for, a page if left out."""


def _loss(metric: str) -> Callable[[Summary], Drawing | None]:
    def drawing(summary: Summary) -> Drawing | None:
        drawn = [c.setting.setting for c in summary.curves if c.metric == metric]
        if not any(setting.training.epochs for setting in drawn):
            return None
        return partial(loss_figure.loss_curves, summary.results.study, summary.curves, metric)

    return drawing


def _if_any(draw: Callable[..., Figure], part: str, *, of_study: bool = True):
    def drawing(summary: Summary) -> Drawing | None:
        content = getattr(summary, part)
        arguments = (summary.results.study, content) if of_study else (content,)
        return partial(draw, *arguments) if content else None

    return drawing


def _ratios(summary: Summary) -> Drawing | None:
    if not summary.time_verdicts or (
        summary.map_counts and len(summary.time_verdicts) > rows.MOST_ROWS
    ):
        return None  # the map holds them all, where a row for each would not fit
    return partial(verdict_figure.ratios, summary.time_verdicts)


def _never_arrived(summary: Summary) -> Drawing | None:
    if not any(reach.not_reached for reach in summary.reaches):  # a sentence says it better
        return None
    return partial(arrival_figures.censored, summary.results.study, summary.reaches)


def _tuning(summary: Summary) -> Drawing | None:
    if not summary.searches:
        return None
    return partial(tuning_figure.tuning_searches, summary.results.study, summary.searches)


def _layers(summary: Summary) -> Drawing | None:
    study, profiles = summary.results.study, summary.layer_profiles
    shown = diagnostic_panels.layer_panels(study, profiles)
    return partial(layer_figures.layers, study, profiles) if shown else None


def _diagnostics(summary: Summary) -> Drawing | None:
    study, curves = summary.results.study, summary.diagnostic_curves
    shown = diagnostic_panels.curve_panels(study, curves)
    return partial(layer_figures.curves, study, curves) if shown else None


def _measures(summary: Summary) -> Drawing | None:
    if not measure_figures.measure_panels(summary.measure_verdicts):
        return None
    return partial(measure_figures.measures, summary.measure_verdicts)


def map_names(claims: Iterable[TimeClaim]) -> dict[TimeClaim, str]:
    """Return the file of each claim's map: `map.png` of the first, `map_3.png` of claim 3."""
    return {
        claim: f"map_{claim.number}.png" if place else "map.png"
        for place, claim in enumerate(claims)
    }


def _maps(summary: Summary) -> dict[str, Drawing]:
    names = map_names(summary.map_counts)
    return {
        names[cells[0].claim]: partial(map_figure.ratio_map, cells)
        for cells in mapped(summary.verdicts)
    }


def _functions(summary: Summary) -> Drawing | None:
    found = gallery.shown_functions(summary.results.study)
    return partial(gallery.functions, found) if found else None


DRAWINGS: dict[str, Callable[[Summary], Drawing | None]] = {
    "verdicts.png": _ratios,
    "ratio_by_target.png": _if_any(
        ratio_figure.ratio_curves, "ratio_curves_between", of_study=False
    ),
    "train_loss.png": _loss("train_loss"),
    "test_loss.png": _loss("test_loss"),
    "updates_to_target.png": _if_any(arrival_figures.updates_to_target, "reaches"),
    "reach_curves.png": _if_any(reach_figure.reach_curves, "reach_curves"),
    "censored.png": _never_arrived,
    "ranks.png": _if_any(rank_figure.ranks, "rankings"),
    "profiles.png": _if_any(profile_figure.profiles, "profiles"),
    "map.png": lambda summary: _maps(summary).get("map.png"),
    "measures.png": _measures,
    "layers.png": _layers,
    "diagnostics.png": _diagnostics,
    "functions.png": _functions,
    "tuning.png": _tuning,
}
"""Every figure that a report may have but for the maps of more claims than one.

None where the study has nothing of the kind.
"""

MORE_MAPS = "map_[0-9]*.png"
"""The files of the maps of all claims but the first."""


def drawings(summary: Summary) -> dict[str, Drawing]:
    """Return what draws each figure of a study's report, by the name of its file."""
    found = {name: drawing(summary) for name, drawing in DRAWINGS.items()}
    return {name: draw for name, draw in found.items() if draw is not None} | _maps(summary)
