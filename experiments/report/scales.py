"""Axes and titles that fit whatever numbers a diagnostic or a measure has."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from experiments.report import style

WIDEST_TITLE = 50
"""Characters; a longer title runs over several lines, so that it meets no other panel's."""

MANY_DECADES = 1e7
"""From such a span on, not every power of ten has a tick."""

TIED = "\N{NO-BREAK SPACE}"
"""Between words of a title that are to stay on one line."""

UNDERFLOWN = 1e6
"""Where positive values span more, zeros among them are numbers too small for the computer."""


def is_log(values: Iterable[float], least_span: float = 10) -> bool:
    """Tell whether an axis of these values is logarithmic: all are positive and span that much.

    Zeros do not count where the others span more than any share can: they have underflowed.
    """
    known = np.asarray(list(values), dtype=float)
    known = known[np.isfinite(known)]
    positive = known[known > 0]
    if not len(positive) or known.min() < 0:
        return False
    span = positive.max() / positive.min()
    return bool(span > (least_span if len(positive) == len(known) else UNDERFLOWN))


def finish(ax: Axes, which: str, log: bool) -> None:
    """Make the "x" or the "y" axis logarithmic or leave it, with short numbers at its ticks."""
    axis = getattr(ax, f"{which}axis")
    low, high = getattr(ax.dataLim, f"interval{which}")
    log = log and bool(np.isfinite(axis.get_minpos()))  # nothing positive has no such scale
    if log:
        ax.set(**{f"{which}scale": "log"})
        left, right = axis.get_view_interval()
        style.label_ticks(axis, left, right)
        if right / left > MANY_DECADES:
            axis.set_major_locator(LogLocator(numticks=8))
    elif low == high:  # the library would choose ends that mean nothing
        size = max(abs(low), 1.0)
        ax.set(**{f"{which}lim": (low - 0.05 * size, low + 0.95 * size)})
    if not log:
        axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def tick(value: float) -> str:
    """Write the number at a tick; a very large or small one with its power of ten."""
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        return f"{value:,.6g}".replace("-", "\N{MINUS SIGN}")
    digits, _, power = f"{value:.6g}".partition("e")
    if not power:  # 123456
        digits, _, power = f"{value:.5e}".partition("e")
    factor = f"{float(digits):g}"
    shown = f"10^{{{int(power)}}}"
    return f"${shown}$" if factor == "1" else f"${factor} \\cdot {shown}$"


def title(ax: Axes, text: str, width: int = WIDEST_TITLE) -> None:
    """Give a panel a title of as many lines as it takes."""
    ax.set_title(wrapped(text, width))


def wrapped(text: str, width: int) -> str:
    """Break a text into lines of so many letters, but not where words are tied."""
    return "\n".join(textwrap.wrap(text, width)).replace(TIED, " ")


def remark(text: str) -> Line2D:
    """Return an entry of a legend that is words alone."""
    return Line2D([], [], ls="", label=text)


def legend(figure: Figure, handles: Sequence[Artist], place: str) -> None:
    """Add a legend outside the panels, in as many columns as the figure is wide enough for.

    The figure grows by the lines after the first, so that the panels do not shrink.
    """
    longest = max(len(str(handle.get_label())) for handle in handles)
    inches = 0.7 + 0.08 * longest  # of an entry: what is drawn, and nine points a letter
    columns = min(max(1, int(figure.get_figwidth() / inches)), len(handles))
    lines = -(-len(handles) // columns)
    figure.set_figheight(figure.get_figheight() + 0.18 * (lines - 1))
    figure.legend(handles=handles, loc=place, ncols=columns, handlelength=2.8)
