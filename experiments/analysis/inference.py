"""Intervals for the ratio of two times, from pairs of which some are known only in part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special  # not scipy.stats, which takes half a second to import

from experiments.analysis.measures import Arrival

MOST_PAIRS = 10_000
"""Beyond this many pairs, more seeds are no practical advice."""


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
    confidence: float  # of the interval
    pairs: int
    censored: int  # pairs in which one run or both never arrived
    wins: int  # pairs in which A surely came first
    losses: int  # pairs in which B surely came first


def errors(pairs: int, *, sequential: bool) -> np.ndarray:
    """Return how often the interval that leaves out c values at each end misses the median.

    For a number of pairs fixed beforehand, the sign test: 2 P(Binomial(n, 1/2) <= c) (Thompson
    1936; Conover 1999, section 3.2). If the number of pairs may depend on what was seen, the
    mixture sign test: 1 / E with E = 2^n B(c + 1/2, n - c + 1/2) / B(1/2, 1/2), a martingale of
    mean 1 under the median, so that it ever exceeds 1 / a with probability a at most (Ville 1939;
    Robbins 1970, with the beta mixture of Howard & Ramdas 2022).

    Args:
        pairs: n, at least 1.
        sequential: whether the data may decide when to stop.

    Returns:
        At most 1, increasing, for c = 0, 1, ... below n / 2.

    """
    return _error(np.arange((pairs + 1) // 2), pairs, sequential=sequential)


def _error(left_out: np.ndarray, pairs: int | np.ndarray, *, sequential: bool) -> np.ndarray:
    if not sequential:
        return np.minimum(1.0, 2 * special.bdtr(left_out, pairs, 0.5))
    log_mixture = special.betaln(left_out + 0.5, pairs - left_out + 0.5) - special.betaln(0.5, 0.5)
    return np.minimum(1.0, np.exp(-pairs * np.log(2) - log_mixture))


def clopper_pearson(hits: int, count: int, error: float) -> tuple[float, float]:
    """Return an interval for a share of which `hits` of `count` were seen.

    Quantiles of beta distributions (Clopper & Pearson 1934): of B(k, n - k + 1) at error / 2 and
    of B(k + 1, n - k) at 1 - error / 2; 0 and 1 where none or all were hits.

    Args:
        hits: k.
        count: n, fixed beforehand.
        error: how often the interval may miss.

    """
    misses = count - hits
    low = special.betaincinv(hits, misses + 1, error / 2) if hits else 0.0
    high = special.betaincinv(hits + 1, misses, 1 - error / 2) if misses else 1.0
    return float(low), float(high)


def narrowest(missed: np.ndarray, error: float) -> int | None:
    """Return how many values the narrowest interval leaves out at each end, None if none will do.

    Args:
        missed: how often each interval misses, as `errors` returns it.
        error: how often it may.

    """
    narrow = np.flatnonzero(missed <= _most(error))
    return int(narrow[-1]) if len(narrow) else None


@cache
def fewest_pairs(confidence: float, *, sequential: bool = False) -> int:
    """Return the fewest pairs whose whole range is an interval for the median."""
    pairs = 1
    while errors(pairs, sequential=sequential)[0] > _most(1 - confidence):
        pairs += 1
    return pairs


def _most(error: float) -> float:
    # A hair more, for levels that are met exactly: rounding would miss those.
    return error * (1 + 1e-9)


class Ranges:
    """Values each known exactly or to lie in a range, and intervals for their median.

    Intervals take their low end from the lowest possible values and their high end from the
    highest, so that a value that is not known can only widen them.

    Args:
        lowest: the least that each value may be, (n,).
        highest: the most that it may be, (n,).
        sequential: whether their number may depend on what was seen.

    Raises:
        ValueError: if there are none.

    """

    def __init__(
        self, lowest: Sequence[float], highest: Sequence[float], *, sequential: bool = False
    ) -> None:
        if not len(lowest):
            raise ValueError("no pairs to compare")
        self._lowest, self._highest = np.sort(lowest), np.sort(highest)  # (n,)
        self._errors = errors(len(lowest), sequential=sequential)
        self.sequential = sequential
        self.count = len(lowest)

    def intervals(self) -> list[tuple[float, float, float]]:
        """Return (error, low, high) of the median's intervals, from the widest to the narrowest."""
        return [
            (float(error), *map(float, self._interval(left_out)))
            for left_out, error in enumerate(self._errors)
        ]

    def least_error(self, decided: Callable[[float, float], bool]) -> float:
        """Return the least error at which an interval (low, high) decides, 1 if none does."""
        return next((error for error, *ends in self.intervals() if decided(*ends)), 1.0)

    def _interval(self, left_out: int) -> tuple[float, float]:
        return self._lowest[left_out], self._highest[-1 - left_out]

    def _at(self, error: float) -> tuple[float, str, float, float]:
        """Return the estimate, which side of it is known, and the interval's ends."""
        left_out = narrowest(self._errors, error)
        ends = (-np.inf, np.inf) if left_out is None else self._interval(left_out)
        return (*_median(self._lowest, self._highest), *map(float, ends))


