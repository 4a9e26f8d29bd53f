"""By which clocks a verdict is another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from experiments.analysis.verdicts import BestVerdict, MeasureVerdict, Reading, TimeVerdict, Verdict
from experiments.report.words.labels import listed
from experiments.report.words.numbers import estimate, interval, usable
from experiments.study import arm_in_words


def turned(verdict: Verdict) -> str:
    """Write by which clock a verdict is another: `multiplications: refuted`; empty if by none."""
    return "; ".join(f"{r.clock}: {r.outcome}" for r in turning(verdict))


def turning(verdict: Verdict) -> list[Reading]:
    """Return the readings of a verdict by clocks that turn it."""
    if isinstance(verdict, MeasureVerdict):
        return []
    return [r for r in verdict.readings if not r.agrees]


def turned_in(verdicts: Sequence[Verdict]) -> str:
    """Say how many verdicts of a claim are others by another clock; empty if none is."""
    counts = Counter(r.clock for v in verdicts for r in turning(v))
    told = [f"{count} in {clock}" for clock, count in counts.items()]
    if not told:
        return ""
    return f"Counted by another clock, of these {len(verdicts)} verdicts {listed(told)} differ."


def by_clocks(verdict: TimeVerdict | BestVerdict) -> str:
    """Say by which clocks a verdict is another one; empty if by none."""
    duel = verdict.duel if isinstance(verdict, BestVerdict) else verdict
    race = duel.claim
    told = []
    for r in turning(verdict):
        than = arm_in_words(r.rival or race.than)
        size = f"{than} needed {estimate(r.ratio)} times those of {arm_in_words(race.faster)}"
        size += f" (interval {interval(r.ratio, duel.region)})"
        if not usable(r.ratio):
            size = f"no usable estimate against {than}"
        told.append(f"Counted in {r.clock} it is {r.outcome} instead: {size}.")
    return " ".join(told)
