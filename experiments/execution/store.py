"""The store: every run that was ever trained, in one SQLite database, by its key."""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from experiments.clocks import UpdateTime
from experiments.execution.changes import digest_under
from experiments.execution.failing import nothing_of
from experiments.execution.failures import add_failures, find_failures, forget_failures
from experiments.execution.faults import StoreError, explained, is_malformed, is_no_database
from experiments.execution.keys import descriptions, key_of, run_key
from experiments.execution.opening import columns_of, opened
from experiments.execution.rescue import (
    TIMES,
    is_headless,
    place_of,
    put_time,
    replace_damaged,
)
from experiments.execution.rows import (
    ADD,
    ADD_ORIGIN,
    loaded,
    row_of,
    time_in,
    trace_in,
    trace_of,
)
from experiments.execution.under_keys import ANY_TEXT, rows_under
from experiments.records import Run, Trace

__all__ = ["NAME", "Store", "StoreError"]

NAME = "runs.sqlite"
"""The name of the database of finished runs, inside the output folder."""

T = TypeVar("T")

SET_TRACE_ASIDE = (
    """
    INSERT INTO set_aside
    SELECT :reason, key, run, status, updates, budget, columns, metrics, seconds, origin, digest
    FROM traces WHERE key = :key
    """,
    "DELETE FROM traces WHERE key = :key",
)
"""The statements that take what is stored of a run out of the way."""

