"""What Python code and notebooks get: studies, frames, figures, and an answer that shows itself."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from experiments import ConfigError, config, load, run
from experiments.report.drawings import DRAWINGS
from experiments.study import Study

ROOT = Path(__file__).parent.parent

QUESTION = {
    "title": "Which is <quicker> on the moons?",
    "dataset": {"name": "moons", "examples": 300},
    "network": {"width": 6, "activation": ("relu", "tanh")},
    "training": {"epochs": 6, "learning_rate": np.float64(0.1)},
    "seeds": 7,
    "diagnostics": ["zeros"],
    "claims": [
        {"faster": "relu", "than": "tanh", "to": {"train_loss": [0.5, 0.3]}},
        {"measure": "test_accuracy", "of": "relu", "at_least": 0.3},
    ],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return run(QUESTION, output=tmp_path_factory.mktemp("out"), quiet=True, name="moons")


@pytest.fixture(scope="module")
def reported(results):
    """The report that the command writes of the same runs, and what it says."""
    path = results._output / "moons.yaml"
    path.write_text(config.resolved(results.study))
    done = subprocess.run(
        [sys.executable, ROOT / "runner.py", path, "--output", results._output, "-v"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return results._output / "moons", done.stdout


def test_a_mapping_is_the_study_that_its_file_would_be(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(config.resolved(load(QUESTION, name="mine")))
    study = load(path)
    assert isinstance(study, Study)
    assert study == load(str(path))
    # A resolved config says each claim in words; everything else is what was given.
    again = load(QUESTION, name="mine")
    assert config.resolved(study) == config.resolved(again)


def test_overrides_are_set_on_top():
    study = load(QUESTION, overrides=["seeds=9", "claims.0.to.train_loss=0.4"])
    assert study.seeds.most == 9
    assert study.time_claims[0].targets == (0.4,)
    assert study.name == "study"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"datset": "moons"}, "^study: datset: unknown key; .* did you mean 'dataset'"),
        ({"seeds": "many"}, "^study: seeds: found 'many'; allowed: "),
        ({"network": {"activation": ["relu", "rleu"]}}, "network.activation.1: found 'rleu'"),
        ({"dataset": Path("moons")}, "dataset: found an object of the type .*Path; allowed: text"),
        ({"seeds": 10**30}, "seeds: found a number beyond 1e"),
        ({3: "x"}, "found 3 as a key; a key must be text"),
        ({"network": {4: 2}}, "network: found 4 as a key; a key must be text"),
    ],
)
def test_a_mistake_is_told_as_of_a_file(changes, message):
    with pytest.raises(ConfigError, match=message):
        load(QUESTION | changes)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        load(QUESTION | {"seeds": 0, "confidence": 95, "protocol": object()}, name="../up")
    assert len(caught.value.problems) == 4
    assert re.search("'../up' as the study's name", str(caught.value))


def test_a_mapping_that_holds_itself_is_refused():
    endless: dict = dict(QUESTION)
    endless["network"] = endless
    with pytest.raises(ConfigError, match="nested in more than"):
        load(endless)


def test_nothing_is_written_but_the_store(results, tmp_path):
    again = run(QUESTION, output=tmp_path / "o", quiet=True, overrides=["seeds=6"])
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["runs.sqlite"]
    assert len(again.runs) == 12


def test_a_loaded_study_may_be_run(results, capsys):
    study = load(QUESTION, name="moons")
    again = run(study, output=results._output)
    assert capsys.readouterr().err == ""  # every run was stored: there was nothing to show
    assert again.answers == results.answers


def test_progress_is_shown_unless_quiet(tmp_path, capsys):
    run(QUESTION, output=tmp_path, overrides=["seeds=6"], jobs=1)
    assert "evaluation: 100%" in capsys.readouterr().err


def test_the_frames_are_the_tables_of_the_report(results, reported):
    folder, _ = reported
    for name in ("verdicts", "runs", "arms"):
        written = pd.read_csv(folder / f"{name}.csv")
        frame = getattr(results, name)
        assert list(written.columns) == list(frame.columns)
        assert len(written) == len(frame)
    read = pd.read_csv(folder / "runs.csv")
    np.testing.assert_allclose(read.final_train_loss, results.runs.final_train_loss, rtol=1e-8)


def test_the_curves_are_those_of_each_seed(results):
    curves = results.curves
    assert list(curves.columns[:4]) == ["activation", "seed", "update", "epoch"]
    assert {"train_loss", "test_accuracy", "zeros 1", "zeros 2"} <= set(curves.columns)
    runs_of = set(zip(curves.activation, curves.seed, strict=True))
    assert runs_of == {(name, seed) for name in ("relu", "tanh") for seed in range(7)}
    last = curves.groupby(["activation", "seed"]).tail(1).set_index(["activation", "seed"])
    runs = results.runs.set_index(["activation", "seed"])
    assert (last["update"] == runs.updates).all()
    assert np.array_equal(last.train_loss, runs.final_train_loss)
    assert np.allclose(last.epoch, 6)
    # 210 training examples in batches of 32 are 6 updates an epoch.
    assert np.allclose(curves.epoch, curves["update"] / 6)


def test_the_report_is_the_one_that_the_command_writes(results, reported):
    folder, _ = reported
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path in before:
        path.unlink()
    (results._output / "README.md").unlink()
    assert results.write() == folder / "report.md"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert (results._output / "README.md").exists()


def test_the_median_of_the_seeds_is_the_curve_of_the_report(results, reported):
    folder, _ = reported
    written = pd.read_csv(folder / "curves.csv").query("metric == 'train_loss'")
    median = results.curves.groupby(["activation", "update"], sort=False).train_loss.median()
    written = written.set_index(["activation", "update"])["median"]
    np.testing.assert_allclose(written, median.loc[written.index], rtol=1e-8)


def test_figures_are_drawn_by_name(results):
    assert {"verdicts", "train_loss", "updates_to_target"} <= set(results.figures)
    assert {f"{name}.png" for name in results.figures} <= set(DRAWINGS)
    assert len(results.figures) == len(list(results.figures))
    figure = results.figures["train_loss"]
    assert isinstance(figure, Figure)
    assert figure is results.figures["train_loss"]
    with pytest.raises(KeyError, match="there is no figure 'loss'; there are verdicts, "):
        results.figures["loss"]


class Reader(HTMLParser):
    """Checks that tags close, and gathers the text and the pictures."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text, self.pictures = [], [], "", []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs)["src"])
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.pictures.append(dict(attrs)["src"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_a_notebook_shows_the_answers_the_verdicts_and_the_main_figure(results):
    shown = Reader(results._repr_html_())
    assert "quicker" not in shown.tags
    assert "Which is <quicker> on the moons?" in shown.text
    assert (
        "1. relu reaches a training loss of 0.5 and 0.3 in fewer updates than tanh. " in shown.text
    )
    (picture,) = shown.pictures
    assert picture.startswith("data:image/png;base64,iVBOR")
    first = shown.tags.index
    assert first("ul") < first("table") < first("img")
    # The head and a row for each verdict.
    assert shown.tags.count("tr") == 1 + len(results.verdicts)


def test_python_shows_the_answers_that_the_command_shows(results, reported):
    _, told = reported
    assert results.answers in told
    assert "every run was stored already" in told
    assert repr(results).startswith(f"{QUESTION['title']}\n\n1. relu reaches")


def test_a_study_without_claims_is_shown_too(results):
    study = {key: value for key, value in QUESTION.items() if key != "claims"}
    shown = run(study, output=results._output, quiet=True)
    assert "Of two activations, " in repr(shown)
    assert shown.answers in Reader(shown._repr_html_()).text
    assert len(shown.verdicts) == len(shown.arms) == 0
    assert len(shown.runs) == 14


def test_importing_the_package_imports_nothing_heavy():
    heavy = "{'matplotlib', 'pandas', 'sklearn', 'numpy', 'scipy', 'yaml', 'pydantic'}"
    code = f"import sys, experiments; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_what_the_package_does_not_have_is_told():
    import experiments

    with pytest.raises(AttributeError, match="has no attribute 'runs'"):
        experiments.runs  # noqa: B018


def test_the_readme_shows_what_works(results, monkeypatch):
    """Its lines run as they are, once the study that they name is the small one of these tests."""
    import experiments

    given = []
    monkeypatch.setattr(experiments, "run", lambda path: given.append(path) or results, False)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```py\n(.*?)```", readme, re.DOTALL)
    names = {}
    exec(shown, names)
    assert names["results"] is results
    (path,) = given
    assert load(ROOT / path).claims
