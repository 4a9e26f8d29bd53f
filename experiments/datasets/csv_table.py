"""Reading a CSV file: what is wrong with it is said with its line and column."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from experiments.datasets.columns import content
from experiments.datasets.paths import readable
from experiments.datasets.record import Content
from experiments.datasets.rules import MOST_INPUTS, Rules
from experiments.splits import DataError
from experiments.texts import is_number

_LONGEST = 2**22  # bytes of the first line
_BLOCK = 2**20


def read(path: str, delimiter: str, decimal: str, header: bool, **rules: str) -> Content:
    """Return the examples of a CSV file in UTF-8.

    Args:
        path: of the file.
        delimiter: the character between two values of a row.
        decimal: the character before the decimals of a number.
        header: whether the first row has the columns' names; if not, they are "1", "2", ...
        rules: see `columns.Rules`.

    Raises:
        DataError: it cannot be read, or does not fit the rules.

    """
    file = readable(path, "csv", "the table")
    table = _Table(file, delimiter, header)
    try:
        table.check_start()
        names = table.names()
        frame = _parsed(table, decimal)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror or error}") from None
    if frame.shape[1] == 1:
        raise DataError(f"{file}: one column only{_other_delimiter(file, delimiter)}")
    if len(frame) == 0:
        raise DataError(f"{file}: there are no rows under the columns' names")
    if frame.iloc[:, -1].isna().any():  # what a row that is too short lacks is its end
        table.check_rows()
    columns = dict(zip(names, (column for _, column in frame.items()), strict=True))
    del frame
    return content(columns, Rules(**rules), file.name, table.place)


class _Table:
    """A CSV file as its rows lie: what is asked where a message has to say where."""

    def __init__(self, file: Path, delimiter: str, header: bool) -> None:
        self.file, self.delimiter, self.header = file, delimiter, header

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of the line on which each row ends, and its values; none is blank."""
        with self.file.open(encoding="utf-8-sig", newline="", errors="replace") as lines:
            reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True)
            try:
                for row in reader:
                    if row and (len(row) > 1 or row[0].strip()):
                        yield reader.line_num, row
            except csv.Error as error:
                raise DataError(f"{self.file}:{reader.line_num}: {error}") from None

    def check_start(self) -> None:
        """Raise DataError where the file is no text, or has too many columns to be looked at."""
        with self.file.open("rb") as content:
            first = content.readline(_LONGEST)
            columns = first.count(self.delimiter.encode()) + 1
            if columns > MOST_INPUTS or len(first) == _LONGEST:
                many = f"{columns:,}" + " or more" * (len(first) == _LONGEST)
                raise DataError(f"{self.file}:1: {many} columns; allowed: at most {MOST_INPUTS:,}")
            while first:
                if b"\0" in first:
                    raise DataError(f"{self.file}: found a zero byte; that is no text in UTF-8")
                first = content.read(_BLOCK)

    def names(self) -> list[str]:
        """Return the columns' names."""
        line, row = next(self.rows(), (0, []))
        if not row:
            raise DataError(f"{self.file}: the file has blank lines only")
        if not self.header:
            return [str(number) for number in range(1, len(row) + 1)]
        names = [name.strip() for name in row]
        if all(is_number(name) for name in names):
            raise DataError(
                f"{self.file}:{line}: found numbers where the columns' names are expected; if the "
                "first row is one of the examples, write header: false"
            )
        seen = set()
        for number, name in enumerate(names, 1):
            if not name:
                raise DataError(
                    f"{self.file}:{line}: column {number} has no name; give it one (and leave it "
                    "out if it only counts the rows)"
                )
            if name in seen:
                raise DataError(f"{self.file}:{line}: two columns are called {name!r}; rename one")
            seen.add(name)
        return names

    def place(self, number: int, column: str) -> str:
        """Say on which line the row of a number, counted from 0 under the names, and column are."""
        rows = self.rows()
        for _ in range(number + self.header):
            next(rows, None)
        line, _ = next(rows, (0, []))
        return f"{self.file}:{line}: column {column!r}"

    def check_rows(self) -> None:
        """Raise DataError for the first row with another number of values than the first one."""
        columns = None
        for line, row in self.rows():
            columns = columns or len(row)
            if len(row) != columns:
                raise DataError(
                    f"{self.file}:{line}: {len(row):,} values in a table of {columns:,} columns"
                )

    def check_quotes(self) -> None:
        """Raise DataError for a quotation mark that is opened and never closed."""
        row = 1
        with self.file.open(encoding="utf-8-sig", newline="", errors="replace") as lines:
            reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True, strict=True)
            try:
                for _ in reader:
                    row = reader.line_num + 1
            except csv.Error as error:
                if "unexpected end" in str(error):  # others are told where rows are read
                    raise DataError(
                        f"{self.file}:{row}: a quotation mark is opened in this row and not closed"
                    ) from None

    def check_encoding(self) -> None:
        """Raise DataError for the first byte that is not UTF-8."""
        with self.file.open("rb") as content:
            for number, line in enumerate(content, 1):
                try:
                    line.decode()
                except UnicodeDecodeError as error:
                    raise DataError(
                        f"{self.file}:{number}: the byte 0x{line[error.start]:02X} is not UTF-8 "
                        "text; save the table in UTF-8"
                    ) from None


def _parsed(table: _Table, decimal: str) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # Of a column that is numbers in one part of a file and text in another: looked at here.
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            return pd.read_csv(
                table.file,
                sep=table.delimiter,
                decimal=decimal,
                header=0 if table.header else None,
                index_col=False,
                encoding="utf-8",
                skipinitialspace=True,
                engine="c",
            )
    except UnicodeDecodeError:
        table.check_encoding()
        raise
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError, OverflowError) as error:
        table.check_encoding()
        table.check_quotes()
        table.check_rows()
        first = str(error).strip().splitlines()[0]
        raise DataError(f"{table.file}: {first}") from None


def _other_delimiter(file: Path, delimiter: str) -> str:
    with file.open(encoding="utf-8", errors="replace") as lines:
        first = lines.readline(_LONGEST)
    for other, word in ((",", "','"), (";", "';'"), ("\t", r'"\t"'), ("|", "'|'")):
        if other != delimiter and other in first:
            return f"; if they are separated by {word}, write delimiter: {word}"
    return "; there must be a column to predict and one to predict it from"
