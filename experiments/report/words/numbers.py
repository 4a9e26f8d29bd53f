"""Numbers, intervals and regions as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from experiments.analysis.inference import Ratio
from experiments.analysis.neighbours import Shifted
from experiments.analysis.samples import Estimate
from experiments.analysis.verdicts import TimeVerdict
from experiments.study import Region, arm_in_words


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


def scientific(value: float, digits: int = 3) -> str:
    """Write a number that may be too large or small to be written out: `1.3e+09`."""
    size = abs(value)
    extreme = 1e4 <= size < math.inf or 0 < size < 1e-3
    return f"{value:.{digits - 1}g}" if extreme else number(value, digits)


MOST_DIGITS = 12
"""No number is told with more: beyond them, two that differ have been rounded differently."""


def apart(value: float, *others: float) -> str:
    """Write a number with the digits that it takes not to look like any of others."""
    for digits in range(3, MOST_DIGITS):
        told = scientific(value, digits)
        if all(other == value or scientific(other, digits) != told for other in others):
            return told
    return scientific(value, MOST_DIGITS)


EXACT_DIGITS = 7
"""A threshold that these digits tell exactly is told by them."""


def threshold(value: float, *others: float) -> str:
    """Write a number that decides, exactly where few digits do: `4.8`, `0.104994`."""
    told = f"{value + 0.0:.{EXACT_DIGITS}g}"  # no -0
    exact = math.isclose(float(told), value, rel_tol=1e-12)
    return told if exact else apart(value, *others)


def with_difference(values: Sequence[float], difference: float) -> tuple[list[str], str]:
    """Write numbers with as many decimals as their difference, beside which they stand.

    Returns:
        The numbers, and the difference.

    """
    told = scientific(difference)
    if "e" not in told and _decimals(told) > 3:  # so that the numbers need not be told with as many
        told = scientific(difference, 2)
    places = _decimals(told)
    return [
        f"{value:.{places}f}"
        if math.isfinite(value) and 1e-3 <= abs(value) < 1e4 and places > _decimals(number(value))
        else scientific(value)
        for value in values
    ], told


def _decimals(told: str) -> int:
    """Return how many decimals a number is written with, its exponent counted: `5.2e-05` has 6."""
    mantissa, _, exponent = told.partition("e")
    return max(0, len(mantissa.partition(".")[2]) - int(exponent or 0))


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


def usable(found: Ratio | Estimate) -> bool:
    """Tell whether runs say anything of a number: a ratio's interval is bounded at some end."""
    if math.isnan(found.estimate):
        return False
    return not isinstance(found, Ratio) or found.low > 0 or math.isfinite(found.high)


def estimate(found: Ratio | Estimate) -> str:
    """Write an estimate: `1.32`, `at least 4.2`, `no usable estimate`."""
    if not usable(found):
        return "no usable estimate"
    if found.confidence == 1:  # known without error
        written_out = 1e-3 <= abs(found.estimate) < math.inf
        return f"{found.estimate:.{EXACT_DIGITS}g}" if written_out else scientific(found.estimate)
    return f"{found.bound} {scientific(found.estimate)}".strip()


def interval(found: Ratio | Estimate, claimed: Region | None = None) -> str:
    """Write an interval: `1.21 to 1.45`; `exact` of a number that is known without error.

    Args:
        found: with the interval.
        claimed: where the number is claimed to lie: no end of the interval looks like an end of
            it that it is not.

    """
    if found.confidence == 1:
        return "exact"
    if not usable(found) and isinstance(found, Ratio):
        return "–"
    ends = () if claimed is None else (claimed.low, claimed.high)
    return f"{apart(found.low, *ends)} to {apart(found.high, *ends)}"


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
    """Write the interval for the chance to come first at a new seed: `1 to 25 %`."""
    low, high = verdict.chance
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def chance_of(verdict: TimeVerdict) -> str:
    """Write the same with the name of the arm that would come first: `relu 1 to 25 %`."""
    return f"{arm_in_words(verdict.claim.faster)} {chance(verdict)}"


def region(claimed: Region, found: Ratio | Estimate | None = None) -> str:
    """Write where a number is claimed to lie: `at least 0.5`, `0.45 to 0.55`, `above 0`.

    Args:
        claimed: the region.
        found: with the interval that it is compared with, whose ends its own shall not look like.

    """
    others = () if found is None else (found.low, found.high)
    low, high = threshold(claimed.low, *others), threshold(claimed.high, *others)
    if math.isinf(claimed.low):
        return f"{'below' if claimed.open else 'at most'} {high}"
    if math.isinf(claimed.high):
        return f"{'above' if claimed.open else 'at least'} {low}"
    if claimed.low == claimed.high:
        return f"exactly {low}"
    middle, half = (claimed.low + claimed.high) / 2, (claimed.high - claimed.low) / 2
    if middle == 0:
        return f"0 ± {high}"
    if half < abs(middle) / 100 or low == high:
        return f"{threshold(float(f'{middle:.12g}'))} ± {threshold(float(f'{half:.12g}'))}"
    return f"{low} to {high}"
