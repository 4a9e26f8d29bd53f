"""What can be said of a text, whatever it is a text of."""

from __future__ import annotations

from unicodedata import category


def is_number(text: str) -> bool:
    """Tell whether Python reads a text as a number, such as 1e-3, nan or inf."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def visible(text: str) -> str:
    """Return a text with an escape in place of all that no reader sees, line ends excepted.

    So no text that was read from elsewhere moves the cursor, colours the screen or turns letters
    around.
    """
    if text.isprintable():
        return text
    return "".join(letter if _is_seen(letter) else repr(letter)[1:-1] for letter in text)


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or letter == "\n" or category(letter) == "Zs"  # a kind of space
