"""Stores that are damaged at random: by bits, by length, cell by cell, row by row."""

from __future__ import annotations

import random
import sqlite3
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from injected.trial import STORE, Reference, Trial, run

Cells = ("run", "status", "updates", "budget", "columns", "metrics", "seconds", "origin", "digest")


DAMAGES = 3
"""So many are injected at a time, each of another kind."""


def damaged(reference: Reference, folder: Path, seed: int, _: float) -> Trial:
    """Damage the store of a finished study DAMAGES times, and run it again."""
    output = reference.finished(folder)
    for path in output.glob("*/made_from.json"):  # else the report would be shown as it is
        path.unlink()
    rng = random.Random(seed)
    for number in range(DAMAGES):
        with suppress(sqlite3.DatabaseError):  # so damaged by now that no cell can be changed
            HOW[(seed + number) % len(HOW)](output / STORE, rng)
    return reference.judge(output, {}, run(output))


def _flip(path: Path, rng: random.Random) -> None:
    """Flip some bits anywhere behind the header's first words."""
    content = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 40)):
        content[rng.randrange(16, len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _cut(path: Path, rng: random.Random) -> None:
    """Cut the file short."""
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(1, len(content))])


def _blank(path: Path, rng: random.Random) -> None:
    """Overwrite a stretch with zeros, as a disk that lost some blocks."""
    content = bytearray(path.read_bytes())
    start = rng.randrange(100, len(content))
    size = min(rng.choice((512, 4096, 65536)), len(content) - start)
    content[start : start + size] = bytes(size)
    path.write_bytes(content)


def _number(path: Path, rng: random.Random) -> None:
    """Change one number of one run's metrics."""
    with sqlite3.connect(path) as connection:
        key, metrics = _some(connection, rng, "metrics")
        place = 8 * rng.randrange(len(metrics) // 8)
        changed = metrics[:place] + struct.pack("<d", rng.random()) + metrics[place + 8 :]
        connection.execute("UPDATE traces SET metrics = ? WHERE key = ?", (changed, key))


def _swap(path: Path, rng: random.Random) -> None:
    """Swap a cell of two runs."""
    cell = rng.choice(Cells)
    with sqlite3.connect(path) as connection:
        (one, ours), (other, theirs) = (_some(connection, rng, cell) for _ in range(2))
        for key, value in ((one, theirs), (other, ours)):
            connection.execute(f"UPDATE traces SET {cell} = ? WHERE key = ?", (value, key))


def _retype(path: Path, rng: random.Random) -> None:
    """Put something of another type into cells of one column."""
    cell = rng.choice([cell for cell in Cells if cell != "origin"])
    value = rng.choice((0, -1, 1.5, "text", "", b"", b"\xff\x00", float("inf"), 2**62))
    with sqlite3.connect(path) as connection:
        for _ in range(rng.randint(1, 5)):
            key, _ = _some(connection, rng, cell)
            connection.execute(f"UPDATE traces SET {cell} = ? WHERE key = ?", (value, key))


HOW: tuple[Callable[[Path, random.Random], None], ...] = (
    _flip, _cut, _blank, _number, _swap, _retype,
)  # fmt: skip
"""Each is injected as often as the others."""


def _some(connection: sqlite3.Connection, rng: random.Random, cell: str) -> tuple:
    rows = connection.execute(f"SELECT key, {cell} FROM traces ORDER BY key").fetchall()
    return rng.choice(rows)
