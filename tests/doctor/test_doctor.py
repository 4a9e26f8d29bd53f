"""What --doctor finds is true, says what to do, and changes nothing."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import whole_files
from experiments.command_line import DONE, FAILED, main
from experiments.doctor import folder, machine, versions
from experiments.execution.rows import TABLES

ROOT = Path(__file__).parents[2]

CONFIG = """\
title: Which is quicker?
dataset: {name: moons, examples: 300}
network: {width: 6, activation: [relu, tanh]}
training: {epochs: 2, learning_rate: 0.25}
seeds: 7
claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of results in which all is well."""
    place = tmp_path_factory.mktemp("made")
    (place / "moons.yaml").write_text(CONFIG)
    subprocess.run(
        [sys.executable, ROOT / "runner.py", place / "moons.yaml", "--output", place / "out", "-q",
         "--figures", "png"], check=True,
    )  # fmt: skip
    return place / "out"


@pytest.fixture
def output(made, tmp_path):
    shutil.copytree(made, tmp_path / "out")
    return tmp_path / "out"


def contents(place):
    return {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.fixture
def doctor(output, capsys, monkeypatch):
    """Ask what is wrong with the folder; it must not be changed. What is told, on one line."""
    monkeypatch.setenv("COLUMNS", "100")

    def ask(code=FAILED, *options):
        before = contents(output)
        assert main(["--doctor", "--output", str(output), *options]) == code
        assert contents(output) == before
        told = capsys.readouterr()
        assert told.err == ""
        # The name of a folder is not broken, however long it is.
        lines = [line for line in told.out.splitlines() if str(output.parent) not in line]
        assert max(map(len, lines)) <= 100
        return " ".join(told.out.split())

    return ask


def change(output, *statements):
    with sqlite3.connect(output / "runs.sqlite") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_where_all_is_well_it_says_so(doctor, output):
    told = doctor(DONE)
    assert "All is well." in told
    assert "! " not in told
    assert f"store {output / 'runs.sqlite'}" in told
    assert "integrity ok" in told
    assert "runs 14 digests 14 traces fit theirs" in told
    assert "reports 1 of 1 well" in told


def test_a_folder_that_is_not_there_lacks_nothing(doctor, output):
    shutil.rmtree(output)
    told = doctor(DONE)
    assert f"folder {output}, made by the first study" in told
    assert "none yet; the first study makes it" in told
    assert not output.exists()


def test_a_clone_s_published_reports_have_no_store_and_no_record(doctor, output):
    (output / "runs.sqlite").unlink()
    (output / "moons" / "made_from.json").unlink()
    told = doctor(DONE)
    assert "not compared moons: no record tells" in told


SWAP = (
    "CREATE TEMP TABLE two AS SELECT rowid AS id, metrics FROM traces WHERE rowid < 3",
    "UPDATE traces SET metrics = (SELECT metrics FROM two WHERE id = 3 - traces.rowid) "
    "WHERE rowid < 3",
)
CELLS = {
    "a number that was changed": (
        ("UPDATE traces SET metrics = zeroblob(length(metrics)) WHERE rowid = 2",),
        "damaged traces 1: ", "does not fit its digest",
    ),
    "numbers that two runs have swapped": (SWAP, "damaged traces 2: ", "does not fit its digest"),
    "another type": (
        ("UPDATE traces SET updates = 'text' WHERE rowid = 1",),
        "damaged traces 1: ", "updates is of type str and not bytes",
    ),
    "a text that is none": (
        ("UPDATE traces SET status = CAST(x'ff' AS TEXT) WHERE rowid = 1",),
        "damaged traces 1: ", "its status is",
    ),
    "a key that is no text": (
        ("UPDATE traces SET key = CAST(x'1b5b31ff' AS TEXT) WHERE rowid = 1",),
        r"damaged traces 1: \x1b[1\udcff: its key is not",
    ),
    "a key of nothing": (
        ("UPDATE traces SET key = 7 WHERE rowid = 1",), "damaged traces 1: 7: its key is not",
    ),
    "a time": (
        ("UPDATE update_times SET seconds = 99 WHERE key = (SELECT min(key) FROM update_times)",),
        "damaged times 1", "measured anew",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statements", "says"), [(c, s) for c, *s in CELLS.values()], ids=CELLS)
def test_what_does_not_fit_its_digest_is_told(doctor, output, statements, says):
    change(output, *statements)
    told = doctor()
    for one in says:
        assert one in told
    assert "integrity ok" in told
    assert "anew" in told


def test_what_was_set_aside_is_told_and_needs_nothing(doctor, output):
    columns = "key, run, status, updates, budget, columns, metrics, seconds, origin, digest"
    change(output, f"INSERT INTO set_aside SELECT 'it was blank', {columns} FROM traces LIMIT 3")
    assert "set aside before 3 (3: it was blank), trained anew since" in doctor(DONE)


def test_traces_of_older_versions_are_counted(doctor, output):
    change(output, "UPDATE traces SET digest = NULL WHERE rowid < 5")
    assert "10 traces fit theirs; 4 have none, since an older version" in doctor(DONE)


def replaced(content):
    def replace(path):
        path.unlink()
        path.write_bytes(content)

    return replace


def in_folder(path):
    path.unlink()
    path.mkdir()


def linked(path):
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))


def newer(path):
    change(path.parent, "PRAGMA user_version = 9")


def of_something_else(path):
    path.unlink()
    change(path.parent, "CREATE TABLE addresses (name TEXT)", "PRAGMA user_version = 1")


FILES = {
    "text": (replaced(b"once upon a time " * 100), "is no database", "move it away"),
    "folder": (in_folder, "a folder has its name", "Move it away"),
    "link to nothing": (linked, "it is a link to", "Remove the link"),
    "newer": (newer, "9, this program knows 2", "update the program"),
    "of something else": (of_something_else, "a database of something else", "Move it away"),
}


@pytest.mark.parametrize(("damage", "says"), [(d, s) for d, *s in FILES.values()], ids=FILES)
def test_a_file_that_is_no_store_is_told(doctor, output, damage, says):
    damage(output / "runs.sqlite")
    told = doctor()
    for one in says:
        assert one in told


def test_an_empty_file_is_an_empty_store(doctor, output):
    replaced(b"")(output / "runs.sqlite")
    assert "none: the file is empty, and the next study fills it" in doctor(DONE)


def test_a_file_where_reports_are_written_is_told(doctor, output):
    shutil.rmtree(output / whole_files.WRITING)
    (output / whole_files.WRITING).write_text("my own")
    assert "is a file, and no folder -> Move it away" in doctor()


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_gone_is_no_traceback(doctor, output, table):
    change(output, f"DROP TABLE {table}")
    told = doctor(DONE if table in ("update_time_ranges", "set_aside", "failures") else FAILED)
    assert "cannot be looked at" not in told


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_of_the_file_ends_in_a_traceback(output, capsys, seed):
    """Bits are flipped, a part is blank, or the end is missing."""
    draw, path = random.Random(seed), output / "runs.sqlite"
    content = bytearray(path.read_bytes())
    if seed % 3 == 0:
        for _ in range(draw.randint(1, 30)):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    elif seed % 3 == 1:
        start, size = draw.randrange(len(content)), draw.randint(1, 5000)
        content[start : start + size] = bytes(len(content[start : start + size]))
    else:
        del content[draw.randrange(len(content)) :]
    path.write_bytes(content)
    before = contents(output)
    assert main(["--doctor", "--output", str(output)]) in (DONE, FAILED)
    assert contents(output) == before
    told = capsys.readouterr().out
    assert "Store of finished runs" in told
    assert "cannot be looked at" not in told, told


def test_a_journal_of_a_writer_that_was_killed_is_told(doctor, output):
    code = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA cache_size = 1")
connection.execute("UPDATE traces SET metrics = zeroblob(length(metrics))")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code, output / "runs.sqlite"], check=True)
    assert (output / "runs.sqlite-journal").stat().st_size > 0
    told = doctor()
    assert "journal of the store" in told
    assert "reading cannot be read before what was not finished is taken back" in told
    assert "what was not finished is taken back" in told


def test_a_damaged_file_that_is_kept_is_told(doctor, output):
    path = output / "runs.sqlite"
    shutil.copy(path, output / "runs.sqlite.damaged-1")
    shutil.copy(path, output / f"runs.sqlite.{'0' * 32}")
    told = doctor()
    assert "damaged stores runs.sqlite.damaged-1" in told
    assert f"unfinished rescue runs.sqlite.{'0' * 32}" in told


def spoil(path):
    path.write_bytes(path.read_bytes()[:-9])


REPORTS = {
    "a page": (lambda f: spoil(f / "report.html"), "moons report.html damaged or missing"),
    "files that are gone": (
        lambda f: [path.unlink() for path in f.glob("*.csv")], "and others damaged or missing",
    ),
    "no record": (lambda f: (f / "made_from.json").unlink(), "moons no made_from.json"),
    "half a record": (lambda f: spoil(f / "made_from.json"), "made_from.json is damaged"),
    "a record of something else": (
        lambda f: (f / "made_from.json").write_text("[]"), "is no record of a report",
    ),
    "other runs": (
        lambda f: change(f.parent, "DELETE FROM traces WHERE rowid = 1"),
        "moons its runs are not those in the store",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "says"), REPORTS.values(), ids=REPORTS)
def test_a_report_that_is_damaged_or_of_other_runs_is_told(doctor, output, damage, says):
    damage(output / "moons")
    told = doctor()
    assert says in told
    assert "-> Run its study again" in told


def test_a_scoreboard_that_is_not_of_the_reports_is_told(doctor, output):
    (output / "README.md").unlink()
    assert f"scoreboard {output / 'README.md'} is not that" in doctor()


def test_what_a_killed_writer_left_is_told_and_what_a_living_one_writes_is_not(doctor, output):
    left = output / whole_files.WRITING / "left"
    left.mkdir()
    (left / whole_files.LOCK).touch()
    assert "unfinished reports 1, of commands that were killed" in doctor()
    shutil.rmtree(left)
    with whole_files.whole(output / "other", ("page",), set) as written:
        doctor(DONE)
        (written / "page").write_text("page")


def test_what_the_disk_and_the_memory_lack_is_told(doctor, output, monkeypatch):
    monkeypatch.setattr(folder, "LITTLE_SPACE", 10**18)
    monkeypatch.setattr(machine, "LITTLE_MEMORY", 10**15)
    monkeypatch.setattr(folder.os, "access", lambda *_: False)
    told = doctor()
    for one in ("-> Make room", "-> Choose --jobs 1", "can be written no -> Change who may write"):
        assert one in told
    assert "3 things need to be done" in told


def test_variables_of_threads_are_told(doctor, monkeypatch):
    for name in machine.THREADS:
        monkeypatch.delenv(name, raising=False)
    assert "threads' variables none is set" in doctor(DONE)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert "OMP_NUM_THREADS 3" in doctor(DONE)
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert "OMP_NUM_THREADS many -> Set it to a whole number" in doctor()


def test_a_package_of_another_version_or_none_is_told(doctor, monkeypatch, tmp_path):
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / "requirements.txt").write_text("# needed\nnumpy<1\nno-such-package>=2\n")
    (tmp_path / "clone" / "pyproject.toml").write_text('[project]\nrequires-python = ">=9"\n')
    monkeypatch.setattr(versions, "CLONE", tmp_path / "clone")
    told = doctor()
    assert "-> Use a Python >=9." in told
    assert 'Run pip install "numpy<1".' in told
    assert "no-such-package is not installed" in told


def test_the_data_that_are_cached_and_plug_ins_are_told(doctor, monkeypatch, tmp_path):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "data"))
    assert f"none in {tmp_path / 'data'}" in doctor(DONE)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "set").write_bytes(bytes(2000))
    assert "2.0 kB in 1 files" in doctor(DONE)
    done = subprocess.run(
        [sys.executable, ROOT / "runner.py", "--doctor", "--output", tmp_path / "none",
         "--plugin", ROOT / "examples" / "my_functions.py"],
        capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "400"},
    )  # fmt: skip
    told = " ".join(done.stdout.split())
    assert f"plug-in {ROOT / 'examples' / 'my_functions.py'}: bent, sign_sgd, rings, read" in told


def test_what_cannot_be_looked_at_does_not_keep_the_rest_from_it(doctor, monkeypatch):
    def fail(_):
        raise RuntimeError("broken")

    monkeypatch.setattr(folder.shutil, "disk_usage", fail)
    told = doctor()
    assert "the rest cannot be looked at: broken" in told
    assert "Store of finished runs" in told
