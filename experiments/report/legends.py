"""Legends outside the panels, which fit into the figure whatever they say."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from experiments.report.sheets import Sheet

_HANDLE, _GAP, _BETWEEN, _EDGE = 2.8, 0.8, 2.0, 0.4  # in sizes of the font
_SLACK = 1.07
"""Letters are a little wider on some devices than their outlines say."""

_HEADING_COLOUR = "#555555"


def above(figure: Figure, sheet: Sheet, handles: Sequence[Artist] = ()) -> None:
    """Add the sheet's heading and a legend above the panels."""
    _add(figure, sheet, handles, "upper", sheet.heading)


def below(figure: Figure, sheet: Sheet, handles: Sequence[Artist]) -> None:
    """Add a legend below the panels, if there is anything to explain."""
    _add(figure, sheet, handles, "lower", "")


def remark(text: str) -> Line2D:
    """Return an entry of a legend that is words alone."""
    return Line2D([], [], ls="", label=text)


def _add(figure: Figure, sheet: Sheet, handles: Sequence[Artist], place: str, heading: str) -> None:
    """Add a legend in as many columns as fit; the figure grows by its height."""
    if not handles and not heading:
        return
    if not handles:  # the library takes no legend of a title alone
        handles, heading = [remark(heading)], ""
    size = float(rcParams["font.size"])
    room = 72 * figure.get_figwidth() / size  # in sizes of the font, as all widths here
    letters = sheet.letters(figure.get_figwidth() - (_HANDLE + _GAP + 2) * size / 72)
    labels = ["\n".join(wrap(str(handle.get_label()), letters)) for handle in handles]
    columns = _columns([_width(label) for label in labels], room)
    title = "\n".join(wrap(heading, sheet.letters(figure.get_figwidth())))
    legend = figure.legend(
        handles=list(handles), labels=labels, loc=f"outside {place} center", ncols=columns,
        handlelength=_HANDLE, handletextpad=_GAP, columnspacing=_BETWEEN, borderpad=_EDGE,
        title=title or None,
    )  # fmt: skip
    legend.get_title().set_color(_HEADING_COLOUR)
    if labels == [sheet.heading]:
        legend.get_texts()[0].set_color(_HEADING_COLOUR)
    lines = [label.count("\n") + 1 for label in labels]
    per_column = -(-len(lines) // columns)
    deepest = max((sum(lines[i : i + per_column]) for i in range(0, len(lines), per_column)),
                  default=0)  # fmt: skip
    height = 1.2 * (deepest + (title.count("\n") + 1 if title else 0)) + 0.5 * per_column + 1
    figure.set_figheight(figure.get_figheight() + height * size / 72)


def _width(label: str) -> float:
    """Return how wide a label of one or more lines is, in sizes of the font."""
    font = FontProperties(size=10)
    widths = (
        text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]
        for line in label.split("\n")
    )
    return _SLACK * max(widths) / 10


def _columns(widths: Sequence[float], room: float) -> int:
    """Return in how many columns entries of these widths fit; at least 1."""
    for columns in range(len(widths), 1, -1):
        each, longer = divmod(len(widths), columns)
        total, start = 2 * _EDGE, 0
        for column in range(columns):
            end = start + each + (column < longer)
            total += _HANDLE + _GAP + max(widths[start:end])
            start = end
        if total + _BETWEEN * (columns - 1) <= room - 1:
            return columns
    return 1
