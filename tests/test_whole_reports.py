"""What the command leaves when it is killed, fails or is not alone while reports are written."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from test_whole_files import left

from experiments import whole_files
from experiments.command_line import DONE, FAILED, WRONG_USAGE, main
from experiments.comparing import published

resource = pytest.importorskip("resource")  # Windows has no such limits

ROOT = Path(__file__).parents[1]

CONFIG = """\
title: Which is quicker?
dataset: {name: moons, examples: 300}
network: {width: 6, activation: [relu, tanh]}
training: {epochs: 6, learning_rate: 0.25}
seeds: 7
claims:
  - {faster: relu, than: tanh, to: {train_loss: [0.5, 0.3]}}
"""
OTHER = CONFIG.replace("quicker?", "faster?").replace("[0.5, 0.3]", "0.4")
NAMES = ("one", "two", "three")


def command(*arguments, figures="png"):
    given = [str(argument) for argument in arguments]
    return [sys.executable, "-W", "error", str(ROOT / "runner.py"), *given, "--figures", figures]


def run(*arguments, code=0, before=None, figures="png"):
    done = subprocess.run(
        command(*arguments, "-q", figures=figures), capture_output=True, text=True, check=False,
        preexec_fn=before,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with three studies whose runs are stored; they differ in their titles."""
    folder = tmp_path_factory.mktemp("made")
    for name in NAMES:
        (folder / f"{name}.yaml").write_text(CONFIG.replace("quicker", f"quicker, {name}"))
        run(folder / f"{name}.yaml", "--output", folder / "out")
    return folder


