"""The store keeps the bits of every trace, and says in words why it cannot be used."""

import sqlite3
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from experiments.execution import opening, rows
from experiments.execution import store as module
from experiments.execution.keys import run_key
from experiments.execution.store import Store, StoreError
from experiments.nn.diagnostics import DIAGNOSTICS, columns
from experiments.records import METRICS, Trace

from .helpers import assert_same_bits, make_run

NAN = float("nan")


def make_trace(start=0.0, *, status="completed", evaluations=3):
    values = np.arange(evaluations * len(METRICS), dtype=float).reshape(evaluations, -1) + start
    return Trace(np.arange(evaluations), values, status, 99, 0.5)


def runs(count, **kwargs):
    return [make_run(seed=seed, **kwargs) for seed in range(count)]


@given(
    st.data(),
    st.integers(0, 6),
    st.sampled_from(["completed", "diverged"]),
    st.integers(0, 2**40),
    st.floats(0, 1e6),
)
def test_a_trace_comes_back_to_the_bit(data, evaluations, status, budget, seconds):
    updates = data.draw(arrays.arrays(np.int64, evaluations))
    values = data.draw(arrays.arrays(np.float64, (evaluations, len(METRICS))))
    trace, run = Trace(updates, values, status, budget, seconds), make_run()
    with Store(":memory:") as store:
        store.add({run: trace})
        found = store.load([run])[run]
    assert_same_bits(found, trace)
    assert found.seconds == seconds


@given(st.data(), st.lists(st.sampled_from([*DIAGNOSTICS]), unique=True), st.integers(0, 3))
def test_the_columns_of_diagnostics_come_back_to_the_bit(data, names, hidden):
    held = (*METRICS, *columns(tuple(names), hidden))
    values = data.draw(arrays.arrays(np.float64, (3, len(held))))
    trace = Trace(np.arange(3), values, "completed", 9, columns=held)
    run, plain = make_run(diagnostics=tuple(names)), make_run(seed=1)
    with Store(":memory:") as store:
        store.add({run: trace, plain: make_trace()})
        found = store.load([run, plain])
    assert_same_bits(found[run], trace)
    assert_same_bits(found[plain], make_trace())
    for name in held:
        assert found[run].metric(name).tobytes() == trace.metric(name).tobytes()


def test_a_file_of_an_older_version_is_gone_on_with(tmp_path):
    """Its runs, of another format, are left where they are; nothing of them is read."""
    with sqlite3.connect(tmp_path / "s.sqlite") as connection:
        connection.execute("CREATE TABLE runs (key TEXT PRIMARY KEY, metrics BLOB)")
        connection.execute("INSERT INTO runs VALUES (?, ?)", (run_key(make_run()), b"old"))
    connection.close()
    with Store(tmp_path / "s.sqlite") as store:
        assert store.load([make_run()]) == {}
        store.add({make_run(): make_trace()})
        assert_same_bits(store.load([make_run()])[make_run()], make_trace())
        assert store._connection.execute("SELECT metrics FROM runs").fetchall() == [(b"old",)]


def test_every_kind_of_number_comes_back_from_the_file(tmp_path):
    special = [0.0, -0.0, np.inf, -np.inf, NAN, 5e-324]
    payload = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0]  # another NaN
    values = np.array([special, [payload, 1e308, -1e-308, np.pi, 1 / 3, 2**-1074]])
    trace, run = Trace(np.array([0, 2**40]), values, "diverged", 7), make_run()
    with Store(tmp_path / "s.sqlite") as store:
        store.add({run: trace})
    with Store(tmp_path / "s.sqlite") as store:
        assert_same_bits(store.load([run])[run], trace)


def test_views_and_other_memory_layouts_are_stored_by_value(tmp_path):
    wide = np.arange(60.0).reshape(10, 6)
    trace = Trace(np.arange(10)[::2], np.asfortranarray(wide)[::2], "completed", 9)
    with Store(tmp_path / "s.sqlite") as store:
        store.add({make_run(): trace})
        found = store.load([make_run()])[make_run()]
    np.testing.assert_array_equal(found.values, wide[::2])
    np.testing.assert_array_equal(found.updates, [0, 2, 4, 6, 8])


