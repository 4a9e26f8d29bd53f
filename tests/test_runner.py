"""The real command, run as a user runs it."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from experiments.analysis.measures import MOMENTS
from experiments.command_line import parser
from experiments.kinds import KINDS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.records import METRICS
from experiments.report import figure_files

ROOT = Path(__file__).parent.parent

CONFIG = """\
title: Which is quicker on the moons?
dataset: {name: moons, examples: 300}
network: {width: 6, activation: [relu, tanh]}
training: {epochs: 6}
tuning: {from: 0.0625, to: 0.25, extensions: 1}
seeds: 7
claims:
  - {faster: relu, than: tanh, to: {train_loss: [0.5, 0.3]}}
"""

# Several depths make several fleets a stage, so that there is something to lose between them.
LONG = (
    CONFIG.replace("seeds: 7", "seeds: 8")
    .replace("epochs: 6", "epochs: 60")
    .replace("width: 6", "depth: [1, 2, 3], width: 16")
)


# What holds of networks at their birth: nothing is trained, and no time is compared.
BORN = """\
title: Are units of ReLU zero at birth?
dataset: {name: gaussian, examples: 20, features: 6}
network: {activation: [relu, tanh], depth: 2, width: 8, output: linear}
training: {epochs: 0}
seeds: 12
diagnostics: [gradient]
article:
  - {number: 3, says: Half of the units are zero}
  - {number: 5, says: The mean of tanh is zero}
claims:
  - {answers: 3, measure: zeros, at: start, of: relu, is: theory, within: 0.2}
  - {answers: 5, measure: activation_mean, higher: relu, than: tanh}
"""

BOTH = (
    CONFIG.replace("seeds: 7", "seeds: 10")
    + """\
  - {measure: zeros, higher: relu, than: tanh, answers: 3}
  - {measure: test_accuracy, of: relu, at_least: 0.3}
article:
  - {number: 3, says: Half of the units are zero}
"""
)


WIDE = """\
dataset: digits
network: {width: [16, 256]}
training: {epochs: 4, learning_rate: 0.1}
seeds: 8
claims:
  - {faster: {width: 256}, than: {width: 16}, to: {train_loss: 1.0}}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "moons.yaml"
    path.write_text(CONFIG)
    return path


def command(*arguments):
    given = [str(argument) for argument in arguments]
    if any(one.endswith(".yaml") for one in given) and "--figures" not in given:
        given += ["--figures", "png"]  # those for papers take longer than all the rest
    return [sys.executable, "-W", "error", str(ROOT / "runner.py"), *given]


