"""A study's evaluation runs, gathered setting by setting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from experiments.analysis.measures import Arrival, updates_to_target
from experiments.analysis.tuning import Grid, TunedRate
from experiments.records import Run, Trace
from experiments.study import Setting, Study


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

    def arrivals(self, metric: str, target: float) -> list[Arrival]:
        """Return each run's time to a target."""
        return [updates_to_target(trace, metric, target) for trace in self.traces]


@dataclass(frozen=True, slots=True)
class Results:
    """All that the analysis of a study reads."""

    study: Study  # its targets are numbers
    settings: tuple[SettingResult, ...]
    grid: Grid
    tuned: tuple[TunedRate, ...]

    @property
    def seeds(self) -> int:
        """How many evaluation seeds there are."""
        return len(self.settings[0].runs)

    @classmethod
    def gather(
        cls,
        study: Study,
        runs: Mapping[Setting, tuple[Run, ...]],
        grid: Grid,
        tuned: tuple[TunedRate, ...],
        traces: Mapping[Run, Trace],
    ) -> Results:
        """Collect the traces of every setting's evaluation runs, each of which must be there."""
        settings = tuple(
            SettingResult(setting, runs[setting], tuple(traces[run] for run in runs[setting]))
            for setting in study.settings
        )
        return cls(study, settings, grid, tuned)
