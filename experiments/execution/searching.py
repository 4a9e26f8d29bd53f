"""Training a fleet of searches: likely learning rates first, so that the others stop sooner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import isinf, log

from experiments.execution.fleets import most_runs
from experiments.nn.training import train
from experiments.records import Dataset, Fleet, Run, Search, Trace
from experiments.scores import Progress, score_of


def train_searches(fleet: Fleet, datasets: Sequence[Dataset]) -> list[Trace]:
    """Train a fleet whose runs may stop, and return their traces in the fleet's order.

    First the rate to begin with, then its neighbours, the farthest last; as many rates side by
    side as the caches like, once a first score is known. Each run stops as soon as its bound is
    beyond the best score by then. No choice depends on the order, only how soon that is.

    Args:
        fleet: with searches.
        datasets: one for each seed, in the fleet's order.

    """
    traces: dict[Run, Trace] = {}
    new, searches = traces, fleet.searches
    for runs in _in_turn(fleet):
        searches = tuple(_up_to_date(search, new) for search in searches)
        part = replace(fleet, runs=runs, searches=_of_runs(searches, runs))
        new = dict(zip(runs, train(part, datasets), strict=True))
        traces |= new
    return [traces[run] for run in fleet.runs]


def _in_turn(fleet: Fleet) -> list[tuple[Run, ...]]:
    """Cut a fleet into those that train one after another, all variants of a rate together."""
    rows: dict[float, list[Run]] = defaultdict(list)  # each variant's runs, by rate
    for start in range(0, len(fleet.runs), fleet.seeds):
        row = fleet.runs[start : start + fleet.seeds]
        rows[row[0].training.learning_rate].extend(row)
    first = {run for s in fleet.searches if isinf(s.best) for run in s.first}
    begun = [rate for rate, runs in rows.items() if not first.isdisjoint(runs)]
    centre = [log(rate) for rate in begun or rows]
    middle = sum(centre) / len(centre)
    turns = [[run for rate in begun for run in rows.pop(rate)]] if begun else []
    most = most_runs(fleet.runs[0])
    for rate in sorted(rows, key=lambda rate: abs(log(rate) - middle)):
        fits = len(turns) > bool(begun) and len(turns[-1]) + len(rows[rate]) <= most
        turns[-1:] = [turns[-1] + rows[rate]] if fits else [*turns[-1:], rows[rate]]
    # A fleet's variants are neighbours where they share their activation.
    places = {run: place for place, run in enumerate(fleet.runs)}
    return [tuple(sorted(turn, key=places.__getitem__)) for turn in turns]


def _of_runs(searches: Sequence[Search], runs: Sequence[Run]) -> tuple[Search, ...]:
    among = set(runs)
    return tuple(s for s in searches if any(not among.isdisjoint(c) for c in s.candidates))


def _up_to_date(search: Search, new: dict[Run, Trace]) -> Search:
    """Return the search with the best score that is known by now.

    Args:
        search: as it stood a turn before.
        new: what the turn left. All runs of a candidate have one rate, and so one turn.

    """
    best = search.best
    for candidate in search.candidates:
        if all(run in new for run in candidate):
            score = score_of([Progress.of(new[run], search.goals) for run in candidate])
            best = best if score is None else min(best, score.log_updates)
    return replace(search, best=best)
