"""Which diagnostics under which conditions are drawn, and what each arm reads there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from experiments.analysis.diagnostic_curves import DiagnosticCurve
from experiments.analysis.layers import LayerProfile
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.report.looks_of_arms import COLOURS, Look, looks, name_of
from experiments.report.panels import MOST_PANELS
from experiments.study import Labels, Setting, Study

MOMENTS = {"start": "before training", "end": "at the end of training"}
"""When what is drawn over the layers was read, in words."""

Read = TypeVar("Read", LayerProfile, DiagnosticCurve)


@dataclass(frozen=True, slots=True)
class Panel(Generic[Read]):
    """One diagnostic under one condition: what each arm reads."""

    name: str  # a row of DIAGNOSTICS
    at: str  # start or end; empty: over the course of training
    condition: Labels
    arms: tuple[tuple[str, Read], ...]  # (label, what was read)


def layer_panels(study: Study, profiles: Iterable[LayerProfile]) -> list[Panel[LayerProfile]]:
    """Return what the figure over layers is to show; nothing if nothing was read layer by layer."""
    return _panels(study, profiles)


def curve_panels(study: Study, curves: Iterable[DiagnosticCurve]) -> list[Panel[DiagnosticCurve]]:
    """Return what the figure over training is to show.

    Left out is what training cannot change: times, and properties of the functions themselves.
    """
    rows = ((curve, DIAGNOSTICS[curve.name]) for curve in curves)
    return _panels(
        study, (curve for curve, row in rows if not row.measured and row.aggregate != "exact")
    )


def _panels(study: Study, read: Iterable[Read]) -> list[Panel[Read]]:
    found: dict[tuple[str, str, Labels], list[tuple[str, Read]]] = {}
    for one in read:
        if np.isfinite(drawn(one)).any():  # else there is nothing to draw
            arm, condition = _split(study, one.setting.setting)
            key = one.name, getattr(one, "at", ""), condition
            found.setdefault(key, []).append((name_of(arm), one))
    return [Panel(*key, tuple(arms)) for key, arms in found.items()]


def drawn(read: LayerProfile | DiagnosticCurve) -> np.ndarray:
    """Return the values that a line is drawn through, the start of training left out."""
    if isinstance(read, LayerProfile):
        return read.median
    share = DIAGNOSTICS[read.name].aggregate == "share"
    return (read.mean if share else read.median)[read.updates > 0]


def low(read: LayerProfile | DiagnosticCurve) -> np.ndarray:
    """Return the lower edge of the band, the start of training left out."""
    return read.low if isinstance(read, LayerProfile) else read.low[read.updates > 0]


def _split(study: Study, setting: Setting) -> tuple[Labels, Labels]:
    """Return a setting's arm and condition; where claims name no arm, all settings if few."""
    arm, condition = study.arm(setting), study.condition(setting)
    if not study.arm_axes and len(study.settings) <= len(COLOURS):
        arm, condition = condition, ()
    return arm, condition


def fitting(every: list[Panel[Read]]) -> list[Panel[Read]]:
    """Leave out what does not fit: as many conditions of each diagnostic, of shallow nets first."""
    if len(every) <= MOST_PANELS:
        return every
    kinds: dict[tuple[str, str], list[Panel[Read]]] = {}
    for panel in every:
        kinds.setdefault((panel.name, panel.at), []).append(panel)
    each = max(1, MOST_PANELS // len(kinds))
    kept = {id(p) for some in kinds.values() for p in sorted(some, key=_shallowness)[:each]}
    return [panel for panel in every if id(panel) in kept][:MOST_PANELS]


def _shallowness(panel: Panel) -> int:
    return -max(len(read.setting.setting.network.widths) for _, read in panel.arms)


def arm_looks(study: Study) -> dict[str, Look]:
    """Return each arm's look by its name, as in all other figures."""
    return looks(_split(study, setting)[0] for setting in study.settings)
