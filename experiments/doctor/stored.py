"""The store of finished runs: every page, every trace, and what was set aside."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from experiments.doctor.findings import Finding, few, in_bytes
from experiments.execution.changes import digest_under
from experiments.execution.faults import explained
from experiments.execution.opening import SCHEMA
from experiments.execution.reading import opened_to_read
from experiments.execution.rescue import readable, readable_times
from experiments.execution.rows import TABLES, time_in, trace_in

PATIENCE = 5.0
"""So many seconds another process is waited for that writes to the store."""

AGAIN = "The next study that needs them sets them aside and trains them anew."
MENDED = (
    "The next command that reads what is broken puts what can be read in a new file, keeps this "
    "one beside it, and trains the rest anew. Check the disk."
)


def stored(path: Path) -> Iterator[Finding]:
    """Yield what a store holds, and what of it is damaged.

    Args:
        path: of the database, which need not be there.

    """
    if not path.exists() and not path.is_symlink():
        yield Finding("store", f"{path}: none yet; the first study makes it")
        return
    if path.is_dir():
        yield Finding("store", f"{path}: a folder has its name", "Move it away.")
        return
    size = f", {in_bytes(path.stat().st_size)}" if path.is_file() else ""
    yield Finding("store", f"{path}{size}")
    try:
        with closing(opened_to_read(path, PATIENCE)) as connection:
            yield from _inside(connection)
    except sqlite3.Error as error:
        if path.with_name(f"{path.name}-journal").exists():
            told = "cannot be read before what was not finished is taken back"
            yield Finding("reading", told, "See its journal, above.")
            return
        told = str(explained(path, error)).removeprefix(f"{path}: the store of finished runs ")
        what, _, advice = told.partition(". ")
        yield Finding("reading", what, advice or "See to that, and try again.")


def _inside(connection: sqlite3.Connection) -> Iterator[Finding]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    newer = version > SCHEMA
    advice = "A newer version of this program made it: update the program." if newer else ""
    yield Finding("version of tables", f"{version}, this program knows {SCHEMA}", advice)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not names and not version:
        yield Finding("runs", "none: the file is empty, and the next study fills it")
        return
    if "traces" not in names:
        yield Finding("runs", "none: it is a database of something else", "Move it away.")
        return
    yield _integrity(connection)
    if newer:
        return
    yield from _traces(connection)
    yield from _times(connection)
    older = TABLES.keys() - names
    if not older:
        yield from _failed(connection)
        yield from _set_aside(connection)


def _integrity(connection: sqlite3.Connection) -> Finding:
    try:
        found = [line for (line,) in connection.execute("PRAGMA integrity_check(100)")]
    except sqlite3.Error as error:
        found = [str(error)]
    if found == ["ok"]:
        return Finding("integrity", "ok: SQLite finds every page and index as it should be")
    lines = [" ".join(line.split()) for line in found]
    return Finding("integrity", f"damaged: {lines[0]:.120}", MENDED)


def _traces(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Check every trace as it is checked when a study reads it."""
    seen: set[object] = set()
    fit, without, wrong = 0, 0, []
    for row in readable(connection):
        key, digest = row[0], row[2]
        if key in seen:
            continue
        seen.add(key)
        try:
            trace_in(row)
        except (ValueError, TypeError) as error:
            wrong.append(f"{key!s:.40}: {error}")
        else:
            fit, without = fit + (digest is not None), without + (digest is None)
    yield Finding("runs", f"{len(seen):,}")
    told = f"{fit:,} traces fit theirs"
    if without:
        told += f"; {without:,} have none, since an older version stored them: they look whole"
    yield Finding("digests", told)
    if wrong:
        yield Finding("damaged traces", f"{len(wrong):,}: {few(wrong, 1)}", AGAIN)
    lost = _count(connection, "traces") - len(seen)
    if lost > 0:
        yield Finding("unreadable traces", f"{lost:,}", "See integrity, above.")


def _times(connection: sqlite3.Connection) -> Iterator[Finding]:
    count, wrong = 0, 0
    for row in readable_times(connection):
        count += 1
        try:
            time_in(row)
        except (ValueError, TypeError, AttributeError):
            wrong += 1
    yield Finding("times of updates", f"{count:,}")
    if wrong:
        yield Finding("damaged times", f"{wrong:,}", "They are set aside and measured anew.")


def _failed(connection: sqlite3.Connection) -> Iterator[Finding]:
    if told := _reasons(connection, "failures"):
        yield Finding("failed runs", told, "--retry-failed tries those of a study again.")


def _set_aside(connection: sqlite3.Connection) -> Iterator[Finding]:
    if told := _reasons(connection, "set_aside"):
        yield Finding("set aside before", f"{told}, trained anew since")


def _reasons(connection: sqlite3.Connection, table: str) -> str:
    """Return how many rows a table has, and why; nothing if it has none or cannot be read."""
    try:
        found = Counter(str(r) for (r,) in connection.execute(f"SELECT reason FROM {table}"))
    except sqlite3.Error:
        return ""  # what is broken was told
    listed = few(f"{count:,}: {reason}" for reason, count in found.most_common())
    return f"{found.total():,} ({listed})" if found else ""


def _count(connection: sqlite3.Connection, table: str) -> int:
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    except sqlite3.Error:
        return 0


class Reader:
    """A store as a report's record is compared with it, which changes nothing.

    Args:
        connection: to the database.

    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def digest(self, keys: Iterable[str]) -> str:
        """Return a digest of what is stored under some keys.

        Raises:
            sqlite3.Error: if it cannot be read.

        """
        return digest_under(self._fetch, keys)

    def _fetch(self, query: str, variables: Sequence[str]) -> list[tuple]:
        return self._connection.execute(query, variables).fetchall()
