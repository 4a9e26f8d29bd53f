"""Which figures a report has, and what draws each of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from matplotlib.figure import Figure

from experiments.analysis.summary import Summary
from experiments.report import arm_figures, figures

Drawing = Callable[[], Figure]


def _loss(metric: str) -> Callable[[Summary], Drawing | None]:
    def drawing(summary: Summary) -> Drawing | None:
        if not any(curve.metric == metric for curve in summary.curves):
            return None
        return partial(figures.loss_curves, summary.results.study, summary.curves, metric)

    return drawing


def _if_any(draw: Callable[..., Figure], part: str, *, of_study: bool = True):
    def drawing(summary: Summary) -> Drawing | None:
        content = getattr(summary, part)
        arguments = (summary.results.study, content) if of_study else (content,)
        return partial(draw, *arguments) if content else None

    return drawing


def _never_arrived(summary: Summary) -> Drawing | None:
    if not any(reach.never for reach in summary.reaches):  # a sentence says it better
        return None
    return partial(figures.never_arrived, summary.results.study, summary.reaches)


def _tuning(summary: Summary) -> Drawing | None:
    results = summary.results
    if not results.tuned:
        return None
    return partial(figures.tuning_grid, results.study, results.tuned)


DRAWINGS: dict[str, Callable[[Summary], Drawing | None]] = {
    "verdicts.png": _if_any(figures.ratios, "verdicts", of_study=False),
    "ratio_by_target.png": _if_any(figures.ratio_curves, "ratio_curves", of_study=False),
    "train_loss.png": _loss("train_loss"),
    "test_loss.png": _loss("test_loss"),
    "updates_to_target.png": _if_any(figures.updates_to_target, "reaches"),
    "arrivals.png": _if_any(arm_figures.arrival_curves, "arrivals"),
    "never_arrived.png": _never_arrived,
    "ranks.png": _if_any(arm_figures.ranks, "rankings"),
    "profiles.png": _if_any(arm_figures.profiles, "profiles"),
    "tuning.png": _tuning,
}
"""Every figure that a report may have; None where the study has nothing of the kind."""


def drawings(summary: Summary) -> dict[str, Drawing]:
    """Return what draws each figure of a study's report, by the name of its file."""
    found = {name: drawing(summary) for name, drawing in DRAWINGS.items()}
    return {name: draw for name, draw in found.items() if draw is not None}
