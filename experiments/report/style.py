"""The look that all figures share, and how each arm's is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from experiments.report.looks_of_arms import COLOURS, Look
from experiments.report.sheets import PAGE, Sheet, size

INK = "#333333"
"""The colour of what belongs to no arm."""

DOTTED = (0, (1, 1.2))
"""The line of a bound: of what is at least or at most so much."""

_MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "plus": "P", "cross": "X", "pentagon": "p",
    "hexagon": "h", "star": "*",
}  # fmt: skip

_STYLE = {
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.dpi": 150,
    # Text stays text in an SVG: it can be searched, read aloud and edited, and the file is small.
    # Matplotlib names DejaVu Sans and its like, and anchors each label where it belongs, so that
    # another font moves nothing by more than the difference of their widths.
    "svg.fonttype": "none",
    "svg.hashsalt": "convergence",  # else the names of clip paths are drawn by lot
    "text.parse_math": False,  # a $ in a title or a label is one
    "pdf.fonttype": 42,  # whole outlines: many journals refuse the bitmaps of type 3
}


@contextmanager
def applied(sheet: Sheet = PAGE) -> Iterator[None]:
    """Draw everything inside in this look, whatever the user's own settings say."""
    with rc_context():
        rcdefaults()
        rcParams.update(_STYLE)
        rcParams.update({"font.size": sheet.font, "axes.titlesize": sheet.font})
        yield


def line(look: Look) -> str | tuple:
    """Return the dashes of an arm's line as Matplotlib names them."""
    return (0, look.dash) if look.dash else "-"


def marker(look: Look) -> str:
    """Return an arm's marker as Matplotlib names it."""
    return _MARKERS[look.marker]


def band(arms: int) -> float:
    """Return how opaque the bands of so many arms are: of many they are hardly there."""
    return 0.2 if arms <= len(COLOURS) else 0.05


def handle(label: str, look: Look, *, lines: bool) -> Line2D:
    """Return the legend's entry of an arm: its line, or its marker."""
    return Line2D([], [], color=look.colour, label=label, lw=2 if lines else 0,
                  ls=line(look), marker="" if lines else marker(look))  # fmt: skip


def log_axes(ax: Axes, which: str) -> None:
    """Make the "x", the "y" or both axes logarithmic, labelled with plain numbers.

    Where nothing positive was drawn there is no such scale; the panel then says so.
    """
    if not np.isfinite(ax.dataLim.minpos).all():
        ax.annotate("no value to draw", (0.5, 0.5), xycoords="axes fraction", ha="center")
        return
    for name in which:
        ax.set(**{f"{name}scale": "log"})
        label_ticks(getattr(ax, f"{name}axis"), *getattr(ax, f"get_{name}lim")())


def percent(ax: Axes) -> None:
    """Let the vertical axis show shares, from none to all."""
    ax.set_ylim(-0.02, 1.02)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


_TICKS = ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1, 3), (1,))
"""The numbers of each power of ten that have a tick, from the densest on."""


def label_ticks(axis: Axis, low: float, high: float) -> None:
    """Put ticks at round numbers, densely where the axis spans little and has the room."""
    low, high = min(low, high), max(low, high)
    span = high / low
    room = room_for_ticks(axis)
    densest = 0 if span < 4 else 1 if span < 300 else 3
    powers = 10.0 ** np.arange(np.floor(np.log10(low)) - 1, np.ceil(np.log10(high)) + 1)
    subs = next(
        (subs for subs in _TICKS[densest:]
         if sum(((low <= powers * sub) & (powers * sub <= high)).sum() for sub in subs) <= room),
        _TICKS[-1],
    )  # fmt: skip
    axis.set_major_locator(LogLocator(base=10, subs=subs, numticks=max(2, min(20, room))))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_locator(NullLocator())  # ticks without a label cost more time than they tell


def room_for_ticks(axis: Axis) -> int:
    """Return how many labels fit along an axis."""
    width, height = size(axis.axes)
    return max(2, int(width / 0.44) if axis.axis_name == "x" else int(height / 0.24))
