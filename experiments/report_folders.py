"""Where the reports of a command go, and why they could not: asked before anything trains."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.execution.faults import why

_ELSEWHERE = "choose another folder with --output"


def refused(names: Sequence[str], output: Path | None, *, written: bool = True) -> list[str]:
    """Return why studies cannot have their reports: a line each, none where they can.

    Names that differ in case alone are one on many disks, so that they count as one on all.

    Args:
        names: of the studies of one command.
        output: the folder that gets their reports; None where it is not even looked at.
        written: whether reports are written, and not only told of.

    """
    wrong = list(_alike(names))
    if output is not None:
        try:
            wrong += _of_folder(names, output, written)
        except OSError as error:
            wrong.append(f"{output}: cannot be read: {why(error)}")
    return wrong


def _alike(names: Sequence[str]) -> Iterator[str]:
    by_folder: dict[str, list[str]] = {}
    for name in names:
        by_folder.setdefault(name.casefold(), []).append(name)
    for same in by_folder.values():
        if len(same) > 1:
            name = " and ".join(dict.fromkeys(same))
            yield f"{name}: two configs of this name would write the same report; rename one"


def _of_folder(names: Sequence[str], output: Path, written: bool) -> Iterator[str]:
    if "\0" in str(output):
        yield f"{str(output)!r}: no folder can have a zero byte in its name; {_ELSEWHERE}"
        return
    there = next(place for place in (output, *output.absolute().parents) if place.exists())
    if not there.is_dir():
        yield f"{there}: a file stands where a folder is needed; move it away, or {_ELSEWHERE}"
        return
    if written and not _may_be_written(there):
        yield f"{there}: you may not write there; {_ELSEWHERE}"
        return
    if there != output:
        return
    entries = {entry.name for entry in output.iterdir()}
    by_folder = {entry.casefold(): entry for entry in sorted(entries)}
    for name in dict.fromkeys(names):
        folder = output / name
        if name not in entries and name.casefold() in by_folder:
            other = output / by_folder[name.casefold()]
            yield (
                f"{name}: {other} is there, whose name differs in case alone, and on many disks "
                f"both are one; rename the config, or {_ELSEWHERE}"
            )
        elif name in entries and not folder.is_dir():
            yield f"{folder}: a file has the name of the report's folder; move it away"
        elif name in entries and written and not _may_be_written(folder):
            yield f"{folder}: you may not write into this report's folder; {_ELSEWHERE}"


def _may_be_written(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
