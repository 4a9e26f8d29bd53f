"""The look that all figures share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

# Okabe & Ito 2008: told apart with any kind of colour vision, without the yellow, which is too
# pale for a line on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "D", "P", "X", "p", "h", "*")
LINES: tuple[str | tuple, ...] = ("-", (0, (7, 1.5, 1.5, 1.5)), (0, (1, 1)))
"""Seven colours, eight markers and three lines tell 21 lines apart, and 56 markers."""

_STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.dpi": 150,
}


@contextmanager
def applied() -> Iterator[None]:
    """Draw everything inside in this look, whatever the user's own settings say."""
    with rc_context():
        rcdefaults()
        rcParams.update(_STYLE)
        yield


def colour(number: int) -> str:
    """Return the colour of the arm of that number."""
    return COLOURS[number % len(COLOURS)]


def marker(number: int) -> str:
    """Return the marker of the arm of that number."""
    return MARKERS[number % len(MARKERS)]


def line(number: int) -> str | tuple:
    """Return the line of the arm of that number, another one where colours come again."""
    return LINES[number // len(COLOURS) % len(LINES)]


def band(arms: int) -> float:
    """Return how opaque the bands of so many arms are: of many they are hardly there."""
    return 0.2 if arms <= len(COLOURS) else 0.05


def handle(label: str, number: int, *, lines: bool) -> Line2D:
    """Return the legend's entry of the arm of that number: a line, or its marker."""
    return Line2D([], [], color=colour(number), label=label, lw=2 if lines else 0,
                  ls=line(number), marker="" if lines else marker(number))  # fmt: skip


def subplots(
    panels: int, width: float = 4.2, height: float = 3.1, columns: int | None = None
) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many panels, so many in a row, or else two or three."""
    columns = columns or {1: 1, 2: 2, 4: 2}.get(panels, 3)
    rows = -(-panels // columns)
    across = max(width * columns, 5.6)
    figure = Figure(figsize=(across, height * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in axes[panels:]:
        spare.set_axis_off()
    return figure, list(axes[:panels])


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


def label_ticks(axis: Axis, low: float, high: float) -> None:
    """Put ticks at round numbers, densely where the axis spans little."""
    span = high / low
    if span < 4:
        subs: Sequence[float] = (1, 1.5, 2, 3, 4, 5, 6, 8)
    elif span < 300:
        subs = (1, 2, 5)
    else:
        subs = (1,)
    axis.set_major_locator(LogLocator(base=10, subs=subs, numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_locator(NullLocator())  # ticks without a label cost more time than they tell


def save(figure: Figure, path: Path) -> None:
    """Write a PNG whose bytes depend on the figure alone."""
    figure.savefig(path, metadata={"Software": None})
