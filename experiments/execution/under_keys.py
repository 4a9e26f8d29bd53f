"""The rows that a table has under some keys, asked for in parts of a size that SQLite allows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

ANY_TEXT = ("utf-8", "surrogateescape")
"""How bytes become a text that none is equal to that was stored."""

AT_ONCE = 500
"""So many keys are asked for at a time: SQLite bounds the variables of a query."""

Fetch = Callable[[str, Sequence[str]], Collection[tuple]]
"""Returns the rows of a query with its variables."""


def parts_of(keys: Iterable[str]) -> Iterator[tuple[list[str], str]]:
    """Yield some of the keys at a time, in order, with what stands for them in a query."""
    ordered = sorted(keys)  # neighbours in the database are read together
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        yield some, ",".join("?" * len(some))


def rows_under(
    fetch: Fetch, columns: str, keys: Iterable[str], table: str = "traces"
) -> Iterator[tuple]:
    """Yield columns of what a table has under some of the keys."""
    for some, marks in parts_of(keys):
        yield from fetch(f"SELECT {columns} FROM {table} WHERE key IN ({marks})", some)
