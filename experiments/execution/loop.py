"""The loop that ties plan, fleets, backend and store together."""

from __future__ import annotations

from collections.abc import Callable

from experiments.analysis.results import Results
from experiments.execution.backends import backend_for
from experiments.execution.fleets import cut, cut_searches, longest_first
from experiments.execution.in_flight import results
from experiments.execution.measuring import measures_times, one_by_one
from experiments.execution.plan import Plan, plan
from experiments.execution.store import Store, StoreError
from experiments.processes import cores
from experiments.records import Run, Trace
from experiments.study import Study

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many runs of it have ended, and how many there are."""


def complete(
    study: Study, store: Store, jobs: int | None, progress: Progress
) -> tuple[Results, int]:
    """Train whatever the study still needs, storing each fleet as it ends.

    Args:
        study: to be completed.
        store: of runs.
        jobs: worker processes, see `backends.workers_for`; runs that measure times take none.
        progress: told of each fleet that ends.

    Returns:
        The study's results, and how many runs were trained.

    Raises:
        StoreError: if the store fails, or does not keep what is stored in it.

    """
    known, trained = plan(study, store), 0
    longest: dict[Run, int] = {}  # the evaluations of each run that was trained here
    while known.missing:
        ended = _train(known, store, jobs, progress)
        trained += len(ended)
        known = plan(study, store, known)
        # A run may be asked for again, if more is asked of it: it then goes on for longer than it
        # did. As no run is longer than its budget, that ends. Where no run of a round is new or
        # went on for longer, the store holds what it held before, and the plan, which follows
        # from the study and the store alone, would ask for the same again for ever.
        if known.missing and all(longest.get(run, 0) >= length for run, length in ended.items()):
            raise StoreError(_stuck(study, store, len(known.missing)))
        longest |= {run: max(length, longest.get(run, 0)) for run, length in ended.items()}
    return known.results, trained


def _stuck(study: Study, store: Store, missing: int) -> str:
    return (
        f"{store.path}: what the study {study.name} lacked was trained and stored twice, and it "
        f"still lacks {missing} run{'s' * (missing > 1)}. The store does not keep what it is "
        "given, or keeps in its place what another machine trained. Move the file away, so that "
        "its runs are trained anew, or choose another folder with --output."
    )


def _train(known: Plan, store: Store, jobs: int | None, progress: Progress) -> dict[Run, int]:
    """Train and store what is missing, and return how many evaluations each of these runs has.

    Runs that measure times wait until no other is missing. No trace is kept here, so that memory
    does not grow with their number.
    """
    together = [run for run in known.evaluation if not measures_times(run)]
    at_once, tuning = jobs or cores(), known.tuning
    searches = [standing.search for standing in known.searches]
    fleets = [
        *cut([*known.pilots, *together], at_once),
        *cut_searches(tuning, searches, at_once, known.tuning_seeds),
    ]
    fleets, stage = longest_first(fleets), "tuning" if tuning else "evaluation"
    if known.pilots:  # alone: nothing else can be told before they have set the targets
        stage = "pilot"
    if not fleets:
        # Here, and no worker beside it: a worker would take a share of the caches and the memory.
        fleets, stage, jobs = one_by_one(known.evaluation), "measuring", 1
    count, ended = sum(len(fleet.runs) for fleet in fleets), {}
    progress(stage, 0, count)
    for fleet, traces in results(fleets, backend_for(fleets, jobs)):
        left: dict[Run, Trace] = dict(zip(fleet.runs, traces, strict=True))
        store.add(left)
        ended |= {run: len(trace.updates) for run, trace in left.items()}
        progress(stage, len(ended), count)
    return ended
