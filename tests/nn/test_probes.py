"""Numbers of the activation functions themselves, against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS, probes
from experiments.nn.diagnostics.record import View
from experiments.parameters import Choice
from experiments.records import METRICS, DataShape, Evaluation

from . import diagnostic_reference, reference
from .helpers import (
    DIFFERENTIATED,
    ELEMENTWISE,
    FIXED,
    activation,
    make_fleet,
    make_run,
    train_fleet,
)
from .plain_functions import SELU_ALPHA, SELU_SCALE

NAMES = tuple(row.name for row in probes.ROWS)
OF_SINGLE_UNITS = (
    "mean_output",
    "peak_slope",
    "slope_at_2",
    "tail_slope",
    "half_slope_at",
    "slope_spread",
    "slope_error",
    "tanh_identity",
)
OF_SEVERAL_UNITS = ("unit_sum_error", "shift_error", "cross_entropy_error")
NORMAL = 1 / np.sqrt(2 * np.pi)
FARTHEST = 10.0  # slopes are read from here to the other side


def read(name: str, *chosen: Choice | str) -> np.ndarray:
    """Return a row for hidden activations, without a network and outside of any training."""
    runs = tuple(make_run(f) for f in chosen)
    view = View(None, runs, None, None, (), (), None, None)
    row = DIAGNOSTICS[name]
    return row.finish(row.gather(view, 0), 1)


def value(name: str, f: Choice | str) -> float:
    (found,) = read(name, f)
    return found


def steepness(name: str, z: float) -> float:
    return abs(float(reference.DERIVATIVES[name](np.array(z))))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", (-1000, 1000)),
        ("relu", (0, 1000)),
        ("leaky_relu", (-10, 1000)),
        ("sigmoid", (0, 1)),
        ("tanh", (-1, 1)),
        ("step", (0, 1)),
        ("straight_through_step", (0, 1)),
        ("sigmoid_centred", (-0.5, 0.5)),
        ("tanh_shifted", (0, 2)),
        ("relu6", (0, 6)),
        ("squared_relu", (0, 1e6)),
        ("softplus", (0, 1000)),
        ("elu", (-1, 1000)),
        ("celu", (-1, 1000)),
        ("selu", (-SELU_SCALE * SELU_ALPHA, 1000 * SELU_SCALE)),
        ("hard_tanh", (-1, 1)),
        ("hard_sigmoid", (0, 1)),
        ("scaled_tanh", (-1.7159, 1.7159)),
        ("softsign", (-1000 / 1001, 1000 / 1001)),
    ],
)
def test_ranges_are_those_of_the_formulas(name, expected):
    found = value("lowest_value", name), value("highest_value", name)
    assert found == pytest.approx(expected, rel=4e-16, abs=0)


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [("gelu", -0.1699712, 1000), ("gelu_tanh", -0.1700408, 1000), ("silu", -0.2784645, 1000),
     ("mish", -0.3088434, 1000), ("hard_swish", -0.375, 1000), ("sine", -1, 1),
     ("gaussian", 0, 1)],
)  # fmt: skip
def test_lowest_and_highest_values_between_the_ends_are_found_on_the_grid(name, lowest, highest):
    assert value("lowest_value", name) == pytest.approx(lowest, abs=1e-7)
    assert value("highest_value", name) == pytest.approx(highest, abs=1e-7)


def test_a_softmax_lies_between_0_and_1():
    assert 0 < value("lowest_value", "softmax") < 0.01
    assert 0.5 < value("highest_value", "softmax") < 1


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_ranges_are_within_what_the_table_says(name):
    inside = ACTIVATIONS[name].range
    if inside.startswith("{"):
        low, high = 0.0, 1.0
    else:
        for key in ACTIVATIONS[name].parameters:
            inside = inside.replace(f" / {key}", "").replace(key, "1")  # they are 1
        low, high = (float(end) for end in inside.strip("[]()").split(", "))
    assert low <= value("lowest_value", name) < value("highest_value", name) <= high


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", 0),
        ("relu", NORMAL),
        ("leaky_relu", 0.99 * NORMAL),
        ("sigmoid", 0.5),
        ("tanh", 0),
        ("step", 0.5),
        ("straight_through_step", 0.5),
        ("sigmoid_centred", 0),
        ("tanh_shifted", 1),
        ("squared_relu", 0.5),
        ("gelu", 1 / (2 * np.sqrt(np.pi))),  # by parts: E phi(z) for z from N(0, 1)
        ("selu", 0),
        ("hard_tanh", 0),
        ("hard_sigmoid", 0.5),
        ("softsign", 0),
        ("scaled_tanh", 0),
        ("sine", 0),
        ("gaussian", 1 / np.sqrt(3)),
    ],
)
def test_mean_outputs_are_those_of_a_standard_normal_input(name, expected):
    assert value("mean_output", name) == pytest.approx(expected, abs=1e-7)
    f = reference.FUNCTIONS[name]
    density = lambda z: NORMAL * np.exp(-(z**2) / 2)  # noqa: E731
    integral = quad(lambda z: float(f(np.array(z))) * density(z), -9, 9, points=[0])[0]
    assert value("mean_output", name) == pytest.approx(integral, abs=1e-7)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", 1),
        ("relu", 1),
        ("leaky_relu", 1),
        ("sigmoid", 0.25),
        ("sigmoid_centred", 0.25),
        ("tanh", 1),
        ("tanh_shifted", 1),
        ("step", 0),
        ("straight_through_step", 1),
    ],
)
def test_steepest_slopes_are_those_of_the_formulas(name, expected):
    assert value("peak_slope", name) == pytest.approx(expected, rel=1e-6, abs=0)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_steepest_slopes_are_those_that_saturation_is_measured_by(name):
    """The plain reference has none of one function, whose slopes have no end."""
    expected = diagnostic_reference.PEAKS.get(name, np.inf)
    assert value("peak_slope", name) == pytest.approx(expected, rel=6e-4, abs=0)
    assert (expected == np.inf) == (name == "squared_relu")
    assert (value("slope_spread", name) == np.inf) == (name == "squared_relu")


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_slopes_in_the_tails_are_those_of_the_formulas(name):
    for row, z in (("slope_at_2", 2.0), ("tail_slope", 6.0)):
        expected = max(steepness(name, z), steepness(name, -z))
        assert value(row, name) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_a_sigmoid_has_lost_three_fifths_of_its_slope_at_2_and_a_tanh_nine_tenths():
    assert value("slope_at_2", "sigmoid") == pytest.approx(0.104994, abs=5e-7)
    assert value("slope_at_2", "tanh") == pytest.approx(0.070651, abs=5e-7)
    assert value("tail_slope", "sigmoid") == pytest.approx(0.00246651, abs=5e-9)
    assert value("tail_slope", "tanh") == pytest.approx(2.45765e-5, abs=5e-11)


def test_slopes_fall_to_half_where_the_formulas_have_it():
    """4 s (1 - s) = 1 / 2 at z = log(3 + 2 sqrt(2)); tanh is twice as narrow."""
    half = np.log(3 + 2 * np.sqrt(2))
    assert half == pytest.approx(1.762747, abs=5e-7)
    for name, expected in (
        ("sigmoid", half),
        ("sigmoid_centred", half),
        ("tanh", half / 2),
        ("tanh_shifted", half / 2),
        ("scaled_tanh", 1.5 * half / 2),
        ("hard_tanh", 1),
        ("hard_sigmoid", 3),
        ("relu6", 6),
        ("sine", np.pi / 3),
    ):
        assert value("half_slope_at", name) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("gelu", 1.1289041),
        ("silu", 1.0998393),
        ("hard_swish", 1.5),
        ("gaussian", np.sqrt(2 / np.e)),
    ],
)
def test_where_slopes_rise_first_they_are_half_on_the_way(name, peak):
    z = value("half_slope_at", name)
    assert steepness(name, z) == pytest.approx(peak / 2, rel=2e-4)
    assert (np.abs(reference.DERIVATIVES[name](np.linspace(1e-6, z - 1e-3, 99))) < peak / 2).all()


@pytest.mark.parametrize(
    "name",
    ["linear", "relu", "leaky_relu", "step", "straight_through_step", "squared_relu", "softplus",
     "elu", "selu", "celu", "mish"],
)  # fmt: skip
def test_slopes_that_never_fall_have_no_place_where_they_are_half(name):
    assert np.isnan(value("half_slope_at", name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", 0),
        ("step", 0),
        ("straight_through_step", 0),
        ("relu", 1),
        ("leaky_relu", 0.99),
        ("sigmoid", 0.25 - steepness("sigmoid", FARTHEST)),
        ("sigmoid_centred", 0.25 - steepness("sigmoid", FARTHEST)),
        ("tanh", 1 - steepness("tanh", FARTHEST)),
        ("tanh_shifted", 1 - steepness("tanh", FARTHEST)),
    ],
)
def test_spreads_of_the_slope_are_those_of_the_formulas(name, expected):
    assert value("slope_spread", name) == pytest.approx(expected, abs=2e-7)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_only_a_surrogate_has_a_slope_that_is_not_its_functions(name):
    error = value("slope_error", name)
    if name in DIFFERENTIATED:
        assert error < (1e-7 if name == "squared_relu" else 1e-8)  # whose values are larger
    else:
        assert error == pytest.approx(1, abs=1e-8)


def test_tanh_and_nothing_else_is_a_stretched_sigmoid():
    assert value("tanh_identity", "tanh") < 1e-12
    for name in ELEMENTWISE:
        assert name == "tanh" or value("tanh_identity", name) > 0.1


def test_softmax_sums_to_1_ignores_shifts_and_has_the_gradient_p_minus_y():
    for name in OF_SEVERAL_UNITS:
        assert value(name, "softmax") < 1e-12


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_no_function_of_single_units_passes_for_a_softmax(name):
    assert value("unit_sum_error", name) > 0.5
    assert not value("cross_entropy_error", name) < 0.1  # or NaN, where an output is 0
    shift = value("shift_error", name)
    assert shift > 0.1
    if name == "linear":
        assert shift == pytest.approx(100)


@pytest.mark.parametrize("name", OF_SINGLE_UNITS)
def test_what_is_told_of_single_units_is_not_known_of_a_function_that_mixes_them(name):
    assert np.isnan(value(name, "softmax"))


def test_every_probe_is_told_of_single_units_or_of_several():
    ranges = {"lowest_value", "highest_value"}
    assert {*OF_SINGLE_UNITS, *OF_SEVERAL_UNITS} | ranges == set(NAMES)
    for name in {*OF_SEVERAL_UNITS} | ranges:
        assert np.isfinite(value(name, "softmax"))


@given(st.floats(0, 1, exclude_max=True, allow_subnormal=False))
def test_leaky_relu_is_read_with_its_own_slope(slope):
    f = activation("leaky_relu", slope=slope)
    assert value("lowest_value", f) == pytest.approx(-1000 * slope, rel=1e-12)
    assert value("highest_value", f) == 1000
    assert value("peak_slope", f) == 1
    assert value("slope_spread", f) == pytest.approx(1 - slope, rel=1e-12)
    assert value("mean_output", f) == pytest.approx((1 - slope) * NORMAL, abs=1e-7)
    assert value("slope_error", f) < 1e-8


def test_probes_of_a_trace_are_those_of_each_runs_hidden_activation():
    """Neither the data, the training nor its precision changes them."""
    chosen = [activation(name) for name in FIXED]
    chosen.append(activation("leaky_relu", slope=0.4))
    for common in ({"precision": "float32"}, {"output": "tanh", "widths": ()}):
        fleet = make_fleet(
            [{"hidden": f} for f in chosen], (0, 1), evaluation=Evaluation(at=()), **common
        )
        runs = tuple(replace(run, diagnostics=NAMES) for run in fleet.runs)
        traces = train_fleet(replace(fleet, runs=runs), DataShape(3, 2, 10, 0, 0))
        for run, trace in zip(runs, traces, strict=True):
            expected = [value(name, run.network.activation) for name in NAMES]
            assert trace.columns == (*METRICS, *NAMES)
            for found in trace.values[:, len(METRICS) :]:
                np.testing.assert_array_equal(found, expected)


def test_probes_of_many_runs_stand_in_their_order():
    names = list(ACTIVATIONS)
    for row in NAMES:
        expected = [value(row, name) for name in names]
        np.testing.assert_array_equal(read(row, *names), expected)
        np.testing.assert_array_equal(read(row, *names[::-1]), expected[::-1])


@pytest.mark.parametrize("name", NAMES)
def test_probes_are_exact_and_read_once(name):
    row = DIAGNOSTICS[name]
    assert row.aggregate == "exact"
    assert row.where == "network"
    assert row.split == "none"
    assert not row.measured
