"""What is taken over from another store: all that is whole, and nothing twice or wrong."""

import hashlib
import shutil
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from experiments.clocks import UpdateTime
from experiments.execution import merging
from experiments.execution.keys import run_key
from experiments.execution.merging import Merged, SourceError, merge_store, source
from experiments.execution.opening import SCHEMA
from experiments.execution.store import Store, StoreError

from .helpers import QUIET, assert_same_bits, make_run
from .test_frozen_store import NO_DIGESTS, SHA_256, TRACES, XXH3
from .test_rows import BEGINNING, part
from .test_store import make_trace, runs


def filled(path, traces):
    path.parent.mkdir(exist_ok=True)
    with Store(path) as store:
        store.add(traces)
    return path


def merged(path, target):
    """Merge one file into another, which must leave the first as it is to the byte."""
    before = path.read_bytes()
    with Store(target) as store:
        found = merge_store(path, store, QUIET)
    assert path.read_bytes() == before
    assert {file.name for file in target.parent.iterdir()} <= {target.name, path.name, "there"}
    return found


@pytest.fixture
def here(tmp_path):
    return tmp_path / "here.sqlite"


@pytest.fixture
def there(tmp_path):
    return tmp_path / "there" / "runs.sqlite"


def test_all_of_a_store_is_taken_over_and_then_is_there(here, there):
    traces = {run: replace(make_trace(run.seed), origin="far") for run in runs(3)}
    filled(there, traces)
    with Store(there) as store:
        store.add_update_time(make_run(), UpdateTime(0.5, 0.4, 0.6))
    assert merged(there, here) == Merged(3, 0, 0, 0, False)
    assert merged(there, here) == Merged(0, 3, 0, 0, False)
    with Store(here) as store:
        found = store.load(runs(3))
        assert store.update_time(make_run()) == UpdateTime(0.5, 0.4, 0.6)
    for run, trace in traces.items():
        assert_same_bits(found[run], trace)
        assert (found[run].origin, found[run].seconds) == ("far", 0.5)


@pytest.mark.parametrize("frozen", [NO_DIGESTS, SHA_256, XXH3])
def test_stores_of_older_versions_are_taken_over(here, frozen):
    assert merged(frozen, here) == Merged(4, 0, 0, 0, False)
    with Store(here) as store:
        found = store.load(runs(4))
        digests = store.read(lambda c: c.execute("SELECT DISTINCT length(digest) FROM traces"))
        assert digests.fetchall() == [(8,)]
    for run, trace in zip(runs(4), TRACES, strict=True):
        assert_same_bits(found[run], trace)


LONGER = part([3.0, np.nan, 1.0, 0.5], origin="there")
OTHER = part([3.5, 2.5], origin="there")


@pytest.mark.parametrize(
    ("mine", "other", "outcome"),
    [
        (BEGINNING, LONGER, "taken"),
        (BEGINNING, part([2.0], status="completed"), "taken"),
        (BEGINNING, part([2.0, 2.0, 2.0, 2.0]), "taken"),
        (BEGINNING, BEGINNING, "there"),
        (LONGER, BEGINNING, "there"),
        (replace(LONGER, status="completed"), BEGINNING, "there"),
        (BEGINNING, OTHER, "differ"),
        (replace(BEGINNING, status="completed"), LONGER, "differ"),
        (make_trace(1), make_trace(2), "differ"),
        (make_trace(1), replace(make_trace(1), budget=98), "differ"),
    ],
    ids=range(10),
)
def test_of_what_both_have_the_one_here_stays_unless_it_is_shorter(
    here, there, mine, other, outcome
):
    run = make_run()
    filled(here, {run: mine})
    filled(there, {run: other})
    for expected in (outcome, "there" if outcome == "taken" else outcome):
        found = merged(there, here)
        assert [name for name in ("taken", "there", "differ") if getattr(found, name)] == [expected]
    with Store(here) as store:
        assert_same_bits(store.load([run])[run], other if outcome == "taken" else mine)


def changed(path, statement, *variables):
    with sqlite3.connect(path) as connection:
        assert connection.execute(statement, variables).rowcount == 1
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "metrics = zeroblob(144)",
        "metrics = 7",
        "run = '{}'",
        "run = CAST(x'ff' AS TEXT)",
        "key = 'k'",
        "key = CAST(x'ff' AS TEXT)",
        "key = x'ff'",
        "status = 'asleep'",
        "origin = 9",
        "digest = x'00'",
    ],
)
def test_what_does_not_fit_is_left_where_it_is(here, there, change):
    filled(there, {run: make_trace(run.seed) for run in runs(3)})
    changed(there, f"UPDATE traces SET {change} WHERE rowid = 2")
    assert merged(there, here) == Merged(2, 0, 0, 1, False)
    with Store(here) as store:
        assert store.missing(runs(3)) == [make_run(seed=1)]


