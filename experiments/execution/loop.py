"""The loop that ties plan, fleets, backend and store together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from experiments.analysis.results import Results
from experiments.execution.backends import Backend, backend_for
from experiments.execution.backends.here import Here
from experiments.execution.failing import Failure
from experiments.execution.fleets import cut, cut_searches, longest_first
from experiments.execution.in_flight import results
from experiments.execution.keys import descriptions, key_of
from experiments.execution.measuring import measures_times, one_by_one
from experiments.execution.plan import Plan, plan
from experiments.execution.reservations import Reservations
from experiments.execution.shards import Shard
from experiments.execution.stages import EVALUATION, MEASURING, PILOT, TUNING, WAITING
from experiments.execution.store import Store, StoreError
from experiments.processes import cores
from experiments.records import Fleet, Run
from experiments.study import Study

GLANCE = 1.0
"""Every so many seconds is looked whether runs that others train are stored."""


Progress = Callable[[str, int, int], None]
"""Called with what is done, how many runs of it have ended, and how many there are."""

Tell = Callable[[str], None]
"""Called with why runs failed that will be tried again."""


class NothingTrainedError(Exception):
    """Not one of a study's runs could be trained; the message says why."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a study is trained, where that is not the usual way."""

    cluster: Backend | None = None  # instead of this machine
    shard: Shard | None = None  # of its runs, instead of all
    retry_failed: bool = False  # runs that failed before count as missing


USUAL = Ways()


def complete(
    study: Study,
    store: Store,
    jobs: int | None,
    progress: Progress,
    *,
    tell: Tell = lambda _: None,
    ways: Ways = USUAL,
) -> tuple[Results | None, int]:
    """Train whatever the study still needs, storing each fleet as it ends.

    What another command is training is waited for.

    Args:
        study: to be completed.
        store: of runs.
        jobs: worker processes, see `backends.workers_for`; runs that measure times take none.
        progress: told of each fleet that ends.
        tell: told of each fleet that failed and will be tried again.
        ways: what is not as usual.

    Returns:
        The study's results, None where runs of other shards are missing, and how many runs were
        trained.

    Raises:
        StoreError: if the store fails, or does not keep what is stored in it.
        NothingTrainedError: if every run that was tried failed, and none is stored.

    """
    known, trained = plan(study, store), 0
    if ways.retry_failed and store.forget_failures():
        known = plan(study, store)
    longest: dict[Run, int] = {}  # the evaluations of each run that was trained here
    with Reservations(store.file) as reservations:
        while wanted := _of_shard(known, ways.shard):
            ended = _Round(known, wanted, store, reservations, progress, tell).train(
                jobs, ways.cluster
            )
            trained += len(ended)
            known = plan(study, store, known)
            # A run may be asked for again, if more is asked of it: it then goes on for longer than
            # it did. As no run is longer than its budget, that ends. Where no run of a round is
            # new or went on for longer, the store holds what it held before, and the plan, which
            # follows from the study and the store alone, would ask for the same again for ever.
            stays = all(longest.get(run, 0) >= length for run, length in ended.items())
            if known.missing and ended and stays:
                raise StoreError(_stuck(study, store, len(known.missing)))
            longest |= {run: max(length, longest.get(run, 0)) for run, length in ended.items()}
    return known.results, trained


def _of_shard(known: Plan, shard: Shard | None) -> list[Run]:
    if shard is None:
        return known.missing
    return [run for run in known.missing if shard.has(run, known.tuning_seeds)]


def _stuck(study: Study, store: Store, missing: int) -> str:
    return (
        f"{store.path}: what the study {study.name} lacked was trained and stored twice, and it "
        f"still lacks {missing} run{'s' * (missing > 1)}. The store does not keep what it is "
        "given, or keeps in its place what another machine trained. Move the file away, so that "
        "its runs are trained anew, or choose another folder with --output."
    )


