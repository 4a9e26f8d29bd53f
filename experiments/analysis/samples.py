"""What several runs tell of one number: an estimate with an interval, whatever the number is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from experiments.analysis.inference import Ranges, clopper_pearson, fewest_pairs

LEAST_ERROR = 1e-12
"""No decision about a share is told to be surer than this."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number told by several runs; `low` and `high` are the interval's ends.

    Where runs without a value leave the number itself open, `estimate` is the end that is known
    and `bound` says which: "at least" or "at most".
    """

    estimate: float
    bound: str
    low: float
    high: float
    confidence: float  # of the interval; 1 where every run reads the same
    count: int  # runs, or pairs of runs
    unknown: int  # of which the number is not known, most often as they diverged


class Sample(Protocol):
    """What runs tell of a number, at whatever error is allowed."""

    count: int

    def fewest(self, confidence: float) -> int:
        """Return how many runs it takes for an interval at some level."""

    def least_error(self, decided: Callable[[float, float], bool]) -> float:
        """Return the least error at which an interval (low, high) decides, 1 if none does."""

    def estimate(self, error: float) -> Estimate:
        """Return the estimate with the narrowest interval that misses at most so often."""


class Median(Ranges):
    """The median over runs, by the sign test inverted; a value that is NaN may be anything.

    Args:
        values: one for each run, or the difference of a pair of runs.
        sequential: whether the number of runs may depend on what was seen.

    """

    def __init__(self, values: Sequence[float], *, sequential: bool = False) -> None:
        values = np.asarray(values, dtype=float)
        missing = np.isnan(values)
        super().__init__(
            np.where(missing, -np.inf, values),
            np.where(missing, np.inf, values),
            sequential=sequential,
        )
        self._unknown = int(missing.sum())

    def fewest(self, confidence: float) -> int:
        """Return how many runs it takes for an interval at some level."""
        return fewest_pairs(confidence, sequential=self.sequential)

    def estimate(self, error: float) -> Estimate:
        """Return the median with the narrowest interval that misses at most so often."""
        return Estimate(*self._at(error), 1 - error, self.count, self._unknown)


class Share:
    """The share of runs of which something is true.

    The interval is Clopper & Pearson's (1934) for a number of runs fixed beforehand. If that may
    depend on what was seen, it holds the shares p that a mixture does not rule out:
    B(k + 1/2, n - k + 1/2) / B(1/2, 1/2) / (p^k (1 - p)^(n - k)) < 1 / error (Robbins 1970, with
    the beta mixture of Howard & Ramdas 2022).

    Args:
        values: 0 or 1 for each run; NaN where it is not known, which widens the interval.
        sequential: whether the number of runs may depend on what was seen.

    """

    def fewest(self, confidence: float) -> int:
        """Return 1: any number of runs gives an interval."""
        return 1

    def __init__(self, values: Sequence[float], *, sequential: bool = False) -> None:
        values = np.asarray(values, dtype=float)
        self.count = len(values)
        self._unknown = int(np.isnan(values).sum())
        self._least = int(np.nansum(values))
        self._sequential = sequential

    def least_error(self, decided: Callable[[float, float], bool]) -> float:
        """Return the least error at which an interval (low, high) decides, 1 if none does."""

        def decides(log_error: float) -> bool:
            return decided(*self._interval(float(np.exp(log_error))))

        low, high = np.log(LEAST_ERROR), np.log(1 - 1e-9)
        if not decides(high):
            return 1.0
        while high - low > 1e-3:  # intervals shrink as the error grows: once decided, always
            middle = (low + high) / 2
            low, high = (low, middle) if decides(middle) else (middle, high)
        return float(np.exp(high))

    def estimate(self, error: float) -> Estimate:
        """Return the share with an interval that misses at most so often."""
        share = (self._least + self._unknown / 2) / self.count
        ends = self._interval(error)
        return Estimate(share, "", *ends, 1 - error, self.count, self._unknown)

    def _interval(self, error: float) -> tuple[float, float]:
        most = self._least + self._unknown
        if not self._sequential:
            low, _ = clopper_pearson(self._least, self.count, error)
            _, high = clopper_pearson(most, self.count, error)
            return low, high
        return self._mixture_end(self._least, error, 0.0), self._mixture_end(most, error, 1.0)

    def _mixture_end(self, hits: int, error: float, end: float) -> float:
        from scipy import optimize  # slow to import, and few studies need it

        misses = self.count - hits
        mixture = special.betaln(hits + 0.5, misses + 0.5) - special.betaln(0.5, 0.5)

        def beyond(p: float) -> float:
            likelihood = special.xlogy(hits, p) + special.xlogy(misses, 1 - p)
            return float(mixture - likelihood + np.log(error))

        share, edge = hits / self.count, abs(end - 1e-12)
        if share == end or beyond(edge) <= 0:
            return end
        return float(optimize.brentq(beyond, min(edge, share), max(edge, share)))


class Exact:
    """A number that every run reads the same, such as a property of a function."""

    def fewest(self, confidence: float) -> int:
        """Return 1: any number of runs gives an interval."""
        return 1

    def __init__(self, values: Sequence[float]) -> None:
        self.count = len(values)
        self._value = float(values[0])

    def least_error(self, decided: Callable[[float, float], bool]) -> float:
        """Return 0 if the number decides, and 1 otherwise."""
        return 0.0 if decided(self._value, self._value) else 1.0

    def estimate(self, error: float) -> Estimate:
        """Return the number, known without error."""
        return Estimate(self._value, "", self._value, self._value, 1.0, self.count, 0)
