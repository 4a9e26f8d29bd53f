"""Text as Markdown takes it for text: whatever a title or a label holds, it marks up nothing."""

from __future__ import annotations

import re

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


def in_markdown(text: str) -> str:
    """Return a text of one paragraph with a backslash before all that Markdown would read as marks.

    CommonMark and GitHub's tables, formulas and deletions. A line break becomes a space, so that no
    line starts a heading, a list or a quotation.
    """
    line = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    return _MARKS.sub(lambda found: f"\\{found.group(0)}", line)