def test_what_does_not_fit_here_gives_way(here, there):
    run = make_run()
    filled(here, {run: make_trace(1)})
    changed(here, "UPDATE traces SET metrics = zeroblob(144)")
    filled(there, {run: make_trace(1)})
    assert merged(there, here).taken == 1
    with Store(here) as store:
        assert_same_bits(store.load([run])[run], make_trace(1))
        (kept,) = store.read(lambda c: c.execute("SELECT key, metrics FROM set_aside").fetchall())
    assert kept == (run_key(run), bytes(144))


def test_of_a_malformed_store_what_can_be_read_is_taken_over(here, there):
    many = runs(300)
    filled(there, {run: make_trace(run.seed) for run in many})
    content = bytearray(there.read_bytes())
    content[30000:60000] = b"\xa5" * 30000
    there.write_bytes(content)
    found = merged(there, here)
    assert found.damaged
    assert 0 < found.taken < 300
    with Store(here) as store:
        traces = store.load(many)
    assert len(traces) == found.taken
    for run, trace in traces.items():
        assert_same_bits(trace, make_trace(run.seed))


def test_a_write_that_was_broken_off_is_undone_in_a_copy(here, there, tmp_path):
    """As a killed runner leaves it: half of a transaction in the file, the rest in its journal."""
    filled(there, {make_run(): make_trace(1)})
    writing = sqlite3.connect(there, isolation_level=None)
    writing.execute("PRAGMA cache_size = 1")
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("UPDATE traces SET status = 'diverged'")
    writing.execute("CREATE TABLE more AS SELECT zeroblob(100000)")  # spills into the file
    cut = tmp_path / "cut"
    cut.mkdir()
    for file in there.parent.iterdir():
        shutil.copy(file, cut / file.name)
    writing.execute("ROLLBACK")
    writing.close()
    assert (cut / "runs.sqlite").stat().st_size > 100_000
    digest = hashlib.sha256((cut / "runs.sqlite").read_bytes()).hexdigest()
    with Store(here) as store:
        assert source(cut, here) == cut / "runs.sqlite"
        assert merge_store(cut / "runs.sqlite", store, QUIET) == Merged(1, 0, 0, 0, False)
        assert_same_bits(store.load([make_run()])[make_run()], make_trace(1))
    assert hashlib.sha256((cut / "runs.sqlite").read_bytes()).hexdigest() == digest
    assert (cut / "runs.sqlite-journal").exists()


def test_an_interrupt_keeps_what_was_taken_over_and_it_goes_on(here, there, monkeypatch):
    filled(there, {run: make_trace(run.seed) for run in runs(25)})
    monkeypatch.setattr(merging, "BATCH", 10)
    told = []

    def progress(stage, ended, total):
        told.append((stage, ended, total))
        if ended == 20:
            raise KeyboardInterrupt

    with Store(here) as store, pytest.raises(KeyboardInterrupt):
        merge_store(there, store, progress)
    assert told == [("merging", 0, 25), ("merging", 10, 25), ("merging", 20, 25)]
    with Store(here) as store:
        assert len(store.load(runs(25))) == 20
    assert merged(there, here) == Merged(5, 20, 0, 0, False)


def test_a_store_that_cannot_grow_says_so_and_keeps_what_it_took(here, there, monkeypatch):
    filled(there, {run: make_trace(run.seed) for run in runs(400)})
    monkeypatch.setattr(merging, "BATCH", 50)
    with Store(here) as store:
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 60}")
        with pytest.raises(StoreError, match="full"):
            merge_store(there, store, QUIET)
        kept = store.load(runs(400))
    assert len(kept) >= 50
    assert len(kept) % 50 == 0


def test_what_is_no_store_is_refused(here, tmp_path):
    filled(here, {})
    newer = filled(tmp_path / "newer.sqlite", {})
    with sqlite3.connect(newer) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    with sqlite3.connect(tmp_path / "shoes.sqlite") as connection:
        connection.execute("CREATE TABLE traces (shoes TEXT)")
    connection.close()
    (tmp_path / "tale.txt").write_text("once upon a time " * 100)
    for name, said in {
        "here.sqlite": "is the store that others are merged into",
        "nowhere": "no such file",
        "": "no such file",
        "newer.sqlite": "Update the program",
        "shoes.sqlite": "a database of something else",
        "tale.txt": "cannot be read as a store",
    }.items():
        with pytest.raises(SourceError, match=said) as error:
            source(tmp_path / name, here)
        assert str(tmp_path / name) in str(error.value)
