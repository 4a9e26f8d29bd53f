"""Whoever reads a report is told the same: all read one record, which is finished and frozen."""

import dataclasses

import pytest
from analysis.helpers import read, results_of
from markupsafe import escape

from experiments.analysis.claims import judge
from experiments.report import page, tables, terminal
from experiments.report.escaping import in_markdown
from experiments.report.html import results_in_html
from experiments.report.model import Span
from report.helpers import report_of
from report.test_page import SCENES, TEXT

KINDS = {
    "times to targets": SCENES["plain"],
    "runs that fail": SCENES["tuned and some fail"],
    "a measure": (("claims=[{measure: test_loss, lower: relu, than: tanh}]",), SCENES["plain"][1]),
    "names that mark up": (
        (
            "claims=[{says: 'Is *this* <b>it</b> | ?', faster: relu, than: tanh,"
            " to: {train_loss: 0.5}}]",
        ),
        SCENES["plain"][1],
    ),
    "no claims": SCENES["no claims"],
}  # fmt: skip


def results(name):
    overrides, respond = KINDS[name]
    return results_of(read(TEXT, *overrides), respond)


def together(text):
    """A text without what only breaks its lines."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", KINDS)
def test_every_reader_is_told_the_same_answers(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(page.figure_files, "write", lambda *_: None)
    found = results(name)
    report = report_of(found)
    written = page.write(found, tmp_path)
    terminal.show(written, 0)
    shown = {
        "Markdown": (tmp_path / "report.md").read_text(encoding="utf-8"),
        "page": (tmp_path / "report.html").read_text(encoding="utf-8"),
        "terminal": capsys.readouterr().out,
        "notebook": results_in_html(report, tables.verdict_table(judge(found)), None),
    }
    told = [answer.headline for answer in report.answers] or list(report.standing)
    assert told
    for reader, text in shown.items():
        write = {"Markdown": in_markdown, "terminal": str}.get(reader, escape)
        for headline in told:
            assert together(write(headline)) in together(text), reader
    for answer in report.answers:
        for reader, write in (("Markdown", in_markdown), ("page", escape), ("notebook", escape)):
            assert write(answer.says) in shown[reader], reader


def parts(of):
    """A record with all that it holds, however deep."""
    yield of
    if dataclasses.is_dataclass(of):
        of = [getattr(of, field.name) for field in dataclasses.fields(of)]
    if isinstance(of, list | tuple):
        for one in of:
            yield from parts(one)


@pytest.mark.parametrize("name", KINDS)
def test_a_report_holds_finished_text_and_nothing_that_could_change(name):
    for part in parts(report_of(results(name), {"train_loss.png", "tuning.png"})):
        if dataclasses.is_dataclass(part):
            assert type(part).__dataclass_params__.frozen
        else:  # no number is left to be rounded but that of a claim
            assert isinstance(part, str | tuple | int | None)
        if isinstance(part, Span) and part.kind == "link":
            assert part.target


@pytest.mark.parametrize("name", KINDS)
def test_text_in_a_report_is_not_escaped(name):
    report = report_of(results(name))
    for answer, claim in zip(report.answers, results(name).study.claims, strict=True):
        assert answer.says.rstrip(".") == claim.says.rstrip(".")
