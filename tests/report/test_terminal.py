"""What the terminal shows."""

import io
import re
import tempfile
from pathlib import Path

import pytest
from analysis.helpers import BUDGET, arriving, read, results_of

from experiments.analysis.claims import judge
from experiments.execution.estimate import Forecast
from experiments.report import tables, terminal
from experiments.report.answer_lines import in_full
from experiments.report.terminal import Progress
from experiments.report.verdict_rows import read_verdicts
from experiments.report.written import Written
from report.helpers import report_of

TEXT = """
    title: Is it so?
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 10
    claims:
      - {says: The first, faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {says: The second, faster: tanh, than: relu, to: {train_loss: 0.5}}
"""


def respond(run):
    return arriving((8.0 if run.network.activation.name == "relu" else 24.0) * 1.01**run.seed)


def written(study, page=Path("report.md"), respond=respond):
    """What is told of a report, by the table that it would have."""
    results = results_of(study, respond)
    verdicts = judge(results)
    with tempfile.TemporaryDirectory() as folder:
        tables.write(tables.verdict_table(verdicts), Path(folder) / "verdicts.csv")
        lines = tuple(in_full(report_of(results)))
        return Written(page, read_verdicts(Path(folder)), lines)


def steps(total, size=1):
    return [*range(0, total, size), total]


@pytest.mark.parametrize("total", [1, 3, 10, 97, 1000])
def test_without_a_terminal_there_are_plain_lines_a_tenth_apart(capsys, total):
    with Progress(read(TEXT), quiet=False) as progress:
        for ended in steps(total):
            progress("evaluation", ended, total)
    out, err = capsys.readouterr()
    assert out == ""
    title, *lines = err.splitlines()
    assert title == "Is it so?"
    left = r"(, about \d+ s left)?"
    assert all(re.fullmatch(rf"evaluation: \d+ of \d+ runs{left}", line) for line in lines)
    assert all(("left" in line) == (0 < int(line.split()[1]) < total) for line in lines)
    assert "\r" not in err
    assert "\x1b" not in err
    assert lines[0] == f"evaluation: 0 of {total} runs"
    assert lines[-1] == f"evaluation: {total} of {total} runs"
    assert len(lines) == min(total, 10) + 1
    shown = [int(line.split()[1]) for line in lines]
    assert shown == sorted(set(shown))


def test_every_stage_starts_anew(capsys):
    with Progress(read(TEXT, "training.learning_rate=tuned"), quiet=False) as progress:
        for stage in ("tuning", "evaluation"):
            for ended in (0, 4):
                progress(stage, ended, 4)
    assert capsys.readouterr().err.splitlines()[1:] == [
        "searching learning rates for: training loss 0.5 and 0.8; training loss 0.5",
        "tuning: 0 of 4 runs", "tuning: 4 of 4 runs",
        "evaluation: 0 of 4 runs", "evaluation: 4 of 4 runs",
    ]  # fmt: skip


def test_one_stage_after_another_of_the_same_name_starts_anew(capsys):
    with Progress(read(TEXT), quiet=False) as progress:
        for total in (4, 2):
            for ended in (0, total):
                progress("tuning", ended, total)
    lines = capsys.readouterr().err.splitlines()[1:]
    assert lines[3:] == ["tuning: 0 of 2 runs", "tuning: 2 of 2 runs"]


def test_quiet_shows_nothing(capsys):
    with Progress(read(TEXT), quiet=True) as progress:
        progress("tuning", 0, 4)
        progress("tuning", 4, 4)
    assert capsys.readouterr() == ("", "")


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_there_is_a_bar_on_stderr(monkeypatch, capsys):
    screen = Screen()
    monkeypatch.setattr(terminal.sys, "stderr", screen)
    with Progress(read(TEXT), quiet=False) as progress:
        for stage in ("tuning", "tuning", "evaluation"):
            for ended in (0, 2, 4):
                progress(stage, ended, 4)
    shown = screen.getvalue()
    assert shown.count("4/4") >= 3
    assert "evaluation" in shown
    assert capsys.readouterr().out == ""


