"""Diagnostics layer by layer: what several runs of a setting read in each of its hidden layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from experiments.analysis.measures import hidden_layers
from experiments.analysis.results import Results, SettingResult
from experiments.study import MeasureClaim, Study

Moment = Literal["start", "end"]

QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class LayerProfile:
    """One diagnostic of one setting's hidden layers: over its seeds, the median and middle half.

    NaN where fewer than half of the runs have such a number.
    """

    setting: SettingResult
    name: str  # a row of the diagnostics
    at: Moment
    median: np.ndarray  # (L,), from the first hidden layer to the last
    low: np.ndarray  # (L,), the first quartile
    high: np.ndarray  # (L,), the third quartile
    known: np.ndarray  # (L,), runs that have such a number


def layer_profiles(results: Results) -> list[LayerProfile]:
    """Return a profile for each diagnostic of layers, moment and setting with hidden layers.

    The moment is the one that claims about the diagnostic name, or both; where none names it, the
    start and, of what is trained, the end. Where all nets read 0 at the start, as the movement of
    weights does, the end says more.
    """
    found = []
    for name in diagnostics_of(results.study):
        layered = [result for result in results.settings if is_layered(result, name)]
        looked_at = moments(results.study, name)
        for at in looked_at:
            profiles = [layer_profile(result, name, at) for result in layered]
            if (
                len(looked_at) == 1
                or at == "end"
                or any(np.any(profile.high != 0) for profile in profiles)
            ):
                found += profiles
    return found


def diagnostics_of(study: Study) -> list[str]:
    """Return the names of the diagnostics that a study reads, each once."""
    return list(dict.fromkeys(name for s in study.settings for name in s.diagnostics))


def moments(study: Study, name: str) -> tuple[Moment, ...]:
    """Return when a diagnostic is to be looked at."""
    if all(setting.training.epochs == 0 for setting in study.settings):
        return ("start",)
    named = {
        claim.measure.at
        for claim in study.claims
        if isinstance(claim, MeasureClaim) and claim.measure.name == name
    }
    return tuple(at for at in ("start", "end") if at in (named or {"start", "end"}))


def is_layered(result: SettingResult, name: str) -> bool:
    """Tell whether a diagnostic was read of at least one hidden layer."""
    return hidden_layers(result.traces[0], name) > 0


def layer_profile(result: SettingResult, name: str, at: Moment) -> LayerProfile:
    """Summarise a diagnostic of the hidden layers over the seeds, at one moment.

    As in verdicts, what a run reads at the end is not known if it diverged.
    """
    rows = [readings[0 if at == "start" else -1] for readings in _read(result, name)]
    if at == "end":
        for row, trace in zip(rows, result.traces, strict=True):
            row[:] = np.nan if trace.status == "diverged" else row
    (low, median, high), known = spread(np.array(rows))
    return LayerProfile(result, name, at, median, low, high, known)


def _read(result: SettingResult, name: str) -> Iterator[np.ndarray]:
    """Yield a diagnostic of each run at each evaluation: (T, L), or (T, 1) of one read once."""
    first = result.traces[0]
    columns = [name]
    if name not in first.columns:
        columns = [f"{name} {layer + 1}" for layer in range(hidden_layers(first, name))]
    for trace in result.traces:
        yield trace.values[:, [trace.columns.index(column) for column in columns]]


def alive(result: SettingResult, name: str) -> np.ndarray:
    """Return a diagnostic at each evaluation, the mean over the hidden layers: (runs, T).

    NaN from the evaluation on at which a run diverged.
    """
    longest = max(len(trace.updates) for trace in result.traces)
    values = np.full((len(result.traces), longest), np.nan)
    for row, trace, read in zip(values, result.traces, _read(result, name), strict=True):
        count = len(trace.updates) - (trace.status == "diverged")
        row[:count] = read[:count].mean(axis=-1)
    return values


def spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the quartiles over runs, and how many runs have a number.

    Args:
        values: of each run, (runs, K); what is not finite is not known and is left out.

    Returns:
        The first quartile, the median and the third, (3, K), NaN where fewer than half of the
        runs have a number; and how many have one, (K,).

    """
    values = np.where(np.isfinite(values), values, np.nan)
    known = np.isfinite(values).sum(axis=0)
    enough = (2 * known >= len(values)) & (known > 0)
    quartiles = np.full((3, values.shape[1]), np.nan)
    quantile = np.quantile if (known == len(values)).all() else np.nanquantile
    if enough.any():
        quartiles[:, enough] = quantile(values[:, enough], QUARTILES, axis=0)
    return quartiles, known
