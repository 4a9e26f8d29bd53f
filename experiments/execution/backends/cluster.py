"""The backend for many machines: the workers of a Dask cluster that runs already.

Its workers need this package and Dask, its scheduler Dask alone, and none of them a disk in common
with this process, which alone writes the store. A data set that was read travels once, under its
digest, to the scheduler, and from there to each worker that needs it.
"""

from __future__ import annotations

import logging
import operator
import pickle
import threading
import warnings
from concurrent.futures import BrokenExecutor, CancelledError, Future
from concurrent.futures import TimeoutError as NoAnswerError
from dataclasses import replace
from functools import partial

import dask
import numpy as np
from distributed import Client, KilledWorker
from distributed import Future as Held
from distributed.comm import CommClosedError

from experiments import datasets
from experiments.execution.executing import attempt, read_for
from experiments.execution.failing import Outcome
from experiments.plugins.loading import load_again
from experiments.plugins.registry import FILES, Plugin
from experiments.program import program
from experiments.records import Fleet

SILENCE = 10
"""After so many seconds without an answer the scheduler counts as gone."""

ARRIVAL = 60
"""So many seconds a cluster without any worker is waited for, which may be starting."""


class ClusterError(Exception):
    """The cluster cannot be used; the message says what is wrong and what to do."""


class Cluster:
    """The workers of a Dask cluster, each of which trains one fleet at a time.

    Args:
        address: of the scheduler, such as "tcp://10.0.0.1:8786".

    Raises:
        ClusterError: if nobody answers there, or a worker lacks the package or has another one.

    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._data: dict[str, Held] = {}
        for name in ("distributed", "distributed.client"):  # what is wrong is told here
            logging.getLogger(name).setLevel(logging.CRITICAL)
        dask.config.set({"distributed.comm.timeouts.connect": SILENCE})
        try:
            self._client = Client(address, timeout=SILENCE, set_as_default=False)
        except (OSError, ValueError, TypeError, ImportError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {address} ({error}). Check the address, which "
                "`dask scheduler` prints when it starts, and that this machine may reach it."
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=ARRIVAL)
        except (NoAnswerError, TimeoutError) as error:
            self.close()
            raise ClusterError(
                f"the cluster at {address} has no worker. Start some: dask worker {address} "
                "--nthreads 1"
            ) from error
        self._ask_each_worker()
        self._executor = self._client.get_executor(pure=False)

    def _ask_each_worker(self) -> None:
        """Ask every worker which program it has, so that a wrong one is told before anything."""
        told = self._client.run(_program_of_worker, on_error="return")
        for worker, answer in told.items():
            wrong = _wrong_with(answer)
            if wrong:
                self.close()
                raise ClusterError(f"the worker {worker} {wrong}")

    @property
    def places(self) -> int:
        """How many workers there are by now; 1 where there is none, for the first that comes."""
        try:
            return max(1, len(self._client.nthreads()))
        except (OSError, NoAnswerError, CommClosedError) as error:
            raise self._gone() from error

    def submit(self, fleet: Fleet) -> Future[Outcome]:
        """Hand a fleet to a free worker, with what it reads if that was read."""
        outcome: Future[Outcome] = Future()
        work = self._sent(partial(_attempt, fleet, tuple(FILES), program()))
        done = self._executor.submit(operator.call, work, self._lent(fleet))
        done.add_done_callback(lambda done: self._pass_on(done, outcome))
        return outcome

    def _sent(self, thing: object, **how: object) -> Held:
        """Send something to the workers as bytes, which the scheduler need not understand."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            return self._client.submit(pickle.loads, pickle.dumps(thing), **how)

    def _lent(self, fleet: Fleet) -> Held | None:
        read = read_for(fleet)
        if read is None:
            return None
        if read.digest not in self._data:
            # As a task, whose argument the scheduler keeps: so the death of all workers that have
            # it loses nothing. What is mapped from a file becomes an array.
            whole = replace(read, pool=replace(read.pool, inputs=np.asarray(read.pool.inputs)))
            self._data[read.digest] = self._sent(whole, key=f"data-{read.digest}")
        return self._data[read.digest]

    def _pass_on(self, done: Future, outcome: Future[Outcome]) -> None:
        try:
            outcome.set_result(done.result())
        except KilledWorker:
            outcome.set_exception(BrokenExecutor())
        except (CancelledError, CommClosedError, OSError):
            outcome.set_exception(self._gone())
        except Exception as error:
            wrong = _wrong_with(error) or f"failed: {type(error).__name__}: {error}"
            outcome.set_exception(ClusterError(f"a worker of {self._address} {wrong}"))

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"the scheduler at {self._address} is gone, or cannot be reached any more. Start the "
            "cluster again, or leave --backend out to go on with this machine."
        )

    def give_up(self) -> None:
        """Take back what is in flight; what a worker has begun it trains to its end, for nobody."""
        self._executor.shutdown(wait=False)

    def close(self) -> None:
        """Leave the cluster as it is, and forget it."""
        self._client.close(timeout=SILENCE)


class OtherProgramError(Exception):
    """A worker has another version of this package than the process that hands it fleets."""


def _wrong_with(answer: object) -> str:
    """Say what is wrong with a worker that answers so; nothing if that is as it should be."""
    if isinstance(answer, ModuleNotFoundError):
        return (
            f"lacks the module {answer.name}. Install this package, and what it needs, where the "
            "workers run: pip install PATH_OF_THIS_FOLDER"
        )
    if isinstance(answer, Exception) and not isinstance(answer, OtherProgramError):
        return ""
    if isinstance(answer, OtherProgramError) or answer != program():
        return (
            "has another version of this package. Install the same one there, so that the answer "
            "does not depend on where a run was trained."
        )
    return ""


def _program_of_worker() -> str:
    return program()


_ONE_AT_A_TIME = threading.Lock()
"""Threads of one process share the limit of BLAS threads, which the first to end would lift."""


def _attempt(
    fleet: Fleet, plugins: tuple[Plugin, ...], expected: str, read: datasets.Content | None
) -> Outcome:
    if program() != expected:
        raise OtherProgramError
    with _ONE_AT_A_TIME:
        load_again(plugins)
        return attempt(fleet, read)
