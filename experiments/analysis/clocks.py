"""What runs cost by a clock, and what verdicts on times would be by others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from experiments.analysis.inference import Ratio
from experiments.analysis.results import Costs, SettingResult
from experiments.analysis.verdicts import Outcome, Reading, TimeVerdict, decide
from experiments.clocks import CLOCKS, SECONDS, SECONDS_READ, UPDATES, UpdateTime
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
    clock: str, result: SettingResult, times: Sequence[HittingTime], costs: Costs
) -> list[HittingTime]:
    """Return the times of a setting's runs, given in updates, by a clock whose costs are known."""
    of_runs = costs_of(result, clock, costs)
    return [time.by(float(cost)) for time, cost in zip(times, of_runs, strict=True)]


def _seconds(trace: Trace) -> float:
    if SECONDS_READ not in trace.columns:
        return float("nan")
    read = trace.metric(SECONDS_READ)
    known = read[np.isfinite(read)]
    return float(np.median(known)) / 1e6 if len(known) else float("nan")


def readings(
    verdicts: Sequence[TimeVerdict], seconds: Mapping[Setting, UpdateTime]
) -> Iterator[tuple[TimeVerdict, Reading]]:
    """Read every verdict by every clock, in the order of CLOCKS.

    Seconds, where the claim does not race by them, are the ratio of updates times the ratio of what
    an update of each setting was measured to take. A verdict by them holds only where it is the
    same at both ends of the range in which the measurements lie; elsewhere it is inconclusive.

    Args:
        verdicts: none of them over several conditions.
        seconds: that an update of each setting takes.

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
    verdict: TimeVerdict, of_updates: Ratio, seconds: Mapping[Setting, UpdateTime]
) -> Reading:
    (faster,), (than,) = verdict.faster, verdict.than
    middle, ends = _ratio_of_costs(seconds[than.setting], seconds[faster.setting])
    told = of_updates.times(middle)
    if verdict.outcome == "untestable":
        return Reading(SECONDS, told, "untestable", "untestable")
    found = {_decided(of_updates.times(end), verdict) for end in ends if 0 < end < math.inf}
    borne = len(found) == 1 and all(0 < end < math.inf for end in ends)
    outcome = found.pop() if borne else "inconclusive"
    return Reading(SECONDS, told, outcome, verdict.outcome, borne=borne)


def _decided(ratio: Ratio, verdict: TimeVerdict) -> Outcome:
    return decide(ratio.low, ratio.high, verdict.region)


def _ratio_of_costs(b: UpdateTime, a: UpdateTime) -> tuple[float, tuple[float, float]]:
    """Return the ratio of what two updates take, and its ends: 1 where they share a time."""
    if a == b:
        return 1.0, (1.0, 1.0)
    return b.seconds / a.seconds, (b.low / a.high, b.high / a.low if a.low > 0 else math.inf)
