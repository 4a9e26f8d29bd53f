"""Results as a notebook shows them: the answers in words, the verdicts, the main figure."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from experiments.report import words
from experiments.report.model import Report
from experiments.report.rendering import render_html

_COLUMNS = (
    "claim", "condition", "hypothesis", "measure", "target", "verdict", "estimate", "low", "high",
    "p_value",
)  # fmt: skip


def results_in_html(report: Report, verdicts: pd.DataFrame, picture: str | None) -> str:
    """Return the HTML of a study's results.

    Args:
        report: of the study.
        verdicts: their table, of which the columns that matter most are shown.
        picture: the main figure, PNG in base 64; None if there is none.

    """
    there = [name for name in _COLUMNS if name in verdicts and verdicts[name].astype(bool).any()]
    table = verdicts[there].to_html(index=False, na_rep="", border=0, float_format=words.scientific)
    return render_html("results.html.j2", report=report, table=Markup(table), picture=picture)
