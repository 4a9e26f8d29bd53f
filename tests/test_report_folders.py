"""No study trains whose report could not be written: that is said first, and what to do."""

import os

import pytest

from experiments import run
from experiments.command_error import CommandError
from experiments.command_line import main
from experiments.comparing.published import PUBLISHED
from experiments.config import ConfigError, loads
from experiments.execution.store import NAME as STORE
from experiments.report.scoreboard_mark import NAME as SCOREBOARD
from experiments.report_folders import refused

QUESTION = {"dataset": "moons", "network": {"width": 2, "activation": ["relu", "tanh"]}, "seeds": 8}
TELLING = ("--dry-run", "--explain")
WRITING = ("--report", "--quiet")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("moons", "other/Moons"):
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text("dataset: moons\nnetwork: {width: 2, activation: [relu, tanh]}\nseeds: 8\n")
    return tmp_path


def told(capsys, *arguments):
    """What is said of a command that must not begin."""
    assert main(arguments) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", [STORE, f"{STORE}-wal", SCOREBOARD, "index.html", PUBLISHED.name])
def test_what_lies_beside_reports_is_the_name_of_no_study(name):
    with pytest.raises(ConfigError, match="another use in a folder of reports"):
        loads("dataset: moons", name)


def test_two_configs_of_one_name_are_refused(here, capsys):
    assert told(capsys, "moons.yaml", "moons.yaml") == (
        "moons: two configs of this name would write the same report; rename one\n"
    )
    assert not (here / "results").exists()


def test_names_that_differ_in_case_alone_are_one(here, capsys):
    assert told(capsys, "moons.yaml", "other/Moons.yaml", "--validate").startswith(
        "moons and Moons: two configs of this name would write the same report"
    )


@pytest.mark.parametrize("option", TELLING + WRITING)
def test_a_report_whose_name_differs_in_case_alone_is_left_alone(option, here, capsys):
    (here / "results" / "Moons").mkdir(parents=True)
    assert "whose name differs in case alone" in told(capsys, "moons.yaml", option)
    (here / "results" / "moons").mkdir()
    assert refused(["moons", "other"], here / "results") == []


@pytest.mark.parametrize("option", TELLING + WRITING)
@pytest.mark.parametrize("output", ["file", "file/deep/er"])
def test_a_file_in_the_place_of_a_folder_is_told(option, output, here, capsys):
    (here / "file").touch()
    assert "file: a file stands where a folder is needed" in told(
        capsys, "moons.yaml", "--output", output, option
    )


@pytest.mark.parametrize("option", TELLING + WRITING)
def test_a_file_in_the_place_of_a_report_is_told(option, here, capsys):
    (here / "results").mkdir()
    (here / "results" / "moons").touch()
    assert "a file has the name of the report's folder" in told(capsys, "moons.yaml", option)


@pytest.mark.parametrize("option", TELLING + WRITING)
def test_a_folder_that_cannot_be_read_is_told(option, here, capsys, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    (here / "results").mkdir()
    monkeypatch.setattr("pathlib.Path.iterdir", refuse)  # who may do all is refused nothing
    assert told(capsys, "moons.yaml", option).startswith("results: cannot be read: you may not.")


@pytest.mark.parametrize(
    ("output", "says"), [("o" * 5000, "File name too long"), ("a\0b", "zero byte in its name")]
)
def test_a_name_that_no_folder_can_have_is_told(output, says, here):
    (line,) = refused(["moons"], here / output)
    assert says in line
    assert "another folder with --output" in line


def test_where_nothing_may_be_written_nothing_trains(here, monkeypatch):
    (here / "out" / "moons").mkdir(parents=True)
    shut = here / "out"
    monkeypatch.setattr(os, "access", lambda path, how: path != shut)
    for output in (shut, shut / "new"):
        assert refused(["moons"], output) == [
            f"{shut}: you may not write there; choose another folder with --output"
        ]
        assert refused(["moons"], output, written=False) == []
    shut = here / "out" / "moons"
    (line,) = refused(["moons"], here / "out")
    assert line.startswith(f"{shut}: you may not write into this report's folder")


def test_validating_asks_for_no_folder(here):
    (here / "results").touch()
    assert main(["moons.yaml", "--validate"]) == 0


def test_python_is_told_before_training_too(here):
    (here / "results" / "Moons").mkdir(parents=True)
    with pytest.raises(CommandError, match="differs in case alone"):
        run(QUESTION, name="moons", quiet=True)
    assert not (here / "results" / STORE).exists()
    with pytest.raises(ConfigError, match="another use"):
        run(QUESTION, name="index.html", quiet=True)
