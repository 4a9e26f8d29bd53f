"""The figure of a ratio over its target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis.ratio_curves import RatioCurve
from experiments.goals import improves_upwards
from experiments.report import legends, scales, style, words
from experiments.report.looks_of_arms import Look, looks
from experiments.report.panels import MOST_PANELS
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import PROTOCOL, arm_in_words, split_protocol

_ARROWS = {"at least": "^", "at most": "v"}


def ratio_curves(curves: Sequence[RatioCurve], sheet: Sheet = PAGE) -> Figure:
    """Draw the ratio over its target: a panel for each condition, a line for each protocol.

    A solid line is an estimate; a dotted one with arrows is a bound, which the ratio is at least or
    at most.
    """
    panels: dict[tuple, dict[str, RatioCurve]] = {}
    for curve in curves:
        protocol, rest = split_protocol(curve.condition)
        panels.setdefault((curve.claim, rest), {})[protocol] = curve
    shown = list(panels.items())[:MOST_PANELS]
    protocols = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    found = looks(((PROTOCOL, name),) if name else () for name in protocols)
    look = dict(zip(protocols, found.values(), strict=True))
    figure, axes = sheet.subplots(len(shown))
    for ax, ((claim, condition), lines) in zip(axes, shown, strict=True):
        for protocol, curve in lines.items():
            _ratio_line(ax, curve, look[protocol])
        _scale(ax, list(lines.values()))
        where = f", {words.condition(condition)}" if condition else ""
        scales.title(ax, scales.tied(f"claim {claim.number}{where}"), sheet)
        metric = words.METRIC_WORDS[claim.metric]
        scales.foot(ax, f"target: {metric}, harder to the right", sheet)
        faster, than = arm_in_words(claim.faster), arm_in_words(claim.than)
        scales.side(ax, f"{claim.clock} of {than} / of {faster}", sheet)
    for which in "xy":
        _on_one_scale(axes, which)
    scales.make_room(axes)
    handles = [
        style.handle(words.protocol(name), look[name], lines=True) for name in protocols if name
    ]
    legends.above(figure, sheet, handles)
    bounds = {r.bound for c in curves for r in c.ratios}
    if bounds != {""}:
        legends.below(figure, sheet, _kinds(bounds))
    return figure


def _on_one_scale(axes: Sequence[Axes], which: str) -> None:
    """Give panels with the same label the same scale; if all have it, it is told once."""
    labels = [getattr(ax, f"get_{which}label")() for ax in axes]
    for label in set(labels):
        alike = [ax for ax, its in zip(axes, labels, strict=True) if its == label]
        scales.together(alike, which)
    if len(set(labels)) == 1:
        scales.outer(axes, which)


def _scale(ax: Axes, lines: Sequence[RatioCurve]) -> None:
    claim = lines[0].claim
    ends = [
        end
        for curve in lines
        for ratio in curve.ratios
        for end in (ratio.low, ratio.estimate, ratio.high)
        if np.isfinite(end) and end > 0
    ]
    factors = [claim.by] if claim.by else []
    ax.set_ylim(min([0.8, *ends]) / 1.1, max([1.25, *ends, *factors]) * 1.1)
    is_loss = not improves_upwards(claim.metric)
    style.log_axes(ax, "xy" if is_loss else "y")
    if is_loss:
        ax.invert_xaxis()
    ax.axhline(1, color=INK, lw=1)
    for factor in factors:
        ax.axhline(factor, color="black", lw=1, ls=(0, (4, 3)))


def _ratio_line(ax: Axes, curve: RatioCurve, look: Look) -> None:
    low, middle, high = (
        np.array([getattr(ratio, end) for ratio in curve.ratios])
        for end in ("low", "estimate", "high")
    )
    bounds = np.array([ratio.bound for ratio in curve.ratios])
    bound = bounds != ""
    beside = bound | np.append(bound[1:], False) | np.insert(bound[:-1], 0, False)
    ax.plot(curve.targets, np.where(bound, np.nan, middle), color=look.colour, lw=1.8,
            ls=style.line(look))  # fmt: skip
    if bound.any():
        ax.plot(curve.targets, np.where(beside, middle, np.nan), color=look.colour, lw=1.5,
                ls=style.DOTTED)  # fmt: skip
    for kind, arrow in _ARROWS.items():
        if (bounds == kind).any():
            ax.plot(curve.targets[bounds == kind], middle[bounds == kind], ls="", marker=arrow,
                    ms=4.5, mfc="white", color=look.colour)  # fmt: skip
    # An end that is open reaches beyond the panel.
    low, high = np.maximum(low, 1e-9), np.minimum(high, 1e9)
    ax.fill_between(curve.targets, low, high, color=look.colour, alpha=0.12, lw=0)


def _kinds(bounds: set[str]) -> list[Line2D]:
    """Return the legend's entries of estimates and of the bounds that there are."""
    return [
        Line2D([], [], color=INK, lw=1.8, label="estimate"),
        *(
            Line2D([], [], color=INK, lw=1.5, ls=style.DOTTED, marker=arrow, mfc="white", ms=4.5,
                   label=f"bound: {kind} so much")
            for kind, arrow in _ARROWS.items()
            if kind in bounds
        ),
    ]  # fmt: skip