SET_TIME_ASIDE = (
    """
    INSERT INTO set_aside (reason, key, seconds, digest)
    SELECT :reason, key, seconds, digest FROM update_times WHERE key = :key
    """,
    "DELETE FROM update_times WHERE key = :key",
    "DELETE FROM update_time_ranges WHERE key = :key",
)
"""Likewise of the time that an update takes."""


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
        self._asked: dict[str, bytes | None] = {}  # keys, with the digest found; None if not there
        self._refused: dict[str, str] = {}  # why, by the key of what did not fit
        self._in_the_way: set[str] = set()  # those of them that the file cannot be rid of
        self._told = 0  # of them
        self._open()

    def _open(self) -> None:
        try:
            try:
                self._connection = opened(self.path)
            except sqlite3.Error as error:
                headless = is_no_database(error) and is_headless(Path(self.path))
                if not (is_malformed(error) or headless) or self.file is None:
                    raise
                replace_damaged(self.file, place_of(self.file))
                self._connection = opened(self.path)
            try:
                self._place = None if self.file is None else place_of(self.file)
                self._loaded = loaded(columns_of(self._connection, "traces"))
                timed = "digest" in columns_of(self._connection, "update_times")
                self._times = TIMES.format(digest="digest" if timed else "NULL")
            except BaseException:
                self._connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise explained(self.path, error) from error

    @property
    def file(self) -> Path | None:
        """The database's file; None if it is kept in memory."""
        return None if str(self.path) == ":memory:" else Path(self.path)

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
                if self.file is not None and place_of(self.file) != self._place:
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
            if not is_malformed(error) or self.file is None:
                raise
            self._connection.close()
            try:
                replace_damaged(self.file, self._place)
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

        One that failed is not missing.

        Raises:
            StoreError: if the database cannot be read.

        """
        by_key = self._keys(runs)
        for key in self._failures(by_key):
            by_key.pop(key)
        for (key,) in rows_under(self._fetch, "key", by_key):
            if key not in self._in_the_way:
                by_key.pop(key, None)
        self._asked |= dict.fromkeys(by_key)
        return list(by_key.values())

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return the traces of those of `runs` that are stored; the store itself keeps none.

        A run that failed has one that tells nothing, see `failing.nothing_of`. What does not fit
        its digest or is no trace is set aside, and missing from then on.

        Raises:
            StoreError: if the database cannot be read.

        """
        texts, traces = {key_of(text): (run, text) for run, text in descriptions(runs)}, {}
        self._asked |= dict.fromkeys(texts)
        query = f"SELECT {self._loaded} FROM traces"
        for key, *cells in rows_under(self._fetch, self._loaded, texts):
            if key in texts and key not in self._in_the_way:
                run, text = texts[key]
                self._asked[key] = _noted(cells[1])
                try:
                    traces[run] = trace_of(key, text, *cells)
                except ValueError as error:
                    anew = self._set_aside(key, str(error), query, trace_in, SET_TRACE_ASIDE)
                    if anew is not None:
                        traces[run] = anew
        for key, reason in self._failures(texts).items():
            run, _ = texts[key]
            traces[run] = nothing_of(run, reason)
        return traces

    def _failures(self, keys: Iterable[str]) -> dict[str, str]:
        return find_failures(self._fetch, keys)

    def failed(self) -> Counter[str]:
        """Return why runs failed of all that were asked for, and how many for each reason.

        Raises:
            StoreError: if the database cannot be read.

        """
        return Counter(self._failures(self._asked).values())

    def has_any(self) -> bool:
        """Tell whether a trace is stored of anything that was asked for.

        Raises:
            StoreError: if the database cannot be read.

        """
        return any(True for _ in rows_under(self._fetch, "key", self._asked))

    def add_failures(self, reasons: Mapping[Run, str]) -> None:
        """Store why runs failed, so that they do not count as missing any more.

        Raises:
            StoreError: if the database cannot be written.

        """
        rows = [(key_of(text), reasons[run]) for run, text in descriptions(reasons)]
        self.write(lambda connection: add_failures(connection, rows))

    def forget_failures(self) -> int:
        """Let runs that failed count as missing, of all that were asked for; return how many.

        Raises:
            StoreError: if the database cannot be written.

        """
        return self.write(lambda connection: forget_failures(connection, self._asked))

    def has_changed(self, keys: Iterable[str]) -> bool:
        """Tell whether another trace is stored under some keys than when they were asked for.

        Raises:
            StoreError: if the database cannot be read.

        """
        keys = list(keys)
        now = {key: _noted(digest) for key, digest in rows_under(self._fetch, "key, digest", keys)}
        return any(now.get(key) != self._asked.get(key) for key in keys)

    def _set_aside(
        self, key: str, reason: str, query: str, read: Callable[[tuple], T], aside: Sequence[str]
    ) -> T | None:
        """Take what is stored under a key out of the way, where the file can be written.

        Args:
            key: of what did not fit.
            reason: why it did not.
            query: that finds a row of the key again.
            read: what reads a row, and raises a ValueError if it does not fit.
            aside: the statements that take it out of the way.

        Returns:
            What another process has stored there anew in the meantime, if it has.

        """

        def move(connection: sqlite3.Connection) -> T | None:
            for row in _fetched(connection, f"{query} WHERE key = ?", (key,)):
                with suppress(ValueError):
                    return read(row)
            for statement in aside:
                connection.execute(statement, {"reason": reason, "key": key})
            self._refused[key] = reason
            return None

        try:
            anew = self.write(move)
        except StoreError:
            self._refused[key] = reason
            self._in_the_way.add(key)
            return None
        if anew is None and key in self._asked:
            self._asked[key] = None
        return anew

    def _keys(self, runs: Iterable[Run]) -> dict[str, Run]:
        """Return runs by their keys, and note that these were asked for."""
        by_key = {key_of(text): run for run, text in descriptions(runs)}
        for key in by_key:
            self._asked.setdefault(key)
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
        self._asked.setdefault(key)
        rows = self.read(lambda c: _fetched(c, f"{self._times} WHERE key = ?", (key,)))
        if not rows:
            return None
        try:
            return time_in(rows[0])
        except ValueError as error:
            return self._set_aside(key, str(error), self._times, time_in, SET_TIME_ASIDE)

    def add_update_time(self, run: Run, time: UpdateTime) -> None:
        """Store what one update of such a run takes; the first measurement stays.

        Raises:
            StoreError: if the database cannot be written.

        """
        row = run_key(run), None, time.seconds, time.low, time.high
        self.write(lambda connection: put_time(connection, row))

    def close(self) -> None:
        """Close the database, and tell what had to be set aside."""
        self._connection.close()
        if self._told < len(self._refused):
            self._told = len(self._refused)
            print(_told(self.path, self._refused, len(self._in_the_way)), file=sys.stderr)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _noted(digest: object) -> bytes:
    return digest if isinstance(digest, bytes) else b""  # of an older version, or damaged


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


def _told(path: Path | str, refused: Mapping[str, str], in_the_way: int) -> str:
    key, reason = next(iter(refused.items()))
    one = len(refused) == 1
    told = (
        f"{path}: {len(refused)} of what is stored there {'is' if one else 'are'} damaged "
        f"({'' if one else 'such as '}{key}: {reason}), "
    )
    if in_the_way:
        return (
            f"{told}and {'is' if one else 'are'} passed over. The file cannot be written, so that "
            f"{in_the_way} of them could not be set aside."
        )
    return f"{told}{'was' if one else 'were'} set aside and {'is' if one else 'are'} trained anew."
