"""The loop that ties plan, fleets, executor and store together."""

from __future__ import annotations

from collections.abc import Callable

from experiments.execution.executor import results
from experiments.execution.fleets import cut
from experiments.execution.plan import next_runs
from experiments.execution.store import Store
from experiments.records import Run
from experiments.study import Study

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many runs of it have ended, and how many there are."""


def complete(study: Study, store: Store, jobs: int, progress: Progress) -> int:
    """Train whatever the study still needs, storing each fleet as it ends.

    Returns:
        How many runs were trained.

    """
    trained = 0
    while runs := next_runs(study, store):
        stage = _stage(runs)
        ended = 0
        progress(stage, ended, len(runs))
        for fleet, traces in results(cut(runs, jobs), jobs):
            store.add(dict(zip(fleet.runs, traces, strict=True)))
            ended += len(fleet.runs)
            progress(stage, ended, len(runs))
        trained += ended
    return trained


def _stage(runs: list[Run]) -> str:
    return "tuning" if runs[0].stream == "tuning" else "evaluation"
