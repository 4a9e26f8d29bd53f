"""From claims of which arm is faster, and results, to what can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from experiments.analysis.clocks import factors, reading, scaled
from experiments.analysis.inference import PairedTimes, fewest_pairs
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.verdicts import (
    Hypothesis,
    Outcome,
    TimeVerdict,
    Verdict,
    decide,
    hypotheses,
)
from experiments.hitting_times import HittingTime, met_at_start
from experiments.study import Claim, Labels, Region, TimeClaim, split_protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """A comparison whose verdict depends on the protocol."""

    claim: Claim
    hypothesis: Hypothesis | None
    target: float | None
    condition: Labels  # without the protocol
    by_protocol: dict[str, Outcome]


def turns(verdicts: Sequence[Verdict]) -> list[Turn]:
    """Return the comparisons that protocols disagree on."""
    groups: dict[tuple, dict[str, Outcome]] = {}
    for v in verdicts:
        protocol, rest = split_protocol(v.condition)
        groups.setdefault((v.claim, v.hypothesis, v.target, rest), {})[protocol] = v.outcome
    return [
        Turn(*compared, outcomes)
        for compared, outcomes in groups.items()
        if len(set(outcomes.values())) > 1
    ]


def time_comparisons(results: Results, claim: TimeClaim) -> Iterator[TimeComparison]:
    """Yield what a claim compares: condition by condition, target by target, by hypothesis."""
    for condition, faster, than in settings_to_compare(results, claim):
        for target in claim.targets:
            pair = _Pair(results, claim, target, condition, faster, than)
            for hypothesis, region in hypotheses(claim).items():
                yield TimeComparison(pair, hypothesis, region)


class _Pair:
    """Two settings at one target."""

    def __init__(
        self,
        results: Results,
        claim: TimeClaim,
        target: float,
        condition: Labels,
        faster: SettingResult,
        than: SettingResult,
    ) -> None:
        self.claim, self.target, self.condition = claim, target, condition
        self.faster, self.than = faster, than
        self.a = faster.hitting_times(claim.metric, target)
        self.b = than.hitting_times(claim.metric, target)
        self.alpha = results.study.alpha
        self.times = PairedTimes(self.a, self.b, results.design)
        self.few = self.times.count_is_too_small(self.alpha)
        self.reason = self._why_untestable()
        self.factors = factors(results.costs, faster.setting, than.setting)

    def _why_untestable(self) -> str:
        """Say why the comparison tells nothing, or return nothing."""
        if all(x.censored for x in (*self.a, *self.b)):
            return "no run of either arm reached the target"
        traces = (*self.faster.traces, *self.than.traces)
        if all(met_at_start(trace, self.claim.metric, self.target) for trace in traces):
            return "every run was at the target before it was trained"
        if self.few:
            level = f"{(1 - self.alpha) * 100:.10g} %"
            needed = fewest_pairs(self.alpha, self.times.design)
            return f"{self.times.count} pairs cannot give an interval at {level}; it takes {needed}"
        return ""


class TimeComparison:
    """One hypothesis about two settings at one target, before its verdict may cost any error.

    Args:
        pair: the settings.
        hypothesis: which one of the claim.
        region: where it says that the ratio lies.
        factor: by what the ratio of updates is multiplied first; that of another clock.

    """

    def __init__(
        self, pair: _Pair, hypothesis: Hypothesis, region: Region, factor: float = 1.0
    ) -> None:
        self.claim, self._pair, self._factor = pair.claim, pair, factor
        self.condition, self.target = pair.condition, pair.target
        self._hypothesis, self._region = hypothesis, region

    @property
    def clocks(self) -> tuple[str, ...]:
        """The clocks by which an update of one arm costs more than one of the other."""
        return tuple(clock for clock, factor in self._pair.factors.items() if factor != 1)

    def by(self, clock: str) -> TimeComparison:
        """Return the same comparison of what one of the clocks counts."""
        return TimeComparison(
            self._pair, self._hypothesis, self._region, self._pair.factors.get(clock, 1.0)
        )

    @cached_property
    def p_value(self) -> float:
        """Return the least alpha at which the hypothesis would be decided, 1 if at none."""
        if self._pair.reason:
            return 1.0
        return self._pair.times.p_value(lambda low, high: self._decide(low, high) != "inconclusive")

    def p_value_of(self, outcome: Outcome) -> float:
        """Return the least alpha at which this would be the verdict, 1 if at none."""
        if self._pair.reason:
            return 1.0
        return self._pair.times.p_value(lambda low, high: self._decide(low, high) == outcome)

    def verdict(self, alpha: float) -> TimeVerdict:
        """Judge the hypothesis, with an interval that misses at most so often."""
        pair = self._pair
        of_updates = pair.times.ratio(alpha)
        ratio = scaled(of_updates, self._factor)
        outcome = decide(ratio.low, ratio.high, self._region)
        told = "untestable" if pair.reason else outcome
        return TimeVerdict(
            claim=self.claim,
            hypothesis=self._hypothesis,
            region=self._region,
            target=pair.target,
            condition=pair.condition,
            outcome=told,
            reason=pair.reason,
            p_value=self.p_value,
            ratio=ratio,
            faster=pair.faster,
            than=pair.than,
            faster_reached=sum(not x.censored for x in pair.a),
            than_reached=sum(not x.censored for x in pair.b),
            faster_lost=_lost(pair.faster, pair.a),
            than_lost=_lost(pair.than, pair.b),
            times=pair.times,
            wants_seeds=outcome == "inconclusive" and (not pair.reason or pair.few),
            readings=tuple(
                reading(clock, of_updates, self._region, pair.factors[clock], told)
                for clock in self.clocks
            ),
        )

    def _decide(self, low: float, high: float) -> Outcome:
        return decide(low * self._factor, high * self._factor, self._region)


def _lost(result: SettingResult, times: Sequence[HittingTime]) -> int:
    """Return how many runs reached the target and diverged afterwards."""
    pairs = zip(result.traces, times, strict=True)
    return sum(trace.status == "diverged" and not time.censored for trace, time in pairs)


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
