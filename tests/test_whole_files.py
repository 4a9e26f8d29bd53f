"""Files of results appear whole or not at all, whatever happens to their writers."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import whole_files
from experiments.whole_files import (
    LOCK,
    WRITING,
    HeldError,
    alone,
    new_text,
    replace_text,
    whole,
    write_text,
)

ROOT = Path(__file__).parents[1]
NAMES = ("page", "one", "two", "within/three", "record")
LAST = ("page", "record")


def write(folder, text, names=NAMES):
    """Write a report each of whose files has that text, in the place of the one that is there."""
    with whole(folder, LAST, lambda: {*NAMES}) as written:
        for name in names:
            (written / name).parent.mkdir(exist_ok=True)
            write_text(written / name, text)


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def left(folder):
    """What lies where reports are written, besides the lock."""
    return [path for path in (folder / WRITING).iterdir() if path.name != LOCK]


@pytest.fixture
def report(tmp_path):
    folder = tmp_path / "results" / "report"
    write(folder, "old")
    return folder


def test_files_take_their_places_once_all_are_written(report):
    with whole(report, LAST, lambda: {*NAMES}) as written:
        for name in ("record", "page", "four"):
            write_text(written / name, "new")
        assert texts(report) == dict.fromkeys(NAMES, "old")
    assert texts(report) == dict.fromkeys(("record", "page", "four"), "new")
    assert not (report / "within").exists()
    assert not left(report.parent)


def test_what_no_report_may_have_stays(report):
    (report / "within" / "notes").write_text("my own")
    write(report, "new", LAST)
    assert texts(report) == {"page": "new", "record": "new", "within/notes": "my own"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_an_error_while_it_is_written_leaves_the_old_one(report, error):
    def fail(_):
        raise error

    with pytest.raises(error):
        write(report, "new", map(fail, NAMES))
    assert texts(report) == dict.fromkeys(NAMES, "old")
    assert not left(report.parent)


@pytest.mark.parametrize("steps", range(len(NAMES)))
def test_an_exchange_that_is_cut_off_leaves_no_record(report, steps, monkeypatch):
    done = []

    def replace(source, target):
        if len(done) == steps:
            raise KeyboardInterrupt
        done.append(target)
        os.rename(source, target)

    monkeypatch.setattr(whole_files.os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write(report, "new")
    monkeypatch.undo()
    assert not (report / "record").exists()
    write(report, "newest")
    assert texts(report) == dict.fromkeys(NAMES, "newest")
    assert not left(report.parent)


def test_a_report_behind_a_link_is_written_where_it_lies(report, tmp_path):
    (tmp_path / "link").symlink_to(report)
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert texts(report) == dict.fromkeys(NAMES, "new")


WRITER = """
import sys, time
from pathlib import Path
from experiments.whole_files import whole, write_text
with whole(Path(sys.argv[1]), ("page", "record"), set) as written:
    write_text(written / "page", "half")
    print("written", flush=True)
    time.sleep(100)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_what_a_writer_leaves_that_was_ended_is_removed_by_the_next_one(report, number):
    command = [sys.executable, "-c", WRITER, report]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, text=True
    ) as process:
        assert process.stdout.readline() == "written\n"
        write(report, "new")
        assert len(left(report.parent)) == 1, "that of one who still writes stays"
        process.send_signal(number)
    assert texts(report) == dict.fromkeys(NAMES, "new")
    with alone(report.parent):
        assert not left(report.parent)


def many(folder, text, times):
    for number in range(times):
        write(folder, f"{text} {number}")


def test_files_of_reports_that_are_written_at_once_never_mix(report):
    processes = [
        multiprocessing.get_context("spawn").Process(target=many, args=(report, name, 30))
        for name in "abcd"
    ]
    for process in processes:
        process.start()
    seen = set()
    while any(process.is_alive() for process in processes):
        with alone(report.parent):
            found = texts(report)
        assert found.keys() == {*NAMES}
        assert len({*found.values()}) == 1
        seen |= {*found.values()}
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(seen) > 1
    assert not left(report.parent)


def test_a_lock_that_is_held_all_the_time_is_told(report, monkeypatch):
    monkeypatch.setattr(whole_files, "PATIENCE", 0.2)
    with alone(report.parent):
        for work in (lambda: write(report, "new"), lambda: alone(report.parent).__enter__()):
            with pytest.raises(HeldError, match=r"lock: another process.*Try again once that is"):
                work()
    assert texts(report) == dict.fromkeys(NAMES, "old")
    write(report, "new")


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_an_error_names_the_place_where_the_file_was_to_go(report, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space") as raised:
        write(report, "new")
    assert raised.value.filename == str(report / "page")
    with alone(report.parent), pytest.raises(OSError, match="No space") as raised:
        replace_text(report.parent / "README.md", "new")
    assert raised.value.filename == str(report.parent / "README.md")


def test_a_text_is_replaced_at_once_or_stays(report, monkeypatch):
    path = report.parent / "README.md"
    with alone(path.parent):
        replace_text(path, "old\n")
        assert path.read_bytes() == b"old\n"
        monkeypatch.setattr(whole_files.os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            replace_text(path, "new\n")
        assert path.read_bytes() == b"old\n"
        assert not left(path.parent)


def test_a_new_text_is_whole_or_not_there(tmp_path):
    path = tmp_path / "new"
    new_text(path, "text\n")
    assert path.read_bytes() == b"text\n"
    with pytest.raises(FileExistsError):
        new_text(path, "other")
    assert path.read_bytes() == b"text\n"
    with pytest.raises(UnicodeEncodeError):
        new_text(tmp_path / "other", "\ud800")
    assert not (tmp_path / "other").exists()
