"""The figure of claims about measures: each estimate with its interval, and what is claimed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.analysis.verdicts import MeasureVerdict
from experiments.report import scales, words
from experiments.report.canvas import INK
from experiments.report.figures import MOST_ROWS, OUTCOME_COLOURS
from experiments.report.panels import MOST_PANELS
from experiments.study import MeasureClaim, arm_in_words

CLAIMED = "#dddddd"
"""The colour of where a measure is claimed to lie."""

WIDEST = 64
"""Letters in a line of a title or below an axis."""

_MARKERS = {"at least": ">", "at most": "<"}


def measure_panels(verdicts: Iterable[MeasureVerdict]) -> list[list[MeasureVerdict]]:
    """Return the verdicts of each claim that has a number to draw.

    Left out are numbers that are known without error: a dot without an interval says no more than
    the number in a table.
    """
    uncertain = (v for v in verdicts if v.claim.measure.aggregate != "exact")
    claims = (list(rows) for _, rows in groupby(uncertain, lambda verdict: verdict.claim.number))
    return [rows for rows in claims if any(map(_drawable, rows))]


def measures(verdicts: Sequence[MeasureVerdict]) -> Figure:
    """Draw each claim's estimates with their intervals, a row for each condition.

    The grey band is where the claim says that the number lies, the tick what a formula gives. At
    most MOST_PANELS claims are shown, and MOST_ROWS conditions of each.
    """
    every = measure_panels(verdicts)
    shown = [rows[:MOST_ROWS] for rows in every[:MOST_PANELS]]
    columns = 1 if len(shown) == 1 else 2
    lines = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    heights = [max(len(rows) for rows in line) for line in lines]
    figure = Figure(
        figsize=(7.5 if columns == 1 else 11.5, 0.5 + sum(1.1 + 0.24 * rows for rows in heights)),
        layout="constrained",
    )
    axes = figure.subplots(
        len(lines), columns, squeeze=False, height_ratios=[0.4 + 0.24 * rows for rows in heights]
    ).ravel()
    for spare in axes[len(shown) :]:
        spare.set_axis_off()
    for ax, rows in zip(axes, shown, strict=False):
        _panel(ax, rows)
    handles: list[Patch | Line2D] = [Patch(color=CLAIMED, lw=0, label="claimed")]
    if any(row.theory is not None for rows in shown for row in rows):
        handles.append(
            Line2D([], [], color="black", marker="|", ls="", ms=10, mew=1.5, label="theory")
        )
    handles.append(Line2D([], [], color=INK, marker="o", lw=2.2, label="estimate and interval"))
    left_out = sum(map(len, every)) - sum(map(len, shown))
    if left_out:
        handles.append(scales.remark(f"{left_out} verdicts more than fit"))
    scales.legend(figure, handles, "outside upper center")
    return figure


def _panel(ax: Axes, rows: Sequence[MeasureVerdict]) -> None:
    claim = rows[0].claim
    numbers = [value for row in rows for value in _numbers(row)]
    log = scales.is_log(numbers, 4 if claim.measure.over and claim.than is None else 30)
    left, right = _ends(numbers, log=log)
    for place, row in enumerate(rows):
        _row(ax, place, row, left, right)
    ax.set_xlim(left, right)
    scales.finish(ax, "x", log)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    conditions = [words.place(row) for row in rows]
    if not any(conditions):  # the claim is judged once
        conditions = []
    ax.set_yticks(range(len(conditions)), conditions)
    scales.title(ax, _title(claim), WIDEST)
    ax.set_xlabel(scales.wrapped(_quantity(claim), WIDEST))


def _row(ax: Axes, place: int, row: MeasureVerdict, left: float, right: float) -> None:
    def clipped(*ends: float) -> np.ndarray:
        return np.clip(ends, left, right)

    claimed = clipped(row.region.low, row.region.high)
    ax.fill_betweenx([place - 0.5, place + 0.5], *claimed, color=CLAIMED, lw=0, zorder=0.5)
    if row.region.low == row.region.high:  # a band of no width
        ax.plot(claimed, [place - 0.5, place + 0.5], color=CLAIMED, lw=3, zorder=0.5)
    colour, found = OUTCOME_COLOURS[row.outcome], row.estimate
    if _drawable(row):
        ax.plot(clipped(found.low, found.high), [place, place], color=colour, lw=2.2,
                solid_capstyle="butt")  # fmt: skip
        if np.isfinite(found.estimate):
            ax.plot(found.estimate, place, _MARKERS.get(found.bound, "o"), color=colour, ms=6)
    if row.theory is not None:
        ax.plot(row.theory, place, "|", color="black", ms=11, mew=1.5)
    ax.annotate(row.outcome, (1.01, place), xycoords=("axes fraction", "data"), va="center",
                color=colour, fontsize=8)  # fmt: skip


def _drawable(verdict: MeasureVerdict) -> bool:
    found = verdict.estimate
    ends = (found.estimate, found.low, found.high)
    return verdict.outcome != "untestable" and bool(np.isfinite(ends).any())


def _numbers(verdict: MeasureVerdict) -> Iterator[float]:
    """Yield every finite number that a row's picture has to hold."""
    ends: list[float] = [verdict.region.low, verdict.region.high]
    if _drawable(verdict):
        found = verdict.estimate
        ends += [found.estimate, found.low, found.high]
    if verdict.theory is not None:
        ends.append(verdict.theory)
    yield from (end for end in ends if np.isfinite(end))


def _ends(numbers: Sequence[float], *, log: bool) -> tuple[float, float]:
    """Return where the axis starts and ends, a little beyond all numbers."""
    low, high = min(numbers), max(numbers)
    if log:
        room = (high / low) ** 0.06
        return low / room, high * room
    room = 0.06 * (high - low) or 0.5 * abs(low) or 0.5
    return low - room, high + room


def _title(claim: MeasureClaim) -> str:
    """Return the claim's number and measure; the label of the axis names arms to be compared."""
    arm = arm_in_words(claim.of) if claim.than is None else ""
    of = f": {arm.replace(' ', scales.TIED)}" if arm else ""
    return f"claim {claim.number}, {claim.measure.in_words}{of}"


def _quantity(claim: MeasureClaim) -> str:
    unit = f", {claim.measure.unit}" if claim.measure.unit else ""
    if claim.than is None:
        kind = "factor of the " if claim.measure.over else ""
        return f"{kind}{claim.measure.label}{unit}"
    of, than = arm_in_words(claim.of), arm_in_words(claim.than)
    return f"difference of the {claim.measure.label}: {of} \N{MINUS SIGN} {than}{unit}"
