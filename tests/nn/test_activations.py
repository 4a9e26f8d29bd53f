"""What the activation functions are, at both ends and in between."""

import re

import numpy as np
import pytest

from experiments.nn.activations import ACTIVATIONS, apply
from experiments.parameters import Choice

from . import reference
from .helpers import DIFFERENTIATED, ELEMENTWISE, PRECISIONS, activation, far_from_kinks

ALL = pytest.mark.parametrize("name", ACTIVATIONS)
SIMPLE = pytest.mark.parametrize("name", ELEMENTWISE)
THRESHOLDS = pytest.mark.parametrize("name", ["step", "straight_through_step"])
PRECISE = pytest.mark.parametrize("precision", PRECISIONS)


def column(*values, dtype="float64"):
    """Make one unit's pre-activations (1, B)."""
    return np.array([values], dtype)


def derivative(name, z, **parameters):
    choice = activation(name, **parameters)
    return ACTIVATIONS[name].derivative(z, apply(choice, z), np.empty_like(z), **choice.arguments)


def bounds(name):
    """Read the ends of the range that the row promises at the defaults of its parameters."""
    text = ACTIVATIONS[name].range
    for key, value in activation(name).arguments.items():
        text = text.replace(f" / {key}", "").replace(key, f"{value:g}")  # they are 1
    low, high = re.findall(r"-?inf|-?\d+(?:\.\d+)?", text)[:2]
    return float(low), float(high)


@ALL
def test_agrees_with_the_plain_function(name):
    z = np.random.default_rng(0).normal(0, 3, (3, 5, 7))  # (R, H, B)
    choice = activation(name)
    for run, found in zip(z, apply(choice, z), strict=True):
        plain = reference.FUNCTIONS[name](run.T, **choice.arguments).T
        np.testing.assert_allclose(found, plain, rtol=1e-13, atol=2e-15)


@SIMPLE
def test_derivative_agrees_with_the_plain_one(name):
    z = np.random.default_rng(0).normal(0, 3, (5, 70))
    plain = reference.DERIVATIVES[name](z, **activation(name).arguments)
    np.testing.assert_allclose(derivative(name, z), plain, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name in DIFFERENTIATED])
def test_derivative_agrees_with_central_differences(name):
    z, h = np.linspace(-7.03, 7.1, 48)[None], 1e-5
    assert far_from_kinks(name, z, 2 * h)
    ahead, behind = apply(activation(name), z + h), apply(activation(name), z - h)
    np.testing.assert_allclose(
        derivative(name, z), (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-10
    )


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_backward_is_the_transposed_jacobian(name):
    rng = np.random.default_rng(1)
    z, upstream = rng.normal(0, 1, (2, 4, 3)), rng.normal(0, 1, (2, 4, 3))
    choice, h = activation(name), 1e-6
    expected = np.empty_like(z)
    for unit in range(4):
        shift = h * (np.arange(4) == unit)[:, None]
        slope = (apply(choice, z + shift) - apply(choice, z - shift)) / (2 * h)
        expected[:, unit] = (upstream * slope).sum(axis=1)
    buffer = upstream.copy()
    found = ACTIVATIONS[name].backward(
        z, apply(choice, z), buffer, np.empty_like(z), **choice.arguments
    )
    assert found is buffer
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


@ALL
@PRECISE
def test_finite_and_within_its_range_far_out(name, precision):
    low, high = bounds(name)
    z = np.array([[-1e4, 1e4, -1e4, 0, 88, -104], [1e4, 1e4, -1e4, 0, 89, -745]], precision)
    a = apply(activation(name), z)
    assert a.dtype == precision
    assert np.isfinite(a).all()
    assert (a >= low).all()
    assert (a <= high).all()
    upstream = np.ones_like(z)
    with np.errstate(over="ignore", under="ignore"):  # as whoever trains does
        ACTIVATIONS[name].backward(z, a, upstream, np.empty_like(z), **activation(name).arguments)
    assert np.isfinite(upstream).all()


@ALL
@PRECISE
def test_writes_into_out_and_leaves_z_alone(name, precision):
    z = np.random.default_rng(2).normal(0, 2, (3, 5, 7)).astype(precision)
    before, choice = z.copy(), activation(name)
    larger = np.full((3, 6, 7), 9, precision)  # as in a stack: a row of ones below the outputs
    out = larger[:, :-1]
    assert ACTIVATIONS[name].function(z, out, **choice.arguments) is out
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(larger[:, -1], 9)
    np.testing.assert_array_equal(out, apply(choice, z))


@ALL
def test_nan_stays_nan_so_that_divergence_is_seen(name):
    if name == "step":
        pytest.skip("a threshold has no use for NaN")
    assert np.isnan(apply(activation(name), np.full((2, 1), np.nan))).all()


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name in DIFFERENTIATED])
def test_negative_slope_is_the_slope_where_that_is_constant(name):
    slopes = derivative(name, column(-1, -2, -3))
    if np.ptp(slopes) == 0:
        row = ACTIVATIONS[name]
        assert row.negative_slope(**activation(name).arguments) == slopes[0, 0]


