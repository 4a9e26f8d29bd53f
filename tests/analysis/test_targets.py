"""Targets that a rule sets: from the tuning seeds alone, each easier than the next."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.measures import updates_to_target
from experiments.analysis.targets import LEVELS, settle
from experiments.analysis.tuning import Grid, tuning_runs
from experiments.execution.plan import next_runs, tune
from experiments.records import METRICS

from .helpers import BUDGET, Memory, arriving, finish, make_trace, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    tuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}
    seeds: 6
    claims: [{faster: relu, than: tanh, to: {train_loss: auto}}]
"""


def losses(*values):
    accuracy = 1 - np.clip(np.asarray(values, dtype=float) / 3, 0, 1)
    columns = {name: accuracy if name.endswith("accuracy") else values for name in METRICS}
    return make_trace([0, *2 ** np.arange(len(values) - 1)], budget=BUDGET, **columns)


def settled(respond, *overrides, metric="train_loss"):
    study = read(TEXT.replace("train_loss", metric), *overrides)
    grid = Grid.first(study.tuning)
    traces = {run: respond(run) for run in tuning_runs(study, grid)}
    return settle(study, grid, traces), traces


def targets_of(respond, *overrides, metric="train_loss"):
    return settled(respond, *overrides, metric=metric)[0].claims[0].targets


def test_levels_by_hand():
    def respond(run):  # relu comes down to 0.1, tanh at its best rate to 0.5
        if run.network.activation.name == "relu":
            return losses(2.0, 1.0, 0.1)
        return losses(2.0, 1.0, 0.5 if run.training.learning_rate == 0.5 else 0.9)

    # 2 / 4^(1/6), 2 / 4^(2/6), ... in two digits, upwards
    assert targets_of(respond) == (1.6, 1.3, 1.0, 0.8, 0.63, 0.5)


def test_levels_of_an_accuracy_by_hand():
    def respond(run):  # an error rate from 0.8 to 0.0125
        columns = {"train_accuracy": [0.2, 0.9875], "train_loss": [2, 1]}
        return make_trace([0, BUDGET], **columns)

    # errors of 0.4, 0.2, 0.1, ...: 0.6, 0.8, 0.9, 0.95, 0.975, 0.9875, downwards
    assert targets_of(respond, metric="train_accuracy") == (0.6, 0.8, 0.9, 0.95, 0.97, 0.98)


def test_the_worst_tuning_seed_counts():
    def respond(run):
        return losses(2.0, 1.0, 0.7 if run.seed else 0.3)

    assert targets_of(respond)[-1] == 0.7


def test_one_rate_has_to_serve_all_tuning_seeds():
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
    assert len(found.claims[0].targets) == LEVELS
    assert found.claims[1].targets == (0.9, 0.123)
    assert [claim.auto for claim in found.claims] == [True, False]


def test_all_but_the_targets_stays():
    study = read(TEXT)
    found, _ = settled(lambda run: losses(2.0, 1.0, 0.5))
    emptied = tuple(replace(claim, targets=()) for claim in found.claims)
    assert replace(found, claims=emptied) == study


curves = st.lists(st.floats(0.002, 3), min_size=3, max_size=3)


@given(st.lists(curves, min_size=12, max_size=12), st.sampled_from(["train_loss", "test_accuracy"]))
@settings(max_examples=100, deadline=None)
def test_levels_run_from_easy_to_the_hardest_that_all_reached(sample, metric):
    which = itertools.count()
    memo = {}

    def respond(run):  # every run learns, if only a little
        if run not in memo:
            first, *later = sample[next(which)]
            memo[run] = losses(3.0, 2.8, *(min(value, 2.6) for value in (first, *later)))
        return memo[run]

    found, traces = settled(respond, metric=metric)
    levels = found.claims[0].targets
    assert 1 <= len(levels) <= LEVELS
    assert len(set(levels)) == len(levels)
    upwards = metric.endswith("accuracy")
    assert list(levels) == sorted(levels, reverse=not upwards)
    for level in levels:
        assert level == float(f"{level:.2g}")
    for setting in found.settings:
        assert any(
            all(
                not updates_to_target(
                    traces[setting.run("tuning", seed, rate)], metric, levels[-1]
                ).censored
                for seed in range(2)
            )
            for rate in Grid.first(found.tuning).rates
        )


