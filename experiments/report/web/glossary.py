"""The words of reports and what they mean, for where they stand in a page."""

from __future__ import annotations

import re
from importlib.resources import files

from markdown_it import MarkdownIt

ORDINARY = frozenset(
    {"answer", "best", "content", "look", "moment", "place", "rule", "search", "standing"}
)
"""Words that in a sentence most often mean what they mean to everyone."""

_ROW = re.compile(r"^\| (?!-)([^|]+) \| (.+) \|$", re.MULTILINE)


def glossary() -> list[tuple[str, str]]:
    """Return each word with its meaning in HTML, the longest words first.

    A word that another one holds is then not taken for it.
    """
    text = (files("experiments.report") / "web" / "glossary.md").read_text(encoding="utf-8")
    rows = _ROW.findall(text)[1:]  # without the head of the table
    markdown = MarkdownIt("commonmark", {"html": False})
    found = [
        (word.strip(), markdown.renderInline(meaning.replace("\\|", "|")))
        for words, meaning in rows
        for word in words.split(",")
        if word.strip() not in ORDINARY
    ]
    return sorted(found, key=lambda row: -len(row[0]))
