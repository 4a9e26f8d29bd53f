"""What several runs tell of one number: an estimate with an interval, whatever the number is."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from experiments.analysis.inference import Ranges, clopper_pearson
from experiments.analysis.looks import FRACTIONS, HAIR, SHARES, Design, share_p_values

LEAST_P_VALUE = 1e-12
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

    def count_is_too_small(self, alpha: float) -> bool:
        """Tell whether no interval misses as seldom as that, however wide it is."""

    def p_value(self, decided: Callable[[float, float], bool]) -> float:
        """Return the least alpha at which an interval (low, high) decides, 1 if none does."""

    def estimate(self, alpha: float) -> Estimate:
        """Return the estimate with the narrowest interval that misses at most so often."""


class Median(Ranges):
    """The median over runs, by the sign test inverted; a value that is NaN may be anything.

    Args:
        values: one for each run, or the difference of a pair of runs.
        design: how the number of runs came about.

    """

    def __init__(self, values: Sequence[float], design: Design) -> None:
        values = np.asarray(values, dtype=float)
        missing = np.isnan(values)
        super().__init__(
            np.where(missing, -np.inf, values),
            np.where(missing, np.inf, values),
            design,
        )
        self._unknown = int(missing.sum())

    def estimate(self, alpha: float) -> Estimate:
        """Return the median with the narrowest interval that misses at most so often."""
        return Estimate(*self._at(alpha), 1 - alpha, self.count, self._unknown)


class Proportion:
    """The share of runs of which something is true.

    The interval is Clopper & Pearson's (1934) for a number of runs fixed beforehand. If that may
    depend on what was seen, it holds the shares that the binomial test at the last of several
    looks does not rule out, with ends among `looks.SHARES`; see `looks.share_p_values`.

    Args:
        values: 0 or 1 for each run; NaN where it is not known, which widens the interval.
        design: how the number of runs came about.

    """

    def __init__(self, values: Sequence[float], design: Design) -> None:
        values = np.asarray(values, dtype=float)
        self.count = len(values)
        self._unknown = int(np.isnan(values).sum())
        self._least = int(np.nansum(values))
        self._design = design

    def count_is_too_small(self, alpha: float) -> bool:
        """Return False: any number of runs gives an interval."""
        return False

    def p_value(self, decided: Callable[[float, float], bool]) -> float:
        """Return the least alpha at which an interval (low, high) decides, 1 if none does."""
        if self._design.sequential:
            alphas = self._design.alpha * FRACTIONS
            count = bisect.bisect_left(
                range(len(alphas)), True, key=lambda i: not decided(*self._interval(alphas[i]))
            )
            return float(alphas[count - 1]) if count else 1.0

        def decides(log_alpha: float) -> bool:
            return decided(*self._interval(float(np.exp(log_alpha))))

        low, high = np.log(LEAST_P_VALUE), np.log(1 - 1e-9)
        if not decides(high):
            return 1.0
        while high - low > 1e-3:  # intervals shrink as alpha grows: once decided, always
            middle = (low + high) / 2
            low, high = (low, middle) if decides(middle) else (middle, high)
        return float(np.exp(high))

    def estimate(self, alpha: float) -> Estimate:
        """Return the share with an interval that misses at most so often."""
        share = (self._least + self._unknown / 2) / self.count
        ends = self._interval(alpha)
        return Estimate(share, "", *ends, 1 - alpha, self.count, self._unknown)

    def _interval(self, alpha: float) -> tuple[float, float]:
        most = self._least + self._unknown
        if self._design.sequential:
            return self._above(self._least, alpha), 1 - self._above(self.count - most, alpha)
        low, _ = clopper_pearson(self._least, self.count, alpha)
        _, high = clopper_pearson(most, self.count, alpha)
        return low, high

    def _above(self, hits: int, alpha: float) -> float:
        """Return the largest share that so many hits rule out, with all below it."""
        ruled_out = share_p_values(self._design)[:, self.count - hits] <= alpha * HAIR
        return float(SHARES[ruled_out].max(initial=0.0))


class Exact:
    """A number that every run reads the same, such as a property of a function."""

    def __init__(self, values: Sequence[float]) -> None:
        self.count = len(values)
        self._value = float(values[0])

    def count_is_too_small(self, alpha: float) -> bool:
        """Return False: one reading tells all."""
        return False

    def p_value(self, decided: Callable[[float, float], bool]) -> float:
        """Return 0 if the number decides, and 1 otherwise."""
        return 0.0 if decided(self._value, self._value) else 1.0

    def estimate(self, alpha: float) -> Estimate:
        """Return the number, known without error."""
        return Estimate(self._value, "", self._value, self._value, 1.0, self.count, 0)
