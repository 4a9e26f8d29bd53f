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
from experiments.report import legends, scales, style, words
from experiments.report.diagnostic_panels import (
    MOMENTS,
    Panel,
    arm_looks,
    curve_panels,
    drawn,
    fitting,
    layer_panels,
    low,
)
from experiments.report.looks_of_arms import Look
from experiments.report.sheets import PAGE, Sheet
from experiments.report.style import INK
from experiments.study import Study

MOST_MARKED = 30
"""The most hidden layers that are marked one by one."""

_DIRECTION = "hidden layer, from the input to the output"

_DASHES = (0, (3, 2))


def layers(study: Study, profiles: Sequence[LayerProfile], sheet: Sheet = PAGE) -> Figure:
    """Draw diagnostics over the hidden layers: each arm's median and the band of its middle half.

    What a formula gives is dashed; one that is known up to a factor is made to meet the median at
    the last layer.
    """
    every = layer_panels(study, profiles)
    shown = fitting(every)
    figure, axes = sheet.subplots(len(shown))
    looks, scale = arm_looks(study), _scales(shown)
    theory = False
    for ax, panel in zip(axes, shown, strict=True):
        _title(ax, panel, sheet)
        width = _widths(panel)
        deepest = max(len(profile.median) for _, profile in panel.arms)
        for place, (arm, profile) in enumerate(panel.arms):
            # Single points stand side by side.
            aside = 0.06 * (place - (len(panel.arms) - 1) / 2) if deepest == 1 else 0.0
            theory |= _profile(ax, profile, looks[arm], width[arm], aside)
        scales.finish(ax, "y", scale[panel.name, panel.at])
        ax.set_xlim(0.5, deepest + 0.5)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
        scales.foot(ax, "hidden layer" if sheet.narrow else _DIRECTION, sheet)
        _side(ax, _quantity(panel.name), sheet)
    _on_one_scale(axes, shown)
    _explain(figure, sheet, shown, looks, len(every), theory=theory)
    return figure


def _profile(ax: Axes, profile: LayerProfile, look: Look, width: float, aside: float) -> bool:
    """Draw one arm over its layers; tell whether a formula is drawn beside it."""
    colour, x = look.colour, np.arange(1, len(profile.median) + 1) + aside
    marker = style.marker(look) if len(x) <= MOST_MARKED else ""
    expected = expected_by_theory(profile)
    ax.plot(x, profile.median, color=colour, lw=width, ls=style.line(look), marker=marker, ms=4,
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


def curves(study: Study, found: Sequence[DiagnosticCurve], sheet: Sheet = PAGE) -> Figure:
    """Draw diagnostics over the updates: each arm's median and the band of its middle half.

    Of what is true or false of a run, the share of the runs.
    """
    every = curve_panels(study, found)
    shown = fitting(every)
    figure, axes = sheet.subplots(len(shown))
    looks, scale = arm_looks(study), _scales(shown)
    for ax, panel in zip(axes, shown, strict=True):
        _title(ax, panel, sheet)
        width = _widths(panel)
        for arm, curve in panel.arms:
            after = curve.updates > 0  # a logarithmic axis has no place for the start
            x = curve.updates[after]
            colour = looks[arm].colour
            ax.plot(x, drawn(curve), color=colour, lw=width[arm], ls=style.line(looks[arm]))
            if DIAGNOSTICS[curve.name].aggregate != "share":
                ax.fill_between(x, curve.low[after], curve.high[after], color=colour, alpha=0.2,
                                lw=0)  # fmt: skip
        scales.finish(ax, "x", log=True)
        scales.finish(ax, "y", scale[panel.name, panel.at])
        scales.foot(ax, "updates", sheet)
        mean = any(curve.layered and len(curve.setting.setting.network.widths) > 1
                   for _, curve in panel.arms)  # fmt: skip
        quantity = _quantity(panel.name) + (", mean over the hidden layers" if mean else "")
        _side(ax, quantity, sheet)
    _on_one_scale(axes, shown)
    scales.together(axes, "x")
    _explain(figure, sheet, shown, looks, len(every), theory=False)
    return figure


def _scales(shown: Sequence[Panel]) -> dict[tuple[str, str], bool]:
    """Tell for each diagnostic whether its axes are logarithmic: the same for all conditions."""
    values: dict[tuple[str, str], list[np.ndarray]] = {}
    for panel in shown:
        rows = values.setdefault((panel.name, panel.at), [])
        rows += [row for _, read in panel.arms for row in (drawn(read), low(read))]
    return {key: scales.is_log(np.concatenate(rows)) for key, rows in values.items()}


def _on_one_scale(axes: Sequence[Axes], shown: Sequence[Panel]) -> None:
    """Give the same vertical scale to all conditions of a diagnostic at one moment.

    Before training and at its end a diagnostic may differ by powers of ten.
    """
    found: dict[tuple[str, str], list[Axes]] = {}
    for ax, panel in zip(axes, shown, strict=True):
        found.setdefault((panel.name, panel.at), []).append(ax)
    for alike in found.values():
        scales.together(alike, "y")


def _widths(panel: Panel) -> dict[str, float]:
    """Return how wide each arm's line is: wider than one that would lie upon it."""
    lines = [(arm, drawn(read)) for arm, read in panel.arms]
    return {
        arm: 1.6 + 1.6 * min(2, sum(np.array_equal(line, y) for _, y in lines[place + 1 :]))
        for place, (arm, line) in enumerate(lines)
    }


def _title(ax: Axes, panel: Panel, sheet: Sheet) -> None:
    parts = [_quantity(panel.name) if sheet.narrow else DIAGNOSTICS[panel.name].label]
    parts += [MOMENTS[panel.at]] if panel.at else []
    parts += [words.condition((pair,)).replace(" ", scales.TIED) for pair in panel.condition]
    scales.title(ax, ", ".join(parts), sheet)


def _side(ax: Axes, quantity: str, sheet: Sheet) -> None:
    """Label the vertical axis, where there is room for what the title says already."""
    if not sheet.narrow:
        scales.side(ax, quantity, sheet)


def _quantity(name: str) -> str:
    row = DIAGNOSTICS[name]
    return f"{row.label}, {row.unit}" if row.unit else row.label


def _explain(
    figure: Figure,
    sheet: Sheet,
    shown: Sequence[Panel],
    looks: dict[str, Look],
    every: int,
    *,
    theory: bool,
) -> None:
    scales.make_room(figure.axes[: len(shown)])
    there = {arm for panel in shown for arm, _ in panel.arms}
    handles = [style.handle(arm, its, lines=True) for arm, its in looks.items() if arm in there]
    legends.above(figure, sheet, handles)
    extra: list[Patch | Line2D] = [
        Patch(color=INK, alpha=0.2, lw=0, label="middle half of the runs")
    ]
    if theory:
        extra.append(Line2D([], [], color=INK, lw=1.2, ls=_DASHES, label="theory"))
    if every > len(shown):
        extra.append(legends.remark(f"{len(shown)} of {every} panels are shown"))
    legends.below(figure, sheet, extra)
