"""From claims of which arm is faster, and results, to what can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments.analysis.clocks import costs_of, times_by
from experiments.analysis.inference import (
    PairedTimes,
    Ratio,
    fewest_pairs,
    log_ratios,
    mean_over,
)
from experiments.analysis.pooling import together
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.verdicts import (
    Hypothesis,
    Outcome,
    Reading,
    TimeVerdict,
    Verdict,
    decide,
    hypotheses,
)
from experiments.clocks import CLOCKS, SECONDS
from experiments.hitting_times import HittingTime, met_at_start
from experiments.study import Claim, Labels, Region, TimeClaim, arm_in_words, split_protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """A comparison whose verdict depends on the protocol."""

    claim: Claim
    hypothesis: Hypothesis | None
    target: float | None
    condition: Labels  # without the protocol
    by_protocol: dict[str, Outcome]
    conditions: int = 1  # over how many


def turns(verdicts: Sequence[Verdict]) -> list[Turn]:
    """Return the comparisons that protocols disagree on."""
    groups: dict[tuple, dict[str, Outcome]] = {}
    for v in verdicts:
        protocol, rest = split_protocol(v.condition)
        compared = v.claim, v.hypothesis, v.target, rest, v.conditions
        groups.setdefault(compared, {})[protocol] = v.outcome
    return [
        Turn(*compared, outcomes, conditions)
        for (*compared, conditions), outcomes in groups.items()
        if len(set(outcomes.values())) > 1
    ]


def time_comparisons(results: Results, claim: TimeClaim) -> Iterator[TimeComparison]:
    """Yield what a claim compares: condition by condition, target by target, by hypothesis.

    Before them, where it is pooled, all conditions together, protocol by protocol.
    """
    found = list(settings_to_compare(results, claim))
    groups = [(condition, [pair]) for condition, *pair in found]
    if claim.pooled:
        groups = [*together((condition, pair) for condition, *pair in found), *groups]
    for condition, pairs in groups:
        for target in claim.targets:
            race = _Race(results, claim, target, condition, pairs)
            for hypothesis, region in hypotheses(claim).items():
                yield TimeComparison(race, hypothesis, region)


class _Race:
    """Two arms at one target: their settings under one condition, or under several.

    Under several, a seed's ratio is the geometric mean of those it has under each: every condition
    counts alike, and seeds stay independent of each other.
    """

    def __init__(
        self,
        results: Results,
        claim: TimeClaim,
        target: float,
        condition: Labels,
        pairs: Sequence[Sequence[SettingResult]],
    ) -> None:
        self.claim, self.target, self.condition = claim, target, condition
        self.faster, self.than = zip(*pairs, strict=True)
        self.a = [result.hitting_times(claim.metric, target) for result in self.faster]
        self.b = [result.hitting_times(claim.metric, target) for result in self.than]
        self._costs, self._design, self._alpha = results.costs, results.design, results.study.alpha
        self.times = self.by(claim.clock)
        self.few = self.times.count_is_too_small(self._alpha)
        self.reason = self._why_untestable()

    @property
    def clocks(self) -> tuple[str, ...]:
        """The other clocks, of those that are not measured, by which the arms' updates differ.

        The cost of an update differs between the arms by more than it does by the claim's own.
        """
        own = self._relative_costs(self.claim.clock)
        return tuple(
            clock
            for clock in CLOCKS
            if clock not in (SECONDS, self.claim.clock)
            and (costs := self._relative_costs(clock)) is not None
            and not np.array_equal(costs, own)
        )

    def by(self, clock: str) -> PairedTimes:
        """Return the ratios of what a clock counts."""
        arms = ((self.faster, self.a), (self.than, self.b))
        faster, than = (
            [times_by(clock, one, found, self._costs) for one, found in zip(*arm, strict=True)]
            for arm in arms
        )
        logs = [log_ratios(a, b) for a, b in zip(faster, than, strict=True)]
        return PairedTimes(logs[0] if len(logs) == 1 else mean_over(logs), self._design)

    def _relative_costs(self, clock: str) -> np.ndarray | None:
        """Return the cost of an update of each run of B over that of A, (conditions, n)."""
        found = [
            (costs_of(than, clock, self._costs), costs_of(faster, clock, self._costs))
            for faster, than in zip(self.faster, self.than, strict=True)
        ]
        if any(cost is None for pair in found for cost in pair):
            return None
        return np.array([than / faster for than, faster in found])

    def _why_untestable(self) -> str:
        """Say why the comparison tells nothing, or return nothing."""
        never = sum(all(x.censored for x in (*a, *b)) for a, b in zip(self.a, self.b, strict=True))
        if never and len(self.a) == 1:
            arms = " or ".join(arm_in_words(arm) for arm in self.claim.arms)
            return f"no run of {arms} got that far"
        if never:
            return (
                f"under {never} of the {len(self.a)} conditions no run of either arm got that "
                "far, so that nothing is known of the mean over them"
            )
        traces = [trace for result in (*self.faster, *self.than) for trace in result.traces]
        if all(met_at_start(trace, self.claim.metric, self.target) for trace in traces):
            return "every run was there before it was trained"
        if self.few:
            level = f"{(1 - self._alpha) * 100:.10g} %"
            needed = fewest_pairs(self._alpha, self.times.design)
            return f"{self.times.count} pairs cannot give an interval at {level}; it takes {needed}"
        return ""


class TimeComparison:
    """One hypothesis about two arms at one target, before its verdict may cost any error.

    Args:
        race: the arms.
        hypothesis: which one of the claim.
        region: where it says that the ratio lies.
        clock: what times are counted by; the claim's own clock if left out.

    """

    def __init__(
        self, race: _Race, hypothesis: Hypothesis, region: Region, clock: str | None = None
    ) -> None:
        self.claim, self._race = race.claim, race
        self.condition, self.target = race.condition, race.target
        self.conditions = len(race.faster)
        self._hypothesis, self._region = hypothesis, region
        self._times = race.times if clock is None else race.by(clock)

    @property
    def clocks(self) -> tuple[str, ...]:
        """The clocks by which an update of one arm costs more, or less, than by the claim's own."""
        return self._race.clocks

    def by(self, clock: str) -> TimeComparison:
        """Return the same comparison of what one of the clocks counts."""
        return TimeComparison(self._race, self._hypothesis, self._region, clock)

    @cached_property
    def p_value(self) -> float:
        """Return the least alpha at which the hypothesis would be decided, 1 if at none."""
        if self._race.reason:
            return 1.0
        return self._times.p_value(lambda low, high: self._decide(low, high) != "inconclusive")

    def p_value_of(self, outcome: Outcome) -> float:
        """Return the least alpha at which this would be the verdict, 1 if at none."""
        if self._race.reason:
            return 1.0
        return self._times.p_value(lambda low, high: self._decide(low, high) == outcome)

    def verdict(self, alpha: float) -> TimeVerdict:
        """Judge the hypothesis, with an interval that misses at most so often."""
        race, (ratio, outcome) = self._race, self._judged(alpha)
        told = "untestable" if race.reason else outcome
        return TimeVerdict(
            claim=self.claim,
            hypothesis=self._hypothesis,
            region=self._region,
            target=self.target,
            condition=self.condition,
            conditions=self.conditions,
            outcome=told,
            reason=race.reason,
            p_value=self.p_value,
            ratio=ratio,
            faster=race.faster,
            than=race.than,
            faster_reached=_reached(race.a),
            than_reached=_reached(race.b),
            faster_lost=_lost(race.faster, race.a),
            than_lost=_lost(race.than, race.b),
            times=self._times,
            wants_seeds=outcome == "inconclusive" and (not race.reason or race.few),
            readings=tuple(self.by(clock)._reading(clock, alpha, told) for clock in self.clocks),
        )

    def _reading(self, clock: str, alpha: float, usual: Outcome) -> Reading:
        """Read the verdict by a clock; what is untestable by the claim's own is so by any."""
        ratio, outcome = self._judged(alpha)
        return Reading(clock, ratio, usual if usual == "untestable" else outcome, usual)

    def _judged(self, alpha: float) -> tuple[Ratio, Outcome]:
        ratio = self._times.ratio(alpha)
        return ratio, self._decide(ratio.low, ratio.high)

    def _decide(self, low: float, high: float) -> Outcome:
        return decide(low, high, self._region)


def _reached(times: Sequence[Sequence[HittingTime]]) -> int:
    return sum(not time.censored for of_condition in times for time in of_condition)


def _lost(results: Sequence[SettingResult], times: Sequence[Sequence[HittingTime]]) -> int:
    """Return how many runs reached the target and diverged afterwards."""
    return sum(
        trace.status == "diverged" and not time.censored
        for result, of_condition in zip(results, times, strict=True)
        for trace, time in zip(result.traces, of_condition, strict=True)
    )


def settings_to_compare(
    results: Results, claim: TimeClaim
) -> Iterator[tuple[Labels, SettingResult, SettingResult]]:
    """Pair the settings of the two arms that agree on every axis the claim leaves open."""
    named = dict(claim.faster).keys() | dict(claim.than).keys()

    def condition(result: SettingResult) -> Labels:
        return tuple(pair for pair in result.setting.labels if pair[0] not in named)

    slower = {condition(r): r for r in results.of(claim) if r.setting.is_arm(claim.than)}
    for result in results.of(claim):
        if result.setting.is_arm(claim.faster):
            yield condition(result), result, slower[condition(result)]
