"""What was looked at and what was found, as records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    found: str
    advice: str = ""  # what to do; empty where all is well


@dataclass(frozen=True, slots=True)
class Part:
    """The findings about one thing, such as the store."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing needs to be done."""
        return not any(finding.advice for finding in self.findings)


def part(title: str, look: Callable[[], Iterable[Finding]]) -> Part:
    """Return what some looking found; where that fails, why is a finding, too."""
    return Part(title, tuple(_all(look)))


def _all(look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except Exception as error:
        # Whatever is damaged here: the rest is told all the same.
        reason = " ".join(str(error).split()) or type(error).__name__
        yield Finding("the rest", f"cannot be looked at: {reason}", "See to that first.")


def in_bytes(count: int) -> str:
    """Return a number of bytes as people say it."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.{0 if count >= 10 * size else 1}f} {unit}"
    return f"{count} bytes"


def few(names: Iterable[str], most: int = 3) -> str:
    """Return the first names of several, and how many there are besides."""
    listed = list(names)
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")
