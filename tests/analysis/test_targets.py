"""Targets that a rule sets: from pilot runs alone, each easier than the next."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.targets import TARGETS, pilot_runs, settle
from experiments.analysis.tuning import SearchSpace
from experiments.execution.plan import next_runs, plan
from experiments.hitting_times import updates_to_target
from experiments.records import METRICS

from .helpers import BUDGET, Memory, arriving, finish, make_trace, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    tuning: {from: 0.25, to: 1, extensions: 1}
    seeds: 6
    claims: [{faster: relu, than: tanh, to: {train_loss: auto}}]
"""


def losses(*values):
    accuracy = 1 - np.clip(np.asarray(values, dtype=float) / 3, 0, 1)
    columns = {name: accuracy if name.endswith("accuracy") else values for name in METRICS}
    return make_trace([0, *2 ** np.arange(len(values) - 1)], budget=BUDGET, **columns)


def settled(respond, *overrides, metric="train_loss"):
    study = read(TEXT.replace("train_loss", metric), *overrides)
    traces = {run: respond(run) for run in pilot_runs(study)}
    return settle(study, traces), traces


def targets_of(respond, *overrides, metric="train_loss"):
    return settled(respond, *overrides, metric=metric)[0].claims[0].targets


def test_pilots_are_three_seeds_of_their_own_at_each_rate_that_searches_start_from():
    study = read(
        TEXT,
        "network.activation=[relu, tanh, sigmoid]",
        "network.depth=[1, 2]",
        "diagnostics=[zeros]",
    )
    runs = pilot_runs(study)
    assert len(set(runs)) == len(runs) == 2 * 2 * 3 * 3  # not of sigmoid, which no claim names
    found = {
        (
            run.network.activation.name,
            len(run.network.widths),
            run.training.learning_rate,
            run.seed,
        )
        for run in runs
    }
    assert found == set(itertools.product(["relu", "tanh"], [1, 2], [0.25, 0.5, 1.0], range(3)))
    assert {(run.stream, run.diagnostics) for run in runs} == {("pilot", ())}


def test_targets_that_are_given_need_no_pilots():
    assert pilot_runs(read(TEXT, "claims.0.to={train_loss: 0.5}")) == []


def test_no_pilot_depends_on_how_many_seeds_there_are():
    expected = pilot_runs(read(TEXT))
    for overrides in (["seeds=50"], ["seeds={min: 6, max: 9}"], ["tuning.seeds=4"]):
        assert pilot_runs(read(TEXT, *overrides)) == expected


def test_targets_by_hand():
    def respond(run):  # relu comes down to 0.1, tanh at its best rate to 0.5
        if run.network.activation.name == "relu":
            return losses(2.0, 1.0, 0.1)
        return losses(2.0, 1.0, 0.5 if run.training.learning_rate == 0.5 else 0.9)

    # 2 / 4^(1/6), 2 / 4^(2/6), ... in two digits, upwards
    assert targets_of(respond) == (1.6, 1.3, 1.0, 0.8, 0.63, 0.5)


def test_targets_of_an_accuracy_by_hand():
    def respond(run):  # an error rate from 0.8 to 0.0125
        columns = {"train_accuracy": [0.2, 0.9875], "train_loss": [2, 1]}
        return make_trace([0, BUDGET], **columns)

    # errors of 0.4, 0.2, 0.1, ...: 0.6, 0.8, 0.9, 0.95, 0.975, 0.9875, downwards
    assert targets_of(respond, metric="train_accuracy") == (0.6, 0.8, 0.9, 0.95, 0.97, 0.98)


def test_the_worst_pilot_seed_counts():
    def respond(run):
        return losses(2.0, 1.0, 0.7 if run.seed else 0.3)

    assert targets_of(respond)[-1] == 0.7


