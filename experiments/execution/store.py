"""The store: every run that was ever trained, in one SQLite database, by its key."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from experiments.clocks import UpdateTime
from experiments.execution.keys import descriptions, key_of, run_key
from experiments.execution.rows import (
    ADD,
    ADD_ORIGIN,
    DIGESTED,
    LOADED,
    ORIGINS,
    TRACES,
    UPDATE_TIME_RANGES,
    UPDATE_TIMES,
    row_of,
    trace_of,
)
from experiments.records import Run, Trace

NAME = "runs.sqlite"
"""The name of the database of finished runs, inside the output folder."""


class StoreError(Exception):
    """The database cannot be used; the message says which, why and what to do."""


class Store:
    """Traces by the runs that left them.

    A run that is stored is not changed: its key names everything that can change its result, but
    for the rounding of the machine, which its origin tells. The trace of one that was stopped early
    may grow, if more is asked of it.

    Args:
        path: the database's file, created where it does not exist, or ":memory:".

    Raises:
        StoreError: if the file is no such database or cannot be written.

    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._asked: set[str] = set()
        try:
            # Another study may be writing to the same file: wait for it.
            self._connection = sqlite3.connect(path, timeout=60)
        except sqlite3.Error as error:
            raise self._explain(error) from error
        try:
            for table in (ORIGINS, TRACES, UPDATE_TIMES, UPDATE_TIME_RANGES):
                self._connection.execute(table)
            if self._lacks_origins():
                with self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")  # one process adds it, not two
                    if self._lacks_origins():
                        self._connection.execute("ALTER TABLE traces ADD COLUMN origin INTEGER")
        except sqlite3.Error as error:
            self.close()  # an open file could not be moved away on every system
            raise self._explain(error) from error

    def _lacks_origins(self) -> bool:
        """Tell whether an older version, which stored no origins, made the table of traces."""
        names = {name for _, name, *_ in self._connection.execute("PRAGMA table_info(traces)")}
        return "key" in names and "origin" not in names

    def _explain(self, error: Exception | str) -> StoreError:
        return StoreError(
            f"{self.path}: the store of finished runs cannot be used ({error}). Check that the "
            "folder can be written and the disk is not full; if the file is damaged, move it away "
            "and its runs are trained anew."
        )

    @property
    def asked(self) -> tuple[str, ...]:
        """The keys of everything that was asked for: what an answer may depend on."""
        return tuple(sorted(self._asked))

    def digest(self, keys: Iterable[str]) -> str:
        """Return the SHA-256 of what is stored under some keys, without reading it as traces.

        It changes with every bit of a trace, its origin and the time of an update, and when one
        of them is added or removed; not with how long a run took.

        Raises:
            StoreError: if the database cannot be read.

        """
        found, ordered = hashlib.sha256(), sorted(keys)
        for key, *cells in sorted(self._rows(DIGESTED, ordered)):
            for cell in (key, *cells):
                content = cell if isinstance(cell, bytes) else str(cell).encode()
                found.update(len(content).to_bytes(8, "little"))
                found.update(content)
        for row in sorted(self._rows("key, seconds", ordered, "update_times")):
            found.update(repr(row).encode())
        return found.hexdigest()

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return those of `runs` that are not stored, each once, in the order given.

        Raises:
            StoreError: if the database cannot be read.

        """
        by_key = self._keys(runs)
        for (key,) in self._rows("key", by_key):
            del by_key[key]
        return list(by_key.values())

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return the traces of those of `runs` that are stored; the store itself keeps none.

        Raises:
            StoreError: if the database cannot be read, or what it holds is no trace.

        """
        by_key, traces = self._keys(runs), {}
        for key, *cells in self._rows(LOADED, by_key):
            try:
                traces[by_key[key]] = trace_of(*cells)
            except ValueError as error:
                raise self._explain(f"in the trace {key}: {error}") from error
        return traces

    def _keys(self, runs: Iterable[Run]) -> dict[str, Run]:
        """Return runs by their keys, and note that these were asked for."""
        by_key = {key_of(text): run for run, text in descriptions(runs)}
        self._asked |= by_key.keys()
        return by_key

    def _rows(self, columns: str, keys: Iterable[str], table: str = "traces") -> Iterator[tuple]:
        """Yield columns of what a table has under some of the keys."""
        ordered = sorted(keys)  # neighbours in the database are read together
        try:
            for start in range(0, len(ordered), 500):  # SQLite bounds the variables of a query
                some = ordered[start : start + 500]
                marks = ",".join("?" * len(some))
                query = f"SELECT {columns} FROM {table} WHERE key IN ({marks})"
                yield from self._connection.execute(query, some).fetchall()
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def add(self, traces: Mapping[Run, Trace]) -> None:
        """Store traces in one transaction: either all of them are kept or none.

        Where a run is stored already, a trace that was completed or that diverged stays. One that
        was stopped early stays if the new one is its beginning, and else gives way: to one that
        goes on for longer, or to another machine's, whose rounding is different. Otherwise a study
        that needs more of the run would be given back for ever what it found to be too little.

        Raises:
            StoreError: if the database cannot be written.

        """
        rows = [row_of(text, traces[run]) for run, text in descriptions(traces)]
        origins = sorted({trace.origin for trace in traces.values()} - {""})
        try:
            with self._connection:
                self._connection.executemany(ADD_ORIGIN, [(content,) for content in origins])
                self._connection.executemany(ADD, rows)
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def update_time(self, run: Run) -> UpdateTime | None:
        """Return what one update of such a run was measured to take, if it was.

        Raises:
            StoreError: if the database cannot be read.

        """
        key = run_key(run)
        self._asked.add(key)
        try:
            row = self._connection.execute(
                "SELECT seconds, low, high FROM update_times LEFT JOIN update_time_ranges "
                "USING (key) WHERE key = ?",
                (key,),
            ).fetchone()
        except sqlite3.Error as error:
            raise self._explain(error) from error
        if row is None:
            return None
        known = [value for value in row if value is not None]  # an older version stored one
        for value in known:
            if not isinstance(value, float):
                raise self._explain(
                    f"{value!r:.40} was found where the seconds of an update belong"
                )
        return UpdateTime(*known)

    def add_update_time(self, run: Run, time: UpdateTime) -> None:
        """Store what one update of such a run takes; the first measurement stays.

        Raises:
            StoreError: if the database cannot be written.

        """
        try:
            with self._connection:
                key = run_key(run)
                added = self._connection.execute(
                    "INSERT INTO update_times VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
                    (key, time.seconds),
                )
                if added.rowcount:
                    self._connection.execute(
                        "INSERT INTO update_time_ranges VALUES (?, ?, ?)",
                        (key, time.low, time.high),
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
