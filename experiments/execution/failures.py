"""The table of runs that failed, and why, so that they are not tried for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from experiments.execution.under_keys import Fetch, parts_of, rows_under

FAILURES = """
CREATE TABLE IF NOT EXISTS failures (
    key    TEXT PRIMARY KEY,  -- see keys.run_key
    reason TEXT NOT NULL
) WITHOUT ROWID
"""
"""The table of why runs failed. A trace of the same key, trained elsewhere, comes before it."""

_ADD = "INSERT OR REPLACE INTO failures (key, reason) VALUES (?, ?)"

_IS_THERE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'failures'"


def add_failures(connection: sqlite3.Connection, reasons: Iterable[tuple[str, str]]) -> None:
    """Store why runs failed, by their keys."""
    connection.executemany(_ADD, reasons)


def find_failures(fetch: Fetch, keys: Iterable[str]) -> dict[str, str]:
    """Return why those of some runs failed that did, by their keys."""
    # A file that may only be read, of an older version, lacks the table; few have rows there.
    if not fetch(_IS_THERE, ()) or not fetch("SELECT 1 FROM failures LIMIT 1", ()):
        return {}
    found = {
        key: reason
        for key, reason in rows_under(fetch, "key, reason", keys, "failures")
        if isinstance(reason, str)
    }
    for (key,) in rows_under(fetch, "key", found):
        found.pop(key, None)
    return found


def forget_failures(connection: sqlite3.Connection, keys: Iterable[str]) -> int:
    """Remove what is known of why runs failed, so that they are tried again; return how many."""
    return sum(
        connection.execute(f"DELETE FROM failures WHERE key IN ({marks})", some).rowcount
        for some, marks in parts_of(keys)
    )
