"""A against A with real trainings, given the learning rates or tuned as studies are."""

from __future__ import annotations

from pathlib import Path

import joblib

from error_rates.deciding import Verdicts, decide
from error_rates.rates import Row, Section, rate, with_two_errors
from error_rates.synthetic import ADAPTIVE, seeds_in_words
from error_rates.trainings import LOWEST, POOL_SEEDS, RATES, Drawn, rates
from experiments.analysis.looks import HAIR
from experiments.study import Seeds

FIXED = 2000
ADDED = 1000
"""Studies of a fixed number of pairs, and of those where pairs are added."""

ALPHA = 0.05
PAIRS = Seeds(20, 20)
NAME = "A against A, real trainings"
QUANTITY = "supported or refuted"

COLUMNS = (
    ("one target 0.5", (0.5,), 0.5),
    ("one target 0.15", (0.15,), 0.15),
    ("three targets, judged at 1.0", (1.0, 0.5, 0.15), 1.0),
    ("three targets, judged at 0.15", (1.0, 0.5, 0.15), 0.15),
)
"""What is written above each column: the targets of the claim, and the one that is judged."""


def called_at(verdicts: Verdicts, _: int) -> dict[float, bool]:
    """Tell of each target whether it would be called if it were the only one.

    One comparison by itself is called at the study's alpha or not at all; Holm's rule would grant
    each of three a part of it.
    """
    return {verdict.target: verdict.p_value <= ALPHA * HAIR for verdict in verdicts}


def repetitions(pool: Path, parallel: joblib.Parallel) -> Section:
    """Measure A against A on runs from the pool."""
    rows = []
    for activation in LOWEST:
        for tuned in (False, True):
            rows += _fixed(pool, activation, tuned, parallel)
    for activation in LOWEST:
        for target in (0.5, 0.15):
            column = f"one target {target:g}"
            title = f"{activation}, tuned, {seeds_in_words(ADAPTIVE)}, {column}"
            scenario = Drawn(title, pool, activation, True, (target,), ADAPTIVE)
            hits = [at[target] for at in decide(scenario, ADDED, called_at, parallel)]
            rows.append(_row(title, hits))
    return Section(NAME, _says(), tuple(rows))


def scenario_name(activation: str, tuned: bool, column: str) -> str:
    """Return what a row of a fixed number of pairs is called."""
    return f"{activation}, {'tuned' if tuned else 'given'}, {seeds_in_words(PAIRS)}, {column}"


def _fixed(pool: Path, activation: str, tuned: bool, parallel: joblib.Parallel) -> list[Row]:
    decided: dict[tuple[float, ...], list[dict[float, bool]]] = {}
    for _, targets, _ in COLUMNS:
        if targets not in decided:  # both columns of three targets are of the same studies
            words = ", ".join(f"{target:g}" for target in targets)
            title = scenario_name(activation, tuned, words)
            scenario = Drawn(title, pool, activation, tuned, targets, PAIRS)
            decided[targets] = decide(scenario, FIXED, called_at, parallel)
    return [
        _row(scenario_name(activation, tuned, column), [at[judged] for at in decided[targets]])
        for column, targets, judged in COLUMNS
    ]


def _row(title: str, hits: list[bool]) -> Row:
    return rate(NAME, title, 1, QUANTITY, hits, with_two_errors(ALPHA, len(hits)))


def _says() -> str:
    spaces = " and ".join(
        f"{rates(name)[0]:g} to {rates(name)[-1]:g} for {name}" for name in LOWEST
    )
    given = " and ".join(f"{rates(name)[RATES // 2]:g}" for name in LOWEST)
    return (
        f"Digits, a net of 64-32-32-32-10, momentum 0.9, batches of 32, ten epochs; {RATES} "
        f"learning rates in factors of two ({spaces}), each trained at {POOL_SEEDS} seeds. Both "
        "arms are the same setting: a study draws its runs from these without replacement, for "
        "each arm of a pair one seed to search with and another to evaluate. A given rate is the "
        f"middle one ({given}). A sign test of {PAIRS.most} pairs calls 4.1 % of studies at most; "
        "the limit is 5 % and two standard errors."
    )


def as_table(section: Section) -> list[str]:
    """Return the rows of a fixed number of pairs in Markdown, a column for each way to judge."""
    found = {row.scenario: row for row in section.rows}
    heads = [column for column, *_ in COLUMNS]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for activation in LOWEST:
        for tuned in (False, True):
            shares = [found[scenario_name(activation, tuned, head)].rate for head in heads]
            cells = " | ".join(f"{100 * share:.1f} %" for share in shares)
            lines.append(f"| {activation}, rate {'tuned' if tuned else 'given'} | {cells} |")
    return lines
