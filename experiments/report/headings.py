"""What stands above every figure: of which data it is, and over how many seeds."""

from __future__ import annotations

from experiments.analysis.results import Results
from experiments.report import words

MOST_NAMES = 4
"""Of more data sets their number is told."""


def heading(results: Results) -> str:
    """Name the data sets and the number of seeds: `digits, 20 seeds`."""
    names = list(dict.fromkeys(words.data(setting.data) for setting in results.study.settings))
    data = ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} data sets"
    return f"{data}, {results.seeds} seed{'s' if results.seeds != 1 else ''}"
