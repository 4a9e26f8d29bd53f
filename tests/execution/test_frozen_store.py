"""A store that the program made before traces had digests stays readable, to the bit."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from experiments.clocks import UpdateTime
from experiments.execution.keys import run_key
from experiments.execution.store import Store
from experiments.records import METRICS, Trace

from .helpers import assert_same_bits, make_run
from .test_store import runs

FROZEN = Path(__file__).with_name("runs_of_241fb4d.sqlite")
"""Made by the program of the commit 241fb4d: four made-up traces and two update times."""

KEYS = [
    "910bcbf235e06d57dcc85d8ee5aa035516660e58",
    "5159826b322fb5e49150bc445fd1fd3da59268e5",
    "ec327fe7a17e9b8c6018aebaaac186adaabfa255",
    "6be599044fc123418c9f18524d034faf75395880",
]


def held(start, status, origin):
    values = np.arange(18, dtype=float).reshape(3, 6) / 7 + start
    return Trace(np.arange(3) * 2, values, status, 99, 0.1 + start, METRICS, origin)


TRACES = [
    held(0, "completed", "here"),
    held(1, "diverged", "there"),
    held(2, "stopped early", "here"),
    held(3, "completed", ""),
]


@pytest.fixture
def frozen(tmp_path):
    return shutil.copy(FROZEN, tmp_path / "s.sqlite")


def test_its_keys_are_those_of_today_s_runs():
    assert [run_key(run) for run in runs(4)] == KEYS


def test_its_traces_are_read_to_the_bit(frozen, capsys):
    for _ in range(2):
        with Store(frozen) as store:
            assert store.missing(runs(5)) == [make_run(seed=4)]
            found = store.load(runs(5))
            for run, trace in zip(runs(4), TRACES, strict=True):
                assert_same_bits(found[run], trace)
                assert (found[run].seconds, found[run].origin) == (trace.seconds, trace.origin)
    assert capsys.readouterr().err == ""


def test_its_update_times_are_read_with_and_without_a_range(frozen):
    with Store(frozen) as store:
        assert store.update_time(make_run(seed=0)) == UpdateTime(0.5, 0.4, 0.6)
        assert store.update_time(make_run(seed=1)) == UpdateTime(0.7, 0.0, math.inf)
        assert store.update_time(make_run(seed=2)) is None


def test_it_is_gone_on_with(frozen):
    new, stopped = make_run(seed=4), make_run(seed=2)
    with Store(frozen) as store:
        store.add({new: held(4, "completed", "here"), stopped: held(2, "completed", "here")})
        store.add_update_time(new, UpdateTime(0.9, 0.8, 1.0))
    with Store(frozen) as store:
        found = store.load(runs(5))
        assert_same_bits(found[new], held(4, "completed", "here"))
        assert_same_bits(found[stopped], held(2, "completed", "here"))
        assert_same_bits(found[make_run()], TRACES[0])
        assert store.update_time(new) == UpdateTime(0.9, 0.8, 1.0)
        digested = store.read(
            lambda c: c.execute("SELECT key FROM traces WHERE digest IS NOT NULL").fetchall()
        )
    assert {key for (key,) in digested} == {run_key(new), run_key(stopped)}
