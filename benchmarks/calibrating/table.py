"""The table of a calibration: a line for each rate, with its exact interval and its limit."""

from __future__ import annotations

import pandas as pd
from scipy import stats


def line(
    scenario: str,
    truth: str,
    quantity: str,
    hits: int,
    studies: int,
    *,
    least: float | None = None,
    most: float | None = None,
) -> dict:
    """Return one line: how often something happened, with its exact 95 % interval."""
    interval = stats.binomtest(hits, studies).proportion_ci(0.95, method="exact")
    rate = hits / studies
    ok = (most is None or rate <= most) and (least is None or rate >= least)
    bounds = [f"at least {least:.4g}"] if least is not None else []
    bounds += [f"at most {most:.4g}"] if most is not None else []
    return {
        "scenario": scenario, "truth": truth, "quantity": quantity, "rate": round(rate, 4),
        "low": round(interval.low, 4), "high": round(interval.high, 4), "studies": studies,
        "limit": ", ".join(bounds), "ok": ok,
    }  # fmt: skip


def number(scenario: str, truth: str, quantity: str, value: float, before: str = "") -> dict:
    """Return one line of a number that is no rate, with what was known of it before."""
    return {
        "scenario": scenario, "truth": truth, "quantity": quantity, "rate": round(value, 4),
        "low": None, "high": None, "studies": None, "limit": before, "ok": True,
    }  # fmt: skip


def markdown(table: pd.DataFrame, about: str) -> str:
    """Return the table as a page."""
    shown = table.astype(object).where(table.notna(), "")
    lines = [
        "# How often verdicts are wrong",
        "",
        about,
        "",
        "| " + " | ".join(shown.columns) + " |",
        "|" + "---|" * len(shown.columns),
        *("| " + " | ".join(map(str, row)) + " |" for row in shown.itertuples(index=False)),
    ]
    return "\n".join(lines) + "\n"