def test_tanh_is_a_stretched_sigmoid():
    z = np.linspace(-20, 20, 4001)[None]
    stretched = 2 * apply(Choice("sigmoid"), 2 * z) - 1
    np.testing.assert_allclose(apply(Choice("tanh"), z), stretched, rtol=0, atol=1e-14)


def test_sigmoid_is_steepest_at_zero_and_half_as_steep_at_1_7627():
    assert derivative("sigmoid", column(0))[0, 0] == 0.25
    np.testing.assert_allclose(derivative("sigmoid", column(-2, 2)), 0.10499, atol=5e-6)
    half = 2 * np.log(1 + np.sqrt(2))  # solves s (1 - s) = 1 / 8
    assert half == pytest.approx(1.7627, abs=5e-5)
    np.testing.assert_allclose(derivative("sigmoid", column(-half, half)), 0.125, rtol=1e-14)
    assert derivative("sigmoid", np.linspace(-9, 9, 1001)[None]).max() == 0.25


def test_tanh_is_steepest_at_zero():
    assert derivative("tanh", column(0))[0, 0] == 1
    assert derivative("tanh", np.linspace(-9, 9, 1001)[None]).max() == 1


def test_sigmoid_and_tanh_are_exact_in_their_far_tails():
    tail = apply(Choice("sigmoid"), column(-40, -300, -700))
    np.testing.assert_allclose(tail, np.exp([[-40.0, -300, -700]]), rtol=1e-13)
    np.testing.assert_array_equal(apply(Choice("sigmoid"), column(-1e4, 1e4)), [[0, 1]])
    np.testing.assert_array_equal(apply(Choice("tanh"), column(-1e4, 1e4)), [[-1, 1]])


@THRESHOLDS
@PRECISE
def test_thresholds_at_zero(name, precision):
    z = column(-np.inf, -1e-30, -0.0, 0.0, 1e-30, np.inf, dtype=precision)
    np.testing.assert_array_equal(apply(Choice(name), z), [[0, 0, 0, 0, 1, 1]])


def test_only_a_surrogate_has_a_derivative_that_is_not_its_functions():
    """A row is called a surrogate if and only if differences say so, on one side or the other."""
    z = np.concatenate([np.linspace(-5.2, -1.2, 9), np.linspace(1.2, 5.2, 9)])[None]
    for name in ELEMENTWISE:
        ahead, behind = apply(activation(name), z + 1e-5), apply(activation(name), z - 1e-5)
        close = np.isclose(derivative(name, z), (ahead - behind) / 2e-5, rtol=1e-6, atol=1e-10)
        assert close.all() != ACTIVATIONS[name].surrogate, name


@PRECISE
def test_straight_through_step_is_step_forward_and_the_identity_backward(precision):
    rng = np.random.default_rng(5)
    z, upstream = rng.normal(0, 3, (2, 2, 5, 9)).astype(precision)
    row, a = ACTIVATIONS["straight_through_step"], apply(Choice("straight_through_step"), z)
    np.testing.assert_array_equal(a, apply(Choice("step"), z))
    found = row.backward(z, a, upstream.copy(), np.empty_like(z))
    np.testing.assert_array_equal(found, upstream)
    assert row.negative_slope() == 0  # what goes forward decides how weights are drawn


