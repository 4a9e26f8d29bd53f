"""A figure with a panel for each condition of a study and a look for each arm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report import legends, scales, style, words
from experiments.report.looks_of_arms import COLOURS, Look, look
from experiments.report.panels import MOST_PANELS, Target, by_target, panels
from experiments.report.sheets import Sheet
from experiments.study import Setting, Study

MOST_DOTS = 1500
"""Of more dots in one figure an SVG or a PDF holds a picture, which is smaller than so many."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of one panel and how it is drawn."""

    setting: Setting
    number: int  # the same in every panel
    look: Look

    @property
    def colour(self) -> str:
        """Its colour."""
        return self.look.colour

    @property
    def marker(self) -> str:
        """Its marker."""
        return style.marker(self.look)

    @property
    def line(self) -> str | tuple:
        """Its dashes."""
        return style.line(self.look)


class Canvas:
    """The panels of a study, one for each condition or for each condition and target.

    At most MOST_PANELS conditions are shown.

    Args:
        study: whose settings are drawn.
        sheet: what it is drawn for.
        targets: which have a panel each, or nothing: a panel shows all there is of a condition.

    """

    def __init__(self, study: Study, sheet: Sheet, targets: Sequence[Target] = ()) -> None:
        self.sheet = sheet
        conditions = panels(study)
        pairs = by_target(conditions, targets) if targets else []
        shown = [panel for panel, _ in pairs] or conditions[:MOST_PANELS]
        self.left_out = len(conditions) * max(1, len(targets)) - len(shown)
        labels = dict.fromkeys(label for panel in shown for label, _ in panel.arms)
        self.labels, self._looks = list(labels), look(study)
        self.crowded = len(labels) > len(COLOURS)  # colours alone do not tell arms apart
        self.figure, self.axes = self._subplots(len(shown), len({target for _, target in pairs}))
        self._targets = [target for _, target in pairs]
        self._arms: list[list[Arm]] = []
        for ax, panel in zip(self.axes, shown, strict=True):
            scales.title(ax, scales.tied(panel.title), sheet)
            self._arms.append(list(starmap(self._arm, panel.arms)))
        for ax, (panel, target) in zip(self.axes, pairs, strict=False):
            text = ", ".join(filter(None, [panel.title, words.goal(*target)]))
            scales.title(ax, scales.tied(text), sheet)

    def _subplots(self, count: int, targets: int) -> tuple[Figure, list[Axes]]:
        if self.crowded and count == 1:
            return self.sheet.subplots(1, width=8.0, height=4.4)
        if count > MOST_PANELS:
            return self.sheet.subplots(count, width=3.15, height=2.5, columns=4)
        if count > targets > 1:  # one target below the other
            columns = {2: 4, 4: 4}.get(targets, 3)
            return self.sheet.subplots(count, width=12.6 / columns, columns=columns)
        return self.sheet.subplots(count)

    def _arm(self, label: str, setting: Setting) -> Arm:
        return Arm(setting, self.labels.index(label), self._looks[label])

    def panels(self) -> Iterator[tuple[Axes, list[Arm]]]:
        """Yield each panel's axes with its arms."""
        return zip(self.axes, self._arms, strict=True)

    def panels_by_target(self) -> Iterator[tuple[Axes, list[Arm], Target]]:
        """Yield each panel's axes with its arms and its target."""
        return zip(self.axes, self._arms, self._targets, strict=True)

    def finish(self, *extra: Artist, lines: bool = False, y: str, x: str = "") -> Figure:
        """Label the axes, which all panels have in common, add the legends; return the figure.

        Args:
            extra: entries of the legend that are of no arm.
            lines: whether arms are lines, and not markers.
            y: what the vertical axes show, on one scale.
            x: what the horizontal axes show, on one scale; nothing where each has its own labels.

        """
        scales.together(self.axes, "y")
        for ax in self.axes:
            scales.side(ax, y, self.sheet)
        scales.outer(self.axes, "y")
        if x:
            scales.together(self.axes, "x")
            for ax in self.axes:
                scales.foot(ax, x, self.sheet)
            scales.outer(self.axes, "x")
        scales.make_room(self.axes)
        handles: list[Artist] = [
            style.handle(label, self._looks[label], lines=lines) for label in self.labels
        ]
        remarks = [*extra]
        if self.left_out and self._targets:
            every = self.left_out + len(self.axes)
            remarks.append(legends.remark(f"{len(self.axes)} of {every} panels are shown"))
        apart = self.crowded or bool(self._targets)
        legends.above(self.figure, self.sheet, handles + ([] if apart else remarks))
        legends.below(self.figure, self.sheet, remarks if apart else [])
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

    def name_targets(self, targets: Sequence[Target]) -> None:
        """Label the horizontal axes with targets, and with their metrics: once if it is one."""
        metrics = {metric for metric, _ in targets}
        for ax in self.axes:
            names = [f"{target:g}" for _, target in targets]
            if len(metrics) > 1:
                names = [f"{words.METRIC_WORDS[m]}\n{t:g}" for m, t in targets]
            else:
                scales.foot(ax, f"target: {words.METRIC_WORDS[targets[0][0]]}", self.sheet)
            ax.set_xticks(range(len(targets)), names)
            ax.set_xlim(-0.5, len(targets) - 0.5)
            ax.grid(visible=False, axis="x")
        scales.outer(self.axes, "x")
