"""The figure of the searches for learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis.tuning import Tried, Tuned, as_read
from experiments.report import style, words
from experiments.report.canvas import Arm, Canvas
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import Objective, Study

LineStyle = str | tuple[int, tuple[int, ...]]
_DASHES: tuple[LineStyle, ...] = (
    "-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (8, 3)), (0, (3, 1, 1, 1, 1, 1)),
)  # fmt: skip
"""How the values of what is searched beside the rate are told apart."""


def tuning_searches(
    study: Study, searches: Sequence[tuple[Tuned, Sequence[Tried]]], sheet: Sheet = PAGE
) -> Figure:
    """Draw how the learning rates did in the searches: the median over pairs.

    The larger a ring, the more pairs took the rate; an arrow up is a median that is at least so.
    """
    canvas = Canvas(study, sheet)
    by_setting = {tuned.setting: rates for tuned, rates in searches}
    goals, metric = bool(study.objective.goals), study.objective.metric
    second = study.tuning.second if study.tuning else None
    dashes = dict(zip(second.labels, cycle(_DASHES), strict=False)) if second else {}
    for ax, arms in canvas.panels():
        for arm in arms:
            rates = by_setting.get(arm.setting)
            if rates is None:  # its learning rate was given
                continue
            for value, of_value in groupby(rates, lambda rate: rate.value):
                style_of_line = dashes.get(value, arm.line)
                _search_line(ax, study.objective, [*of_value], arm, style_of_line)
        style.log_axes(ax, "y")
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
        ax.tick_params(axis="x", labelrotation=45)
    extra = [Line2D([], [], color=INK, marker="o", mfc="none", ms=9, ls="", label="taken")]
    if any(rate.at_least for _, rates in searches for rate in rates):
        label = "at least: stopped early"
        extra.append(Line2D([], [], color=INK, marker="^", mfc="none", ms=5, ls="", label=label))
    if second is not None:
        name = second.name.replace("_", " ")
        extra += [
            Line2D([], [], color=INK, lw=1.2, ls=ls, label=f"{name} {label}")
            for label, ls in dashes.items()
        ]
    otherwise = words.METRIC_WORDS[metric] if metric else "final training loss"
    quantity = "updates to targets" if goals else otherwise
    return canvas.finish(*extra, x="learning rate", y=quantity)


def _search_line(
    ax: Axes, objective: Objective, rates: Sequence[Tried], arm: Arm, dashes: LineStyle
) -> None:
    x = np.array([rate.rate for rate in rates])
    y = np.array([_height(objective, rate) for rate in rates])
    y = np.where(np.isfinite(y), y, np.nan)
    bounds = np.array([rate.at_least for rate in rates])
    ax.plot(x, y, lw=1.2, ls=dashes, color=arm.colour)
    ax.plot(x[~bounds], y[~bounds], ls="", marker=arm.marker, ms=4, color=arm.colour)
    ax.plot(x[bounds], y[bounds], ls="", marker="^", ms=5, mfc="none", color=arm.colour)
    taken = np.array([rate.taken / max(1, rate.pairs) for rate in rates])
    seen = np.isfinite(y) & (taken > 0)
    if seen.any():  # of losses that are all infinite none is drawn
        ax.scatter(x[seen], y[seen], s=260 * taken[seen], facecolors="none",
                   edgecolors=arm.colour, lw=1.5)  # fmt: skip


def _height(objective: Objective, rate: Tried) -> float:
    if objective.goals:
        return float(np.exp(rate.log_updates))
    return as_read(objective, rate.measured) if objective.metric else rate.last_loss
