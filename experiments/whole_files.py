"""Files of results that appear whole or not at all, whatever interrupts or ends their writer.

They are written into a folder beside those that they belong to, and then take their places, one
after the other, each of which the system does at once. One process at a time does so, so that files
of two reports never mix. Whoever is killed before leaves what was there; whoever is killed within
leaves no record (the last file), so that the next command makes the report anew.

Nothing is flushed to the disk (fsync): what a power cut takes of a report, its digests tell, and it
is made anew from the store, which SQLite does flush.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

WRITING = ".writing"
"""The folder, in that of the results, with what is being written and the lock."""

LOCK = "lock"
"""The file that one process at a time holds; that of a folder in WRITING, its writer.

The system lets go of it when the process ends, however it ends.
"""

PATIENCE = 60.0
"""So many seconds another process is waited for that puts files in their places."""


class HeldError(Exception):
    """Another process has been writing there all the time; the message says what to do."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time put files into a folder; what killed ones left there is removed.

    Args:
        folder: of results, made if it is missing.

    Raises:
        HeldError: if another process does not come to an end.
        OSError: if the folder cannot be written.

    """
    place = folder / WRITING
    place.mkdir(parents=True, exist_ok=True)
    with _held(place / LOCK, PATIENCE):
        _clear(folder)
        yield


@contextmanager
def _held(lock: Path, patience: float = 0.0) -> Iterator[None]:
    from filelock import FileLock, Timeout  # slow to import, and of no use to those who read

    held = FileLock(lock, timeout=patience)
    try:
        with _naming(lock):
            held.acquire()
    except Timeout:
        raise HeldError(
            f"{lock}: another process, most likely another runner, has been writing reports there "
            f"for {patience:.0f} s. Try again once that is done, or end it; what was trained is "
            "stored, and the reports are as they were."
        ) from None
    try:
        yield
    finally:
        held.release()


@contextmanager
def whole(folder: Path, last: Sequence[str], known: Callable[[], set[str]]) -> Iterator[Path]:
    """Yield an empty folder; what is written into it takes its place once all of it is there.

    Args:
        folder: that gets the files, made if it is missing.
        last: the files that are put there when all others are there, in this order. Before the
            very last one, what is no longer among the files is removed.
        known: returns the names of all files in `folder` that may be removed.

    Raises:
        HeldError: if another process does not come to an end.
        OSError: if a file cannot be written; it has the name of the place where it was to go.

    """
    if folder.is_symlink():  # what lies on another disk cannot take its place at once
        folder = folder.resolve()
    with ExitStack() as ends:
        with alone(folder.parent):
            own = Path(mkdtemp(dir=folder.parent / WRITING))
            ends.callback(shutil.rmtree, own, ignore_errors=True)
            ends.enter_context(_held(own / LOCK, PATIENCE))
        written = own / folder.name
        try:
            written.mkdir()
            yield written
            with alone(folder.parent):
                _exchange(written, folder, last, known)
        except OSError as error:
            with suppress(TypeError, ValueError):  # where it names no file, or one of others
                error.filename = str(folder / Path(error.filename).relative_to(written))
            raise


def write(path: Path, content: bytes) -> None:
    """Write a file; an error says which.

    Raises:
        OSError: if it cannot be written.

    """
    with _naming(path):
        path.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a text with the same bytes on every system.

    Raises:
        OSError: if it cannot be written.

    """
    write(path, text.encode())


def new_text(path: Path, text: str) -> None:
    """Write a text where no file is yet; what could not be written whole is removed.

    Raises:
        FileExistsError: if there is one; it is left as it is.
        OSError: if it cannot be written.

    """
    file = path.open("xb")
    try:
        with file:
            file.write(text.encode())
    except BaseException:
        path.unlink()
        raise


def replace_text(path: Path, text: str) -> None:
    """Put a text in the place of a file at once; for those who are `alone` in its folder.

    Raises:
        OSError: if it cannot be written; the file is as it was.

    """
    beside = path.parent / WRITING / path.name
    try:
        write_text(beside, text)
        os.replace(beside, path)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename is None:  # where the file could be opened, but not be written
            error.filename = str(path)
        raise


def abandoned(folder: Path) -> Iterator[Path]:
    """Yield what writers that have ended left in a folder of results; nothing is changed."""
    for left in sorted((folder / WRITING).glob("*")):
        if left.name == LOCK:
            continue
        with suppress(HeldError, OSError):
            if (left / LOCK).exists():
                with _held(left / LOCK):
                    pass
            yield left


def _clear(folder: Path) -> None:
    for left in abandoned(folder):
        with suppress(OSError):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _exchange(
    written: Path, folder: Path, last: Sequence[str], known: Callable[[], set[str]]
) -> None:
    if not folder.exists():
        os.rename(written, folder)
        return
    folder.mkdir(exist_ok=True)  # which is told by its name where it is a file
    names = {p.relative_to(written).as_posix() for p in written.rglob("*") if p.is_file()}
    *before, record = last
    # Without it, whatever lies there for a moment is taken for no whole report.
    (folder / record).unlink(missing_ok=True)
    for name in (*sorted(names - {*last}), *before):
        (folder / name).parent.mkdir(exist_ok=True)
        os.replace(written / name, folder / name)
    old = [folder / name for name in known() - names]
    for path in old:
        path.unlink(missing_ok=True)
    for within in {path.parent for path in old}:
        if within.is_dir() and not any(within.iterdir()):
            within.rmdir()
    os.replace(written / record, folder / record)
