"""The map of one claim under many conditions: which arm came first where, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from experiments.analysis.verdicts import TimeVerdict
from experiments.report import legends, scales, words
from experiments.report.looks_of_arms import COLOURS
from experiments.report.sheets import PAGE, Sheet
from experiments.study import Labels, arm_in_words, split_protocol

MOST_CONDITIONS = 60
"""The most rows that the map shows; the CSV file holds all."""

MOST_COLUMNS = 24
"""The most pairs of a protocol and a target that it shows."""

WIDEST = 3.0
"""Colours end where one arm needs 2^WIDEST times the updates of the other."""

_COLOURS = LinearSegmentedColormap.from_list("ratio", (COLOURS[1], "#f7f7f7", COLOURS[0]))
_NOTHING = "#e4e4e4"
_SIGNS = {"at least": "≥", "at most": "≤"}
_CELL = 0.27  # inches
_UNDECIDED = 0.8, 0.62  # of a cell's width and height
_NUMBER = 0.36  # inches: what a number in a cell takes
_LABEL, _LONGEST = 0.065, 26  # inches of a letter, and letters of a line, beside the rows
_SMALL = 7  # points

Column = tuple[str, float]  # protocol and target


def ratio_map(cells: Sequence[TimeVerdict], sheet: Sheet = PAGE) -> Figure:
    """Draw the ratio of times of one claim: a row a condition, a column a protocol and target.

    Undecided cells are smaller, their numbers in italics; one that cannot be tested is grey. Where
    cells are too narrow for numbers they have none.
    """
    rows = _rows(cells)
    columns = list(dict.fromkeys((split_protocol(c.condition)[0], c.target) for c in cells))
    columns = sorted(columns, key=lambda column: _first(cells, column[0]))[:MOST_COLUMNS]
    labels = [words.condition(row) or "all" for row in rows]
    beside = _LABEL * min(max(map(len, labels)), _LONGEST) + (0 if sheet.narrow else 0.8)
    wide = (sheet.width - beside) / len(columns)
    claim = cells[0].claim
    below = 0.9 if sheet.narrow else 0.0
    figure = sheet.figure(1.4 + below + _CELL * len(rows))
    ax = figure.subplots()
    found = {(split_protocol(c.condition)[1], split_protocol(c.condition)[0], c.target): c
             for c in cells}  # fmt: skip
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            if (row, *column) in found:
                _cell(ax, x, y, found[row, *column], numbered=wide >= _NUMBER)
    ax.set_yticks(
        range(len(rows)), [scales.wrapped(text, _LONGEST) for text in labels], fontsize=_SMALL
    )
    _name(ax, rows, columns, wide)
    scales.foot(ax, f"target: {words.METRIC_WORDS[claim.metric]}", sheet)
    _separate(ax, rows, columns)
    faster, than = arm_in_words(claim.faster), arm_in_words(claim.than)
    ratio = f"{claim.clock} of {than} / {claim.clock} of {faster}"
    _scale(figure, ax, ratio, "bottom" if sheet.narrow else "right")
    _explain(figure, sheet, cells, len(cells) - len(ax.patches), numbered=wide >= _NUMBER)
    return figure


def _rows(cells: Sequence[TimeVerdict]) -> list[Labels]:
    """Return the conditions without their protocol, those of one data set together."""
    rows = list(dict.fromkeys(split_protocol(cell.condition)[1] for cell in cells))
    return sorted(rows, key=lambda row: [_dataset(other) for other in rows].index(_dataset(row)))[
        :MOST_CONDITIONS
    ]


def _dataset(row: Labels) -> str:
    return dict(row).get("dataset", "")


def _first(cells: Sequence[TimeVerdict], protocol: str) -> int:
    return [split_protocol(cell.condition)[0] for cell in cells].index(protocol)


def _cell(ax: Axes, x: int, y: int, verdict: TimeVerdict, *, numbered: bool) -> None:
    ratio, tested = verdict.ratio, verdict.outcome != "untestable"
    undecided = verdict.outcome == "inconclusive"
    power, face, text = 0.0, _NOTHING, "?" if tested else "–"
    if tested and not np.isnan(ratio.estimate):
        with np.errstate(divide="ignore"):  # a ratio of 0 is coloured as the least
            power = float(np.clip(np.log2(ratio.estimate), -WIDEST, WIDEST))
        face = _COLOURS(Normalize(-WIDEST, WIDEST)(power))
        text = f"{_SIGNS.get(ratio.bound, '')}{words.number(ratio.estimate, 2)}"
    wide, high = _UNDECIDED if undecided else (1.0, 1.0)
    ax.add_patch(Rectangle((x - wide / 2, y - high / 2), wide, high, facecolor=face, lw=0))
    if not numbered:
        return
    ax.annotate(text, (x, y), ha="center", va="center_baseline", fontsize=7,
                style="italic" if undecided else "normal",
                color="white" if abs(power) > 0.7 * WIDEST else "black")  # fmt: skip


def _name(ax: Axes, rows: Sequence[Labels], columns: Sequence[Column], wide: float) -> None:
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    targets = [f"{target:.3g}" for _, target in columns]
    upright = 90 if max(map(len, targets)) * _LABEL > wide else 0
    ax.set_xticks(range(len(columns)), targets, fontsize=_SMALL, rotation=upright)
    protocols = [protocol for protocol, _ in columns]
    start = 0
    for protocol, group in groupby(protocols):
        end = start + len(list(group))
        if protocol:
            letters = max(8, int(wide * (end - start) / _LABEL))
            name = scales.wrapped(words.protocol(protocol), letters)
            ax.annotate(name, ((start + end - 1) / 2, -0.5), xytext=(0, 4), ha="center",
                        textcoords="offset points", fontsize=_SMALL)  # fmt: skip
        start = end


def _separate(ax: Axes, rows: Sequence[Labels], columns: Sequence[Column]) -> None:
    """Draw thin lines between data sets and between protocols."""
    for y in range(1, len(rows)):
        if _dataset(rows[y]) != _dataset(rows[y - 1]):
            ax.axhline(y - 0.5, color="black", lw=0.8)
    for x in range(1, len(columns)):
        if columns[x][0] != columns[x - 1][0]:
            ax.axvline(x - 0.5, color="black", lw=0.8)


def _scale(figure: Figure, ax: Axes, label: str, place: str) -> None:
    powers = np.arange(-WIDEST, WIDEST + 1)
    colours = ScalarMappable(Normalize(-WIDEST, WIDEST), _COLOURS)
    bar = figure.colorbar(
        colours, ax=ax, ticks=powers, extend="both", fraction=0.05, aspect=25, location=place
    )
    bar.set_ticklabels([f"1/{2**-p:.0f}" if p < 0 else f"{2**p:.0f}" for p in powers])
    bar.set_label(label)
    bar.outline.set_visible(False)


def _explain(
    figure: Figure, sheet: Sheet, cells: Sequence[TimeVerdict], left_out: int, *, numbered: bool
) -> None:
    every = (
        ("inconclusive", "#999999", 6, "small, in italics: inconclusive" if numbered
         else "small: inconclusive"),
        ("untestable", _NOTHING, 9, "–: untestable" if numbered else "untestable"),
    )  # fmt: skip
    handles: list[Artist] = [
        Line2D([], [], ls="", marker="s", ms=size, mew=0, color=colour, label=label)
        for outcome, colour, size, label in every
        if any(cell.outcome == outcome for cell in cells)
    ]
    if left_out:
        handles.append(legends.remark(f"{left_out} cells more than fit"))
    legends.above(figure, sheet, handles)
