"""What can be said of a text, whatever it is a text of."""

from __future__ import annotations


def is_number(text: str) -> bool:
    """Tell whether Python reads a text as a number, such as 1e-3, nan or inf."""
    try:
        float(text)
    except ValueError:
        return False
    return True