def test_one_rate_has_to_serve_all_pilot_seeds():
    def respond(run):  # at each rate, one of the seeds gets stuck
        stuck = (run.seed == 0) == (run.training.learning_rate == 0.5)
        return losses(2.0, 1.0, 0.9 if stuck else 0.1)

    assert targets_of(respond)[-1] == 0.9


def test_arms_that_the_claim_does_not_name_have_no_say():
    def respond(run):
        return losses(2.0, 1.0, 1.9 if run.network.activation.name == "sigmoid" else 0.5)

    assert targets_of(respond, "network.activation=[relu, tanh, sigmoid]")[-1] == 0.5


def test_targets_that_are_given_stay():
    claims = (
        "claims=[{faster: relu, than: tanh, to: {train_loss: auto}},"
        " {faster: relu, than: tanh, to: {train_loss: [0.9, 0.123]}}]"
    )
    found, _ = settled(lambda run: losses(2.0, 1.0, 0.5), claims)
    assert len(found.claims[0].targets) == TARGETS
    assert found.claims[1].targets == (0.9, 0.123)
    assert [claim.auto for claim in found.claims] == [True, False]


def test_all_but_the_targets_stays():
    study = read(TEXT)
    found, _ = settled(lambda run: losses(2.0, 1.0, 0.5))
    emptied = tuple(replace(claim, targets=()) for claim in found.claims)
    assert replace(found, claims=emptied) == study


curves = st.lists(st.floats(0.002, 3), min_size=3, max_size=3)


@given(st.lists(curves, min_size=18, max_size=18), st.sampled_from(["train_loss", "test_accuracy"]))
@settings(max_examples=100, deadline=None)
def test_targets_run_from_easy_to_the_hardest_that_all_reached(sample, metric):
    which = itertools.count()
    memo = {}

    def respond(run):  # every run learns, if only a little
        if run not in memo:
            first, *later = sample[next(which)]
            memo[run] = losses(3.0, 2.8, *(min(value, 2.6) for value in (first, *later)))
        return memo[run]

    found, traces = settled(respond, metric=metric)
    targets = found.claims[0].targets
    assert 1 <= len(targets) <= TARGETS
    assert len(set(targets)) == len(targets)
    upwards = metric.endswith("accuracy")
    assert list(targets) == sorted(targets, reverse=not upwards)
    for target in targets:
        assert target == float(f"{target:.2g}")
    for setting in found.settings:
        assert any(
            all(
                not updates_to_target(
                    traces[setting.run("pilot", seed, rate)], metric, targets[-1]
                ).censored
                for seed in range(3)
            )
            for rate in SearchSpace.first(found.tuning).rates
        )


@given(st.floats(1e-3, 1.9))
@settings(deadline=None)
def test_rounding_makes_a_target_easier_never_harder(hardest):
    targets = targets_of(lambda run: losses(2.0, 1.95, hardest))
    exact = [2.0 * (hardest / 2.0) ** (i / TARGETS) for i in range(1, TARGETS + 1)]
    assert targets[-1] >= hardest * (1 - 1e-8)

    def rounds(target, value):
        return value * (1 - 1e-8) <= target <= value * 1.1 + 1e-9

    assert all(any(rounds(target, value) for value in exact) for target in targets)
    # What rounds up to the start itself is no target: the untrained network is there already.
    harder = [value for value in exact if value <= 1.9] or exact[-1:]
    assert all(any(rounds(target, value) for target in targets) for value in harder)


def test_the_pairs_have_no_say():
    study = read(TEXT)

    def respond(run, later):
        return losses(2.0, 1.0, 0.5 if run.stream == "pilot" else later)

    found = []
    for later in (0.01, 1.0, 1.9):
        results = results_of(study, lambda run, later=later: respond(run, later))
        found.append(results.study.claims[0].targets)
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == TARGETS


