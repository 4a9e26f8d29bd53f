"""The loop over futures: as many fleets in flight as a backend has places, and each as it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice

from experiments.execution.backends import Backend
from experiments.records import Fleet, Trace

Result = tuple[Fleet, list[Trace]]

PATIENCE = 1.0
"""So many seconds at most pass until Ctrl-C is noticed, where nothing wakes up who waits."""


def results(fleets: Iterable[Fleet], backend: Backend) -> Iterator[Result]:
    """Yield each fleet with its traces as it ends, in any order.

    The next fleet is taken only when a place is free: what waits in a queue could not be taken
    back without a word when the study is interrupted.

    Args:
        fleets: to be trained, in the order in which they are to be started.
        backend: that trains them.

    """
    waiting, running = iter(fleets), dict[Future[list[Trace]], Fleet]()
    try:
        while True:
            for fleet in islice(waiting, backend.places - len(running)):
                running[backend.submit(fleet)] = fleet
            if not running:
                return
            ended, _ = wait(running, PATIENCE, FIRST_COMPLETED)
            for future in [one for one in running if one in ended]:  # in the order of their start
                yield running.pop(future), future.result()
    except BaseException:
        backend.give_up()
        raise
