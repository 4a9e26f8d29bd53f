"""Text of which parts are set off: code, emphasis, links; each format marks them in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["code", "emphasis", "strong", "link"]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that is set off from the rest."""

    text: str
    kind: Kind
    target: str = ""  # of a link: the file that it leads to, beside the report


Text = tuple[str | Span, ...]
"""A text in parts, one after the other."""


def code(text: str) -> Span:
    """Return what is to be written as it stands, such as a line of a config."""
    return Span(text, "code")


def emphasis(text: str) -> Span:
    """Return a word that is spoken of."""
    return Span(text, "emphasis")


def strong(text: str) -> Span:
    """Return what a reader shall see first."""
    return Span(text, "strong")


def link(target: str) -> Span:
    """Return the name of a file that leads to it."""
    return Span(target, "link", target)


def plain(text: str | Text) -> str:
    """Return a text where nothing can be set off: code alone keeps marks around it."""
    if isinstance(text, str):
        return text
    return "".join(
        part if isinstance(part, str) else f"`{part.text}`" if part.kind == "code" else part.text
        for part in text
    )


def sentences(*told: str | Text) -> Text:
    """Return sentences one after the other, with spaces between them; empty ones are left out."""
    found: list[str | Span] = []
    for one in filter(None, told):
        if found:
            found.append(" ")
        found += [one] if isinstance(one, str) else one
    return tuple(found)
