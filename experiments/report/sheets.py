"""What a figure is drawn for: the width of a page, or one of its two columns."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LETTER = 0.66
"""How wide a letter is, in sizes of the font: a little more than most are."""


_TALLEST = 8.0
"""Inches that panels take, if they can: a page holds no more."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A place for figures: how wide they are and how large their letters are."""

    name: str
    font: float  # in points
    width: float  # of a whole figure, in inches
    heading: str = ""  # stands above every figure: what it is of

    @property
    def narrow(self) -> bool:
        """Whether a long label and a picture do not fit beside each other at all."""
        return self.width < 5

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
            width: of a panel where there is room for it, in inches.
            height: of such a panel; one that is narrower is as much lower, within limits.
            columns: how many stand side by side where there is room for it.

        """
        columns = min(panels, columns or 1) if columns and not self.narrow else 0
        columns = columns or self.columns(panels)
        rows = -(-panels // columns)
        height *= self.width / columns / width
        height = min(max(height, 1.5), 2.8, max(1.4, _TALLEST / rows))
        figure = Figure(figsize=(self.width, height * rows + 0.2), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for spare in axes[panels:]:
            spare.set_axis_off()
        return figure, list(axes[:panels])

    def figure(self, height: float) -> Figure:
        """Return an empty figure of so many inches in height."""
        return Figure(figsize=(self.width, height), layout="constrained")


def size(ax: Axes) -> tuple[float, float]:
    """Return about how wide and high a panel is, labels included, in inches."""
    figure, grid = ax.get_figure(), ax.get_gridspec()
    return figure.get_figwidth() / grid.ncols, figure.get_figheight() / grid.nrows


PAGE = Sheet("page", font=8, width=7.2)
"""Across both columns of a page, and the report's own pictures."""

COLUMN = Sheet("column", font=8, width=3.5)
"""One of two columns of a page."""
