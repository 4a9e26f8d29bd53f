"""The figure of performance profiles."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from experiments.analysis.ranking import Profiles
from experiments.report import legends, scales, style, words
from experiments.report.looks_of_arms import look, name_of
from experiments.report.sheets import PAGE, Sheet
from experiments.study import Labels, Study


def profiles(study: Study, found: Sequence[tuple[Labels, Profiles]], sheet: Sheet = PAGE) -> Figure:
    """Draw the share of cells in which each arm came within a factor of the fastest arm."""
    figure, axes = sheet.subplots(len(found), width=6.4 if len(found) == 1 else 4.2, height=3.3)
    looks = look(study)
    for ax, (protocol, profile) in zip(axes, found, strict=True):
        scales.title(ax, words.condition(protocol), sheet)
        rows = zip(profile.arms, profile.share, profile.low, profile.high, strict=True)
        for arm, share, low, high in rows:
            its = looks[name_of(arm)]
            ax.fill_between(profile.factors, low, high, step="post", color=its.colour, lw=0,
                            alpha=0.5 * style.band(len(profile.arms)))  # fmt: skip
            ax.step(profile.factors, share, where="post", color=its.colour, lw=1.6,
                    ls=style.line(its))  # fmt: skip
        ax.set_xlim(1, profile.factors[-1])
        style.log_axes(ax, "x")
        style.percent(ax)
        scales.foot(ax, "updates, in multiples of the fastest arm's", sheet)
        scales.side(ax, f"share of {profile.cells} cells arrived", sheet)
    scales.together(axes, "x")
    scales.make_room(axes)
    shown = dict.fromkeys(name_of(arm) for _, profile in found for arm in profile.arms)
    handles = [style.handle(name, looks[name], lines=True) for name in shown]
    legends.above(figure, sheet, handles)
    return figure