def test_only_what_is_asked_and_stored_is_loaded(tmp_path):
    a, b, c, d = runs(4)
    with Store(tmp_path / "s.sqlite") as store:
        store.add({a: make_trace(1), b: make_trace(2), c: make_trace(3)})
    with Store(tmp_path / "s.sqlite") as store:
        assert store.load([]) == {}
        found = store.load([b, d])
        assert list(found) == [b]
        assert_same_bits(found[b], make_trace(2))
        assert set(store.load(iter([d, c, b, c]))) == {b, c}


def test_what_is_missing_is_told_once_and_in_order():
    a, b, c, d = runs(4)
    with Store(":memory:") as store:
        assert store.missing([]) == []
        assert store.missing(iter([d, a, d, b, a])) == [d, a, b]
        store.add({a: make_trace(), c: make_trace()})
        assert store.missing([d, c, b, a, d]) == [d, b]
        assert store.missing([c, a]) == []


def test_what_is_missing_is_told_without_reading_any_trace(monkeypatch):
    with Store(":memory:") as store:
        store.add({make_run(): make_trace()})
        monkeypatch.setattr(module, "trace_of", lambda *_: pytest.fail("a trace was read"))
        assert store.missing([make_run()]) == []


def test_traces_stay_in_memory_no_longer_than_they_are_asked_for():
    trace = make_trace()
    values = weakref.ref(trace.values)
    with Store(":memory:") as store:
        store.add({make_run(): trace})
        del trace
        assert values() is None
        loaded = store.load([make_run()])
        values = weakref.ref(loaded[make_run()].values)
        del loaded
        assert values() is None


def test_a_file_whose_keys_have_no_index_of_their_own_serves_as_well(tmp_path):
    """As older versions made them; what they hold is the same."""
    path, (a, b, c) = tmp_path / "s.sqlite", runs(3)
    with sqlite3.connect(path) as connection:
        connection.execute(rows.TRACES.rstrip() + " WITHOUT ROWID")
    connection.close()
    with Store(path) as store:
        store.add({a: make_trace(1), b: make_trace(2)})
        store.add({a: make_trace(3)})
        assert store.missing([c, b, a]) == [c]
        found = store.load([a, b, c])
    assert set(found) == {a, b}
    assert_same_bits(found[a], make_trace(1))


def test_what_was_missing_is_found_once_it_is_added():
    run = make_run()
    with Store(":memory:") as store:
        assert store.load([run]) == {}
        store.add({run: make_trace()})
        assert set(store.load([run])) == {run}


@pytest.mark.parametrize("read_between", [False, True])
def test_a_stored_run_is_never_changed(tmp_path, read_between):
    run = make_run()
    with Store(tmp_path / "s.sqlite") as store:
        store.add({run: make_trace(1)})
        if read_between:
            store.load([run])
        store.add({run: make_trace(2), make_run(seed=1): make_trace(3)})
        assert_same_bits(store.load([run])[run], make_trace(1))
    with Store(tmp_path / "s.sqlite") as store:
        assert_same_bits(store.load([run])[run], make_trace(1))
        assert_same_bits(store.load(runs(2))[make_run(seed=1)], make_trace(3))


def test_adding_is_all_or_nothing(tmp_path):
    good, bad = runs(2)
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(StoreError):
            store.add({good: make_trace(), bad: replace(make_trace(), status=object())})
        assert store.load([good, bad]) == {}
        store.add({bad: make_trace()})  # and it is as usable as before
    with Store(tmp_path / "s.sqlite") as store:
        assert set(store.load([good, bad])) == {bad}


def test_a_trace_that_cannot_be_stored_is_not_passed_over_in_silence():
    # It would be asked for, trained and dropped again for ever.
    with Store(":memory:") as store, pytest.raises(StoreError):
        store.add({make_run(): replace(make_trace(), seconds=NAN)})


def test_what_is_added_is_on_disk_at_once(tmp_path):
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add({make_run(): make_trace()})
        other = sqlite3.connect(path)  # as another process would see it after a SIGKILL
        try:
            assert other.execute("SELECT key FROM traces").fetchall() == [(run_key(make_run()),)]
        finally:
            other.close()


def test_two_stores_on_one_file_see_each_other(tmp_path):
    a, b, c = runs(3)
    with Store(tmp_path / "s.sqlite") as one, Store(tmp_path / "s.sqlite") as two:
        one.add({a: make_trace(1)})
        assert set(two.load([a, b])) == {a}
        two.add({b: make_trace(2), a: make_trace(9)})
        assert set(one.load([a, b, c])) == {a, b}
        assert_same_bits(one.load([a])[a], make_trace(1))
        assert_same_bits(two.load([a])[a], make_trace(1))