def test_a_bar_is_closed_when_the_study_is_interrupted(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(terminal.sys, "stderr", screen)

    def interrupted():
        with Progress(read(TEXT), quiet=False) as progress:
            progress("tuning", 0, 4)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert screen.getvalue().endswith("\n")


@pytest.mark.parametrize(
    ("trained", "said"), [(0, "every run was stored already"), (12, "12 runs trained")]
)
def test_the_verdicts_are_shown_by_claim_and_the_report_last(tmp_path, capsys, trained, said):
    page = tmp_path / "report.md"
    terminal.show(written(read(TEXT), page), trained)
    out, err = capsys.readouterr()
    assert err == ""
    lines = [line for line in out.splitlines() if line]
    assert lines[0].split() == ["claim", "verdicts", "size", "(interval)"]
    assert [line.split("  ")[0] for line in lines[1:-1] if line[0].isdecimal()] == [
        "1. The first", "2. The second"
    ]  # fmt: skip
    assert lines[1].endswith(" 3.00")  # three times the updates, at the harder target
    assert "4 supported" in lines[1]
    assert "2 refuted" in out
    assert "came first" not in out
    assert lines[-1] == f"{said}; report: {page.with_suffix('.html')}"


def test_verbose_shows_a_sentence_for_every_verdict_too(capsys):
    study = read(TEXT)
    terminal.show(written(study), 0, verbose=True)
    out = capsys.readouterr().out
    sentences, _, table = out.partition("\nclaim ")
    lines = [line for line in sentences.splitlines() if line]
    assert [line for line in lines if not line.startswith(" ")] == [
        "1. The first.",
        "2. The second.",
    ]
    inside = [line.split()[0] for line in lines if line.startswith(" ")]
    assert inside == [
        "Yes:", "supported", "supported", "supported", "supported", "Intervals",
        "No:", "refuted", "refuted", "Intervals",
    ]  # fmt: skip
    terminal.show(written(study), 0)
    assert table in capsys.readouterr().out


def test_a_study_without_claims_shows_where_its_report_lies(tmp_path, capsys):
    terminal.show(Written(tmp_path / "report.md", ()), 3)
    assert capsys.readouterr().out.strip() == f"3 runs trained; report: {tmp_path / 'report.html'}"


def test_runs_that_failed_are_shown(capsys):
    report = written(
        read(TEXT), respond=lambda run: arriving(4 * BUDGET) if run.seed else respond(run)
    )
    terminal.show(report, 3, verbose=True)
    assert "9 of 10 runs each of relu and tanh did not reach the target" in capsys.readouterr().out


@pytest.mark.parametrize("chosen", [True, False])
def test_a_forecast_tells_the_counts(capsys, chosen):
    terminal.show_forecast(read(TEXT), Forecast(42, 7, 20, 3, chosen, 130.0, 2, 80, 300.0))
    out = capsys.readouterr().out
    assert "42 runs, 7 stored" in out
    assert "20 runs, 3 stored" in out
    assert ("still to be chosen" in out) == (not chosen)
    assert "2 min with 2 jobs" in out
    assert "at most 80 runs and about 5 min, if every search goes on for as long as it may\n" in out


def test_a_forecast_without_tuning_does_not_mention_it(capsys):
    terminal.show_forecast(read(TEXT), Forecast(0, 0, 20, 3, True, 13.0, 1, 20, 13.0))
    out = capsys.readouterr().out
    assert "tuning" not in out
    assert "13 s" in out
    assert "at most" not in out


def test_a_forecast_tells_that_seeds_may_be_added(capsys):
    study = read(TEXT, "seeds={min: 8, max: 64}")
    terminal.show_forecast(study, Forecast(0, 0, 16, 0, True, 13.0, 1, 128, 100.0))
    assert (
        "at most 128 runs and about 2 min, if seeds are added up to 64" in capsys.readouterr().out
    )


def test_a_forecast_tells_of_pilot_runs(capsys):
    forecast = Forecast(42, 0, 20, 0, False, 13.0, 1, 62, 13.0, pilot_runs=9, pilot_stored=4)
    terminal.show_forecast(read(TEXT), forecast)
    assert "pilot:      9 runs, 4 stored" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("faster: relu, than: tanh, to: {test_loss: 0.3}", "validation loss 0.3"),
        ("faster: relu, than: tanh, to: {train_loss: auto}", "the targets that pilot runs set"),
        ("measure: test_accuracy, of: relu, at_least: 0.3", "the best validation accuracy"),
        ("measure: zeros, of: relu, at_least: 0.3", "the best training loss"),
    ],
)
def test_what_is_searched_for_is_named(claim, said):
    study = read(TEXT, "training.learning_rate=tuned", f"claims=[{{{claim}}}]")
    assert terminal.searched_for(study) == said