class PairedTimes(Ranges):
    """The log ratios log(T_B / T_A) of pairs of runs, each known exactly or to lie in a range.

    If B never arrived, the ratio is at least that of its budget; if A never did, at most that;
    if neither did, nothing is known.

    Args:
        a: the times of arm A, one for each seed.
        b: the times of arm B at the same seeds.
        sequential: whether the number of pairs may depend on what was seen.

    Raises:
        ValueError: if there are no pairs, or not as many of one as of the other.

    """

    def __init__(
        self, a: Sequence[Arrival], b: Sequence[Arrival], *, sequential: bool = False
    ) -> None:
        pairs = list(zip(a, b, strict=True))
        logs = [float(np.log(second.updates / first.updates)) for first, second in pairs]
        known = list(zip(pairs, logs, strict=True))
        super().__init__(
            [-np.inf if x.censored else log for (x, _), log in known],
            [np.inf if y.censored else log for (_, y), log in known],
            sequential=sequential,
        )
        self.censored = sum(x.censored or y.censored for x, y in pairs)
        self.wins = sum(_surely_first(x, y) for x, y in pairs)
        self.losses = sum(_surely_first(y, x) for x, y in pairs)

    def ratio(self, error: float) -> Ratio:
        """Return the estimate with the narrowest interval that misses at most so often."""
        estimate, bound, low, high = self._at(error)
        return Ratio(
            float(np.exp(estimate)),
            bound,
            float(np.exp(low)),
            float(np.exp(high)),
            1 - error,
            self.count,
            self.censored,
            self.wins,
            self.losses,
        )

    def chance(self, confidence: float) -> tuple[float, float]:
        """Return an interval for the chance that A comes first in a fresh pair.

        Clopper & Pearson 1934, for a number of pairs fixed beforehand; a pair that is open counts
        against A at the low end and for A at the high end.
        """
        at_least, _ = clopper_pearson(self.wins, self.count, 1 - confidence)
        _, at_most = clopper_pearson(self.count - self.losses, self.count, 1 - confidence)
        return at_least, at_most

    def intervals(self) -> list[tuple[float, float, float]]:
        """Return (error, low, high) of the ratio's intervals, from the widest to the narrowest."""
        return [(error, *map(float, np.exp(ends))) for error, *ends in super().intervals()]

    def pairs_needed(self, ratio: float, error: float) -> int | None:
        """Return about how many pairs would tell the median from `ratio`, if shares stay as seen.

        A pair of which it is open on which side it lies counts half to each.

        Returns:
            The number of pairs in all, or None if it would be more than MOST_PAIRS.

        """
        above = np.mean(self._lowest > np.log(ratio))
        below = np.mean(self._highest < np.log(ratio))
        share = min(above, below) + (1 - above - below) / 2
        counts = np.arange(self.count + 1, MOST_PAIRS + 1)
        left_out = np.minimum(np.ceil(share * counts - 1e-9), (counts - 1) // 2)
        missed = _error(left_out, counts, sequential=self.sequential)
        enough = np.flatnonzero(missed <= _most(error))
        return int(counts[enough[0]]) if len(enough) else None


def paired_ratio(
    a: Sequence[Arrival], b: Sequence[Arrival], confidence: float, *, sequential: bool = False
) -> Ratio:
    """Estimate the median of T_B / T_A with an interval that holds whatever the distribution."""
    return PairedTimes(a, b, sequential=sequential).ratio(1 - confidence)


def holm(least_errors: Sequence[float], error: float) -> list[float]:
    """Share an error probability among several decisions, step by step.

    The decision with the least error needed is allowed error / m, the next error / (m - 1), and
    so on; the first that needs more than it is allowed, and all after it, get no more than that
    (Holm 1979, section 3).

    Args:
        least_errors: the least error at which each of m decisions would be made.
        error: how often any of the decisions may be wrong.

    Returns:
        What each decision is allowed, in the order given.

    """
    allowed, left, stopped = [0.0] * len(least_errors), len(least_errors), False
    for number in sorted(range(len(least_errors)), key=lambda i: least_errors[i]):
        allowed[number] = error / left
        stopped = stopped or least_errors[number] > _most(error / left)
        left -= not stopped
    return allowed


def _surely_first(one: Arrival, other: Arrival) -> bool:
    """Tell whether one run came before the other, which may have been stopped at that moment."""
    if one.censored:
        return False
    return one.updates < other.updates or (other.censored and one.updates == other.updates)


def _median(lowest: np.ndarray, highest: np.ndarray) -> tuple[float, str]:
    """Return the median of values known to lie in ranges, and which side of it is known."""
    middle = slice((len(lowest) - 1) // 2, len(lowest) // 2 + 1)
    with np.errstate(invalid="ignore"):  # between minus infinity and infinity is no middle
        bottom, top = float(lowest[middle].mean()), float(highest[middle].mean())
    if bottom == top:
        return bottom, ""
    if np.isfinite(bottom):
        return bottom, "at least"
    if np.isfinite(top):
        return top, "at most"
    return float("nan"), "unknown"