# What differs is the centre alone: the slopes are those of the function that is moved.
MOVED = pytest.mark.parametrize(
    ("name", "origin", "by"), [("sigmoid_centred", "sigmoid", -0.5), ("tanh_shifted", "tanh", 1)]
)


@MOVED
@PRECISE
def test_a_moved_function_has_another_centre_and_the_same_slope(name, origin, by, precision):
    z = np.linspace(-30, 30, 6001).astype(precision)[None]
    eps = np.finfo(precision).eps
    np.testing.assert_allclose(
        apply(Choice(name), z), apply(Choice(origin), z) + np.array(by, precision), atol=2 * eps
    )
    np.testing.assert_allclose(derivative(name, z), derivative(origin, z), rtol=0, atol=4 * eps)


@MOVED
@PRECISE
def test_a_moved_function_is_exact_at_its_ends_and_its_centre(name, origin, by, precision):
    z = column(-1e4, 0, 1e4, dtype=precision)
    with np.errstate(all="raise"):  # neither has anything to overflow
        a = ACTIVATIONS[name].function(z, np.empty_like(z))
    low, high = bounds(name)
    np.testing.assert_array_equal(a, [[low, (low + high) / 2, high]])
    np.testing.assert_array_equal(derivative(name, z)[0, [0, 2]], 0)
    assert derivative(name, z)[0, 1] == derivative(origin, z)[0, 1]


@PRECISE
def test_centred_sigmoid_keeps_its_digits_near_zero(precision):
    """The subtraction that the formula shows would cancel them: f(z) = z / 4 to first order."""
    z = column(-1e-20, 1e-14, 1e-9, dtype=precision)
    np.testing.assert_allclose(
        apply(Choice("sigmoid_centred"), z), z / 4, rtol=4 * np.finfo(precision).eps
    )


@pytest.mark.parametrize("name", ["sigmoid_centred", "tanh", "tanh_shifted", "sigmoid"])
def test_mean_of_the_outputs_for_centred_inputs(name):
    """For inputs that are symmetric about 0 it is f(0), as f - f(0) is odd."""
    z = np.random.default_rng(6).normal(0, 4, (1, 1000))
    z = np.concatenate([z, -z], axis=1)
    expected = {"sigmoid_centred": 0, "tanh": 0, "tanh_shifted": 1, "sigmoid": 0.5}[name]
    np.testing.assert_allclose(apply(Choice(name), z).mean(), expected, atol=1e-14)


def test_relu_at_its_kink():
    np.testing.assert_array_equal(derivative("relu", column(-1.0, 0, 1)), [[0, 0, 1]])


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.3, 0.99])
def test_leaky_relu_has_its_slope_on_the_left(slope):
    z = column(-3.0, -1e-3, 1e-3, 3)
    expected = np.where(z > 0, z, slope * z)
    np.testing.assert_array_equal(apply(activation("leaky_relu", slope=slope), z), expected)
    np.testing.assert_array_equal(
        derivative("leaky_relu", z, slope=slope), np.where(z > 0, 1, slope)
    )


@PRECISE
@pytest.mark.parametrize("units", [1, 2, 3, 10, 17])
@pytest.mark.parametrize("batch", [1, 7, 33])
def test_softmax_sums_to_one_and_ignores_a_shift(precision, units, batch):
    rng = np.random.default_rng(units)
    z = (rng.integers(-64, 64, (2, units, batch)) / 8).astype(precision)
    a = apply(Choice("softmax"), z)
    tolerance = 4 * np.finfo(precision).eps
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=tolerance)
    for shift in (-1e4, 1e4, 37):  # exact, as z is in eighths
        np.testing.assert_array_equal(apply(Choice("softmax"), z + np.array(shift, precision)), a)


def test_softmax_of_huge_logits():
    z = np.array([[1e4, -1e4, 1e4], [-1e4, -1e4, 1e4]])
    np.testing.assert_array_equal(apply(Choice("softmax"), z), [[1, 0.5, 0.5], [0, 0.5, 0.5]])
