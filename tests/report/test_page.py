"""Whole reports of results made by hand: ordinary ones and the strangest that can come."""

import csv
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from analysis.helpers import BUDGET, SCHEDULE, arriving, make_trace, read, results_of
from markdown_it import MarkdownIt

from experiments import config
from experiments.analysis.claims import judge
from experiments.analysis.summaries import curve, curves, reaches
from experiments.records import METRICS, Trace
from experiments.report import model, page, words
from experiments.report.cells import bare
from experiments.report.escaping import in_markdown
from experiments.report.headlines import headline
from experiments.report.provenance import provenance
from experiments.report.tables import run_table
from report.helpers import whole_text, write, write_over

TEXT = """
    title: Is it so?
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: 8
    claims:
      - {says: The first, faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {says: "The second, with a comma", faster: relu, than: tanh, by: 6, to: {train_loss: 0.5}}
"""
TUNED = ("training.learning_rate=tuned", "tuning={from: 0.25, to: 1, seeds: 2, extensions: 1}")
ALWAYS = {
    "report.md", "seed_curves.csv.gz", "verdicts.csv", "curves.csv", "runs.csv",
    "study.yaml", "provenance.json", "train_loss.png", "test_loss.png",
}  # fmt: skip
OF_CLAIMS = {"verdicts.png", "updates_to_target.png", "censored.png", "tables"}
OF_TUNING = {"tuning.png", "tuning.csv"}
KNOWN = ALWAYS | OF_CLAIMS | OF_TUNING | {"map.png"}


def plain(run):
    return arriving((8.0 if run.network.activation.name == "relu" else 24.0) * 1.05**run.seed)


def some_fail(run):
    if run.network.activation.name == "tanh" and run.seed < 3:
        return arriving(24.0, diverges_after=4) if run.seed else arriving(4 * BUDGET)
    return plain(run)


def diverged_at_once(run):
    columns = {m: [0.5 if m.endswith("accuracy") else math.nan] for m in METRICS}
    return make_trace([0], status="diverged", budget=BUDGET, **columns)


def constant(value):
    columns = {m: [0.5 if m.endswith("accuracy") else value] * len(SCHEDULE) for m in METRICS}
    return lambda run: make_trace(SCHEDULE, budget=BUDGET, **columns)


def reaches_zero(run):
    loss = np.maximum(0, 1 - np.log(np.maximum(SCHEDULE, 1)))
    columns = {m: 1 - loss if m.endswith("accuracy") else loss for m in METRICS}
    return make_trace(SCHEDULE, budget=BUDGET, **columns)


def only_tanh_fails(run):
    lost = run.network.activation.name == "tanh"
    return arriving(8.0, diverges_after=2 if lost else None)


def no_test_part(run):
    return make_trace(
        SCHEDULE, budget=BUDGET, train_loss=arriving(8.0).metric("train_loss"),
        train_accuracy=np.linspace(0.5, 1, len(SCHEDULE)),
    )  # fmt: skip


MANY = ("network.depth=[1, 2]", "training.batch_size=[2, 4, 8, 16, 32, 64, 128]")
SCENES = {
    "plain": ((), plain),
    "tuned": (TUNED, plain),
    "some fail": ((), some_fail),
    "tuned and some fail": (TUNED, some_fail),
    "no claims": (("claims=[]",), plain),
    "no claims, tuned": ((*TUNED, "claims=[]"), some_fail),
    "one setting": (("claims=[]", "network.activation=relu"), plain),
    "one setting, tuned": ((*TUNED, "claims=[]", "network.activation=relu"), plain),
    "one seed": (("seeds=1",), plain),
    "fourteen conditions": (MANY, some_fail),
    "no claims and many arms": ((*MANY, "claims=[]"), some_fail),
    "tuned in part": ((*TUNED, "training.learning_rate=[tuned, 0.1]"), some_fail),
    "an arm diverges": ((), only_tanh_fails),
    "all diverge": ((), lambda run: arriving(8.0, diverges_after=1)),
    "all diverge, tuned": (TUNED, lambda run: arriving(8.0, diverges_after=1)),
    "all diverge, tuned, no claims": (
        (*TUNED, "claims=[]"),
        lambda run: arriving(8.0, diverges_after=1),
    ),
    "all are lost at the start": ((), diverged_at_once),
    "all are lost at the first update": ((), lambda run: arriving(8.0, diverges_after=0)),
    "all are censored": ((), lambda run: arriving(100 * BUDGET)),
    "all are at the target": ((), constant(0.1)),
    "a loss that reaches zero": ((), reaches_zero),
    "a loss that does not move": ((), constant(2.0)),
    "a tiny loss": ((), constant(1e-30)),
    "a huge loss": ((), constant(1e37)),
    "no test split": ((), no_test_part),
    "other metrics": (
        (
            "claims=[{faster: relu, than: tanh, to: {test_accuracy: [0.7, 0.9]}},"
            " {faster: tanh, than: relu, to: {validation_loss: 0.8}}]",
        ),
        plain,
    ),
    "claims on different axes": (
        (
            "network.depth=[1, 2]",
            "claims=[{faster: relu, than: tanh, to: {train_loss: 0.5}},"
            " {faster: {depth: 1}, than: {depth: 2}, to: {train_loss: 0.5}}]",
        ),
        plain,
    ),
}


