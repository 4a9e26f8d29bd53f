"""What a file holds beside the numbers, what replaces what, and what is in it but no trace."""

import math
import multiprocessing
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from experiments.clocks import UpdateTime
from experiments.execution.keys import run_key
from experiments.execution.opening import SCHEMA
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


def _open_and_add(path, seed):
    with Store(path) as store:
        store.add({make_run(seed=seed): make_trace(seed)})


def test_processes_that_open_a_file_of_an_older_version_at_once_all_complete_it(tmp_path):
    path = tmp_path / "s.sqlite"
    older_file(path)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_open_and_add, args=(path, seed)) for seed in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    with Store(path) as store:
        found = store.load(runs(6))
    for seed, run in enumerate(runs(6)):
        assert_same_bits(found[run], make_trace(seed))


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


def spoilt(path, capsys, *statements):
    """Store runs in a file, change one there, and return what is said when all are loaded again.

    What does not fit counts as missing from then on, and can be stored anew; the rest is as it was.
    """
    run, other = runs(2)
    traces = {run: replace(make_trace(), origin="here"), other: make_trace(7)}
    with Store(path) as store:
        store.add(traces)
        store.add_update_time(run, UpdateTime(0.5, 0.4, 0.6))
    with sqlite3.connect(path) as connection:
        for statement in statements:
            where = "" if "WHERE" in statement or "traces" not in statement else " WHERE key = ?"
            variables = (run_key(run),) if where else ()
            assert connection.execute(statement + where, variables).rowcount == 1
    connection.close()
    with Store(path) as store:
        found, time = store.load([run, other]), store.update_time(run)
        assert_same_bits(found[other], traces[other])
        assert store.missing([run, other]) == [run for run in [run] if run not in found]
        assert (run in found) != (time is not None)  # just one of the two was changed
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(path) in told
    assert run_key(run) in told
    with Store(path) as store:
        store.add(traces)
        store.add_update_time(run, UpdateTime(0.5, 0.4, 0.6))
        for each, trace in store.load([run, other]).items():
            assert_same_bits(trace, traces[each])
        assert store.update_time(run) == UpdateTime(0.5, 0.4, 0.6)
        (held,) = store.read(lambda c: c.execute("SELECT reason FROM set_aside").fetchall())
    assert held[0] in told
    assert capsys.readouterr().err == ""  # and it is told once
    return told


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
        ("UPDATE traces SET metrics = CAST(x'ff' AS TEXT)", "metrics is of type str and not bytes"),
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
        ("UPDATE traces SET metrics = zeroblob(144)", "does not fit its digest"),
        ("UPDATE traces SET updates = zeroblob(24)", "does not fit its digest"),
        ("UPDATE traces SET status = 'diverged'", "does not fit its digest"),
        ("UPDATE traces SET budget = 98", "does not fit its digest"),
        ("UPDATE traces SET seconds = 0.25", "does not fit its digest"),
        ("UPDATE traces SET origin = NULL", "does not fit its digest"),
        ("UPDATE traces SET digest = x'00'", "does not fit its digest"),
        ("UPDATE traces SET digest = 'no'", "does not fit its digest"),
        ("UPDATE traces SET run = run || ' '", "is not the one of its key"),
        ("UPDATE origins SET content = 'there'", "does not fit its digest"),
        ("UPDATE update_times SET seconds = 0.25", "does not fit its digest"),
        ("UPDATE update_time_ranges SET high = 0.7", "does not fit its digest"),
        ("UPDATE update_times SET seconds = -9e999", "-inf was found"),
        ("UPDATE update_times SET seconds = 'soon'", "'soon' was found"),
        ("UPDATE update_times SET seconds = x'00'", "b'\\x00' was found"),
        ("UPDATE update_time_ranges SET low = 'soon'", "'soon' was found"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_and_set_aside_and_never_read(tmp_path, capsys, statement, told):
    assert told in spoilt(tmp_path / "s.sqlite", capsys, statement)


def test_traces_whose_metrics_were_swapped_are_both_set_aside(tmp_path, capsys):
    path, (a, b, c) = tmp_path / "s.sqlite", runs(3)
    with Store(path) as store:
        store.add({a: make_trace(1), b: make_trace(2), c: make_trace(3)})
    with sqlite3.connect(path) as connection:
        metrics = dict(connection.execute("SELECT key, metrics FROM traces").fetchall())
        for to, source in ((a, b), (b, a)):
            swapped = metrics[run_key(source)], run_key(to)
            connection.execute("UPDATE traces SET metrics = ? WHERE key = ?", swapped)
    connection.close()
    with Store(path) as store:
        assert list(store.load([a, b, c])) == [c]
        assert store.missing([a, b, c]) == [a, b]
    assert "2 of what is stored there are damaged" in capsys.readouterr().err


def test_a_trace_without_a_digest_is_read_by_its_structure_alone(tmp_path):
    """As older versions stored them."""
    path, run = tmp_path / "s.sqlite", make_run()
    with Store(path) as store:
        store.add({run: make_trace(1)})
        store.write(lambda connection: connection.execute("UPDATE traces SET digest = NULL"))
        assert_same_bits(store.load([run])[run], make_trace(1))


def test_what_a_newer_version_made_is_refused(tmp_path):
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        newer = f"PRAGMA user_version = {SCHEMA + 1}"
        store.write(lambda connection: connection.execute(newer))
    before = path.read_bytes()
    with pytest.raises(StoreError) as error:
        Store(path)
    assert "Update the program" in helpful(error, path)
    assert path.read_bytes() == before
