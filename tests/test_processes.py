"""Worker processes are kept, replaced where one was killed, and no other library's."""

import os
import signal
from concurrent.futures import BrokenExecutor

import joblib
import pytest

from experiments import processes


@pytest.fixture(autouse=True)
def _none_left():
    processes.give_up()
    yield
    processes.give_up()


def pids(count):
    return {processes.submit(count, os.getpid).result() for _ in range(8)}


def test_workers_are_kept_for_what_follows():
    before = pids(1)
    assert os.getpid() not in before
    assert pids(1) == before
    assert len(before) == 1


def test_more_are_started_where_more_are_asked_for_and_fewer_never():
    (one,) = pids(1)
    list(processes.each(2, abs, [(number,) for number in range(4)]))
    assert one not in pids(2)
    assert processes._held[0].count == 2
    pids(1)
    assert processes._held[0].count == 2


def test_each_returns_what_calls_return_in_their_order():
    assert list(processes.each(2, pow, [(2, n) for n in range(9)])) == [2**n for n in range(9)]


def test_an_error_in_a_worker_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(processes.each(2, divmod, [(4, 2), (1, 0)]))


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_a_killed_worker_is_told_of_once_and_replaced():
    (before,) = pids(1)
    with pytest.raises(BrokenExecutor):
        processes.submit(1, os.kill, before, signal.SIGKILL).result()
    assert pids(1) != {before}


def test_a_worker_does_not_answer_ctrl_c():
    (worker,) = pids(1)
    os.kill(worker, signal.SIGINT)
    assert pids(1) == {worker}


def test_libraries_of_a_worker_use_one_thread():
    assert processes.submit(1, os.getenv, "OPENBLAS_NUM_THREADS").result() == "1"


def test_joblib_may_be_used_at_the_same_time():
    (ours,) = pids(1)
    theirs = joblib.Parallel(2)(joblib.delayed(os.getpid)() for _ in range(4))
    assert ours not in theirs
    assert pids(1) == {ours}
