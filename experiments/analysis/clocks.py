"""What runs cost by a clock, and what verdicts on times would be by others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from experiments.analysis.inference import Ratio
from experiments.analysis.results import Costs, SettingResult
from experiments.analysis.verdicts import Reading, TimeVerdict, decide
from experiments.clocks import CLOCKS, SECONDS, SECONDS_READ, UPDATES
from experiments.hitting_times import HittingTime
from experiments.records import Trace
from experiments.study import Setting


def costs_of(result: SettingResult, clock: str, costs: Costs) -> np.ndarray | None:
    """Return what an update of each run costs by a clock, (n,), None where that is not known.

    An update costs a run the same every time, so that its time by a clock is its time in updates
    times this. Seconds are the median of what a run measured of itself, NaN where it did not.

    Args:
        result: the runs.
        clock: a row of CLOCKS.
        costs: by the clocks that need no measuring.

    """
    if clock == UPDATES:
        return np.ones(len(result.runs))
    if clock == SECONDS:
        return np.array([_seconds(trace) for trace in result.traces])
    setting = result.setting
    labels = [variant.label for variant in setting.variants] or [""]
    each = dict(zip(labels, setting.each, strict=True))
    of_runs = [costs.get(each[setting.variant_of(run)]) for run in result.runs]
    return None if None in of_runs else np.array([cost[clock] for cost in of_runs])


def times_by(
    clock: str, result: SettingResult, metric: str, target: float, costs: Costs
) -> list[HittingTime]:
    """Return each run's time to a target by a clock whose costs are known."""
    times, of_runs = result.hitting_times(metric, target), costs_of(result, clock, costs)
    return [time.by(float(cost)) for time, cost in zip(times, of_runs, strict=True)]


def _seconds(trace: Trace) -> float:
    if SECONDS_READ not in trace.columns:
        return float("nan")
    read = trace.metric(SECONDS_READ)
    known = read[np.isfinite(read)]
    return float(np.median(known)) / 1e6 if len(known) else float("nan")


def readings(
    verdicts: Sequence[TimeVerdict], seconds: Mapping[Setting, float]
) -> Iterator[tuple[TimeVerdict, Reading]]:
    """Read every verdict by every clock, in the order of CLOCKS.

    Seconds, where the claim does not race by them, are the ratio of updates times the ratio of what
    an update of each setting was measured to take.

    Args:
        verdicts: none of them over several conditions.
        seconds: of an update of each setting.

    """
    for verdict in verdicts:
        own, others = verdict.claim.clock, {r.clock: r for r in verdict.readings}
        for clock in CLOCKS:
            # By a clock that it has no reading of, an update costs both arms as much as by its own.
            same = Reading(clock, verdict.ratio, verdict.outcome, verdict.outcome)
            if clock == SECONDS != own:
                of_updates = others.get(UPDATES, same).ratio
                yield verdict, _in_seconds(verdict, of_updates, seconds)
            else:
                yield verdict, others.get(clock, same)


def _in_seconds(
    verdict: TimeVerdict, of_updates: Ratio, seconds: Mapping[Setting, float]
) -> Reading:
    (faster,), (than,) = verdict.faster, verdict.than
    told = of_updates.times(seconds[than.setting] / seconds[faster.setting])
    outcome = verdict.outcome
    if outcome != "untestable":
        outcome = decide(told.low, told.high, verdict.region)
    return Reading(SECONDS, told, outcome, verdict.outcome)
