"""What a file holds beside the numbers, what replaces what, and what is in it but no trace."""

import math
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from experiments.clocks import UpdateTime
from experiments.execution.keys import run_key
from experiments.execution.store import Store, StoreError
from experiments.records import Trace

from .helpers import assert_same_bits, make_run
from .test_store import NAN, helpful, make_trace, runs

# Origins


def test_a_trace_comes_back_with_its_origin(tmp_path):
    a, b, c, d = runs(4)
    with Store(tmp_path / "s.sqlite") as store:
        store.add({a: replace(make_trace(), origin="here"), b: make_trace()})
        there, here = (replace(make_trace(), origin=origin) for origin in ("there", "here"))
        store.add({c: there, d: here})
    with Store(tmp_path / "s.sqlite") as store:
        found = store.load([a, b, c, d])
    assert [found[run].origin for run in (a, b, c, d)] == ["here", "", "there", "here"]


def test_an_origin_is_stored_once_and_held_once(tmp_path):
    origin = '{"processor":"é"}' + "x" * 500
    many = runs(700)
    with Store(tmp_path / "s.sqlite") as store:
        for some in (many[:300], many[300:]):
            store.add({run: replace(make_trace(), origin=origin) for run in some})
        held = store._connection.execute("SELECT content FROM origins").fetchall()
        assert held == [(origin,)]
        found = store.load(many)
    assert len(found) == 700
    assert len({id(trace.origin) for trace in found.values()}) == 1


def test_an_origin_is_no_part_of_what_a_trace_is():
    trace = replace(make_trace(), updates=None, values=None)  # arrays have no truth of their own
    assert replace(trace, origin="here") == trace


# Files of older versions


OLDER = """
CREATE TABLE traces (
    key TEXT PRIMARY KEY, run TEXT NOT NULL, status TEXT NOT NULL, updates BLOB NOT NULL,
    budget INTEGER NOT NULL, columns TEXT NOT NULL, metrics BLOB NOT NULL, seconds REAL NOT NULL
)
"""


def older_file(path, ending=""):
    """A file as it was made before origins were stored, with a run of an older format."""
    with sqlite3.connect(path) as connection:
        connection.execute(OLDER.rstrip() + ending)
        cells = ("old", "{}", "completed", b"", 9, "[]", b"", 0.5)
        connection.execute("INSERT INTO traces VALUES (?, ?, ?, ?, ?, ?, ?, ?)", cells)
    connection.close()


@pytest.mark.parametrize("ending", ["", " WITHOUT ROWID"])
def test_a_file_that_was_made_before_origins_is_gone_on_with(tmp_path, ending):
    path, run = tmp_path / "s.sqlite", make_run()
    older_file(path, ending)
    for _ in range(2):
        with Store(path) as store:
            store.add({run: replace(make_trace(), origin="here")})
            assert store.load([run])[run].origin == "here"
            keys = store._connection.execute("SELECT key FROM traces ORDER BY key").fetchall()
            assert keys == sorted([(run_key(run),), ("old",)])


def test_two_processes_may_open_a_file_that_was_made_before_origins(tmp_path):
    path = tmp_path / "s.sqlite"
    older_file(path)

    class Slower(Store):
        overtaken = False

        def _lacks_origins(self):
            lacks = super()._lacks_origins()
            if not self.overtaken:
                self.overtaken = True
                with Store(path) as faster:
                    faster.add({make_run(): make_trace()})
            return lacks

    with Slower(path) as store:
        assert_same_bits(store.load([make_run()])[make_run()], make_trace())


# What replaces what


def part(values, *, status="stopped early", **other):
    """A trace of one column with these values."""
    values = np.array(values, float)[:, None]
    return Trace(np.arange(len(values)), values, status, 9, columns=("train_loss",), **other)


def stored_after(*traces):
    """What is stored of a run after all of these, one by one."""
    run = make_run()
    with Store(":memory:") as store:
        for trace in traces:
            store.add({run: trace})
        return store.load([run])[run]


BEGINNING = part([3.0, NAN, 1.0], origin="here", seconds=1.0)


@pytest.mark.parametrize(
    "later",
    [
        part([3.0, NAN, 1.0, 0.5]),
        part([3.0, NAN, 1.0, 0.5], status="completed"),
        part([3.0, NAN, 1.0], status="completed"),
        part([3.0, NAN, 1.0, NAN], status="diverged"),
        part([3.0, NAN, 1.5, 0.5]),
        part([3.0, NAN, math.nextafter(1.0, 2.0)]),
        part([3.0, 2.0]),
        part([math.nextafter(3.0, 0.0)]),
        part([3.0, NAN], status="diverged"),
        part([2.0], status="completed"),
        replace(BEGINNING, updates=np.array([0, 1, 3])),
        replace(BEGINNING, updates=np.array([0, 2]), values=BEGINNING.values[:2]),
        replace(BEGINNING, columns=("test_loss",)),
        replace(BEGINNING, budget=10),
        replace(make_trace(), status="stopped early"),
    ],
    ids=range(15),
)
def test_a_trace_that_was_stopped_early_gives_way_to_more_and_to_another_machine_s(later):
    later = replace(later, origin="there", seconds=2.0)
    found = stored_after(BEGINNING, later)
    assert_same_bits(found, later)
    assert (found.origin, found.seconds) == ("there", 2.0)


