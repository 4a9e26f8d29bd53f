"""The simplest backend: a fleet is trained in this process, as it is submitted."""

from __future__ import annotations

from concurrent.futures import Future

from experiments.execution.executing import execute
from experiments.plugins.registry import told
from experiments.records import Fleet, Trace


class Here:
    """The main process, which trains one fleet at a time."""

    places = 1

    def submit(self, fleet: Fleet) -> Future[list[Trace]]:
        """Train a fleet; the future holds its traces already, or what went wrong."""
        future: Future[list[Trace]] = Future()
        try:
            with told():
                future.set_result(execute(fleet))
        except Exception as error:  # an interrupt passes: it is the study's, not the fleet's
            future.set_exception(error)
        return future

    def give_up(self) -> None:
        """Do nothing: nothing is in flight."""
