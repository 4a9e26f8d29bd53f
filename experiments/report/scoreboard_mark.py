"""How a scoreboard tells whether it is that of the reports beside it, without being made again."""

from __future__ import annotations

import hashlib
from pathlib import Path

MARK = "<!-- Made from the reports in this folder; whatever is written here is lost. -->"
"""The first line of every scoreboard: a file without it is somebody's own."""

NAME = "README.md"
"""Its name, in the folder of the reports."""

READ = ("study.yaml", "verdicts.csv")
"""What it is made from, of each report."""


def is_ours(path: Path) -> bool:
    """Tell whether a file may be written: it is not there, or is a scoreboard."""
    return not path.exists() or path.read_bytes().startswith(MARK.encode())


def signed(text: str, folder: Path) -> str:
    """Return a scoreboard with a last line that tells what it was made from, and its own text."""
    return f"{text}\n{_signature(text, folder)}\n"


def is_current(folder: Path) -> bool:
    """Tell whether a folder's scoreboard is that of its reports; somebody's own file may stay."""
    path = folder / NAME
    try:
        if not is_ours(path):
            return True
        text, _, signature = path.read_text(encoding="utf-8").removesuffix("\n").rpartition("\n")
        return signature == _signature(text, folder)
    except (OSError, ValueError):
        return False


def _signature(text: str, folder: Path) -> str:
    found = hashlib.sha256(text.encode())
    for path in sorted(path for name in READ for path in folder.glob(f"*/{name}")):
        found.update(path.relative_to(folder).as_posix().encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return f"<!-- {found.hexdigest()} -->"