@pytest.mark.parametrize("values", [[3.0, NAN, 1.0], [3.0, NAN], [3.0], []])
def test_a_trace_that_was_stopped_early_stays_if_the_other_is_its_beginning(values):
    found = stored_after(BEGINNING, part(values, origin="there", seconds=2.0))
    assert_same_bits(found, BEGINNING)
    assert (found.origin, found.seconds) == ("here", 1.0)


@pytest.mark.parametrize("status", ["completed", "diverged"])
@pytest.mark.parametrize(
    "later",
    [
        part([3.0, NAN, 1.0, 0.5]),
        part([3.0, NAN, 1.0, 0.5], status="completed"),
        part([2.0], status="diverged"),
        part([3.0, NAN, 1.0]),
    ],
    ids=range(4),
)
def test_a_trace_that_came_to_its_end_stays(status, later):
    first = replace(BEGINNING, status=status)
    found = stored_after(first, replace(later, origin="there"))
    assert_same_bits(found, first)
    assert found.origin == "here"


def test_one_that_gave_way_may_grow_again():
    here, there = part([3.0, 2.0]), part([3.5, 2.5, 1.5])
    last = part([3.5, 2.5, 1.5, 0.5], status="completed")
    assert_same_bits(stored_after(here, there, last, here), last)


# What is in a file and should not be


def spoilt(path, *statements):
    """Store a run in a file, change it there, and return the error of loading it again."""
    run = make_run()
    with Store(path) as store:
        store.add({run: replace(make_trace(), origin="here")})
        store.add_update_time(run, UpdateTime(0.5, 0.4, 0.6))
    with sqlite3.connect(path) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount == 1
    connection.close()
    with Store(path) as store, pytest.raises(StoreError) as error:
        _ = store.load([run]), store.update_time(run)
    return helpful(error, path)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE traces SET columns = '{not json'", "Expecting property name"),
        ("UPDATE traces SET columns = '3'", "its columns are '3', which is no list of names"),
        ("UPDATE traces SET columns = '{\"a\": 1}'", "no list of names"),
        ("UPDATE traces SET columns = '[1, 2, 3, 4, 5, 6]'", "no list of names"),
        ("UPDATE traces SET columns = x'5b5d'", "columns is of type bytes and not str"),
        ("UPDATE traces SET columns = '[]'", "18 metrics for 3 evaluations of 0 columns"),
        ("UPDATE traces SET columns = '[\"train_loss\", \"test_loss\"]'",
         "18 metrics for 3 evaluations of 2 columns"),
        ("UPDATE traces SET metrics = zeroblob(288)", "36 metrics for 3 evaluations of 6 columns"),
        ("UPDATE traces SET metrics = 'good'", "metrics is of type str and not bytes"),
        ("UPDATE traces SET metrics = CAST(x'ff' AS TEXT)", "decode"),
        ("UPDATE traces SET metrics = substr(metrics, 1, 96)",
         "12 metrics for 3 evaluations of 6 columns"),
        ("UPDATE traces SET metrics = substr(metrics, 1, 13)", "size"),
        ("UPDATE traces SET metrics = x''", "0 metrics for 3 evaluations"),
        ("UPDATE traces SET metrics = 7", "metrics is of type int and not bytes"),
        ("UPDATE traces SET updates = substr(updates, 1, 16)", "18 metrics for 2 evaluations"),
        ("UPDATE traces SET updates = substr(updates, 1, 13)", "size"),
        ("UPDATE traces SET updates = 'ten'", "updates is of type str and not bytes"),
        ("UPDATE traces SET status = 'asleep'", "its status is 'asleep'"),
        ("UPDATE traces SET status = x'00'", "status is of type bytes and not str"),
        ("UPDATE traces SET budget = 'many'", "budget is of type str and not int"),
        ("UPDATE traces SET budget = 1.5", "budget is of type float and not int"),
        ("UPDATE traces SET seconds = 'soon'", "seconds is of type str and not float"),
        ("UPDATE traces SET origin = 9", "origin is of type NoneType and not str"),
        ("UPDATE traces SET origin = 'nowhere'", "origin is of type NoneType and not str"),
        ("UPDATE origins SET content = x'00'", "origin is of type bytes and not str"),
        ("DELETE FROM origins", "origin is of type NoneType and not str"),
        ("UPDATE update_times SET seconds = 'soon'", "'soon' was found"),
        ("UPDATE update_times SET seconds = x'00'", "b'\\x00' was found"),
        ("UPDATE update_time_ranges SET low = 'soon'", "'soon' was found"),
    ],
)  # fmt: skip
def test_what_is_no_trace_is_told_and_never_read_as_numbers(tmp_path, statement, told):
    assert told in spoilt(tmp_path / "s.sqlite", statement)


def test_the_run_of_a_trace_that_is_spoilt_is_told(tmp_path):
    message = spoilt(tmp_path / "s.sqlite", "UPDATE traces SET budget = 'many'")
    assert f"in the trace {run_key(make_run())}: " in message
    assert "move it away" in message