@pytest.fixture
def copied(made, tmp_path):
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def contents(folder):
    """Every file by its name; times that were measured are stored, and the same each time."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def listed(output):
    board, index = (output / "README.md").read_text(), (output / "index.html").read_text()
    return {name for name in NAMES if f"({name}/report.md)" in board and f"{name}/" in index}


# What fails while a report is written is told, and the old report stays.


def report_again(copied, capfd, *options):
    """Write a report anew in this process, as another study of its name; return what is said."""
    (copied / "one.yaml").write_text(OTHER)
    output = copied / "out"
    before = contents(output / "one")
    code = main([str(copied / "one.yaml"), "--report", "--output", str(output), "-q",
                 "--figures", "png", *options])  # fmt: skip
    assert code == FAILED
    assert contents(output / "one") == before
    assert not left(output)
    told = capfd.readouterr().err
    assert "Traceback" not in told
    return told


def write_again(copied):
    """A later command writes it."""
    run(copied / "one.yaml", "--report", "--output", copied / "out")
    assert b"faster?" in contents(copied / "out" / "one")["report.md"]
    assert not left(copied / "out")
    assert "faster?" in (copied / "out" / "README.md").read_text()


FAULTS = {
    errno.ENOSPC: "the disk is full. Make room",
    errno.EROFS: "its disk may only be read. Choose another",
    errno.EACCES: "you may not. Change who",
    errno.EMFILE: "this process has too many open files. Raise the limit",
    errno.EIO: "Input/output error. Choose another",
}


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
@pytest.mark.parametrize("name", ["report.md", "verdicts.csv", "train_loss.png", "made_from.json"])
def test_a_file_that_cannot_be_written_is_told(copied, capfd, monkeypatch, number, name):
    real = Path.write_bytes

    def write_bytes(path, content):
        if path.name == name:
            real(path, content[:9])
            raise OSError(number, os.strerror(number))
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    told = report_again(copied, capfd)
    path = copied / "out" / "one" / name
    assert told.startswith(f"runner.py: {path}: cannot be written: {FAULTS[number]}")
    monkeypatch.undo()
    if number == errno.ENOSPC:
        write_again(copied)


def test_a_folder_that_cannot_be_written_is_told(copied, capfd, monkeypatch):
    def mkdtemp(**_):
        raise PermissionError(errno.EACCES, "Permission denied", str(copied / "out" / ".writing"))

    monkeypatch.setattr(whole_files, "mkdtemp", mkdtemp)
    told = report_again(copied, capfd)
    assert f"{copied / 'out' / '.writing'}: cannot be written: you may not. Change who" in told


def test_a_lock_that_is_held_is_told(copied, capfd, monkeypatch):
    monkeypatch.setattr(whole_files, "PATIENCE", 0.2)
    with whole_files.alone(copied / "out"):
        told = report_again(copied, capfd)
    assert f"{copied / 'out' / '.writing' / 'lock'}: another process, most likely" in told
    write_again(copied)


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("one", WRONG_USAGE, "a file has the name of the report's folder"),
        ("one/report.md", FAILED, "cannot be written: a folder has its"),
    ],
)
def test_something_else_in_the_place_of_a_file_is_told(copied, name, code, message):
    path = copied / "out" / name
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("my own")
    else:
        path.unlink()
        path.mkdir()
    told = run(copied / "one.yaml", "--report", "--output", copied / "out", code=code)
    assert f"{path}: {message}" in told


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.slow
def test_figures_that_fill_the_disk_are_told_by_whoever_draws(copied, jobs):
    """A file may not be as large as most of the figures are; all tables are smaller."""
    (copied / "one.yaml").write_text(OTHER)
    output = copied / "out"
    before = contents(output / "one")

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))

    told = run(copied / "one.yaml", "--report", "--output", output, "--jobs", jobs, code=FAILED,
               before=limited)  # fmt: skip
    assert "cannot be written: it would become larger than a file may be here" in told
    assert re.fullmatch(rf"runner.py: {output / 'one'}/\w+\.png: [^\n]+\n", told)
    assert contents(output / "one") == before
    assert not left(output)
    write_again(copied)


SMALL = 20_000
"""Bytes."""


@pytest.mark.slow
@pytest.mark.parametrize("limit", [6, 8, 10, 12])
def test_too_few_files_are_told(copied, limit):
    """Whatever the limit is, the report is written, or the old one stays and that is said."""
    (copied / "one.yaml").write_text(OTHER)
    output = copied / "out"
    before = contents(output / "one")
    done = subprocess.run(
        command(copied / "one.yaml", "--report", "--output", output, "-q"),
        capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
    )  # fmt: skip
    if done.returncode:
        assert "too many open files. Raise the limit (ulimit -n)" in done.stderr
        assert "Traceback" not in done.stderr
        assert contents(output / "one") == before
    write_again(copied)


def test_a_published_report_that_is_written_again_is_compared_with_nothing(copied, monkeypatch):
    output = copied / "out"
    monkeypatch.setattr(published, "PUBLISHED", output)
    (copied / "one.yaml").write_text(OTHER)
    arguments = [str(copied / "one.yaml"), "--output", str(output), "-q", "--figures", "png"]
    assert main(arguments) == DONE
    page = output / "one" / "report.md"
    assert "published" not in page.read_text()
    before = page.stat().st_mtime_ns
    assert main(arguments) == DONE
    assert page.stat().st_mtime_ns == before, "its record is that of what is published now"


# Several at once, and killed.


@pytest.mark.slow
def test_studies_that_end_at_once_are_all_listed(made, tmp_path):
    for place in range(4):
        output = tmp_path / str(place)
        output.mkdir()
        shutil.copy(made / "out" / "runs.sqlite", output)
        started = [
            subprocess.Popen(command(made / f"{name}.yaml", "--output", output, "-q"))
            for name in NAMES
        ]
        assert [process.wait() for process in started] == [0] * len(NAMES)
        assert listed(output) == {*NAMES}
        assert not left(output)


@pytest.mark.slow
def test_one_report_that_two_write_at_once_is_of_one_of_them(copied):
    """Three at a time, of two studies that have the same name."""
    output = copied / "out"
    (copied / "other").mkdir()
    (copied / "other" / "one.yaml").write_text(OTHER)
    configs = [copied / "one.yaml", copied / "other" / "one.yaml"]
    known = []
    for config in configs:
        run(config, "--report", "--output", output)
        known.append(contents(output / "one"))
    assert known[0] != known[1]
    for _ in range(4):
        started = [
            subprocess.Popen(command(config, "--report", "--output", output, "-q"))
            for config in (*configs, configs[0])
        ]
        assert [process.wait() for process in started] == [0] * 3
        assert contents(output / "one") in known
        assert not left(output)


def remembered(output, config):
    run(config, "--report", "--output", output, figures="svg")
    board, index = ((output / name).read_bytes() for name in ("README.md", "index.html"))
    return contents(output / "one"), board, index


def writing(arguments, output, told):
    """Start a command; return it once it writes a report, and when that was.

    What it says goes to a file: workers that outlive it would keep a pipe open.
    """
    before = left(output)
    process = subprocess.Popen(arguments, stderr=told, start_new_session=True)
    while process.poll() is None and not {*left(output)} - {*before}:
        time.sleep(0.002)
    return process, time.monotonic()


def end(process, how):
    if how == "killed":
        process.kill()
    elif how == "killed with its workers":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.send_signal(signal.SIGINT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "jobs"),
    [("killed", 1), ("killed", 2), ("killed with its workers", 2), ("interrupted", 2)],
)
def test_ended_at_any_moment_a_report_is_the_old_or_the_new_one(copied, how, jobs):
    """Old or new to the byte, or without its record, and then the next command completes it."""
    output = copied / "out"
    (copied / "other").mkdir()
    (copied / "other" / "one.yaml").write_text(OTHER)
    configs = [copied / "one.yaml", copied / "other" / "one.yaml"]
    known = [remembered(output, config) for config in configs]
    reports, files = [report for report, *_ in known], {}
    for report in reports:
        for name, content in report.items():
            files.setdefault(name, set()).add(content)
    boards = [(board, index) for _, board, index in known]
    draw, span = random.Random(how), 0.0  # seconds that writing takes
    ended, groups = 0, []
    for number in range(14):
        arguments = command(
            configs[number // 2 % 2], "--output", output, "-q", "--jobs", jobs, figures="svg"
        )
        said = copied / "said"
        with said.open("w") as told:
            process, began = writing(arguments, output, told)
        if number % 2 == 0 and span:
            time.sleep(draw.uniform(0, span))
            end(process, how)
            groups.append(process.pid)
        process.wait()
        assert "Traceback" not in said.read_text() or how == "killed"
        ended += process.returncode != 0
        found = contents(output / "one")
        board, index = ((output / name).read_bytes() for name in ("README.md", "index.html"))
        assert found in reports or "made_from.json" not in found
        assert all(found[name] in files[name] for name in found)
        assert board in [one for one, _ in boards]
        assert index in [one for _, one in boards]
        if number % 2:  # it was left to complete what was ended
            assert process.returncode == 0
            span = time.monotonic() - began
            assert found == reports[number // 2 % 2]
            assert (board, index) == boards[number // 2 % 2]
            # The workers of one that was killed alone were alive while the next one wrote.
            for group in groups:
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
            groups.clear()
            with whole_files.alone(output):
                assert not left(output)
    assert ended >= 4, "else it was hardly ever ended while it wrote"
    with sqlite3.connect(output / "runs.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