def test_thousands_of_runs(tmp_path):
    many = runs(2600)
    with Store(tmp_path / "s.sqlite") as store:
        store.add({run: make_trace(i, evaluations=1) for i, run in enumerate(many[:2500])})
    with Store(tmp_path / "s.sqlite") as store:
        found = store.load(reversed(many))
        assert set(found) == set(many[:2500])
        assert all(found[run].values[0, 0] == i for i, run in enumerate(many[:2500]))


def test_a_key_tells_runs_of_different_rates_apart():
    with Store(":memory:") as store:
        store.add({make_run(rate=0.1): make_trace(1)})
        assert store.load([make_run(rate=0.1 * (1 + 2**-52))]) == {}


def helpful(error, path):
    message = str(error.value)
    assert str(path) in message
    assert "Traceback" not in message
    assert "sqlite3." not in message
    assert "\n" not in message
    return message


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"once upon a time " * 1000)
    with pytest.raises(StoreError) as error:
        Store(path)
    assert "move it away" in helpful(error, path)
    assert path.read_bytes().startswith(b"once")  # and nothing was done to it


def test_a_file_that_is_no_database_is_let_go(tmp_path, monkeypatch):
    path, opened, connect = tmp_path / "s.sqlite", [], sqlite3.connect
    path.write_bytes(b"once upon a time " * 1000)

    def remember(*args, **kwargs):
        opened.append(connect(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(opening.sqlite3, "connect", remember)
    with pytest.raises(StoreError):
        Store(path)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):  # else nobody can move it away
        opened[0].execute("SELECT 1")
    opened[0].close()


def test_a_damaged_database_is_replaced_by_what_it_still_holds(tmp_path, capsys):
    path = tmp_path / "s.sqlite"
    many = runs(300)
    with Store(path) as store:
        store.add({run: make_trace() for run in many})
    content = bytearray(path.read_bytes())
    content[3000:-100] = b"\xa5" * (len(content) - 3100)
    path.write_bytes(content)
    with Store(path) as store:
        found = store.load(many)
        assert store.missing(many) == [run for run in many if run not in found]
        for trace in found.values():
            assert_same_bits(trace, make_trace())
        store.add({run: make_trace() for run in many})
    with Store(path) as store:
        assert len(store.load(many)) == 300
    kept = path.with_name("s.sqlite.damaged-1")
    assert kept.read_bytes() == content
    told = capsys.readouterr().err
    assert f"{len(found)} runs could be rescued" in told
    assert kept.name in told
    assert told.count("\n") == 1
    assert {file.name for file in tmp_path.iterdir()} == {path.name, kept.name}


def test_a_database_of_something_else(tmp_path):
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE traces (shoes TEXT)")
    connection.close()
    with pytest.raises(StoreError) as error, Store(path) as store:
        store.load([make_run()])
    helpful(error, path)


def test_a_folder_in_its_place(tmp_path):
    with pytest.raises(StoreError) as error:
        Store(tmp_path)
    helpful(error, tmp_path)


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(StoreError) as error:
        Store(tmp_path / "nowhere" / "s.sqlite")
    helpful(error, tmp_path / "nowhere" / "s.sqlite")


def test_a_file_that_may_only_be_read_can_be_read(tmp_path, monkeypatch):
    path, (stored, new) = tmp_path / "s.sqlite", runs(2)
    with Store(path) as store:
        store.add({stored: make_trace()})
    connect = sqlite3.connect
    monkeypatch.setattr(  # whoever has all rights cannot take them away with chmod
        module.sqlite3, "connect", lambda p, **how: connect(f"file:{p}?mode=ro", uri=True, **how)
    )
    with Store(path) as store:
        assert set(store.load([stored, new])) == {stored}
        with pytest.raises(StoreError) as error:
            store.add({new: make_trace()})
    assert "may be read but not written" in helpful(error, path)


def test_a_full_disk_loses_nothing_that_was_stored(tmp_path):
    path, many = tmp_path / "s.sqlite", runs(400)
    with Store(path) as store:
        store.add({many[0]: make_trace()})
        store._connection.execute("PRAGMA max_page_count = 8")
        with pytest.raises(StoreError) as error:
            store.add({run: make_trace() for run in many[1:]})
        assert "full" in helpful(error, path)
        assert set(store.load(many)) == {many[0]}


def test_a_store_that_is_closed_says_so(tmp_path):
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        pass
    with pytest.raises(StoreError):
        store.load([make_run()])
    with pytest.raises(StoreError):
        store.missing([make_run()])
    with pytest.raises(StoreError):
        store.add({make_run(): make_trace()})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file with traces of every status, and what it holds."""
    path, some = tmp_path_factory.mktemp("whole") / "s.sqlite", runs(12)
    traces = {
        run: make_trace(run.seed, status=status, evaluations=4 + run.seed)
        for run, status in zip(some, 4 * ["completed", "diverged", "stopped early"], strict=True)
    }
    with Store(path) as store:
        store.add(traces)
    return path.read_bytes(), traces


def reads_true_or_says_why(path, traces):
    """Open a store that may be damaged: no trace differs, what is lost is missing or told."""
    found, again, said = {}, traces, str(path)
    try:
        with Store(path) as store:
            found = store.load(traces)
            lost = [run for run in traces if run not in found]
            assert store.missing(traces) == lost
            store.add({run: traces[run] for run in lost})
            again = store.load(traces)
    except StoreError as error:
        said = str(error)
    assert str(path) in said
    for run, trace in found.items():
        assert_same_bits(trace, traces[run])
    assert set(again) == set(traces)


@given(st.lists(st.tuples(st.integers(0, 2**30), st.integers(1, 255)), min_size=1, max_size=40))
@settings(max_examples=60)
@pytest.mark.slow
def test_whatever_bits_are_flipped_no_other_number_is_read(whole, tmp_path_factory, flips):
    content, traces = whole
    damaged = bytearray(content)
    for place, bits in flips:
        damaged[place % len(damaged)] ^= bits
    path = tmp_path_factory.mktemp("flipped") / "s.sqlite"
    path.write_bytes(damaged)
    reads_true_or_says_why(path, traces)


@given(st.integers(0, 2**30), st.integers(0, 5000))
@settings(max_examples=40)
def test_wherever_a_file_is_cut_or_blank_no_other_number_is_read(
    whole, tmp_path_factory, place, blank
):
    content, traces = whole
    start = place % len(content)
    path = tmp_path_factory.mktemp("cut") / "s.sqlite"
    rest = content[start + blank :] if blank else b""
    path.write_bytes(content[:start] + bytes(min(blank, len(content) - start)) + rest)
    reads_true_or_says_why(path, traces)


CELLS = ("key", "run", "status", "updates", "budget", "columns", "metrics", "seconds", "origin")


@given(
    st.sampled_from([*CELLS, "digest"]),
    st.one_of(
        st.none(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.binary(),
        st.text("ab\n☃"),
        st.just("[" * 100_000),
    ),
)
@settings(max_examples=60)
def test_whatever_stands_in_a_cell_no_other_number_is_read(whole, tmp_path_factory, cell, value):
    content, traces = whole
    path = tmp_path_factory.mktemp("cell") / "s.sqlite"
    path.write_bytes(content)
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.execute(f"UPDATE traces SET {cell} = ? WHERE rowid = 3", (value,))
    except sqlite3.IntegrityError:
        pass  # SQLite itself refuses it
    connection.close()
    if cell == "digest" and value is None:
        return  # as an older version stored it
    reads_true_or_says_why(path, traces)


@pytest.mark.parametrize("cell", ["run", "updates", "budget", "columns", "metrics", "digest"])
def test_cells_that_two_runs_have_swapped_are_noticed(whole, tmp_path, cell, capsys):
    content, traces = whole
    path = tmp_path / "s.sqlite"
    path.write_bytes(content)
    with sqlite3.connect(path) as connection:
        (one,), (other,) = connection.execute(
            f"SELECT {cell} FROM traces WHERE rowid IN (2, 3) ORDER BY rowid"
        ).fetchall()
        connection.execute(f"UPDATE traces SET {cell} = ? WHERE rowid = 2", (other,))
        connection.execute(f"UPDATE traces SET {cell} = ? WHERE rowid = 3", (one,))
    connection.close()
    with Store(path) as store:
        found = store.load(traces)
        assert len(found) == len(traces) - (2 if one != other else 0)
    for run, trace in found.items():
        assert_same_bits(trace, traces[run])
    told = capsys.readouterr().err
    assert (one == other) or ("2 of what is stored there are damaged" in told and str(path) in told)
