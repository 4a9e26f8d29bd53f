"""The figures of single runs' arrivals at the targets, and of those that never came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis.summaries import Reach
from experiments.report import style
from experiments.report.canvas import MOST_DOTS, Canvas
from experiments.report.panels import Target
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import Study


def updates_to_target(study: Study, reaches: Sequence[Reach], sheet: Sheet = PAGE) -> Figure:
    """Draw every run's updates to each target; an open triangle counts those that never came.

    A median that is a bound, since half of the runs or more never came, is dotted at their budget.
    """
    canvas = Canvas(study, sheet)
    found, targets = _by_target(reaches)
    many = sum(len(reach.updates) for reach in reaches) > MOST_DOTS
    for ax, arms in canvas.panels():
        for place, target in enumerate(targets):
            for arm in arms:
                reach, x = found[arm.setting, *target], canvas.place(place, arm)
                half, budget = 0.3 * canvas.width, reach.setting.budget
                spread = np.linspace(x - half, x + half, len(reach.updates))
                there = ~reach.censored
                ax.plot(spread[there], reach.updates[there], ls="", marker=arm.marker, ms=3.5,
                        mew=0, color=arm.colour, alpha=0.55, rasterized=many)  # fmt: skip
                if np.isfinite(reach.median):
                    ax.hlines(reach.median, x - half, x + half, color=arm.colour, lw=2)
                else:
                    ax.hlines(budget, x - half, x + half, color=arm.colour, lw=2,
                              ls=style.DOTTED)  # fmt: skip
                if reach.not_reached:
                    ax.plot(x, budget, "^", mfc="none", color=arm.colour, ms=6)
                    ax.annotate(f"{reach.not_reached}", (x, budget), xytext=(0, 5),
                                textcoords="offset points", ha="center", fontsize=7,
                                color=arm.colour)  # fmt: skip
        style.log_axes(ax, "y")
        if any(reach.not_reached for reach in reaches):  # room for their number
            low, high = ax.get_ylim()
            ax.set_ylim(low, high * max(1.4, (high / low) ** 0.15))
    canvas.name_targets(targets)
    extra = [Line2D([], [], color=INK, lw=2, label="median")]
    if not all(np.isfinite(reach.median) for reach in reaches):
        extra.append(Line2D([], [], color=INK, lw=2, ls=style.DOTTED,
                            label="median: at least so much"))  # fmt: skip
    if any(reach.not_reached for reach in reaches):
        label = "so many runs did not reach the target"
        extra.append(Line2D([], [], color=INK, marker="^", mfc="none", ls="", label=label))
    return canvas.finish(*extra, y="updates to target")


def censored(study: Study, reaches: Sequence[Reach], sheet: Sheet = PAGE) -> Figure:
    """Draw the share of each arm's runs that never came to a target, and their number."""
    canvas = Canvas(study, sheet)
    found, targets = _by_target(reaches)
    for ax, arms in canvas.panels():
        for place, target in enumerate(targets):
            for arm in arms:
                reach, x = found[arm.setting, *target], canvas.place(place, arm)
                share = reach.not_reached / len(reach.updates)
                ax.bar(x, share, 0.9 * canvas.width, color=arm.colour)
                ax.annotate(f"{reach.not_reached}", (x, share), xytext=(0, 1), fontsize=7,
                            ha="center", textcoords="offset points", color=arm.colour)  # fmt: skip
        ax.set_ylim(0, 1.12)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    canvas.name_targets(targets)
    return canvas.finish(y="runs that did not reach the target")


def _by_target(reaches: Sequence[Reach]) -> tuple[dict[tuple, Reach], list[Target]]:
    found = {(r.setting.setting, r.metric, r.target): r for r in reaches}
    return found, list(dict.fromkeys((r.metric, r.target) for r in reaches))
