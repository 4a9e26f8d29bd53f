"""What is wrong with a config, said so that it can be put right: where, what, and what instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""The keys and list positions that lead to a value, from the top of the file."""

_SHOWN = 50  # problems that an error spells out; the rest is counted


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something was written; places sort in the order in which a reader meets them."""

    part: int  # 0 for the file, n for the n-th override
    line: int  # in the file, counted from 1; 0 for the file as a whole
    text: str  # as it is shown, for example "relu.yaml:12" or "--set seeds=3"
    path: Path = field(default=(), compare=False)  # what an override sets: it need not be repeated


def in_file(source: str, line: int) -> Place:
    """Return the place of a line; line 0 is the file as a whole."""
    return Place(0, line, f"{source}:{line}" if line else source)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and the key it is about."""

    place: Place
    path: Path
    message: str

    def __str__(self) -> str:
        """Return `place: key: message`, without the key where the place says it already."""
        parts = [self.place.text, self.message]
        if self.path and self.path != self.place.path:
            parts.insert(1, key_of(self.path))
        return ": ".join(parts)


class ConfigError(ValueError):
    """A config that cannot be used; its text has one line for each problem, in the file's order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # Sorting is stable: problems of one line keep the order in which they were found.
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place))
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"... and {len(self.problems) - _SHOWN} more")
        super().__init__("\n".join(lines))


class WrongError(ValueError):
    """Raised where a value is read: problems as (path below the value, message) pairs."""

    def __init__(self, *problems: tuple[Path, str]) -> None:
        super().__init__("; ".join(message for _, message in problems))
        self.problems = problems


def key_of(path: Path) -> str:
    """Write a path as its dotted key, for example `claims.0.by`."""
    return ".".join(shorten(part) if str(part).isprintable() else repr(part) for part in path)


def shorten(text: object, longest: int = 40) -> str:
    """Return a text, or so much of it that it has `longest` characters with three dots."""
    text = str(text)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def show(value: object) -> str:
    """Write a scalar as a user would: true, 3, 0.05, relu."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def found(value: object) -> str:
    """Say what was found in place of what is allowed."""
    if isinstance(value, str):
        return f"found {shorten(repr(value))}"
    if isinstance(value, list):
        return "found a list" if value else "found an empty list"
    if isinstance(value, dict):
        return "found a mapping"
    # Where a whole number is asked for, 64.0 must not look like one.
    return f"found {value!r}" if isinstance(value, float) else f"found {show(value)}"


def listing(names: Iterable[object], most: int = 20) -> str:
    """Join names with commas, leaving out the end of a long list."""
    names = [str(name) for name in names]
    return ", ".join([*names[:most], "..."] if len(names) > most else names)


def nearest(word: object, names: Iterable[str]) -> str:
    """Return "; did you mean 'relu'?" for the name most like `word`, or "" where none is."""
    if not isinstance(word, str) or len(word) > 60:
        return ""
    spelt = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), spelt, n=1)
    return f"; did you mean {spelt[close[0]]!r}?" if close else ""
