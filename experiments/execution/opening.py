"""Opening the database of a store: its tables are made, and those of older versions completed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from experiments.execution.faults import StoreError
from experiments.execution.rows import ADDED_COLUMNS, TABLES

SCHEMA = 2
"""The version of the tables, kept in the file. Raise it when older programs must not use it."""

PATIENCE = 60.0
"""So many seconds another process is waited for that writes to the same file."""


def opened(path: Path | str) -> sqlite3.Connection:
    """Open the database at a path, made where it does not exist, with all that it must have.

    A file that may only be read stays as it is.

    Raises:
        StoreError: if a newer version made it, or it is of something else.
        sqlite3.Error: if it cannot be opened.

    """
    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        if _version(connection, path) < SCHEMA or _lacking(connection):
            _complete(connection, path)
    except BaseException:
        connection.close()  # an open file could not be moved away on every system
        raise
    return connection


def columns_of(connection: sqlite3.Connection, table: str) -> set[str]:
    """Return the names of the columns of a table; none where there is no such table."""
    return {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}


def _version(connection: sqlite3.Connection, path: Path | str) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= SCHEMA:
        raise StoreError(
            f"{path}: a newer version of this program made this store of finished runs (its tables "
            f"have version {version}, this program knows {SCHEMA}). Update the program, or choose "
            "another folder with --output."
        )
    return version


def _lacking(connection: sqlite3.Connection) -> bool:
    """Tell whether a table or a column is not there."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    return not names >= TABLES.keys() or any(
        not columns_of(connection, table) >= added.keys() for table, added in ADDED_COLUMNS.items()
    )


def _complete(connection: sqlite3.Connection, path: Path | str) -> None:
    there = columns_of(connection, "traces")
    if there and not {"key", "run", "metrics"} <= there:
        raise StoreError(
            f"{path}: is a database of something else, and not the store of finished runs. "
            "Move it away, or choose another folder with --output."
        )
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")  # one process does it, the others wait
            for table in TABLES.values():
                connection.execute(table)
            for table, added in ADDED_COLUMNS.items():
                there = columns_of(connection, table)
                for name, kind in added.items():
                    if name not in there:
                        connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
    except sqlite3.OperationalError as error:
        read_only = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY
        if not read_only:
            raise
