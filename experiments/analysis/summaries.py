"""Summaries of a study, computed before anything is drawn or written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.analysis.inference import narrowest, p_values
from experiments.analysis.looks import Design
from experiments.analysis.results import Results, SettingResult
from experiments.goals import improves_upwards
from experiments.records import METRICS


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric of one setting over its seeds: the median and the middle half."""

    setting: SettingResult
    metric: str
    updates: np.ndarray  # (T,)
    median: np.ndarray  # (T,)
    low: np.ndarray  # (T,), the first quartile
    high: np.ndarray  # (T,), the third quartile
    diverged: np.ndarray  # (T,), runs that had diverged by then


def curve(result: SettingResult, metric: str) -> Curve:
    """Summarise a metric over the seeds at each evaluation that read it.

    A run that has diverged or failed, or a metric that is not finite, stays in the sample as the
    worst value there is (an infinite loss, an accuracy of 0): no curve improves because a run was
    lost. A metric that the data do not have, as a regression has no accuracy, has no evaluation.
    Quartiles are values of the sample (`inverted_cdf`), since no number lies between a finite and
    an infinite loss.
    """
    longest = max(result.traces, key=lambda trace: len(trace.updates))
    worst = 0.0 if improves_upwards(metric) else np.inf
    values = np.full((len(result.traces), len(longest.updates)), worst)  # (runs, T)
    diverged = np.zeros(len(longest.updates), dtype=int)
    for row, trace in zip(values, result.traces, strict=True):
        alive = len(trace.updates) - (trace.status == "diverged")
        read = trace.metric(metric)[:alive]
        row[:alive] = np.where(np.isfinite(read), read, worst)
        diverged[alive:] += trace.status != "failed"
    quartiles = np.quantile(values, [0.25, 0.5, 0.75], axis=0, method="inverted_cdf")
    read = _read(result, metric, len(longest.updates))
    # The training split is read each time, whatever became of the runs; but a regression has no
    # accuracy there either, and the worst one would be made up.
    if metric == "train_loss" or (metric.startswith("train") and read.any()):
        read[:] = True
    low, median, high = quartiles[:, read]
    return Curve(result, metric, longest.updates[read], median, low, high, diverged[read])


def curves(results: Results) -> list[Curve]:
    """Return the curve of every metric that the data has, setting by setting."""
    return [
        curve(result, metric)
        for result in results.settings
        for metric in METRICS
        if _read(result, metric, 1).any()
    ]


def _read(result: SettingResult, metric: str, evaluations: int) -> np.ndarray:
    """Tell which of the first evaluations read a metric, booleans (T,).

    None does if the data lacks the part or, for an accuracy, classes. A loss may be missing as
    well where a run was lost; its accuracy is then still there.
    """
    read = np.zeros(evaluations, bool)
    for trace in result.traces:
        for name in {metric, metric.replace("_loss", "_accuracy")}:
            known = ~np.isnan(trace.metric(name)[:evaluations])
            read[: len(known)] |= known
    return read


@dataclass(frozen=True, slots=True)
class Reach:
    """How one setting's runs came to one target."""

    setting: SettingResult
    metric: str
    target: float
    updates: np.ndarray  # (runs,), the budget where censored
    censored: np.ndarray  # (runs,), booleans

    @property
    def not_reached(self) -> int:
        """How many runs did not reach the target, diverged ones included."""
        return int(self.censored.sum())

    @property
    def median(self) -> float:
        """The time by which half of the runs had arrived; infinite where half or more never did.

        The lower of the two middle times where there are two.
        """
        return self.median_of([1.0] * len(self.updates))

    def median_of(self, costs: Sequence[float]) -> float:
        """Return the same in what an update costs, which may differ from run to run, (runs,)."""
        if 2 * self.not_reached >= len(self.updates):
            return float("inf")
        return float(np.quantile(self._times * np.array(costs), 0.5, method="inverted_cdf"))

    def median_interval(self, design: Design) -> tuple[float, float]:
        """Return an interval for the median of arms like this one, from the order of its runs.

        The sign test inverted; it holds as the design says, at one look or at all of them.
        """
        left_out = narrowest(p_values(len(self.updates), design), design.alpha)
        if left_out is None:
            return 0.0, float("inf")
        times = np.sort(self._times)
        return float(times[left_out]), float(times[-1 - left_out])

    @property
    def _times(self) -> np.ndarray:
        return np.where(self.censored, np.inf, self.updates)


def reaches(results: Results) -> list[Reach]:
    """Return every setting's arrivals at every target that a claim names, target by target."""
    found = []
    for metric, target in results.study.targets:
        for result in results.for_target(metric, target):
            arrivals = result.hitting_times(metric, target)
            found.append(
                Reach(
                    result,
                    metric,
                    target,
                    np.array([a.time for a in arrivals]),
                    np.array([a.censored for a in arrivals]),
                )
            )
    return found
