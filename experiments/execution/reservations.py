"""Reservations: which process is training which runs, of all that use one store at a time.

They are kept beside the store, in a file of their own that need not outlive a loss of power: so no
fleet waits for a disk before it starts, and damage to it harms no run. If it cannot be used, runs
are trained twice, and nothing else happens.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from experiments.execution.rescue import place_of
from experiments.execution.under_keys import parts_of

RESERVED = """
CREATE TABLE IF NOT EXISTS reserved (
    key    TEXT PRIMARY KEY,  -- see keys.run_key
    host   TEXT NOT NULL,
    pid    INTEGER NOT NULL,
    holder TEXT NOT NULL,     -- unique to one command
    until  REAL NOT NULL      -- seconds since 1970
) WITHOUT ROWID
"""

LEASE = 600.0
"""After so many seconds without a sign of its holder a reservation is over."""

ATTEMPTS = 50
"""So often a file is opened anew that others remove again and again, as they come to their ends."""

T = TypeVar("T")


class Reservations:
    """The runs that this command has reserved, and those that others have.

    One is over when its runs are stored, after LEASE without renewal, or as soon as the process
    that holds it is seen to have ended, which can be seen on the same machine alone.

    Args:
        store: the database's file; None if no other process can use it.

    """

    def __init__(self, store: Path | None) -> None:
        self._path = None if store is None else store.with_name(f"{store.name}.reserved")
        self._me = platform.node(), os.getpid(), uuid4().hex
        self._held: set[str] = set()
        self._renewed = time.monotonic()

    def of_others(self, keys: Iterable[str]) -> set[str]:
        """Return those of some runs' keys that other commands have reserved."""
        return self._use(lambda connection: self._others(connection, keys), set())

    def take(self, keys: Iterable[str]) -> bool:
        """Reserve runs, all or none; tell whether they are this command's now."""
        keys = set(keys)

        def work(connection: sqlite3.Connection) -> bool:
            if self._others(connection, keys):
                return False
            connection.executemany(_PUT, [(key, *self._me, time.time() + LEASE) for key in keys])
            return True

        taken = self._use(work, default=True)
        if taken:
            self._held |= keys
        return taken

    def free(self, keys: Iterable[str]) -> None:
        """Give up reservations, as the runs are stored or will not be trained here."""
        mine = [(key, self._me[2]) for key in keys]
        self._held.difference_update(key for key, _ in mine)
        self._use(lambda connection: connection.executemany(_DELETE, mine), None)

    def renew(self) -> None:
        """Show that this command still runs, now and then."""
        if self._held and time.monotonic() - self._renewed > LEASE / 10:
            self._renewed = time.monotonic()
            row = time.time() + LEASE, self._me[2]
            self._use(lambda connection: connection.execute(_RENEW, row), None)

    def __enter__(self) -> Reservations:
        return self

    def __exit__(self, *_: object) -> None:
        """Free what is held, and remove the file if nobody holds anything."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM reserved WHERE holder = ?", (self._me[2],))
            if connection.execute("SELECT 1 FROM reserved LIMIT 1").fetchone() is None:
                with suppress(OSError):  # a system that keeps open files keeps it
                    self._path.unlink()

        self._held.clear()
        self._use(work, None)

    def _others(self, connection: sqlite3.Connection, keys: Iterable[str]) -> set[str]:
        found, alive = set(), dict[int, bool]()
        for some, marks in parts_of(keys):
            query = _FIND.format(marks=marks)
            for key, host, pid in connection.execute(query, (self._me[2], time.time(), *some)):
                if host == self._me[0]:
                    alive.setdefault(pid, _is_alive(pid))
                if host != self._me[0] or alive[pid]:
                    found.add(key)
        return found

    def _use(self, work: Callable[[sqlite3.Connection], T], default: T) -> T:
        """Do some work in one transaction; return the default where that cannot be done."""
        if self._path is None:
            return default
        try:
            for _ in range(ATTEMPTS):
                before = _place_of(self._path)
                with closing(sqlite3.connect(self._path, timeout=10)) as connection:
                    connection.execute("PRAGMA synchronous = OFF")
                    with connection:
                        connection.execute("BEGIN IMMEDIATE")
                        connection.execute(RESERVED)
                        # Else the file was removed while this one waited for its lock.
                        if before is not None and _place_of(self._path) == before:
                            return work(connection)
        except sqlite3.OperationalError:
            pass
        except sqlite3.DatabaseError:  # damaged; whoever comes next makes a new one
            with suppress(OSError):
                self._path.unlink()
        return default


_FIND = "SELECT key, host, pid FROM reserved WHERE holder != ? AND until > ? AND key IN ({marks})"

_PUT = "INSERT OR REPLACE INTO reserved (key, host, pid, holder, until) VALUES (?, ?, ?, ?, ?)"

_DELETE = "DELETE FROM reserved WHERE key = ? AND holder = ?"

_RENEW = "UPDATE reserved SET until = ? WHERE holder = ?"


def _place_of(path: Path) -> tuple[int, int] | None:
    """Return the place of a file; None if there is none."""
    try:
        return place_of(path)
    except OSError:
        return None


def _is_alive(pid: object) -> bool:
    """Tell whether a process of this machine runs; True where that cannot be told."""
    if os.name != "posix" or not isinstance(pid, int):  # elsewhere the signal 0 is none
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return not _waits_for_burial(pid)


def _waits_for_burial(pid: int) -> bool:
    """Tell whether a process has ended, which its parent was not told yet; on Linux alone."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except (OSError, IndexError):
        return False
