"""A config that is given as a mapping, as Python code and notebooks have it, made plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.config.errors import Path, Problem, found, in_file
from experiments.config.yaml_lines import BROKEN, LARGEST, Document
from experiments.config.yaml_nodes import MOST_LEVELS


def document_of(config: Mapping[str, Any], source: str) -> Document:
    """Return plain data; what a file could not hold is among its problems.

    Args:
        config: tuples, ranges and NumPy's arrays stand for lists, NumPy's scalars for numbers.
        source: what messages call it.

    """
    document = Document(source, {}, {(): in_file(source, 0)})
    document.data = _plain(config, (), document)
    return document


def _plain(value: Any, path: Path, document: Document) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if len(path) > MOST_LEVELS:
        return _refuse(path[:MOST_LEVELS], f"nested in more than {MOST_LEVELS} levels", document)
    if isinstance(value, Mapping):
        return {
            key: _plain(inner, (*path, key), document)
            for key, inner in value.items()
            if _is_key(key, path, document)
        }
    if isinstance(value, list | tuple | range):
        return [_plain(inner, (*path, place), document) for place, inner in enumerate(value)]
    if isinstance(value, int) and abs(value) >= LARGEST:
        return _refuse(path, f"found a number beyond {LARGEST:.0e}", document)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind = type(value).__name__
    allowed = "text, numbers, True, False, None, lists and mappings"
    return _refuse(path, f"found an object of the type {kind}; allowed: {allowed}", document)


def _is_key(key: object, path: Path, document: Document) -> bool:
    if not isinstance(key, str):
        _refuse(path, f"{found(key)} as a key; a key must be text", document)
    return isinstance(key, str)


def _refuse(path: Path, message: str, document: Document) -> Any:
    document.problems.append(Problem(in_file(document.source, 0), path, message))
    return BROKEN
