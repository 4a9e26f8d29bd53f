"""The reason of a verdict: which of the diagnostics that were read tell its arms apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from experiments.analysis.measures import profile, value
from experiments.analysis.results import SettingResult
from experiments.analysis.verdicts import MeasureVerdict, TimeVerdict, Verdict
from experiments.records import METRICS, Trace

MOST_FACTS = 2
LEAST_CONTRAST = 0.2
"""Numbers that differ by less than this share of the larger one are no reason for anything."""

UNEVEN = 10.0
"""Layers that differ by more than this factor are told by the first one relative to the last."""

RULE = (
    "The reasons are numbers, not explanations: of the diagnostics that the study reads, those two "
    "that differ most between the arms, as medians over the runs; what is true or false of a run, "
    "as the share of runs."
)
"""How reasons are chosen, for the report."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One diagnostic of the arms of a verdict, as a median over their runs or a share of them."""

    diagnostic: str
    at: Literal["start", "end"]
    first_of_last: bool  # the median of the first hidden layer relative to the last one's
    values: tuple[float, ...]  # one for each arm

    @property
    def contrast(self) -> float:
        """How far the largest and the smallest value lie apart, as a share of the largest."""
        size = np.abs(self.values)
        return float(np.ptp(self.values) / size.max()) if size.max() > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the runs of one arm lie apart in a measure, and where they were before training."""

    low: float
    high: float
    start: float | None  # the median before training, where the runs were trained


def arms_of(verdict: Verdict) -> tuple[SettingResult, ...]:
    """Return the setting of each arm; none where a verdict is over several of an arm."""
    if isinstance(verdict, TimeVerdict):
        return (*verdict.faster, *verdict.than) if verdict.conditions == 1 else ()
    if not isinstance(verdict, MeasureVerdict) or len(verdict.settings) != 1:
        return ()
    return (*verdict.settings, *verdict.others)


def facts(verdict: Verdict, shares: Collection[str] = ()) -> list[Fact]:
    """Return the diagnostics that tell two arms apart, those that differ most first.

    Each diagnostic is told once, at the moment at which it differs more; the one that the claim
    itself is about is left out, since the verdict tells it.

    Args:
        verdict: of which the reason is asked.
        shares: the diagnostics that are true or false of a run.

    """
    arms = arms_of(verdict)
    if len(arms) != 2:
        return []
    told = verdict.claim.measure.name if isinstance(verdict, MeasureVerdict) else ""
    names = [name for name in _diagnostics(arms) if name != told]
    found = [_readings(name, arms, share=name in shares) for name in names]
    best = [max(some, key=lambda fact: fact.contrast, default=None) for some in found]
    worth = [fact for fact in best if fact is not None and fact.contrast >= LEAST_CONTRAST]
    return sorted(worth, key=lambda fact: -fact.contrast)[:MOST_FACTS]


def _diagnostics(arms: Iterable[SettingResult]) -> list[str]:
    """Return the diagnostics that every arm has, in the order of their columns."""
    columns = [arm.traces[0].columns for arm in arms]
    names = [_name(column) for column in columns[0] if column not in METRICS]
    others = [{_name(column) for column in some} for some in columns[1:]]
    return [name for name in dict.fromkeys(names) if all(name in some for some in others)]


def _name(column: str) -> str:
    name, _, layer = column.rpartition(" ")
    return name if layer.isdigit() or layer == "output" else column


def _readings(name: str, arms: tuple[SettingResult, ...], *, share: bool) -> list[Fact]:
    """Return the diagnostic before training and, where it went on, at the end.

    As in verdicts, a run's number is the mean over its hidden layers.
    """
    typical = np.mean if share else np.median
    found = []
    for at, row in (("start", 0), ("end", -1)):
        # Networks are read as they are evaluated: by moments that no batch has reached by then, so
        # that batch normalisation does not show before training.
        if at == "start" and any(arm.setting.network.normalisation == "batch" for arm in arms):
            continue
        if at == "end" and all(arm.budget == 0 for arm in arms):
            continue
        runs = [_by_run(name, arm, row) for arm in arms]
        layers = [np.median(x, axis=0) for x in runs]
        uneven = all(len(x) > 1 and (x > 0).all() for x in layers) and any(
            x.max() > UNEVEN * x.min() for x in layers
        )
        if uneven:
            values = tuple(float(x[0] / x[-1]) for x in layers)
        else:
            values = tuple(float(typical(x.mean(axis=1))) for x in runs)
        if np.isfinite(values).all():
            found.append(Fact(name, at, uneven, values))
    return found


def _by_run(name: str, arm: SettingResult, row: int) -> np.ndarray:
    """Return the diagnostic of each run that has one, layer by layer, (n, L)."""
    rows = [_layers(name, t, row) for t in arm.traces if row == 0 or t.status == "completed"]
    return np.array(rows) if rows else np.full((1, 1), np.nan)


def _layers(name: str, trace: Trace, row: int) -> np.ndarray:
    if name in trace.columns:
        return np.array([trace.metric(name)[row]])
    found = profile(trace, name)[row]
    return found if len(found) else np.array([np.nan])


def spread(verdict: MeasureVerdict) -> Spread | None:
    """Return how the runs of a verdict about one arm lie, None where there is nothing to tell."""
    measure, arms = verdict.claim.measure, arms_of(verdict)
    if len(arms) != 1 or measure.aggregate != "median":
        return None
    readings = np.array([value(trace, measure) for trace in arms[0].traces])
    known = readings[~np.isnan(readings)]  # what is infinite is known: the run diverged
    if not len(known):
        return None
    start = None
    if measure.at == "end" and arms[0].budget > 0:
        before = replace(measure, at="start")
        start = float(np.median([value(trace, before) for trace in arms[0].traces]))
    return Spread(float(known.min()), float(known.max()), start)
