"""The loop that ties plan, fleets, executor and store together."""

from __future__ import annotations

from collections.abc import Callable

from experiments.analysis.results import Results
from experiments.execution.executor import cores, results
from experiments.execution.fleets import cut, longest_first
from experiments.execution.plan import Plan, plan
from experiments.execution.store import Store
from experiments.study import Study

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many runs of it have ended, and how many there are."""


def complete(
    study: Study, store: Store, jobs: int | None, progress: Progress
) -> tuple[Results, int]:
    """Train whatever the study still needs, storing each fleet as it ends.

    Returns:
        The study's results, and how many runs were trained.

    """
    known, trained = plan(study, store), 0
    while known.missing:
        trained += _train(known, store, jobs, progress)
        known = plan(study, store, known)
    return known.evaluated.results, trained


def _train(known: Plan, store: Store, jobs: int | None, progress: Progress) -> int:
    """Train and store what is missing, and return how many runs that was.

    No trace is kept here, so that memory does not grow with their number.
    """
    tuned, evaluated = known.tuned, known.evaluated
    stage, count, ended = "tuning" if tuned.missing else "evaluation", len(known.missing), 0
    at_once = jobs or cores()
    fleets = [*cut(tuned.missing, at_once, tuned.study.goals), *cut(evaluated.missing, at_once)]
    progress(stage, ended, count)
    for fleet, traces in results(longest_first(fleets), jobs):
        store.add(dict(zip(fleet.runs, traces, strict=True)))
        ended += len(fleet.runs)
        progress(stage, ended, count)
    return count
