"""A report that would come out the same is not made again, and any other is."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


ROOT = Path(__file__).parent.parent

CONFIG = """\
title: Which is quicker on the moons?
dataset: {name: csv, path: moons.csv}
network: {width: 4, activation: [relu, tanh]}
training: {epochs: 2, batch_size: 8}
tuning: {from: 0.125, to: 0.25, extensions: 0}
seeds: 7
claims:
  - {faster: relu, than: tanh, to: {train_loss: 0.6}}
"""

DATA = "a,b,label\n" + "".join(f"{i % 7},{(i * i) % 5},{'xy'[i % 2]}\n" for i in range(60))


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "runner.py"), str(folder / "moons.yaml"),
         "--output", str(folder / "out"), "--jobs", "1",
         *(arguments if "--figures" in arguments else (*arguments, "--figures", "png"))],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder in which the study was run, and what was said."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "moons.yaml").write_text(CONFIG)
    (folder / "moons.csv").write_text(DATA)
    return folder, run(folder, "-v")


@pytest.fixture
def copied(made, tmp_path):
    """The folder at another place, where the study was run again: its data lie elsewhere now."""
    shutil.copytree(made[0], tmp_path / "copy")
    run(tmp_path / "copy", "-q")
    return tmp_path / "copy"


def written(folder):
    """When each file was written last, but for the store, which every process opens."""
    return {
        path: path.stat().st_mtime_ns
        for path in (folder / "out").rglob("*")
        if path.is_file() and not path.name.startswith("runs.sqlite")
    }


def test_what_would_come_out_the_same_is_not_written_again(made, copied):
    before = written(copied)
    for loudness in (["-v"], ["-q"], []):
        told = run(copied, *loudness)
        assert written(copied) == before
        if loudness == ["-v"]:
            first = made[1].replace(str(made[0]), str(copied))
            assert told == re.sub(r"\d+ runs trained", "every run was stored already", first)


def test_showing_it_imports_nothing_that_draws_trains_or_makes_tables(tmp_path):
    drawn = CONFIG.replace("{name: csv, path: moons.csv}", "xor")  # a CSV file is read with pandas
    (tmp_path / "moons.yaml").write_text(drawn)
    run(tmp_path, "-q")
    code = (
        "import atexit, sys, runner; atexit.register(lambda: print(*sys.modules)); "
        "sys.exit(runner.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "moons.yaml", "--output", tmp_path / "out",
         "--figures", "png"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    heavy = {"pandas", "matplotlib", "sklearn", "joblib", "jinja2", "scipy.stats"}
    assert not heavy & set(done.stdout.split())


def spoil(folder, name):
    path = folder / "out" / "moons" / name
    path.write_bytes(path.read_bytes()[:-9])


def delete(folder, name):
    (folder / "out" / name).unlink()


def edit(folder, change):
    path = folder / "out" / "moons" / "made_from.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def in_store(folder, statement):
    connection = sqlite3.connect(folder / "out" / "runs.sqlite")
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


ORIGIN = "UPDATE origins SET content = replace(content, 'numpy', 'numpie')"
ONE = 'key = (SELECT min(key) FROM traces WHERE run LIKE \'%"stream":"{}"%\')'
CHANGES = {
    "a page that is cut off": lambda folder: spoil(folder, "report.md"),
    "a figure that is another": lambda folder: spoil(folder, "train_loss.png"),
    "a table that is gone": lambda folder: delete(folder, "moons/curves.csv"),
    "no record": lambda folder: delete(folder, "moons/made_from.json"),
    "a damaged record": lambda folder: spoil(folder, "made_from.json"),
    "a record of something else": lambda folder: (
        folder / "out" / "moons" / "made_from.json").write_text("[]\n"),
    "another program": lambda folder: edit(folder, lambda c: c.update(program="0")),
    "another library": lambda folder: edit(folder, lambda c: c["libraries"].update(pandas="1")),
    "another published report": lambda folder: edit(folder, lambda c: c.update(published=[])),
    "another title": lambda folder: (folder / "moons.yaml").write_text(
        CONFIG.replace("quicker", "faster")),
    "a trace of another origin": lambda folder: in_store(folder, ORIGIN),
    "no scoreboard": lambda folder: delete(folder, "README.md"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_it_is_made_again(copied, change):
    change(copied)
    before = written(copied)
    run(copied, "-q")
    after = written(copied)
    page = copied / "out" / "moons" / "report.md"
    assert after[page] > before[page]
    assert (copied / "out" / "README.md").exists()
    run(copied, "-q")
    assert written(copied) == after


def test_other_data_are_other_runs(copied):
    (copied / "moons.csv").write_text(DATA.replace("3,4,y", "3,1,y"))
    assert "runs trained" in run(copied)


def test_a_run_that_is_gone_is_trained_again(copied):
    in_store(copied, f"DELETE FROM traces WHERE {ONE.format('tuning')}")
    assert "1 runs trained" in run(copied)
    assert "every run was stored already" in run(copied)


def test_a_bit_of_a_trace_counts_and_its_seconds_do_not(copied):
    before = written(copied)
    in_store(copied, "UPDATE traces SET seconds = seconds + 1")
    run(copied, "-q")
    assert written(copied) == before
    connection = sqlite3.connect(copied / "out" / "runs.sqlite")
    key, metrics = connection.execute("SELECT key, metrics FROM traces LIMIT 1").fetchone()
    with connection:
        connection.execute(
            "UPDATE traces SET metrics = ? WHERE key = ?",
            (metrics[:-1] + bytes([metrics[-1] ^ 1]), key),
        )
    connection.close()
    run(copied, "-q")
    assert written(copied) != before


def test_runs_of_another_study_change_nothing(copied):
    before = written(copied)
    in_store(
        copied,
        "INSERT INTO traces SELECT 'another', run, status, updates, budget, columns, metrics, "
        f"seconds, origin, digest FROM traces WHERE {ONE.format('evaluation')}",
    )
    run(copied, "-q")
    assert written(copied) == before


def test_the_record_and_the_program_s_digest_are_the_same_in_every_process(copied):
    code = "from experiments.program import program; print(program())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
        ).stdout.strip()
        for seed in (1, 2)
    }  # fmt: skip
    assert found == {json.loads((copied / "out/moons/made_from.json").read_text())["program"]}
