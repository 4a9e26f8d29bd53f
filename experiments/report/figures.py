"""The figures of a report; each takes what was summarised and draws it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.analysis.ratio_curves import RatioCurve
from experiments.analysis.summaries import Curve, Reach
from experiments.analysis.tuning import Tried, Tuned, as_read
from experiments.analysis.verdicts import TimeVerdict
from experiments.goals import improves_upwards
from experiments.report import style, words
from experiments.report.canvas import INK, Arm, Canvas
from experiments.report.panels import MOST_PANELS
from experiments.study import Objective, Study, arm_in_words, split_protocol

LineStyle = str | tuple[int, tuple[int, ...]]
_DASHES: tuple[LineStyle, ...] = (
    "-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (8, 3)), (0, (3, 1, 1, 1, 1, 1)),
)  # fmt: skip
"""How the values of what is searched beside the rate are told apart."""

MOST_ROWS = 40
"""The most verdicts that one figure shows; the CSV file holds all."""

OUTCOME_COLOURS = {
    "supported": "#009E73",
    "refuted": "#D55E00",
    "inconclusive": "#777777",
    "untestable": "#777777",
}


def loss_curves(study: Study, curves: Sequence[Curve], metric: str) -> Figure:
    """Draw a loss over the updates: the median of each arm and the band of its middle half."""
    canvas = Canvas(study)
    by_setting = {c.setting.setting: c for c in curves if c.metric == metric}
    targets = sorted({t for name, t in study.targets if name == metric})
    for ax, arms in canvas.panels():
        for arm in arms:
            curve = by_setting.get(arm.setting)
            if curve is None:  # its data has no such split
                continue
            after = curve.updates > 0  # a logarithmic axis has no place for the start
            x = curve.updates[after]
            median, low, high = (
                np.where(np.isfinite(y), y, np.nan)[after]
                for y in (curve.median, curve.low, curve.high)
            )
            ax.plot(x, median, color=arm.colour, lw=1.6, ls=arm.line)
            ax.fill_between(x, low, high, color=arm.colour, alpha=canvas.band, lw=0)
        for target in targets:
            ax.axhline(target, color="#555555", lw=0.8, ls=(0, (4, 3)))
            ax.annotate(
                f"target {target:g}", (0.01, target), xycoords=("axes fraction", "data"),
                va="bottom", fontsize=7, color="#555555",
            )  # fmt: skip
        style.log_axes(ax, "xy")
        low, high = ax.get_ylim()
        ax.set_ylim(
            min([low, *(t / 1.2 for t in targets)]), max([high, *(t * 1.2 for t in targets)])
        )
        ax.set_xlabel("updates")
        ax.set_ylabel(words.METRIC_WORDS[metric])
    return canvas.finish(lines=True)


def updates_to_target(study: Study, reaches: Sequence[Reach]) -> Figure:
    """Draw every run's updates to each target; an open triangle counts those that never came."""
    canvas = Canvas(study)
    found, targets = _by_target(reaches)
    for ax, arms in canvas.panels():
        for place, target in enumerate(targets):
            for arm in arms:
                reach, x = found[arm.setting, *target], canvas.place(place, arm)
                half = 0.3 * canvas.width
                spread = np.linspace(x - half, x + half, len(reach.updates))
                there = ~reach.censored
                ax.plot(spread[there], reach.updates[there], ls="", marker=arm.marker, ms=3.5,
                        mew=0, color=arm.colour, alpha=0.55)  # fmt: skip
                if np.isfinite(reach.median):
                    ax.hlines(reach.median, x - half, x + half, color=arm.colour, lw=2)
                if reach.not_reached:
                    ax.plot(x, reach.setting.budget, "^", mfc="none", color=arm.colour, ms=6)
                    ax.annotate(f"{reach.not_reached}", (x, reach.setting.budget), xytext=(0, 5),
                                textcoords="offset points", ha="center", fontsize=7,
                                color=arm.colour)  # fmt: skip
        style.log_axes(ax, "y")
        ax.set_ylabel("updates to target")
        canvas.name_targets(ax, targets)
    extra = [Line2D([], [], color=INK, lw=2, label="median")]
    if any(reach.not_reached for reach in reaches):
        label = "so many runs did not reach the target"
        extra.append(Line2D([], [], color=INK, marker="^", mfc="none", ls="", label=label))
    return canvas.finish(*extra)


