"""What a report says of a claim over all conditions together."""

from __future__ import annotations

import pandas as pd

from experiments.report import scoreboard
from tests.analysis.helpers import arriving, read, results_of
from tests.report.helpers import whole_text, write

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 12
    article: [{number: 1, says: relu is faster}]
    claims:
      - {answers: 1, faster: relu, than: tanh, to: {train_loss: [0.7, 0.5]}, pooled: true}
"""


def respond(run):
    slower = 2.0 if run.network.activation.name == "tanh" else 1.0
    return arriving(8.0 * slower * 1.05 ** (run.seed + len(run.network.widths)))


def written(folder):
    results = results_of(read(TEXT), respond)
    write(results, folder / "study", {})
    return whole_text(results, folder / "study")


def test_it_is_told_first_and_stands_in_the_table(tmp_path):
    report = written(tmp_path)
    first, *others = [line for line in report.splitlines() if line.startswith("- Supported")]
    assert first.startswith("- Supported at training loss 0.7, all 3 conditions together: tanh")
    assert len(others) == 3  # the other target, and the two conditions that lie farthest apart
    head, _, *rows = report.partition("| claim | condition | target |")[2].splitlines()
    assert "judged" in head
    assert rows[0].startswith("| 1 | all 3 conditions together | training loss 0.7 | faster |")
    assert rows[2].startswith("| 1 | depth 1 | training loss 0.7 | faster |")
    assert "In a row of all conditions together it is their geometric mean." in report
    assert "for each seed, the mean over them, of a ratio the geometric one" in report


def test_a_claim_that_leaves_no_axis_open_still_lets_others_tell_their_condition(tmp_path):
    text = TEXT.replace(
        "claims:\n",
        "claims:\n      - {faster: {activation: relu, depth: 1}, "
        "than: {activation: tanh, depth: 1}, to: {train_loss: 0.7}}\n",
    )
    write(results_of(read(text), respond), tmp_path / "study", {})
    report = (tmp_path / "study" / "report.md").read_text()
    assert "| claim | condition | target |" in report
    assert "| 1 |  | training loss 0.7 | faster |" in report


def test_tables_tell_over_how_many_conditions_a_row_is(tmp_path):
    written(tmp_path)
    verdicts = pd.read_csv(tmp_path / "study" / "verdicts.csv")
    assert list(verdicts["conditions"]) == [3, 3, 1, 1, 1, 1, 1, 1]
    assert set(verdicts["clock"]) == {"updates"}
    clocks = pd.read_csv(tmp_path / "study" / "arms.csv")
    assert len(clocks) == 12


def test_the_scoreboard_has_the_effect_over_all_conditions(tmp_path):
    written(tmp_path)
    board = scoreboard.write(tmp_path).read_text()
    (row,) = [line for line in board.splitlines() if line.startswith("| 1 | relu reaches")]
    assert "2 comparisons" in row  # at two targets, and not at two under three conditions


def test_a_report_of_an_older_version_is_no_damaged_one(tmp_path):
    written(tmp_path)
    path = tmp_path / "study" / "verdicts.csv"
    verdicts = pd.read_csv(path, dtype=str, keep_default_na=False)
    verdicts[verdicts["conditions"] == "1"].drop(columns=["conditions", "clock"]).to_csv(
        path, index=False
    )
    board = scoreboard.write(tmp_path).read_text()
    assert "damaged" not in board
    assert "6 comparisons" in board
