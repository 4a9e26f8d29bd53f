"""The verdicts of a report, as its verdicts.csv has them."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from experiments.report.cells import bare
from experiments.report.words import scientific
from experiments.texts import visible

VERDICTS = "verdicts.csv"
"""The name of the file."""

_IDENTITY = (
    "kind", "hypothesis", "arm", "than", "measure", "at", "layer", "over", "target", "clock", "by",
    "claimed_low", "claimed_high", "condition",
)  # fmt: skip
"""The columns that say what was judged, in whatever words it was claimed."""


class ReportError(Exception):
    """What should be a report cannot be read; the message says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One line of verdicts.csv: what was judged, and what was found."""

    claim: int
    says: str
    kind: str
    hypothesis: str  # of a claim of times: direction or size; else empty
    condition: str
    conditions: int  # over how many it is
    measure: str
    target: str
    unit: str  # of the estimate; of a claim of times: times the clock
    by: str  # the factor claimed, if one is
    verdict: str
    by_other_clocks: str  # those by which it is another one
    reason: str  # why it is untestable; else empty
    estimate: float  # NaN where there is none
    bound: str  # such as "at least"
    low: float
    high: float
    identity: tuple[str, ...]  # equal in two reports where the same was judged

    @property
    def of_times(self) -> bool:
        """Whether the estimate is a ratio of times."""
        return self.unit.startswith("times the ")


def read_verdicts(folder: Path) -> tuple[VerdictRow, ...]:
    """Read the verdicts of the report in a folder.

    Raises:
        ReportError: if the file is missing, or is no table of verdicts.

    """
    path = folder / VERDICTS
    try:
        text = path.read_text(encoding="utf-8")
        if not text.endswith("\n"):
            raise ValueError("it ends within a line")
        rows = csv.DictReader(io.StringIO(visible(text)))
        return tuple(
            _row({name: bare(cell) for name, cell in cells.items() if isinstance(cell, str)})
            for cells in rows
        )
    except OSError as error:
        raise ReportError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{path}: is no table of verdicts ({error}); run the study again"
        ) from error


def _row(cells: dict[str, str]) -> VerdictRow:
    def text(name: str) -> str:
        return cells.get(name) or ""  # a study whose claims have no such column, or an older one

    clock = text("clock")
    return VerdictRow(
        claim=int(cells["claim"]),
        says=cells["says"],
        kind=text("kind"),
        hypothesis=text("hypothesis"),
        condition=text("condition"),
        conditions=int(text("conditions") or 1),
        measure=text("measure"),
        target=text("target"),
        unit=f"times the {clock}" if clock else text("unit"),
        by=text("by"),
        verdict=cells["verdict"],
        by_other_clocks=text("by_other_clocks"),
        reason=text("reason"),
        estimate=_number(cells["estimate"]),
        bound=text("bound"),
        low=_number(cells["low"]),
        high=_number(cells["high"]),
        # Which rival decides on the best is part of what was found.
        identity=tuple(
            "" if (name, text("kind")) == ("than", "best") else _same(text(name))
            for name in _IDENTITY
        ),
    )


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _same(text: str) -> str:
    """Return a cell in which the last digits of a number, which differ by machine, are left out."""
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


def size(row: VerdictRow) -> str:
    """Write an estimate with its interval: `0.785 (0.666 to 0.897)`; `–` where there is none."""
    if math.isnan(row.estimate):
        return "–"
    estimate = f"{row.bound} {scientific(row.estimate)}".lstrip()
    if row.low == row.high:
        return estimate
    return f"{estimate} ({scientific(row.low)} to {scientific(row.high)})"
