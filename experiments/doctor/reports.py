"""The reports in a folder: whether they are whole, and of the runs that are stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from experiments.doctor.findings import Finding, few
from experiments.doctor.stored import PATIENCE, Reader
from experiments.execution.reading import opened_to_read
from experiments.execution.store import NAME as STORE
from experiments.report import made_from, scoreboard_mark
from experiments.report.scoreboard_mark import READ
from experiments.report.verdict_rows import ReportError, read_verdicts
from experiments.report.written import PAGE

AGAIN = "Run its study again: the runs that are stored are not trained again."


def reports(output: Path) -> Iterator[Finding]:
    """Yield what is wrong with the reports in a folder, and how many are whole.

    Args:
        output: the folder of results, which need not be there.

    """
    names = (*READ, PAGE, made_from.NAME)
    folders = sorted({path.parent for name in names for path in output.glob(f"*/{name}")})
    with ExitStack() as ends:
        store = _store(output / STORE, ends)
        found = [finding for folder in folders if (finding := _report(folder, store))]
    damaged = [finding for finding in found if finding.advice]
    yield Finding("reports", f"{len(folders) - len(damaged)} of {len(folders)} well")
    without = [finding.name for finding in found if not finding.advice]
    if without:
        told = f"{few(without)}: no record tells what their files and runs should be"
        yield Finding("not compared", told)
    yield from damaged
    current = not folders or scoreboard_mark.is_current(output)
    if not current:
        yield Finding(
            "scoreboard", f"{output / scoreboard_mark.NAME} is not that of these reports",
            "The next study, or --report, writes it.",
        )  # fmt: skip


def _store(path: Path, ends: ExitStack) -> Reader | None:
    """Return the store to compare reports with; nothing where there is none that can be read."""
    if not path.is_file():
        return None
    try:
        connection = ends.enter_context(closing(opened_to_read(path, PATIENCE)))
        connection.execute("SELECT count(*) FROM traces").fetchone()
    except sqlite3.Error:
        return None  # which is told of the store itself
    return Reader(connection)


def _wrong(folder: Path, store: Reader | None) -> list[str]:
    try:
        return made_from.faults(folder, store)
    except sqlite3.Error:
        told = "cannot be compared with the store, which is damaged or of an older version"
        return [*made_from.faults(folder, None), told]


def _report(folder: Path, store: Reader | None) -> Finding | None:
    """Return what is wrong with a report, or that it cannot be told."""
    try:
        if not (folder / made_from.NAME).exists():
            if store is not None:
                told = f"no {made_from.NAME}: it was cut off, or an older version wrote it"
                return Finding(folder.name, told, AGAIN)
            read_verdicts(folder)
            return Finding(folder.name, "")
        wrong = _wrong(folder, store)
    except ReportError as error:
        wrong = [str(error)]
    except OSError as error:
        wrong = [f"{error.filename!s:.200} cannot be read: {error.strerror}"]
    except (ValueError, RecursionError) as error:
        wrong = [f"{made_from.NAME} is damaged: {error}"]
    return Finding(folder.name, "; ".join(wrong), AGAIN) if wrong else None
