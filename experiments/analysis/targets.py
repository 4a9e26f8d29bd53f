"""Targets that a rule sets from the tuning seeds alone, before there are runs to judge by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from experiments.analysis.tuning import Grid
from experiments.goals import improves_upwards
from experiments.records import Run, Trace
from experiments.study import RaceClaim, Study

LEVELS = 6
"""How many targets the rule sets."""

RULE = (
    "Targets called auto are set by the tuning seeds alone: six levels in equal steps of the "
    "logarithm of the loss (of the error rate, for an accuracy), the last of which is the hardest "
    "that every arm the claim names reached with all of its tuning seeds at one learning rate, "
    "and the first a sixth of the way there from the untrained network."
)
"""The rule in words, for the report."""


def settle(study: Study, grid: Grid, traces: Mapping[Run, Trace]) -> Study:
    """Return the study with numbers in place of targets that are set by the rule.

    Args:
        study: whose claims may have no targets yet.
        grid: of learning rates.
        traces: holds all of `tuning_runs(study, grid)`.

    """
    claims = tuple(
        replace(claim, targets=_levels(study, claim, grid, traces))
        if isinstance(claim, RaceClaim) and claim.auto
        else claim
        for claim in study.claims
    )
    return replace(study, claims=claims)


def _levels(
    study: Study, claim: RaceClaim, grid: Grid, traces: Mapping[Run, Trace]
) -> tuple[float, ...]:
    upwards = improves_upwards(claim.metric)
    starts: list[float] = []
    reached: list[_Reading] = []
    for setting in study.settings:
        if setting.is_arm(claim.faster) or setting.is_arm(claim.than):
            worst_of_seeds = []
            for rate in grid.rates:
                curves = [
                    _readings(traces[setting.run("tuning", seed, rate)], claim.metric)
                    for seed in range(study.tuning.seeds)
                ]
                starts.append(float(np.median([curve[0].lower for curve in curves])))
                worst_of_seeds.append(max(min(curve) for curve in curves))
            reached.append(min(worst_of_seeds))
    known = [start for start in starts if np.isfinite(start)]
    start = float(np.median(known)) if known else 1.0  # all were lost: any level will tell
    hardest = max(reached)
    last = min(start, hardest.lower)  # arms that never learn have their start alone
    levels = start * (last / start) ** np.linspace(0, 1, LEVELS + 1)[1:]
    if upwards:
        levels = np.maximum(1 - levels, 1e-3)
    rounded = [_two_digits(level, up=not upwards) for level in levels]
    if hardest.lower <= start and hardest.metric > 0:
        rounded[-1] = _easier(rounded[-1], hardest.metric, upwards=upwards)
    # For arms that hardly learn, rounding may lift a level to where the untrained network is.
    harder = [level for level in rounded if (1 - level if upwards else level) < start]
    return tuple(dict.fromkeys(harder or rounded[-1:]))


class _Reading(NamedTuple):
    """A metric as something to come down, and as it was read."""

    lower: float  # a loss, or one minus an accuracy; at least 1e-3, so that it has a logarithm
    metric: float


def _readings(trace: Trace, metric: str) -> list[_Reading]:
    """Return what a run read; not where it diverged, which is no result."""
    values = trace.metric(metric)[: -1 if trace.status == "diverged" else None]
    lower = 1 - values if improves_upwards(metric) else values
    lower = np.where(np.isfinite(values), np.maximum(lower, 1e-3), np.inf)
    readings = [_Reading(float(x), float(v)) for x, v in zip(lower, values, strict=True)]
    return readings or [_Reading(np.inf, np.nan)]


def _two_digits(level: float, *, up: bool) -> float:
    """Round to two digits, which are enough for a level: easier rather than harder."""
    scale = 10.0 ** (1 - np.floor(np.log10(level)))
    whole = np.ceil(level * scale - 1e-9) if up else np.floor(level * scale + 1e-9)
    return float(round(whole / scale, 12))


def _easier(level: float, metric: float, *, upwards: bool) -> float:
    """Return a level that was reached to the last bit, when rounding made it a hair too hard."""
    if upwards and level > metric:
        return _two_digits(metric * (1 - 1e-6), up=False)
    if not upwards and 1e-3 < metric > level:
        return _two_digits(metric * (1 + 1e-6), up=True)
    return level
