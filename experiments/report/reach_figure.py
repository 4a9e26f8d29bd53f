"""The figure of the share of runs that have reached each target by then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from experiments.analysis.survival import ReachCurve
from experiments.report import style, words
from experiments.report.canvas import Canvas
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import Study


def reach_curves(study: Study, curves: Sequence[ReachCurve], sheet: Sheet = PAGE) -> Figure:
    """Draw the share of each arm's runs that have reached each target by each update.

    Each target of each condition has its panel.
    """
    found = {(c.setting.setting, c.metric, c.target): c for c in curves}
    canvas = Canvas(study, sheet, list(dict.fromkeys((c.metric, c.target) for c in curves)))
    panels = [
        (ax, [(arm, found[arm.setting, *target]) for arm in arms])
        for ax, arms, target in canvas.panels_by_target()
    ]
    every = [curve for _, drawn in panels for _, curve in drawn]
    firsts = [curve.updates[1] for curve in every]  # the budget where no run arrived
    left, right = min(firsts) / 1.5, max(*firsts, *(curve.updates[-1] for curve in every))
    for ax, drawn in panels:
        for arm, curve in drawn:
            # A logarithmic axis has no place for the start.
            ax.step(np.maximum(curve.updates, left), curve.share, where="post", color=arm.colour,
                    ls=arm.line, lw=1.5)  # fmt: skip
            # Before the first arrival and after the last all bands would lie on each other.
            on_the_way = slice(1, -1 if curve.censored == 0 else None)
            ax.fill_between(
                curve.updates[on_the_way], curve.low[on_the_way], curve.high[on_the_way],
                step="post", color=arm.colour, alpha=0.8 * canvas.band, lw=0,
            )  # fmt: skip
        ax.set_xlim(left, right)
        style.log_axes(ax, "x")
        style.percent(ax)
    band = Patch(color=INK, alpha=0.15, lw=0, label=f"{words.level(study.confidence)} interval")
    return canvas.finish(band, lines=True, x="updates", y="share of runs arrived")
