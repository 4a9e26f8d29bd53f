"""Texts in the cells of a CSV file: a spreadsheet shows them, and computes none of them.

One that begins as a formula does gets an apostrophe before it, as the Open Worldwide Application
Security Project advises (https://owasp.org/www-community/attacks/CSV_Injection), and so does one
that begins with apostrophes and then as a formula does: each is read back as it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from experiments.texts import is_number

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """Return a text as it is written into a cell."""
    return f"'{text}" if _FORMULA.match(text) and not is_number(text) else text


def bare(cell: str) -> str:
    """Return the text that a cell was written from."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def guarded_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are as they are written into cells; the same if all are already.

    Args:
        table: any; its columns' names are the program's own.

    """
    import pandas as pd  # slow to import, and reading a table back needs none of it

    columns = {}
    for name, column in table.items():
        if pd.api.types.is_numeric_dtype(column.dtype):
            continue
        texts = [text for text in column.unique() if isinstance(text, str)]
        written = {text: guarded(text) for text in texts if guarded(text) != text}
        if written:
            columns[name] = [written.get(cell, cell) for cell in column]
    return table.assign(**columns) if columns else table
