"""Axes and titles that fit whatever numbers a diagnostic or a measure has."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from experiments.report import style
from experiments.report.sheets import Sheet, size

MANY_DECADES = 1e7
"""From such a span on, not every power of ten has a tick."""

_BESIDE = 0.6
"""Inches of a panel that its ticks' labels take, so that its title stands right of its middle."""

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
            axis.set_major_locator(LogLocator(numticks=min(8, style.room_for_ticks(axis))))
    elif low == high:  # the library would choose ends that mean nothing
        size = max(abs(low), 1.0)
        ax.set(**{f"{which}lim": (low - 0.05 * size, low + 0.95 * size)})
    if not log:
        bins = min(7, style.room_for_ticks(axis))
        axis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))


def tick(value: float) -> str:
    """Write the number at a tick; a very large or small one with its power of ten."""
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        return f"{value:,.6g}".replace("-", "\N{MINUS SIGN}")
    digits, _, power = f"{value:.6g}".partition("e")
    if not power:  # 123456
        digits, _, power = f"{value:.5e}".partition("e")
    factor = f"{float(digits):g}"
    shown = f"10{str(int(power)).translate(_RAISED)}"
    factor = factor.replace("-", "\N{MINUS SIGN}")
    return shown if factor == "1" else f"{factor}·{shown}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def title(ax: Axes, text: str, sheet: Sheet) -> None:
    """Give a panel a title of as many lines as it takes, so that it meets no other panel's."""
    ax.set_title(wrapped(text, sheet.letters(size(ax)[0] - _BESIDE)))


def side(ax: Axes, text: str, sheet: Sheet) -> None:
    """Label a panel's vertical axis in as many lines as it takes."""
    ax.set_ylabel(wrapped(text, sheet.letters(size(ax)[1] - 0.2)))


def foot(ax: Axes, text: str, sheet: Sheet) -> None:
    """Label a panel's horizontal axis in as many lines as it takes."""
    ax.set_xlabel(wrapped(text, sheet.letters(size(ax)[0] - 0.2)))


def wrapped(text: str, width: int) -> str:
    """Break a text into lines of so many letters, but where words are tied only if it must be."""
    parts = [part if len(part) <= width else part.replace(TIED, " ") for part in text.split(" ")]
    return "\n".join(textwrap.wrap(" ".join(parts), width)).replace(TIED, " ")


def tied(text: str) -> str:
    """Tie the words between two commas to each other: `depth 2, width 8` breaks at its comma."""
    return re.sub(r"(?<!,) ", TIED, text)


def make_room(axes: Sequence[Axes]) -> None:
    """Let a figure grow by the lines of its titles and labels after their first.

    So panels do not shrink, however narrow the figure is.
    """
    figure, columns = axes[0].get_figure(), axes[0].get_gridspec().ncols
    lines = 0
    for start in range(0, len(axes), columns):
        row = axes[start : start + columns]
        for texts in ([ax.get_title() for ax in row], [ax.get_xlabel() for ax in row]):
            lines += max(text.count("\n") for text in texts)
    inches = 1.25 * float(rcParams["font.size"]) / 72
    figure.set_figheight(figure.get_figheight() + inches * lines)


def together(axes: Sequence[Axes], which: str) -> None:
    """Give the "x" or the "y" axes of panels that show one quantity the same ends and ticks.

    A panel without anything to draw, whose axis is of another kind than the others', is left out.
    """
    kinds = [getattr(ax, f"get_{which}scale")() for ax in axes]
    kind = "log" if "log" in kinds else "linear"
    alike = [ax for ax, its in zip(axes, kinds, strict=True) if its == kind]
    ends = [getattr(ax, f"get_{which}lim")() for ax in alike]
    low, high = min(map(min, ends)), max(map(max, ends))
    down = ends[0][0] > ends[0][1]
    for ax in alike:
        ax.set(**{f"{which}lim": (high, low) if down else (low, high)})
        axis = getattr(ax, f"{which}axis")
        base = getattr(axis.get_transform(), "base", None)
        if base == 10 and high / low <= MANY_DECADES:
            formatter = axis.get_major_formatter()
            style.label_ticks(axis, low, high)
            axis.set_major_formatter(formatter)


def outer(axes: Sequence[Axes], which: str) -> None:
    """Leave the labels of axes that are all the same to the outermost panels."""
    columns = axes[0].get_gridspec().ncols
    for place, ax in enumerate(axes):
        outermost = place % columns == 0 if which == "y" else place + columns >= len(axes)
        if not outermost:
            ax.tick_params(**{f"label{'left' if which == 'y' else 'bottom'}": False})
            ax.set(**{f"{which}label": ""})
