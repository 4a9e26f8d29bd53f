"""The figure of claims of times: each ratio with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis.verdicts import TimeVerdict
from experiments.report import legends, rows, scales, style, words
from experiments.report.rows import MOST_ROWS, OUTCOME_COLOURS
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import arm_in_words


def ratios(verdicts: Sequence[TimeVerdict], sheet: Sheet = PAGE) -> Figure:
    """Draw the ratio of times of each comparison with its interval; right of 1 the claim's way.

    A bold bar is the interval by which the direction is judged, a thin one that of the size. A
    diamond is the mean over several conditions; an open arrow is a bound and no estimate.
    """
    shown = [v for v in verdicts if v.hypothesis == "direction"][:MOST_ROWS]
    sizes = {_compared(v): v for v in verdicts if v.hypothesis == "size"}
    arms = {(arm_in_words(row.claim.faster), arm_in_words(row.claim.than)) for row in shown}
    labels = [_row_label(row, tell_arms=len(arms) > 1) for row in shown]
    lines = max(text.count("\n") + 1 for text in rows.broken(labels, sheet, sheet.width))
    figure = sheet.figure(0.7 + rows.height(lines) * len(shown))
    ax = figure.subplots()
    drawn = [v for row in shown for v in (row, sizes.get(_compared(row))) if v is not None]
    ends = [end for v in drawn for end in (v.ratio.low, v.ratio.high, v.ratio.estimate)]
    ends = [end for end in ends if np.isfinite(end) and end > 0]
    factors = [row.claim.by for row in shown if row.claim.by]
    left = min([*ends, 0.8]) / 1.15
    right = max([*ends, *factors, 1.25]) * 1.15
    for place, row in enumerate(shown):
        size = sizes.get(_compared(row))
        if size is not None:
            _interval(ax, place, size, (left, right), width=0.8)
            ax.plot(row.claim.by, place, "|", color="black", ms=11, mew=1.5)
        _interval(ax, place, row, (left, right), width=2.6)
        if row.outcome != "untestable" and np.isfinite(row.ratio.estimate):
            _estimate(ax, place, row)
    ax.axvline(1, color=INK, lw=1, zorder=1.2)
    ax.set_xlim(left, right)
    style.log_axes(ax, "x")
    ax.set_ylim(rows.ends(len(shown)))
    ax.grid(visible=False, axis="y")
    rows.label(ax, dict(enumerate(labels)), sheet)
    faster, than = arms.pop() if len(arms) == 1 else ("the first arm", "the second")
    clocks = {row.claim.clock for row in shown}
    clock = clocks.pop() if len(clocks) == 1 else "times"
    scales.foot(ax, f"{clock} of {than} / {clock} of {faster}", sheet)
    legends.above(figure, sheet, _legend(shown, drawn))
    return figure


def _legend(shown: Sequence[TimeVerdict], drawn: Sequence[TimeVerdict]) -> list[Artist]:
    testable = [row for row in shown if row.outcome != "untestable"]
    handles = rows.outcomes(v.outcome for v in drawn)
    if any(v.hypothesis == "size" for v in drawn):
        handles += [
            Line2D([], [], color=INK, lw=2.6, label="interval of the direction"),
            Line2D([], [], color=INK, lw=0.8, label="interval of the size"),
            Line2D([], [], color="black", ls="", marker="|", ms=11, mew=1.5,
                   label="factor claimed"),
        ]  # fmt: skip
    found = {row.ratio.bound for row in testable}
    if found - {""}:
        handles.append(Line2D([], [], color=INK, ls="", marker="o", ms=6.5, label="estimate"))
    handles += rows.bounds(found)
    if any(row.conditions > 1 for row in testable):
        label = "over several conditions"
        handles.append(Line2D([], [], color=INK, ls="", marker="D", ms=6.5, label=label))
    return handles


def _compared(verdict: TimeVerdict) -> tuple:
    """Return what the hypotheses of one comparison have in common."""
    return verdict.claim.number, verdict.target, verdict.condition, verdict.conditions


def _interval(
    ax: Axes, place: int, verdict: TimeVerdict, inside: tuple[float, float], width: float
) -> None:
    if verdict.outcome != "untestable":
        low, high = max(verdict.ratio.low, inside[0]), min(verdict.ratio.high, inside[1])
        colour = OUTCOME_COLOURS[verdict.outcome]
        ax.plot([low, high], [place, place], color=colour, lw=width, solid_capstyle="butt")


def _estimate(ax: Axes, place: int, row: TimeVerdict) -> None:
    alone = "o" if row.conditions == 1 else "D"
    marker = rows.ARROWS.get(row.ratio.bound, alone)
    colour = OUTCOME_COLOURS[row.outcome]
    ax.plot(row.ratio.estimate, place, marker, color=colour, ms=7,
            mfc="white" if row.ratio.bound else colour)  # fmt: skip


def _row_label(verdict: TimeVerdict, *, tell_arms: bool) -> str:
    parts = [f"claim {verdict.claim.number}"]
    if tell_arms:
        faster, than = arm_in_words(verdict.claim.faster), arm_in_words(verdict.claim.than)
        parts = [f"{verdict.claim.number}. {faster} : {than}"]
    if where := words.place(verdict):
        parts.append(where)
    goal = words.goal(verdict.claim.metric, verdict.target).replace(" ", scales.TIED)
    return ", ".join([*parts, goal])
