"""A report that lies in its folder, as far as the terminal shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.report.verdict_rows import VerdictRow

PAGE = "report.md"
"""The name of the page."""

FOR_BROWSER = "report.html"
"""The name of the page for a browser, beside it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, for the terminal."""

    page: Path
    verdicts: tuple[VerdictRow, ...]  # as its table has them
    in_full: tuple[str, ...] = ()  # lines: each claim with its answer and what that rests on
    in_short: tuple[str, ...] = ()  # the answer to each claim, or of a study without one
    remark: str = ""  # what was remarked of its verdicts
    files: tuple[str, ...] = ()  # the names of all that was written
    failed: str = ""  # how many runs failed, and why
