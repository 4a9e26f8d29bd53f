"""Intervals for the ratio of two times, from pairs of which some are known only in part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import special  # not scipy.stats, which takes half a second to import

from experiments.analysis.looks import HAIR, Design, sign_p_values, spent
from experiments.hitting_times import HittingTime
from experiments.study import next_look

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
    censored: int  # pairs in which one run or both did not reach the target
    wins: int  # pairs in which A surely came first
    losses: int  # pairs in which B surely came first

    def times(self, factor: float) -> Ratio:
        """Return the ratio by a clock that multiplies the one of every pair by the same factor.

        Its interval misses where this one does and nowhere else, as the factor is known exactly.
        """
        ends = self.estimate * factor, self.low * factor, self.high * factor
        return replace(self, **dict(zip(("estimate", "low", "high"), ends, strict=True)))


def p_values(pairs: int, design: Design) -> np.ndarray:
    """Return how often the interval that leaves out c values at each end misses the median.

    For a number of pairs fixed beforehand, the sign test: 2 P(Binomial(n, 1/2) <= c) (Thompson
    1936; Conover 1999, section 3.2). If the number of pairs may depend on what was seen, the sign
    test at the last of several looks; see `looks.sign_p_values`.

    Args:
        pairs: n, at least 1; the last look of a sequential design.
        design: how the number came about.

    Returns:
        At most 1, increasing, for c = 0, 1, ... below n / 2.

    Raises:
        ValueError: if there are not as many pairs as the design's last look had.

    """
    if design.sequential:
        if design.looks[-1] != pairs:
            raise ValueError(f"{pairs} pairs at a look of {design.looks[-1]}")
        return sign_p_values(design)
    return np.minimum(1.0, 2 * special.bdtr(np.arange((pairs + 1) // 2), pairs, 0.5))


def clopper_pearson(hits: int, count: int, alpha: float) -> tuple[float, float]:
    """Return an interval for a share of which `hits` of `count` were seen.

    Quantiles of beta distributions (Clopper & Pearson 1934): of B(k, n - k + 1) at alpha / 2 and
    of B(k + 1, n - k) at 1 - alpha / 2; 0 and 1 where none or all were hits.

    Args:
        hits: k.
        count: n, fixed beforehand.
        alpha: how often the interval may miss.

    """
    misses = count - hits
    low = special.betaincinv(hits, misses + 1, alpha / 2) if hits else 0.0
    high = special.betaincinv(hits + 1, misses, 1 - alpha / 2) if misses else 1.0
    return float(low), float(high)


def narrowest(missed: np.ndarray, alpha: float) -> int | None:
    """Return how many values the narrowest interval leaves out at each end, None if none will do.

    Args:
        missed: how often each interval misses, as `p_values` returns it.
        alpha: how often it may.

    """
    narrow = np.flatnonzero(missed <= alpha * HAIR)
    return int(narrow[-1]) if len(narrow) else None


def fewest_pairs(alpha: float, design: Design) -> int:
    """Return the fewest pairs that give an interval for the median.

    Where seeds are added, only a part of the error is spent by the last look of the design.
    """
    if design.sequential:
        alpha *= spent(len(design.looks))
    return _fewest_pairs(alpha)


@cache
def _fewest_pairs(alpha: float) -> int:
    pairs = 1
    while p_values(pairs, Design(alpha))[0] > alpha * HAIR:
        pairs += 1
    return pairs


class Ranges:
    """Values each known exactly or to lie in a range, and intervals for their median.

    Intervals take their low end from the lowest possible values and their high end from the
    highest, so that a value that is not known can only widen them.

    Args:
        lowest: the least that each value may be, (n,).
        highest: the most that it may be, (n,).
        design: how their number came about.

    Raises:
        ValueError: if there are none.

    """

    def __init__(self, lowest: Sequence[float], highest: Sequence[float], design: Design) -> None:
        if not len(lowest):
            raise ValueError("no pairs to compare")
        self._lowest, self._highest = np.sort(lowest), np.sort(highest)  # (n,)
        self._p_values = p_values(len(lowest), design)
        self.design = design
        self.count = len(lowest)

    def intervals(self) -> list[tuple[float, float, float]]:
        """Return (p, low, high) of the median's intervals, from the widest to the narrowest."""
        return [
            (float(p), *map(float, self._interval(left_out)))
            for left_out, p in enumerate(self._p_values)
        ]

    def count_is_too_small(self, alpha: float) -> bool:
        """Tell whether no interval misses as seldom as that, however wide it is."""
        return bool(self._p_values[0] > alpha * HAIR)

    def p_value(self, decided: Callable[[float, float], bool]) -> float:
        """Return the least alpha at which an interval (low, high) decides, 1 if none does."""
        return next((p for p, *ends in self.intervals() if decided(*ends)), 1.0)

    def _interval(self, left_out: int) -> tuple[float, float]:
        return self._lowest[left_out], self._highest[-1 - left_out]

    def _at(self, alpha: float) -> tuple[float, str, float, float]:
        """Return the estimate, which side of it is known, and the interval's ends."""
        left_out = narrowest(self._p_values, alpha)
        ends = (-np.inf, np.inf) if left_out is None else self._interval(left_out)
        return (*_median(self._lowest, self._highest), *map(float, ends))


