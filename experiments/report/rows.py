"""Figures of rows: a verdict each, with a label, a bar and an outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from experiments.report import scales
from experiments.report.sheets import Sheet, size
from experiments.report.style import INK

MOST_ROWS = 40
"""The most verdicts that one figure shows; the CSV file holds all."""

OUTCOME_COLOURS = {
    "supported": "#009E73",
    "refuted": "#D55E00",
    "inconclusive": "#777777",
    "untestable": "#777777",
}

ARROWS = {"at least": ">", "at most": "<"}
"""The marker in place of an estimate's dot where it is a bound."""

_SMALL = 7  # points
LINE = 0.13
"""The height of a line of a label, in inches."""

EDGES = (0.7, 0.3)
"""How far a row reaches up and down, in rows: its label, above its bar, is part of it."""


def height(lines: int = 1) -> float:
    """Return how high a row is whose label has so many lines, in inches."""
    return 0.2 + LINE * lines


def label(
    ax: Axes, labels: Mapping[float, str], sheet: Sheet, raised: Mapping[float, float] | None = None
) -> None:
    """Name the rows of a panel, above each bar.

    Args:
        ax: the panel.
        labels: by the places of their rows.
        sheet: what is drawn for.
        raised: how much higher a label lies, in inches, by the place of its row.

    """
    ax.set_yticks([])
    for place, text in zip(labels, broken(labels.values(), sheet, size(ax)[0]), strict=True):
        up = 5 + 72 * (raised or {}).get(place, 0)
        ax.annotate(text, (0, place), xytext=(2, up), xycoords=("axes fraction", "data"),
                    textcoords="offset points", fontsize=_SMALL, linespacing=1.1, zorder=1.5,
                    bbox={"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.7},
                    )  # fmt: skip


def broken(labels: Iterable[str], sheet: Sheet, inches: float) -> list[str]:
    """Return labels in as many lines as they take in a panel that is so wide."""
    letters = sheet.letters(inches - 0.3)
    return [scales.wrapped(text, letters) for text in labels]


def ends(count: int) -> tuple[float, float]:
    """Return the ends of the vertical axis of so many rows, downwards."""
    up, down = EDGES
    return count - 1 + down, -up


def outcomes(found: Iterable[str]) -> list[Artist]:
    """Return the legend's entries of the outcomes' colours."""
    there = set(found)
    colours: dict[str, list[str]] = {}
    for outcome, colour in OUTCOME_COLOURS.items():
        if outcome in there:
            colours.setdefault(colour, []).append(outcome)
    return [
        Line2D([], [], color=colour, lw=2.2, label=" or ".join(names))
        for colour, names in colours.items()
    ]


def bounds(found: Iterable[str]) -> list[Artist]:
    """Return the legend's entries of the arrows of those bounds that there are."""
    there = set(found)
    return [
        Line2D([], [], color=INK, ls="", marker=arrow, mfc="white", ms=6.5,
               label=f"bound: {kind} so much")
        for kind, arrow in ARROWS.items() if kind in there
    ]  # fmt: skip
