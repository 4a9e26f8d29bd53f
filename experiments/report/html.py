"""Results as a notebook shows them: the answers in words, the verdicts, the main figure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pandas as pd

from experiments.analysis.verdicts import Verdict
from experiments.report import words
from experiments.report.headlines import headline
from experiments.report.rendering import render
from experiments.study import Study

_COLUMNS = (
    "claim", "condition", "hypothesis", "measure", "target", "verdict", "estimate", "low", "high",
    "p_value",
)  # fmt: skip


def results_in_html(
    study: Study,
    verdicts: Sequence[Verdict],
    table: pd.DataFrame,
    picture: str | None,
    lines: Sequence[str] = (),
) -> str:
    """Return the HTML of a study's results.

    Args:
        study: that was run.
        verdicts: of its claims.
        table: the same as a frame, of which the columns that matter most are shown.
        picture: the main figure, PNG in base 64; None if there is none.
        lines: the answer of a study without claims.

    """
    shown = table[[name for name in _COLUMNS if name in table and table[name].astype(bool).any()]]
    return render(
        "results.html.j2",
        study=study,
        claims=[(claim, list(rows)) for claim, rows in groupby(verdicts, lambda v: v.claim)],
        table=shown.to_html(index=False, na_rep="", border=0, float_format=words.scientific),
        picture=picture,
        lines=lines,
        words=words,
        headline=headline,
    )
