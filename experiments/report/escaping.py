"""Text as it is written in a format: whatever a title or a label holds, it marks up nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from markupsafe import Markup, escape

from experiments.report.model import Span, Text

_MARKS = re.compile(
    r"""
    [`*\[\]|$~]               # code, emphasis, links, cells, formulas, deletions
    | \\(?=[!-/:-@\[-`{-~])   # what would escape the next character
    | <(?=[A-Za-z/!?])        # what would open a tag, or a link
    | (?<![^\W_])_ | _(?![^\W_])  # emphasis; between letters, as in train_loss, it is none
    | &(?=\#?\w+;)            # what would name a character
    """,
    re.VERBOSE,
)


def in_markdown(text: str | Text) -> str:
    """Return a text of one paragraph with a backslash before all that Markdown would read as marks.

    CommonMark and GitHub's tables, formulas and deletions. A line break becomes a space, so that no
    line starts a heading, a list or a quotation. What is set off is marked.
    """
    return _escaped(text) if isinstance(text, str) else "".join(map(_part_in_markdown, text))


def _escaped(text: str) -> str:
    line = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    return _MARKS.sub(lambda found: f"\\{found.group(0)}", line)


_IN_MARKDOWN: dict[str, Callable[[Span], str]] = {
    "code": lambda span: _code(span.text),
    "emphasis": lambda span: f"*{_escaped(span.text)}*",
    "strong": lambda span: f"**{_escaped(span.text)}**",
    "link": lambda span: f"[{_escaped(span.text)}]({quote(span.target)})",
}


def _part_in_markdown(part: str | Span) -> str:
    return _escaped(part) if isinstance(part, str) else _IN_MARKDOWN[part.kind](part)


def _code(text: str) -> str:
    """Return code between more backticks than it has in a row."""
    marks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{marks}{space}{text}{space}{marks}"


def in_html(text: str | Text) -> Markup:
    """Return a text in HTML; what is set off is an element of its own."""
    return escape(text) if isinstance(text, str) else Markup("").join(map(_part_in_html, text))


_IN_HTML = {
    "code": Markup("<code>{0.text}</code>"),
    "emphasis": Markup("<em>{0.text}</em>"),
    "strong": Markup("<strong>{0.text}</strong>"),
    "link": Markup('<a href="{1}">{0.text}</a>'),
}


def _part_in_html(part: str | Span) -> Markup:
    return (
        escape(part)
        if isinstance(part, str)
        else _IN_HTML[part.kind].format(part, quote(part.target))
    )
