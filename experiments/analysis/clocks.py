"""A ratio of times told by other clocks than updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from experiments.analysis.inference import Ratio
from experiments.analysis.results import Costs
from experiments.analysis.verdicts import Outcome, Reading, TimeVerdict, decide
from experiments.study import Region, Setting


def factors(costs: Costs, faster: Setting, than: Setting) -> dict[str, float]:
    """Return by what each clock multiplies the ratio of two settings, where their costs are known.

    An update costs each arm the same every time, so that the ratio by a clock is the ratio of
    updates times cost of an update of B / cost of an update of A.
    """
    if faster not in costs or than not in costs:
        return {}
    return {clock: costs[than][clock] / cost for clock, cost in costs[faster].items()}


def scaled(ratio: Ratio, factor: float) -> Ratio:
    """Return a ratio of updates by another clock.

    Its interval misses the ratio by that clock where the one of updates misses that of updates,
    and nowhere else: the factor is known exactly.
    """
    return replace(
        ratio,
        estimate=ratio.estimate * factor,
        low=ratio.low * factor,
        high=ratio.high * factor,
    )


def reading(clock: str, ratio: Ratio, region: Region, factor: float, usual: Outcome) -> Reading:
    """Read a verdict by a clock.

    Args:
        clock: its name.
        ratio: of updates.
        region: where the claim says that the ratio lies.
        factor: by what the clock multiplies it.
        usual: the verdict by updates; what is untestable by them is so by any clock.

    """
    told = scaled(ratio, factor)
    outcome = usual if usual == "untestable" else decide(told.low, told.high, region)
    return Reading(clock, told, outcome, usual)


def readings(verdicts: Sequence[TimeVerdict], costs: Costs) -> list[tuple[TimeVerdict, Reading]]:
    """Read every verdict by every clock; not those of settings whose costs are not known."""
    return [
        (v, reading(clock, v.ratio, v.region, factor, v.outcome))
        for v in verdicts
        for clock, factor in factors(costs, v.faster.setting, v.than.setting).items()
    ]
