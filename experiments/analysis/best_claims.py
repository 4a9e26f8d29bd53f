"""From claims that one arm is the best of an axis, and results, to what can be judged."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from experiments.analysis.measure_claims import MeasureComparison, measure_comparisons
from experiments.analysis.results import Results
from experiments.analysis.times_to_target import TimeComparison, time_comparisons
from experiments.analysis.verdicts import (
    BestVerdict,
    MeasureVerdict,
    Outcome,
    Reading,
    TimeVerdict,
    Verdict,
)
from experiments.study import BestClaim, TimeClaim

Duel = TimeComparison | MeasureComparison


def best_comparisons(results: Results, claim: BestClaim) -> Iterator[BestComparison]:
    """Yield what a claim compares: the arm with all others, condition by condition and target.

    Before them, where it is pooled, all conditions together.
    """
    groups: dict[tuple, list[Duel]] = defaultdict(list)
    for duel in claim.duels:
        compare = time_comparisons if isinstance(duel, TimeClaim) else measure_comparisons
        for comparison in compare(results, duel):
            where = comparison.conditions, comparison.condition, comparison.target
            groups[where].append(comparison)
    for duels in groups.values():
        yield BestComparison(claim, duels)


class BestComparison:
    """One arm against each of its k - 1 rivals, before its verdict may cost any error.

    The claim is that the arm is at least as good as every rival. It is supported at alpha if each
    duel is, at alpha: where the claim is false, some rival is better, and the duel with that very
    one would have to err (the intersection-union test, Berger 1982). It is refuted at alpha if some
    duel is refuted at alpha / (k - 1): where the claim is true, one of k - 1 duels would have to
    err (Bonferroni). As only one of the two can be an error, whichever the truth is, a verdict is
    wrong at most alpha of the time, and the p-value is the lesser of (the largest p-value of
    support) and (k - 1) x (the least p-value of refutation).

    Where seeds are added, each duel's interval misses no more often at all looks together than at
    one, so that the same sums hold for all looks together.

    By another clock than the claim's own, every duel is one of other times whose intervals miss as
    seldom: the same holds of the verdict by each clock for itself.
    """

    def __init__(self, claim: BestClaim, duels: Sequence[Duel]) -> None:
        self.claim, self._duels = claim, duels

    @cached_property
    def _support(self) -> float:
        return max(duel.p_value_of("supported") for duel in self._duels)

    @cached_property
    def _refutation(self) -> float:
        least = min(duel.p_value_of("refuted") for duel in self._duels)
        return min(1.0, len(self._duels) * least)

    @property
    def p_value(self) -> float:
        """Return the least alpha at which the claim would be decided, 1 if at none."""
        return min(self._support, self._refutation)

    def verdict(self, alpha: float) -> BestVerdict:
        """Judge the claim, wrong at most so often, and read the verdict by every other clock."""
        found = self._by_own_clock(alpha)
        return replace(found, readings=tuple(self._readings(found, alpha)))

    def _readings(self, found: BestVerdict, alpha: float) -> Iterator[Reading]:
        races = [duel for duel in self._duels if isinstance(duel, TimeComparison)]
        for clock in dict.fromkeys(clock for duel in races for clock in duel.clocks):
            told = BestComparison(self.claim, [duel.by(clock) for duel in races])
            by_clock = told._by_own_clock(alpha)
            yield Reading(clock, by_clock.estimate, by_clock.outcome, found.outcome, by_clock.rival)

    def _by_own_clock(self, alpha: float) -> BestVerdict:
        """Judge the claim by the one clock of its duels; its rival is the one that decided.

        That is the rival that beat the arm, or else the one that came closest to it: the duel that
        is the last to be supported as alpha grows. Of several at once, it is the one whose interval
        leaves the arm the least lead.
        """
        sharp = [duel.verdict(alpha / len(self._duels)) for duel in self._duels]
        plain = [duel.verdict(alpha) for duel in self._duels]
        refuted = [i for i, v in enumerate(sharp) if v.outcome == "refuted"]
        outcome: Outcome = "inconclusive"
        if refuted:
            outcome = "refuted"
            place = min(refuted, key=lambda i: (self._refuted_at(i), _lead(sharp[i])))
        else:
            places = range(len(plain))
            if all(v.outcome == "supported" for v in plain):
                outcome = "supported"
            elif all(v.outcome == "untestable" for v in plain):
                outcome = "untestable"
            place = min(places, key=lambda i: (self._ease(i, plain[i]), _lead(plain[i])))
        duel = (sharp if refuted else plain)[place]
        if isinstance(duel, TimeVerdict):  # what another clock says of all duels is told instead
            duel = replace(duel, readings=())
        return BestVerdict(
            claim=self.claim,
            condition=duel.condition,
            conditions=duel.conditions,
            outcome=outcome,
            reason=duel.reason if outcome == "untestable" else "",
            p_value=self.p_value,
            wants_seeds=not refuted and any(v.wants_seeds or v.outcome == "refuted" for v in plain),
            duel=duel,
            rivals=len(plain),
            beaten=sum(v.outcome == "supported" for v in plain),
        )

    def _ease(self, place: int, duel: Verdict) -> tuple[bool, float, float]:
        """Return what is less the harder a duel is for the arm, but for its lead."""
        supported_at = self._duels[place].p_value_of("supported")
        return duel.outcome == "supported", -supported_at, self._refuted_at(place)

    def _refuted_at(self, place: int) -> float:
        return self._duels[place].p_value_of("refuted")


def _lead(duel: TimeVerdict | MeasureVerdict) -> float:
    """Return how far ahead the arm surely is, as large as that is good; all runs may win alike."""
    found = duel.estimate
    return -found.high if math.isinf(duel.region.low) else found.low
