"""The store: every run that was ever trained, in one SQLite database, by its key."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from experiments.clocks import UpdateTime
from experiments.execution.digests import ANY_TEXT, digest_under, rows_under
from experiments.execution.faults import StoreError, explained, is_malformed
from experiments.execution.keys import descriptions, key_of, run_key
from experiments.execution.opening import columns_of, opened
from experiments.execution.rescue import (
    ADD_RANGE,
    ADD_TIME,
    TIMES,
    place_of,
    replace_damaged,
)
from experiments.execution.rows import (
    ADD,
    ADD_ORIGIN,
    digest_of_time,
    loaded,
    row_of,
    time_of,
    trace_of,
)
from experiments.records import Run, Trace

__all__ = ["NAME", "Store", "StoreError"]

NAME = "runs.sqlite"
"""The name of the database of finished runs, inside the output folder."""

T = TypeVar("T")

SET_ASIDE_TRACE = """
INSERT INTO set_aside
SELECT ?, key, run, status, updates, budget, columns, metrics, seconds, origin, digest
FROM traces WHERE key = ?
"""

SET_ASIDE_TIME = """
INSERT INTO set_aside (reason, key, seconds, digest)
SELECT ?, key, seconds, digest FROM update_times WHERE key = ?
"""


class _ReplacedError(Exception):
    """Another process has put a new file in the place of the one that is open."""


class Store:
    """Traces by the runs that left them.

    A run that is stored is not changed: its key names everything that can change its result, but
    for the rounding of the machine, which its origin tells. The trace of one that was stopped early
    may grow, if more is asked of it. What does not fit its digest, or is no trace, is set aside in
    a table of its own and counts as missing; a damaged file is replaced by what it still holds.

    Args:
        path: the database's file, created where it does not exist, or ":memory:".

    Raises:
        StoreError: if the file is no such database or cannot be written.

    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._asked: set[str] = set()
        self._refused: dict[str, str] = {}  # why, by the key of what did not fit
        self._in_the_way: set[str] = set()  # those of them that the file cannot be rid of
        self._told = 0  # of them
        self._open()

    def _open(self) -> None:
        try:
            try:
                self._connection = opened(self.path)
            except sqlite3.Error as error:
                if not is_malformed(error) or self._in_memory:
                    raise
                replace_damaged(Path(self.path), place_of(Path(self.path)))
                self._connection = opened(self.path)
            try:
                self._place = None if self._in_memory else place_of(Path(self.path))
                self._loaded = loaded(columns_of(self._connection, "traces"))
                timed = "digest" in columns_of(self._connection, "update_times")
                self._times = TIMES.format(digest="digest" if timed else "NULL")
            except BaseException:
                self._connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise explained(self.path, error) from error

    @property
    def _in_memory(self) -> bool:
        return str(self.path) == ":memory:"

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what some work reads from the database; it may be called a second time.

        So do parts with tables of their own: the connection is another one where the file was
        damaged.

        Raises:
            StoreError: if the database cannot be read.

        """
        try:
            return self._mended(work)
        except sqlite3.Error as error:
            raise explained(self.path, error) from error

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what some work returns that writes, in one transaction: all of it or nothing.

        Raises:
            StoreError: if the database cannot be written.

        """

        def transaction(connection: sqlite3.Connection) -> T:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                if self._place is not None and place_of(Path(self.path)) != self._place:
                    raise _ReplacedError
                return work(connection)

        try:
            try:
                return self._mended(transaction)
            except _ReplacedError:
                self._connection.close()
                self._open()
                return self._mended(transaction)
        except (sqlite3.Error, OSError) as error:
            raise explained(self.path, error) from error
        except _ReplacedError as error:
            raise StoreError(
                f"{self.path}: other processes replace the store of finished runs again and again. "
                "Check its disk."
            ) from error

    def _mended(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work, and where the file is found damaged, do it again with what is rescued."""
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            if not is_malformed(error) or self._place is None:
                raise
            self._connection.close()
            try:
                replace_damaged(Path(self.path), self._place)
            except (sqlite3.Error, OSError) as failure:
                raise explained(self.path, error) from failure
            self._open()
        return work(self._connection)

    @property
    def asked(self) -> tuple[str, ...]:
        """The keys of everything that was asked for: what an answer may depend on."""
        return tuple(sorted(self._asked))

    def digest(self, keys: Iterable[str]) -> str:
        """Return the SHA-256 of what is stored under some keys, see `digest_under`.

        Raises:
            StoreError: if the database cannot be read.

        """
        return digest_under(self._fetch, keys)

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return those of `runs` that are not stored, each once, in the order given.

        Raises:
            StoreError: if the database cannot be read.

        """
        by_key = self._keys(runs)
        for (key,) in rows_under(self._fetch, "key", by_key):
            if key not in self._in_the_way:
                by_key.pop(key, None)
        return list(by_key.values())

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return the traces of those of `runs` that are stored; the store itself keeps none.

        What does not fit its digest or is no trace is set aside, and missing from then on.

        Raises:
            StoreError: if the database cannot be read.

        """
        texts, traces = {key_of(text): (run, text) for run, text in descriptions(runs)}, {}
        self._asked |= texts.keys()
        for key, *cells in rows_under(self._fetch, self._loaded, texts):
            if key in texts and key not in self._in_the_way:
                run, text = texts[key]
                try:
                    traces[run] = trace_of(key, text, *cells)
                except ValueError as error:
                    self._set_aside(key, str(error), SET_ASIDE_TRACE, "traces")
        return traces

    def _set_aside(self, key: str, reason: str, how: str, *tables: str) -> None:
        """Take what is stored under a key out of the way, where the file can be written."""
        self._refused[key] = reason

        def move(connection: sqlite3.Connection) -> None:
            connection.execute(how, (reason, key))
            for table in tables:
                connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))

        try:
            self.write(move)
        except StoreError:
            self._in_the_way.add(key)

    def _keys(self, runs: Iterable[Run]) -> dict[str, Run]:
        """Return runs by their keys, and note that these were asked for."""
        by_key = {key_of(text): run for run, text in descriptions(runs)}
        self._asked |= by_key.keys()
        return by_key

    def _fetch(self, query: str, variables: Sequence[str]) -> list[tuple]:
        return self.read(lambda connection: _fetched(connection, query, variables))

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

        def put(connection: sqlite3.Connection) -> None:
            connection.executemany(ADD_ORIGIN, [(content,) for content in origins])
            connection.executemany(ADD, rows)

        self.write(put)

    def update_time(self, run: Run) -> UpdateTime | None:
        """Return what one update of such a run was measured to take, if it was.

        Raises:
            StoreError: if the database cannot be read.

        """
        key = run_key(run)
        self._asked.add(key)
        query = f"{self._times} WHERE key = ?"
        rows = self.read(lambda connection: _fetched(connection, query, (key,)))
        if not rows:
            return None
        try:
            return time_of(*rows[0])
        except ValueError as error:
            self._set_aside(key, str(error), SET_ASIDE_TIME, "update_times", "update_time_ranges")
            return None

    def add_update_time(self, run: Run, time: UpdateTime) -> None:
        """Store what one update of such a run takes; the first measurement stays.

        Raises:
            StoreError: if the database cannot be written.

        """
        key, seconds = run_key(run), (time.seconds, time.low, time.high)

        def put(connection: sqlite3.Connection) -> None:
            row = (key, time.seconds, digest_of_time(key, *seconds))
            if connection.execute(ADD_TIME, row).rowcount:
                connection.execute(ADD_RANGE, (key, time.low, time.high))

        self.write(put)

    def close(self) -> None:
        """Close the database, and tell what had to be set aside."""
        self._connection.close()
        if self._told < len(self._refused):
            self._told = len(self._refused)
            print(_told(self.path, self._refused), file=sys.stderr)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _fetched(connection: sqlite3.Connection, query: str, variables: Sequence[str]) -> list[tuple]:
    try:
        return connection.execute(query, variables).fetchall()
    except sqlite3.OperationalError as error:
        if hasattr(error, "sqlite_errorcode"):
            raise
        # A text among them is none. One after the other would be slow for all the others.
        connection.text_factory = lambda content: content.decode(*ANY_TEXT)
        try:
            return connection.execute(query, variables).fetchall()
        finally:
            connection.text_factory = str


def _told(path: Path | str, refused: Mapping[str, str]) -> str:
    key, reason = next(iter(refused.items()))
    one = len(refused) == 1
    return (
        f"{path}: {len(refused)} of what is stored there {'is' if one else 'are'} damaged "
        f"({'' if one else 'such as '}{key}: {reason}), {'was' if one else 'were'} set aside and "
        f"{'is' if one else 'are'} trained anew."
    )
