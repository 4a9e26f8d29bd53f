"""What sections of a report are made of: tables and figures."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.report.model.text import Text


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of finished cells."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""  # what all of its rows are of, where there are several such tables
    notes: tuple[str | Text, ...] = ()  # paragraphs below it


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with what is told of it."""

    file: str  # beside the report
    shows: str  # in short, for who does not see it
    caption: str | Text = ""  # true of the figure, and of the chart that stands for it on the page