def whole(results, folder):
    """Write a report, and return all of its text: the page for a browser has it in parts."""
    write(results, folder)
    return whole_text(results, folder)


def page_of(folder, *overrides, respond=plain):
    return whole(results_of(read(TEXT, *overrides, name="scene"), respond), folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def of(name):
        if name not in made:
            overrides, respond = SCENES[name]
            results = results_of(read(TEXT, *overrides, name="scene"), respond)
            folder = tmp_path_factory.mktemp("report") / "scene"
            made[name] = results, write(results, folder), folder
        return made[name]

    return of


def rows(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(text):
    """The tables of a page: each a list of rows, each a list of cells."""
    lines = [*text.splitlines(), ""]
    found, table = [], []
    for line in lines:
        if line.startswith("|"):
            assert line.endswith("|")
            table.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif table:
            found.append(table)
            table = []
    return found


def check_all_files_are_there_and_no_others(folders, name):
    results, report, folder = folders(name)
    expected = ALWAYS | (OF_CLAIMS if results.study.claims else set())
    expected |= OF_TUNING if results.tuned else set()
    text = whole_text(results, folder)
    if results.study.claims and not any(reach.not_reached for reach in reaches(results)):
        expected -= {"censored.png"}
        assert "Every run reached every target." in text
    if name == "no test split":
        expected -= {"test_loss.png"}
    if name == "fourteen conditions":  # more comparisons than one figure has rows: a map
        expected = expected - {"verdicts.png"} | {"map.png"}
    found = {file.name for file in folder.iterdir()}
    assert found & KNOWN == expected
    assert report.page == folder / "report.md"
    short = report.page.read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([^)]+)\)", text + short))
    assert named == found - {"report.md"}
    assert len(re.findall(r"!\[", short)) <= 3


def check_figures_are_pictures_of_a_sane_size(folders, name):
    _, _, folder = folders(name)
    pictures = list(folder.glob("*.png"))
    assert pictures
    for file in pictures:
        height, width, channels = matplotlib.image.imread(file).shape
        assert 150 <= height <= 6000
        assert 600 <= width <= 3000
        assert channels in (3, 4)
        assert file.stat().st_size < 1_000_000


def check_tables_are_well_formed_and_nothing_is_left_unrendered(folders, name):
    results, report, folder = folders(name)
    text = whole_text(results, folder)
    found = tables(text)
    for column, is_there in (
        ("verdict", results.study.claims),
        ("learning rates chosen", results.tuned),
    ):
        assert sum(column in table[0] for table in found) == bool(is_there)
    for head, rule, *body in (*found, *tables(report.page.read_text(encoding="utf-8"))):
        assert set(map(len, [head, rule, *body])) == {len(head)}
        assert all(re.fullmatch("-+", cell) for cell in rule)
        assert body
    assert not re.search(r"{{|{%|%}|\b(nan|inf|None|Undefined|Setting|Choice)\b", text)
    assert text.startswith("# Is it so?\n")
    assert "\r" not in text
    assert text.endswith("\n")


