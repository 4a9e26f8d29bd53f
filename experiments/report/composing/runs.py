"""The section of how training went: losses, and who reached which target when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from experiments.analysis.summaries import Reach
from experiments.analysis.summary import Summary
from experiments.report import tables, words
from experiments.report.composing.notes import IF_FIXED, if_fixed
from experiments.report.model import Figure, Runs, Table, link
from experiments.report.panels import MOST_PANELS, panels

MOST_ARMS = 36
"""Of more rows of arms and targets there is no table in a report; arms.csv has all."""

MOST_REASONS = 3
"""Of why runs failed no more reasons are told, the most frequent first."""

_ARRIVALS = Figure(
    "updates_to_target.png",
    "Updates to target",
    (
        "Every mark is a run: the updates it took to each target. A cross at the end of its budget "
        "is a run that did not reach it. In ",
        link("updates_to_target.png"),
        " an open triangle there stands for all of an arm, with their number beside it, and a bar "
        "is the median, dotted where it is known only to be more than the budget.",
    ),
)

_MISSED = Figure(
    "censored.png",
    "Share of runs that did not reach the target",
    (
        "The share of runs that did not reach the target, and their number, diverged ones "
        "included, are drawn in ",
        link("censored.png"),
        ".",
    ),
)


def runs(summary: Summary, files: Collection[str]) -> Runs:
    """Return what is told of the runs of the comparison.

    Args:
        summary: of the study.
        files: the names of the figures that there are.

    """
    results, raced = summary.results, bool(summary.time_verdicts)
    hidden = len(panels(results.study)) - MOST_PANELS
    more = f"The figures show the first conditions of the grid; {hidden} more are in the CSV files."
    return Runs(
        train_loss=_train_loss(summary) if "train_loss.png" in files else None,
        test_loss=_test_loss(summary) if {"train_loss.png", "test_loss.png"} <= {*files} else None,
        arrivals=_ARRIVALS if raced else None,
        missed=_MISSED if raced and _MISSED.file in files else None,
        reached=_reached(summary) if raced else None,
        arms=_arms(summary) if 0 < len(summary.reaches) <= MOST_ARMS else None,
        hidden=more if hidden > 0 else "",
        diverged=tuple(
            f"{words.arm(result.setting.labels) or 'all runs'}: {result.diverged} of "
            f"{len(result.traces)}"
            for result in results.settings
            if result.diverged
        ),
        failed=_failed(results.failed),
        trained=results.study.trains,
    )


def _failed(reasons: Mapping[str, int]) -> str:
    """Say how many runs failed, and why, the most frequent reason first."""
    if not reasons:
        return ""
    count = sum(reasons.values())
    ordered = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    told = "; ".join(f"{reason} ({some:,})" for reason, some in ordered[:MOST_REASONS])
    why = f"The reason: {ordered[0][0]}" if len(ordered) == 1 else f"The reasons: {told}"
    others = f"; and {len(ordered) - MOST_REASONS:,} more" * (len(ordered) > MOST_REASONS)
    return (
        f"{count:,} run{'s' * (count > 1)} failed, of which nothing is known: no time to a target, "
        f"no measure; a rate at which a run of its search failed was not chosen. {why}{others}"
    )


def _train_loss(summary: Summary) -> Figure:
    return Figure(
        "train_loss.png",
        "Training loss over updates",
        "Training loss over the number of updates, both axes logarithmic: the line is the median "
        f"over {summary.results.seeds} seeds, the band holds the middle half. A run that diverged "
        "counts as an infinite loss, so no curve improves by losing a run.",
    )


def _test_loss(summary: Summary) -> Figure:
    given = "" if summary.results.tuned else ": they were given"
    return Figure(
        "test_loss.png",
        "Test loss over updates",
        f"The same for the loss on the test split, by which no learning rate was chosen{given}.",
    )


def _reached(summary: Summary) -> Figure:
    level = words.level(summary.results.study.confidence)
    return Figure(
        "reach_curves.png",
        "Share of runs that have reached each target",
        "The share of each arm's runs that had reached a target by then (Kaplan-Meier), with "
        f"its pointwise {level} interval. A curve that ends below 100 % is of an arm of which some "
        f"runs did not reach the target, diverged ones included.{if_fixed(summary)}",
    )


def _arms(summary: Summary) -> Table:
    head = (
        "arm",
        "target",
        "median updates, with interval",
        "epochs",
        "multiplications",
        "mean updates, at most the budget",
        "did not reach the target",
        "diverged",
    )
    found = zip(tables.arm_table(summary).to_dict("records"), summary.reaches, strict=True)
    adaptive = summary.results.study.seeds.adaptive
    level = words.level(summary.results.study.confidence)
    note = (
        f"Medians and their {level} intervals are of each arm for itself"
        f"{' and hold however many seeds were added' if adaptive else ''}, in three clocks: "
        "updates, epochs and estimated multiplications. The mean counts a run that did not reach "
        "the target with its whole budget (the restricted mean), ± its standard error"
        f"{f', which is {IF_FIXED}' if adaptive else ''}."
    )
    return Table(head, tuple(_arm(row, reach) for row, reach in found), notes=(note,))


def _arm(row: dict[str, Any], reach: Reach) -> tuple[str, ...]:
    number = words.number
    return (
        words.arm(reach.setting.setting.labels) or "all runs",
        words.goal(reach.metric, reach.target),
        f"{number(row['median_updates'])} ({number(row['median_low'])} to "
        f"{number(row['median_high'])})",
        number(row["median_epochs"]),
        words.scientific(row["median_multiplications"]),
        f"{number(row['restricted_mean'])} ± {number(row['restricted_mean_error'], 2)}",
        f"{row['censored']} of {row['runs']}",
        str(row["diverged"]),
    )
