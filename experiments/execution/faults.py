"""What can go wrong with the file of a store, in words that say what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The database cannot be used; the message says which, why and what to do."""


def is_malformed(error: sqlite3.Error) -> bool:
    """Tell whether SQLite found the inside of a database damaged."""
    return _code(error) == sqlite3.SQLITE_CORRUPT


def is_no_database(error: sqlite3.Error) -> bool:
    """Tell whether SQLite found no database in a file, by its beginning."""
    return _code(error) == sqlite3.SQLITE_NOTADB


def is_io_error(error: sqlite3.Error) -> bool:
    """Tell whether the system failed SQLite in reading, writing or locking a file."""
    return _code(error) == sqlite3.SQLITE_IOERR


def explained(path: Path | str, error: Exception) -> StoreError:
    """Return the message about a failure of the store at a path."""
    what = f"{path}: the store of finished runs "
    if not isinstance(error, sqlite3.Error):
        return StoreError(f"{what}cannot be used ({error}). {_ANYTHING}")
    code = _code(error)
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(f"{what}cannot be opened: {_why_not_opened(Path(path))}")
    if code in _KNOWN:
        return StoreError(f"{what}{_KNOWN[code]}")
    return StoreError(f"{what}cannot be used ({error}). {_ANYTHING}")


def _code(error: sqlite3.Error) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)  # what Python itself raises has none
    return None if code is None else code & 0xFF  # without what SQLite tells more exactly


_ANYTHING = (
    "Check that the folder can be written; if the file is damaged, move it away and its runs are "
    "trained anew."
)

_KNOWN = {
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full, or a quota is used up. What was stored "
    "before is kept. Make room, or choose another folder with --output.",
    sqlite3.SQLITE_READONLY: "may be read but not written. Check that the file and its folder can "
    "be written by you, or choose another folder with --output.",
    sqlite3.SQLITE_PERM: "may not be used by you. Change who may read and write it, or choose "
    "another folder with --output.",
    sqlite3.SQLITE_BUSY: "is locked: another process, most likely another runner, has been writing "
    "to it all the time. Try again once that is done, or end it; what was stored is kept.",
    sqlite3.SQLITE_NOTADB: "is no database. Nothing was done to it: "
    "move it away, and its runs are trained anew.",
    sqlite3.SQLITE_CORRUPT: "is damaged, and could not be replaced by what can still be read. Copy "
    "it to a folder that can be written, or move it away, and its runs are trained anew.",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk or the network that it lies on "
    "fails. Check it, or choose another folder with --output.",
}


def _why_not_opened(path: Path) -> str:
    if path.is_dir():
        return "a folder has its name. Move it away, or choose another folder with --output."
    if path.is_symlink() and not path.exists():
        return (
            f"it is a link to {os.readlink(path)}, which is not there. Remove the link, or mount "
            "what it leads to."
        )
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}. Make it, or choose another one with --output."
    try:
        os.close(os.open(path, os.O_RDONLY))
    except FileNotFoundError:
        return "it could not be made. Check that its folder can be written."
    except OSError as error:
        return why(error)
    return "its folder cannot be written, as it must be. Choose another one with --output."


def why(error: OSError) -> str:
    """Return why a file could not be read or written, and what to do."""
    return _ERRNO.get(
        error.errno,
        f"{error.strerror or error}. Choose another folder with --output.",
    )


_ERRNO = {
    errno.ENOSPC: "the disk is full. Make room, or choose another folder with --output.",
    errno.EFBIG: "it would become larger than a file may be here. Raise the limit (ulimit -f), or "
    "choose another folder with --output.",
    errno.EROFS: "its disk may only be read. Choose another folder with --output.",
    errno.EACCES: "you may not. Change who may read and write it, or choose another folder with "
    "--output.",
    errno.EPERM: "you may not. Change who may read and write it, or choose another folder with "
    "--output.",
    errno.EMFILE: "this process has too many open files. Raise the limit (ulimit -n), or choose a "
    "smaller --jobs.",
    errno.ENFILE: "the system has too many open files. End other programs, or choose a smaller "
    "--jobs.",
    errno.EISDIR: "a folder has its name. Move it away, or choose another folder with --output.",
}
_ERRNO |= dict.fromkeys(
    (errno.ENOTDIR, errno.EEXIST),
    "a file stands where a folder is needed. Move it away, or choose another folder with --output.",
)
if hasattr(errno, "EDQUOT"):
    _ERRNO[errno.EDQUOT] = (
        "your quota is used up. Make room, or choose another folder with --output."
    )
