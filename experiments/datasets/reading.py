"""Examples that are read: once for a process, whatever the number of seeds, fleets and studies.

What was read stays until a config is read while the file is another (`refresh`), so that nothing
changes under a study that is running. A worker is lent what its main process has read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.datasets.record import SHARES, Content, DatasetRow
from experiments.parameters import Choice, Scalar
from experiments.splits import Pool

_Key = tuple[str, tuple[tuple[str, Scalar], ...]]
_Stamp = tuple[tuple[str, int, int], ...]

_held: dict[_Key, tuple[_Stamp, Content]] = {}
"""What this process has read, with the state of the files at that time."""


def content(data: Choice, row: DatasetRow) -> Content:
    """Return the content of `data`, read at the first time.

    Raises:
        DataError: it cannot be read.

    """
    key = _key(data)
    if key not in _held:
        stamp = _stamp(key)
        how = {name: value for name, value in key[1] if name != "standardise"}
        _held[key] = stamp, row.read(**how)
    return _held[key][1]


def lend(data: Choice, read: Content) -> None:
    """Let this process take `read` for the content of `data`, instead of what it would read.

    Where it has read that already, `refresh` looks at the same files as before.
    """
    stamp, _ = _held.get(_key(data), ((), None))
    _held[_key(data)] = stamp, read


def refresh() -> None:
    """Forget what was read of files that have changed since."""
    for key, (stamp, _) in list(_held.items()):
        if stamp != _stamp(key):
            del _held[key]


def _key(data: Choice) -> _Key:
    """Return what tells contents apart: how a content is split is no part of it."""
    return data.name, tuple(pair for pair in data.parameters if pair[0] not in SHARES)


def _stamp(key: _Key) -> _Stamp:
    """Return the name, size and time of each file that a content is read from."""
    path = dict(key[1]).get("path")
    return tuple(_states(Path(path))) if path else ()


def _states(path: Path) -> Iterator[tuple[str, int, int]]:
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in files:
            state = os.stat(file)
            yield file.name, state.st_size, state.st_mtime_ns
    except (OSError, ValueError):
        return


def digest_of(pool: Pool) -> str:
    """Return the SHA-256 of a pool: of its numbers, their types and the given split."""
    found = hashlib.sha256()
    for array in (pool.inputs, pool.labels):
        found.update(f"{array.dtype.str} {array.shape} ".encode())
        for start in range(0, len(array), 8192):  # whole, a mapped file would be read to memory
            found.update(np.ascontiguousarray(array[start : start + 8192]))
    found.update(f"{pool.given}{' gaps' * pool.gaps}".encode())
    return found.hexdigest()
