"""A report tells of what was tuned beside the rate, and only where something was."""

import csv
import re

import pytest
from analysis.helpers import arriving, parabola, read, results_of

from experiments.clocks import UpdateTime
from report.helpers import whole_text, write

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: {tuned: [4, 8, 16]}}
    tuning: {from: 0.25, to: 1, extensions: 1}
    seeds: 8
    claims: [{faster: relu, than: tanh, by: 2, to: {train_loss: 0.5}}]
"""


def respond(run):
    """Relu likes a width of 8, but 16 at every fourth seed; tanh likes 4."""
    width = run.network.widths[0]
    best = {"relu": 16 if run.seed % 4 == 3 else 8, "tanh": 4}[run.network.activation.name]
    return arriving(parabola(0.5, 8.0 if width == best else 16.0)(run.training.learning_rate))


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path):
    write(results_of(read(TEXT), respond), tmp_path)
    return tmp_path


def test_how_often_each_value_was_taken(folder):
    text = whole_text(results_of(read(TEXT), respond), folder)
    assert "at each of 3 values of width: 4, 8, 16." in text
    assert "| arm | initializer | learning rates chosen | width chosen |" in text
    assert re.search(r"\| relu \| he \| 0\.5\S* \| 8 \(6 runs\), 16 \(2 runs\) \|", text)
    assert re.search(r"\| tanh \| glorot \| 0\.5\S* \| 4 \(8 runs\) \|", text)
    assert "learning rates and width tuned for each arm" in text
    assert "of 4 units or 2 hidden layers of 8 units or 2 hidden layers of 16 units" in text


def test_the_tables_have_its_values(folder):
    tried = rows(folder / "tuning.csv")
    taken = {
        (row["activation"], row["width_tried"], row["learning_rate_tried"]): int(row["taken"])
        for row in tried
    }
    assert len(taken) == len(tried) == 2 * 3 * 3
    assert {key: count for key, count in taken.items() if count} == {
        ("relu", "8", "0.5"): 6, ("relu", "16", "0.5"): 2, ("tanh", "4", "0.5"): 8,
    }  # fmt: skip
    used = [(row["activation"], row["width_used"]) for row in rows(folder / "runs.csv")]
    assert used == [("relu", w) for w in ("8", "8", "8", "16") * 2] + [("tanh", "4")] * 8


def test_what_an_update_costs_is_that_of_each_run(folder):
    """Of runs of several widths a median in multiplications is not that in updates times one."""
    relu, tanh = rows(folder / "arms.csv")
    cost = {
        row["activation"]: float(row["median_multiplications"]) / float(row["median_updates"])
        for row in (relu, tanh)
    }
    assert cost["relu"] > cost["tanh"] > 0


def test_no_clock_but_updates_is_told_where_costs_differ(tmp_path):
    results = results_of(read(TEXT), respond)
    times = dict.fromkeys(results.study.settings, UpdateTime(1e-3))
    write(results, tmp_path, times)
    assert not (tmp_path / "clocks.csv").exists()
    assert "ratios are told in updates alone" in whole_text(results, tmp_path)
    results = results_of(read(TEXT, "network.width=8"), respond)
    write(results, tmp_path, dict.fromkeys(results.study.settings, UpdateTime(1e-3)))
    assert (tmp_path / "clocks.csv").exists()


def test_the_answers_hold_for_every_value(tmp_path):
    """Among them one at which the trick is not used."""
    study = read(TEXT, "network.width=8", "training.weight_decay={tuned: [0, 0.001]}")
    results = results_of(study, lambda run: arriving(8.0))
    write(results, tmp_path)
    assert "weight decay 0 or 0.001" in whole_text(results, tmp_path)
    study = read(TEXT, "network.width=8", "network.init={tuned: [he, lecun]}")
    results = results_of(study, lambda run: arriving(8.0))
    write(results, tmp_path)
    text = whole_text(results, tmp_path)
    assert "| relu | he or lecun | " in text
    assert "| he (8 runs) |" in text


def test_without_it_nothing_is_told_of_it(tmp_path):
    results = results_of(read(TEXT, "network.width=8"), respond)
    write(results, tmp_path)
    assert "width" not in (tmp_path / "tuning.csv").read_text()
    assert "width" not in (tmp_path / "runs.csv").read_text()
    assert "| arm | initializer | learning rates chosen | updates" in whole_text(results, tmp_path)
