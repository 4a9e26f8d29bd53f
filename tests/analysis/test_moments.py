"""Measures of single runs: when, where and over what a number is read off a trace."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.measures import MOMENTS, hidden_layers, of_layers, profile, step, value
from experiments.records import METRICS, Trace
from experiments.study import Measure

from .helpers import make_trace

INF, NAN = math.inf, math.nan


def trace(*, status="completed", **columns):
    """A trace whose diagnostics are `gradient_1=[...]`, named with a blank for the underscore."""
    names = tuple(name.replace("gradient_", "gradient ") for name in columns)
    values = np.array(list(columns.values()), dtype=float).T
    metrics = np.full((len(values), len(METRICS)), 0.7)
    updates = np.arange(len(values))
    return Trace(updates, np.hstack([metrics, values]), status, 100, columns=(*METRICS, *names))


def read(found, name, **how):
    return value(found, Measure(name, **how))


DEEP = {
    "gradient_1": [8.0, 1.0, 2.0],
    "gradient_2": [4.0, 3.0, 5.0],
    "gradient_3": [3.0, 9.0, 6.0],
    "gradient_output": [100.0, 200.0, 300.0],
    "weight_gradient 1": [-1.0, -2.0, -3.0],
    "cut_off": [0.0, 1.0, 0.5],
}


@pytest.mark.parametrize(
    ("at", "expected"), [("start", 4.0), ("end", 3.0), ("highest", 5.0), ("lowest", 2.0)]
)
def test_each_moment_of_a_metric_and_of_a_diagnostic(at, expected):
    column = [4.0, 2.0, 5.0, 3.0]
    assert read(make_trace([0, 1, 2, 4], test_loss=column), "test_loss", at=at) == expected
    assert read(trace(cut_off=column), "cut_off", at=at) == expected
    assert read(trace(gradient_1=column), "gradient", at=at) == expected


def test_every_moment_of_the_table_is_tested_and_said():
    assert set(MOMENTS) == {"start", "end", "highest", "lowest"}
    words = [row.words for row in MOMENTS.values()]
    assert len(set(words)) == len(words)
    assert MOMENTS["end"].words == ""  # what nothing is said of


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_moments_agree_with_each_other(column):
    found = {at: read(trace(cut_off=column), "cut_off", at=at) for at in MOMENTS}
    assert found["lowest"] <= min(found["start"], found["end"])
    assert found["highest"] >= max(found["start"], found["end"])
    backwards = {at: read(trace(cut_off=column[::-1]), "cut_off", at=at) for at in MOMENTS}
    assert (backwards["start"], backwards["end"]) == (found["end"], found["start"])
    assert (backwards["lowest"], backwards["highest"]) == (found["lowest"], found["highest"])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [("first", 8), ("1", 8), ("2", 4), ("3", 3), ("last", 3), ("output", 100), ("", 5)],
)
def test_each_layer_and_the_mean_over_the_hidden_ones(layer, expected):
    assert read(trace(**DEEP), "gradient", at="start", layer=layer) == expected


@pytest.mark.parametrize("layer", ["4", "0", "17"])
def test_a_layer_that_there_is_not_has_no_number(layer):
    assert math.isnan(read(trace(**DEEP), "gradient", layer=layer))


@pytest.mark.parametrize("layer", ["first", "last", "1", ""])
def test_a_linear_model_has_no_hidden_layer(layer):
    linear = trace(gradient_output=[3.0, 4.0])
    assert math.isnan(read(linear, "gradient", layer=layer))
    assert read(linear, "gradient", layer="output") == 4.0


def test_the_last_of_twelve_layers_is_the_twelfth():
    layers = {f"gradient_{i}": [float(i)] for i in range(1, 13)}
    assert read(trace(**layers), "gradient", layer="last") == 12.0
    assert read(trace(**layers), "gradient", layer="first") == 1.0
    assert profile(trace(**layers), "gradient").tolist() == [list(range(1, 13))]


def test_diagnostics_whose_names_end_alike_are_not_mixed_up():
    found = trace(**DEEP)
    assert (hidden_layers(found, "gradient"), hidden_layers(found, "weight_gradient")) == (3, 1)
    assert profile(found, "gradient").tolist() == [[8, 4, 3], [1, 3, 9], [2, 5, 6]]
    assert read(found, "weight_gradient") == -3.0
    assert hidden_layers(found, "cut_off") == hidden_layers(found, "nothing") == 0
    assert read(found, "gradient", at="highest") == pytest.approx(5.0)  # of the means 5, 13/3, 13/3


@given(st.floats(0.05, 20), st.floats(1e-6, 1e6), st.integers(2, 12))
def test_over_layers_a_geometric_profile_has_its_factor(factor, last, depth):
    # Each layer towards the input multiplies by `factor`; layer 1 is the farthest in.
    layers = {f"gradient_{i}": [last * factor ** (depth - i)] for i in range(1, depth + 1)}
    layers["gradient_output"] = [123.0]  # is no hidden layer
    assert read(trace(**layers), "gradient", over="layer") == pytest.approx(factor, rel=1e-9)


def test_over_layers_one_layer_or_a_dead_one_has_no_factor():
    assert math.isnan(read(trace(gradient_1=[3.0]), "gradient", over="layer"))
    dead = trace(gradient_1=[0.0], gradient_2=[1.0])
    assert math.isnan(read(dead, "gradient", over="layer"))
    assert math.isnan(of_layers(np.array([]), ""))
    assert of_layers(np.array([1.0, 2.0, 6.0]), "") == 3.0


# Runs that diverged


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_of_a_run_that_diverged_is_the_worst_at_the_end_and_as_read_before(metric):
    found = make_trace([0, 1, 2], status="diverged", **{metric: [3.0, 2.0, 99.0]})
    assert read(found, metric, at="start") == 3.0
    assert read(found, metric, at="highest") == 3.0
    assert read(found, metric, at="lowest") == 2.0
    assert read(found, metric, at="end") == (0.0 if metric.endswith("accuracy") else INF)


@pytest.mark.parametrize("how", [{}, {"layer": "first"}, {"layer": "output"}, {"over": "layer"}])
def test_a_diagnostic_of_a_run_that_diverged_is_not_known_at_the_end(how):
    found = trace(status="diverged", **DEEP)
    whole = trace(**DEEP)
    assert math.isnan(read(found, "gradient", **how))
    assert read(found, "gradient", at="start", **how) == read(whole, "gradient", at="start", **how)


def test_what_a_run_reads_as_it_diverges_is_no_extreme():
    found = trace(status="diverged", cut_off=[1.0, 2.0, 50.0])
    assert read(found, "cut_off", at="highest") == 2.0
    only_one = trace(status="diverged", cut_off=[1.0])
    assert read(only_one, "cut_off", at="highest") == 1.0


def test_a_part_that_the_data_lack_has_no_number():
    found = make_trace([0, 1], train_loss=[1.0, 0.5])
    assert all(math.isnan(read(found, "test_loss", at=at)) for at in MOMENTS)


# The factor by which a number changes

positive = st.floats(1e-3, 1e3)
points = st.lists(
    st.tuples(st.integers(-50, 50), positive), min_size=2, max_size=9, unique_by=lambda p: p[0]
)


@given(points)
def test_a_step_is_the_slope_of_the_line_through_the_logarithms(some):
    x, y = np.array(some, dtype=float).T
    slope = np.polyfit(x, np.log(y), 1)[0]
    assert step(x, y) == pytest.approx(math.exp(slope), rel=1e-6)


@given(points, st.randoms(use_true_random=False), positive, st.integers(-100, 100))
def test_a_step_depends_on_no_unit_no_origin_and_no_order(some, random, unit, shift):
    x, y = np.array(some, dtype=float).T
    expected = pytest.approx(step(x, y), rel=1e-6)
    assert step(x, y * unit) == expected
    assert step(x + shift, y) == expected
    order = random.sample(range(len(x)), len(x))
    assert step(x[order], y[order]) == expected


@given(points)
def test_a_step_backwards_is_the_inverse(some):
    x, y = np.array(some, dtype=float).T
    assert step(-x, y) * step(x, y) == pytest.approx(1, rel=1e-9)
    assert step(x, 1 / y) * step(x, y) == pytest.approx(1, rel=1e-9)
    assert step(x / 2, y) == pytest.approx(step(x, y) ** 2, rel=1e-9)


@given(points, st.data())
def test_a_step_needs_positive_numbers_at_several_places(some, data):
    x, y = np.array(some, dtype=float).T
    bad = data.draw(st.sampled_from([0.0, -1.0, NAN, -INF]))
    y[data.draw(st.integers(0, len(y) - 1))] = bad
    assert math.isnan(step(x, y))
    assert math.isnan(step(np.full(len(x), 3.0), np.abs(y) + 1))
    assert math.isnan(step(x[:1], np.array([2.0])))


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([1, INF], INF),
        ([INF, 1], 0.0),
        ([1, 2, INF], INF),
        ([INF, INF], NAN),
        ([1, INF, 1], NAN),
        ([INF, 2, INF], NAN),
    ],
)
def test_a_step_to_a_loss_without_bound_is_as_large_as_can_be_or_open(y, expected):
    np.testing.assert_equal(step(np.arange(len(y)), np.array(y, dtype=float)), float(expected))


def test_a_step_too_large_for_a_number_is_infinite_without_a_warning():
    assert step(np.array([0.001, 0.002]), np.array([1.0, 3.0])) == INF


@given(st.lists(positive, min_size=2, max_size=8))
def test_a_steeper_profile_has_the_larger_step(layers):
    found = trace(**{f"gradient_{i + 1}": [y] for i, y in enumerate(layers)})
    raised = [2 * y if i == 0 else y for i, y in enumerate(layers)]  # more at the first layer
    steeper = trace(**{f"gradient_{i + 1}": [y] for i, y in enumerate(raised)})
    measure = Measure("gradient", over="layer")
    assert value(steeper, measure) > value(found, measure)
    assert value(steeper, replace(measure, over="")) > value(found, replace(measure, over=""))
