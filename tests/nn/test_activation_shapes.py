"""Where the activation functions go, turn and bend, for every row or for every row it holds of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from experiments.nn.activations import ACTIVATIONS, apply

from . import plain_functions as reference
from .helpers import ELEMENTWISE, PRECISIONS, activation

PRECISE = pytest.mark.parametrize("precision", PRECISIONS)
SIMPLE = pytest.mark.parametrize("name", ELEMENTWISE)

INF = np.inf
LIMITS = {
    # values and slopes at -10,000 and 10,000; INF where the value is that of z itself
    "step": (0, 1, 0, 0),
    "linear": (-INF, INF, 1, 1),
    "sigmoid": (0, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "straight_through_step": (0, 1, 1, 1),
    "sigmoid_centred": (-0.5, 0.5, 0, 0),
    "tanh_shifted": (0, 2, 0, 0),
    "relu": (0, INF, 0, 1),
    "leaky_relu": (-100, INF, 0.01, 1),
    "prelu": (-2500, INF, 0.25, 1),
    "relu6": (0, 6, 0, 0),
    "squared_relu": (0, 1e8, 0, 2e4),
    "softplus": (0, INF, 0, 1),
    "elu": (-1, INF, 0, 1),
    "selu": (-reference.SELU_SCALE * reference.SELU_ALPHA, reference.SELU_SCALE * 1e4, 0,
             reference.SELU_SCALE),
    "celu": (-1, INF, 0, 1),
    "gelu": (0, INF, 0, 1),
    "gelu_tanh": (0, INF, 0, 1),
    "silu": (0, INF, 0, 1),
    "mish": (0, INF, 0, 1),
    "hard_swish": (0, INF, 0, 1),
    "softsign": (-1e4 / 10001, 1e4 / 10001, 1 / 10001**2, 1 / 10001**2),
    "hard_tanh": (-1, 1, 0, 0),
    "hard_sigmoid": (0, 1, 0, 0),
    "scaled_tanh": (-1.7159, 1.7159, 0, 0),
    "sine": (np.sin(-1e4), np.sin(1e4), np.cos(1e4), np.cos(1e4)),
    "gaussian": (0, 0, 0, 0),
}  # fmt: skip
BUMPS = {  # that fall before they rise, with their lowest point
    "gelu": (-0.7517916, -0.1699712),
    "gelu_tanh": (-0.7524614, -0.1700408),
    "silu": (-1.2784645, -0.2784645),
    "mish": (-1.1924322, -0.3088434),
    "hard_swish": (-1.5, -0.375),
}
WAVES = ("sine", "gaussian")  # that rise and fall
ODD = ("linear", "tanh", "sigmoid_centred", "softsign", "hard_tanh", "scaled_tanh", "sine")


def both(name, z, **parameters):
    """Return the values and the slopes at z (B,)."""
    choice = activation(name, **parameters)
    a = apply(choice, z[None])
    with np.errstate(over="ignore", under="ignore"):
        slope = ACTIVATIONS[name].derivative(z[None], a, np.empty_like(a), **choice.arguments)
    return a[0], slope[0]


def value(name, *z, **parameters):
    return both(name, np.array(z, float), **parameters)[0]


@SIMPLE
@PRECISE
def test_both_ends_are_those_of_the_formula(name, precision):
    z = np.array([-1e4, 1e4], precision)
    values, slopes = both(name, z)
    expected = np.array(LIMITS[name], float)
    at_ends = np.where(np.isinf(expected[:2]), z, expected[:2])
    rtol = max(4 * np.finfo(precision).eps, 1e-12)
    np.testing.assert_allclose(values, at_ends, rtol=rtol, atol=1e-6 if name == "sine" else 0)
    np.testing.assert_allclose(slopes, expected[2:], rtol=rtol, atol=1e-6 if name == "sine" else 0)


@SIMPLE
def test_single_precision_is_near_double_precision(name):
    z = np.concatenate([np.linspace(-30, 30, 6001), [1e-30, -1e-30]]).astype("float32")
    z = z[z != 0]  # an odd number of halves: a threshold at 0 is no question of precision
    for single, double in zip(both(name, z), both(name, z.astype(float)), strict=True):
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, double, rtol=3e-6, atol=1e-6)


@SIMPLE
@PRECISE
def test_what_is_no_number_has_no_slope_either_or_one_that_the_function_has(name, precision):
    """The value is no number, and is met first: a slope that is a comparison may hide it."""
    values, slopes = both(name, np.array([np.nan, 0.5], precision))
    if name != "step":
        assert np.isnan(values[0])
    assert np.isfinite(values[1])
    assert np.isfinite(slopes[1])
    assert np.isnan(slopes[0]) or slopes[0] in both(name, np.linspace(-7, 7, 29))[1].astype(
        precision
    )


@SIMPLE
def test_rises_throughout_but_for_the_bumps_and_waves(name):
    z = np.linspace(-20, 20, 40_001)
    values, slopes = both(name, z)
    falls = np.diff(values) < -1e-15
    assert falls.any() == (name in BUMPS or name in WAVES)
    assert (slopes >= 0).all() == (name not in BUMPS and name not in WAVES)
    if name in BUMPS:
        place, lowest = BUMPS[name]
        assert values.min() == pytest.approx(lowest, abs=1e-6)
        assert z[values.argmin()] == pytest.approx(place, abs=1.5e-3)
        assert (values[z >= 0] >= 0).all()
        assert (np.diff(values)[z[1:] > place + 2e-3] > -1e-15).all()


@SIMPLE
def test_is_odd_if_and_only_if_it_is_called_so(name):
    z = np.linspace(0.1, 9, 300)
    assert np.allclose(value(name, *-z), -value(name, *z), rtol=1e-12, atol=0) == (name in ODD)


@SIMPLE
def test_is_continuous_unless_it_is_a_threshold(name):
    z = np.concatenate([np.linspace(-8, 8, 1_601), [0.0]])
    jump = np.abs(value(name, *(z + 1e-9)) - value(name, *(z - 1e-9))).max()
    assert (jump > 0.5) == (name in ("step", "straight_through_step"))
    assert jump > 0.5 or jump < 1e-7


# What the papers say of them


def test_selu_keeps_the_mean_0_and_the_variance_1_of_a_normal_input():
    def moment(power):
        def integrand(z):
            return value("selu", z)[0] ** power * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

        return quad(integrand, -12, 0, epsabs=1e-12)[0] + quad(integrand, 0, 12, epsabs=1e-12)[0]

    assert moment(1) == pytest.approx(0, abs=1e-10)
    assert moment(2) == pytest.approx(1, abs=1e-10)


def test_gelu_is_near_its_approximation_and_not_equal_to_it():
    z = np.linspace(-8, 8, 1001)
    distance = np.abs(value("gelu", *z) - value("gelu_tanh", *z)).max()
    assert 1e-4 < distance < 5e-4


def test_gelu_keeps_its_digits_where_hardly_anything_passes():
    """1 + erf would cancel: Phi(-10) is 7.6e-24."""
    assert value("gelu", -10) == pytest.approx(-7.619853e-23, rel=1e-6)
    assert both("gelu", np.array([-10.0]))[1] == pytest.approx([-7.5432e-22], rel=1e-3)


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu"])
@PRECISE
def test_the_slope_at_zero_is_one_half(name, precision):
    tiny = float(np.finfo(precision).tiny)
    z = np.array([-tiny, -0.0, 0.0, tiny, 1e-20], precision)
    np.testing.assert_allclose(both(name, z)[1], 0.5, rtol=1e-6)


@given(st.floats(0.05, 20), st.floats(-30, 30))
def test_swish_is_a_silu_that_is_compressed(beta, z):
    expected = value("silu", beta * z)[0] / beta
    assert value("silu", z, beta=beta)[0] == pytest.approx(expected, rel=1e-12, abs=1e-300)
    assert value("silu", z, beta=0)[0] == z / 2


@given(st.floats(0.05, 20), st.floats(-30, 30))
def test_elu_goes_to_minus_alpha_and_celu_without_a_kink(alpha, z):
    for name in ("elu", "celu"):
        assert value(name, -1e4, alpha=alpha)[0] == -alpha
        plain = reference.FUNCTIONS[name](np.array(z), alpha)
        assert value(name, z, alpha=alpha)[0] == pytest.approx(plain, rel=1e-9, abs=1e-13)
        slope = reference.DERIVATIVES[name](np.array([z]), alpha)
        found = both(name, np.array([z]), alpha=alpha)[1]
        assert found == pytest.approx(slope, rel=1e-12, abs=1e-13)
    left, right = both("celu", np.array([-1e-9, 1e-9]), alpha=alpha)[1]
    assert left == pytest.approx(right, abs=1e-7)
    left, right = both("elu", np.array([-1e-9, 1e-9]), alpha=alpha)[1]
    assert right - left == pytest.approx(1 - alpha, abs=1e-7)


def test_elu_without_a_left_side_is_relu():
    z = np.linspace(-5, 5, 101)
    np.testing.assert_array_equal(value("elu", *z, alpha=0), np.maximum(z, 0))


@given(st.floats(0.1, 100), st.floats(-30, 30))
def test_sine_has_its_frequency(frequency, z):
    values, slopes = both("sine", np.array([z]), frequency=frequency)
    assert values[0] == pytest.approx(np.sin(frequency * z), abs=1e-12)
    assert slopes[0] == pytest.approx(frequency * np.cos(frequency * z), abs=1e-10)


def test_scaled_tanh_passes_through_1_at_1_and_softplus_is_log_2_at_0():
    np.testing.assert_allclose(value("scaled_tanh", -1, 1), [-1, 1], atol=3e-6)
    assert value("softplus", 0)[0] == pytest.approx(np.log(2), rel=1e-15)


@given(st.floats(-700, 700))
def test_softplus_is_a_relu_and_what_is_missing_to_it_either_way(z):
    """softplus(z) - softplus(-z) = z, and softplus(z) lies between ReLU and ReLU + log 2."""
    above, below = value("softplus", z, -z)
    assert above - below == pytest.approx(z, rel=1e-14, abs=1e-14)
    assert max(z, 0) <= above <= max(z, 0) + np.log(2) + 1e-15


@pytest.mark.parametrize(
    ("name", "kinks", "beside"),
    [
        ("relu6", (0, 6), (0, 1, 1, 0)),
        ("hard_tanh", (-1, 1), (0, 1, 1, 0)),
        ("hard_sigmoid", (-3, 3), (0, 1 / 6, 1 / 6, 0)),
        ("hard_swish", (-3, 3), (0, -0.5, 1.5, 1)),
        ("squared_relu", (0,), (0, 0)),
    ],
)
@PRECISE
def test_slopes_jump_where_the_formula_has_its_kinks(name, kinks, beside, precision):
    """PyTorch's slopes at the kinks themselves are those outside, as here."""
    step = 8 * np.finfo(precision).eps
    sides = [(k - step * (abs(k) or 1e-3), k + step * (abs(k) or 1e-3)) for k in kinks]
    found = both(name, np.array(sides, precision).ravel())[1]
    np.testing.assert_allclose(found, beside, atol=1e-5)
    at_kinks = both(name, np.array(kinks, precision))[1]
    np.testing.assert_allclose(at_kinks, [beside[0], beside[-1]][: len(kinks)], atol=1e-6)
