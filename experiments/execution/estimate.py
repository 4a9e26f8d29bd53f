"""What a study would still run, and about how long that would take."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from experiments import datasets
from experiments.analysis.targets import pilot_runs
from experiments.execution.at_most import searched_at_most
from experiments.execution.backends import workers_for
from experiments.execution.executing import execute
from experiments.execution.expected import searched, still_open
from experiments.execution.fleets import cut, cut_searches, multiplications, shape_of
from experiments.execution.measuring import measures_times, one_by_one
from experiments.execution.plan import Stored, plan
from experiments.nn.schedule import (
    evaluation_updates,
    examples_read,
    total_updates,
    updates_per_epoch,
)
from experiments.processes import cores
from experiments.records import Evaluation, Fleet, Run
from experiments.study import Study

PROBE_UPDATES, PROBE_SECONDS = 30, 1.0
"""How many updates of a fleet are timed to tell how fast this machine is, and for about how long at
most: those of large networks are slow enough to be timed by few."""

MOST_PROBES = 24
"""Of how many shapes of networks a fleet is timed; the rest is judged by its multiplications."""

SEARCHED = 0.5
"""About the share of their updates that runs of searches make until they stop, with new rates."""

WORKERS = 1.5
"""About the seconds that it takes until the workers train, where there are several."""

START, EACH_SETTING, EACH_RUN, TIMES = 2.8, 0.1, 3e-4, 1.0
"""About the seconds that starting and writing a report take: at all, and for what it is about."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Runs by stage, and the seconds that the missing ones would take."""

    tuning_runs: int
    tuning_stored: int
    evaluation_runs: int
    evaluation_stored: int
    rates_chosen: bool  # False: the evaluation's runs are known in number only
    seconds: float
    jobs: int
    most_runs: int  # of both stages, if all searches grow and all seeds are added
    most_seconds: float
    pilot_runs: int = 0  # which set targets before anything is searched for
    pilot_stored: int = 0


def forecast(study: Study, store: Stored, jobs: int) -> Forecast:
    """Count what is stored and estimate the rest; nothing is stored or trained to the end.

    The seconds count on runs of searches that stop early. What is told first is the least: no
    search grows, and no seeds are added. The most is told besides.
    """
    known, pilots = plan(study, store), set(pilot_runs(study))
    everything = list(dict.fromkeys(run for _, runs in searched(known) for run in runs))
    open_runs = list(dict.fromkeys(run for *_, run in still_open(known)))
    tuning, at_once = known.tuning, jobs or cores()
    if known.pilots:  # what the searches are for is not known yet
        tuning = tuple(everything)
    others = [*known.evaluation, *open_runs]
    alone = one_by_one(run for run in others if measures_times(run))
    fleets = cut([*known.pilots, *(run for run in others if not measures_times(run))], at_once)
    searching = cut_searches(
        tuning, [standing.search for standing in known.searches], at_once, known.tuning_seeds
    )
    processes = workers_for([*fleets, *searching], jobs)
    evaluation_runs = len(known.runs) + len(open_runs)
    most_searched = searched_at_most(known, len(everything))
    most_evaluated = evaluation_runs * study.seeds.most // known.seeds
    training, measuring = _seconds([*fleets, *searching], processes), _seconds(alone, 1)
    # Of each stage as many times the seconds as there are runs to be trained.
    more_searched = _times(most_searched - len(everything), len(tuning))
    more_evaluated = _times(most_evaluated - evaluation_runs, len(others))
    share = _work(searching) / max(1.0, _work([*fleets, *searching]))
    more = training * (share * more_searched + (1 - share) * more_evaluated)
    least = _report(study, evaluation_runs) + training + measuring
    return Forecast(
        tuning_runs=len(everything),
        tuning_stored=len(everything) - len(tuning),
        evaluation_runs=evaluation_runs,
        evaluation_stored=len(known.runs) - len(known.evaluation),
        rates_chosen=not tuning,
        seconds=least,
        jobs=processes,
        most_runs=most_searched + most_evaluated,
        most_seconds=least + more + measuring * more_evaluated,
        pilot_runs=len(pilots),
        pilot_stored=len(pilots) - len(known.pilots),
    )


