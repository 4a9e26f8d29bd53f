"""The finished report of a study as records: everything that its readers are told, in plain text.

Numbers are rounded and sentences made, and nothing is escaped: whoever writes a text escapes it for
the format that is written.
"""

from experiments.report.model.answers import Answer, Comparison
from experiments.report.model.parts import Figure, Table
from experiments.report.model.report import Method, Report
from experiments.report.model.sections import (
    Formula,
    Map,
    Measures,
    Races,
    Ranks,
    Rates,
    Runs,
    Standings,
)
from experiments.report.model.text import (
    Span,
    Text,
    code,
    emphasis,
    link,
    plain,
    sentences,
    strong,
)

__all__ = [
    "Answer",
    "Comparison",
    "Figure",
    "Formula",
    "Map",
    "Measures",
    "Method",
    "Races",
    "Ranks",
    "Rates",
    "Report",
    "Runs",
    "Span",
    "Standings",
    "Table",
    "Text",
    "code",
    "emphasis",
    "link",
    "plain",
    "sentences",
    "strong",
]
