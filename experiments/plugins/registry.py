"""Which files of a user's own are in use, which rows are theirs, and how their faults are told."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from experiments.interrupts import InterruptedByUser
from experiments.texts import visible


class PluginError(Exception):
    """A file of the user's own that cannot be used; the message says where, and what was found."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One file, as it was when it was read."""

    path: str  # absolute
    digest: str  # the SHA-256 of its bytes
    content: bytes = field(default=b"", repr=False)  # for workers, which may not have the file


FILES: list[Plugin] = []
"""The files whose rows are in the tables, in the order in which they were named."""

DIGESTS: dict[tuple[str, str], str] = {}
"""The digest of the file that a row comes from, by its table's title and its name."""


def own_digests(rows: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Return the digests of those rows that are a user's own, by what they are for.

    Args:
        rows: what each is for, the title of its table and its name.

    """
    return {what: DIGESTS[table, name] for what, table, name in rows if (table, name) in DIGESTS}


def place_of(error: BaseException, path: str) -> str:
    """Return the innermost line of a file that an error passed through, or an empty text."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"{_shown(path)}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return f"{_shown(path)}:{lines[-1]}" if lines else ""


def in_words(error: BaseException) -> str:
    """Say what was raised, in one line that does no harm to a terminal."""
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # of a class of the user's own, whose text cannot be made
        text = ""
    name = type(error).__name__
    return visible(f"{name}: {' '.join(text.split())}" if text else name)


@contextmanager
def told() -> Iterator[None]:
    """Turn an error that a user's own code raised into a message with its file and line.

    Raises:
        PluginError: in its place. All other errors pass, and so does a user's request to end.

    """
    try:
        yield
    except (PluginError, InterruptedByUser):
        raise
    except BaseException as error:
        places = [place for plugin in FILES if (place := place_of(error, plugin.path))]
        if not places:
            raise
        raise PluginError(f"{places[0]}: {in_words(error)}") from None


@contextmanager
def running(plugin: Plugin) -> Iterator[None]:
    """Run a file's own code: what it prints goes to stderr, and whatever it raises is a message.

    Raises:
        PluginError: in place of any error, whose line it names.

    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (PluginError, InterruptedByUser):
        raise
    except BaseException as error:
        place = place_of(error, plugin.path) or shown(plugin)
        raise PluginError(f"{place}: {in_words(error)}") from None


def _shown(path: str) -> str:
    """Return a path as a user writes it: relative to the folder they are in, if it lies there."""
    try:
        return Path(path).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(path).as_posix()


def shown(plugin: Plugin) -> str:
    """Return how messages call a file."""
    return _shown(plugin.path)
