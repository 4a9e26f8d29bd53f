"""One digest of all that is stored under some keys, by which a change is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from experiments.execution.rows import DIGESTED

ANY_TEXT = ("utf-8", "surrogateescape")
"""How bytes become a text that none is equal to that was stored."""

Fetch = Callable[[str, Sequence[str]], Iterable[tuple]]
"""Returns the rows of a query with its variables."""


def rows_under(
    fetch: Fetch, columns: str, keys: Iterable[str], table: str = "traces"
) -> Iterator[tuple]:
    """Yield columns of what a table has under some of the keys."""
    ordered = sorted(keys)  # neighbours in the database are read together
    for start in range(0, len(ordered), 500):  # SQLite bounds the variables of a query
        some = ordered[start : start + 500]
        marks = ",".join("?" * len(some))
        yield from fetch(f"SELECT {columns} FROM {table} WHERE key IN ({marks})", some)


def digest_under(fetch: Fetch, keys: Iterable[str]) -> str:
    """Return the SHA-256 of what is stored under some keys, without reading it as traces.

    It changes with every bit of a trace, its origin and the time of an update, and when one of
    them is added or removed; not with how long a run took.
    """
    found, ordered = hashlib.sha256(), sorted(keys)
    for key, *cells in sorted(rows_under(fetch, DIGESTED, ordered)):
        for cell in (key, *cells):
            content = cell if isinstance(cell, bytes) else str(cell).encode(*ANY_TEXT)
            found.update(len(content).to_bytes(8, "little"))
            found.update(content)
    for row in sorted(rows_under(fetch, "key, seconds", ordered, "update_times")):
        found.update(repr(row).encode())
    return found.hexdigest()
