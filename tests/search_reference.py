"""The choice of learning rates by brute force, in plain numbers.

Every rate is trained to the end; nothing here knows of fleets, or of runs that stop.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from analysis.helpers import BUDGET, SCHEDULE, make_trace
from hypothesis import strategies as st

from experiments.analysis.tuning import Found
from experiments.records import Goals, Run, Search, Trace
from experiments.study import Claim, MeasureClaim, Objective, Setting, Study, TimeClaim

Whole = Callable[[Run], Trace]
"""Tells what a run leaves that nothing stops."""


def left_of(trace: Trace, evaluations: int) -> Trace:
    """What is left of a whole run that is stopped after so many evaluations."""
    if evaluations >= len(trace.updates):
        return trace
    return replace(
        trace,
        updates=trace.updates[:evaluations],
        values=trace.values[:evaluations],
        status="stopped early",
    )


def crossing(trace: Trace, metric: str, target: float) -> tuple[int, float] | None:
    """The evaluation at which a whole run reached a target, and the logarithm of the time."""
    values, updates = trace.metric(metric).tolist(), trace.updates.tolist()
    if trace.status == "diverged":
        values = values[:-1]
    for place, value in enumerate(values):
        if value >= target if metric.endswith("accuracy") else value <= target:
            after = math.log(max(1, updates[place]))
            if place == 0 or updates[place - 1] == 0 or not math.isfinite(values[place - 1]):
                return place, after
            before = math.log(updates[place - 1])
            share = (target - values[place - 1]) / (value - values[place - 1])
            return place, before + (after - before) * share
    return None


@dataclass
class Told:
    """What a run tells at some evaluation: a time to each goal, whether it is no more than that."""

    logs: list[float]
    open: list[bool]
    over: bool  # nothing more will be told


def told(trace: Trace, goals: Goals, evaluation: int) -> Told:
    """What a whole run has told of its times by an evaluation; its last counts beyond it."""
    last = len(trace.updates) - 1
    now = min(evaluation, last)
    logs, still_open = [], []
    for metric, target in goals:
        found = crossing(trace, metric, target)
        there = found is not None and found[0] <= now
        if there:
            logs.append(found[1])
        elif now == last:
            logs.append(math.log(2 * trace.budget))
        else:
            logs.append(math.log(max(1, int(trace.updates[now]))))
        still_open.append(not there)
    return Told(logs, still_open, now == last or (bool(goals) and not any(still_open)))


def last_loss(trace: Trace, goals: Goals) -> float:
    """The loss when the last goal was reached, or at the end; infinite after a divergence."""
    found = [crossing(trace, *goal) for goal in goals]
    if goals and None not in found:
        return float(trace.metric("train_loss")[max(place for place, _ in found)])
    return math.inf if trace.status == "diverged" else float(trace.metric("train_loss")[-1])


def mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers) if math.inf not in numbers else math.inf


@dataclass
class Judged:
    """A rate: its score, or what that is at least, goal by goal."""

    log_updates: float
    loss: float
    times: list[tuple[float, bool]]
    evaluation: int  # at which it was known
    at_least: bool = False
    cost: float = 0.0  # of the metric that is asked for, so that less is better


def cost_of(trace: Trace, wish: tuple[str, str] | None) -> float:
    """The metric that a rate is chosen by at its moment, so that less is better."""
    if wish is None:
        return 0.0
    metric, moment = wish
    if trace.status == "diverged":
        return math.inf
    sign = -1 if metric.endswith("accuracy") else 1
    values = trace.metric(metric).tolist()
    read = {"end": values[-1], "highest": max(values), "lowest": min(values)}[moment]
    return sign * read if math.isfinite(read) else math.inf


def judged(
    traces: Sequence[Trace],
    goals: Goals,
    best: float | None = None,
    wish: tuple[str, str] | None = None,
) -> Judged:
    """Judge a rate by its whole runs; with the best score, by as much of them as it takes."""
    longest = max(len(trace.updates) for trace in traces)
    for evaluation in range(longest):
        state = [told(trace, goals, evaluation) for trace in traces]
        times = [
            (mean([run.logs[goal] for run in state]), any(run.open[goal] for run in state))
            for goal in range(len(goals))
        ]
        log_updates = mean([log for log, _ in times]) if goals else 0.0
        if all(run.over for run in state):
            losses = [last_loss(trace, goals) for trace in traces]
            cost = mean([cost_of(trace, wish) for trace in traces])
            return Judged(log_updates, mean(losses), times, evaluation, cost=cost)
        if best is not None and log_updates > best + 1e-9:
            return Judged(log_updates, math.nan, times, evaluation, at_least=True)
    raise AssertionError("a whole run is over at its end")


@dataclass
class Choice:
    """What a search ends with."""

    rates: list[float]
    scores: list[Judged]
    best: int

    @property
    def rate(self) -> float:
        return self.rates[self.best]


def search(
    settings: Sequence[Setting],
    goals: Goals,
    study: Study,
    seed: int,
    whole: Whole,
    wish: tuple[str, str] | None = None,
    variant: int = 0,
) -> Choice:
    """Search the rate that settings share for one evaluation seed, at one value beside it."""
    tuning = study.tuning
    rates, down, up = [tuning.low], 0, 0
    while rates[-1] * 2 <= tuning.high * (1 + 1e-9):
        rates.append(rates[-1] * 2)
    numbers = [seed * tuning.seeds + i for i in range(tuning.seeds)]

    def traces(rate: float) -> list[Trace]:
        return [whole(at_value(s, number, rate)) for s in settings for number in numbers]

    def at_value(setting: Setting, number: int, rate: float) -> Run:
        if setting.variants:
            value = setting.variants[variant]
            setting = replace(setting, network=value.network, training=value.training, variants=())
        return setting.run("tuning", number, rate)

    while True:
        scores = [judged(traces(rate), goals, wish=wish) for rate in rates]
        order = sorted(
            range(len(rates)),
            key=lambda i: (scores[i].log_updates, scores[i].cost, scores[i].loss, i),
        )
        best = order[0]
        grown = False
        if best == 0 and down < tuning.extensions:
            rates, down, grown = [rates[0] / 2, *rates], down + 1, True
        elif best == len(rates) - 1 and up < tuning.extensions:
            rates, up, grown = [*rates, rates[-1] * 2], up + 1, True
        if not grown:
            least = scores[best].log_updates
            return Choice(rates, [judged(traces(rate), goals, least, wish) for rate in rates], best)


def choose(
    settings: Sequence[Setting],
    goals: Goals,
    study: Study,
    seed: int,
    whole: Whole,
    wish: tuple[str, str] | None = None,
) -> tuple[int, Choice]:
    """Search the rates at each value of what else is tuned; take the value whose best is best."""
    count = max(1, len(settings[0].variants))
    found = [search(settings, goals, study, seed, whole, wish, value) for value in range(count)]

    def best(value: int) -> tuple[float, float, float, int]:
        score = found[value].scores[found[value].best]
        return score.log_updates, score.cost, score.loss, value

    value = min(range(count), key=best)
    return value, found[value]


NOT_JUDGED = {"test_loss": "validation_loss", "test_accuracy": "validation_accuracy"}
"""What rates are chosen by, where runs are judged by the test part."""


def goals_of(claim: Claim | None) -> Goals:
    """The targets that runs are tuned for which a claim is judged by."""
    if isinstance(claim, TimeClaim):
        metric = NOT_JUDGED.get(claim.metric, claim.metric)
        return tuple((metric, target) for target in sorted(claim.targets))
    return ()


def wish_of(claim: Claim | None) -> tuple[str, str] | None:
    """The metric that runs are tuned for which a claim is judged by, and its moment."""
    if isinstance(claim, MeasureClaim) and claim.measure.at != "start":
        name = NOT_JUDGED.get(claim.measure.name, claim.measure.name)
        if name in ("validation_loss", "validation_accuracy"):
            return name, claim.measure.at
    return None


def asked_of(objective: Objective) -> tuple[Goals, tuple[str, str] | None]:
    """What an objective asks of a search here: goals, and a metric with its moment."""
    return objective.goals, (objective.metric, objective.at) if objective.metric else None


def sharing(study: Study, claim: Claim | None, setting: Setting) -> list[Setting]:
    """The settings that have one rate with another where a claim is judged, itself among them."""
    if not setting.one_rate:
        return [setting]
    if claim is None:
        differing = {axis.name for axis in study.axes} - {"protocol"}
    elif len(claim.arms) == 2:
        one, other = (dict(arm) for arm in claim.arms)
        differing = {axis for axis in one if one[axis] != other[axis]}
    else:
        differing = {axis for arm in claim.arms for axis, _ in arm}

    def rest(of: Setting) -> dict[str, str]:
        return {axis: label for axis, label in of.labels if axis not in differing}

    return [other for other in study.settings if rest(other) == rest(setting)]


def first_claim(study: Study) -> Claim | None:
    """The claim that the runs are tuned for which every setting has."""
    return next(iter((*study.time_claims, *study.claims)), None)


def assert_found(found: Found, expected: Choice) -> None:
    """Compare what a search found with what it should."""
    assert list(found.space.rates) == pytest.approx(expected.rates, rel=1e-15)
    assert found.best == expected.best
    assert found.rate == found.space.rates[found.best]
    assert found.at_edge == (expected.best in (0, len(expected.rates) - 1))
    for score, reference in zip(found.scores, expected.scores, strict=True):
        assert score.at_least == reference.at_least
        assert score.log_updates == pytest.approx(reference.log_updates, rel=1e-12, abs=1e-12)
        assert score.last_loss == pytest.approx(reference.loss, rel=1e-12, nan_ok=True)
        assert score.measured == pytest.approx(reference.cost, rel=1e-12, abs=1e-12)
        assert [time.at_least for time in score.times] == [least for _, least in reference.times]
        assert [time.log_updates for time in score.times] == pytest.approx(
            [log for log, _ in reference.times], rel=1e-12, abs=1e-12
        )


def ends(
    runs: Sequence[Run], searches: Sequence[Search], whole: Mapping[Run, Trace]
) -> dict[Run, int]:
    """The evaluations that each run of a fleet should leave, if its searches let them stop."""
    bests = [search.best for search in searches]
    kept: dict[Run, int] = {}
    evaluations = max(len(whole[run].updates) for run in runs)
    for evaluation in range(evaluations):
        states = [
            {run: told(whole[run], search.goals, evaluation) for run in runs} for search in searches
        ]

        def bound(search: int, candidate: Sequence[Run], now: list[dict[Run, Told]]) -> float:
            told_now = [now[search].get(run) for run in candidate]
            logs = [mean(t.logs) if t is not None and t.logs else 0.0 for t in told_now]
            return mean(logs)  # of a run that trains elsewhere nothing is known

        for number, search in enumerate(searches):
            for candidate in search.candidates:
                if all(run in whole and states[number][run].over for run in candidate):
                    bests[number] = min(bests[number], bound(number, candidate, states))
        wanted = {
            run
            for number, search in enumerate(searches)
            for candidate in search.candidates
            if bound(number, candidate, states) <= bests[number] + 1e-9
            for run in candidate
            if run in whole and not states[number][run].over
        }
        for run in runs:
            if run not in wanted:
                kept.setdefault(run, min(evaluation + 1, len(whole[run].updates)))
    return kept


def wandering(seed: int, *, noise: float, lost: float, step: float = 0.0) -> Whole:
    """A made-up response to learning rates, the same each time: losses wander as they fall.

    Args:
        seed: of all that is drawn.
        noise: of times and of losses; with none, what arms lose and gain would add up to ties.
        lost: the share of runs that diverge.
        step: to which losses are rounded, so that rates tie.

    """
    known: dict[Run, Trace] = {}

    def draw(run: Run) -> Trace:
        rng = np.random.default_rng([seed, zlib.crc32(repr(run).encode())])
        arm = np.random.default_rng([seed, zlib.crc32(repr(run.network).encode())])
        best = 2.0 ** arm.uniform(-5, 2)
        time = 6 * 2 ** (abs(np.log2(run.training.learning_rate / best)) + noise * rng.normal())
        count = len(SCHEDULE)
        falling = 2 - 1.5 * np.log(np.maximum(SCHEDULE, 1)) / np.log(max(time, 1.5))
        loss = np.maximum(falling + 0.3 * noise * rng.normal(size=count), 0.05)
        if step:
            loss = np.round(loss / step) * step + step
        accuracy = np.clip(1 - loss / 3 + 0.05 * noise * rng.normal(size=count), 0, 1)
        # What is not judged tells another story, at other rates than the training loss.
        held_out = np.clip(0.9 - loss / 4 + 0.2 * noise * rng.normal(size=count), 0, 1)
        if step:
            held_out = np.round(held_out / 0.1) * 0.1
        status, end = "completed", count
        if rng.uniform() < lost:
            status, end = "diverged", int(rng.integers(1, count + 1))
            loss[end - 1] = rng.choice([np.nan, np.inf, -np.inf])
        return make_trace(
            SCHEDULE[:end], status=status, budget=BUDGET,
            train_loss=loss[:end], test_accuracy=accuracy[:end],
            validation_accuracy=held_out[:end], validation_loss=1 - held_out[:end],
        )  # fmt: skip

    def respond(run: Run) -> Trace:
        if run not in known:
            known[run] = draw(run)
        return known[run]

    return respond


responses = st.builds(
    wandering,
    st.integers(0, 2**32),
    noise=st.sampled_from([0.1, 0.3, 1.0]),
    lost=st.sampled_from([0.0, 0.2, 1.0]),
)
ties = st.builds(
    wandering,
    st.integers(0, 2**32),
    noise=st.sampled_from([0.1, 0.3, 1.0]),
    lost=st.sampled_from([0.0, 0.2]),
    step=st.just(0.5),
)
"""Rates tie in time and in loss. For two runs of a rate at most: of more, the mean of the same
numbers in another order may differ in its last bit, which then decides."""
