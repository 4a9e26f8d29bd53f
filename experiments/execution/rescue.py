"""What is done about a damaged file: what can still be read goes into a new one in its place."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from experiments.execution.digests import digest_of_time
from experiments.execution.faults import is_io_error, is_no_database
from experiments.execution.opening import columns_of, opened
from experiments.execution.rows import (
    ADD,
    ADD_ORIGIN,
    loaded,
    row_of,
    time_in,
    trace_in,
)
from experiments.records import Trace

ADD_TIME = "INSERT INTO update_times (key, seconds, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
"""Add an update time, unless there is one."""

ADD_RANGE = (
    "INSERT INTO update_time_ranges (key, low, high) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)
"""Add how far its rounds lie apart, unless that is there."""

TIMES = """
SELECT key, {digest}, seconds, low, high FROM update_times LEFT JOIN update_time_ranges USING (key)
"""
"""What `time_in` takes, of all update times."""


def place_of(path: Path) -> tuple[int, int]:
    """Return what tells a file from another one that takes its name."""
    found = path.stat()
    return found.st_dev, found.st_ino


def replace_damaged(path: Path, place: tuple[int, int]) -> None:
    """Put what can still be read, and fits its digest, in the place of a damaged database.

    The damaged file is kept beside it under a numbered name. Of several processes that find the
    damage at the same time, one does it and the others wait.

    Args:
        path: the database.
        place: of the file that was found damaged, see `place_of`.

    Raises:
        OSError: if the folder cannot be written.
        sqlite3.Error: likewise.

    """
    with _alone(path):
        if place_of(path) != place:
            return  # another process has done it
        fresh = path.with_name(f"{path.name}.{uuid4().hex}")
        headed = fresh.with_name(f"{fresh.name}-headed")
        # Whoever writes to the damaged file now is waited for, and nobody does until it is moved.
        damaged = sqlite3.connect(path, timeout=60, isolation_level=None)
        try:
            try:
                damaged.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error as error:
                if is_no_database(error):
                    damaged.close()
                    _give_header(path, headed)
                    damaged = sqlite3.connect(headed)
            count, bare = rescued(damaged, fresh)
            kept = _keep(path)
            os.replace(fresh, path)
        finally:
            damaged.close()
            for ending in ("", "-journal", "-headed", "-headed-journal"):
                fresh.with_name(fresh.name + ending).unlink(missing_ok=True)
    older = f" (so {'is' if bare == 1 else 'are'} {bare} of a version without digests)"
    print(
        f"{path}: the store of finished runs was damaged. {count} run{'s' * (count != 1)} could be "
        f"rescued; what else was in it is trained anew{older if bare else ''}. The damaged file is "
        f"kept as {kept.name}.",
        file=sys.stderr,
    )


def is_headless(path: Path) -> bool:
    """Tell whether a file that is no database is a store all the same, but for its beginning."""
    with path.open("rb") as file:
        return b"CREATE TABLE traces" in file.read(2**20)


def _give_header(path: Path, copy: Path) -> None:
    """Copy a database with the header of a new store, and its number of pages left open.

    See https://www.sqlite.org/fileformat.html#the_database_header.
    """
    opened(copy).close()
    header = bytearray(copy.read_bytes()[:100])
    header[28:32] = bytes(4)  # pages: as many as the file has
    shutil.copyfile(path, copy)
    with copy.open("r+b") as file:
        file.write(header)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold what only one process at a time can hold."""
    lock = path.with_name(f"{path.name}.rescue")
    connection = _held(lock)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.unlink(missing_ok=True)
        connection.close()


