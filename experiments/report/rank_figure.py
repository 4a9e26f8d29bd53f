"""The figure of average ranks, with bars that join what is not told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis.ranking import Ranking
from experiments.report import legends, rows, scales, style, words
from experiments.report.looks_of_arms import Look, look, name_of
from experiments.report.panels import MOST_PANELS, Target
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import Labels, Study

MOST_RANKINGS = 24
"""The most rankings that one figure shows; the CSV file holds all."""

_PALE = "#e4e4e4"
# In inches:
_ABOVE, _LEVEL = 0.1, 0.09  # between the markers, and between the bars, of one row
_MARKER, _BAR = 0.08, 0.14  # above the lowest marker, and down to the first bar
_APART = 0.14  # between the bars of a row and the markers of the next
_TOP = 0.4  # above the first row, for the critical difference


def ranks(study: Study, rankings: Sequence[Ranking], sheet: Sheet = PAGE) -> Figure:
    """Draw the average ranks of each contest; a bar joins arms that the seeds do not tell apart.

    A panel for each target, a row for each condition; the vertical axis is in inches.
    """
    shown = list(rankings)[:MOST_RANKINGS]
    panels: dict[Target, dict[Labels, Ranking]] = {}
    for row in shown:
        target = row.contest.metric, row.contest.target
        panels.setdefault(target, {})[row.contest.condition.labels] = row
    panels = dict(list(panels.items())[:MOST_PANELS])
    places, bottom = _places(panels.values())
    across = 1 if sheet.narrow else min(3, len(panels))
    down = -(-len(panels) // across)
    figure = sheet.figure(down * (0.7 + bottom))
    axes = list(figure.subplots(down, across, squeeze=False).ravel())
    for spare in axes[len(panels) :]:
        spare.set_axis_off()
    axes = axes[: len(panels)]
    looks, differences = look(study), {row.critical_difference for row in shown}
    for ax, (target, found) in zip(axes, panels.items(), strict=True):
        for labels, row in found.items():
            _row(ax, places[labels], row, looks)
        scales.title(ax, words.goal(*target), sheet)
        ax.set_ylim(bottom, 0)
        ax.grid(visible=False, axis="y")
        scales.foot(ax, "average rank over the seeds; 1 is the fastest", sheet)
        _critical(ax, {places[labels]: row for labels, row in found.items()}, differences)
        _name(ax, found, places, sheet)
    _ends(axes, shown)
    names = dict.fromkeys(name_of(arm) for row in shown for arm in _arms(row))
    handles: list[Artist] = [style.handle(name, looks[name], lines=False) for name in names]
    if any(row.groups for row in shown):
        handles.append(Line2D([], [], color=INK, lw=2.2, label="not told apart"))
    left_out = len(rankings) - sum(map(len, panels.values()))
    if left_out:
        handles.append(legends.remark(f"{left_out} rankings more than fit"))
    legends.above(figure, sheet, handles)
    return figure


def _places(panels: Iterable[dict[Labels, Ranking]]) -> tuple[dict[Labels, float], float]:
    """Return where the row of each condition lies, and where the last one ends, in inches.

    Each has the room that its stacked markers and its bars take in any panel.
    """
    by_condition: dict[Labels, list[Ranking]] = {}
    for found in panels:
        for labels, row in found.items():
            by_condition.setdefault(labels, []).append(row)
    places, down = {}, _TOP
    for labels, same in by_condition.items():
        places[labels] = down + _MARKER + max(map(_raised, same)) + rows.LINE
        bars = max(max(_levels(row), default=0) for row in same)
        down = places[labels] + _BAR + _LEVEL * bars + _APART
    return places, down


def _raised(row: Ranking) -> float:
    """Return how high markers are stacked above a row, in inches."""
    return _ABOVE * int(_stacked(row.ranks).max())


def _row(ax: Axes, place: float, row: Ranking, looks: dict[str, Look]) -> None:
    ax.axhline(place, color=_PALE, lw=0.6, zorder=0)
    for group, level in zip(row.groups, _levels(row), strict=True):
        y = place + _BAR + _LEVEL * level
        ax.plot(_bar(row, group), [y, y], color=INK, lw=2.2, solid_capstyle="butt")
    for arm, rank, level in zip(_arms(row), row.ranks, _stacked(row.ranks), strict=True):
        its = looks[name_of(arm)]
        ax.plot(rank, place - _ABOVE * level, style.marker(its), mew=0, ms=6.5, color=its.colour)


def _ends(axes: Sequence[Axes], shown: Sequence[Ranking]) -> None:
    """Give all panels the ranks from the first to the last."""
    most = max(len(row.ranks) for row in shown)
    right = max(most, *(ax.dataLim.x1 for ax in axes))
    room = style.room_for_ticks(axes[0].xaxis)
    for ax in axes:
        ax.set_xlim(0.8, right + 0.2)
        ax.set_xticks(range(1, most + 1, -(-most // room)))


def _name(
    ax: Axes,
    found: Mapping[Labels, Ranking],
    places: Mapping[Labels, float],
    sheet: Sheet,
) -> None:
    names = {places[labels]: words.condition(labels) for labels in found}
    if not any(names.values()):
        names = {}
    rows.label(ax, names, sheet, {places[labels]: _raised(row) for labels, row in found.items()})
    ax.spines.left.set_visible(False)


def _critical(ax: Axes, found: Mapping[float, Ranking], differences: set[float]) -> None:
    """Draw the critical difference above the rows, or write it above each where they differ."""
    if len(differences) > 1:
        for place, row in found.items():
            ax.annotate(f"critical difference {row.critical_difference:.2f}",
                        (1, place - _MARKER - _raised(row)), xycoords=("axes fraction", "data"),
                        ha="right", va="bottom", color=INK, fontsize=7)  # fmt: skip
        return
    end, top = 1 + next(iter(differences)), _TOP - 0.16
    ax.plot([1, end], [top, top], color=INK, lw=1, marker="|", ms=7)
    ax.annotate(f"critical difference {end - 1:.2f}", (1, top), xytext=(0, 4), fontsize=7,
                textcoords="offset points", color=INK)  # fmt: skip


def _bar(row: Ranking, group: Sequence[int]) -> tuple[float, float]:
    """Return where the bar of a group starts and ends, a little beyond its arms."""
    inside = row.ranks[list(group)]
    return float(inside.min()) - 0.03, float(inside.max()) + 0.03


def _levels(row: Ranking) -> list[int]:
    """Put each group's bar, in the order of their starts, on the first level with room for it."""
    taken: list[float] = []  # where the last bar of each level ends
    found = []
    for start, end in (_bar(row, group) for group in row.groups):
        level = next((i for i, last in enumerate(taken) if last < start), len(taken))
        taken[level : level + 1] = [end]
        found.append(level)
    return found


def _stacked(ranks: np.ndarray) -> np.ndarray:
    """Raise each arm whose marker would lie upon that of another; shape (arms,)."""
    level, order = np.zeros(len(ranks), dtype=int), np.argsort(ranks, kind="stable")
    for before, arm in pairwise(order):
        if ranks[arm] - ranks[before] < 0.02 * len(ranks):
            level[arm] = level[before] + 1
    return level


def _arms(row: Ranking) -> list[Labels]:
    return [arm for arm, _ in row.contest.condition.arms]