@dataclass(frozen=True, slots=True)
class LogRatios:
    """The log ratios log(T_B / T_A) of n pairs of runs, each known exactly or to lie in a range."""

    lowest: np.ndarray  # (n,), the least that each may be
    highest: np.ndarray  # (n,), the most
    censored: np.ndarray  # (n,), booleans: whether a run did not reach the target
    wins: np.ndarray  # (n,), booleans: whether A surely came first
    losses: np.ndarray  # (n,), booleans: whether B surely came first


def log_ratios(a: Sequence[HittingTime], b: Sequence[HittingTime]) -> LogRatios:
    """Return the log ratios of pairs of runs.

    If B did not reach the target, the ratio is at least that of its budget; if A did not, at most
    that; if neither did, or one of them failed, nothing is known.

    Args:
        a: the times of arm A, one for each seed.
        b: the times of arm B at the same seeds.

    Raises:
        ValueError: if there are not as many of one as of the other.

    """
    pairs = list(zip(a, b, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):  # a run that failed is censored at 0
        logs = [float(np.log(np.divide(second.time, first.time))) for first, second in pairs]
    known = list(zip(pairs, logs, strict=True))
    return LogRatios(
        np.array([-np.inf if x.censored or np.isnan(log) else log for (x, _), log in known]),
        np.array([np.inf if y.censored or np.isnan(log) else log for (_, y), log in known]),
        np.array([x.censored or y.censored for x, y in pairs], dtype=bool),
        np.array([_surely_first(x, y) for x, y in pairs], dtype=bool),
        np.array([_surely_first(y, x) for x, y in pairs], dtype=bool),
    )


def mean_over(conditions: Sequence[LogRatios]) -> LogRatios:
    """Return each seed's mean log ratio over several conditions: the log of a geometric mean.

    Whatever is known of each is known of their sum: ranges add up, end by end, so that a ratio
    that is open at one side under one condition leaves the mean open at that side.

    Args:
        conditions: the log ratios of the same seeds under each.

    """
    lowest = np.mean([one.lowest for one in conditions], axis=0)
    highest = np.mean([one.highest for one in conditions], axis=0)
    censored = np.any([one.censored for one in conditions], axis=0)
    return LogRatios(lowest, highest, censored, lowest > 0, highest < 0)


class PairedTimes(Ranges):
    """The ratios of times of pairs of runs, or of their geometric means over conditions.

    Args:
        logs: the log ratios, one for each seed.
        design: how the number of seeds came about.

    Raises:
        ValueError: if there are none.

    """

    def __init__(self, logs: LogRatios, design: Design) -> None:
        super().__init__(logs.lowest, logs.highest, design)
        self.censored = int(logs.censored.sum())
        self.wins, self.losses = int(logs.wins.sum()), int(logs.losses.sum())

    def ratio(self, alpha: float) -> Ratio:
        """Return the estimate with the narrowest interval that misses at most so often."""
        estimate, bound, low, high = self._at(alpha)
        return Ratio(
            float(np.exp(estimate)),
            bound,
            float(np.exp(low)),
            float(np.exp(high)),
            1 - alpha,
            self.count,
            self.censored,
            self.wins,
            self.losses,
        )

    def chance(self, confidence: float) -> tuple[float, float]:
        """Return an interval for the chance that A comes first at a new seed.

        Clopper & Pearson 1934, for a number of pairs fixed beforehand; a pair that is open counts
        against A at the low end and for A at the high end.
        """
        at_least, _ = clopper_pearson(self.wins, self.count, 1 - confidence)
        _, at_most = clopper_pearson(self.count - self.losses, self.count, 1 - confidence)
        return at_least, at_most

    def intervals(self) -> list[tuple[float, float, float]]:
        """Return (p, low, high) of the ratio's intervals, from the widest to the narrowest."""
        return [(p, *map(float, np.exp(ends))) for p, *ends in super().intervals()]

    def seeds_needed(self, ratio: float, alpha: float) -> int | None:
        """Return at which later look the median would be told from `ratio`, if shares stay as seen.

        A pair of which it is open on which side it lies counts half to each. What is there now
        counts as a look, though the number of seeds was fixed: who adds some because of what was
        seen has looked. Each later look is taken to have only the part of the error that is spent
        at it, which is a little too careful.

        Returns:
            The number of seeds in all, or None if it would be more than MOST_PAIRS.

        """
        above = np.mean(self._lowest > np.log(ratio))
        below = np.mean(self._highest < np.log(ratio))
        share = min(above, below) + (1 - above - below) / 2
        counts = np.array(list(_later_looks(self.count)))
        looks = max(1, len(self.design.looks)) + np.arange(1, len(counts) + 1)
        allowed = alpha * (spent(looks) - spent(looks - 1))
        left_out = np.minimum(np.ceil(share * counts - 1e-9), (counts - 1) // 2)
        missed = np.minimum(1.0, 2 * special.bdtr(left_out, counts, 0.5))
        enough = np.flatnonzero(missed <= allowed * HAIR)
        return int(counts[enough[0]]) if len(enough) else None


def _later_looks(count: int) -> Iterator[int]:
    while (count := next_look(count)) <= MOST_PAIRS:
        yield count


def paired_ratio(a: Sequence[HittingTime], b: Sequence[HittingTime], design: Design) -> Ratio:
    """Estimate the median of T_B / T_A with an interval at 1 - alpha, whatever the distribution."""
    return PairedTimes(log_ratios(a, b), design).ratio(design.alpha)


def holm(p_values: Sequence[float], alpha: float) -> list[float]:
    """Divide an error probability among several hypotheses, step by step.

    The hypothesis with the least p-value is allowed alpha / m, the next alpha / (m - 1), and so
    on; the first whose p-value is more than it is allowed, and all after it, get no more than that
    (Holm 1979, section 3).

    Args:
        p_values: the least alpha at which each of m hypotheses would be decided.
        alpha: how often any of the decisions may be wrong.

    Returns:
        What each hypothesis is allowed, in the order given.

    """
    allowed, left, stopped = [0.0] * len(p_values), len(p_values), False
    for number in sorted(range(len(p_values)), key=lambda i: p_values[i]):
        allowed[number] = alpha / left
        stopped = stopped or p_values[number] > alpha / left * HAIR
        left -= not stopped
    return allowed


def _surely_first(one: HittingTime, other: HittingTime) -> bool:
    """Tell whether one run came before the other, which may have been stopped at that moment."""
    if one.censored:
        return False
    return one.time < other.time or (other.censored and one.time == other.time)


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
