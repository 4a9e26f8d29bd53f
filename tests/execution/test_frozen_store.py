"""Stores that the program made once stay readable, to the bit."""

import math
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from experiments.clocks import UpdateTime
from experiments.execution.keys import run_key
from experiments.execution.store import Store
from experiments.records import METRICS, Trace

from .helpers import assert_same_bits, make_run
from .test_store import runs

NO_DIGESTS, SHA_256, XXH3 = (
    Path(__file__).with_name(f"runs_of_{made_by}.sqlite")
    for made_by in ("241fb4d", "6b3ac9d", "schema_2")
)
"""Made by the program of these commits, and that of tables of version 2.

Each has four made-up traces and an update time; the first has one without a range, too.
"""

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


@pytest.fixture(params=[NO_DIGESTS, SHA_256, XXH3], ids=lambda path: path.stem)
def frozen(request, tmp_path):
    return shutil.copy(request.param, tmp_path / "s.sqlite")


def digests(path):
    """The lengths of the digests in a file."""
    connection = sqlite3.connect(path)
    try:
        query = "SELECT DISTINCT length(digest) FROM traces"
        return {length for (length,) in connection.execute(query)}
    finally:
        connection.close()


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


def test_its_update_times_are_read(frozen):
    with Store(frozen) as store:
        assert store.update_time(make_run(seed=0)) == UpdateTime(0.5, 0.4, 0.6)
        assert store.update_time(make_run(seed=2)) is None


def test_an_update_time_without_a_range_is_read(tmp_path):
    with Store(shutil.copy(NO_DIGESTS, tmp_path / "s.sqlite")) as store:
        assert store.update_time(make_run(seed=1)) == UpdateTime(0.7, 0.0, math.inf)


@pytest.mark.parametrize(("path", "length"), [(SHA_256, 16), (XXH3, 8)])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE traces SET budget = 98 WHERE rowid = 2",
        "UPDATE traces SET metrics = zeroblob(144) WHERE rowid = 2",
        "UPDATE traces SET digest = zeroblob(8) WHERE rowid = 2",
        "UPDATE traces SET digest = zeroblob(16) WHERE rowid = 2",
        "UPDATE traces SET digest = zeroblob(20) WHERE rowid = 2",
        "UPDATE update_times SET seconds = 0.45",
    ],
)
def test_digests_of_either_kind_tell_what_was_changed(path, length, change, tmp_path, capsys):
    assert digests(path) == {length}
    copy = shutil.copy(path, tmp_path / "s.sqlite")
    with sqlite3.connect(copy) as connection:
        assert connection.execute(change).rowcount == 1
    connection.close()
    with Store(copy) as store:
        assert len(store.load(runs(4))) + (store.update_time(make_run()) is not None) == 4
    assert "does not fit its digest" in capsys.readouterr().err


def test_it_is_gone_on_with(frozen):
    """What is added has a digest of today's kind."""
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
    assert 8 in digests(frozen)  # whatever kind the others have
