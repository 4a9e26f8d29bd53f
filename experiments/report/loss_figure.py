"""The figure of a loss over the updates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from experiments.analysis.summaries import Curve
from experiments.report import style, words
from experiments.report.canvas import Canvas
from experiments.report.sheets import PAGE, Sheet
from experiments.study import Study


def loss_curves(study: Study, curves: Sequence[Curve], metric: str, sheet: Sheet = PAGE) -> Figure:
    """Draw a loss over the updates: the median of each arm and the band of its middle half."""
    canvas = Canvas(study, sheet)
    by_setting = {c.setting.setting: c for c in curves if c.metric == metric}
    targets = sorted({t for name, t in study.targets if name == metric})
    for ax, arms in canvas.panels():
        for arm in arms:
            curve = by_setting.get(arm.setting)
            if curve is None:  # its data has no such split
                continue
            after = curve.updates > 0  # a logarithmic axis has no place for the start
            x = curve.updates[after]
            median, low, high = (
                np.where(np.isfinite(y), y, np.nan)[after]
                for y in (curve.median, curve.low, curve.high)
            )
            ax.plot(x, median, color=arm.colour, lw=1.6, ls=arm.line)
            ax.fill_between(x, low, high, color=arm.colour, alpha=canvas.band, lw=0)
        for target in targets:
            ax.axhline(target, color="#555555", lw=0.8, ls=(0, (4, 3)))
            ax.annotate(
                f"target {target:g}", (0.01, target), xycoords=("axes fraction", "data"),
                va="bottom", fontsize=7, color="#555555",
            )  # fmt: skip
        style.log_axes(ax, "xy")
        low, high = ax.get_ylim()
        ax.set_ylim(
            min([low, *(t / 1.2 for t in targets)]), max([high, *(t * 1.2 for t in targets)])
        )
    return canvas.finish(lines=True, x="updates", y=words.METRIC_WORDS[metric])
