"""The loop over futures: as many fleets in flight as a backend has places, and each as it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from itertools import islice

from experiments.execution.backends import Backend
from experiments.execution.failing import Failure, Outcome
from experiments.execution.fleets import one_run_each
from experiments.records import Fleet

Result = tuple[Fleet, Outcome]

PATIENCE = 1.0
"""So many seconds at most pass until Ctrl-C is noticed, where nothing wakes up who waits."""

KILLED = Failure(
    "the worker process that trained it was ended from outside, most often for want of memory",
    crowded=True,
)


def results(
    fleets: Iterable[Fleet],
    backend: Backend,
    *,
    failed: Callable[[Failure], object] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Result]:
    """Yield each fleet with what came of it as it ends, in any order.

    The next fleet is taken only when a place is free: what waits in a queue could not be taken
    back without a word when the study is interrupted. A fleet that fails has a second try, as
    fleets of one run each; those that may have failed for what trained beside them train with
    nothing beside them. What fails then has failed.

    Args:
        fleets: to be trained, in the order in which they are to be started.
        backend: that trains them.
        failed: told of each fleet that will have a second try.
        meanwhile: called about every second.

    """
    crowded, others = [], []
    for fleet, outcome in _as_they_end(fleets, backend, meanwhile):
        if isinstance(outcome, Failure):
            failed(outcome)
            (crowded if outcome.crowded else others).extend(one_run_each(fleet))
        else:
            yield fleet, outcome
    yield from _as_they_end(others, backend, meanwhile)
    yield from _as_they_end(crowded, backend, meanwhile, most=1)


def _as_they_end(
    fleets: Iterable[Fleet],
    backend: Backend,
    meanwhile: Callable[[], object],
    most: int | None = None,
) -> Iterator[Result]:
    waiting, running = iter(fleets), dict[Future[Outcome], Fleet]()
    try:
        while True:
            free = (most or backend.places) - len(running)
            for fleet in islice(waiting, max(0, free)):
                running[backend.submit(fleet)] = fleet
            if not running:
                return
            ended, _ = wait(running, PATIENCE, FIRST_COMPLETED)
            for future in [one for one in running if one in ended]:  # in the order of their start
                yield running.pop(future), _outcome(future)
            meanwhile()
    except BaseException:
        backend.give_up()
        raise


def _outcome(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenExecutor:
        return KILLED
