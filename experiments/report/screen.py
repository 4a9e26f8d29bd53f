"""How wide the terminal is, whether it has colours, and texts that fit on it."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

LEAST_WIDTH = 50
"""A terminal that says it is narrower is written to as if it were that wide."""

_STYLES = {"supported": "32", "refuted": "31", "inconclusive": "33", "untestable": "2", "bold": "1"}


def width() -> int:
    """Return the columns of the terminal; 80 where there is none and COLUMNS does not say."""
    return max(LEAST_WIDTH, shutil.get_terminal_size((80, 24)).columns)


def coloured() -> bool:
    """Tell whether stdout shows colours: a terminal that is not dumb, and no NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    if os.name == "nt" and not os.environ.get("WT_SESSION"):
        return False  # older consoles of Windows would show the codes
    return sys.stdout.isatty()


def painted(text: str, style: str, *, colours: bool) -> str:
    """Return a text in the colour of a verdict, or bold; as it is where there are no colours."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colours else text


def folded(text: str, columns: int, *, first: str = "", rest: str | None = None) -> str:
    """Return a text on lines of at most so many columns; words longer than that stay whole.

    Args:
        text: to be written.
        columns: that a line may have.
        first: what the first line begins with.
        rest: what the others begin with; by default as many spaces.

    """
    return textwrap.fill(
        text,
        columns,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
