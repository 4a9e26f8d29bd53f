"""A report says what each claim's rates were tuned for."""

import csv
import re

import pytest
from analysis.helpers import BUDGET, SCHEDULE, make_trace, read, results_of

from experiments.report.objectives import objectives, tuned_for
from report.helpers import whole_text, write

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    tuning: {from: 0.25, to: 1, extensions: 1}
    seeds: 2
    claims:
"""
RACE = "{faster: relu, than: tanh, to: {%s}}"
MEASURE = "{measure: %s, higher: relu, than: tanh}"


def study_of(*claims):
    return read(TEXT + "".join(f"      - {claim}\n" for claim in claims))


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (RACE % "train_loss: [0.3, 0.5]", "the fewest updates to a training loss of 0.3 and 0.5"),
        (RACE % "test_accuracy: 0.9", "the fewest updates to a validation accuracy of 0.9"),
        (MEASURE % "test_accuracy", "the highest validation accuracy, at the last evaluation"),
        (MEASURE % "test_loss, at: lowest", "the lowest validation loss, at its lowest"),
        (MEASURE % "train_loss", "the lowest training loss at the end"),
        (MEASURE % "zeros", "the lowest training loss at the end"),
    ],
)
def test_what_rates_are_tuned_for(claim, words):
    study = study_of(claim)
    assert tuned_for(study.objective) == words
    (line,) = objectives(study)
    assert line.startswith(f"Claim 1: the rates with {words}")
    assert ("kept for the verdict" in line) == ("test_" in claim)


def test_claims_alike_are_told_together():
    told = objectives(
        study_of(
            RACE % "train_loss: 0.5",
            MEASURE % "test_accuracy",
            MEASURE % "zeros",
            MEASURE % "validation_accuracy",
            "{measure: test_accuracy, of: relu, at_least: 0.5}",
            MEASURE % "zeros, at: start",
        )
    )
    assert told == [
        "Claim 1: the rates with the fewest updates to a training loss of 0.5.",
        "Claims 2, 5: the rates with the highest validation accuracy, at the last evaluation, "
        "since the test part is kept for the verdict.",
        "Claim 3: the rates with the lowest training loss at the end.",
        "Claim 4: the rates with the highest validation accuracy, at the last evaluation.",
        "Claim 6: read before training, which no rate changes.",
    ]
    assert objectives(read(TEXT + "      []")) == [
        "Tuned for: the rates with the lowest training loss at the end."
    ]


def respond(run):
    """The validation part likes a rate of 0.5, all others another one."""
    rate = run.training.learning_rate
    columns = {name: [1 / rate] * len(SCHEDULE) for name in ("train_loss", "test_loss")}
    columns["validation_accuracy"] = [0.9 - abs(rate - 0.5)] * len(SCHEDULE)
    columns["test_accuracy"] = [rate / 10] * len(SCHEDULE)
    return make_trace(SCHEDULE, budget=BUDGET, validation_loss=columns["train_loss"], **columns)


def test_a_report_states_the_objective_and_how_the_rates_did_by_it(tmp_path):
    results = results_of(study_of(MEASURE % "test_accuracy"), respond)
    write(results, tmp_path)
    text = whole_text(results, tmp_path)
    assert (
        "- Claim 1: the rates with the highest validation accuracy, at the last evaluation, since "
        "the test part is kept for the verdict.\n" in text
    )
    assert "| validation accuracy there (median over pairs) | training loss there" in text
    for arm, init in (("relu", "he"), ("tanh", "glorot")):
        assert re.search(rf"\| {arm} \| {init} \| 0\.5.* \| 0\.90* \| 2(\.0+)? \|", text)
    with (tmp_path / "tuning.csv").open() as file:
        rows = list(csv.DictReader(file))
    medians = {row["learning_rate_tried"]: row["median_validation_accuracy"] for row in rows}
    assert medians == {"0.25": "0.65", "0.5": "0.9", "1": "0.4"}
    assert {row["learning_rate_tried"] for row in rows if row["taken"] == "2"} == {"0.5"}


def test_a_report_of_other_studies_has_no_such_column(tmp_path):
    write(results_of(study_of(RACE % "train_loss: 0.5"), respond), tmp_path)
    header = (tmp_path / "tuning.csv").read_text().splitlines()[0]
    assert "accuracy" not in header
