"""What `--merge` says and leaves, by the real command."""

import sqlite3

from execution.helpers import assert_same_bits, make_run
from execution.test_store import make_trace, runs
from test_runner import run

from experiments.execution.store import Store


def filled(folder, traces):
    folder.mkdir()
    with Store(folder / "runs.sqlite") as store:
        store.add(traces)
    return folder


def test_stores_are_merged_and_what_became_of_their_runs_is_told(tmp_path):
    one = filled(tmp_path / "one", {run: make_trace(run.seed) for run in runs(4)})
    two = filled(tmp_path / "two", {run: make_trace(run.seed) for run in runs(6)[2:]})
    out = filled(tmp_path / "out", {make_run(seed=3): make_trace(9)})
    with sqlite3.connect(one / "runs.sqlite") as connection:
        connection.execute("UPDATE traces SET metrics = zeroblob(144) WHERE rowid = 1")
    connection.close()
    done = run("--merge", one, two / "runs.sqlite", "--output", out, code=1)
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{one / 'runs.sqlite'}: 2 runs taken over into {out / 'runs.sqlite'}")
    assert "1 differs from the one there, which is kept (--diff" in first
    assert first.endswith("1 is damaged, and left alone")
    assert second.startswith(f"{two / 'runs.sqlite'}: 2 runs taken over")
    assert "1 was there already; 1 differs" in second
    assert "merging: 4 of 4 runs" in done.stderr
    done = run("--merge", two, "--output", out, "--quiet")
    assert done.stdout == done.stderr == ""
    with Store(out / "runs.sqlite") as store:
        found = store.load(runs(6))
    assert {each.seed for each in found} == {1, 2, 3, 4, 5}
    for each, trace in found.items():
        assert_same_bits(trace, make_trace(9 if each.seed == 3 else each.seed))


def test_into_a_folder_that_is_not_there(tmp_path):
    one = filled(tmp_path / "one", {make_run(): make_trace()})
    done = run("--merge", one, "--output", tmp_path / "a" / "b")
    assert "1 run taken over" in done.stdout
    with Store(tmp_path / "a" / "b" / "runs.sqlite") as store:
        assert set(store.load([make_run()])) == {make_run()}


def test_wrong_usage_is_told_before_anything_is_done(tmp_path):
    one = filled(tmp_path / "one", {make_run(): make_trace()})
    out = tmp_path / "out"
    done = run("--merge", one, tmp_path / "nowhere", "--output", out, code=2)
    assert "nowhere: there is no such file" in done.stderr
    assert not out.exists()
    done = run("--merge", one, "--output", one, code=2)
    assert "is the store that others are merged into" in done.stderr
    done = run("config.yaml", "--merge", one, "--output", out, code=2)
    assert "takes no config" in done.stderr
    (tmp_path / "file").write_text("")
    done = run("--merge", one, "--output", tmp_path / "file", code=1)
    assert "a file stands" in done.stderr or "exists" in done.stderr.lower()
