"""The figure of claims about measures: each estimate with its interval, and what is claimed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.analysis.verdicts import MeasureVerdict
from experiments.report import legends, rows, scales, words
from experiments.report.panels import MOST_PANELS
from experiments.report.rows import MOST_ROWS, OUTCOME_COLOURS
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import MeasureClaim, arm_in_words

CLAIMED = "#dddddd"
"""The colour of where a measure is claimed to lie."""


LEAST_PART = 0.25
"""Panels of one quantity share a scale on which each takes at least this part."""

Scale = tuple[bool, float, float]
"""Whether an axis is logarithmic, and its ends."""


def measure_panels(verdicts: Iterable[MeasureVerdict]) -> list[list[MeasureVerdict]]:
    """Return the verdicts of each claim that has a number to draw.

    Left out are numbers that are known without error: a dot without an interval says no more than
    the number in a table.
    """
    uncertain = (v for v in verdicts if v.claim.measure.aggregate != "exact")
    claims = (list(rows) for _, rows in groupby(uncertain, lambda verdict: verdict.claim.number))
    return [rows for rows in claims if any(map(_drawable, rows))]


def measures(verdicts: Sequence[MeasureVerdict], sheet: Sheet = PAGE) -> Figure:
    """Draw each claim's estimates with their intervals, a row for each condition.

    The grey band is where the claim says that the number lies, the tick what a formula gives; an
    open arrow is a bound and no estimate. At most MOST_PANELS claims are shown, and MOST_ROWS
    conditions of each.
    """
    every = measure_panels(verdicts)
    shown = [claim[:MOST_ROWS] for claim in every[:MOST_PANELS]]
    columns = 1 if len(shown) == 1 or sheet.narrow else 2
    pitch = rows.height(_lines(shown, sheet, sheet.width / columns))
    lines = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    heights = [max(len(claim) for claim in line) for line in lines]
    figure = sheet.figure(sum(1.1 + pitch * count for count in heights))
    axes = figure.subplots(
        len(lines), columns, squeeze=False, height_ratios=[0.4 + pitch * n for n in heights]
    ).ravel()
    for spare in axes[len(shown) :]:
        spare.set_axis_off()
    for ax, claim, scale in zip(axes, shown, _scales(shown), strict=False):
        _panel(ax, claim, scale, sheet)
    legends.above(figure, sheet, _legend(shown))
    left_out = sum(map(len, every)) - sum(map(len, shown))
    if left_out:
        legends.below(figure, sheet, [legends.remark(f"{left_out} verdicts more than fit")])
    return figure


def _lines(shown: Sequence[Sequence[MeasureVerdict]], sheet: Sheet, width: float) -> int:
    """Return in how many lines the longest label of a row stands."""
    labels = [words.place(row) for claim in shown for row in claim]
    return max(text.count("\n") + 1 for text in rows.broken(labels, sheet, width))


def _legend(shown: Sequence[Sequence[MeasureVerdict]]) -> list[Artist]:
    drawn = [row for claim in shown for row in claim]
    handles: list[Artist] = [Patch(color=CLAIMED, lw=0, label="claimed")]
    if any(row.theory is not None for row in drawn):
        handles.append(
            Line2D([], [], color="black", marker="|", ls="", ms=10, mew=1.5, label="theory")
        )
    handles.append(Line2D([], [], color=INK, marker="o", lw=2.2, label="estimate and interval"))
    handles += rows.bounds(row.estimate.bound for row in drawn if _drawable(row))
    return handles + rows.outcomes(row.outcome for row in drawn)


def _scales(shown: Sequence[Sequence[MeasureVerdict]]) -> list[Scale]:
    """Return the scale of each claim's panel: the same for all that show one quantity.

    One that would take less than a part of LEAST_PART there has a scale of its own.
    """
    numbers = [[value for row in judged for value in _numbers(row)] for judged in shown]
    own = [_scale(judged[0].claim, its) for judged, its in zip(shown, numbers, strict=True)]
    names = [_quantity(judged[0].claim) for judged in shown]
    found = []
    for scale, name in zip(own, names, strict=True):
        alike = [place for place, other in enumerate(names) if other == name]
        claim = shown[alike[0]][0].claim
        joint = _scale(claim, [n for place in alike for n in numbers[place]])
        fitting = [place for place in alike if _part(own[place], joint) >= LEAST_PART]
        if _part(scale, joint) >= LEAST_PART:
            scale = _scale(claim, [n for place in fitting for n in numbers[place]])
        found.append(scale)
    return found


def _scale(claim: MeasureClaim, numbers: Sequence[float]) -> Scale:
    log = scales.is_log(numbers, 4 if claim.measure.over and claim.than is None else 30)
    return log, *_ends(numbers, log=log)


def _part(own: Scale, joint: Scale) -> float:
    """Return which part of a joint scale a panel of its own needs."""
    ends = np.array([own[1:], joint[1:]])
    if joint[0]:
        if ends.min() <= 0:
            return 0.0
        ends = np.log(ends)
    (low, high), (left, right) = ends
    return float((high - low) / (right - left))


def _panel(ax: Axes, judged: Sequence[MeasureVerdict], scale: Scale, sheet: Sheet) -> None:
    claim = judged[0].claim
    log, left, right = scale
    for place, row in enumerate(judged):
        _row(ax, place, row, (left, right))
    ax.set_xlim(left, right)
    scales.finish(ax, "x", log)
    ax.set_ylim(rows.ends(len(judged)))
    ax.grid(visible=False, axis="y")
    conditions = [words.place(row) for row in judged]
    if not any(conditions):  # the claim is judged once
        conditions = []
    rows.label(ax, dict(enumerate(conditions)), sheet)
    scales.title(ax, _title(claim), sheet)
    scales.foot(ax, _quantity(claim), sheet)


def _row(
    ax: Axes,
    place: int,
    row: MeasureVerdict,
    ends: tuple[float, float],
) -> None:
    def clipped(*numbers: float) -> np.ndarray:
        return np.clip(numbers, *ends)

    high = [place - rows.EDGES[0], place + rows.EDGES[1]]

    claimed = clipped(row.region.low, row.region.high)
    ax.fill_betweenx(high, *claimed, color=CLAIMED, lw=0, zorder=0.5)
    if row.region.low == row.region.high:  # a band of no width
        ax.plot(claimed, high, color=CLAIMED, lw=3, zorder=0.5)
    colour, found = OUTCOME_COLOURS[row.outcome], row.estimate
    if _drawable(row):
        ax.plot(clipped(found.low, found.high), [place, place], color=colour, lw=2.2,
                solid_capstyle="butt")  # fmt: skip
        if np.isfinite(found.estimate):
            ax.plot(found.estimate, place, rows.ARROWS.get(found.bound, "o"), color=colour, ms=6,
                    mfc="white" if found.bound else colour)  # fmt: skip
    if row.theory is not None:
        ax.plot(row.theory, place, "|", color="black", ms=11, mew=1.5)


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
