"""Tables for a paper say what the report says, and hold nothing that LaTeX stumbles over."""

import gzip
import io
import re

import pandas as pd
import pytest
from analysis.helpers import arriving, read, results_of
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.summary import summarise
from experiments.report import paper_tables, tables, words
from experiments.report.paper_tables import Table, escaped, latex, markdown
from report.helpers import write

TEXT = """
    dataset: moons
    network: {activation: [relu, leaky_relu], width: [8, 16]}
    training: {learning_rate: 0.1}
    seeds: 8
    claims:
      - {says: "A & B_1 is 50 % faster", faster: {activation: relu}, than: {activation: leaky_relu},
         by: 2, to: {train_loss: [0.8, 0.5]}}
"""


def respond(run):
    return arriving((8.0 if run.network.activation.name == "relu" else 24.0) * 1.05**run.seed)


@pytest.fixture(scope="module")
def results():
    return results_of(read(TEXT, name="pairs"), respond)


@pytest.fixture(scope="module")
def summary(results):
    return summarise(results)


def test_there_is_a_row_for_each_verdict_in_the_words_of_the_report(summary):
    table = paper_tables.verdicts(summary)
    assert len(table.rows) == len(summary.verdicts) == 8
    for row, verdict in zip(table.rows, summary.verdicts, strict=True):
        told = dict(zip(table.head, row, strict=True))
        assert told["verdict"] == verdict.outcome
        assert told["estimate"] == words.estimate(verdict.ratio)
        assert told["interval"] == words.interval(verdict.ratio)
        assert told["condition"] == words.condition(verdict.condition)


def test_there_is_a_row_for_each_arm_and_target(summary):
    table = paper_tables.arms(summary)
    assert len(table.rows) == len(summary.reaches) == 8
    assert table.rows[0][:2] == ("width 8, relu", "training loss 0.8")


def body(text):
    return text[text.index("\\midrule\n") + 9 : text.index("\\bottomrule")].splitlines()


def test_latex_has_the_rules_of_booktabs_and_as_many_cells_in_each_row(summary):
    for name, text in paper_tables.all_files(summary).items():
        if not name.endswith(".tex"):
            continue
        (sides,) = re.findall(r"\\begin{tabular}{([lr]+)}", text)
        assert all(rule in text for rule in ("\\toprule", "\\midrule", "\\bottomrule"))
        for line in body(text):
            assert line.endswith(r" \\")
            assert len(re.split(r"(?<!\\)&", line)) == len(sides)
        assert "leaky_relu" not in text
    assert (
        "% claim 1: A & B_1 is 50 % faster"
        in paper_tables.all_files(summary)["tables/verdicts.tex"]
    )


SPECIAL = re.compile(r"(?<!\\)[&%#_~^$<>|]")


@given(st.text(alphabet="ab &%$#_{}~^\\<>|×±≤≥∞\N{MINUS SIGN}\N{EN DASH}\n"))
def test_whatever_a_text_holds_latex_prints_it(text):
    plain = escaped(text)
    for formula in ("$\\infty$", "$-$", "$\\times$", "$\\geq$", "$\\leq$", "$\\pm$"):
        plain = plain.replace(formula, "")
    assert not SPECIAL.search(plain)
    assert plain.isascii()
    assert len(re.findall(r"(?<!\\){", plain)) == len(re.findall(r"(?<!\\)}", plain))


def test_markdown_has_a_line_for_each_row_and_what_the_claims_say():
    text = markdown(Table(("a", "b"), (("1", "x | y"),), ("claim 1: so",)))
    assert text == "| a | b |\n| --- | --- |\n| 1 | x \\| y |\n\n- claim 1: so\n"
    assert latex(Table(("a", "b"), (("1", "x"),))).splitlines()[1] == r"\begin{tabular}{rl}"


def test_a_study_without_claims_has_none(tmp_path):
    found = results_of(read(TEXT, "claims=[]"), respond)
    assert paper_tables.all_files(summarise(found)) == {}
    write(found, tmp_path)
    assert not (tmp_path / "tables").exists()


def test_the_curves_of_all_runs_are_a_compressed_table_with_the_same_bytes_each_time(
    results, tmp_path
):
    table = tables.seed_curve_table(results)
    for name in ("one.csv.gz", "two.csv.gz"):
        tables.write(table, tmp_path / name)
    data = (tmp_path / "one.csv.gz").read_bytes()
    assert data == (tmp_path / "two.csv.gz").read_bytes()
    assert data[4:8] == b"\0\0\0\0"  # no time is in it
    back = pd.read_csv(io.BytesIO(gzip.decompress(data)))
    assert list(back.columns) == list(table.columns)
    assert back["train_loss"].to_numpy() == pytest.approx(table["train_loss"].to_numpy(), rel=1e-5)
    assert len(back) == sum(len(t.updates) for r in results.settings for t in r.traces)


def test_what_is_not_trained_needs_no_whole_batch():
    study = read(TEXT, "claims=[]", "training.epochs=0", "training.batch_size=1000000")
    table = tables.seed_curve_table(results_of(study, respond))
    assert (table["epoch"] == 0).all()


def test_of_too_many_runs_no_curves_are_written(summary, monkeypatch):
    assert tables.SEED_CURVES in tables.all_tables(summary)
    monkeypatch.setattr(tables, "MOST_RUNS", 31)
    assert tables.SEED_CURVES not in tables.all_tables(summary)
