"""The store: every run that was ever trained, in one SQLite database, by its key."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from experiments.execution.keys import descriptions, key_of, run_key
from experiments.records import Run, Trace

_SCHEMA = """
CREATE TABLE IF NOT EXISTS traces (
    key     TEXT PRIMARY KEY,  -- see keys.run_key
    run     TEXT NOT NULL,     -- see keys.description
    status  TEXT NOT NULL,
    updates BLOB NOT NULL,     -- T little-endian 8-byte integers
    budget  INTEGER NOT NULL,  -- updates
    columns TEXT NOT NULL,     -- the names of M columns, as JSON
    metrics BLOB NOT NULL,     -- T x M little-endian 8-byte floats
    seconds REAL NOT NULL      -- as measured: the only column that does not repeat to the bit
)
"""
# The keys have an index apart from the rows, so that looking for some reads no row. (Files of older
# versions have none, which is slower and larger, and makes no other difference.)


_TIMES = """
CREATE TABLE IF NOT EXISTS update_times (
    key     TEXT PRIMARY KEY,  -- of a run with that network and training
    seconds REAL NOT NULL      -- of one update, as measured
) WITHOUT ROWID
"""


class StoreError(Exception):
    """The database cannot be used; the message says which, why and what to do."""


class Store:
    """Traces by the runs that left them.

    A run that is stored is never changed: its key names everything that can change its result. The
    trace of one that was stopped early may grow, if more is asked of it.

    Args:
        path: the database's file, created where it does not exist, or ":memory:".

    Raises:
        StoreError: if the file is no such database or cannot be written.

    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        try:
            # Another study may be writing to the same file: wait for it.
            self._connection = sqlite3.connect(path, timeout=60)
        except sqlite3.Error as error:
            raise self._explain(error) from error
        try:
            with self._connection:
                self._connection.execute(_SCHEMA)
                self._connection.execute(_TIMES)
        except sqlite3.Error as error:
            self.close()  # an open file could not be moved away on every system
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> StoreError:
        return StoreError(
            f"{self.path}: the store of finished runs cannot be used ({error}). Check that the "
            "folder can be written and the disk is not full; if the file is damaged, move it away "
            "and its runs are trained anew."
        )

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return those of `runs` that are not stored, each once, in the order given.

        Raises:
            StoreError: if the database cannot be read.

        """
        by_key = _by_key(runs)
        for (key,) in self._rows("key", by_key):
            del by_key[key]
        return list(by_key.values())

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return the traces of those of `runs` that are stored; the store itself keeps none.

        Raises:
            StoreError: if the database cannot be read.

        """
        by_key = _by_key(runs)
        rows = self._rows("key, status, updates, budget, columns, metrics, seconds", by_key)
        try:
            return {by_key[key]: _trace(*row) for key, *row in rows}
        except ValueError as error:  # a record that was cut short
            raise self._explain(error) from error

    def _rows(self, columns: str, keys: Iterable[str]) -> Iterator[tuple]:
        """Yield columns of the traces that are stored under some of the keys."""
        ordered = sorted(keys)  # neighbours in the database are read together
        try:
            for start in range(0, len(ordered), 500):  # SQLite bounds the variables of a query
                some = ordered[start : start + 500]
                marks = ",".join("?" * len(some))
                query = f"SELECT {columns} FROM traces WHERE key IN ({marks})"
                yield from self._connection.execute(query, some).fetchall()
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def add(self, traces: Mapping[Run, Trace]) -> None:
        """Store traces in one transaction: either all of them are kept or none.

        Where a run is stored already, the longer trace stays: the shorter is its beginning, of a
        run that was stopped early.

        Raises:
            StoreError: if the database cannot be written.

        """
        rows = [_row(text, traces[run]) for run, text in descriptions(traces)]
        try:
            with self._connection:
                self._connection.executemany(
                    "INSERT INTO traces VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET "
                    "status = excluded.status, updates = excluded.updates, "
                    "metrics = excluded.metrics, seconds = excluded.seconds "
                    "WHERE length(excluded.updates) > length(traces.updates)",
                    rows,
                )
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def update_time(self, run: Run) -> float | None:
        """Return the seconds that one update of such a run was measured to take, if it was.

        Raises:
            StoreError: if the database cannot be read.

        """
        try:
            row = self._connection.execute(
                "SELECT seconds FROM update_times WHERE key = ?", (run_key(run),)
            ).fetchone()
        except sqlite3.Error as error:
            raise self._explain(error) from error
        return None if row is None else float(row[0])

    def add_update_time(self, run: Run, seconds: float) -> None:
        """Store the seconds that one update of such a run takes; the first measurement stays.

        Raises:
            StoreError: if the database cannot be written.

        """
        try:
            with self._connection:
                self._connection.execute(
                    "INSERT INTO update_times VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
                    (run_key(run), seconds),
                )
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _by_key(runs: Iterable[Run]) -> dict[str, Run]:
    return {key_of(text): run for run, text in descriptions(runs)}


def _row(text: str, trace: Trace) -> tuple:
    return (
        key_of(text),
        text,
        trace.status,
        trace.updates.astype("<i8").tobytes(),
        trace.budget,
        json.dumps(trace.columns),
        trace.values.astype("<f8").tobytes(),
        trace.seconds,
    )


def _trace(
    status: str, updates: bytes, budget: int, columns: str, metrics: bytes, seconds: float
) -> Trace:
    names = _names(columns)
    return Trace(
        np.frombuffer(updates, "<i8"),
        np.frombuffer(metrics, "<f8").reshape(-1, len(names)),
        status,
        budget,
        seconds,
        names,
    )


@cache  # a study's runs have a few sets of columns between them
def _names(columns: str) -> tuple[str, ...]:
    return tuple(json.loads(columns))
