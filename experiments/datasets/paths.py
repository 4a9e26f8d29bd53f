"""The parameter that says where a file lies, and whether one does."""

from __future__ import annotations

import difflib
from pathlib import Path

from experiments.parameters import Parameter
from experiments.splits import DataError


def path(what: str) -> Parameter:
    """Return the parameter that says where something lies."""
    beside = "looked for beside the config, then in the working directory"
    return Parameter("", f"{what}, {beside}", place=True)


def readable(path: str, row: str, what: str, *, folder: bool = False) -> Path:
    """Return the path of a file, or of a folder, that is there.

    Raises:
        DataError: it is not there, or the other of the two.

    """
    if not path:
        raise DataError(f"{row}: name {what}, as in {{name: {row}, path: ...}}")
    file = Path(path)
    try:
        if file.is_dir():
            if folder:
                return file
            raise DataError(f"{file}: is a folder; name a file")
        if not file.exists():
            siblings = [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else []
            close = difflib.get_close_matches(file.name, siblings, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise DataError(f"{file}: there is no such file{hint}")
        if folder:
            raise DataError(
                f"{file}: is a file; name the folder of the published files, or an .npz file"
            )
        if file.stat().st_size == 0:
            raise DataError(f"{file}: the file is empty")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}") from None
    return file
