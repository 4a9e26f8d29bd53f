"""Targets that a rule sets from pilot runs, before there are runs to judge by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from experiments.analysis.tuning import SearchSpace
from experiments.goals import improves_upwards
from experiments.records import Run, Trace
from experiments.study import Setting, Study, TimeClaim, chosen_by

TARGETS = 6
"""How many targets the rule sets."""

PILOTS = 3
"""The seeds of pilot runs, which serve for nothing else."""

RULE = (
    "Targets called auto are set by pilot runs, on seeds that serve for nothing else, at each of "
    "the learning rates that searches start from: six targets in equal steps of the logarithm of "
    "the loss (of the error rate, for an accuracy), the last of which is the hardest that every "
    "arm the claim names reached with all of its pilot runs at one learning rate, and the first a "
    "sixth of the way there from the untrained network. What is claimed of the test part is read "
    "of the validation part there too."
)
"""The rule in words, for the report."""


def pilot_runs(study: Study) -> list[Run]:
    """Return the runs that the rule needs, none where every target is given."""
    arms = [arm for claim in study.time_claims if claim.auto for arm in claim.arms]
    return [
        run
        for setting in study.settings
        if any(setting.is_arm(arm) for arm in arms)
        for pilots in _pilots(study, setting)
        for run in pilots
    ]


def _pilots(study: Study, setting: Setting) -> list[list[Run]]:
    """Return the pilot runs of a setting, those of each choice that a search has together."""
    return [
        [setting.run("pilot", seed, rate, variant) for seed in range(PILOTS)]
        for variant in range(study.tuning.variants)
        for rate in SearchSpace.first(study.tuning).rates
    ]


def settle(study: Study, traces: Mapping[Run, Trace]) -> Study:
    """Return the study with numbers in place of targets that are set by the rule.

    Args:
        study: whose claims may have no targets yet.
        traces: holds all of `pilot_runs(study)`.

    """
    claims = tuple(
        replace(claim, targets=_targets(study, claim, traces))
        if isinstance(claim, TimeClaim) and claim.auto
        else claim
        for claim in study.claims
    )
    return replace(study, claims=claims)


def _targets(study: Study, claim: TimeClaim, traces: Mapping[Run, Trace]) -> tuple[float, ...]:
    metric = chosen_by(claim.metric)
    upwards = improves_upwards(metric)
    starts: list[float] = []
    reached: list[_Reading] = []
    for setting in study.settings:
        if setting.is_arm(claim.faster) or setting.is_arm(claim.than):
            worst_of_seeds = []
            for pilots in _pilots(study, setting):
                curves = [_readings(traces[run], metric) for run in pilots]
                starts.append(float(np.median([curve[0].lower for curve in curves])))
                worst_of_seeds.append(max(min(curve) for curve in curves))
            reached.append(min(worst_of_seeds))
    known = [start for start in starts if np.isfinite(start)]
    start = float(np.median(known)) if known else 1.0  # all were lost: any target will tell
    hardest = max(reached)
    last = min(start, hardest.lower)  # arms that never learn have their start alone
    targets = start * (last / start) ** np.linspace(0, 1, TARGETS + 1)[1:]
    if upwards:
        targets = np.maximum(1 - targets, 1e-3)
    rounded = [_two_digits(target, up=not upwards) for target in targets]
    if hardest.lower <= start and hardest.metric > 0:
        rounded[-1] = _easier(rounded[-1], hardest.metric, upwards=upwards)
    # For arms that hardly learn, rounding may lift a target to where the untrained network is.
    harder = [target for target in rounded if (1 - target if upwards else target) < start]
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


def _two_digits(value: float, *, up: bool) -> float:
    """Round to two digits, which are enough for a target: easier rather than harder."""
    scale = 10.0 ** (1 - np.floor(np.log10(value)))
    whole = np.ceil(value * scale - 1e-9) if up else np.floor(value * scale + 1e-9)
    return float(round(whole / scale, 12))


def _easier(target: float, metric: float, *, upwards: bool) -> float:
    """Return a target that was reached to the last bit, when rounding made it a hair too hard."""
    if upwards and target > metric:
        return _two_digits(metric * (1 - 1e-6), up=False)
    if not upwards and 1e-3 < metric > target:
        return _two_digits(metric * (1 + 1e-6), up=True)
    return target