def check_the_table_of_verdicts_has_a_row_for_each(folders, name):
    results, _, folder = folders(name)
    found, verdicts = rows(folder, "verdicts.csv"), judge(results)
    head = (folder / "verdicts.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    needed = ["claim", "says", "target", "verdict", "estimate", "low", "high", "pairs", "censored"]
    assert [column for column in needed if column not in head] == []
    assert len(found) == len(verdicts)
    for row, verdict in zip(found, verdicts, strict=True):
        assert row["claim"] == str(verdict.claim.number)
        assert row["says"] == verdict.claim.says
        assert float(row["target"]) == verdict.target
        assert row["verdict"] == verdict.outcome
        assert row["reason"] == verdict.reason
        assert int(row["pairs"]) == results.seeds
        assert int(row["censored"]) == verdict.ratio.censored
        for column in ("estimate", "low", "high"):
            value = getattr(verdict.ratio, column)
            if math.isnan(value):
                assert row[column] == ""
            else:
                assert float(row[column]) == pytest.approx(value, rel=1e-5)


def check_every_run_has_a_row_failed_ones_too(folders, name):
    results, _, folder = folders(name)
    found = rows(folder, "runs.csv")
    traces = [
        (result, run, trace)
        for result in results.settings
        for run, trace in zip(result.runs, result.traces, strict=True)
    ]
    assert len(found) == len(traces) == len(results.settings) * results.seeds
    for row, (result, run, trace) in zip(found, traces, strict=True):
        assert row["status"] == trace.status
        assert int(row["budget"]) == BUDGET
        assert int(row["updates"]) == trace.updates[-1]
        assert float(row["learning_rate_used"]) == pytest.approx(run.training.learning_rate)
        for axis, label in result.setting.labels:
            assert row[axis] == label
        if trace.status == "diverged":
            assert float(row["final_train_loss"]) == math.inf
            assert float(row["final_train_accuracy"]) == 0
    assert [int(row["seed"]) for row in found] == [
        run.seed for result in results.settings for run in result.runs
    ]


def check_the_table_of_curves_is_tidy_and_complete(folders, name):
    results, _, folder = folders(name)
    found = rows(folder, "curves.csv")
    axes = [axis.name for axis in results.study.axes]
    places = [(*(row[axis] for axis in axes), row["metric"], row["update"]) for row in found]
    assert len(set(places)) == len(places) == sum(len(c.updates) for c in curves(results))
    for row in found:
        assert int(row["runs"]) == results.seeds
        assert 0 <= int(row["diverged"]) <= int(row["runs"])
        low, median, high = (float(row[k]) for k in ("low", "median", "high"))
        assert low <= median <= high


def check_the_study_beside_the_report_is_the_study(folders, name):
    results, _, folder = folders(name)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    assert config.loads(text, "scene") == results.study


def check_the_provenance_tells_of_the_runs(folders, name):
    results, _, folder = folders(name)
    assert (folder / "provenance.json").read_text(encoding="utf-8") == provenance(results)


def check_every_verdict_stands_on_the_page(folders, name):
    results, report, folder = folders(name)
    text, verdicts = report.page.read_text(encoding="utf-8"), judge(results)
    for claim in results.study.claims:
        told = headline(claim, [v for v in verdicts if v.claim == claim])
        assert f"*{claim.number}. {words.as_sentence(claim.says)}* **{in_markdown(told)}**" in text
    if verdicts:
        head, _, *body = next(table for table in tables(text) if "verdict" in table[0])
        assert [row[head.index("verdict")] for row in body] == [v.outcome for v in verdicts]
        turned = [words.turned(v) for v in verdicts]
        assert ("by other clocks" in head) == any(turned)
        if any(turned):
            column = head.index("by other clocks")
            assert [row[column] for row in body] == [told or "the same" for told in turned]
        for v, told in zip(verdicts, turned, strict=True):
            assert bool(told) == ("Counted in" in model.plain(words.sentence(v)))
        never = [
            row[
                next(
                    i for i, cell in enumerate(head) if cell.startswith("did not reach the target")
                )
            ]
            for row in body
        ]
        assert never == [
            f"{v.runs - v.faster_reached} / {v.runs - v.than_reached}" for v in verdicts
        ]
    else:
        assert all(f"**{line}**" in text for line in report.in_short)
        assert report.in_short or "makes no claims" in text
    every = whole_text(results, folder)
    for result in results.settings:
        if result.diverged:
            assert f": {result.diverged} of {len(result.traces)}\n" in every


CHECKS = (
    check_all_files_are_there_and_no_others,
    check_figures_are_pictures_of_a_sane_size,
    check_tables_are_well_formed_and_nothing_is_left_unrendered,
    check_the_table_of_verdicts_has_a_row_for_each,
    check_every_run_has_a_row_failed_ones_too,
    check_the_table_of_curves_is_tidy_and_complete,
    check_the_study_beside_the_report_is_the_study,
    check_the_provenance_tells_of_the_runs,
    check_every_verdict_stands_on_the_page,
)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.slow
def test_a_report_holds_what_it_promises_whatever_came_out(folders, name):
    for check in CHECKS:
        check(folders, name)


def test_a_report_is_written_over_the_last_one(folders, tmp_path):
    write(folders("tuned")[0], tmp_path)
    write(folders("some fail")[0], tmp_path)
    for file in ("report.md", "runs.csv", "verdicts.png"):
        assert (tmp_path / file).read_bytes() == (folders("some fail")[2] / file).read_bytes()


def test_nothing_of_an_older_report_is_left_behind(folders, tmp_path):
    report = tmp_path / "report"
    for name in ("tuned", "other metrics"):
        write_over(folders(name)[0], report, formats=("png",))
    (report / "notes.txt").write_text("my own")
    results, _, fresh = folders("no claims")
    write_over(results, report, formats=("png",))
    expected = {file.name for file in fresh.iterdir()} | {"made_from.json", "notes.txt"}
    assert {file.name for file in report.iterdir()} == expected


def test_the_users_own_style_of_figures_changes_nothing(folders, tmp_path):
    results, _, folder = folders("plain")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "figure.dpi": 30}):
        write(results, tmp_path)
        assert matplotlib.rcParams["font.size"] == 30
    assert (tmp_path / "train_loss.png").read_bytes() == (folder / "train_loss.png").read_bytes()


