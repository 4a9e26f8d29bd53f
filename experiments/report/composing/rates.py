"""The section of the search for learning rates."""

from __future__ import annotations

from experiments.analysis.summary import Summary
from experiments.analysis.tuning import RULE, SearchSpace, Tuned, as_read
from experiments.report import words
from experiments.report.composing.notes import plural
from experiments.report.model import Figure, Rates, Table, Text, code, link, strong
from experiments.report.objectives import objectives, tuned_for
from experiments.study import chosen_by

MOST_SHIFTED = 36
"""So many comparisons are told at half and at twice the rates."""


def rates(summary: Summary) -> Rates | None:
    """Return how learning rates were found; None where they were given."""
    study = summary.results.study
    if not summary.results.tuned:
        return None
    second = _second(summary)
    more = (
        f"Pairs that chose different values of {second} may differ in what an update costs them, "
        "so that ratios are told in updates alone."
    )
    return Rates(
        figure=_figure(summary),
        objectives=tuple(objectives(study)),
        told_of=f"The figure and the table tell of {tuned_for(study.objective)}.",
        table=_table(summary),
        second=more if second else "",
        shifted=_shifted(summary) if summary.neighbours else None,
        shifted_told=_shifted_told(summary),
        ends=_ends(summary),
    )


def _second(summary: Summary) -> str:
    """Return the name of what is tuned beside the rate; empty where nothing is."""
    second = summary.results.study.tuning.second
    return second.name.replace("_", " ") if second else ""


def _figure(summary: Summary) -> Figure:
    tuning, seeds = summary.results.study.tuning, summary.results.seeds
    first = SearchSpace.first(tuning).rates
    also = ""
    if tuning.second:
        labels = tuning.second.labels
        also = f", at each of {len(labels)} values of {_second(summary)}: {', '.join(labels)}"
    return Figure(
        "tuning.png",
        "The search for learning rates",
        (
            f"{RULE} Here: {tuning.seeds} tuning seed{plural(tuning.seeds)} for each of {seeds} "
            f"evaluation seeds; searches start with {len(first)} rates from "
            f"{words.number(first[0])} to {words.number(first[-1])}{also}. The line is the median "
            "over the pairs; an open triangle in ",
            link("tuning.png"),
            " says that it is at least so much, since pairs ruled the rate out before more was "
            "known. The size of a ring tells how often a rate was chosen.",
        ),
    )


def _table(summary: Summary) -> Table:
    study, searches = summary.results.study, [tuned for tuned, _ in summary.searches]
    columns = {
        "arm": [words.arm(one.setting.labels) or "all runs" for one in searches],
        "initializer": [_initializers(one) for one in searches],
        "learning rates chosen": [words.rates(one.taken) for one in searches],
    }
    if second := _second(summary):
        columns[f"{second} chosen"] = [words.values(one.values) for one in searches]
    if study.objective.goals:
        columns["updates to the targets there (geometric mean, median over pairs)"] = [
            words.number(one.updates) for one in searches
        ]
    if measured := words.METRIC_WORDS.get(study.objective.metric, ""):
        columns[f"{measured} there (median over pairs)"] = [
            words.number(as_read(study.objective, one.measured)) for one in searches
        ]
    columns["training loss there, when last read"] = [
        words.number(one.last_loss) for one in searches
    ]
    return Table(tuple(columns), tuple(zip(*columns.values(), strict=True)))


def _initializers(tuned: Tuned) -> str:
    return " or ".join(dict.fromkeys(one.network.init for one in tuned.setting.each))


def _shifted_told(summary: Summary) -> str:
    held_out = any(chosen_by(n.claim.metric) != n.claim.metric for n in summary.neighbours)
    part = ", which read the validation part and not the test part" if held_out else ""
    return (
        f"What the ratio was in the searches{part}, had both arms taken half or twice the rate "
        "that they chose. The rates in the middle were chosen by these very runs, so that they "
        "look better than they are; where runs were stopped before they reached the target, the "
        "ratio is known only to lie between two numbers, or not at all."
    )


def _shifted(summary: Summary) -> Table:
    placed = bool(summary.neighbours[0].condition)
    rows = tuple(
        (
            str(one.claim.number),
            *((words.condition(one.condition),) if placed else ()),
            words.goal(one.claim.metric, one.target),
            *map(words.between, one.shifted),
        )
        for one in summary.neighbours[:MOST_SHIFTED]
    )
    condition = ("condition",) if placed else ()
    head = ("claim", *condition, "target", "at half the rates", "at the rates chosen",
            "at twice the rates")  # fmt: skip
    return Table(head, rows)


def _ends(summary: Summary) -> Text:
    results = summary.results
    edges = "; ".join(
        f"{words.arm(one.setting.labels) or 'all runs'} ({one.at_edge} of {results.seeds} pairs)"
        for one in results.tuned
        if one.at_edge
    )
    if not edges:
        return ("Every rate that was chosen has a worse one on either side.",)
    return (
        strong("A best rate still lies at an end"),
        " of its search, which had gone on as often as ",
        code("tuning.extensions"),
        f" allows: {edges}. A wider search might change the answer.",
    )
