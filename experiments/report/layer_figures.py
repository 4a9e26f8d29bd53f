"""The figures of diagnostics: over the hidden layers, and over the course of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from experiments import datasets
from experiments.analysis.diagnostic_curves import DiagnosticCurve
from experiments.analysis.layers import LayerProfile
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.report import scales, style, words
from experiments.report.canvas import INK
from experiments.report.diagnostic_panels import (
    Panel,
    arm_numbers,
    curve_panels,
    drawn,
    fitting,
    layer_panels,
    low,
)
from experiments.study import Study

MOST_MARKED = 30
"""The most hidden layers that are marked one by one."""

_MOMENTS = {"start": "before training", "end": "at the end of training"}

_DASHES = (0, (3, 2))


def layers(study: Study, profiles: Sequence[LayerProfile]) -> Figure:
    """Draw diagnostics over the hidden layers: each arm's median and the band of its middle half.

    What a formula gives is dashed; one that is known up to a factor is made to meet the median at
    the last layer.
    """
    every = layer_panels(study, profiles)
    shown = fitting(every)
    figure, axes = style.subplots(len(shown))
    numbers, scale = arm_numbers(study), _scales(shown)
    theory = False
    for ax, panel in zip(axes, shown, strict=True):
        _title(ax, panel)
        width = _widths(panel)
        deepest = max(len(profile.median) for _, profile in panel.arms)
        for place, (arm, profile) in enumerate(panel.arms):
            # Single points stand side by side.
            aside = 0.06 * (place - (len(panel.arms) - 1) / 2) if deepest == 1 else 0.0
            theory |= _profile(ax, profile, numbers[arm], width[arm], aside)
        scales.finish(ax, "y", scale[panel.name, panel.at])
        ax.set_xlim(0.5, deepest + 0.5)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
        ax.set_xlabel("hidden layer, from the input to the output")
        ax.set_ylabel(_quantity(panel.name))
    return _finish(figure, shown, numbers, len(every), theory=theory)


def _profile(ax: Axes, profile: LayerProfile, number: int, width: float, aside: float) -> bool:
    """Draw one arm over its layers; tell whether a formula is drawn beside it."""
    colour, x = style.colour(number), np.arange(1, len(profile.median) + 1) + aside
    marker = style.marker(number) if len(x) <= MOST_MARKED else ""
    expected = expected_by_theory(profile)
    ax.plot(x, profile.median, color=colour, lw=width, ls=style.line(number), marker=marker, ms=4,
            mew=0, alpha=1 if expected is None else 0.6)  # fmt: skip
    ax.fill_between(x, profile.low, profile.high, color=colour, alpha=0.2, lw=0)
    if len(x) == 1:  # a band of no width
        ax.vlines(x, profile.low, profile.high, color=colour, alpha=0.4, lw=3)
    if expected is None:
        return False
    single = "_" if len(x) == 1 else ""
    ax.plot(x, expected, color=colour, lw=1.2, ls=_DASHES, marker=single, ms=14)
    return True


def expected_by_theory(profile: LayerProfile) -> np.ndarray | None:
    """Return what a formula gives for each hidden layer of an untrained net, or nothing."""
    theory = DIAGNOSTICS[profile.name].theory
    if theory is None or profile.at != "start":
        return None
    setting = profile.setting.setting
    if setting.variants:  # its runs are of several networks
        return None
    values = theory.value(setting.network, datasets.shape(setting.data))
    if values is None or len(values) != len(profile.median):
        return None
    if theory.relative and len(values) == 1:  # it would say nothing
        return None
    if theory.relative:
        values = values * (profile.median[-1] / values[-1])
    return values if np.isfinite(values).any() else None


def curves(study: Study, found: Sequence[DiagnosticCurve]) -> Figure:
    """Draw diagnostics over the updates: each arm's median and the band of its middle half.

    Of what is true or false of a run, the share of the runs.
    """
    every = curve_panels(study, found)
    shown = fitting(every)
    figure, axes = style.subplots(len(shown))
    numbers, scale = arm_numbers(study), _scales(shown)
    for ax, panel in zip(axes, shown, strict=True):
        _title(ax, panel)
        width = _widths(panel)
        for arm, curve in panel.arms:
            after = curve.updates > 0  # a logarithmic axis has no place for the start
            x = curve.updates[after]
            colour = style.colour(numbers[arm])
            ax.plot(x, drawn(curve), color=colour, lw=width[arm], ls=style.line(numbers[arm]))
            if DIAGNOSTICS[curve.name].aggregate != "share":
                ax.fill_between(x, curve.low[after], curve.high[after], color=colour, alpha=0.2,
                                lw=0)  # fmt: skip
        scales.finish(ax, "x", log=True)
        scales.finish(ax, "y", scale[panel.name, panel.at])
        ax.set_xlabel("updates")
        mean = any(curve.layered and len(curve.setting.setting.network.widths) > 1
                   for _, curve in panel.arms)  # fmt: skip
        ax.set_ylabel(_quantity(panel.name) + ("\nmean over the hidden layers" if mean else ""))
    return _finish(figure, shown, numbers, len(every), theory=False)


def _scales(shown: Sequence[Panel]) -> dict[tuple[str, str], bool]:
    """Tell for each diagnostic whether its axes are logarithmic: the same for all conditions."""
    values: dict[tuple[str, str], list[np.ndarray]] = {}
    for panel in shown:
        rows = values.setdefault((panel.name, panel.at), [])
        rows += [row for _, read in panel.arms for row in (drawn(read), low(read))]
    return {key: scales.is_log(np.concatenate(rows)) for key, rows in values.items()}


def _widths(panel: Panel) -> dict[str, float]:
    """Return how wide each arm's line is: wider than one that would lie upon it."""
    lines = [(arm, drawn(read)) for arm, read in panel.arms]
    return {
        arm: 1.6 + 1.6 * min(2, sum(np.array_equal(line, y) for _, y in lines[place + 1 :]))
        for place, (arm, line) in enumerate(lines)
    }


def _title(ax: Axes, panel: Panel) -> None:
    parts = [DIAGNOSTICS[panel.name].label]
    parts += [_MOMENTS[panel.at]] if panel.at else []
    parts += [words.condition((pair,)).replace(" ", scales.TIED) for pair in panel.condition]
    scales.title(ax, ", ".join(parts))


def _quantity(name: str) -> str:
    row = DIAGNOSTICS[name]
    return f"{row.label}, {row.unit}" if row.unit else row.label


def _finish(
    figure: Figure, shown: Sequence[Panel], numbers: dict[str, int], every: int, *, theory: bool
) -> Figure:
    there = {arm for panel in shown for arm, _ in panel.arms}
    handles = [
        style.handle(arm, number, lines=True) for arm, number in numbers.items() if arm in there
    ]
    scales.legend(figure, handles, "outside upper center")
    extra: list[Patch | Line2D] = [
        Patch(color=INK, alpha=0.2, lw=0, label="middle half of the runs")
    ]
    if theory:
        extra.append(Line2D([], [], color=INK, lw=1.2, ls=_DASHES, label="theory"))
    if every > len(shown):
        extra.append(scales.remark(f"{len(shown)} of {every} panels are shown"))
    scales.legend(figure, extra, "outside lower center")
    return figure
