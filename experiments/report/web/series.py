"""What the charts of a page read: tables of numbers, each a mapping of columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.analysis.inference import Ratio
from experiments.analysis.map_counts import mapped
from experiments.analysis.ratio_curves import RatioCurve
from experiments.analysis.summary import Summary
from experiments.analysis.tuning import Tried, as_read
from experiments.analysis.verdicts import TimeVerdict
from experiments.clocks import CLOCKS, SECONDS, UPDATES, UpdateTime
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.records import METRICS
from experiments.report import diagnostic_panels, words
from experiments.report.layer_figures import expected_by_theory
from experiments.report.looks_of_arms import name_of
from experiments.study import (
    PROTOCOL,
    Claim,
    Labels,
    Setting,
    Study,
    arm_in_words,
    split_protocol,
)

Table = dict[str, Any]
"""A column of each name, all of one length; a number stands for a column of it alone."""

DIGITS = 5
"""Significant digits: more than a screen has points."""

MOST_RUN_POINTS = 24
"""Of a single run so many evaluations are shown at most."""

MOST_RUNS = 400
"""Of more runs none is shown by itself: the CSV files and the store hold them."""


def all_series(summary: Summary, seconds: Mapping[Setting, UpdateTime]) -> dict[str, Table]:
    """Return every table that the study has something for, by its name.

    Args:
        summary: of the study.
        seconds: what an update of each setting takes, where it was measured.

    """
    study = summary.results.study
    found = {
        "settings": _settings(summary, seconds),
        "curves": _curves(summary),
        "runs": _runs(summary),
        "verdicts": _verdicts(summary),
        "ratios": _ratios(summary),
        "arrivals": _arrivals(summary),
        "shares": _shares(summary),
        "tuning": _tuning(summary),
        "ranks": _ranks(summary),
        "profiles": _profiles(summary),
        "measures": _measures(summary),
        "layers": _layers(summary, study),
        "diagnostics": _diagnostics(summary, study),
        "cells": _cells(summary),
        "standings": _standings(summary),
    }
    return {name: table for name, table in found.items() if _length(table)}


def _length(table: Table) -> int:
    return max((len(column) for column in table.values() if isinstance(column, list)), default=0)


def arm_of(study: Study, setting: Setting) -> str:
    """Return the arm of a setting as every figure names it."""
    return name_of(study.arm(setting))


def place_of(study: Study, setting: Setting) -> str:
    """Return the condition of a setting as every figure names it."""
    return words.condition(study.condition(setting))


def numbers(values: Iterable[float]) -> list[float | None]:
    """Return numbers with a few digits; what is infinite or not a number is nothing."""
    return [_number(value) for value in values]


def _number(value: float | None) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    rounded = float(f"{value:.{DIGITS - 1}e}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _joined(parts: Iterable[Mapping[str, Any]]) -> Table:
    """Join tables; what is no list in one of them stands in each of its rows."""
    joined: Table = {}
    for part in parts:
        length = max(len(column) for column in part.values() if isinstance(column, list))
        for name, column in part.items():
            rows = column if isinstance(column, list) else [column] * length
            joined.setdefault(name, []).extend(rows)
    return joined


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _settings(summary: Summary, seconds: Mapping[Setting, UpdateTime]) -> Table:
    """Return a row for each setting, in the order in which all other tables count them."""
    study, costs = summary.results.study, summary.results.costs
    rows = []
    for result in summary.results.settings:
        setting = result.setting
        measured = {SECONDS: seconds[setting].seconds} if setting in seconds else {}
        cost = {**costs.get(setting, {}), **measured}
        rows.append(
            {"arm": arm_of(study, setting), "panel": place_of(study, setting)}
            | {clock: _number(cost.get(clock, np.nan)) for clock in CLOCKS if clock != UPDATES}
        )
    return _table(rows)


def _number_of(summary: Summary) -> dict[Setting, int]:
    return {result.setting: number for number, result in enumerate(summary.results.settings)}


def _curves(summary: Summary) -> Table:
    number_of = _number_of(summary)
    return _joined(
        {
            "setting": number_of[curve.setting.setting],
            "metric": curve.metric,
            "update": curve.updates.tolist(),
            "median": numbers(curve.median),
            "low": numbers(curve.low),
            "high": numbers(curve.high),
        }
        for curve in summary.curves
    )


def _runs(summary: Summary) -> Table:
    """Return every evaluation run by itself, thinned; nothing where there are too many."""
    results = summary.results.settings
    if sum(len(result.runs) for result in results) > MOST_RUNS:
        return {}
    shown = [metric for metric in METRICS if any(c.metric == metric for c in summary.curves)]
    parts = []
    for number, result in enumerate(results):
        for run, trace in zip(result.runs, result.traces, strict=True):
            alive = len(trace.updates) - (trace.status == "diverged")
            if not alive:
                continue
            every = np.unique(np.linspace(0, alive - 1, MOST_RUN_POINTS).round().astype(int))
            for metric in shown:
                values = trace.metric(metric)
                read = [int(i) for i in every if np.isfinite(values[i])]
                if read:
                    parts.append(
                        {
                            "setting": number,
                            "seed": run.seed,
                            "rate": _number(run.training.learning_rate),
                            "metric": metric,
                            "update": trace.updates[read].tolist(),
                            "value": numbers(values[read]),
                        }
                    )
    return _joined(parts)


def _verdicts(summary: Summary) -> Table:
    """Return the ratio of each comparison of times, and what was found of it."""
    left, right = _ends([v.ratio for v in summary.time_verdicts])
    return _table(
        [
            {
                "claim": v.claim.number,
                "place": words.place(v),
                "goal": words.goal(v.claim.metric, v.target),
                "pair": f"{arm_in_words(v.claim.than)} / {arm_in_words(v.claim.faster)}",
                "clock": v.claim.clock,
                "judged": words.hypothesis(v.claim, v.hypothesis),
                "outcome": v.outcome,
                "estimate": _number(v.ratio.estimate),
                "bound": v.ratio.bound,
                "from": _number(max(v.ratio.low, left)),
                "to": _number(min(v.ratio.high, right)),
                "interval": words.interval(v.ratio),
                "by": v.claim.by,
                "conditions": v.conditions,
            }
            for v in summary.time_verdicts
        ]
    )


def _ratios(summary: Summary) -> Table:
    """Return the ratio of each claim at every level; curves of a group differ by protocol alone."""
    groups = ratio_groups(summary)
    return _joined(
        {
            "group": list(groups).index(group_of(curve)),
            "protocol": protocol_of(curve),
            "target": numbers(curve.targets),
            "estimate": numbers(ratio.estimate for ratio in curve.ratios),
            "bound": [ratio.bound for ratio in curve.ratios],
            "from": numbers(max(ratio.low, ends[0]) for ratio in curve.ratios),
            "to": numbers(min(ratio.high, ends[1]) for ratio in curve.ratios),
            "interval": [words.interval(ratio) for ratio in curve.ratios],
        }
        for curve in summary.ratio_curves
        for ends in [_ends([r for one in groups[group_of(curve)] for r in one.ratios])]
    )


def protocol_of(curve: RatioCurve) -> str:
    """Return in words how rates and weights were chosen; nothing where there is one way alone."""
    protocol, _ = split_protocol(curve.condition)
    return words.protocol(protocol) if protocol else ""


Group = tuple[Claim, Labels]


def group_of(curve: RatioCurve) -> Group:
    """Return what the curves share that are drawn together: the claim and the condition."""
    return curve.claim, split_protocol(curve.condition)[1]


def ratio_groups(summary: Summary) -> dict[Group, list[RatioCurve]]:
    """Return the curves of each claim under each condition, protocol by protocol."""
    groups: dict[Group, list[RatioCurve]] = {}
    for curve in summary.ratio_curves:
        groups.setdefault(group_of(curve), []).append(curve)
    return groups


def _ends(ratios: Sequence[Ratio]) -> tuple[float, float]:
    """Return where intervals that are open end in a chart: a little beyond all that is known."""
    known = [
        end
        for ratio in ratios
        for end in (ratio.low, ratio.estimate, ratio.high)
        if np.isfinite(end) and end > 0
    ]
    return min([0.8, *known]) / 1.2, max([1.25, *known]) * 1.2


def _arrivals(summary: Summary) -> Table:
    """Return when each run reached each target."""
    number_of = _number_of(summary)
    return _joined(
        {
            "setting": number_of[reach.setting.setting],
            "goal": words.goal(reach.metric, reach.target),
            "seed": [run.seed for run in reach.setting.runs],
            "rate": numbers(run.training.learning_rate for run in reach.setting.runs),
            "update": numbers(reach.updates),
            "reached": (~reach.censored).tolist(),
        }
        for reach in summary.reaches
        if len(reach.setting.runs) * len(summary.reaches) <= MOST_RUNS * MOST_RUN_POINTS
    )


def _shares(summary: Summary) -> Table:
    """Return the share of runs that had reached each target by each update."""
    number_of = _number_of(summary)
    return _joined(
        {
            "setting": number_of[curve.setting.setting],
            "goal": words.goal(curve.metric, curve.target),
            "update": numbers(curve.updates),
            "share": numbers(curve.share),
            "low": numbers(curve.low),
            "high": numbers(curve.high),
        }
        for curve in summary.reach_curves
    )


def _tuning(summary: Summary) -> Table:
    """Return what each learning rate led to in the searches, as the objective measures it."""
    number_of, objective = _number_of(summary), summary.results.study.objective

    def score(rate: Tried) -> float:
        if objective.goals:
            return float(np.exp(rate.log_updates))
        return as_read(objective, rate.measured) if objective.metric else rate.last_loss

    return _joined(
        {
            "setting": number_of[tuned.setting],
            "rate": numbers(rate.rate for rate in rates),
            "value": [rate.value for rate in rates],
            "score": numbers(map(score, rates)),
            "bound": ["at least" if rate.at_least else "" for rate in rates],
            "taken": [rate.taken for rate in rates],
            "pairs": [rate.pairs for rate in rates],
        }
        for tuned, rates in summary.searches
    )


def _ranks(summary: Summary) -> Table:
    return _table(
        [
            {
                "place": words.condition(ranking.contest.condition.labels),
                "goal": words.goal(ranking.contest.metric, ranking.contest.target),
                "arm": words.arm_of(ranking, number),
                "rank": _number(ranking.ranks[number]),
                "missed": int(ranking.not_reached[number]),
                "difference": _number(ranking.critical_difference),
            }
            for ranking in summary.rankings
            for number in range(len(ranking.ranks))
        ]
    )


def _profiles(summary: Summary) -> Table:
    return _joined(
        {
            "panel": words.condition(labels),
            "arm": arm_in_words(arm),
            "factor": numbers(found.factors),
            "share": numbers(found.share[number]),
            "low": numbers(found.low[number]),
            "high": numbers(found.high[number]),
        }
        for labels, found in summary.profiles
        for number, arm in enumerate(found.arms)
    )


def _measures(summary: Summary) -> Table:
    return _table(
        [
            {
                "claim": v.claim.number,
                "place": words.place(v),
                "title": f"claim {v.claim.number}: {v.claim.measure.in_words}"
                + (f", {v.claim.measure.unit}" if v.claim.measure.unit else ""),
                "outcome": v.outcome,
                "estimate": _number(v.estimate.estimate),
                "low": _number(v.estimate.low),
                "high": _number(v.estimate.high),
                "interval": words.interval(v.estimate),
                "theory": _number(v.theory if v.theory is not None else np.nan),
                "claimed": words.region(v.region),
                "claimed_low": _number(v.region.low),
                "claimed_high": _number(v.region.high),
            }
            for v in summary.measure_verdicts
        ]
    )


def _layers(summary: Summary, study: Study) -> Table:
    parts = []
    for panel in diagnostic_panels.layer_panels(study, summary.layer_profiles):
        for arm, profile in panel.arms:
            theory = expected_by_theory(profile)
            none = np.full(len(profile.median), np.nan)
            parts.append(
                {
                    "panel": _titled(
                        panel.name, diagnostic_panels.MOMENTS[panel.at], panel.condition
                    ),
                    "arm": arm,
                    "layer": list(range(1, len(profile.median) + 1)),
                    "median": numbers(profile.median),
                    "low": numbers(profile.low),
                    "high": numbers(profile.high),
                    "theory": numbers(none if theory is None else theory),
                }
            )
    return _joined(parts)


def _diagnostics(summary: Summary, study: Study) -> Table:
    parts = []
    for panel in diagnostic_panels.curve_panels(study, summary.diagnostic_curves):
        for arm, curve in panel.arms:
            after = curve.updates > 0
            parts.append(
                {
                    "panel": _titled(panel.name, "", panel.condition),
                    "arm": arm,
                    "update": curve.updates[after].tolist(),
                    "median": numbers(diagnostic_panels.drawn(curve)),
                    "low": numbers(curve.low[after]),
                    "high": numbers(curve.high[after]),
                }
            )
    return _joined(parts)


def _titled(name: str, moment: str, condition: Labels) -> str:
    label = DIAGNOSTICS[name].label
    return ", ".join(filter(None, [f"{label} {moment}".rstrip(), words.condition(condition)]))


def _cells(summary: Summary) -> Table:
    """Return the comparisons of the claims that are told as maps."""
    return _table(
        [
            {
                "claim": v.claim.number,
                "place": words.condition(split_protocol(v.condition)[1]) or "all",
                "column": _column(v),
                "outcome": v.outcome,
                "estimate": _number(v.ratio.estimate),
                "short": _short(v),
                "told": words.estimate(v.ratio),
                "interval": words.interval(v.ratio),
                "wins": v.ratio.wins,
                "pairs": v.ratio.pairs,
            }
            for cells in mapped(summary.verdicts)
            for v in cells
        ]
    )


def _column(verdict: TimeVerdict) -> str:
    """Return the lines above a column of a map, parted by bars: the way of choosing, the target."""
    protocol = tuple(pair for pair in verdict.condition if pair[0] == PROTOCOL)
    return "|".join([*textwrap.wrap(words.condition(protocol), 12), f"{verdict.target:g}"])


_SIGNS = {"at least": "≥ ", "at most": "≤ "}


def _short(verdict: TimeVerdict) -> str:
    """Write a ratio so that it fits into a cell."""
    if verdict.outcome == "untestable":
        return "–"
    ratio = verdict.ratio
    if np.isnan(ratio.estimate) or (ratio.low == 0 and np.isinf(ratio.high)):
        return "?"
    return f"{_SIGNS.get(ratio.bound, '')}{words.number(ratio.estimate, 2)}"


def _standings(summary: Summary) -> Table:
    return _table(
        [
            {
                "panel": words.condition(found.condition.labels),
                "arm": name_of(place.arm),
                "metric": words.METRIC_WORDS[found.metric],
                "estimate": _number(place.estimate.estimate),
                "low": _number(place.estimate.low),
                "high": _number(place.estimate.high),
                "told_apart": not place.may_be_best,
                "diverged": place.result.diverged,
                "runs": len(place.result.runs),
            }
            for found in summary.standings
            for place in found.places
        ]
    )
