"""Diagnostics over the course of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.analysis.layers import alive, diagnostics_of, is_layered, spread
from experiments.analysis.results import Results, SettingResult

FEWEST_EVALUATIONS = 4
"""Fewer make no curve."""


@dataclass(frozen=True, slots=True)
class DiagnosticCurve:
    """One diagnostic of one setting at each evaluation: over its seeds, median and middle half.

    Of one that is read layer by layer, each run's number is the mean over its hidden layers. NaN
    where fewer than half of the runs have a number; a run that diverged has none from then on.
    """

    setting: SettingResult
    name: str  # a row of the diagnostics
    layered: bool
    updates: np.ndarray  # (T,)
    median: np.ndarray  # (T,)
    low: np.ndarray  # (T,), the first quartile
    high: np.ndarray  # (T,), the third quartile
    mean: np.ndarray  # (T,), for what is true or false of a run: the share of runs
    known: np.ndarray  # (T,), runs that have a number


def diagnostic_curves(results: Results) -> list[DiagnosticCurve]:
    """Return a curve for each diagnostic and setting that was evaluated often enough."""
    return [
        diagnostic_curve(result, name)
        for name in diagnostics_of(results.study)
        for result in results.settings
        if max(len(trace.updates) for trace in result.traces) >= FEWEST_EVALUATIONS
        and (is_layered(result, name) or name in result.traces[0].columns)
    ]


def diagnostic_curve(result: SettingResult, name: str) -> DiagnosticCurve:
    """Summarise a diagnostic over the seeds at each evaluation."""
    longest = max(result.traces, key=lambda trace: len(trace.updates))
    values = alive(result, name)
    (low, median, high), known = spread(values)
    sums = np.where(np.isfinite(values), values, 0).sum(axis=0)
    mean = np.where(np.isfinite(median), sums / np.maximum(known, 1), np.nan)
    layered = is_layered(result, name)
    return DiagnosticCurve(
        result, name, layered, longest.updates, median, low, high, mean, known
    )  # fmt: skip