@given(st.floats(1e-3, 1.9))
@settings(deadline=None)
def test_rounding_makes_a_target_easier_never_harder(hardest):
    levels = targets_of(lambda run: losses(2.0, 1.95, hardest))
    exact = [2.0 * (hardest / 2.0) ** (i / LEVELS) for i in range(1, LEVELS + 1)]
    assert levels[-1] >= hardest * (1 - 1e-8)

    def rounds(level, value):
        return value * (1 - 1e-8) <= level <= value * 1.1 + 1e-9

    assert all(any(rounds(level, value) for value in exact) for level in levels)
    # What rounds up to the start itself is no target: the untrained network is there already.
    harder = [value for value in exact if value <= 1.9] or exact[-1:]
    assert all(any(rounds(level, value) for level in levels) for value in harder)


def test_the_evaluation_seeds_have_no_say():
    study = read(TEXT)

    def respond(run, later):
        return losses(2.0, 1.0, later if run.stream == "evaluation" else 0.5)

    found = []
    for later in (0.01, 1.0, 1.9):
        results = results_of(study, lambda run, later=later: respond(run, later))
        found.append(results.study.claims[0].targets)
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == LEVELS


def test_the_order_in_which_runs_are_stored_has_no_say():
    def respond(run):
        return arriving(8.0 * 1.3**run.seed / run.training.learning_rate)

    found, traces = settled(respond)
    backwards = dict(reversed(list(traces.items())))
    study = read(TEXT)
    assert settle(study, Grid.first(study.tuning), backwards) == found


def test_no_evaluation_run_is_asked_for_before_the_targets_are_settled():
    study, memory = read(TEXT), Memory()

    def respond(run):
        return arriving(8.0 if run.training.learning_rate == 0.5 else 20.0)

    first = next_runs(study, memory)
    memory.traces |= {run: respond(run) for run in first[:-1]}
    assert next_runs(study, memory) == first[-1:]
    assert tune(study, memory).study.claims[0].targets == ()
    rounds = finish(study, memory, respond)
    assert [{run.stream for run in runs} for runs in rounds] == [{"tuning"}, {"evaluation"}]
    assert len(tune(study, memory).study.claims[0].targets) == LEVELS


# What can go wrong


def sane(levels):
    assert 1 <= len(levels) <= LEVELS
    assert all(math.isfinite(level) and level > 0 for level in levels)
    return levels


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
    arrivals = [updates_to_target(trace, "train_accuracy", hardest) for trace in traces.values()]
    assert not any(arrival.censored for arrival in arrivals)


def test_a_rate_at_which_runs_diverge_has_no_say_where_another_serves():
    def respond(run):
        if run.training.learning_rate == 1:
            return replace(losses(2.0, math.nan), status="diverged")
        return losses(2.0, 1.0, 0.5)

    assert sane(targets_of(respond))[-1] == 0.5


@pytest.mark.parametrize("metric", ["train_loss", "train_accuracy"])
def test_arms_that_never_learn_have_targets_still(metric):
    levels = sane(targets_of(lambda run: losses(2.0, 2.2, 2.4), metric=metric))
    assert len(levels) == 1


def test_arms_that_never_learn_from_starts_of_their_own():
    def respond(run):
        start = 1.0 + 0.2 * run.seed + (0.5 if run.network.activation.name == "tanh" else 0)
        return losses(start, start + 1, start + 2)

    levels = sane(targets_of(respond))
    assert list(levels) == sorted(levels, reverse=True)


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

    levels = sane(targets_of(respond, metric="train_accuracy"))
    assert levels[-1] <= 1


def test_an_accuracy_that_stays_at_nothing():
    def respond(run):
        return make_trace([0, BUDGET], train_accuracy=[0, 0], train_loss=[2, 1])

    sane(targets_of(respond, metric="train_accuracy"))
