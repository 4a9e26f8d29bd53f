"""Which runs of a fleet go on: those that some search still asks about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.goals import at_or_beyond
from experiments.records import METRICS, Goals, Run, Search
from experiments.scores import MARGIN, PENALTY


class Stopping:
    """Follows the searches that the runs of a fleet are candidates of.

    A search takes the candidate with the lowest mean of log(updates) to its goals. At every
    evaluation the score of a candidate has a lower bound: what it would be if each goal that is
    still missing were reached with the very next update. A run is not asked about any more once it
    has reached the goals itself, or its candidate's bound is beyond the score of a candidate that
    has; see `scores.Progress`, which finds the same from traces.

    Args:
        runs: of the fleet, R.
        searches: each with some of the runs among its candidates; none if all runs are to go on.
        budget: the updates of a whole run.

    """

    def __init__(self, runs: Sequence[Run], searches: Sequence[Search], budget: int) -> None:
        self._open_ended = not searches
        self._penalty = np.log(PENALTY * budget) if budget else 0.0
        self._goals = list(dict.fromkeys(goal for s in searches for goal in s.goals))
        self._log_times = np.full((len(runs), len(self._goals)), np.nan)  # until they are reached
        self._before = np.full((len(runs), len(METRICS)), np.nan)  # the metrics read last
        self._last_update = 0
        self._ended = np.zeros(len(runs), bool)
        places = {run: number for number, run in enumerate(runs)}
        self._groups = [
            _Candidates([s for s in searches if s.goals == goals], places, self._columns(goals))
            for goals in dict.fromkeys(search.goals for search in searches)
        ]

    def _columns(self, goals: Goals) -> list[int]:
        return [self._goals.index(goal) for goal in goals]

    def wanted(
        self, update: int, metrics: np.ndarray, diverged: np.ndarray, *, last: bool
    ) -> np.ndarray:
        """Take note of an evaluation and tell which runs are to go on after it, booleans (R,).

        Args:
            update: at which it was made.
            metrics: of all runs, (R, M); NaN of those that no longer train.
            diverged: which runs diverged by now, (R,).
            last: whether it is the last one of the budget.

        """
        if self._open_ended:
            return ~diverged
        for number, (metric, target) in enumerate(self._goals):
            column = METRICS.index(metric)
            now = metrics[:, column]
            there = at_or_beyond(now, metric, target) & ~diverged
            new = there & np.isnan(self._log_times[:, number])
            if new.any():
                before = self._before[new, column]
                self._log_times[new, number] = self._crossing(before, now[new], target, update)
        self._before, self._last_update = metrics.copy(), update
        self._ended |= diverged | last
        reached = ~np.isnan(self._log_times)
        missing = np.where(self._ended, self._penalty, np.log(max(1, update)))[:, None]
        bounds = np.where(reached, self._log_times, missing)  # (R, goals)
        going_on = np.zeros(len(metrics), bool)
        for group in self._groups:
            going_on |= group.wanted(bounds, reached, self._ended)
        return going_on

    def _crossing(
        self, before: np.ndarray, now: np.ndarray, target: float, update: int
    ) -> np.ndarray:
        """Return the logarithm of the hitting times, as `hitting_times` reads them."""
        after = np.log(max(1, update))
        if self._last_update < 1:
            return np.full(len(now), after)
        start = np.log(self._last_update)
        with np.errstate(invalid="ignore"):
            between = start + (after - start) * (target - before) / (now - before)
        return np.where(np.isfinite(before), between, after)


class _Candidates:
    """The candidates of searches that have their goals in common, C of them in S searches."""

    def __init__(
        self, searches: Sequence[Search], places: dict[Run, int], columns: list[int]
    ) -> None:
        self._columns = columns
        self._best = np.array([search.best for search in searches])  # (S,)
        found = [
            (number, [places.get(run, -1) for run in candidate])
            for number, search in enumerate(searches)
            for candidate in search.candidates
            if any(run in places for run in candidate)
        ]
        self._search = np.array([number for number, _ in found])  # (C,)
        size = max(len(runs) for _, runs in found)
        # The places of its runs; -1 is a run that trains elsewhere, -2 none at all.
        self._runs = np.array([runs + [-2] * (size - len(runs)) for _, runs in found])  # (C, K)
        self._counts = (self._runs > -2).sum(axis=1)
        self._here = self._runs >= 0
        self._places = np.maximum(self._runs, 0)  # any place will do where there is none

    def wanted(self, bounds: np.ndarray, reached: np.ndarray, ended: np.ndarray) -> np.ndarray:
        """Tell which runs these searches still ask about, booleans (R,)."""
        if self._columns:
            of_run = bounds[:, self._columns].mean(axis=1)
            done = ended | reached[:, self._columns].all(axis=1)
        else:
            of_run, done = np.zeros(len(bounds)), ended
        here, places = self._here, self._places
        # Of a run that trains elsewhere nothing is known: it may have reached everything at once.
        least = np.where(here, of_run[places], 0.0).sum(axis=1) / self._counts  # (C,)
        finished = (np.where(here, done[places], self._runs == -2)).all(axis=1)
        np.minimum.at(self._best, self._search[finished], least[finished])
        # Wider than the margin with which traces are read, for rounding.
        out = least > self._best[self._search] + 2 * MARGIN
        asked = here & ~out[:, None] & ~done[places]
        going_on = np.zeros(len(bounds), bool)
        going_on[self._runs[asked]] = True
        return going_on