def run(*arguments, cwd=ROOT, code=0):
    done = subprocess.run(command(*arguments), capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def said(done):
    """The claims as the table of verdicts has them, the lines of each put together."""
    lines = [line[:LAST].rstrip() for line in done.stdout.splitlines()]
    return " ".join(" ".join(lines).split())


LAST = 28
"""The column behind the claims where nothing says how wide the terminal is."""


def contents(folder):
    """Every file of a report but what tells measured seconds, and the digests of them all."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name not in ("clocks.csv", "report.html", "made_from.json")
    }


def test_a_verdict_that_another_clock_turns_says_so_itself(tmp_path):
    """A wide net needs fewer updates, each of which costs far more multiplications."""
    path = tmp_path / "wide.yaml"
    path.write_text(WIDE)
    done = run(path, "--output", tmp_path / "out", "--verbose")
    (line,) = [line for line in done.stdout.splitlines() if "Counted in multiplications" in line]
    assert line.startswith("   supported")
    report = tmp_path / "out" / "wide"
    page = (report / "report.md").read_text()
    assert page.count("Counted in multiplications it is refuted instead: width 16 needed") == 1
    verdicts = pd.read_csv(report / "verdicts.csv")
    assert list(verdicts.by_other_clocks) == ["multiplications: refuted"]
    clocks = pd.read_csv(report / "clocks.csv").set_index("clock")
    assert clocks.remark["multiplications"] == "in updates: supported"
    assert clocks.estimate["multiplications"] < 1 < clocks.estimate["updates"]


def stored(output):
    with sqlite3.connect(output / "runs.sqlite") as connection:
        return connection.execute("SELECT count(*) FROM traces").fetchone()[0]


def test_a_study_from_config_to_report(config, tmp_path):
    done = run(config, "--output", tmp_path / "out")
    report = tmp_path / "out" / "moons"
    assert f"report: {report / 'report.html'}" in done.stdout
    assert "relu reaches a training loss of 0.5 and 0.3 in fewer updates than tanh" in said(done)
    assert "searching learning rates for: training loss 0.3 and 0.5\n" in done.stderr
    assert "tuning: 0 of 42 runs" in done.stderr
    assert re.search(r"evaluation: (\d+) of \1 runs", done.stderr)

    verdicts = pd.read_csv(report / "verdicts.csv")
    assert list(verdicts.target) == [0.5, 0.3]
    promised = "claim says target verdict estimate low high pairs censored"
    assert set(promised.split()) <= set(verdicts.columns)
    assert (verdicts.low <= verdicts.estimate).all()
    assert (verdicts.estimate <= verdicts.high).all()
    runs = pd.read_csv(report / "runs.csv")
    assert sorted(runs.groupby("activation").seed.apply(list)) == [list(range(7))] * 2
    curves = pd.read_csv(report / "curves.csv")
    assert set(curves.metric) >= {"train_loss", "test_accuracy", "validation_loss"}
    assert links_lead_somewhere(report / "report.md")
    assert links_lead_somewhere(tmp_path / "out" / "README.md") == ["moons/report.md"]
    told = json.loads((report / "provenance.json").read_text())
    ((runs_there, machine),) = (found.values() for found in told["origins"])
    assert runs_there == 14
    assert machine["packages"].keys() >= {"numpy", "scipy"}
    assert told["evaluation_seeds"] == [0, 6]


def links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    for link in links:
        assert (page.parent / link).stat().st_size > 0, link
    return links


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A folder in which both were run, their configs beside it, and what was said of it."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "born.yaml").write_text(BORN)
    (folder / "both.yaml").write_text(BOTH)
    done = run(folder / "born.yaml", folder / "both.yaml", "--output", folder / "out")
    return folder, done


def test_a_study_of_measures_without_training(measured):
    folder, done = measured
    report = folder / "out" / "born"
    ours, _, _ = done.stderr.partition("Which is quicker")
    assert "tuning" not in ours
    assert "evaluation: 24 of 24 runs" in ours
    assert "relu has a higher mean activation than tanh" in said(done)
    verdicts = pd.read_csv(report / "verdicts.csv")
    assert list(verdicts.claim) == [1, 2]
    assert list(verdicts.answers) == [3, 5]
    assert list(verdicts.verdict) == ["supported", "supported"]
    assert (verdicts.low <= verdicts.estimate).all()
    assert (verdicts.estimate <= verdicts.high).all()
    runs = pd.read_csv(report / "runs.csv")
    assert sorted(runs.groupby("activation").seed.apply(list)) == [list(range(12))] * 2
    assert links_lead_somewhere(report / "report.md")

    first, board = contents(report), (folder / "out" / "README.md").read_bytes()
    again = run(folder / "born.yaml", "--output", folder / "out")
    assert "every run was stored already" in again.stdout
    assert contents(report) == first
    assert (folder / "out" / "README.md").read_bytes() == board


def test_a_dry_run_of_a_study_without_training(tmp_path):
    config = tmp_path / "born.yaml"
    config.write_text(BORN)  # of 20 examples no batch of 32 can be had, and none is needed
    done = run(config, "--dry-run", "--output", tmp_path / "out")
    assert "tuning" not in done.stdout
    assert re.search(r"evaluation: +24 runs, 0 stored", done.stdout)
    assert not (tmp_path / "out").exists()


def test_a_study_of_both_sorts_of_claims(measured):
    folder, done = measured
    report = folder / "out" / "both"
    assert "tuning: 0 of 60 runs" in done.stderr
    assert "relu reaches a training loss of 0.5 and 0.3 in fewer updates than tanh" in said(done)
    assert "relu has a higher share of exact zeros than tanh" in said(done)
    verdicts = pd.read_csv(report / "verdicts.csv")
    assert list(verdicts.claim) == [1, 1, 2, 3]
    assert list(verdicts.target.dropna()) == [0.5, 0.3]
    # The units of tanh are never exactly zero, and some of ReLU's always are.
    assert list(verdicts.verdict)[2] == "supported"
    assert links_lead_somewhere(report / "report.md")
    # What the tuning runs of this one leave has no diagnostics.
    with sqlite3.connect(folder / "out" / "runs.sqlite") as connection:
        held = Counter(
            (json.loads(text)["run"]["stream"], json.loads(columns)[6:] == [])
            for text, columns in connection.execute(
                "SELECT run, columns FROM traces WHERE run LIKE '%moons%'"
            )
        )
    assert held.keys() == {("tuning", True), ("evaluation", False)}
    assert held["evaluation", False] >= 20  # more where the two claims are tuned to other rates
    assert held["tuning", True] >= 60  # more where searches went on


def test_the_scoreboard_tells_of_every_study_and_statement(measured):
    folder, _ = measured
    board = folder / "out" / "README.md"
    assert {"born/report.md", "both/report.md"} <= set(links_lead_somewhere(board))
    text = board.read_text()
    for statement in ("Half of the units are zero", "The mean of tanh is zero"):
        assert text.count(statement) == 1
    assert "relu has a higher share of exact zeros than tanh" in text


@pytest.mark.slow
def test_a_study_that_tunes_a_second_parameter_on_the_validation_part(tmp_path):
    text = CONFIG.replace("width: 6", "width: {tuned: [3, 6]}")
    text += "  - {measure: test_accuracy, higher: relu, than: tanh}\n"
    config = tmp_path / "both.yaml"
    config.write_text(text)
    output = tmp_path / "results"
    told = run(config, "--output", output, "--jobs", 1).stdout
    assert "runs trained" in told
    folder = output / "both"
    report = html.unescape((folder / "report.html").read_text())
    assert "Claim 2: the rates with the highest validation accuracy, at the last" in report
    assert "<th>width chosen</th>" in report
    tried = pd.read_csv(folder / "tuning.csv")
    assert set(tried.width_tried) == {3, 6}
    assert tried.groupby("activation").taken.sum().to_dict() == {"relu": 7, "tanh": 7}
    before = contents(folder)
    assert "every run was stored already" in run(config, "--output", output, "--jobs", 1).stdout
    resolved = tmp_path / "both" / "both.yaml"
    resolved.parent.mkdir()
    resolved.write_bytes(before["study.yaml"])
    assert "every run was stored already" in run(resolved, "--output", output, "--jobs", 1).stdout
    assert contents(folder) == before


@pytest.mark.slow
def test_a_second_invocation_trains_nothing_and_writes_the_same_bytes(config, tmp_path):
    run(config, "--output", tmp_path / "out")
    first, runs = contents(tmp_path / "out" / "moons"), stored(tmp_path / "out")
    again = run(config, "--output", tmp_path / "out")
    assert "every run was stored already" in again.stdout
    assert "of" not in again.stderr.replace(CONFIG.splitlines()[0].removeprefix("title: "), "")
    assert stored(tmp_path / "out") == runs
    assert contents(tmp_path / "out" / "moons") == first


@pytest.mark.slow
def test_the_same_bytes_with_any_number_of_jobs(config, tmp_path):
    for jobs in (1, 2, 3):
        run(config, "--output", tmp_path / str(jobs), "--jobs", jobs, "--quiet")
    one, two, three = (contents(tmp_path / str(jobs) / "moons") for jobs in (1, 2, 3))
    assert one == two == three


@pytest.mark.slow
def test_the_resolved_study_gives_the_same_report(config, tmp_path):
    run(config, "--output", tmp_path / "out")
    first = contents(tmp_path / "out" / "moons")
    other = tmp_path / "again" / "moons.yaml"
    other.parent.mkdir()
    other.write_bytes(first["study.yaml"])
    done = run(other, "--output", tmp_path / "out")
    assert "every run was stored already" in done.stdout
    assert contents(tmp_path / "out" / "moons") == first


@pytest.mark.slow
def test_two_studies_share_equal_runs(config, tmp_path):
    run(config, "--output", tmp_path / "out")
    before = stored(tmp_path / "out")
    other = tmp_path / "another.yaml"
    other.write_text(CONFIG.replace("Which is", "What is").replace("[relu, tanh]", "[tanh, relu]"))
    done = run(other, "--output", tmp_path / "out")
    assert "every run was stored already" in done.stdout
    assert stored(tmp_path / "out") == before
    assert (tmp_path / "out" / "another" / "report.md").exists()


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_where_it_stopped(jobs, tmp_path):
    config = tmp_path / "long.yaml"
    config.write_text(LONG)
    output, whole = tmp_path / "out", tmp_path / "whole"
    run(config, "--output", whole, "--quiet")
    known = 0
    for _ in range(3):
        process = subprocess.Popen(
            command(config, "--output", output, "--jobs", jobs, "--quiet"),
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and known == (stored_or_none(output) or 0):
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert stored_or_none(output) >= known, "a stored run was lost"
        known = stored_or_none(output)
    assert 0 < known < stored(whole)
    run(config, "--output", output, "--jobs", jobs)
    assert contents(output / "long") == contents(whole / "long")
    assert stored(output) == stored(whole)


def stored_or_none(output):
    try:
        return stored(output)
    except sqlite3.Error:
        return None


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_interrupted_it_says_how_to_go_on(request_to_end, jobs, tmp_path):
    config = tmp_path / "long.yaml"
    config.write_text(LONG)
    output = tmp_path / "out"
    process = subprocess.Popen(
        command(config, "--output", output, "--jobs", jobs),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while process.poll() is None and not stored_or_none(output):
        time.sleep(0.01)
    os.killpg(process.pid, request_to_end)  # as a terminal does: to all of its processes
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command goes on from there" in errors
    assert "Traceback" not in errors
    known = stored(output)
    assert known > 0
    run(config, "--output", output, "--jobs", jobs, "--quiet")
    assert stored(output) > known


@pytest.mark.slow
def test_dry_run_counts_and_estimates_and_stores_nothing(config, tmp_path):
    done = run(config, "--dry-run", "--output", tmp_path / "out")
    assert re.search(r"tuning: +42 runs, 0 stored", done.stdout)
    assert re.search(r"evaluation: +14 runs, 0 stored", done.stdout)
    assert re.search(r"about \d+ s with \d+ jobs?", done.stdout)
    assert not (tmp_path / "out").exists()
    run(config, "--output", tmp_path / "out", "--quiet")
    done = run(config, "--dry-run", "--output", tmp_path / "out")
    assert re.search(r"evaluation: +14 runs, 14 stored", done.stdout)


def numbers(told):
    """The runs of each stage as `--dry-run` and `--explain` tell them."""
    found = re.findall(r"^ +(\w+): +(\d+) runs", told, re.MULTILINE)
    found += [(stage, n) for n, stage in re.findall(r"^ +(\d+)  runs of (\w+)", told, re.MULTILINE)]
    return {stage: int(n) for stage, n in found}


EXPLAINED = {
    "two protocols and a second parameter": CONFIG.replace("width: 6", "width: {tuned: [3, 6]}")
    + "  - {measure: test_accuracy, higher: relu, than: tanh}\nprotocol: [own_rate, shared_rate]\n",
    "targets that pilot runs set": CONFIG.replace("[0.5, 0.3]", "auto"),
    "nothing is tuned": CONFIG.replace("epochs: 6", "epochs: 6, learning_rate: 0.1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", EXPLAINED.values(), ids=EXPLAINED)
def test_what_is_explained_adds_up_to_the_dry_run(tmp_path, text):
    path, output = tmp_path / "moons.yaml", tmp_path / "out"
    path.write_text(text)
    for _ in range(2):
        explained = run(path, "--explain", "--output", output).stdout
        expected = numbers(run(path, "--dry-run", "--output", output).stdout)
        assert numbers(explained) == expected
        assert sum(map(int, re.findall(r"^ {,7}(\d+)  (?!runs of)", explained, re.MULTILINE))) == (
            sum(expected.values())
        )
        assert ("pilot" in expected) == ("auto" in text)
        run(
            path, "--output", output, "--quiet", "--anyway"
        )  # searches may have gone on by the second time
    assert numbers(explained)["evaluation"] >= 14


def test_explaining_names_settings_claims_and_what_is_searched_for(config, tmp_path):
    done = run(config, "--explain", "--output", tmp_path / "out")
    assert (
        "  1. relu reaches a training loss of 0.5 and 0.3 in fewer updates than tanh\n"
        in done.stdout
    )
    assert "the fewest updates to a training\n  loss of 0.3 and 0.5\n" in done.stdout
    assert "      21  relu: claim 1\n" in done.stdout
    assert not (tmp_path / "out").exists()


def test_validating_says_what_a_config_asks_for_and_reads_no_data(tmp_path):
    path = tmp_path / "digits.yaml"
    path.write_text(CONFIG.replace("{name: moons, examples: 300}", "digits"))
    code = (
        "import sys, runner; from experiments.datasets import bundled, reading; "
        "reading.content = bundled.load_digits = None; sys.exit(runner.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path, "--validate"], capture_output=True, text=True, cwd=ROOT,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[:4] == [
        f"{path}: valid",
        "  Which is quicker on the moons?",
        "  2 settings over activation (2); 7 seeds",
        "  runs at least: 42 of tuning, 14 of evaluation",
    ]


def test_validating_tells_every_mistake(config, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(CONFIG.replace("moons, ex", "mons, ex").replace("faster: relu", "faster: rlu"))
    done = run(config, wrong, "--validate", code=2)
    assert "did you mean 'moons'?" in done.stderr
    assert done.stdout == ""
    assert "with 4 seeds nothing" in run(config, "--validate", "--set", "seeds=4", code=2).stderr


@pytest.mark.slow
def test_a_report_is_written_again_and_nothing_trained(config, tmp_path):
    output = tmp_path / "out"
    done = run(config, "--report", "--output", output, code=1)
    assert "moons: 42 runs are missing from" in done.stderr
    assert not output.exists()
    run(config, "--output", output, "--quiet")
    first, runs = contents(output / "moons"), stored(output)
    (output / "moons" / "train_loss.png").unlink()
    (output / "moons" / "report.md").write_text("spoilt")
    done = run(config, "--report", "--output", output)
    assert "every run was stored already; report: " in done.stdout
    assert contents(output / "moons") == first
    done = run(config, "--report", "--set", "seeds=9", "--output", output, code=1)
    assert "missing" in done.stderr
    assert stored(output) == runs


def test_one_thing_at_a_time(config):
    done = run(config, "--report", "--dry-run", code=2)
    assert "not allowed with argument" in done.stderr


@pytest.mark.slow
def test_quiet_says_nothing(config, tmp_path):
    done = run(config, "--output", tmp_path / "out", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


def test_set_changes_a_value(config, tmp_path):
    run(config, "--output", tmp_path / "out", "--set", "seeds=3", "--set", "training.epochs=2",
        "--anyway", "--quiet")  # fmt: skip
    runs = pd.read_csv(tmp_path / "out" / "moons" / "runs.csv")
    assert len(runs) == 6
    assert "seeds: 3" in (tmp_path / "out" / "moons" / "study.yaml").read_text()


def test_few_seeds_are_untestable_and_not_a_verdict(config, tmp_path):
    done = run(config, "--output", tmp_path / "out", "--set", "seeds=4", "--anyway")
    assert "untestable" in done.stdout
    assert "4 pairs cannot give an interval at 95 %; it takes 6" in done.stdout


def test_several_configs_are_all_checked_before_any_work(config, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("dataset: mons\nnetwork: {actvation: relu}\n")
    done = run(config, wrong, tmp_path / "none.yaml", "--output", tmp_path / "out", code=2)
    assert "did you mean 'moons'?" in done.stderr
    assert "did you mean 'activation'?" in done.stderr
    assert "there is no such file" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name a config"),
        (("--jobs", "0", "x.yaml"), "'0' is no number of workers"),
        (("--jobs", "many", "x.yaml"), "'many' is no number of workers"),
        (("--jobs", "1001", "x.yaml"), "'1001' is no number of workers; allowed: 1 to 1,000"),
        (("--jobs", "9" * 5000, "x.yaml"), "...' is no number of workers; allowed: 1 to 1,000"),
        (("--output", "", "x.yaml"), "'' is no folder; name one, or . for this one"),
        (("--frobnicate",), "unrecognized arguments"),
        (("configs",), "cannot be read"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, says):
    assert says in run(*arguments, code=2).stderr


def test_a_damaged_store_is_explained(config, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "runs.sqlite").write_bytes(b"no database at all, but long enough" * 99)
    done = run(config, "--output", tmp_path / "out", code=1)
    assert "runs.sqlite: the store of finished runs is no database" in done.stderr
    assert "move it away" in done.stderr


@pytest.mark.slow
def test_a_number_changed_in_the_store_reaches_no_report(config, tmp_path):
    output = tmp_path / "out"
    run(config, "--output", output, "--jobs", "1")
    before = {f: f.read_bytes() for f in (output / "moons").glob("*.*") if f.suffix != ".json"}
    with sqlite3.connect(output / "runs.sqlite") as connection:
        found = connection.execute(
            "SELECT key, metrics FROM traces WHERE run LIKE '%\"evaluation\",%' LIMIT 2"
        ).fetchall()
        for (key, _), (_, metrics) in zip(found, reversed(found), strict=True):  # swapped
            connection.execute("UPDATE traces SET metrics = ? WHERE key = ?", (metrics, key))
    connection.close()
    again = run(config, "--output", output, "--jobs", "1")
    assert "2 of what is stored there are damaged" in again.stderr
    assert "runs.sqlite" in again.stderr
    assert "2 runs trained" in again.stdout
    after = {f: f.read_bytes() for f in (output / "moons").glob("*.*") if f.suffix != ".json"}
    assert after == before
    assert "damaged" not in run(config, "--output", output).stderr


def test_list_names_every_row(tmp_path):
    done = run("--list", cwd=tmp_path)
    for name in ("fashion_mnist_mini", "leaky_relu", "slope", "glorot_uniform", "adam", "sgd",
                 "matched", "train_loss"):  # fmt: skip
        assert name in done.stdout
    lines = done.stdout.splitlines()
    for name in (*METRICS, *DIAGNOSTICS, *KINDS, *MOMENTS):
        assert any(f"{line} ".startswith(f"  {name} ") for line in lines), name


def test_help_needs_no_heavy_import():
    code = (
        "import atexit, sys, runner; atexit.register(lambda: print(*sys.modules)); "
        "runner.main(['--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert not {"numpy", "scipy", "pandas", "matplotlib", "pydantic"} & set(done.stdout.split())


def test_the_schema_is_the_one_that_editors_find(tmp_path):
    shipped = (ROOT / "experiments" / "config" / "schema.json").read_text(encoding="utf-8")
    assert run("--schema", cwd=tmp_path).stdout == shipped


def test_a_new_config_runs_as_it_is(tmp_path):
    done = run("--new", "my question.yaml", cwd=tmp_path, code=2)
    assert "'my question' as the study's name" in done.stderr
    done = run("--new", "my_question.yaml", cwd=tmp_path)
    told = "my_question.yaml is written, and runs as it is: python runner.py my_question.yaml\n"
    assert done.stdout == told
    text = (tmp_path / "my_question.yaml").read_bytes()
    tiny = ("--set", "training.epochs=2", "--set", "seeds=7", "--set", "tuning.extensions=0")
    done = run("my_question.yaml", *tiny, "--jobs", "1", cwd=tmp_path)
    assert "1. relu reaches a training loss of 0.4 and 0.25 in fewer updates than tanh" in said(
        done
    )
    assert (tmp_path / "results" / "my_question" / "report.md").exists()
    done = run("--new", "my_question.yaml", cwd=tmp_path, code=2)
    assert "my_question.yaml: exists already, and is left as it is" in done.stderr
    assert (tmp_path / "my_question.yaml").read_bytes() == text


def test_a_closed_pipe_is_no_error():
    pipe = subprocess.Popen(command("--list"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pipe.stdout.close()
    assert b"Traceback" not in pipe.stderr.read()
    pipe.stderr.close()
    pipe.wait()


@pytest.mark.slow
def test_which_of_many_is_answered_in_the_first_line(tmp_path):
    """Without a claim by the order of all arms, with one by its verdict; both name the arms."""
    path = tmp_path / "which.yaml"
    text = CONFIG.split("claims:")[0].replace("[relu, tanh]", "[relu, tanh, linear]")
    path.write_text(text, encoding="utf-8")
    told = run(path, "--output", tmp_path / "out").stdout
    assert re.search(r"^Of three activations, .* test accuracy", told, re.MULTILINE)
    page = (tmp_path / "out" / "which" / "report.md").read_text(encoding="utf-8")
    assert page.splitlines()[2].startswith("**Of three activations, ")
    table = pd.read_csv(tmp_path / "out" / "which" / "standings.csv")
    assert list(table["place"]) == [1, 2, 3]
    assert table["median"].is_monotonic_decreasing
    path.write_text(text + "claims: [{best: relu, by: test_accuracy}]\n", encoding="utf-8")
    told = said(run(path, "--output", tmp_path / "out"))
    assert "1. relu has as high a test accuracy as any other activation" in told
    verdicts = pd.read_csv(tmp_path / "out" / "which" / "verdicts.csv")
    assert list(verdicts["kind"]) == ["best"]
    assert list(verdicts["rivals"]) == [2]


def test_too_few_seeds_are_refused_before_anything_trains(config, tmp_path):
    done = run(config, "--output", tmp_path / "out", "--set", "seeds=4", code=2)
    assert "with 4 seeds nothing can be decided" in done.stderr
    assert "it takes 7 or more" in done.stderr
    assert not (tmp_path / "out").exists()
    run(config, "--output", tmp_path / "out", "--set", "seeds=4", "--dry-run")


SHOWN = """\
import sys
from pathlib import Path
from experiments.report import terminal
from experiments.report.verdict_rows import read_verdicts
from experiments.report.written import Written

folder = Path(sys.argv[1])
terminal.show(Written(folder / "report.md", read_verdicts(folder)), 0)
"""


@pytest.mark.skipif(os.name != "posix", reason="opens a pseudo terminal")
@pytest.mark.parametrize(
    ("settings", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"COLUMNS": "60"}, True)],
)
def test_colours_are_for_terminals_that_want_them(settings, coloured):
    import pty

    ours, theirs = pty.openpty()
    plain = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    arguments = [sys.executable, "-c", SHOWN, str(ROOT / "results" / "published" / "relu_vs_tanh")]
    subprocess.run(
        arguments, cwd=ROOT, stdout=theirs, check=True, env=plain | {"TERM": "xterm"} | settings
    )
    os.close(theirs)
    told = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "refuted" in told
    assert ("\x1b[31m" in told) == coloured
    piped = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "\x1b" not in piped.stdout


def test_a_format_of_figures_that_there_is_not_is_refused():
    with pytest.raises(SystemExit) as refused:
        parser().parse_args(["a.yaml", "--figures", "gif"])
    assert refused.value.code == 2
    assert parser().parse_args(["a.yaml", "--figures", "svg", "pdf"]).figures == ["svg", "pdf"]
    assert parser().parse_args(["a.yaml"]).figures == list(figure_files.USUAL)
