"""When a target is reached, against closed forms and a second implementation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from experiments.analysis.measures import final
from experiments.hitting_times import HittingTime, updates_to_target
from experiments.records import METRICS

from .helpers import make_trace

LOSSES = [name for name in METRICS if name.endswith("loss")]
ACCURACIES = [name for name in METRICS if name.endswith("accuracy")]

schedules = st.lists(st.integers(1, 400), min_size=2, max_size=12).map(
    lambda gaps: [0, *np.cumsum(gaps).tolist()]
)


def literally(updates, values, target, *, upwards, budget):
    """The reading in words, step by step, for a run that did not diverge."""
    for i, value in enumerate(values):
        if math.isnan(value) or not (value >= target if upwards else value <= target):
            continue
        now = max(1, updates[i])
        if i == 0 or updates[i - 1] == 0 or not math.isfinite(values[i - 1]):
            return HittingTime(now, censored=False)
        u, m = updates[i - 1], values[i - 1]
        log_time = math.log(u) + (math.log(now) - math.log(u)) * (target - m) / (value - m)
        return HittingTime(math.exp(log_time), censored=False)
    return HittingTime(budget, censored=True)


@given(schedules, st.floats(0.01, 5), st.floats(-3, 3), st.floats(0, 1), st.sampled_from(METRICS))
def test_a_metric_linear_in_log_updates_is_read_exactly(updates, slope, start, where, metric):
    upwards = metric in ACCURACIES
    rate = slope if upwards else -slope
    values = [start + rate * math.log(max(u, 0.5)) for u in updates]
    first, last = math.log(updates[1]), math.log(updates[-1])
    time = math.exp(first + where * (last - first)) * (1 - 1e-12)
    target = start + rate * math.log(time)

    found = updates_to_target(make_trace(updates, **{metric: values}), metric, target)

    assert not found.censored
    assert found.time == pytest.approx(time, rel=1e-9)


values = st.one_of(st.floats(-10, 10), st.sampled_from([math.nan, math.inf, 1e300]))


@given(st.data(), schedules, st.floats(-10, 10), st.sampled_from(METRICS), st.integers(0, 1000))
def test_any_curve_is_read_as_the_words_say(data, updates, target, metric, spare):
    upwards = metric in ACCURACIES
    column = data.draw(st.lists(values, min_size=len(updates), max_size=len(updates)))
    if upwards:  # an accuracy is a share: it can be missing, never infinite
        column = [v if math.isfinite(v) else math.nan for v in column]
    trace = make_trace(updates, budget=updates[-1] + spare, **{metric: column})

    found = updates_to_target(trace, metric, target)
    expected = literally(updates, column, target, upwards=upwards, budget=updates[-1] + spare)

    assert found.censored == expected.censored
    assert found.time == pytest.approx(expected.time, rel=1e-9)


@given(st.data(), schedules, st.floats(-10, 10), st.floats(0, 10), st.sampled_from(METRICS))
def test_an_easier_target_is_never_reached_later(data, updates, target, slack, metric):
    column = data.draw(st.lists(st.floats(-10, 10), min_size=len(updates), max_size=len(updates)))
    trace = make_trace(updates, **{metric: column})
    easier = target - slack if metric in ACCURACIES else target + slack

    soon, late = updates_to_target(trace, metric, easier), updates_to_target(trace, metric, target)

    assert soon.time <= late.time * (1 + 1e-12)
    assert late.censored or not soon.censored


@given(st.data(), schedules, st.floats(-10, 10), st.sampled_from(METRICS))
def test_the_time_lies_between_the_two_evaluations(data, updates, target, metric):
    column = data.draw(st.lists(st.floats(-10, 10), min_size=len(updates), max_size=len(updates)))
    better = [v >= target if metric in ACCURACIES else v <= target for v in column]
    assume(any(better))
    first = better.index(True)

    found = updates_to_target(make_trace(updates, **{metric: column}), metric, target)

    assert found.time >= max(1, updates[max(0, first - 1)]) * (1 - 1e-12)
    assert found.time <= max(1, updates[first]) * (1 + 1e-12)


@pytest.mark.parametrize(("target", "decades"), [(0.5, 1.6), (0.3, 2.0), (0.8, 1.0), (0.9, 1.0)])
def test_by_hand(target, decades):
    # From 0.8 to 0.3 over one decade: 0.5 stands at three fifths of it.
    trace = make_trace([0, 10, 100], train_loss=[1.5, 0.8, 0.3])
    assert updates_to_target(trace, "train_loss", target).time == pytest.approx(10**decades)


def test_a_loss_must_fall_and_an_accuracy_rise():
    updates = [0, 1, 2, 4]
    rising, falling = [0.1, 0.2, 0.6, 0.9], [0.9, 0.6, 0.2, 0.1]
    trace = make_trace(updates, test_accuracy=rising, test_loss=falling)
    assert updates_to_target(trace, "test_accuracy", 0.6) == HittingTime(2.0, censored=False)
    assert updates_to_target(trace, "test_loss", 0.2) == HittingTime(2.0, censored=False)
    assert updates_to_target(trace, "test_accuracy", 0.95).censored
    assert updates_to_target(trace, "test_loss", 0.05).censored


def test_it_is_the_first_crossing_that_counts():
    trace = make_trace([0, 1, 2, 4, 8], train_loss=[1, 0.9, 0.4, 0.9, 0.1])
    assert updates_to_target(trace, "train_loss", 0.4).time == pytest.approx(2)


def test_a_run_that_never_reaches_the_target_is_censored_at_its_budget():
    trace = make_trace([0, 8, 16], budget=20, train_loss=[1, 0.9, 0.8])
    assert updates_to_target(trace, "train_loss", 0.5) == HittingTime(20.0, censored=True)


def test_a_target_met_exactly_at_the_budget_is_no_censored_run():
    trace = make_trace([0, 8, 16], train_loss=[1, 0.9, 0.5])
    found = updates_to_target(trace, "train_loss", 0.5)
    assert not found.censored
    assert found.time == pytest.approx(16)


@pytest.mark.parametrize("metric", METRICS)
def test_a_target_met_before_any_update_counts_as_one(metric):
    trace = make_trace([0, 8, 16], **{metric: [0.5, 0.5, 0.5]})
    assert updates_to_target(trace, metric, 0.5) == HittingTime(1.0, censored=False)


def test_a_target_met_at_the_first_evaluation_after_the_start_counts_as_that():
    trace = make_trace([0, 7, 16], train_loss=[1, 0.2, 0.1])
    assert updates_to_target(trace, "train_loss", 0.5) == HittingTime(7.0, censored=False)


def test_a_metric_that_the_data_lacks_is_never_reached():
    trace = make_trace([0, 7, 16], train_loss=[1, 0.2, 0.1])
    assert updates_to_target(trace, "validation_loss", 0.5) == HittingTime(16.0, censored=True)


def test_nothing_is_read_between_an_infinite_loss_and_a_finite_one():
    trace = make_trace([0, 1, 4, 16], train_loss=[1, 1, 1, 1], test_loss=[1, 1, np.inf, 0.1])
    assert updates_to_target(trace, "test_loss", 0.5) == HittingTime(16.0, censored=False)


def diverged(*, accuracy_at_the_end: float = math.nan):
    return make_trace(
        [0, 1, 2, 4, 8],
        status="diverged",
        budget=1000,
        train_loss=[1, 0.8, 0.6, 0.9, math.inf],
        train_accuracy=[0.1, 0.3, 0.4, 0.2, accuracy_at_the_end],
    )


def test_a_run_that_reached_the_target_and_then_diverged_has_reached_it():
    assert updates_to_target(diverged(), "train_loss", 0.6).time == pytest.approx(2)


def test_a_run_that_diverged_first_is_censored_at_its_whole_budget():
    assert updates_to_target(diverged(), "train_loss", 0.5) == HittingTime(1000.0, censored=True)
    assert updates_to_target(diverged(), "train_accuracy", 0.5) == HittingTime(
        1000.0, censored=True
    )


def test_what_a_run_reads_where_it_diverges_reaches_no_target():
    # All outputs are NaN there, argmax takes the first class, and half of the labels are it.
    trace = diverged(accuracy_at_the_end=0.5)
    assert updates_to_target(trace, "train_accuracy", 0.5) == HittingTime(1000.0, censored=True)


@pytest.mark.parametrize("metric", METRICS)
def test_the_final_value_is_the_last_and_after_a_divergence_the_worst(metric):
    columns = {name: [0.9, 0.7, 0.4] for name in METRICS}
    completed = make_trace([0, 1, 2], **columns)
    lost = make_trace([0, 1, 2], status="diverged", budget=9, **columns)
    assert final(completed, metric) == 0.4
    assert final(lost, metric) == (0.0 if metric in ACCURACIES else math.inf)
