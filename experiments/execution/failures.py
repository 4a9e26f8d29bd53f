"""The table of runs that failed, and why, so that they are not tried for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

FAILURES = """
CREATE TABLE IF NOT EXISTS failures (
    key    TEXT PRIMARY KEY,  -- see keys.run_key
    reason TEXT NOT NULL
) WITHOUT ROWID
"""
"""The table of why runs failed. A trace of the same key, trained elsewhere, comes before it."""

_ADD = "INSERT OR REPLACE INTO failures (key, reason) VALUES (?, ?)"

_FIND = """
SELECT key, reason FROM failures WHERE key IN ({marks})
AND typeof(reason) = 'text' AND NOT EXISTS (SELECT 1 FROM traces WHERE traces.key = failures.key)
"""

AT_ONCE = 500
"""So many keys are asked for at a time: SQLite bounds the variables of a query."""


def add_failures(connection: sqlite3.Connection, reasons: Iterable[tuple[str, str]]) -> None:
    """Store why runs failed, by their keys."""
    connection.executemany(_ADD, reasons)


def find_failures(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, str]:
    """Return why those of some runs failed that did, by their keys."""
    if connection.execute("SELECT 1 FROM failures LIMIT 1").fetchone() is None:
        return {}  # as almost always
    found: dict[str, str] = {}
    for some in _parts(keys):
        found.update(connection.execute(_FIND.format(marks=_marks(some)), some).fetchall())
    return found


def forget_failures(connection: sqlite3.Connection, keys: Iterable[str]) -> int:
    """Remove what is known of why runs failed, so that they are tried again; return how many."""
    return sum(
        connection.execute(f"DELETE FROM failures WHERE key IN ({_marks(some)})", some).rowcount
        for some in _parts(keys)
    )


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def _marks(keys: list[str]) -> str:
    return ",".join("?" * len(keys))