def censored(study: Study, reaches: Sequence[Reach]) -> Figure:
    """Draw the share of each arm's runs that never came to a target, and their number."""
    canvas = Canvas(study)
    found, targets = _by_target(reaches)
    for ax, arms in canvas.panels():
        for place, target in enumerate(targets):
            for arm in arms:
                reach, x = found[arm.setting, *target], canvas.place(place, arm)
                share = reach.not_reached / len(reach.updates)
                ax.bar(x, share, 0.9 * canvas.width, color=arm.colour)
                ax.annotate(f"{reach.not_reached}", (x, share), xytext=(0, 1), fontsize=7,
                            ha="center", textcoords="offset points", color=arm.colour)  # fmt: skip
        ax.set_ylim(0, 1.08)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.set_ylabel("runs that did not reach the target")
        canvas.name_targets(ax, targets)
    return canvas.finish()


def tuning_searches(study: Study, searches: Sequence[tuple[Tuned, Sequence[Tried]]]) -> Figure:
    """Draw how the learning rates did in the searches: the median over pairs.

    The larger a ring, the more pairs took the rate; an arrow up is a median that is at least so.
    """
    canvas = Canvas(study)
    by_setting = {tuned.setting: rates for tuned, rates in searches}
    goals, metric = bool(study.objective.goals), study.objective.metric
    second = study.tuning.second if study.tuning else None
    dashes = dict(zip(second.labels, cycle(_DASHES), strict=False)) if second else {}
    for ax, arms in canvas.panels():
        for arm in arms:
            rates = by_setting.get(arm.setting)
            if rates is None:  # its learning rate was given
                continue
            for value, of_value in groupby(rates, lambda rate: rate.value):
                style_of_line = dashes.get(value, arm.line)
                _search_line(ax, study.objective, [*of_value], arm, style_of_line)
        style.log_axes(ax, "y")
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
        ax.tick_params(axis="x", labelrotation=45)
        ax.set_xlabel("learning rate")
        otherwise = words.METRIC_WORDS[metric] if metric else "final training loss"
        ax.set_ylabel("updates to targets" if goals else otherwise)
    extra = [Line2D([], [], color=INK, marker="o", mfc="none", ms=9, ls="", label="taken")]
    if any(rate.at_least for _, rates in searches for rate in rates):
        label = "at least: stopped early"
        extra.append(Line2D([], [], color=INK, marker="^", mfc="none", ms=5, ls="", label=label))
    if second is not None:
        name = second.name.replace("_", " ")
        extra += [
            Line2D([], [], color=INK, lw=1.2, ls=ls, label=f"{name} {label}")
            for label, ls in dashes.items()
        ]
    return canvas.finish(*extra)


def _search_line(
    ax: Axes, objective: Objective, rates: Sequence[Tried], arm: Arm, dashes: LineStyle
) -> None:
    x = np.array([rate.rate for rate in rates])
    y = np.array([_height(objective, rate) for rate in rates])
    y = np.where(np.isfinite(y), y, np.nan)
    bounds = np.array([rate.at_least for rate in rates])
    ax.plot(x, y, lw=1.2, ls=dashes, color=arm.colour)
    ax.plot(x[~bounds], y[~bounds], ls="", marker=arm.marker, ms=4, color=arm.colour)
    ax.plot(x[bounds], y[bounds], ls="", marker="^", ms=5, mfc="none", color=arm.colour)
    taken = np.array([rate.taken / max(1, rate.pairs) for rate in rates])
    seen = np.isfinite(y) & (taken > 0)
    if seen.any():  # of losses that are all infinite none is drawn
        ax.scatter(x[seen], y[seen], s=260 * taken[seen], facecolors="none",
                   edgecolors=arm.colour, lw=1.5)  # fmt: skip


def _height(objective: Objective, rate: Tried) -> float:
    if objective.goals:
        return float(np.exp(rate.log_updates))
    return as_read(objective, rate.measured) if objective.metric else rate.last_loss


