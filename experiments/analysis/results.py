"""A study's evaluation runs, gathered setting by setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.analysis.measures import Arrival, updates_to_target
from experiments.analysis.tuning import Grid, TunedRate
from experiments.records import Run, Setting, Study, Trace


@dataclass(frozen=True, slots=True)
class SettingResult:
    """The evaluation runs of one setting, in the order of the seeds."""

    setting: Setting
    learning_rate: float
    runs: tuple[Run, ...]
    traces: tuple[Trace, ...]

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
    """All that the analysis of a complete study reads."""

    study: Study
    settings: tuple[SettingResult, ...]
    grid: Grid
    tuned: tuple[TunedRate, ...]

    @classmethod
    def gather(
        cls,
        study: Study,
        rates: Mapping[Setting, float],
        grid: Grid,
        tuned: tuple[TunedRate, ...],
        traces: Mapping[Run, Trace],
    ) -> Results:
        """Collect the traces of every setting's evaluation seeds, each of which must be there."""
        settings = []
        for setting in study.settings:
            rate = rates[setting]
            runs = tuple(setting.run("evaluation", seed, rate) for seed in range(study.seeds))
            settings.append(SettingResult(setting, rate, runs, tuple(traces[run] for run in runs)))
        return cls(study, tuple(settings), grid, tuned)
