"""One trial: a study, what it is when nothing goes wrong, and what came of it after a fault."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """\
title: Moons
dataset: {name: moons, examples: 120}
network: {activation: [relu, tanh], width: 6}
training: {epochs: 30}
tuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}
seeds: 8
claims: [{faster: relu, than: tanh, to: {train_loss: 0.4}}]
"""
NAME = "moons"
STORE = "runs.sqlite"

MEASURED = """
INSERT INTO update_times SELECT * FROM reference.update_times;
INSERT INTO update_time_ranges SELECT * FROM reference.update_time_ranges;
"""
"""Times are measured and repeat in no run: a trial gets those of the reference."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one fault."""

    lost: int = 0  # runs that were stored and are not any more, or are shorter
    changed: bool = False  # whether a file of the report or a run has other bytes
    traceback: bool = False  # whether one was shown
    hung: bool = False  # whether the command did not end
    message: str = ""  # what the user was told


def command(output: Path, *more: str, jobs: int = 1) -> list[str]:
    """Return the command that runs the study in a folder."""
    config = output.parent / f"{NAME}.yaml"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    return [sys.executable, str(ROOT / "runner.py"), str(config), "--output", str(output),
            "--figures", "png", "--jobs", str(jobs), *more]  # fmt: skip


def begin(arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start a command in a session of its own, so that a signal reaches it alone."""
    return subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, start_new_session=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int | None  # None: it did not
    told: str  # on stdout
    errors: str  # on stderr

    @property
    def traceback(self) -> bool:
        """Whether it showed a traceback."""
        return "Traceback (most recent call last)" in self.told + self.errors

    @property
    def message(self) -> str:
        """What it told of what went wrong: the last line that is no progress."""
        lines = [line for line in self.errors.splitlines() if line.strip()]
        told = [
            line
            for line in lines
            if not line.startswith(_PROGRESS) and "warn" not in line.casefold()
        ]
        return told[-1] if told else ""


_PROGRESS = ("Moons", "searching ", "tuning: ", "evaluation: ", "waiting for ")


def end(process: subprocess.Popen[str], seconds: float = 300) -> Ended:
    """Wait for the end of a command, for so long at most."""
    try:
        told, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        told, errors = process.communicate()
        return Ended(None, told, errors)
    return Ended(process.returncode, told, errors)


def run(output: Path, *more: str, jobs: int = 1) -> Ended:
    """Run the study in a folder to its end."""
    return end(begin(command(output, *more, jobs=jobs)))


class Reference:
    """The study when nothing goes wrong: every file of its report, and its runs.

    Args:
        folder: for its files.

    """

    def __init__(self, folder: Path) -> None:
        self.output = folder / "reference" / "out"
        self.output.parent.mkdir(parents=True)
        first = run(self.output)
        if first.code != 0:
            raise RuntimeError(first.errors)
        self.files, self.runs = _files(self.output), evaluations(self.output)

    def fresh(self, folder: Path) -> Path:
        """Return a new output folder whose store has the measured times and no run."""
        output = folder / "out"
        output.mkdir(parents=True)
        shutil.copy(self.output / STORE, output / STORE)
        with sqlite3.connect(output / STORE) as connection:
            connection.execute("DELETE FROM traces")
        return output

    def finished(self, folder: Path) -> Path:
        """Return a new output folder with all runs and the report."""
        output = folder / "out"
        shutil.copytree(self.output, output)
        return output

    def judge(self, output: Path, before: dict[str, int], *ends: Ended) -> Trial:
        """Say what became of a folder after a fault and the commands that followed.

        Args:
            output: the folder.
            before: the evaluations of each run that was stored after the fault, by key.
            ends: of the commands, the last of which was to complete the study.

        """
        now = lengths(output)
        return Trial(
            lost=sum(now.get(key, -1) < length for key, length in before.items()),
            changed=ends[-1].code == 0
            and (_differ(_files(output), self.files) or evaluations(output) != self.runs),
            traceback=any(one.traceback for one in ends),
            hung=any(one.code is None for one in ends),
            message=next((one.message for one in ends if one.message), ""),
        )


def _files(output: Path) -> dict[str, bytes]:
    """Return the files of the report and the scoreboard by name; their contents."""
    folder = output / NAME
    found = {p.relative_to(output).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    found |= {p.name: p for p in (output / "README.md", output / "index.html") if p.exists()}
    found.pop(f"{NAME}/made_from.json", None)  # what it was made from: also runs of searches
    return {name: path.read_bytes() for name, path in sorted(found.items())}


def _differ(ours: dict[str, bytes], theirs: dict[str, bytes]) -> bool:
    """Tell whether reports differ in more than measured times, where these were lost."""
    clocks = f"{NAME}/clocks.csv"
    timed = {clocks, f"{NAME}/report.html"} if ours.get(clocks) != theirs.get(clocks) else set()
    return (
        any(ours.get(name) != theirs.get(name) for name in {*ours, *theirs} - timed)
        or not timed <= ours.keys()
    )


def lengths(output: Path) -> dict[str, int]:
    """Return how many bytes of evaluations each stored run has, by key; none if unreadable."""
    return dict(_ask(output, "SELECT key, length(updates) FROM traces"))


def evaluations(output: Path) -> list[tuple]:
    """Return the runs that verdicts rest on; those of searches may be longer than they must."""
    return sorted(
        _ask(
            output,
            "SELECT key, status, updates, budget, columns, metrics FROM traces "
            """WHERE run LIKE '%"stream":"evaluation"%'""",
        )
    )


def _ask(output: Path, query: str) -> list[tuple]:
    if not (output / STORE).exists():
        return []
    try:
        with sqlite3.connect(output / STORE, timeout=60) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.DatabaseError:
        return []
