"""What other stores hold is taken over: checked, batch by batch, and without a change to them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from experiments.execution.faults import explained, is_malformed
from experiments.execution.opening import PATIENCE, SCHEMA, columns_of
from experiments.execution.reading import opened_to_read
from experiments.execution.rescue import put, put_time, readable_times, rescued
from experiments.execution.rows import LOADED, loaded, time_in, trace_in
from experiments.execution.store import NAME, SET_TRACE_ASIDE, Store

BATCH = 500
"""So many runs are stored in one transaction: an interrupt keeps those before."""


class SourceError(Exception):
    """What was named is no store that could be merged; the message says why."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the runs of one store."""

    taken: int  # were not here, or were stopped early here and went on for longer there
    there: int  # are here as well, to the bit, or are the beginning of what is here
    differ: int  # are here with other numbers, which stay
    unfit: int  # are no traces, or do not fit their digest
    damaged: bool  # whether SQLite found the file malformed, so that more may be lost


def source(path: Path, target: Path) -> Path:
    """Return the file of a store that was named, or lies in the folder that was named.

    Args:
        path: of the file or folder.
        target: the file of the store that it is merged into.

    Raises:
        SourceError: if it is no store, one of a newer version, or the target itself.

    """
    found = path / NAME if path.is_dir() else path
    if not found.exists():
        raise SourceError(f"{found}: there is no such file; name a store or a folder with one")
    if target.exists() and found.samefile(target):
        raise SourceError(f"{found}: is the store that others are merged into; name another one")
    try:
        with closing(opened_to_read(found, PATIENCE)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            known = {"key", "run", "metrics"} <= columns_of(connection, "traces")
    except sqlite3.Error as error:
        if is_malformed(error) or _is_unfinished(error):
            return found
        raise SourceError(f"{found}: cannot be read as a store of runs ({error})") from error
    if not 0 <= version <= SCHEMA:
        raise SourceError(
            f"{found}: a newer version of this program made this store of finished runs. Update "
            "the program."
        )
    if not known:
        raise SourceError(f"{found}: is a database of something else, and no store of runs")
    return found


def merge_store(path: Path, store: Store, progress: Callable[[str, int, int], None]) -> Merged:
    """Take over the runs of a store and the times of updates that were measured beside them.

    A trace is read as the store itself reads one, by its key, structure and digest. Of a run that
    both have, the one here stays, but where it was stopped early and the other one was not or goes
    on for longer. The update times here stay. An interrupt keeps what was taken over until then.

    Args:
        path: of the file, see `source`; it is not written.
        store: that takes them over.
        progress: told of each batch.

    Raises:
        StoreError: if the store cannot be written, or the other one not be read.

    """
    counts: Counter[str] = Counter()
    try:
        with _readable(path, Path(store.path).parent) as (connection, damaged):
            (total,) = connection.execute("SELECT count(*) FROM traces").fetchone()
            progress("merging", 0, total)
            query = f"SELECT {loaded(columns_of(connection, 'traces'))} FROM traces"
            found = connection.execute(query)
            while rows := found.fetchmany(BATCH):
                counts += store.write(lambda to, some=rows: Counter(_put(to, row) for row in some))
                progress("merging", min(counts.total(), total), total)
            times = list(readable_times(connection))  # a few: one of each network and training
    except (sqlite3.Error, OSError) as error:
        raise explained(path, error) from error
    store.write(lambda to: [_put_time(to, row) for row in times])
    return Merged(counts["taken"], counts["there"], counts["differ"], counts["unfit"], damaged)


def _is_unfinished(error: sqlite3.Error) -> bool:
    """Tell whether a write to the file was broken off, and has to be undone before it is read."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY


@contextmanager
def _readable(path: Path, room: Path) -> Iterator[tuple[sqlite3.Connection, bool]]:
    """Open a store, or a copy of what can be read of it; tell whether it is damaged.

    Args:
        path: of the store.
        room: a folder for the copy.

    """
    with tempfile.TemporaryDirectory(prefix="merging-", dir=room) as folder:
        copy, whole = Path(folder) / "copy", Path(folder) / "rescued"
        connection = opened_to_read(path, PATIENCE)
        try:
            try:
                damaged = _is_damaged(connection)
            except sqlite3.Error as error:
                if not _is_unfinished(error):
                    raise
                connection.close()
                for ending in ("", "-journal", "-wal"):
                    if (leftover := Path(f"{path.resolve()}{ending}")).exists():
                        shutil.copyfile(leftover, f"{copy}{ending}")
                connection = sqlite3.connect(copy)
                damaged = _is_damaged(connection)
            if damaged:
                rescued(connection, whole)
                connection.close()
                connection = sqlite3.connect(whole)
            yield connection, damaged
        finally:
            connection.close()


def _is_damaged(connection: sqlite3.Connection) -> bool:
    try:
        return connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",)
    except sqlite3.Error as error:
        if is_malformed(error):
            return True
        raise


_STANDING = """
SELECT CASE
    WHEN budget = :budget AND columns = :columns AND (
        status = :status AND updates = :updates AND metrics = :metrics
        OR :status = 'stopped early'
        AND substr(updates, 1, length(:updates)) = :updates
        AND substr(metrics, 1, length(:metrics)) = :metrics
    ) THEN 'there'
    WHEN status = 'stopped early'
        AND (:status != 'stopped early' OR length(:updates) > length(updates)) THEN 'shorter'
    ELSE 'differ'
END FROM traces WHERE key = :key
"""
"""How what is stored under a key compares with another trace of that run."""


def _put(to: sqlite3.Connection, row: tuple) -> str:
    """Store the trace of a row, unless the one here stays; return what became of it."""
    try:
        trace = trace_in(row)
    except ValueError:
        return "unfit"
    found = to.execute(_STANDING, dict(zip(LOADED, row, strict=True))).fetchone()
    standing = found[0] if found else None
    if standing == "differ" and _is_refused(to, row[0]):
        reason = "it does not fit; that of another store took its place"
        for statement in SET_TRACE_ASIDE:
            to.execute(statement, {"reason": reason, "key": row[0]})
        standing = None
    if standing in ("there", "differ"):
        return standing
    put(to, row[1], trace)
    return "taken"


def _is_refused(to: sqlite3.Connection, key: str) -> bool:
    columns = columns_of(to, "traces")
    row = to.execute(f"SELECT {loaded(columns)} FROM traces WHERE key = ?", (key,)).fetchone()
    try:
        trace_in(row)
    except ValueError:
        return True
    return False


def _put_time(to: sqlite3.Connection, row: tuple) -> None:
    try:
        time_in(row)
    except ValueError:
        return
    put_time(to, row)
