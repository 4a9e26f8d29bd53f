"""How many runs a study may need at most: as searches grow, and as pairs are added."""

from __future__ import annotations

from experiments.analysis.tuning import SearchSpace, Subject, candidates, subjects
from experiments.execution.plan import Plan
from experiments.records import Run
from experiments.study import Tuning


def searched_at_most(known: Plan, now: int) -> int:
    """Return the runs of all searches if each goes on for as long as it may.

    A search goes on at one end alone: whatever it adds there either is the best by now, or leaves
    the best where it was, inside.

    Args:
        known: how far the study has come.
        now: the runs of its searches as far as they have come, for the pairs asked for by now.

    """
    study, tuning = known.study, known.study.tuning
    if tuning is None:
        return 0
    every, spaces, found = subjects(study), known.spaces or {}, known.found or {}
    first = SearchSpace.first(tuning)
    of_these = sum(
        _growth(subject, spaces.get((subject, seed), first), tuning)
        for seed in range(known.seeds)
        for subject in every
        if (subject, seed) not in found
    )
    fresh: set[Run] = {
        run
        for subject in every
        for some in candidates(subject, known.seeds, first.rates, tuning)
        for run in some
    }
    of_another = len(fresh) + sum(_growth(subject, first, tuning) for subject in every)
    return now + of_these + (study.seeds.most - known.seeds) * of_another


def _growth(subject: Subject, space: SearchSpace, tuning: Tuning) -> int:
    """Return the runs that a search would still add, if it went on for as long as it may."""
    rates = tuning.extensions - max(space.grown_down, space.grown_up)
    return rates * tuning.seeds * len(subject.settings)
