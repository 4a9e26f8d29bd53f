"""The table of what was measured, printed row by row and written to a file."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contestants.entries import FLEETS, Contestant

COLUMNS = ("workload", "activation", "contestant", "microseconds", "ratio", "bar", "ok")
_WIDTHS = (14, 12, 18, 14, 9, 9, 5)


@dataclass(frozen=True)
class Row:
    """One contestant at one workload."""

    workload: str
    activation: str
    contestant: Contestant
    microseconds: float  # of one update of one run
    ratio: float  # contestant / fleets; of a limit, fleets / limit
    bar: float | None

    @property
    def ok(self) -> bool:
        """Whether the ratio is as promised, or nothing is."""
        if self.bar is None:
            return True
        return self.ratio <= self.bar if self.contestant.is_limit else self.ratio >= self.bar

    def fields(self) -> tuple[str, ...]:
        """Return the row as the file has it, numbers with three significant digits."""
        barred = self.bar is not None
        return (
            self.workload,
            self.activation,
            self.contestant.name,
            _three_digits(self.microseconds),
            _three_digits(self.ratio),
            f"{self.bar:g}" if barred else "",
            str(self.ok) if barred else "",
        )

    def __str__(self) -> str:
        *fields, bar, ok = self.fields()
        sign = "<= " if self.contestant.is_limit else ">= "
        verdict = {"True": "yes", "False": "NO"}.get(ok, "")
        return _line((*fields, sign + bar if bar else "", verdict))


def rows_of(
    workload: str,
    activation: str,
    times: Mapping[Contestant, Sequence[float]],
    updates: int,
    bars: str,
) -> list[Row]:
    """Make a row for each contestant: medians over the rounds, ratios taken within each round.

    Args:
        workload: as the table is to name it.
        activation: of the hidden layers.
        times: seconds, round by round.
        updates: of all runs together.
        bars: the key of the contestants' bars.

    """
    rows = []
    for one, seconds in times.items():
        above, below = (times[FLEETS], seconds) if one.is_limit else (seconds, times[FLEETS])
        ratio = statistics.median(a / b for a, b in zip(above, below, strict=True))
        microseconds = statistics.median(seconds) * 1e6 / updates
        rows.append(Row(workload, activation, one, microseconds, ratio, one.bars.get(bars)))
    return rows


def header() -> str:
    """Return the line above the rows."""
    return _line(COLUMNS)


def write(rows: Iterable[Row], path: Path) -> None:
    """Write the rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row.fields() for row in rows)


def _three_digits(number: float) -> str:
    return f"{float(f'{number:.3g}'):g}"


def _line(cells: Iterable[str]) -> str:
    padded = [
        cell.rjust(width) if column in COLUMNS[3:] else cell.ljust(width)
        for cell, width, column in zip(cells, _WIDTHS, COLUMNS, strict=True)
    ]
    return "".join(padded).rstrip()
