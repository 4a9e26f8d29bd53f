"""How learning rates are compared: the score of a run towards goals, and what it is at least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.goals import at_or_beyond, until
from experiments.hitting_times import updates_to_target
from experiments.records import Goals, Trace

PENALTY = 2.0
"""A run that does not reach a target counts as this many times its budget, in a search only.

The penalised average of algorithm configuration, "PAR" (Hutter, Hoos, Leyton-Brown & Stützle
2009, section 2). No verdict ever reads it: there, such a run is censored.
"""

MARGIN = 1e-9
"""By how much a bound must be beyond the best score, so that rounding cannot rule out a tie."""


@dataclass(frozen=True, slots=True)
class Time:
    """How long a candidate took to one goal: the mean of log(updates) over its runs."""

    log_updates: float
    at_least: bool  # whether it may be more: not all of its runs reached the goal, as far as known


@dataclass(frozen=True, slots=True)
class Score:
    """How a candidate did: less is better, as `order` compares."""

    log_updates: float  # mean over its runs and goals of log(updates), 0 without goals
    last_loss: float  # the training loss last read, infinite after a divergence
    at_least: bool = False  # it was ruled out before more was known; the loss is NaN then
    times: tuple[Time, ...] = ()  # to each of the goals
    measured: float = 0.0  # the objective's own metric, so that less is better; 0 without one

    @property
    def order(self) -> tuple[bool, float, float, float]:
        """What scores are compared by; what was ruled out is behind all others."""
        return self.at_least, self.log_updates, self.measured, self.last_loss


@dataclass(frozen=True, slots=True)
class Progress:
    """What one run tells of its score: a lower bound at each evaluation, and the score itself.

    The bound is the mean over the goals of log(u): of the time u at which it was reached, or of
    the number of updates made by then if it was not, since it cannot be reached earlier.
    """

    by_goal: np.ndarray  # (goals, T), the logarithms; the last is the score, where that is known
    reached: np.ndarray  # (goals, T), whether each was reached by then
    score: Score | None  # None of a run that was stopped before it had reached the goals

    @classmethod
    def of(cls, trace: Trace, goals: Goals, measured: float = 0.0) -> Progress:
        """Read the trace of a run, whatever else was asked of it, as if for these goals alone.

        Args:
            trace: of a run that may have been stopped early.
            goals: of the objective.
            measured: the objective's own metric, so that less is better.

        """
        if trace.status == "failed":  # whatever the others did, it is not chosen
            return cls._of_nothing(len(goals), measured)
        whole = until(trace, goals)
        trace = trace if whole is None else whole
        now = np.log(np.maximum(1, trace.updates))
        shape = len(goals), len(now)
        by_goal, reached = np.empty(shape), np.zeros(shape, bool)
        for row, (metric, target) in enumerate(goals):
            time = updates_to_target(trace, metric, target)
            if not time.censored:  # what is read as a run diverges is no result
                there = at_or_beyond(trace.metric(metric), metric, target)
                reached[row] = np.logical_or.accumulate(there)
            by_goal[row] = np.where(reached[row], np.log(time.time), now)
            if time.censored and whole is not None:
                by_goal[row, -1] = np.log(time.time * PENALTY)
        if whole is None:
            return cls(by_goal, reached, None)
        diverged = trace.status == "diverged"
        loss = np.inf if diverged else float(trace.metric("train_loss")[-1])
        score = _score(by_goal[:, -1], reached[:, -1], loss, measured=measured)
        return cls(by_goal, reached, score)

    @classmethod
    def _of_nothing(cls, goals: int, measured: float) -> Progress:
        never, not_there = np.full((goals, 1), np.inf), np.zeros((goals, 1), bool)
        score = _score(never[:, -1], not_there[:, -1], np.inf, measured=measured)
        return cls(never, not_there, score)

    @property
    def bounds(self) -> np.ndarray:
        """The lower bound of the score at each evaluation, (T,), never decreasing."""
        if not len(self.by_goal):
            return np.zeros(self.by_goal.shape[1])
        return self.by_goal.mean(axis=0)


def _score(
    logs: np.ndarray,
    reached: np.ndarray,
    loss: float,
    *,
    at_least: bool = False,
    measured: float = 0.0,
) -> Score:
    """Return the score of one run or candidate, given its logarithms at each goal."""
    times = tuple(Time(float(log), not there) for log, there in zip(logs, reached, strict=True))
    return Score(float(logs.mean()) if len(logs) else 0.0, loss, at_least, times, measured)


def score_of(runs: Sequence[Progress | None]) -> Score | None:
    """Return how a candidate did, given its runs, once the score of each is known."""
    scores = [run.score for run in runs if run is not None and run.score is not None]
    return mean_score(scores) if len(scores) == len(runs) else None


def mean_score(scores: Sequence[Score]) -> Score:
    """Return the mean of scores, each number for itself."""
    if len(scores) == 1:
        return scores[0]
    logs = np.mean([[time.log_updates for time in score.times] for score in scores], axis=0)
    reached = ~np.any([[time.at_least for time in score.times] for score in scores], axis=0)
    loss, measured = (
        float(np.mean([getattr(score, name) for score in scores]))
        for name in ("last_loss", "measured")
    )
    return _score(logs, reached, loss, measured=measured)


def ruled_out(runs: Sequence[Progress | None], best: float) -> Score | None:
    """Return what a candidate scores at least when it can no longer be the best, if it ever can't.

    That is at the first evaluation at which the mean of its runs' bounds is beyond the best score.
    It does not depend on how much farther the runs were trained, nor on when the best was known.

    Args:
        runs: of the candidate; None of one that was not trained.
        best: the mean log updates of the best candidate.

    Returns:
        None where the runs have been trained too little to tell, or the score is known by then.

    """
    if any(run is None for run in runs):
        return None
    longest = max(run.by_goal.shape[1] for run in runs)
    bounds = np.mean([_to_length(run, run.bounds, longest) for run in runs], axis=0)  # (T,)
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero(bounds > best + MARGIN)
    if not len(beyond):
        return None
    first = int(beyond[0])
    if all(run.score is not None and run.by_goal.shape[1] <= first + 1 for run in runs):
        return None
    at = [min(first, run.by_goal.shape[1] - 1) for run in runs]  # who has ended stays there
    logs = np.mean([run.by_goal[:, i] for run, i in zip(runs, at, strict=True)], axis=0)
    reached = np.all([run.reached[:, i] for run, i in zip(runs, at, strict=True)], axis=0)
    return _score(logs, reached, np.nan, at_least=True)


def _to_length(run: Progress, bounds: np.ndarray, length: int) -> np.ndarray:
    """Go on with a run's score where it has ended; with NaN where it was stopped."""
    missing = length - len(bounds)
    if not missing:
        return bounds
    last = np.nan if run.score is None else run.score.log_updates
    return np.concatenate([bounds, np.full(missing, last)])
