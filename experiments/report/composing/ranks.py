"""The section of the ranks of three arms or more."""

from __future__ import annotations

from experiments.analysis.summary import Summary
from experiments.report import words
from experiments.report.composing.notes import if_fixed
from experiments.report.model import Figure, Ranks, Table, link

MOST_RANKINGS = 24
"""So many rankings have a row in a report; ranks.csv has all."""


def ranks(summary: Summary) -> Ranks | None:
    """Return how arms rank by their times to targets; None where nothing is ranked."""
    if not summary.rankings:
        return None
    level = words.level(summary.results.study.confidence)
    figure = Figure(
        "ranks.png",
        "Average ranks",
        (
            "Each arm's average rank over the seeds by its time to the target; runs that did not "
            "reach the target share the worst rank. Which arms the seeds do not tell apart is in "
            "the table, and bars join them in ",
            link("ranks.png"),
            ": Friedman's test, then Nemenyi's critical difference (Demšar 2006), at "
            f"{level}, each row for itself.{if_fixed(summary)}",
        ),
    )
    profiles = Figure(
        "profiles.png",
        "Performance profiles",
        (
            "The share of cells (condition, target, seed) in which an arm reached the target "
            "within so many times the updates of the fastest arm (Dolan & Moré 2002): at 1, how "
            "often it was the fastest; at the right, how often it reached it at all. The bands of ",
            link("profiles.png"),
            f" come from drawing the seeds anew.{if_fixed(summary)}",
        ),
    )
    return Ranks(figure, _table(summary), profiles)


def _table(summary: Summary) -> Table:
    head = (
        "condition",
        "target",
        "from the fastest on: average rank (runs that did not reach the target, where there are "
        "any)",
        "critical difference",
        "p (Friedman)",
        "not told apart",
    )
    rows = (
        (
            words.condition(one.contest.condition.labels),
            words.goal(one.contest.metric, one.contest.target),
            words.order(one),
            words.number(one.critical_difference),
            words.number(one.p_value, 2),
            words.alike(one),
        )
        for one in summary.rankings[:MOST_RANKINGS]
    )
    return Table(head, tuple(rows))
