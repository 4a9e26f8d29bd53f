"""A run that has reached its goals stops, and leaves the beginning of its whole trace."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.goals import until
from experiments.nn import training
from experiments.records import DataShape, Trace

from .helpers import assert_same_bits, make_fleet, train_fleet

SHAPE = DataShape(3, 2, 90, 20, 30)
RATES = (0.001, 0.02, 0.3, 1e30)  # slow, middling, fast; and one that diverges
COMMON = {"epochs": 6.0, "batch": 9, "precision": "float32", "optimizer": "sgd"}


def fleet_of(rates=RATES, seeds=(0, 1, 2, 3, 4), **more):
    return make_fleet([{"rate": rate} for rate in rates], seeds, **(COMMON | more))


def level(traces, share):
    """Return a training loss that some runs reach and some do not."""
    lowest = [np.nanmin(t.metric("train_loss")) for t in traces if t.status == "completed"]
    return float(np.quantile(lowest, share))


GOALS = st.lists(
    st.tuples(st.sampled_from(["train_loss", "test_accuracy"]), st.floats(0, 1)), max_size=3
)


@given(GOALS, st.sampled_from([(0,), (0, 1, 2), (4, 2, 7, 1)]), st.permutations(RATES))
def test_each_run_ends_where_its_goals_end_its_whole_trace(goals, seeds, rates):
    fleet = fleet_of(rates, seeds)
    whole = train_fleet(fleet, SHAPE)
    goals = tuple(
        (metric, level(whole, share) if metric == "train_loss" else share)
        for metric, share in goals
    )
    for trace, full in zip(train_fleet(replace(fleet, goals=goals), SHAPE), whole, strict=True):
        assert_same_bits(trace, until(full, goals))
        assert_same_bits(until(trace, goals), trace)


def test_what_has_reached_its_goals_takes_no_more_work(monkeypatch):
    """Whole variants and whole seeds are dropped: the networks that learn get fewer."""
    sizes = []

    class Noted(training._FleetTraining):
        def _update(self):
            sizes.append(len(self.runs))
            super()._update()

    monkeypatch.setattr(training, "_FleetTraining", Noted)
    fleet = fleet_of()
    whole = train_fleet(fleet, SHAPE)
    assert sizes[-1] == 15  # of 20: all but those that diverged
    sizes.clear()
    goals = (("train_loss", level(whole, 0.5)),)
    traces = train_fleet(replace(fleet, goals=goals), SHAPE)
    assert {t.status for t in traces} == {"completed", "diverged", "stopped early"}
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 15
    sizes.clear()
    easy = (("train_loss", 1e9),)
    traces = train_fleet(replace(fleet, goals=easy), SHAPE)
    assert sizes == []
    assert {(t.status, len(t.updates)) for t in traces} == {("stopped early", 1)}


def test_a_seed_that_is_dropped_leaves_the_batches_of_the_others(monkeypatch):
    """Wherever in an epoch, and in what is gathered at once, the seed goes."""
    fleet = fleet_of(rates=(0.3,), seeds=range(8), epochs=9.0)
    whole = train_fleet(fleet, SHAPE)
    for share in (0.1, 0.4, 0.7, 0.9):
        goals = (("train_loss", level(whole, share)),)
        found = train_fleet(replace(fleet, goals=goals), SHAPE)
        assert len({len(t.updates) for t in found}) > 1
        for trace, full in zip(found, whole, strict=True):
            assert_same_bits(trace, until(full, goals))


# Goals and traces, by hand.


def trace_of(losses, status="completed", budget=None):
    values = np.full((len(losses), 6), np.nan)
    values[:, 0] = losses
    updates = np.arange(len(losses))
    return Trace(updates, values, status, len(losses) - 1 if budget is None else budget)


LOSS = "train_loss"


def test_without_goals_all_of_a_run_is_wanted():
    whole = trace_of([3, 2, 1])
    assert until(whole, ()) is whole
    assert until(trace_of([3, 2], "stopped early", budget=9), ()) is None


@pytest.mark.parametrize(
    ("goals", "evaluations"),
    [
        (((LOSS, 2.5),), 2),
        (((LOSS, 2.5), (LOSS, 1.5)), 3),
        (((LOSS, 4.0),), 1),
        (((LOSS, 1.0), (LOSS, 2.0)), 3),
    ],
)
def test_a_trace_is_cut_after_the_evaluation_that_reaches_the_last_goal(goals, evaluations):
    cut = until(trace_of([3, 2, 1, 5, 0.5]), goals)
    assert cut.status == "stopped early"
    assert cut.budget == 4
    np.testing.assert_array_equal(cut.updates, np.arange(evaluations))
    assert len(cut.values) == evaluations


def test_goals_that_are_reached_at_the_very_end_leave_the_run_completed():
    whole = trace_of([3, 2, 1])
    assert until(whole, ((LOSS, 1.0),)) is whole


def test_a_run_stopped_for_easier_goals_does_not_serve_harder_ones():
    stopped = trace_of([3, 2], "stopped early", budget=9)
    assert until(stopped, ((LOSS, 2.0),)) is stopped
    assert len(until(stopped, ((LOSS, 3.0),)).updates) == 1
    assert until(stopped, ((LOSS, 1.9),)) is None


def test_what_is_read_as_a_run_diverges_reaches_nothing():
    diverged = trace_of([3, 2, -np.inf], "diverged", budget=9)
    assert until(diverged, ((LOSS, 1.0),)) is diverged
    assert until(diverged, ((LOSS, 2.0),)).status == "stopped early"
