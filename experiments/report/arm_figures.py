"""The figures of a report that set all arms side by side: arrivals, ranks and profiles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.analysis.ranking import Profiles, Ranking
from experiments.analysis.survival import ReachCurve
from experiments.report import scales, style, words
from experiments.report.canvas import INK, Canvas
from experiments.report.panels import panels
from experiments.study import Labels, Study, arm_in_words

MOST_TARGETS = 4
"""The most targets whose curves one panel shows; the CSV file holds all."""

MOST_RANKINGS = 24
"""The most rankings that one figure shows; the CSV file holds all."""

_PALE = "#e4e4e4"

_LINES: tuple[str | tuple, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 1.5, 1, 1.5)))
"""One for each target that is shown."""


def reach_curves(study: Study, curves: Sequence[ReachCurve]) -> Figure:
    """Draw the share of each arm's runs that have reached each target by each update.

    Of so many arms that lines have to tell them apart the last target alone.
    """
    canvas = Canvas(study)
    found = {(c.setting.setting, c.metric, c.target): c for c in curves}
    targets = _shown(list(dict.fromkeys((c.metric, c.target) for c in curves)))
    targets = targets[-1:] if canvas.crowded else targets
    for ax, arms in canvas.panels():
        drawn = [
            (arm.colour, arm.line if canvas.crowded else line, found[arm.setting, *target])
            for arm in arms
            for target, line in zip(targets, _LINES, strict=False)
        ]
        firsts = [c.updates[1] for _, _, c in drawn]  # the budget where no run arrived
        left, right = min(firsts) / 1.5, max(max(c.updates[-1] for _, _, c in drawn), *firsts)
        for colour, line, curve in drawn:
            # A logarithmic axis has no place for the start.
            ax.step(np.maximum(curve.updates, left), curve.share, where="post", color=colour,
                    ls=line, lw=1.5)  # fmt: skip
            # Before the first arrival and after the last all bands would lie on each other.
            on_the_way = slice(1, -1 if curve.censored == 0 else None)
            ax.fill_between(
                curve.updates[on_the_way], curve.low[on_the_way], curve.high[on_the_way],
                step="post", color=colour, alpha=0.4 * canvas.band, lw=0,
            )  # fmt: skip
        ax.set_xlim(left, right)
        ax.set_ylabel("share of runs arrived")
        ax.set_xlabel("updates")
        style.log_axes(ax, "x")
        _percent(ax)
    lines = [
        Line2D([], [], color=INK, lw=1.5, ls=line, label=words.goal(*target))
        for target, line in zip(targets, _LINES, strict=False)
    ]
    band = Patch(color=INK, alpha=0.15, lw=0, label=f"{words.level(study.confidence)} interval")
    figure = canvas.finish(lines=True)
    columns = 3 if len(canvas.axes) == 1 else 4
    figure.legend(handles=[*lines, band], loc="outside lower center", ncols=columns, handlelength=3)
    return figure


def ranks(study: Study, rankings: Sequence[Ranking]) -> Figure:
    """Draw the average ranks of each contest; a bar joins arms that the seeds do not tell apart."""
    rows = list(rankings)[:MOST_RANKINGS]
    numbers = _numbers(study)
    bars = [_levels([_ends(row, group) for group in row.groups]) for row in rows]
    height = 0.36 + 0.09 * max((max(levels, default=-1) + 1 for levels in bars), default=0)
    figure, (ax,) = style.subplots(1, width=8.0, height=1.2 + height * len(rows))
    for place, (row, levels) in enumerate(zip(rows, bars, strict=True)):
        ax.axhline(place, color=_PALE, lw=0.6, zorder=0)
        for group, level in zip(row.groups, levels, strict=True):
            y = place + (0.14 + 0.09 * level) / height
            ax.plot(_ends(row, group), [y, y], color=INK, lw=2.2, solid_capstyle="butt")
        for arm, rank, level in zip(_arms(row), row.ranks, _stacked(row.ranks), strict=True):
            number = numbers[_name(arm)]
            ax.plot(rank, place - 0.1 * level / height, style.marker(number), mew=0, ms=6.5,
                    color=style.colour(number))  # fmt: skip
    _scale(ax, rows)
    most = max(len(row.ranks) for row in rows)
    ax.set_xlim(0.8, max(most, ax.dataLim.x1) + 0.2)
    ax.set_xticks(range(1, most + 1))
    ax.set_ylim(len(rows) - 0.3, -1.3)
    ax.set_yticks(range(len(rows)), [_row_label(row) for row in rows])
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("average rank over the seeds; 1 is the fastest")
    shown = dict.fromkeys(_name(arm) for row in rows for arm in _arms(row))
    handles = [style.handle(name, numbers[name], lines=False) for name in shown]
    if any(bars):
        handles.append(Line2D([], [], color=INK, lw=2.2, label="not told apart"))
    scales.legend(figure, handles, "outside upper center")
    return figure


def _scale(ax: Axes, rows: Sequence[Ranking]) -> None:
    """Draw the critical difference above the rows, or beside each where they differ."""
    differences = [row.critical_difference for row in rows]
    if len(set(differences)) > 1:
        for place, difference in enumerate(differences):
            ax.annotate(f"critical difference {difference:.2f}", (1.01, place), va="center",
                        xycoords=("axes fraction", "data"), color=INK, fontsize=7)  # fmt: skip
        return
    end = 1 + differences[0]
    ax.plot([1, end], [-0.8, -0.8], color=INK, lw=1, marker="|", ms=7)
    ax.annotate(f"critical difference {differences[0]:.2f}", (end, -0.8), xytext=(6, 0),
                textcoords="offset points", va="center", color=INK)  # fmt: skip


def _ends(row: Ranking, group: Sequence[int]) -> tuple[float, float]:
    """Return where the bar of a group starts and ends, a little beyond its arms."""
    ranks = row.ranks[list(group)]
    return float(ranks.min()) - 0.03, float(ranks.max()) + 0.03


def _levels(bars: Sequence[tuple[float, float]]) -> list[int]:
    """Put each bar, in the order of their starts, on the first level where it meets no other."""
    taken: list[float] = []  # where the last bar of each level ends
    found = []
    for start, end in bars:
        level = next((i for i, last in enumerate(taken) if last < start), len(taken))
        taken[level : level + 1] = [end]
        found.append(level)
    return found


def _stacked(ranks: np.ndarray) -> np.ndarray:
    """Raise each arm whose marker would lie upon that of another; shape (arms,)."""
    level, order = np.zeros(len(ranks), dtype=int), np.argsort(ranks, kind="stable")
    for before, arm in pairwise(order):
        if ranks[arm] - ranks[before] < 0.015 * len(ranks):
            level[arm] = level[before] + 1
    return level


def profiles(study: Study, found: Sequence[tuple[Labels, Profiles]]) -> Figure:
    """Draw the share of cells in which each arm came within a factor of the fastest arm."""
    figure, axes = style.subplots(len(found), width=6.4 if len(found) == 1 else 4.2, height=3.3)
    numbers = _numbers(study)
    for ax, (protocol, profile) in zip(axes, found, strict=True):
        ax.set_title(words.condition(protocol))
        rows = zip(profile.arms, profile.share, profile.low, profile.high, strict=True)
        for arm, share, low, high in rows:
            colour, line = style.colour(numbers[_name(arm)]), style.line(numbers[_name(arm)])
            ax.fill_between(profile.factors, low, high, step="post", color=colour, lw=0,
                            alpha=0.5 * style.band(len(numbers)))  # fmt: skip
            ax.step(profile.factors, share, where="post", color=colour, lw=1.6, ls=line)
        ax.set_xlim(1, profile.factors[-1])
        style.log_axes(ax, "x")
        _percent(ax)
        ax.set_xlabel("updates, in multiples of the fastest arm's")
        ax.set_ylabel(f"share of {profile.cells} cells arrived")
    shown = dict.fromkeys(_name(arm) for _, profile in found for arm in profile.arms)
    handles = [style.handle(name, numbers[name], lines=True) for name in shown]
    scales.legend(figure, handles, "outside upper center")
    return figure


def _shown(targets: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Take as many targets as have a line, the first, the last and some between."""
    places = np.linspace(0, len(targets) - 1, min(len(targets), MOST_TARGETS)).round().astype(int)
    return [targets[place] for place in places]


def _percent(ax: Axes) -> None:
    ax.set_ylim(-0.02, 1.02)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _name(arm: Labels) -> str:
    return arm_in_words(arm) or "all runs"


def _numbers(study: Study) -> dict[str, int]:
    """Return each arm's number, which picks its colour, by the arm's name."""
    names = dict.fromkeys(label for panel in panels(study) for label, _ in panel.arms)
    return {name: number for number, name in enumerate(names)}


def _arms(row: Ranking) -> list[Labels]:
    return [arm for arm, _ in row.contest.condition.arms]


def _row_label(row: Ranking) -> str:
    goal = words.goal(row.contest.metric, row.contest.target)
    return ", ".join(filter(None, [words.condition(row.contest.condition.labels), goal]))
