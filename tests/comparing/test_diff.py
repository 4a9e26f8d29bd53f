"""What `--diff` says of two reports, two folders and two stores, by the real command."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from execution.helpers import make_run

from experiments.comparing.published import in_a_line, remark
from experiments.comparing.reports import compare_reports
from experiments.execution.store import Store
from experiments.records import METRICS, Trace

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "results" / "published"
NAME = "relu_vs_tanh"


def diff(before, after, code, columns=100):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "runner.py"), "--diff", before, after],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env=os.environ | {"COLUMNS": str(columns)},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr if code == 2 else done.stdout


def copied(tmp_path, name=NAME, **edits):
    """A copy of a published report, in each file of which some text is replaced once."""
    folder = tmp_path / "mine" / name
    shutil.copytree(
        PUBLISHED / name, folder, ignore=shutil.ignore_patterns("*.png", "made_from.json")
    )
    for file, (old, new) in edits.items():
        path = folder / {"study": "study.yaml", "verdicts": "verdicts.csv",
                         "provenance": "provenance.json"}[file]  # fmt: skip
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


ORIGIN = json.loads((PUBLISHED / NAME / "provenance.json").read_text())["origins"][0]["origin"]
NUMPY, PROCESSOR = ORIGIN["packages"]["numpy"], ORIGIN["processor"]
KERNELS = ORIGIN["blas"][0]["architecture"]

TURNED = ("refuted,,4.00543213e-05,0.785460202,,0.666345059", "supported,,0.01,1.785,,1.666")


def test_a_report_is_like_itself(tmp_path):
    told = diff(PUBLISHED / NAME, copied(tmp_path), 0)
    assert told.splitlines()[-1] == f"{NAME}: all 18 verdicts are the same"


def test_a_verdict_that_turned_is_told_with_its_numbers_before_and_after(tmp_path):
    told = diff(PUBLISHED / NAME, copied(tmp_path, verdicts=TURNED), 1)
    assert f"{NAME}: 1 of 18 verdicts differ\n" in told
    assert "refuted before, supported after: direction, train_loss 0.6, own_rate\n" in told
    before, after = "0.785 (0.666 to 0.897) before", "1.78 (1.67 to 0.897) after times the updates"
    assert f"{before}, {after}\n" in told


def test_numbers_that_moved_are_no_other_verdict(tmp_path):
    moved = ("0.785460202", "0.785460203")
    told = diff(PUBLISHED / NAME, copied(tmp_path, verdicts=moved), 0)
    assert "all 18 verdicts are the same; 1 with the same verdict has other numbers" in told


def test_a_claim_in_other_words_or_of_another_number_is_the_same_claim(tmp_path):
    words = '1,"ReLU reaches the same training loss in fewer updates than tanh, about six times'
    folder = copied(tmp_path, verdicts=(words, '7,"ReLU is quicker'))
    assert len(compare_reports(PUBLISHED / NAME, folder).pairs) == 18
    diff(PUBLISHED / NAME, folder, 0)


def test_what_one_side_lacks_is_told(tmp_path):
    folder = copied(tmp_path)
    path = folder / "verdicts.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    (only,) = [line for line in diff(PUBLISHED / NAME, folder, 0).splitlines() if "only" in line]
    assert only.startswith("  only before: ReLU reaches the same training loss")
    told = diff(folder, PUBLISHED / NAME, 0)
    assert "only after: ReLU" in told
    assert "(1 inconclusive, 1 refuted)" in told


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ({"study": ("seeds: 20", "seeds: 30")}, "seeds: 20 before, 30 after"),
        ({"study": ("batch_size: 64", "batch_size: 8")},
         "config: training.batch_size 64 before, 8 after"),
        ({"provenance": (f'"numpy": "{NUMPY}"', '"numpy": "9.9"')},
         f"libraries: numpy {NUMPY} before, 9.9 after"),
        ({"provenance": ('"convergence-experiments": "0.1.0"', '"convergence-experiments": "7"')},
         "program: convergence-experiments 0.1.0 before, 7 after"),
        ({"provenance": (KERNELS, "M3")}, f"machine: BLAS kernels {KERNELS} before, M3 after"),
        ({"provenance": (PROCESSOR, "M4")}, f"machine: processor {PROCESSOR} before, M4 after"),
    ],
)  # fmt: skip
def test_what_else_differs_is_told_and_is_no_other_verdict(tmp_path, edits, says):
    assert f"  {says}\n" in diff(PUBLISHED / NAME, copied(tmp_path, **edits), 0)


def test_other_instructions_of_numpy_are_told_where_both_reports_know_theirs(tmp_path):
    folders = [copied(tmp_path / side) for side in ("one", "two")]
    for folder, simd in zip(folders, (None, ["V2", "V3", "V4"]), strict=True):
        with_instructions(folder, simd)
    # A report of an older version tells none.
    assert "NumPy's instructions" not in diff(*folders, 0)
    with_instructions(folders[0], ["V2", "V3"])
    says = "  machine: NumPy's instructions V2 V3 before, V2 V3 V4 after\n"
    assert says in diff(*folders, 0)


def with_instructions(folder, simd):
    path = folder / "provenance.json"
    told = json.loads(path.read_text())
    for found in told["origins"]:
        found["origin"].pop("simd", None)
        found["origin"] |= {} if simd is None else {"simd": simd}
    path.write_text(json.dumps(told))


def test_other_data_are_told(tmp_path):
    folders = [copied(tmp_path / side) for side in ("one", "two")]
    for folder, digest in zip(folders, ("a" * 64, "b" * 64), strict=True):
        path = folder / "provenance.json"
        data = [{"name": "fashion_mnist_mini", "digest": digest}]
        path.write_text(json.dumps(json.loads(path.read_text()) | {"data": data}))
    assert "  data: fashion_mnist_mini aaaaaaaaaaaa before, bbbbbbbbbbbb after\n" in diff(
        *folders, 0
    )


def test_other_sources_of_the_program_are_told_where_reports_know_them(tmp_path):
    folders = [copied(tmp_path / side) for side in ("one", "two")]
    (folders[0] / "made_from.json").write_text(json.dumps({"program": "a" * 64}))
    assert "source:" not in diff(*folders, 0)
    for content in ({"program": "b" * 64}, {"program": 3}, [], {}):
        (folders[1] / "made_from.json").write_text(json.dumps(content))
        told = "  source: of the program aaaaaaaaaaaa before, bbbbbbbbbbbb after\n"
        assert (told in diff(*folders, 0)) == (content == {"program": "b" * 64})


def test_two_folders_are_compared_study_by_study(tmp_path):
    copied(tmp_path, verdicts=TURNED)
    copied(tmp_path, "first_steps")
    told = diff(PUBLISHED, tmp_path / "mine", 1, columns=60)
    assert "Of 19 verdicts in 2 studies 1 differ" in told
    assert "first_steps: the one verdict is the same\n" in told
    assert "Studies only before: activation_map, " in told
    assert max(map(len, told.splitlines()[2:])) <= 60
    assert "studies are the same." in diff(PUBLISHED, PUBLISHED, 0)


def test_folders_without_a_study_in_common_are_not_alike(tmp_path):
    (tmp_path / "other").mkdir()
    copied(tmp_path, "first_steps").rename(tmp_path / "other" / "another")
    assert "They have no study in common." in diff(PUBLISHED, tmp_path / "other", 1)


@pytest.mark.slow
def test_wrong_usage_is_explained(tmp_path):
    text, empty = tmp_path / "text.txt", tmp_path / "empty"
    text.write_text("no store")
    empty.mkdir()
    assert "there is no such file or folder" in diff(PUBLISHED, tmp_path / "none", 2)
    assert "there is no report in this folder" in diff(PUBLISHED, empty, 2)
    assert "is no store of runs" in diff(text, PUBLISHED, 2)
    assert "name two of a kind" in diff(PUBLISHED, PUBLISHED / NAME, 2)
    folder = copied(tmp_path, verdicts=("claim,", "clam,"))
    assert "run the study again" in diff(PUBLISHED / NAME, folder, 2)
    (folder / "verdicts.csv").unlink()
    assert "cannot be read" in diff(PUBLISHED / NAME, folder, 2)


def trace(start=0.0, *, evaluations=4, status="completed"):
    values = np.arange(evaluations * len(METRICS), dtype=float).reshape(evaluations, -1) + start
    return Trace(np.arange(evaluations), values, status, 99)


def stored(path, traces):
    with Store(path) as store:
        store.add(traces)
    return path


def test_two_stores_are_compared_run_by_run(tmp_path):
    runs = [make_run(seed=seed) for seed in range(6)]
    common = {run: trace(run.seed) for run in runs[:3]}
    early = trace(9.0, evaluations=2, status="stopped early")
    one = stored(tmp_path / "one.sqlite", common | {runs[3]: early, runs[4]: trace()})
    two = stored(tmp_path / "two.sqlite", common | {runs[3]: trace(9.0), runs[5]: trace()})
    before = one.read_bytes(), two.read_bytes()
    told = diff(one, two, 0)
    assert "4 runs in both: 3 with the same traces to the bit, 1 of which one trace is" in told
    assert "only before: 1 (moons 1)" in told
    assert "only after: 1 (moons 1)" in told
    assert (one.read_bytes(), two.read_bytes()) == before


def test_a_trace_that_differs_in_its_last_bit_differs(tmp_path):
    run = make_run(seed=7)
    whole = trace(1.0)
    values = whole.values.copy()
    values[-1, 0] = np.nextafter(values[-1, 0], 2 * values[-1, 0])
    one = stored(tmp_path / "one.sqlite", {run: whole})
    two = stored(tmp_path / "two.sqlite", {run: replace(whole, values=values)})
    told = diff(one, two, 1)
    assert "0 with the same traces to the bit" in told
    assert "other traces: evaluation seed 7 of moons, relu 4, at the rate 0.1\n" in told
    three = stored(tmp_path / "three.sqlite", {run: replace(whole, status="diverged")})
    assert "at the rate 0.1: completed and diverged\n" in diff(one, three, 1)


def test_a_database_of_something_else_is_no_store(tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE addresses (name TEXT)")
    connection.close()
    assert "is no store of runs" in diff(path, path, 2)


def test_the_line_on_the_published_report(tmp_path):
    assert remark(PUBLISHED / NAME) == ""
    assert remark(tmp_path / "no_such_study") == ""
    written = copied(tmp_path / "c", verdicts=TURNED)
    assert remark(written, PUBLISHED / NAME) == "", "it takes the place of the published one"
    assert remark(written, tmp_path / NAME).startswith("1 of 18 verdicts differs")
    assert remark(copied(tmp_path)) == "As published: all 18 verdicts are the same."
    other = copied(tmp_path / "a", verdicts=TURNED, provenance=(f'"{NUMPY}"', '"9"'))
    assert remark(other) == (
        f"1 of 18 verdicts differs from the published ones (numpy {NUMPY} there, 9 here): "
        "see --diff."
    )
    fewer = copied(tmp_path / "b", study=("seeds: 20", "seeds: 30"))
    assert remark(fewer) == (
        "As published: all 18 verdicts are the same (seeds 20 there, 30 here)."
    )
    of_another = compare_reports(PUBLISHED / "first_steps", PUBLISHED / NAME)
    assert "has none of these claims" in in_a_line(of_another)


def test_a_report_says_how_it_compares_with_the_published_one(tmp_path):
    """The shipped study with fewer seeds, so that something differs."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "runner.py"), "configs/first_steps.yaml",
         "--set", "seeds=7", "--output", str(tmp_path), "--jobs", "1", "--figures", "png"],
        capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ | {"COLUMNS": "400"},
    )  # fmt: skip
    line = remark(tmp_path / "first_steps")
    assert "seeds 10 there, 7 here" in line
    page = (tmp_path / "first_steps" / "report.md").read_text(encoding="utf-8")
    assert f"\n\n{line}\n\n" in page
    assert f"\n{line}\n" in done.stdout
