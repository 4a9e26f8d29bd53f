"""The report of a study, put together from its sections."""

from __future__ import annotations

from collections.abc import Collection

from experiments.analysis.summary import Summary
from experiments.report import words
from experiments.report.composing.answers import answers, peeking, standing
from experiments.report.composing.files import beside
from experiments.report.composing.measures import measures
from experiments.report.composing.method import method
from experiments.report.composing.races import races
from experiments.report.composing.ranks import ranks
from experiments.report.composing.rates import rates
from experiments.report.composing.runs import runs
from experiments.report.composing.standings import standings
from experiments.report.model import Figure, Measures, Races, Report, Runs, Table
from experiments.study import split_protocol

MOST_PICTURES = 3
"""So many figures carry a report: the first that there are of those that may."""


def compose(summary: Summary, files: Collection[str], remark: str = "") -> Report:
    """Return the report of a study.

    Args:
        summary: of the study.
        files: the names of its figures and tables, and of the folders that lie beside it.
        remark: how it compares with the published report; may be empty.

    """
    study = summary.results.study
    learning = words.learning(summary.results)
    of_races, of_measures, of_runs = (part(summary, files) for part in (races, measures, runs))
    return Report(
        title=study.title,
        background=study.background,
        answers=answers(summary),
        standing=standing(summary),
        turns=tuple(words.turns(summary.turns, _comparisons(summary))),
        scope=(
            f"These answers hold for {words.conditions(study)}, {learning}. They say nothing of "
            "other networks or data."
        ),
        article=_article(study.article),
        remark=remark,
        pictures=_pictures(of_races, of_measures, of_runs),
        peeking=peeking(summary),
        standings=standings(summary),
        races=of_races,
        measures=of_measures,
        runs=of_runs,
        ranks=ranks(summary),
        rates=rates(summary),
        method=method(summary),
        files=beside(files),
    )


def _comparisons(summary: Summary) -> int:
    """Return how many comparisons there are, those of all protocols counted as one."""
    return len({(v.claim, v.target, split_protocol(v.condition)[1]) for v in summary.verdicts})


def _pictures(races: Races, measures: Measures, runs: Runs) -> tuple[Figure, ...]:
    """Return the figures that carry a report."""
    may = (
        *(one.figure for one in races.maps[:1]),
        races.verdicts,
        races.by_target,
        measures.figure,
        runs.train_loss,
        measures.layers,
        measures.functions,
        runs.test_loss,
    )
    return tuple(figure for figure in may if figure is not None)[:MOST_PICTURES]


def _article(statements: tuple[tuple[int, str], ...]) -> Table | None:
    rows = tuple((str(number), says) for number, says in statements)
    return Table(("statement", "in short"), rows) if rows else None
