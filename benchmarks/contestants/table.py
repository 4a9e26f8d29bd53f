"""The table of what was measured, printed row by row and written to a file."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contestants.entries import FLEETS, Contestant
from contestants.work import Work

COLUMNS = (
    "workload", "activation", "contestant", "diverged", "microseconds", "ratio", "bar", "ok",
)  # fmt: skip
_WIDTHS = (14, 12, 16, 10, 14, 9, 9, 14)

UNEQUAL = "unequal work"
"""What stands in the last column where there is nothing to compare."""


@dataclass(frozen=True)
class Row:
    """One contestant at one workload."""

    workload: str
    activation: str
    contestant: Contestant
    diverged: int | None  # runs whose last loss is no finite number; None: it trains none
    microseconds: float | None  # of one update of one run; None where work was unequal
    ratio: float | None  # contestant / fleets; of a limit, fleets / limit; None likewise
    bar: float | None

    @property
    def ok(self) -> bool:
        """Whether work was equal and the ratio is as promised, or nothing is."""
        if self.ratio is None:
            return False
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
            "" if self.diverged is None else str(self.diverged),
            _three_digits(self.microseconds),
            _three_digits(self.ratio),
            f"{self.bar:g}" if barred else "",
            UNEQUAL if self.ratio is None else str(self.ok) if barred else "",
        )

    def __str__(self) -> str:
        *fields, bar, ok = self.fields()
        sign = "<= " if self.contestant.is_limit else ">= "
        verdict = {"True": "yes", "False": "NO"}.get(ok, ok)
        return _line((*fields, sign + bar if bar else "", verdict))


def rows_of(
    workload: str,
    activation: str,
    work: Work,
    times: Mapping[Contestant, Sequence[float]],
    updates: int,
    bars: str,
) -> list[Row]:
    """Make a row for each contestant: medians over the rounds, ratios taken within each round.

    Args:
        workload: as the table is to name it.
        activation: of the hidden layers.
        work: what they came to; if that is unequal, times are told of none.
        times: seconds, round by round.
        updates: of all runs together.
        bars: the key of the contestants' bars.

    """
    rows = []
    for one, seconds in times.items():
        microseconds = ratio = None
        if work.equal:
            above, below = (times[FLEETS], seconds) if one.is_limit else (seconds, times[FLEETS])
            ratio = statistics.median(a / b for a, b in zip(above, below, strict=True))
            microseconds = statistics.median(seconds) * 1e6 / updates
        diverged, bar = work.diverged.get(one), one.bars.get(bars)
        rows.append(Row(workload, activation, one, diverged, microseconds, ratio, bar))
    return rows


def header() -> str:
    """Return the line above the rows."""
    return _line(COLUMNS)


def write(rows: Iterable[Row], processor: str, path: Path) -> None:
    """Write the rows of one kind of processor as CSV, after those of others that the file has."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    others = [cells for cells in csv.reader(lines) if cells[0] != processor]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("processor", *COLUMNS))
        writer.writerows(others)
        writer.writerows((processor, *row.fields()) for row in rows)


def _three_digits(number: float | None) -> str:
    return "" if number is None else f"{float(f'{number:.3g}'):g}"


def _line(cells: Iterable[str]) -> str:
    padded = [
        cell.rjust(width) if column in COLUMNS[3:] else cell.ljust(width)
        for cell, width, column in zip(cells, _WIDTHS, COLUMNS, strict=True)
    ]
    return "".join(padded).rstrip()
