"""Where the files that a config names lie: beside it, or else in the working directory.

A path is kept as it is found from the working directory, so that the resolved config beside a
report, which is read from another folder, finds the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.datasets import DATASETS, refresh


def find_files(data: Any, folder: Path) -> None:
    """Replace each path of a data set, in a config's data, by that of the file beside the config.

    Args:
        data: what the YAML holds, changed in place; what is no path is left for others to refuse.
        folder: the one of the config.

    """
    refresh()  # files that have changed since another config was read are read again
    for row, key in _paths(data):
        values = row[key] if isinstance(row[key], list) else [row[key]]
        found = [_found(value, folder) if isinstance(value, str) else value for value in values]
        row[key] = found if isinstance(row[key], list) else found[0]


def _found(path: str, folder: Path) -> str:
    try:
        beside = folder / path
        return beside.as_posix() if path and (beside.exists() or not Path(path).exists()) else path
    except (OSError, ValueError):  # too long, or with a character that no path has
        return path


def _paths(data: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each mapping of a data set with each of its keys that holds a path."""
    rows = data.get("dataset") if isinstance(data, dict) else None
    for row in rows if isinstance(rows, list) else [rows]:
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            parameters = getattr(DATASETS.get(row["name"]), "parameters", {})
            yield from ((row, key) for key in row if key in parameters and parameters[key].place)
