"""What is told in several sections of a report."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.analysis.summary import Summary
from experiments.report.model import Text, link

MOST_VERDICTS = 60
"""So many verdicts have a row in a report; verdicts.csv has all."""

IF_FIXED = (
    "for a number of seeds fixed beforehand and does not hold where they were added until an "
    "answer was found"
)
"""What holds of a number that is computed as if seeds had not been added."""


def if_fixed(summary: Summary) -> str:
    """Say that a figure is for a fixed number of seeds, where they were added; else nothing."""
    return f" This is {IF_FIXED}." if summary.results.study.seeds.adaptive else ""


def left_out(rows: Sequence[object], most: int, file: str) -> tuple[Text, ...]:
    """Say how many rows of a table are in its file alone, in one paragraph or none."""
    more = len(rows) - most
    return ((f"{more} more are in ", link(file), "."),) if more > 0 else ()


def plural(count: int) -> str:
    """Return the ending of so many of a thing."""
    return "" if count == 1 else "s"
