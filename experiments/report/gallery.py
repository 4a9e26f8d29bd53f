"""The figure of the activation functions themselves, with their slopes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.nn.activations import ACTIVATIONS, apply
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.diagnostics.layers import SATURATED
from experiments.nn.diagnostics.slopes import peak_slope, slopes, values
from experiments.parameters import Choice
from experiments.report import legends, scales
from experiments.report.looks_of_arms import COLOURS
from experiments.report.sheets import PAGE, Sheet, size
from experiments.study import Study

REACH = 6.0
"""Functions are drawn from -REACH to REACH."""

STEEP = 0.42
"""A slope is called steep above this share of its peak: the sigmoid's is for |z| < 2."""

MOST_FUNCTIONS = 40
"""The most functions that are drawn: as many as fill ten rows."""

FEW = 12
"""More functions than these are drawn smaller, four in a row."""

_HEIGHTS = (-2.0, 3.0)  # of every panel, so that slopes can be compared by eye
_CHARACTERS = 36  # of a formula's line: it ends where functions that grow begin to
_DASHES = (0, (4, 2))
_STEEP_COLOUR, _SATURATED_COLOUR = "#f6e3b4", "#e9e9e9"


def shown_functions(study: Study) -> list[Choice]:
    """Return the hidden layers' functions where the study reads properties of functions, or none.

    At most MOST_FUNCTIONS of them.
    """
    read = {name for setting in study.settings for name in setting.diagnostics}
    if not any(DIAGNOSTICS[name].aggregate == "exact" for name in read):
        return []
    used = (choice for setting in study.variants for choice in setting.network.functions)
    return list(dict.fromkeys(used))[:MOST_FUNCTIONS]


def functions(found: Sequence[Choice], sheet: Sheet = PAGE) -> Figure:
    """Draw each function and, dashed, the slope that training uses, all on one scale."""
    if len(found) <= FEW:
        figure, axes = sheet.subplots(len(found))
    else:
        figure, axes = sheet.subplots(len(found), width=3.15, height=2.5, columns=4)
    letters = min(_CHARACTERS, sheet.letters(size(axes[0])[0] - 0.3))
    for ax, choice in zip(axes, found, strict=True):
        several = ACTIVATIONS[choice.name].derivative is None
        title = _of_several(ax, choice) if several else _of_one(ax, choice)
        scales.title(ax, title, sheet)
        ax.set_xlim(-REACH, REACH)
        ax.set_ylim(*_HEIGHTS)
        ax.set_xlabel("z")
        formula = textwrap.fill(f"f = {ACTIVATIONS[choice.name].formula}", letters)
        ax.annotate(formula, (0.02, 0.98), va="top", xycoords="axes fraction", fontsize=7,
                    color="#555555")  # fmt: skip
    scales.make_room(axes)
    handles = [
        Line2D([], [], color=COLOURS[0], lw=1.8, label="function"),
        Line2D([], [], color=COLOURS[1], lw=1.5, ls=_DASHES, label="slope"),
        Patch(color=_STEEP_COLOUR, lw=0, label=f"slope above {100 * STEEP:.0f} % of its peak"),
        Patch(color=_SATURATED_COLOUR, lw=0, label=f"below {100 * SATURATED:.0f} %: saturated"),
    ]
    legends.above(figure, sheet, handles)
    return figure


def _grid() -> np.ndarray:
    """Return an even grid without 0, where functions and slopes may jump, shape (Z,)."""
    half = (np.arange(1200) + 0.5) * (REACH / 1200)
    return np.concatenate([-half[::-1], half])


def _of_one(ax: Axes, choice: Choice) -> str:
    """Draw a function of one unit; return the panel's title."""
    z = _grid()
    slope = slopes(choice, z)
    size, peak = np.abs(slope), peak_slope(choice)
    saturated = size < (SATURATED * peak if np.isfinite(peak) else 0)
    if saturated[0] and saturated[-1] and not _jumps(slope):
        _shade(ax, z, size > STEEP * peak, _STEEP_COLOUR)
    _shade(ax, z, saturated, _SATURATED_COLOUR)
    ax.plot(*_broken(z, values(choice, z)), color=COLOURS[0], lw=1.8)
    ax.plot(*_broken(z, slope), color=COLOURS[1], lw=1.5, ls=_DASHES)
    surrogate = ACTIVATIONS[choice.name].surrogate
    return _name(choice) + (", with the slope that stands in for its own" if surrogate else "")


def _of_several(ax: Axes, choice: Choice) -> str:
    """Draw the outputs of three units over the first one's z; return the panel's title."""
    z = _grid()
    logits = np.stack([z, np.zeros_like(z), np.ones_like(z)])  # (units, Z)
    for output, name in zip(apply(choice, logits), ("first", "second", "third"), strict=True):
        ax.plot(z, output, color=COLOURS[0], lw=1.8)
        place, side = (-1, "right") if name == "first" else (0, "left")  # where it is high
        ax.annotate(name, (z[place], output[place]), xytext=(0, 3), textcoords="offset points",
                    ha=side, fontsize=7)  # fmt: skip
    return (
        f"{_name(choice)}: three units over the first one's z, with 0 and 1 at the others; no "
        "slope of one unit alone"
    )


def _name(choice: Choice) -> str:
    given = "".join(f", {key} {value:g}" for key, value in choice.parameters)
    return f"{ACTIVATIONS[choice.name].label}{given}"


def _jumps(y: np.ndarray) -> bool:
    middle = len(y) // 2
    return bool(abs(y[middle] - y[middle - 1]) > 0.02)


def _broken(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a line that is interrupted at 0 if it jumps there."""
    if not _jumps(y):
        return z, y
    middle = len(z) // 2
    return np.insert(z, middle, 0), np.insert(y, middle, np.nan)


def _shade(ax: Axes, z: np.ndarray, where: np.ndarray, colour: str) -> None:
    """Shade the stretches of the horizontal axis where something is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(int)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        ax.axvspan(z[start], z[end - 1], color=colour, lw=0, zorder=0.5)
