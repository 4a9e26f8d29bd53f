"""From claims of which arm is faster, and results, to what can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

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
    """One hypothesis about two settings at one target, before its verdict may cost any error."""

    def __init__(self, pair: _Pair, hypothesis: Hypothesis, region: Region) -> None:
        self.claim, self._pair = pair.claim, pair
        self.condition, self.target = pair.condition, pair.target
        self._hypothesis, self._region = hypothesis, region

    @cached_property
    def p_value(self) -> float:
        """Return the least alpha at which the hypothesis would be decided, 1 if at none."""
        if self._pair.reason:
            return 1.0
        return self._pair.times.p_value(
            lambda low, high: decide(low, high, self._region) != "inconclusive"
        )

    def p_value_of(self, outcome: Outcome) -> float:
        """Return the least alpha at which this would be the verdict, 1 if at none."""
        if self._pair.reason:
            return 1.0
        return self._pair.times.p_value(
            lambda low, high: decide(low, high, self._region) == outcome
        )

    def verdict(self, alpha: float) -> TimeVerdict:
        """Judge the hypothesis, with an interval that misses at most so often."""
        pair = self._pair
        ratio = pair.times.ratio(alpha)
        outcome = decide(ratio.low, ratio.high, self._region)
        return TimeVerdict(
            claim=self.claim,
            hypothesis=self._hypothesis,
            region=self._region,
            target=pair.target,
            condition=pair.condition,
            outcome="untestable" if pair.reason else outcome,
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
        )


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
