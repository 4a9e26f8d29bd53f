"""Intervals for the ratio of two times, from pairs of which some are known only in part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from experiments.analysis.measures import Arrival


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median over pairs of T_B / T_A: above 1, A is faster.

    Where censoring leaves the median itself open, `estimate` is the end that is known and `bound`
    says which: "at least" or "at most". `low` and `high` are the interval's ends; 0 and infinity
    where the pairs set no limit.
    """

    estimate: float
    bound: str
    low: float
    high: float
    pairs: int
    censored: int  # pairs in which one run or both never arrived
    wins: int  # pairs in which A surely came first
    losses: int  # pairs in which B surely came first


def fewest_pairs(confidence: float) -> int:
    """Return the fewest pairs whose whole range is an interval for the median.

    The range of n values misses the median with probability 2 * 2^-n (Conover 1999, section 3.2).
    """
    return int(np.ceil(1 - np.log2(1 - confidence)))


def paired_ratio(a: Sequence[Arrival], b: Sequence[Arrival], confidence: float) -> Ratio:
    """Estimate the median of T_B / T_A with an interval that holds whatever the distribution.

    Each pair gives log(T_B / T_A) or, where a run never arrived, the range in which it must lie.
    The interval inverts the sign test (Thompson 1936; `scipy.stats.quantile_test`): its low end
    comes from the pairs' lowest possible values and its high end from their highest, so that a
    censored pair can only widen it.

    Args:
        a: the times of arm A, one for each seed.
        b: the times of arm B at the same seeds.
        confidence: of the interval, for example 0.95.

    Raises:
        ValueError: if there are no pairs, or not as many of one as of the other.

    """
    lowest, highest = [], []
    for first, second in zip(a, b, strict=True):
        log_ratio = np.log(second.updates / first.updates)
        lowest.append(-np.inf if first.censored else log_ratio)
        highest.append(np.inf if second.censored else log_ratio)
    if not lowest:
        raise ValueError("no pairs to compare")
    low, high = -np.inf, np.inf
    if len(lowest) >= fewest_pairs(confidence):
        # A hair less, for levels that are met exactly: SciPy's rounding would miss those.
        level = confidence - 1e-12
        low = stats.quantile_test(lowest).confidence_interval(level).low
        high = stats.quantile_test(highest).confidence_interval(level).high
    estimate, bound = _median(np.sort(lowest), np.sort(highest))
    return Ratio(
        estimate=float(np.exp(estimate)),
        bound=bound,
        low=float(np.exp(low)),
        high=float(np.exp(high)),
        pairs=len(lowest),
        censored=sum(x.censored or y.censored for x, y in zip(a, b, strict=True)),
        wins=sum(_surely_first(x, y) for x, y in zip(a, b, strict=True)),
        losses=sum(_surely_first(y, x) for x, y in zip(a, b, strict=True)),
    )


def _surely_first(one: Arrival, other: Arrival) -> bool:
    """Tell whether one run came before the other, which may have been stopped at that moment."""
    if one.censored:
        return False
    return one.updates < other.updates or (other.censored and one.updates == other.updates)


def _median(lowest: np.ndarray, highest: np.ndarray) -> tuple[float, str]:
    """Return the median of values known to lie in ranges, and which side of it is known."""
    middle = slice((len(lowest) - 1) // 2, len(lowest) // 2 + 1)
    bottom, top = lowest[middle], highest[middle]
    if np.isfinite(bottom).all() and np.isfinite(top).all() and np.array_equal(bottom, top):
        return float(bottom.mean()), ""
    if np.isfinite(bottom).all():
        return float(bottom.mean()), "at least"
    if np.isfinite(top).all():
        return float(top.mean()), "at most"
    return float("nan"), "unknown"