class _Round:
    """One round of the loop: what is missing and no other command trains is trained and stored."""

    def __init__(
        self,
        known: Plan,
        wanted: Iterable[Run],
        store: Store,
        reservations: Reservations,
        progress: Progress,
        tell: Tell,
    ) -> None:
        self._known, self._store, self._reservations = known, store, reservations
        self._progress, self._tell = progress, tell
        self._keys = {run: key_of(text) for run, text in descriptions(wanted)}
        self._failures: dict[Run, str] = {}

    def train(self, jobs: int | None, cluster: Backend | None) -> dict[Run, int]:
        """Train and store runs, and return how many evaluations each of them has.

        No trace is kept here, so that memory does not grow with their number.
        """
        held = self._reservations.of_others(self._keys.values())
        free = {run for run, key in self._keys.items() if key not in held}
        if not free:
            self._wait(held)
            return {}
        at_once = cluster.places if cluster else jobs or cores()
        stage, fleets = _fleets(self._known, free, at_once)
        # What measures times has no worker beside it, which would take a share of the caches.
        backend = Here() if stage == MEASURING else cluster or backend_for(fleets, jobs)
        left, ended = sum(len(fleet.runs) for fleet in fleets), dict[Run, int]()
        self._progress(stage, 0, left)
        in_flight = results(
            self._reserved(fleets),
            backend,
            failed=lambda failure: self._tell(failure.reason),
            meanwhile=self._reservations.renew,
        )
        with closing(in_flight) as outcomes:  # what is in flight is given up if storing fails
            for fleet, outcome in outcomes:
                if isinstance(outcome, Failure):
                    self._failures |= dict.fromkeys(fleet.runs, outcome.reason)
                else:
                    traces = dict(zip(fleet.runs, outcome, strict=True))
                    self._store.add(traces)
                    self._reservations.free(self._keys[run] for run in fleet.runs)
                    ended |= {run: len(trace.updates) for run, trace in traces.items()}
                self._progress(stage, len(ended) + len(self._failures), left)
        self._keep_failures(nothing_else=not ended)
        return ended

    def _reserved(self, fleets: Iterable[Fleet]) -> Iterator[Fleet]:
        """Yield fleets of which no run is reserved, or was stored, by another command since."""
        for fleet in fleets:
            keys = [self._keys[run] for run in fleet.runs]
            if self._reservations.take(keys):
                if self._store.has_changed(keys):
                    self._reservations.free(keys)
                else:
                    yield fleet

    def _wait(self, held: set[str]) -> None:
        """Wait until another command has trained one of the runs that it reserved."""
        self._progress(WAITING, 0, len(held))
        while self._reservations.of_others(held) == held:
            time.sleep(GLANCE)

    def _keep_failures(self, *, nothing_else: bool) -> None:
        if not self._failures:
            return
        if nothing_else and not self._store.has_any():
            # Whatever that is, it is not the runs': after it is mended, all are tried again.
            count, (reason, *_) = len(self._failures), self._failures.values()
            raise NothingTrainedError(
                f"{self._known.study.name}: none of {count} runs could be trained; the first "
                f"failed with: {reason}"
            )
        self._store.add_failures(self._failures)
        self._reservations.free(self._keys[run] for run in self._failures)


def _fleets(known: Plan, free: set[Run], at_once: int) -> tuple[str, list[Fleet]]:
    """Return what this round is about, and its fleets.

    Runs that measure times wait until no other is missing.
    """

    def of(runs: Iterable[Run], wanted: Callable[[Run], bool] = lambda _: True) -> list[Run]:
        return [run for run in runs if run in free and wanted(run)]

    pilots, tuning = of(known.pilots), of(known.tuning)
    together = of(known.evaluation, lambda run: not measures_times(run))
    searches = [standing.search for standing in known.searches]
    fleets = longest_first(
        [
            *cut([*pilots, *together], at_once),
            *cut_searches(tuning, searches, at_once, known.tuning_seeds),
        ]
    )
    if not fleets:
        return MEASURING, one_by_one(of(known.evaluation))
    if pilots:  # alone: nothing else can be told before they have set the targets
        return PILOT, fleets
    return (TUNING if tuning else EVALUATION), fleets