def _times(more: int, now: int) -> float:
    """Return how many times as many there are to come besides, 0 where there are none now."""
    return more / now if now else 0.0


def _work(fleets: list[Fleet]) -> float:
    return sum(multiplications(fleet) * _share(fleet) for fleet in fleets)


def _report(study: Study, runs: int) -> float:
    """Estimate the seconds that everything but the training takes."""
    drawn = TIMES if study.time_claims else 0.0
    return START + EACH_SETTING * len(study.settings) + EACH_RUN * runs + drawn


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds that one run of a fleet takes here, while no other fleet trains."""

    start: float  # its data and its starting weights
    evaluation: float
    update: float

    def of(self, run: Run) -> float:
        """Return the seconds of a whole run of such a shape."""
        shape = datasets.shape(run.data)
        evaluations = len(evaluation_updates(run.evaluation, run.training, shape))
        updates = total_updates(run.training, shape)
        return self.start + evaluations * self.evaluation + updates * self.update


def _seconds(every: list[Fleet], processes: int) -> float:
    """Estimate the seconds of fleets, the longest first, from short ones of each shape."""
    if not every:
        return 0.0
    groups: dict[Run, list[Fleet]] = {}
    for fleet in every:
        groups.setdefault(shape_of(fleet.runs[0]), []).append(fleet)
    seconds, measured, unmeasured = 0.0, 0.0, 0.0
    for number, fleets in enumerate(groups.values()):
        work = _work(fleets)
        if number < MOST_PROBES:
            costs = _measure(fleets[0])
            seconds += sum(costs.of(run) * _share(fleet) for fleet in fleets for run in fleet.runs)
            measured += work
        else:
            unmeasured += work
    started = WORKERS if processes > 1 else 0.0
    return started + seconds * (1 + unmeasured / measured) / processes


def _share(fleet: Fleet) -> float:
    """Return about which share of their updates the runs of a fleet make."""
    stops = fleet.searches and all(search.goals for search in fleet.searches)
    return SEARCHED if stops else 1.0


def _measure(fleet: Fleet) -> Costs:
    """Time short runs of a fleet: without updates, with some, and with an evaluation at each."""
    run = fleet.runs[0]
    shape = datasets.shape(run.data)
    # As many examples as a whole run reads each time, which a short one would choose otherwise.
    evaluation = replace(
        run.evaluation, examples=examples_read(run.evaluation, run.training, shape)
    )
    born = _short(fleet, 0, evaluation)
    execute(born)  # the first time loads data and libraries
    start = _time(born)
    total = total_updates(run.training, shape)
    if total < 2:
        return Costs(start / len(fleet.runs), 0.0, 0.0)
    per_epoch = updates_per_epoch(run.training, shape)
    at_ends = replace(evaluation, per_doubling=None, every=None, at=(0.0,))
    at_each = replace(evaluation, per_doubling=None, every=1 / per_epoch, at=None)
    two = _time(_short(fleet, 2 / per_epoch, at_ends))
    in_time = 2 + round(2 * PROBE_SECONDS / max(two, 1e-9))
    updates = min(PROBE_UPDATES, total, in_time)
    seldom = _time(_short(fleet, updates / per_epoch, at_ends))
    often = _time(_short(fleet, updates / per_epoch, at_each))
    evaluation = max(0.0, (often - seldom) / (updates - 1))
    update = max(0.0, (seldom - start - evaluation) / updates)
    count = len(fleet.runs)
    return Costs(max(0.0, start - evaluation) / count, evaluation / count, update / count)


def _short(fleet: Fleet, epochs: float, evaluation: Evaluation) -> Fleet:
    training = replace(fleet.runs[0].training, epochs=epochs)
    return Fleet(
        tuple(
            replace(
                run,
                training=replace(training, learning_rate=run.training.learning_rate),
                evaluation=evaluation,
            )
            for run in fleet.runs
        ),
        fleet.seeds,
    )


def _time(fleet: Fleet) -> float:
    started = time.perf_counter()
    execute(fleet)
    return time.perf_counter() - started
