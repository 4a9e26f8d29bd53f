"""Values set from the command line: `--set training.epochs=5` changes the data of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.config.errors import ConfigError, Path, Place, Problem, WrongError, key_of
from experiments.config.yaml_lines import Document, parse_value

_LONGEST = 60


def apply(document: Document, overrides: Sequence[str]) -> None:
    """Set each override in the document's data, in turn; note what cannot be set.

    Args:
        document: changed in place: what is set has the override as its place.
        overrides: texts of the form `dotted.key=YAML value`; list entries go by their number,
            counted from 0, as in `claims.0.by=3`.

    """
    for number, text in enumerate(overrides, 1):
        shown = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
        shown = shown if shown.isprintable() else repr(shown)
        key, equals, value_text = text.partition("=")
        parts = tuple(key.strip().split("."))
        place = Place(number, 0, f"--set {shown}", parts)
        try:
            if not equals or not all(parts):
                raise WrongError(
                    ((), "sets no value; allowed: key=value, such as training.epochs=5")
                )
            try:
                value = parse_value(value_text.strip())
            except ConfigError as error:
                message = error.problems[0].message
                raise WrongError(((), message)) from None
            path = _assign(document.data, parts, value)
        except WrongError as wrong:
            document.problems.append(Problem(place, (), str(wrong)))
            continue
        _move(document, path, Place(number, 0, place.text, path))


def _assign(data: Any, parts: tuple[str, ...], value: Any) -> Path:
    path: Path = ()
    for depth, part in enumerate(parts):
        last = depth == len(parts) - 1
        if isinstance(data, list):
            digits = part.lstrip("0") or "0"  # counted first: Python reads no number of any length
            known = part.isascii() and part.isdigit() and len(digits) <= len(str(len(data)))
            if not (known and int(digits) < len(data)):
                at, count = key_of(path), len(data)
                entries = f"0 to {count - 1}" if count else "none, it is empty"
                raise WrongError(((), f"{at} has no entry {part}; its entries: {entries}"))
            part = int(digits)
        elif not isinstance(data, dict):
            raise WrongError(
                ((), f"{key_of(path)} is a single value in the file, without a key {part}")
            )
        path = (*path, part)
        if last:
            data[part] = value
        elif isinstance(data, dict) and data.get(part) is None:
            data[part] = {}
        data = data[part]
    return path


def _move(document: Document, path: Path, place: Place) -> None:
    """Give the value at `path` a new place, and forget where what it replaces was."""
    places = document.places
    for old in [old for old in places if old[: len(path)] == path]:
        del places[old]
    places[path] = place
    for length in range(1, len(path)):
        places.setdefault(path[:length], place)
