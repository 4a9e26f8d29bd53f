"""Curves of arrival: the share of runs that have reached a target by each update."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from experiments.analysis.inference import clopper_pearson
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.summaries import Reach, reaches
from experiments.study import Labels


@dataclass(frozen=True, slots=True)
class Condition:
    """The arms that are compared at one point of all other axes."""

    labels: Labels
    arms: tuple[tuple[Labels, SettingResult], ...]

    @property
    def budget(self) -> int:
        """The updates that every arm was given."""
        return min(result.budget for _, result in self.arms)


@dataclass(frozen=True, slots=True)
class ReachCurve:
    """The Kaplan-Meier curve of one setting at one target, with pointwise intervals.

    A step function: `share[i]` holds from `updates[i]` until before `updates[i + 1]`. It starts at
    0 updates and ends where the last run arrived or was given up. S steps.
    """

    setting: SettingResult
    metric: str
    target: float
    updates: np.ndarray  # (S,), never decreasing
    share: np.ndarray  # (S,), of the runs, from 0
    low: np.ndarray  # (S,)
    high: np.ndarray  # (S,)
    runs: int
    censored: int  # runs that did not reach the target, diverged ones included
    horizon: float  # updates up to which the restricted mean is taken
    restricted_mean: float  # updates
    restricted_mean_error: float  # its standard error, in updates; 0 where no time is known


def conditions(results: Results) -> list[Condition]:
    """Return the study's conditions, each with its arms, in the order of the grid."""
    study = results.study
    found: dict[Labels, list[tuple[Labels, SettingResult]]] = {}
    for result in results.settings:
        arm = study.arm(result.setting)
        found.setdefault(study.condition(result.setting), []).append((arm, result))
    return [Condition(labels, tuple(arms)) for labels, arms in found.items()]


def reach_curve(reach: Reach, confidence: float, horizon: float | None = None) -> ReachCurve:
    """Estimate the share of runs that have reached a target by each update.

    Of d_i arrivals at time t_i among n_i runs that were still on their way, the share by t is
    F(t) = 1 - prod over t_i <= t of (1 - d_i / n_i) (Kaplan & Meier 1958, equation 2b;
    `scipy.stats.ecdf`). A run that arrives at the very time at which another is given up comes
    first. The interval is Greenwood's on the scale log(-log(1 - F)) (Kalbfleisch & Prentice 2002,
    section 1.4). That is undefined at shares of 0 and 1; there it is the exact binomial one
    (Clopper & Pearson 1934), of the runs followed until the first arrival and of those that
    arrived. Pointwise: it holds at each time, not for the whole curve.

    Args:
        reach: the arrivals of one setting's runs, in any order.
        confidence: of the interval, for example 0.95.
        horizon: updates up to which the restricted mean is taken; the setting's budget if None.

    Raises:
        ValueError: if there is no run, or a horizon beyond the setting's budget.

    """
    known = np.sort(reach.updates[~reach.censored])
    open_ended = reach.updates[reach.censored]
    if not len(reach.updates):
        raise ValueError("no runs to make a curve of")
    horizon = float(reach.setting.budget if horizon is None else horizon)
    if horizon > reach.setting.budget:
        raise ValueError(f"horizon {horizon:g} is beyond the budget {reach.setting.budget}")

    times, first_of = np.unique(known, return_index=True)
    share, low, high = _kaplan_meier(known, open_ended, times, confidence)
    end = max(float(reach.setting.budget), float(reach.updates.max()))
    steps = np.array([0.0, *times, end])
    share = np.array([0.0, *share, share[-1] if len(share) else 0.0])

    followed = len(known) + int((open_ended >= (known[0] if len(known) else end)).sum())
    arrived = share >= 1
    low = np.where(arrived, _exact(len(known), len(known), confidence)[0], _padded(low))
    high = np.where(share <= 0, _exact(0, followed, confidence)[1], _padded(high))
    high = np.where(arrived, 1.0, high)

    at_risk = len(known) - first_of + (open_ended[:, None] >= times).sum(axis=0)  # (times,)
    here = np.diff(np.append(first_of, len(known)))  # arrivals at each time
    mean, error = _restricted_mean(steps, share, at_risk, here, horizon)
    return ReachCurve(
        reach.setting,
        reach.metric,
        reach.target,
        steps,
        share,
        low,
        high,
        runs=len(reach.updates),
        censored=reach.not_reached,
        horizon=horizon,
        restricted_mean=mean,
        restricted_mean_error=error,
    )


def reach_curves(results: Results) -> list[ReachCurve]:
    """Return every setting's curve at every target that a claim names, target by target.

    Restricted means go up to the smallest budget of the arms of a condition, so that they compare.
    """
    horizons = {
        result.setting: condition.budget
        for condition in conditions(results)
        for _, result in condition.arms
    }
    return [
        reach_curve(reach, results.study.confidence, horizons[reach.setting.setting])
        for reach in reaches(results)
    ]


def _kaplan_meier(
    known: np.ndarray, open_ended: np.ndarray, times: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the share and its interval's ends at each time of an arrival, each (times,)."""
    from scipy import stats  # slow to import, and only times to target need it

    cdf = stats.ecdf(stats.CensoredData(uncensored=known, right=open_ended)).cdf
    with warnings.catch_warnings():
        # SciPy warns where the interval is undefined, which is dealt with above.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = cdf.confidence_interval(confidence, method="log-log")
    at_arrivals = np.isin(cdf.quantiles, times)
    return tuple(
        np.asarray(part.probabilities, dtype=float)[at_arrivals]
        for part in (cdf, interval.low, interval.high)
    )


def _padded(ends: np.ndarray) -> np.ndarray:
    """Extend an end of the interval to the start, where it is 0, and to the last step."""
    return np.array([0.0, *ends, ends[-1] if len(ends) else 0.0])


def _exact(arrived: int, runs: int, confidence: float) -> tuple[float, float]:
    """Return the exact interval of a binomial share; all there is where no run tells of it."""
    if not runs:
        return 0.0, 1.0
    return clopper_pearson(arrived, runs, 1 - confidence)


def _restricted_mean(
    steps: np.ndarray, share: np.ndarray, at_risk: np.ndarray, here: np.ndarray, horizon: float
) -> tuple[float, float]:
    """Return the mean of min(T, horizon), the area above the curve, and its standard error.

    The mean is the integral of 1 - F from 0 to the horizon (Royston & Parmar 2013, section 2). Its
    variance is the sum over arrivals of A_i^2 d_i / (n_i (n_i - d_i)) with A_i the area from t_i
    to the horizon (Klein & Moeschberger 2003, equation 4.5.2).
    """
    areas = np.diff(np.minimum(steps, horizon)) * (1 - share[:-1])  # (S - 1,), after each step
    beyond = np.cumsum(areas[::-1])[::-1][1:]  # (times,), from each arrival on
    left = at_risk - here
    last = left == 0  # nothing lies beyond
    variance = np.where(last, 0.0, beyond**2 * here / (at_risk * np.where(last, 1, left)))
    return float(areas.sum()), float(np.sqrt(variance.sum()))
