"""The two files: a table for machines and one for readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pandas as pd

from error_rates.deciding import SEED
from error_rates.rates import Row, Section
from error_rates.repetitions import NAME, as_table

COLUMNS = [field.name for field in fields(Row)]
ALWAYS = [name for name in COLUMNS if name not in ("section", "mixture", "exact")]
"""The columns that every section has in the table for readers."""


def write(sections: Sequence[Section], folder: Path) -> pd.DataFrame:
    """Write calibration.csv and calibration.md and return the table."""
    table = pd.DataFrame([row for section in sections for row in section.rows], columns=COLUMNS)
    table.to_csv(folder / "calibration.csv", index=False, lineterminator="\n")
    text = "\n".join(_markdown(sections, table)) + "\n"
    (folder / "calibration.md").write_text(text, encoding="utf-8", newline="\n")
    return table


def _markdown(sections: Sequence[Section], table: pd.DataFrame) -> list[str]:
    missed = table[~table.ok]
    limits = int((table.limit != "").sum())
    lines = [
        "# How often verdicts are wrong",
        "",
        f"Made by `python benchmarks/calibration.py`, seed {SEED}: studies whose truth is known, "
        "decided as real ones are, from the plan that searches for learning rates and adds pairs "
        "to the verdicts that are corrected for their number. Intervals of the rates (low to "
        "high) are exact at 95 %; a limit is held against the rate itself.",
        "",
        f"{limits - len(missed)} of {limits} limits are kept.",
    ]
    lines += [f"Missed: {row.scenario}, {row.quantity}, {row.rate}." for row in missed.itertuples()]
    for section in sections:
        lines += ["", f"## {section.name}", "", section.says, ""]
        if section.name == NAME:
            lines += [*as_table(section), ""]
        lines += _table(table[table.section == section.name])
    return lines


def _table(part: pd.DataFrame) -> list[str]:
    known = [name for name in ("mixture", "exact") if part[name].notna().any()]
    shown = part[[*ALWAYS, *known]].astype(object)
    shown = shown.where(shown.notna(), "")
    return [
        "| " + " | ".join(shown.columns) + " |",
        "|" + "---|" * len(shown.columns),
        *("| " + " | ".join(map(str, row)) + " |" for row in shown.itertuples(index=False)),
    ]
