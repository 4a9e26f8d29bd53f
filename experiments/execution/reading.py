"""Opening a database so that it cannot be changed: a store that is looked at, or taken over."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from experiments.execution.under_keys import ANY_TEXT


def to_be_read(path: Path) -> str:
    """Return the address by which SQLite opens a file so that it cannot be changed."""
    return f"{path.resolve().as_uri()}?mode=ro"


def opened_to_read(path: Path, patience: float) -> sqlite3.Connection:
    """Open the database at a path so that it cannot be changed.

    Args:
        path: of a file.
        patience: so many seconds another process is waited for that writes to it.

    Raises:
        sqlite3.Error: if it cannot be opened.

    """
    connection = sqlite3.connect(to_be_read(path), uri=True, timeout=patience)
    # What is no text of UTF-8 is read all the same, so that it is told which trace has it.
    connection.text_factory = lambda content: content.decode(*ANY_TEXT)
    return connection
