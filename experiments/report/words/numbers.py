"""Numbers, intervals and regions as a reader sees them."""

from __future__ import annotations

import math

import numpy as np

from experiments.analysis.inference import Ratio
from experiments.analysis.neighbours import Shifted
from experiments.analysis.samples import Estimate
from experiments.analysis.verdicts import TimeVerdict
from experiments.study import Region


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, and without an exponent."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")  # first: 9.999 is 10.0 and not 10.00
    if abs(rounded) >= 10**digits:
        return f"{value:,.0f}"
    trim = "-" if abs(rounded) < 1 else "k"  # 2.00 and 0.05
    text = np.format_float_positional(
        rounded, precision=digits, unique=False, fractional=False, trim=trim
    ).rstrip(".")
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if abs(rounded) >= 1000 else text


def scientific(value: float) -> str:
    """Write a number that may be too large or small to be written out: `1.3e+09`."""
    size = abs(value)
    extreme = 1e4 <= size < math.inf or 0 < size < 1e-3
    return f"{value:.2g}" if extreme else number(value)


def level(confidence: float) -> str:
    """Write a level, the error that it leaves with two digits: `95 %`, `98.3 %`, `99.975 %`."""
    error = float(f"{100 * (1 - confidence):.2g}")
    return f"{100 - error:.10g} %"


def times(count: int) -> str:
    """Write how often: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def rates(counts: dict[float, int]) -> str:
    """Write how often each learning rate was taken: `0.0156 (14 runs), 0.0312 (6 runs)`."""
    if len(counts) == 1:
        return number(next(iter(counts)))
    return ", ".join(f"{number(rate)} ({count} runs)" for rate, count in counts.items())


def values(counts: dict[str, int]) -> str:
    """Write how often each value of what is searched beside the rate was taken, in its order."""
    return ", ".join(f"{label} ({count} runs)" for label, count in counts.items() if count)


def estimate(ratio: Ratio | Estimate) -> str:
    """Write an estimate: `1.32`, `at least 4.2`, `–`."""
    if math.isnan(ratio.estimate):
        return "–"
    if ratio.confidence == 1:  # known without error
        return f"{ratio.estimate:.5g}"
    return f"{ratio.bound} {scientific(ratio.estimate)}".strip()


def interval(ratio: Ratio | Estimate) -> str:
    """Write an interval: `1.21 to 1.45`; `exact` of a number that is known without error."""
    if ratio.confidence == 1:
        return "exact"
    return f"{scientific(ratio.low)} to {scientific(ratio.high)}"


def p_value(value: float) -> str:
    """Write a p-value with two digits: `0.041`, `< 0.0001`."""
    return "< 0.0001" if value < 1e-4 else number(value, 2)


def between(shifted: Shifted) -> str:
    """Write a ratio that may be known as a range alone: `0.84`, `0.8 to 1.2`, `at least 2`."""
    low, high = shifted.low, shifted.high
    if not shifted.pairs or (low == 0 and math.isinf(high)) or math.isnan(low):
        return "–"
    if low == high:
        told = scientific(low)
    elif math.isinf(high):
        told = f"at least {scientific(low)}"
    else:
        told = (
            f"at most {scientific(high)}"
            if low == 0
            else f"{scientific(low)} to {scientific(high)}"
        )
    return f"{told} ({shifted.pairs} pairs)"


def chance(verdict: TimeVerdict) -> str:
    """Write the interval for the chance to come first: `1 to 25 %`."""
    low, high = verdict.chance
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def region(claimed: Region) -> str:
    """Write where a number is claimed to lie: `at least 0.5`, `0.45 to 0.55`, `above 0`."""
    if math.isinf(claimed.low):
        return f"{'below' if claimed.open else 'at most'} {scientific(claimed.high)}"
    if math.isinf(claimed.high):
        return f"{'above' if claimed.open else 'at least'} {scientific(claimed.low)}"
    if claimed.low == claimed.high:
        return f"exactly {scientific(claimed.low)}"
    middle, half = (claimed.low + claimed.high) / 2, (claimed.high - claimed.low) / 2
    low, high = scientific(claimed.low), scientific(claimed.high)
    if half < abs(middle) / 100 or low == high:
        return f"{scientific(middle)} ± {scientific(half)}"
    return f"{low} to {high}"