def test_the_order_in_which_runs_are_stored_has_no_say():
    def respond(run):
        return arriving(8.0 * 1.3**run.seed / run.training.learning_rate)

    found, traces = settled(respond)
    backwards = dict(reversed(list(traces.items())))
    assert settle(read(TEXT), backwards) == found


def test_no_pair_is_asked_for_before_the_targets_are_settled():
    study, memory = read(TEXT), Memory()

    def respond(run):
        return arriving(8.0 if run.training.learning_rate == 0.5 else 20.0)

    first = next_runs(study, memory)
    memory.traces |= {run: respond(run) for run in first[:-1]}
    assert next_runs(study, memory) == first[-1:]
    assert plan(study, memory).study.claims[0].targets == ()
    rounds = finish(study, memory, respond)
    streams = [{run.stream for run in runs} for runs in rounds]
    assert streams == [{"pilot"}, {"tuning"}, {"evaluation"}]
    assert {run.seed for run in first} == {0, 1, 2}
    assert len(plan(study, memory).study.claims[0].targets) == TARGETS


# What can go wrong


def sane(targets):
    assert 1 <= len(targets) <= TARGETS
    assert all(math.isfinite(target) and target > 0 for target in targets)
    return targets


def test_runs_that_diverged_reached_what_they_had_reached_before():
    def respond(run):
        return arriving(8.0, diverges_after=16)

    (reached,) = {float(np.nanmin(respond(None).metric("train_loss")))}
    assert sane(targets_of(respond))[-1] >= reached


def test_what_a_run_read_as_it_diverged_was_not_reached():
    def respond(run):  # with outputs that are lost, the accuracy is that of one class
        trace = losses(2.7, 2.4, 2.1, 0.3)
        return replace(trace, status="diverged")

    found, traces = settled(respond, metric="train_accuracy")
    hardest = sane(found.claims[0].targets)[-1]
    times = [updates_to_target(trace, "train_accuracy", hardest) for trace in traces.values()]
    assert not any(time.censored for time in times)


def test_a_rate_at_which_runs_diverge_has_no_say_where_another_serves():
    def respond(run):
        if run.training.learning_rate == 1:
            return replace(losses(2.0, math.nan), status="diverged")
        return losses(2.0, 1.0, 0.5)

    assert sane(targets_of(respond))[-1] == 0.5


@pytest.mark.parametrize("metric", ["train_loss", "train_accuracy"])
def test_arms_that_never_learn_have_targets_still(metric):
    targets = sane(targets_of(lambda run: losses(2.0, 2.2, 2.4), metric=metric))
    assert len(targets) == 1


def test_arms_that_never_learn_from_starts_of_their_own():
    def respond(run):
        start = 1.0 + 0.2 * run.seed + (0.5 if run.network.activation.name == "tanh" else 0)
        return losses(start, start + 1, start + 2)

    targets = sane(targets_of(respond))
    assert list(targets) == sorted(targets, reverse=True)


def test_runs_that_are_lost_from_the_start():
    def respond(run):
        return replace(losses(math.nan), status="diverged")

    sane(targets_of(respond))


def test_some_runs_that_are_lost_from_the_start():
    def respond(run):
        if run.network.activation.name == "tanh":
            return replace(losses(math.nan), status="diverged")
        return losses(2.0, 1.0, 0.5)

    sane(targets_of(respond))


def test_losses_that_reach_zero():
    assert sane(targets_of(lambda run: losses(2.0, 0.5, 0.0)))[-1] == 0.001


def test_an_accuracy_from_nothing_to_everything():
    def respond(run):
        return make_trace([0, BUDGET], train_accuracy=[0, 1], train_loss=[2, 1])

    targets = sane(targets_of(respond, metric="train_accuracy"))
    assert targets[-1] <= 1


def test_an_accuracy_that_stays_at_nothing():
    def respond(run):
        return make_trace([0, BUDGET], train_accuracy=[0, 0], train_loss=[2, 1])

    sane(targets_of(respond, metric="train_accuracy"))
