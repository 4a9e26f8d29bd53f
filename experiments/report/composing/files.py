"""What lies beside a report, with links to it."""

from __future__ import annotations

from collections.abc import Collection

from experiments.report import figure_files, paper_tables, tables
from experiments.report.model import Span, Text, link

_MORE_TABLES = ("runs.csv", "arms.csv", "standings.csv", "reach_curves.csv", "ranks.csv",
                "tuning.csv", "seed_curves.csv.gz")  # fmt: skip
"""The tables that only some reports have, in the order in which they are told of."""


def beside(files: Collection[str]) -> Text:
    """Say which files and folders lie beside a report.

    Args:
        files: the names of those that not every report has.

    """
    told: list[str | Span] = ["The whole study with every default: ", link("study.yaml"), ". "]
    told += ["Numbers: ", link("verdicts.csv"), ", ", link("curves.csv")]
    for name in _MORE_TABLES:
        if name in files:
            told += [", ", link(name)]
    told.append(".")
    figures, papers = figure_files.FOLDER, paper_tables.FOLDER
    if figures in files:
        told += [" For a paper: every figure in the widths of one column and of two, in ",
                 link(figures)]  # fmt: skip
        if papers in files:
            told += [", and tables in LaTeX, in ", link(papers)]
        told.append(".")
    elif papers in files:
        told += [" For a paper: tables in LaTeX, in ", link(papers), "."]
    told += [" Where and with what it ran: ", link("provenance.json"), "."]
    if tables.CLOCKS in files:
        told += [
            " Every ratio by four clocks (updates, epochs, estimated multiplications, and seconds "
            "as measured on that machine), with a remark where a clock would give another "
            "verdict: ",
            link(tables.CLOCKS),
            ".",
        ]
    return tuple(told)