def ratio_curves(curves: Sequence[RatioCurve]) -> Figure:
    """Draw the ratio over its target: a panel for each condition, a line for each protocol."""
    panels: dict[tuple, dict[str, RatioCurve]] = {}
    for curve in curves:
        protocol, rest = split_protocol(curve.condition)
        panels.setdefault((curve.claim, rest), {})[protocol] = curve
    shown = list(panels.items())[:MOST_PANELS]
    protocols = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    figure, axes = style.subplots(len(shown))
    for ax, ((claim, condition), lines) in zip(axes, shown, strict=True):
        for protocol, curve in lines.items():
            _ratio_line(ax, curve, style.colour(protocols.index(protocol)))
        ends = [
            end
            for curve in lines.values()
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
        where = f", {words.condition(condition)}" if condition else ""
        ax.set_title(f"claim {claim.number}{where}")
        ax.set_xlabel(f"target: {words.METRIC_WORDS[claim.metric]}, harder to the right")
        faster, than = arm_in_words(claim.faster), arm_in_words(claim.than)
        ax.set_ylabel(f"{claim.clock} of {than} / of {faster}")
    if protocols != [""]:
        handles = [style.handle(name, i, lines=True) for i, name in enumerate(protocols)]
        figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def _ratio_line(ax: Axes, curve: RatioCurve, colour: str) -> None:
    low, middle, high = (
        np.array([getattr(ratio, end) for ratio in curve.ratios])
        for end in ("low", "estimate", "high")
    )
    ax.plot(curve.targets, middle, color=colour, lw=1.8)
    # An end that is open reaches beyond the panel.
    low, high = np.maximum(low, 1e-9), np.minimum(high, 1e9)
    ax.fill_between(curve.targets, low, high, color=colour, alpha=0.12, lw=0)


def ratios(verdicts: Sequence[TimeVerdict]) -> Figure:
    """Draw the ratio of times of each comparison with its interval; right of 1 the claim's way.

    A bold bar is the interval by which the direction is judged, a thin one that of the size. A
    diamond is the mean over several conditions.
    """
    rows = [v for v in verdicts if v.hypothesis == "direction"][:MOST_ROWS]
    sizes = {_compared(v): v for v in verdicts if v.hypothesis == "size"}
    figure, (ax,) = style.subplots(1, width=10 if sizes else 7.5, height=0.9 + 0.34 * len(rows))
    drawn = [v for row in rows for v in (row, sizes.get(_compared(row))) if v is not None]
    ends = [end for v in drawn for end in (v.ratio.low, v.ratio.high, v.ratio.estimate)]
    ends = [end for end in ends if np.isfinite(end) and end > 0]
    factors = [row.claim.by for row in rows if row.claim.by]
    left = min([*ends, 0.8]) / 1.15
    right = max([*ends, *factors, 1.25]) * 1.15
    for place, row in enumerate(rows):
        size = sizes.get(_compared(row))
        if size is not None:
            _interval(ax, place, size, (left, right), width=0.8)
            ax.plot(row.claim.by, place, "|", color="black", ms=13, mew=1.5)
            _tell(ax, place, 105, f"{words.hypothesis(row.claim, 'size')}: {size.outcome}", size)
        _interval(ax, place, row, (left, right), width=2.6)
        if row.outcome != "untestable" and np.isfinite(row.ratio.estimate):
            alone = "o" if row.conditions == 1 else "D"
            marker = {"at least": ">", "at most": "<"}.get(row.ratio.bound, alone)
            ax.plot(row.ratio.estimate, place, marker, color=OUTCOME_COLOURS[row.outcome], ms=7)
        named = "faster: " if size is not None else ""
        _tell(ax, place, 0, f"{named}{row.outcome}", row)
    ax.axvline(1, color=INK, lw=1)
    ax.set_xlim(left, right)
    style.log_axes(ax, "x")
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    arms = {(arm_in_words(row.claim.faster), arm_in_words(row.claim.than)) for row in rows}
    ax.set_yticks(range(len(rows)), [_row_label(row, tell_arms=len(arms) > 1) for row in rows])
    faster, than = arms.pop() if len(arms) == 1 else ("the first arm", "the second")
    clocks = {row.claim.clock for row in rows}
    clock = clocks.pop() if len(clocks) == 1 else "times"
    ax.set_xlabel(f"{clock} of {than} / {clock} of {faster}")
    return figure


def _compared(verdict: TimeVerdict) -> tuple:
    """Return what the hypotheses of one comparison have in common."""
    return verdict.claim.number, verdict.target, verdict.condition, verdict.conditions


def _interval(
    ax: Axes, place: int, verdict: TimeVerdict, inside: tuple[float, float], width: float
) -> None:
    if verdict.outcome != "untestable":
        low, high = max(verdict.ratio.low, inside[0]), min(verdict.ratio.high, inside[1])
        colour = OUTCOME_COLOURS[verdict.outcome]
        ax.plot([low, high], [place, place], color=colour, lw=width, solid_capstyle="butt")


def _tell(ax: Axes, place: int, shift: float, text: str, verdict: TimeVerdict) -> None:
    ax.annotate(text, (1.01, place), xytext=(shift, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center",
                color=OUTCOME_COLOURS[verdict.outcome])  # fmt: skip


def _by_target(reaches: Sequence[Reach]) -> tuple[dict[tuple, Reach], list[tuple[str, float]]]:
    found = {(r.setting.setting, r.metric, r.target): r for r in reaches}
    return found, list(dict.fromkeys((r.metric, r.target) for r in reaches))


def _row_label(verdict: TimeVerdict, *, tell_arms: bool) -> str:
    parts = [f"claim {verdict.claim.number}"]
    if tell_arms:
        faster, than = arm_in_words(verdict.claim.faster), arm_in_words(verdict.claim.than)
        parts = [f"{verdict.claim.number}. {faster} : {than}"]
    if where := words.place(verdict):
        parts.append(where)
    return ", ".join([*parts, words.goal(verdict.claim.metric, verdict.target)])
