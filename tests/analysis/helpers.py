"""Studies from text, traces with a closed form, results that nobody had to train, exact walks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import numpy as np

from experiments import config
from experiments.analysis.inference import PairedTimes, log_ratios
from experiments.analysis.looks import Design
from experiments.analysis.results import Results
from experiments.execution.plan import Stored, next_runs, plan
from experiments.hitting_times import HittingTime
from experiments.records import METRICS, Run, Trace
from experiments.study import Study

BUDGET = 256

FIXED = Design(0.05)
"""A number of pairs that was fixed beforehand, at 95 %."""

SCHEDULE = np.unique([0, *np.ceil(np.round(2 ** (np.arange(33) / 4), 9))]).astype(np.int64)

Respond = Callable[[Run], Trace]


def read(text: str, *overrides: str, name: str = "study") -> Study:
    return config.loads(textwrap.dedent(text), name, overrides)


def make_trace(
    updates: Iterable[int],
    *,
    status: str = "completed",
    budget: int | None = None,
    seconds: float = 0.0,
    **metrics: Iterable[float],
) -> Trace:
    """A trace with the columns given; the others are NaN, as of a part that the data lacks."""
    updates = np.asarray(updates, dtype=np.int64)
    values = np.full((len(updates), len(METRICS)), np.nan)
    for name, column in metrics.items():
        values[:, METRICS.index(name)] = list(column)
    return Trace(updates, values, status, int(updates[-1]) if budget is None else budget, seconds)


def arriving(
    time: float, target: float = 0.5, *, diverges_after: int | None = None, floor: float = 0.01
) -> Trace:
    """A whole trace whose training loss is linear in log(updates) and meets `target` at `time`.

    A time beyond BUDGET is a run that does not reach the target. With `diverges_after` the first
    evaluation after that many updates is the last and is not finite.
    """
    late = np.maximum(SCHEDULE, 1)
    slope = (2.0 - target) / np.log(time)
    loss = np.where(SCHEDULE == 0, 2.5, 2.0 - slope * np.log(late))
    loss = np.where(np.roll(loss, 1) > target, loss, np.maximum(loss, floor))
    accuracy = np.clip(1 - np.abs(loss) / 3, 0, 1)
    columns = {name: accuracy if name.endswith("accuracy") else loss.copy() for name in METRICS}
    updates, status = SCHEDULE, "completed"
    if diverges_after is not None:
        last = int(np.flatnonzero(diverges_after < SCHEDULE)[0])
        updates, status = SCHEDULE[: last + 1], "diverged"
        columns = {name: column[: last + 1].copy() for name, column in columns.items()}
        columns["train_loss"][-1] = np.nan
    return make_trace(updates, status=status, budget=BUDGET, **columns)


def at(*times: float) -> list[HittingTime]:
    """Hitting times; a negative one is censored at its absolute value."""
    return [HittingTime(abs(time), censored=time < 0) for time in times]


def paired(a: Sequence[HittingTime], b: Sequence[HittingTime], design: Design) -> PairedTimes:
    """The ratios of pairs of times."""
    return PairedTimes(log_ratios(a, b), design)


class Memory:
    """A store that holds its traces in a dictionary."""

    def __init__(self, traces: dict[Run, Trace] | None = None) -> None:
        self.traces = dict(traces or {})

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        return [run for run in dict.fromkeys(runs) if run not in self.traces]

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        return {run: self.traces[run] for run in runs if run in self.traces}

    def failed(self) -> dict[str, int]:
        return {}


def finish(study: Study, memory: Memory, respond: Respond) -> list[list[Run]]:
    """Give the study every run it asks for; return what it asked, round by round."""
    rounds = []
    while runs := next_runs(study, memory):
        assert len(rounds) < 100, "the study never ends"
        rounds.append(runs)
        memory.traces |= {run: respond(run) for run in runs}
    return rounds


def gather(study: Study, store: Stored) -> Results:
    """The results of a study of which no run is missing."""
    return plan(study, store).results


def results_of(study: Study, respond: Respond) -> Results:
    memory = Memory()
    finish(study, memory, respond)
    return gather(study, memory)


def parabola(best: float, fastest: float = 8.0) -> Callable[[float], float]:
    """The time to a target by learning rate: `fastest` at the best rate, 4^steps away from it."""
    return lambda rate: fastest * 2.0 ** abs(np.log2(rate / best))


def toss(alive: dict[int, Fraction], chance: Fraction) -> dict[int, Fraction]:
    """Toss once more: the probability of each number of hits."""
    after: dict[int, Fraction] = {}
    for hits, p in alive.items():
        after[hits] = after.get(hits, 0) + p * (1 - chance)
        after[hits + 1] = after.get(hits + 1, 0) + p * chance
    return after


def crossing(
    looks: Sequence[int], cuts: Sequence[int], chance: Fraction
) -> tuple[Fraction, Fraction]:
    """The exact chance that a walk is ever beyond its boundary, and how many steps it takes.

    It is beyond it with so few hits, or so few misses, at a look, and stops there. Step by step
    and in fractions, where the package goes from look to look in floats.
    """
    alive, crossed, steps = {0: Fraction(1)}, Fraction(0), Fraction(0)
    for n in range(1, looks[-1] + 1):
        alive = toss(alive, chance)
        if n in looks:
            cut = cuts[looks.index(n)]
            beyond = {hits for hits in alive if min(hits, n - hits) <= cut}
            out = sum(alive[hits] for hits in beyond)
            crossed += out
            steps += n * out
            alive = {hits: p for hits, p in alive.items() if hits not in beyond}
    return crossed, steps + looks[-1] * sum(alive.values())
