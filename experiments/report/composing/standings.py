"""The section of all arms at the end of training."""

from __future__ import annotations

from experiments.analysis.standings import RULE, Place, Standing
from experiments.analysis.summary import Summary
from experiments.report import words
from experiments.report.model import Standings, Table, link
from experiments.study import Setting

MOST_TABLES = 12
"""So many conditions have a table in a report; standings.csv has all."""

_Medians = dict[tuple[Setting, tuple[str, float]], float]
"""The median updates of a setting to a (metric, target)."""


def standings(summary: Summary) -> Standings | None:
    """Return the order of the arms condition by condition; None where nothing is ordered."""
    if not summary.standings:
        return None
    study = summary.results.study
    medians = {(r.setting.setting, (r.metric, r.target)): r.median for r in summary.reaches}
    more = len(summary.standings) - MOST_TABLES
    level = words.level(study.confidence)
    note = f"{RULE} Intervals are at {level}."
    if study.targets:
        note += (
            " A time is of the arm at the rates that its claim is judged by; ∞ where half of the "
            "runs or more did not reach the target."
        )
    return Standings(
        tuple(_table(one, study.targets, medians) for one in summary.standings[:MOST_TABLES]),
        (f"{more} more conditions are in ", link("standings.csv"), ".") if more > 0 else (),
        note,
    )


def _table(found: Standing, targets: tuple[tuple[str, float], ...], medians: _Medians) -> Table:
    head = (
        "place",
        "arm",
        f"{words.METRIC_WORDS[found.metric]} at the end, with interval",
        "told apart from the first",
        "training loss at the end",
        *(f"median updates to {words.goal(metric, target)}" for metric, target in targets),
        "diverged",
    )
    rows = tuple(
        (
            str(number),
            words.arm(place.arm),
            f"{words.estimate(place.estimate)} ({words.interval(place.estimate)})",
            _apart(place, number),
            f"{words.estimate(place.train_loss)} ({words.interval(place.train_loss)})",
            *(words.number(medians[place.result.setting, goal]) for goal in targets),
            f"{place.result.diverged} of {len(place.result.traces)}",
        )
        for number, place in enumerate(found.places, start=1)
    )
    where = words.condition(found.condition.labels).capitalize()
    return Table(head, rows, title=f"{where}:" if where else "")


def _apart(place: Place, number: int) -> str:
    if number == 1:
        return "–"
    return "no" if place.may_be_best else "yes"
