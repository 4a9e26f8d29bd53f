"""From claims of which arm is faster, and results, to what can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from experiments.analysis.inference import PairedTimes, fewest_pairs
from experiments.analysis.measures import met_at_start
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.verdicts import Outcome, RaceVerdict, Verdict, claimed_ratio, decide
from experiments.study import Claim, Labels, RaceClaim, split_protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """A comparison whose verdict depends on the protocol."""

    claim: Claim
    target: float | None
    condition: Labels  # without the protocol
    by_protocol: dict[str, Outcome]


def turns(verdicts: Sequence[Verdict]) -> list[Turn]:
    """Return the comparisons that protocols disagree on."""
    groups: dict[tuple, dict[str, Outcome]] = {}
    for v in verdicts:
        protocol, rest = split_protocol(v.condition)
        groups.setdefault((v.claim, v.target, rest), {})[protocol] = v.outcome
    return [
        Turn(claim, target, rest, outcomes)
        for (claim, target, rest), outcomes in groups.items()
        if len(set(outcomes.values())) > 1
    ]


def race_comparisons(results: Results, claim: RaceClaim) -> Iterator[RaceComparison]:
    """Yield what a claim compares: condition by condition, target by target."""
    for condition, faster, than in settings_to_compare(results, claim):
        for target in claim.targets:
            yield RaceComparison(results, claim, target, condition, faster, than)


class RaceComparison:
    """Two settings at one target, before it is known how large an error its verdict may have."""

    def __init__(
        self,
        results: Results,
        claim: RaceClaim,
        target: float,
        condition: Labels,
        faster: SettingResult,
        than: SettingResult,
    ) -> None:
        self.claim, self.target, self.condition = claim, target, condition
        self.faster, self.than = faster, than
        self._study = results.study
        self._a = faster.arrivals(claim.metric, target)
        self._b = than.arrivals(claim.metric, target)
        sequential = results.study.seeds.adaptive
        self._times = PairedTimes(self._a, self._b, sequential=sequential)
        self._fewest = fewest_pairs(results.study.confidence, sequential=sequential)
        self._reason = self._why_untestable()

    def least_error(self) -> float:
        """Return the least error at which the claim would be decided, 1 if at none."""
        if self._reason:
            return 1.0
        return self._times.least_error(lambda *ends: self._decide(*ends) != "inconclusive")

    def _decide(self, low: float, high: float) -> Outcome:
        region = claimed_ratio(self.claim.by, self.claim.tolerance)
        return decide(low, high, region, direction=1.0)

    def verdict(self, error: float) -> RaceVerdict:
        """Judge the claim, with an interval that misses at most so often."""
        ratio, reason = self._times.ratio(error), self._reason
        outcome = self._decide(ratio.low, ratio.high)
        return RaceVerdict(
            claim=self.claim,
            target=self.target,
            condition=self.condition,
            outcome="untestable" if reason else outcome,
            reason=reason,
            ratio=ratio,
            faster=self.faster,
            than=self.than,
            faster_arrived=sum(not x.censored for x in self._a),
            than_arrived=sum(not x.censored for x in self._b),
            times=self._times,
            wants_seeds=outcome == "inconclusive"
            and (not reason or self._times.count < self._fewest),
        )

    def _why_untestable(self) -> str:
        """Say why the comparison tells nothing, or return nothing."""
        both = (*self._a, *self._b)
        if all(x.censored for x in both):
            return "no run of either arm reached the target"
        traces = (*self.faster.traces, *self.than.traces)
        if all(met_at_start(trace, self.claim.metric, self.target) for trace in traces):
            return "every run was at the target before it was trained"
        if self._times.count < self._fewest:
            level = f"{self._study.confidence * 100:.10g} %"
            count = self._times.count
            return f"{count} pairs cannot give an interval at {level}; it takes {self._fewest}"
        return ""


def settings_to_compare(
    results: Results, claim: RaceClaim
) -> Iterator[tuple[Labels, SettingResult, SettingResult]]:
    """Pair the settings of the two arms that agree on every axis the claim leaves open."""
    named = dict(claim.faster).keys() | dict(claim.than).keys()

    def condition(result: SettingResult) -> Labels:
        return tuple(pair for pair in result.setting.labels if pair[0] not in named)

    slower = {condition(r): r for r in results.settings if r.setting.is_arm(claim.than)}
    for result in results.settings:
        if result.setting.is_arm(claim.faster):
            yield condition(result), result, slower[condition(result)]