def _held(lock: Path) -> sqlite3.Connection:
    """Wait until no other process holds a lock, and return what holds it."""
    tries_left = 20
    while True:
        connection = sqlite3.connect(lock, timeout=600, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
            return connection
        except sqlite3.Error as error:
            connection.close()
            tries_left -= 1
            # SQLite cannot lock a file that its holder has removed in the meantime.
            if not (tries_left and is_io_error(error)):
                raise


def _keep(path: Path) -> Path:
    """Give the damaged file a second name, the first of its kind that is free, and its journal."""
    number = 1
    while True:
        kept = path.with_name(f"{path.name}.damaged-{number}")
        try:
            os.link(path, kept)
            break
        except FileExistsError:
            number += 1
        except OSError:  # a disk that knows no second names
            if not kept.exists():
                shutil.copyfile(path, kept)
                break
            number += 1
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists():  # else it would be taken for one of the new file
        os.replace(journal, kept.with_name(f"{kept.name}-journal"))
    return kept


def rescued(damaged: sqlite3.Connection, fresh: Path) -> tuple[int, int]:
    """Copy what can be read and fits its digest.

    What an older version stored has no digest, and cannot be told from what is damaged.

    Returns:
        How many traces were copied, and how many were left since they have no digest.

    """
    found, bare = opened(fresh), set()
    try:
        with found:
            for row in readable(damaged):
                with contextlib.suppress(ValueError):
                    trace = trace_in(row)
                    if row[2] is not None:
                        put(found, row[1], trace)
                    else:
                        bare.add(row[0])
            for row in readable_times(damaged):
                with contextlib.suppress(ValueError):
                    if row[1] is not None:
                        time_in(row)
                        put_time(found, row)
        return found.execute("SELECT count(*) FROM traces").fetchone()[0], len(bare)
    finally:
        found.close()


def put(connection: sqlite3.Connection, text: str, trace: Trace) -> None:
    """Store a trace that was found elsewhere.

    Args:
        connection: to the database.
        text: the description of its run.
        trace: with the origin that it has there.

    """
    if trace.origin:
        connection.execute(ADD_ORIGIN, (trace.origin,))
    connection.execute(ADD, row_of(text, trace))


def put_time(connection: sqlite3.Connection, row: tuple) -> None:
    """Store an update time, given as to `time_in` whatever its digest, unless there is one."""
    key, _, *cells = row
    known = [cell for cell in cells if cell is not None]
    new = connection.execute(ADD_TIME, (key, known[0], digest_of_time(key, *known))).rowcount
    if new and len(known) == 3:
        connection.execute(ADD_RANGE, (key, *known[1:]))


def readable(connection: sqlite3.Connection) -> Iterator[tuple]:
    """Yield the rows of traces that can be read, as `loaded` reads them, past broken pages.

    A row may come twice, and need not be a trace.
    """
    columns = _columns(connection)
    query = f"SELECT {loaded(columns)} FROM traces"
    if (yield from _until_broken(connection, f"{query} NOT INDEXED")):
        return
    yield from _until_broken(connection, f"{query} ORDER BY key")
    yield from _until_broken(connection, f"{query} ORDER BY key DESC")
    for number in range(1, _most_rows(connection) + 1):
        row = _quietly(lambda n=number: connection.execute(f"{query} WHERE rowid = ?", (n,)))
        if row is not None:
            yield row


def readable_times(connection: sqlite3.Connection) -> Iterator[tuple]:
    """Yield the update times that can be read, as `time_in` takes them."""
    try:
        digest = "digest" if "digest" in columns_of(connection, "update_times") else "NULL"
    except sqlite3.Error:
        digest = "digest"
    query = TIMES.format(digest=digest)
    if not (yield from _until_broken(connection, query)):
        yield from _until_broken(connection, f"{query} ORDER BY key DESC")


def _columns(connection: sqlite3.Connection) -> set[str]:
    try:
        return columns_of(connection, "traces")
    except sqlite3.Error:
        return {"origin", "digest"}


def _until_broken(connection: sqlite3.Connection, query: str) -> Iterator[tuple]:
    """Yield what a query finds; return whether it came to its end."""
    try:
        yield from _each(connection.execute(query))
    except sqlite3.Error:
        return False
    return True


def _each(cursor: sqlite3.Cursor) -> Iterator[tuple]:
    while (row := cursor.fetchone()) is not None:
        yield row


def _quietly(ask: Callable[[], sqlite3.Cursor]) -> tuple | None:
    try:
        return ask().fetchone()
    except sqlite3.Error:
        return None


def _most_rows(connection: sqlite3.Connection) -> int:
    """Return a number that no row's number is above: rows are numbered in turn, and not small."""
    size = _quietly(
        lambda: connection.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        )
    )
    most = (size[0] if size else 2**20) // 64
    last = _quietly(lambda: connection.execute("SELECT max(rowid) FROM traces"))
    return min(most, last[0]) if last and isinstance(last[0], int) else most
