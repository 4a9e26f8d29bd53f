"""The map of one claim under many conditions: which arm came first where, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from experiments.analysis.verdicts import TimeVerdict
from experiments.report import scales, style, words
from experiments.study import Labels, arm_in_words, split_protocol

MOST_CONDITIONS = 60
"""The most rows that the map shows; the CSV file holds all."""

MOST_COLUMNS = 24
"""The most pairs of a protocol and a target that it shows."""

WIDEST = 3.0
"""Colours end where one arm needs 2^WIDEST times the updates of the other."""

_COLOURS = LinearSegmentedColormap.from_list(
    "ratio", (style.COLOURS[1], "#f7f7f7", style.COLOURS[0])
)
_NOTHING = "#e4e4e4"
_SIGNS = {"at least": "≥", "at most": "≤"}
_CELL = 0.27  # inches
_UNDECIDED = 0.8, 0.62  # of a cell's width and height

Column = tuple[str, float]  # protocol and target


def ratio_map(cells: Sequence[TimeVerdict]) -> Figure:
    """Draw the ratio of times of one claim: a row a condition, a column a protocol and target.

    Undecided cells are smaller, their numbers in italics; one that cannot be tested is grey.
    """
    rows = _rows(cells)
    columns = list(dict.fromkeys((split_protocol(c.condition)[0], c.target) for c in cells))
    columns = sorted(columns, key=lambda column: _first(cells, column[0]))[:MOST_COLUMNS]
    wide = _width(columns)
    claim = cells[0].claim
    figure = Figure(
        figsize=(max(5.6, 3.6 + wide * len(columns)), 1.7 + _CELL * len(rows)),
        layout="constrained",
    )
    ax = figure.subplots()
    found = {(split_protocol(c.condition)[1], split_protocol(c.condition)[0], c.target): c
             for c in cells}  # fmt: skip
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            if (row, *column) in found:
                _cell(ax, x, y, found[row, *column])
    _name(ax, rows, columns, words.METRIC_WORDS[claim.metric])
    _separate(ax, rows, columns)
    faster, than = arm_in_words(claim.faster), arm_in_words(claim.than)
    _scale(figure, ax, f"{claim.clock} of {than} / {claim.clock} of {faster}")
    _explain(figure, cells, len(cells) - len(ax.patches))
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


def _width(columns: Sequence[Column]) -> float:
    """Return how wide a cell is, in inches, so that each protocol's name fits above its cells."""
    protocols = [protocol for protocol, _ in columns]
    return max(0.46, *(0.09 * len(name) / protocols.count(name) for name in protocols))


def _cell(ax: Axes, x: int, y: int, verdict: TimeVerdict) -> None:
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
    ax.annotate(text, (x, y), ha="center", va="center_baseline", fontsize=7,
                style="italic" if undecided else "normal",
                color="white" if abs(power) > 0.7 * WIDEST else "black")  # fmt: skip


def _name(ax: Axes, rows: Sequence[Labels], columns: Sequence[Column], metric: str) -> None:
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_yticks(range(len(rows)), [words.condition(row) or "all" for row in rows], fontsize=8)
    ax.set_xticks(range(len(columns)), [f"{target:.3g}" for _, target in columns], fontsize=8)
    ax.set_xlabel(f"target: {metric}")
    start = 0
    for protocol, group in groupby(protocol for protocol, _ in columns):
        end = start + len(list(group))
        ax.annotate(protocol, ((start + end - 1) / 2, -0.5), xytext=(0, 4), ha="center",
                    textcoords="offset points", fontsize=8)  # fmt: skip
        start = end


def _separate(ax: Axes, rows: Sequence[Labels], columns: Sequence[Column]) -> None:
    """Draw thin lines between data sets and between protocols."""
    for y in range(1, len(rows)):
        if _dataset(rows[y]) != _dataset(rows[y - 1]):
            ax.axhline(y - 0.5, color="black", lw=0.8)
    for x in range(1, len(columns)):
        if columns[x][0] != columns[x - 1][0]:
            ax.axvline(x - 0.5, color="black", lw=0.8)


def _scale(figure: Figure, ax: Axes, label: str) -> None:
    powers = np.arange(-WIDEST, WIDEST + 1)
    colours = ScalarMappable(Normalize(-WIDEST, WIDEST), _COLOURS)
    bar = figure.colorbar(colours, ax=ax, ticks=powers, extend="both", fraction=0.05, aspect=25)
    bar.ax.set_yticklabels([f"1/{2**-p:.0f}" if p < 0 else f"{2**p:.0f}" for p in powers])
    bar.set_label(label)
    bar.outline.set_visible(False)


def _explain(figure: Figure, cells: Sequence[TimeVerdict], left_out: int) -> None:
    every = (
        ("inconclusive", "#999999", 6, "small, in italics: inconclusive"),
        ("untestable", _NOTHING, 9, "–: untestable"),
    )
    handles = [
        Line2D([], [], ls="", marker="s", ms=size, mew=0, color=colour, label=label)
        for outcome, colour, size, label in every
        if any(cell.outcome == outcome for cell in cells)
    ]
    if left_out:
        handles.append(scales.remark(f"{left_out} cells more than fit"))
    if handles:
        scales.legend(figure, handles, "outside upper center")
