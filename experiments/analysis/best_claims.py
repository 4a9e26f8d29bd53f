"""From claims that one arm is the best of an axis, and results, to what can be judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from experiments.analysis.measure_claims import MeasureComparison, measure_comparisons
from experiments.analysis.results import Results
from experiments.analysis.times_to_target import TimeComparison, time_comparisons
from experiments.analysis.verdicts import BestVerdict, Outcome
from experiments.study import BestClaim, TimeClaim

Duel = TimeComparison | MeasureComparison


def best_comparisons(results: Results, claim: BestClaim) -> Iterator[BestComparison]:
    """Yield what a claim compares: the arm with all others, condition by condition and target."""
    groups: dict[tuple, list[Duel]] = defaultdict(list)
    for duel in claim.duels:
        compare = time_comparisons if isinstance(duel, TimeClaim) else measure_comparisons
        for comparison in compare(results, duel):
            groups[comparison.condition, comparison.target].append(comparison)
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
    """

    def __init__(self, claim: BestClaim, duels: list[Duel]) -> None:
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
        """Judge the claim, wrong at most so often; its rival is the one that decided.

        That is the rival that beat the arm, or else the one that came closest to it: the duel that
        is the last to be supported as alpha grows.
        """
        sharp = [duel.verdict(alpha / len(self._duels)) for duel in self._duels]
        plain = [duel.verdict(alpha) for duel in self._duels]
        refuted = [i for i, v in enumerate(sharp) if v.outcome == "refuted"]
        outcome: Outcome = "inconclusive"
        if refuted:
            outcome = "refuted"
            place = min(refuted, key=lambda i: self._duels[i].p_value_of("refuted"))
        else:
            places = range(len(plain))
            if all(v.outcome == "supported" for v in plain):
                outcome = "supported"
            elif all(v.outcome == "untestable" for v in plain):
                outcome = "untestable"
            place = max(places, key=lambda i: (plain[i].outcome != "supported", self._hardness(i)))
        duel = (sharp if refuted else plain)[place]
        return BestVerdict(
            claim=self.claim,
            condition=duel.condition,
            outcome=outcome,
            reason=duel.reason if outcome == "untestable" else "",
            p_value=self.p_value,
            wants_seeds=not refuted and any(v.wants_seeds or v.outcome == "refuted" for v in plain),
            duel=duel,
            rivals=len(plain),
            beaten=sum(v.outcome == "supported" for v in plain),
        )

    def _hardness(self, place: int) -> tuple[float, float]:
        duel = self._duels[place]
        return duel.p_value_of("supported"), -duel.p_value_of("refuted")