def test_runs_csv_counts_failures(folders):
    _, _, folder = folders("some fail")
    found = rows(folder, "runs.csv")
    tanh = [row for row in found if row["activation"] == "tanh"]
    assert [row["status"] for row in tanh] == ["completed", "diverged", "diverged"] + [
        "completed"
    ] * 5
    arrived = [row["updates_to_train_loss_0.5"] for row in tanh]
    assert arrived[:3] == ["", "", ""]
    assert [float(time) for time in arrived[3:]] == pytest.approx(
        [24 * 1.05**seed for seed in range(3, 8)], rel=1e-5
    )


def test_targets_that_are_close_have_columns_of_their_own():
    close = "claims=[{faster: relu, than: tanh, to: {train_loss: [0.4000001, 0.4000004]}}]"
    results = results_of(read(TEXT, close), plain)
    table = run_table(results, reaches(results))
    assert len([c for c in table.columns if c.startswith("updates_to")]) == 2


@pytest.mark.parametrize("name", ["tuned", "tuned and some fail"])
def test_every_rate_that_was_tried_is_told_and_how_often_it_was_taken(folders, name):
    results, _, folder = folders(name)
    found = rows(folder, "tuning.csv")
    tried = {rate for tuned in results.tuned for one in tuned.found for rate in one.space.rates}
    assert {float(row["learning_rate_tried"]) for row in found} == tried
    for tuned in results.tuned:
        label = dict(tuned.setting.labels)["activation"]
        taken = {
            float(row["learning_rate_tried"]): int(row["taken"])
            for row in found
            if row["activation"] == label and row["taken"] != "0"
        }
        assert taken == tuned.taken
        assert sum(taken.values()) == results.seeds
    text = whole_text(results, folder)
    ((head, _, *body),) = (table for table in tables(text) if "learning rates chosen" in table[0])
    shown = [row[head.index("learning rates chosen")] for row in body]
    assert shown == [words.rates(result.rates) for result in results.settings]
    edge = any(tuned.at_edge for tuned in results.tuned)
    assert ("A best rate still lies at an end" in text) == edge
    assert ("has a worse one on either side" in text) == (not edge)


def test_the_page_gives_the_level_to_its_last_digit(tmp_path):
    level = ("confidence=0.995", "seeds=12")
    one = "claims=[{faster: relu, than: tanh, to: {train_loss: 0.5}}]"
    text = page_of(tmp_path, *level, one)
    assert "the bar its interval at 99.5 %," in text
    assert "Holm" not in text
    text = page_of(tmp_path, *level)
    assert "the bar its interval, 99.5 % over all comparisons together," in text
    assert "the chance that any of them is wrong is at most 0.5 %." in text


def test_figures_say_how_many_conditions_they_leave_out(folders):
    results, _, folder = folders("fourteen conditions")
    text = whole_text(results, folder)
    assert "2 more are in the CSV files" in text
    assert len(rows(folders("fourteen conditions")[2], "runs.csv")) == 2 * 14 * 8


