"""What a figure is drawn for: a screen, the width of a page, or one of its two columns."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LETTER = 0.66
"""How wide a letter is, in sizes of the font: a little more than most are."""


_TALLEST = 8.0
"""Inches that panels take on paper, if they can: a page holds no more."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A place for figures: how wide they may be and how large their letters are."""

    name: str
    font: float  # in points
    width: float | None = None  # of a whole figure, in inches; None: as wide as its panels
    heading: str = ""  # stands above every figure: what it is of

    @property
    def paper(self) -> bool:
        """Whether the width is given, and not to be exceeded."""
        return self.width is not None

    @property
    def narrow(self) -> bool:
        """Whether a long label and a picture do not fit beside each other at all."""
        return self.width is not None and self.width < 5

    def letters(self, inches: float) -> int:
        """Return how many letters fit into so many inches."""
        return max(8, int(inches * 72 / (_LETTER * self.font)))

    def columns(self, panels: int) -> int:
        """Return how many of so many panels stand side by side."""
        if self.narrow:
            return 1 if panels <= 6 else 2
        return {1: 1, 2: 2, 4: 2}.get(panels, 3)

    def subplots(
        self, panels: int, width: float = 4.2, height: float = 3.1, columns: int | None = None
    ) -> tuple[Figure, list[Axes]]:
        """Return a figure with so many panels.

        Args:
            panels: how many.
            width: of a panel on a screen, in inches.
            height: of it there; on paper a panel is as much lower as it is narrower, within limits.
            columns: how many stand side by side where there is room for it.

        """
        columns = min(panels, columns or 1) if columns and not self.narrow else 0
        columns = columns or self.columns(panels)
        rows = -(-panels // columns)
        across = max(width * columns, 5.6)
        if self.width is not None:
            across, on_screen = self.width, width
            width = across / columns
            height = min(max(height * width / on_screen, 1.5), 2.8, max(1.4, _TALLEST / rows))
        figure = Figure(figsize=(across, height * rows + 0.2), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for spare in axes[panels:]:
            spare.set_axis_off()
        return figure, list(axes[:panels])

    def figure(self, width: float, height: float) -> Figure:
        """Return an empty figure: of that width on a screen, of the sheet's own on paper."""
        across = width if self.width is None else self.width
        return Figure(figsize=(across, height), layout="constrained")


def size(ax: Axes) -> tuple[float, float]:
    """Return about how wide and high a panel is, labels included, in inches."""
    figure, grid = ax.get_figure(), ax.get_gridspec()
    return figure.get_figwidth() / grid.ncols, figure.get_figheight() / grid.nrows


SCREEN = Sheet("screen", font=9)
"""The report's own pictures."""

PAGE = Sheet("page", font=8, width=7.2)
"""Across both columns of a page."""

COLUMN = Sheet("column", font=8, width=3.5)
"""One of two columns of a page."""
