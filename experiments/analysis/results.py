"""A study's evaluation runs, gathered setting by setting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from experiments.analysis.looks import Design
from experiments.analysis.tuning import Tuned
from experiments.hitting_times import HittingTime, updates_to_target
from experiments.records import Run, Trace
from experiments.study import Claim, Objective, Setting, Study

Costs = Mapping[Setting, Mapping[str, float]]
"""What one update of each setting costs by the clocks that need no measuring, at each variant."""


@dataclass(frozen=True, slots=True)
class SettingResult:
    """The evaluation runs of one setting, in the order of the seeds."""

    setting: Setting
    runs: tuple[Run, ...]
    traces: tuple[Trace, ...]

    @property
    def rates(self) -> dict[float, int]:
        """How many runs had each learning rate, the most frequent first."""
        return dict(Counter(run.training.learning_rate for run in self.runs).most_common())

    @property
    def budget(self) -> int:
        """The updates each run was given."""
        return self.traces[0].budget

    @property
    def diverged(self) -> int:
        """How many runs diverged."""
        return sum(trace.status == "diverged" for trace in self.traces)

    @property
    def failed(self) -> int:
        """How many runs failed, of which nothing is known."""
        return sum(trace.status == "failed" for trace in self.traces)

    def hitting_times(self, metric: str, target: float) -> list[HittingTime]:
        """Return each run's time to a target."""
        return [updates_to_target(trace, metric, target) for trace in self.traces]


def diverged(results: Iterable[SettingResult]) -> int:
    """Return how many runs of several settings diverged."""
    return sum(result.diverged for result in results)


def rates(results: Iterable[SettingResult]) -> dict[float, int]:
    """Return how many runs of several settings had each learning rate, the most frequent first."""
    counts: Counter[float] = Counter()
    for result in results:
        counts.update(result.rates)
    return dict(counts.most_common())


@dataclass(frozen=True, slots=True)
class Results:
    """All that the analysis of a study reads."""

    study: Study  # its targets are numbers
    settings: tuple[SettingResult, ...]  # at the rates of the study's own objective
    tuned: tuple[Tuned, ...] = ()  # the searches of those settings whose rate is tuned
    others: Mapping[Objective, tuple[SettingResult, ...]] = field(default_factory=dict)
    costs: Costs = field(default_factory=dict)  # by the clocks that need no measuring
    failed: Mapping[str, int] = field(default_factory=dict)  # runs of any kind, by the reason

    @property
    def seeds(self) -> int:
        """How many evaluation seeds there are."""
        return len(self.settings[0].runs)

    @property
    def design(self) -> Design:
        """How the number of seeds came about."""
        looks = self.study.seeds.looks if self.study.seeds.adaptive else ()
        return Design(self.study.alpha, tuple(look for look in looks if look <= self.seeds))

    def of(self, claim: Claim) -> tuple[SettingResult, ...]:
        """Return the settings that a claim may name, with the runs that it is judged by."""
        return self.others.get(self.study.objective_of(claim), self.settings)

    def for_target(self, metric: str, target: float) -> tuple[SettingResult, ...]:
        """Return the settings with the runs by which the first claim of a target is judged.

        Those that this claim does not need have their runs at the study's own objective.
        """
        goal = metric, target
        claim = next(claim for claim in self.study.claims if goal in claim.aims)
        found = {result.setting: result for result in self.settings}
        found |= {result.setting: result for result in self.of(claim)}
        return tuple(found.values())
