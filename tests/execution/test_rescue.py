"""What becomes of a store that is damaged, locked, linked, full or read by several at once."""

import errno
import multiprocessing
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.execution import opening, rescue
from experiments.execution import store as module
from experiments.execution.keys import run_key
from experiments.execution.rows import row_of
from experiments.execution.store import Store, StoreError

from .helpers import assert_same_bits, make_run
from .test_store import helpful, make_trace, runs

MANY = 300


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "s.sqlite"
    with Store(found) as store:
        store.add({run: make_trace(run.seed) for run in runs(MANY)})
    return found


def damage(path, start=30_000, end=60_000):
    content = bytearray(path.read_bytes())
    content[start:end] = b"\xa5" * (end - start)
    path.write_bytes(content)


def read(path):
    """What a store still holds, none of it another number."""
    with Store(path) as store:
        found = store.load(runs(MANY))
    for run, trace in found.items():
        assert_same_bits(trace, make_trace(run.seed))
    return found


def test_a_store_whose_beginning_is_damaged_is_rescued_whole(path, capsys):
    damage(path, 0, 100)
    damaged = path.read_bytes()
    assert len(read(path)) == MANY
    told = capsys.readouterr().err
    assert f"{MANY} runs could be rescued" in told
    assert told.count("\n") == 1
    assert {file.name for file in path.parent.iterdir()} == {"s.sqlite", "s.sqlite.damaged-1"}
    assert path.with_name("s.sqlite.damaged-1").read_bytes() == damaged
    assert len(read(path)) == MANY
    assert capsys.readouterr().err == ""


def test_runs_without_a_digest_are_lost_with_a_malformed_file_and_counted(path, capsys):
    with Store(path) as store:
        store.write(lambda c: c.execute("UPDATE traces SET digest = NULL WHERE rowid > 290"))
    damage(path)
    found = read(path)
    lost = set(runs(MANY)[290:])
    assert not lost & found.keys()
    told = capsys.readouterr().err
    assert "(so are 10 of a version without digests)" in told


def test_a_disk_without_second_names_keeps_a_copy_of_the_damaged_file(path, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(rescue.os, "link", refuse)
    for number in (1, 2):
        damage(path)
        damaged = path.read_bytes()
        read(path)
        assert path.with_name(f"s.sqlite.damaged-{number}").read_bytes() == damaged
    assert "kept as s.sqlite.damaged-2" in capsys.readouterr().err


def _read_in_process(path, barrier, counts):
    barrier.wait()
    counts.put(len(read(path)))


def test_of_several_processes_that_find_the_damage_one_rescues(path, capfd):
    damage(path)
    context = multiprocessing.get_context("fork")
    barrier, counts = context.Barrier(4), context.SimpleQueue()
    processes = [
        context.Process(target=_read_in_process, args=(path, barrier, counts)) for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert len({counts.get() for _ in processes}) == 1
    assert {file.name for file in path.parent.iterdir()} == {"s.sqlite", "s.sqlite.damaged-1"}
    assert capfd.readouterr().err.count("could be rescued") == 1


@pytest.mark.parametrize("ending", ["-journal", "-wal"])
def test_leftovers_of_another_database_beside_it_change_no_number(path, tmp_path, ending):
    other = tmp_path / "other"
    other.mkdir()
    writing = sqlite3.connect(other / "s.sqlite", isolation_level=None)
    writing.execute(f"PRAGMA journal_mode = {'wal' if ending == '-wal' else 'delete'}")
    writing.execute("CREATE TABLE t (a)")
    writing.execute("INSERT INTO t VALUES (1)")
    writing.execute("PRAGMA cache_size = 1")
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("UPDATE t SET a = zeroblob(100000)")
    shutil.copy(other / f"s.sqlite{ending}", f"{path}{ending}")
    writing.execute("ROLLBACK")
    writing.close()
    read(path)  # SQLite takes it for that of this file, whose runs may be gone
    with Store(path) as store:
        store.add({run: make_trace(run.seed) for run in runs(MANY)})
    assert len(read(path)) == MANY


def test_a_lock_that_another_process_holds_is_told(path, monkeypatch):
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreError) as error, Store(path) as store:
            store.load(runs(1))
    finally:
        other.close()
    assert "is locked: another process" in helpful(error, path)
    assert len(read(path)) == MANY


def test_a_link_to_nowhere_is_told(tmp_path):
    path = tmp_path / "s.sqlite"
    path.symlink_to(tmp_path / "gone" / "s.sqlite")
    with pytest.raises(StoreError) as error:
        Store(path)
    assert "which is not there" in helpful(error, path)


FEW_FILES = """
import os, resource, sys
from experiments.execution.store import Store, StoreError
limit = len(os.listdir("/dev/fd")) - 1
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
try:
    Store(sys.argv[1])
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="open files cannot be counted here")
def test_too_many_open_files_are_told(path):
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0
    done = subprocess.run(
        [sys.executable, "-c", FEW_FILES, str(path)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "too many open files. Raise the limit" in done.stdout
    assert str(path) in done.stdout


def test_a_rescue_onto_a_full_disk_loses_nothing(path, monkeypatch):
    damage(path)
    damaged = path.read_bytes()
    opened = rescue.opened

    def small(place):
        connection = opened(place)
        connection.execute("PRAGMA max_page_count = 12")
        return connection

    monkeypatch.setattr(rescue, "opened", small)
    with pytest.raises(StoreError) as error:
        read(path)
    assert "full" in helpful(error, path)
    assert path.read_bytes() == damaged
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    monkeypatch.undo()
    assert read(path)


def spoil(path, run):
    connection = sqlite3.connect(path)
    with connection:
        change = "UPDATE traces SET metrics = zeroblob(144) WHERE key = ?"
        assert connection.execute(change, (run_key(run),)).rowcount == 1
    connection.close()


def test_what_another_process_has_stored_anew_meanwhile_is_read_and_stays(
    path, monkeypatch, capsys
):
    run = make_run(seed=7)
    spoil(path, run)
    trace_of = module.trace_of

    def slowly(key, text, *cells):
        try:
            return trace_of(key, text, *cells)
        except ValueError:
            other = sqlite3.connect(path)
            with other:  # what another process does between reading and setting aside
                row = row_of(text, make_trace(7))
                change = "UPDATE traces SET metrics = ?, digest = ? WHERE key = ?"
                other.execute(change, (row[7], row[2], key))
            other.close()
            raise

    monkeypatch.setattr(module, "trace_of", slowly)
    assert len(read(path)) == MANY
    assert capsys.readouterr().err == ""


def test_what_cannot_be_set_aside_is_passed_over_and_said_to_be(path, monkeypatch, capsys):
    spoil(path, make_run(seed=7))
    connect = sqlite3.connect
    monkeypatch.setattr(  # whoever has all rights cannot take them away with chmod
        module.sqlite3, "connect", lambda p, **how: connect(f"file:{p}?mode=ro", uri=True, **how)
    )
    with Store(path) as store:
        assert make_run(seed=7) not in store.load(runs(MANY))
        assert store.missing(runs(MANY)) == [make_run(seed=7)]
    told = capsys.readouterr().err
    assert "is passed over. The file cannot be written" in told
    assert "trained anew" not in told
