"""The folder of results, and what killed commands left in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from experiments.doctor.findings import Finding, few, in_bytes
from experiments.execution.store import NAME
from experiments.whole_files import WRITING, abandoned

LITTLE_SPACE = 500_000_000
"""Bytes that a study with its report, and SQLite besides, may well need."""


def folder(output: Path) -> Iterator[Finding]:
    """Yield whether results can be written there, and what is left over.

    Args:
        output: the folder of results, which need not be there.

    """
    place = output.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        yield Finding("folder", f"{output}", f"{place} is a file: move it away, or name another "
                      "folder with --output.")  # fmt: skip
        return
    there = place == output.absolute()
    yield Finding("folder", f"{output}" if there else f"{output}, made by the first study")
    if os.access(place, os.W_OK | os.X_OK):
        yield Finding("can be written", "yes")
    else:
        yield Finding("can be written", "no", f"Change who may write {place}, or name another "
                      "folder with --output.")  # fmt: skip
    space = shutil.disk_usage(place)
    short = space.free < LITTLE_SPACE
    free = f"{in_bytes(space.free)} of {in_bytes(space.total)} are free"
    yield Finding("disk", free, "Make room, or name another disk with --output." if short else "")
    if there:
        yield from _left_over(output)


def _left_over(output: Path) -> Iterator[Finding]:
    place = output / WRITING
    if place.exists() and not place.is_dir():
        yield Finding("writing reports", f"{place} is a file, and no folder", "Move it away.")
    reports = [path.name for path in abandoned(output)]
    if reports:
        yield Finding(
            "unfinished reports", f"{len(reports)}, of commands that were killed, in "
            f"{output / WRITING}", "The next command that writes a report there removes them.",
        )  # fmt: skip
    if (output / f"{NAME}-journal").exists():
        yield Finding(
            "journal of the store", f"{output / NAME}-journal: a runner writes just now, or was "
            "killed as it did", "If none is running, run any study: what was not finished is "
            "taken back.",
        )  # fmt: skip
    kept = sorted(path for path in output.glob(f"{NAME}.damaged-*") if "journal" not in path.name)
    if kept:
        size = in_bytes(sum(path.stat().st_size for path in kept))
        yield Finding(
            "damaged stores", f"{few(path.name for path in kept)}, {size}: kept when they were "
            "replaced by what could be read of them", "Remove them once you want nothing of them.",
        )  # fmt: skip
    halves = [path.name for path in output.glob(f"{NAME}.*") if _of_a_rescue(path)]
    if halves:
        yield Finding(
            "unfinished rescue", few(sorted(halves)), "If no command is running, remove what "
            "bears these names.",
        )  # fmt: skip


def _of_a_rescue(path: Path) -> bool:
    ending = path.name.removeprefix(f"{NAME}.").removesuffix("-journal")
    return ending == "rescue" or (len(ending) == 32 and not {*ending} - {*"0123456789abcdef"})