def test_data_of_which_only_some_have_a_test_part(tmp_path):
    study = read(TEXT, "dataset=[{name: moons, test: 0, label: bare}, moons]")

    def respond(run):
        return no_test_part(run) if run.data.arguments["test"] == 0 else plain(run)

    write(results_of(study, respond), tmp_path)
    found = {(row["dataset"], row["metric"]) for row in rows(tmp_path, "curves.csv")}
    assert ("moons", "test_loss") in found
    assert ("bare", "test_loss") not in found


def test_every_label_that_a_config_allows_can_be_drawn(tmp_path):
    labels = ["a=1, (b)", "_underscore", "ünïcödé", "x" * 60, "+-.,="]
    rows_of = [
        f"{{name: leaky_relu, slope: 0.{i}, label: '{label}'}}"
        for i, label in enumerate(labels, start=1)
    ]
    axis = f"network.activation=[relu, {', '.join(rows_of)}]"
    claims = [f"{{faster: relu, than: '{label}', to: {{train_loss: 0.5}}}}" for label in labels]
    results = results_of(read(TEXT, axis, f"claims=[{', '.join(claims)}]"), plain)
    text = whole(results, tmp_path)
    assert all(label in text for label in labels)
    assert [bare(row["than"]) for row in rows(tmp_path, "verdicts.csv")] == labels


def test_any_title_and_claim_can_be_written(tmp_path):
    titles = ["a | b", "50 % of $x$ and {y}", "<script>", "*stars*"]
    claims = [
        f"{{says: '{says}', faster: relu, than: tanh, to: {{train_loss: 0.{i}}}}}"
        for i, says in enumerate(titles, start=5)
    ]
    study = read(TEXT, "title='a | b {{ c }} $d$'", f"claims=[{', '.join(claims)}]")
    text = whole(results_of(study, plain), tmp_path)
    assert MarkdownIt().render(text).startswith("<h1>a | b {{ c }} $d$</h1>\n")
    for claim in study.claims:  # whatever its words hold is shown as text
        assert f"*{claim.number}. {in_markdown(words.as_sentence(claim.says))}* **" in text
    for head, *body in tables(text):
        assert {len(row) for row in body} == {len(head)}
    assert [row["says"] for row in rows(tmp_path, "verdicts.csv")] == titles


def files_in(folder):
    return {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_process(tmp_path):
    script = """
import sys
from pathlib import Path
sys.path[:0] = [".", "tests"]
from analysis.helpers import read, results_of
from experiments.report import page
from report.test_page import SCENES, TEXT
overrides, respond = SCENES["tuned and some fail"]
page.write(results_of(read(TEXT, *overrides, name="scene"), respond), Path(sys.argv[1]))
"""
    root = Path(__file__).parents[2]
    elsewhere = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "UTC+7"}
    command = [sys.executable, "-c", script, tmp_path / "there"]
    subprocess.run(command, check=True, env=elsewhere, cwd=root)
    overrides, respond = SCENES["tuned and some fail"]
    folder = tmp_path / "here"
    page.write(results_of(read(TEXT, *overrides, name="scene"), respond), folder)
    names = files_in(folder)
    assert files_in(tmp_path / "there") == names
    assert any(name.parent.name == "figures" for name in names)
    for name in names:
        assert (tmp_path / "there" / name).read_bytes() == (folder / name).read_bytes(), name


def by_rate(run):
    """Tanh is quicker at its own best rate, relu at the one that is best for both."""
    rate = run.training.learning_rate
    if run.network.activation.name == "relu":
        return arriving((10.0 if rate == 0.5 else 40.0) * 1.01**run.seed)
    return arriving((5.0 if rate == 1 else 15.0) * 1.01**run.seed)


PROTOCOLS = (*TUNED, "seeds=10", "protocol=[own_rate, shared_rate]", "network.init=he")


def test_answers_come_first_and_then_what_they_depend_on(tmp_path):
    text = page_of(tmp_path, *PROTOCOLS, respond=by_rate)
    first, then = [line for line in text.splitlines()[1:] if line.startswith("*")][1:3]
    assert text.index("*1. The first.* **It depends: ") < text.index(first) < text.index(then)
    assert first.startswith("*2. ")
    assert then.startswith("**The answer depends on how learning rates were chosen**")
    assert "refuted with each at its best rate" in then
    assert "supported with one rate for both" in then
    assert "own_rate" not in text
    assert "depends on how" not in page_of(tmp_path, *PROTOCOLS)


