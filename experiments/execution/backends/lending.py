"""Lending: workers map the examples that this process has read, and all share one copy of them.

So no worker reads a file again, nor finds it changed, and a large set is in memory once: this
process lets go of what it has read and maps it as well.
"""

from __future__ import annotations

import atexit
import mmap
import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import joblib
import numpy as np
from joblib.externals.loky.backend import resource_tracker

from experiments import datasets
from experiments.execution.executing import read_for
from experiments.parameters import Choice
from experiments.records import Fleet


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file the numbers of an array lie, in C order."""

    file: str
    dtype: str
    shape: tuple[int, ...]
    offset: int  # bytes


@dataclass(frozen=True, slots=True)
class Lent:
    """The name of a content that was written for others to map."""

    file: str
    inputs: Place | None  # where they are mapped from already, and were not written again


def lent(fleet: Fleet) -> Lent | None:
    """Return the name under which others find what a fleet trains on; None if that is drawn.

    Raises:
        DataError: it cannot be read.
        OSError: it cannot be written.

    """
    read = read_for(fleet)
    return None if read is None else _write(fleet.runs[0].data, read.digest)


@cache  # once for each content that this process reads
def _write(data: Choice, digest: str) -> Lent:
    file = _folder() / f"{len(list(_folder().iterdir()))}_{digest[:16]}"
    read = datasets.content_of(data)
    inputs = _place_of(read.pool.inputs)
    if inputs is not None:
        read = replace(read, pool=replace(read.pool, inputs=np.empty(0)))
    joblib.dump(read, file)
    written = Lent(str(file), inputs)
    datasets.lend(data, mapped(written))
    return written


@cache
def _folder() -> Path:
    """Return a folder that is removed as this process ends, whatever ends it."""
    folder = mkdtemp(prefix="lent_")
    resource_tracker.register(folder, "folder")  # who outlives this process, and removes it then
    atexit.register(_remove, folder)
    return Path(folder)


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # a system that keeps mapped files keeps it
    resource_tracker.unregister(folder, "folder")


def _place_of(array: np.ndarray) -> Place | None:
    """Return where an array lies that is mapped from a file; None if it lies in memory."""
    if not isinstance(array, np.memmap) or not array.flags.c_contiguous:
        return None
    # A view of a part of what was mapped tells the offset of the whole.
    begin = array.offset - array.offset % mmap.ALLOCATIONGRANULARITY
    mapped = np.frombuffer(array._mmap, np.uint8)
    offset = begin + array.ctypes.data - mapped.ctypes.data
    return Place(str(array.filename), array.dtype.str, array.shape, offset)


@cache  # once for each process
def mapped(lent: Lent) -> datasets.Content:
    """Return a content that was lent; its arrays are mapped, and may only be read."""
    read = joblib.load(lent.file, mmap_mode="r")
    place = lent.inputs
    if place is None:
        return read
    inputs = np.memmap(place.file, place.dtype, "r", place.offset, place.shape)
    return replace(read, pool=replace(read.pool, inputs=inputs))
