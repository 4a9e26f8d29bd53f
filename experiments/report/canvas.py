"""A figure with a panel for each condition of a study and a colour for each arm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.report import scales, style, words
from experiments.report.panels import MOST_PANELS, panels
from experiments.study import Setting, Study

INK = "#333333"
"""The colour of what belongs to no arm."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of one panel and how it is drawn."""

    setting: Setting
    number: int  # the same in every panel
    colour: str
    marker: str
    line: str | tuple


class Canvas:
    """The panels of a study, at most MOST_PANELS of them.

    Args:
        study: whose settings are drawn.

    """

    def __init__(self, study: Study) -> None:
        shown = panels(study)[:MOST_PANELS]
        labels = dict.fromkeys(label for panel in shown for label, _ in panel.arms)
        self.labels = list(labels)
        self.crowded = len(labels) > len(style.COLOURS)  # colours alone do not tell arms apart
        if self.crowded and len(shown) == 1:
            self.figure, self.axes = style.subplots(1, width=8.0, height=4.4)
        else:
            self.figure, self.axes = style.subplots(len(shown))
        self._arms: list[list[Arm]] = []
        for ax, panel in zip(self.axes, shown, strict=True):
            ax.set_title(panel.title)
            self._arms.append([self._arm(label, setting) for label, setting in panel.arms])

    def _arm(self, label: str, setting: Setting) -> Arm:
        number = self.labels.index(label)
        return Arm(setting, number, style.colour(number), style.marker(number), style.line(number))

    def panels(self) -> Iterator[tuple[Axes, list[Arm]]]:
        """Yield each panel's axes with its arms."""
        return zip(self.axes, self._arms, strict=True)

    def finish(self, *extra: Line2D, lines: bool = False) -> Figure:
        """Add the legend, of lines or of markers and of whatever is extra; return the figure."""
        handles = [style.handle(label, i, lines=lines) for i, label in enumerate(self.labels)]
        if self.crowded and extra:
            scales.legend(self.figure, extra, "outside lower center")
        else:
            handles += extra
        scales.legend(self.figure, handles, "outside upper center")
        return self.figure

    def place(self, target: int, arm: Arm) -> float:
        """Return where an arm stands beside the others at the target of that number."""
        return target + self.width * (arm.number - (len(self.labels) - 1) / 2)

    @property
    def band(self) -> float:
        """How opaque the arms' bands are."""
        return style.band(len(self.labels))

    @property
    def width(self) -> float:
        """The width that each arm has at a target."""
        return 0.8 / len(self.labels)

    @staticmethod
    def name_targets(ax: Axes, targets: Sequence[tuple[str, float]]) -> None:
        """Label the horizontal axis with (metric, target) pairs."""
        names = [f"{words.METRIC_WORDS[metric]}\n{target:g}" for metric, target in targets]
        ax.set_xticks(range(len(targets)), names)
        ax.set_xlim(-0.5, len(targets) - 0.5)
        ax.grid(visible=False, axis="x")