def test_each_run_has_the_learning_rate_of_its_seed(tmp_path):
    def respond(run):  # the tuning seeds disagree
        best = 0.5 if run.seed == 0 else 1.0
        return arriving(8.0 * 2 ** abs(math.log2(run.training.learning_rate / best)))

    results = results_of(read(TEXT, *TUNED, name="scene"), respond)
    text = whole(results, tmp_path)
    used = [float(row["learning_rate_used"]) for row in rows(tmp_path, "runs.csv")]
    assert used == [
        run.training.learning_rate for result in results.settings for run in result.runs
    ]
    assert len(set(used)) == 2
    for result in results.settings:
        assert words.rates(result.rates) in text


def test_seeds_as_needed_are_told(tmp_path):
    text = page_of(tmp_path, "seeds={min: 8, max: 20}")
    assert "seeds, of 8 to 20: seeds are added until every claim is decided" in text
    assert "exact probabilities of all looks" in text
    assert "mixture" not in page_of(tmp_path)


def test_the_primary_claim_and_targets_by_a_rule_are_told(tmp_path):
    text = page_of(tmp_path, *TUNED, "claims.0.primary=true", "claims.0.to.train_loss=auto")
    assert "those of claim 1, the primary one, and those of all others each for themselves" in text
    assert "Targets called auto are set by pilot runs" in text
    plain_text = page_of(tmp_path)
    assert "primary" not in plain_text
    assert "called auto" not in plain_text


def test_the_study_beside_a_report_with_a_rule_is_the_one_that_was_written(tmp_path):
    study = read(TEXT, *TUNED, "claims.0.to.train_loss=auto", name="scene")
    write(results_of(study, plain), tmp_path)
    assert config.loads((tmp_path / "study.yaml").read_text(encoding="utf-8"), "scene") == study


REGRESSION = """
    dataset: diabetes
    network: {activation: [relu, tanh], depth: 1, width: 4, output: linear}
    training: {learning_rate: 0.1}
    seeds: 6
"""


def test_what_is_said_of_the_test_part_is_so(tmp_path):
    said = "the loss on the test split, by which no learning rate was chosen"
    assert f"{said}: they were given." in page_of(tmp_path / "given")
    assert f"{said}." in page_of(tmp_path / "tuned", *TUNED)


def test_a_regression_that_diverged_has_no_accuracy(tmp_path):
    def lost(run):
        values = np.full((2, len(METRICS)), np.nan)
        values[0] = [1.0 if metric.endswith("loss") else np.nan for metric in METRICS]
        return Trace(np.array([0, 1]), values, "diverged", BUDGET)

    results = results_of(read(REGRESSION), lost)
    write(results, tmp_path / "one")
    for row in rows(tmp_path / "one", "runs.csv"):
        assert (row["final_train_accuracy"], row["final_test_accuracy"]) == ("", "")
        assert row["final_test_loss"] == "inf"
    drawn = {row["metric"] for row in rows(tmp_path / "one", "curves.csv")}
    assert drawn == {"train_loss", "validation_loss", "test_loss"}
    assert len(curve(results.settings[0], "train_accuracy").updates) == 0
    assert len(curve(results.settings[0], "train_loss").updates) == 2


TWO_MAPS = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 2, 3, 4, 5, 6], width: 8}
    training: {learning_rate: 0.1}
    seeds: 12
    claims:
      - {faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {faster: relu, than: tanh, to: {train_loss: 0.5}}
      - {faster: tanh, than: relu, to: {train_loss: [0.8, 0.5]}}
"""


def test_every_large_claim_has_a_map_and_old_ones_go(tmp_path):
    report = tmp_path / "report"
    report.mkdir()
    (report / "map_7.png").write_bytes(b"of an older report")
    results = results_of(read(TWO_MAPS), plain)
    write_over(results, report, formats=("png",))
    text = whole_text(results, report)
    assert sorted(path.name for path in report.glob("map*.png")) == ["map.png", "map_3.png"]
    for number, name in ((1, "map.png"), (3, "map_3.png")):
        assert f"claim {number}]({name})" in text
        assert f"Claim {number}: the updates of" in text
    assert text.count("| all cells | 12 |") == 2


@pytest.mark.slow
def test_a_map_where_nothing_could_be_decided_says_so(tmp_path):
    results = results_of(read(TWO_MAPS), lambda run: arriving(100 * BUDGET))
    text = whole(results, tmp_path)
    assert "**relu faster: could be decided in none of the 12 cells.**" in text
