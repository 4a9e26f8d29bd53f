"""What formulas give for untrained networks, against closed forms and against such networks."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from experiments import datasets
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.diagnostics.slopes import grid
from experiments.nn.diagnostics.theory import second_moments
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.training import train
from experiments.parameters import Choice
from experiments.records import DataShape, Fleet, Network, Trace

from . import reference
from .helpers import ELEMENTWISE, KINKS, activation, make_fleet

BIRTHS = 2000


def network(hidden="relu", widths=(4, 4), init="he", scale=1.0, **parameters) -> Network:
    return Network(tuple(widths), activation(hidden, **parameters), init, "linear", scale)


def theory(name: str, of: Network, features: int | None = None, train: int = 1):
    """Return what the formula gives; as many inputs as units, if not told."""
    if features is None:
        features = of.widths[0] if of.widths else 1
    return DIAGNOSTICS[name].theory.value(of, DataShape(features, 1, train, 0, 0, regression=True))


def born(names, seeds, *, examples, features, **arguments) -> list[Trace]:
    """Return untrained networks on the `gaussian` data set."""
    data = Choice.of("gaussian", datasets.DATASETS, examples=examples, features=features)
    arguments = {"output": "linear", "epochs": 0.0, "batch": 1, "precision": "float32"} | arguments
    fleet = make_fleet([{}], range(seeds), **arguments)
    runs = tuple(replace(run, data=data, diagnostics=tuple(names)) for run in fleet.runs)
    loaded = [datasets.load(data, "evaluation", seed, "float32") for seed in range(seeds)]
    return train(Fleet(runs, seeds), loaded)


# Nets that are born dead


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (2, 1), (2, 5), (3, 10), (4, 8)])
def test_as_many_relu_nets_are_born_dead_as_the_formula_says(width, depth):
    names = ("cut_off", "dead_units", "zeros")
    traces = born(names, BIRTHS, examples=1, features=10, widths=(width,) * depth)
    cut_off = np.array([trace.metric("cut_off")[0] for trace in traces])
    assert set(cut_off) == {0, 1}
    expected = 1 - (1 - 0.5**width) ** depth
    band = 4 * np.sqrt(expected * (1 - expected) / BIRTHS)
    assert cut_off.mean() == pytest.approx(expected, abs=band)
    given = theory("cut_off", network(widths=(width,) * depth))
    assert given == pytest.approx([expected], rel=1e-12)
    # At one example a unit is dead where it is 0; the net dies in one layer after the other.
    for layer in (1, depth):
        dead = np.array([trace.metric(f"dead_units {layer}")[0] for trace in traces])
        zeros = [trace.metric(f"zeros {layer}")[0] for trace in traces]
        np.testing.assert_array_equal(dead, zeros)
        share = 1 - (1 - 0.5**width) ** layer
        assert (dead == 1).mean() == pytest.approx(
            share, abs=4 * np.sqrt(share * (1 - share) / BIRTHS)
        )


@given(st.lists(st.integers(1, 30), max_size=6))
def test_a_net_dies_where_any_of_its_layers_does(widths):
    alive = 1.0
    for width in widths:
        alive *= 1 - 0.5**width
    assert theory("cut_off", network(widths=widths)) == pytest.approx([1 - alive], abs=1e-15)


# Zeros


def test_half_of_the_units_of_a_wide_relu_net_are_zero():
    traces = born(("zeros",), 4, examples=100, features=10, widths=(512,) * 5, batch=32)
    found = np.mean([trace.values[0, -5:] for trace in traces], axis=0)  # (L,)
    np.testing.assert_allclose(found, theory("zeros", network(widths=(512,) * 5)), atol=0.02)
    np.testing.assert_allclose(theory("zeros", network(widths=(512,) * 5)), 0.5, rtol=1e-12)


@pytest.mark.parametrize("hidden", ["step", "relu6", "squared_relu"])
def test_nets_of_other_functions_that_cut_off_below_0_have_as_many_zeros(hidden):
    names, widths = ("zeros", "cut_off"), (2, 2, 2)
    traces = born(names, BIRTHS, examples=1, features=10, widths=widths, hidden=hidden)
    for name, columns in (("zeros", ["zeros 1", "zeros 2", "zeros 3"]), ("cut_off", ["cut_off"])):
        found = np.array([[t.metric(column)[0] for column in columns] for t in traces])
        spread = 4 * found.std(axis=0) / np.sqrt(len(traces))
        expected = theory(name, network(hidden, widths))
        assert (np.abs(found.mean(axis=0) - expected) < spread).all()


def test_a_profile_that_overflows_is_told_as_such_and_not_drawn():
    """The variance of a squared ReLU is squared with each layer."""
    profile = theory("gradient", network("squared_relu", (64,) * 30))
    assert profile[-1] == 1
    assert not np.isfinite(profile[:5]).any()


@pytest.mark.parametrize("widths", [(2, 2, 2, 2), (3, 1, 4)])
def test_more_than_half_of_the_units_of_a_narrow_relu_net_are_zero(widths):
    names = ("zeros",)
    traces = born(names, 4 * BIRTHS, examples=1, features=10, widths=widths, batch=1)
    shares = [[t.metric(f"zeros {i + 1}")[0] for i in range(len(widths))] for t in traces]
    expected = theory("zeros", network(widths=widths))
    spread = 4 * np.std(shares, axis=0) / np.sqrt(len(traces))
    assert (np.abs(np.mean(shares, axis=0) - expected) < spread).all()
    assert (np.diff(expected) > 0).all()


def test_the_chance_to_be_born_dead_is_known_at_a_single_input_only():
    assert theory("cut_off", network(widths=(4, 4)), train=2) is None


# Gradients from layer to layer


def factors(profile: np.ndarray) -> np.ndarray:
    """Return by how much a gradient changes with each layer towards the input, first layer last."""
    return profile[..., :-1] / profile[..., 1:]


@cache
def measured(hidden: str, init: str, scale: float, features: int) -> np.ndarray:
    """Return the factor of each layer in wide nets: the geometric mean over seeds, (L - 1,)."""
    traces = born(
        ("gradient",), 4, examples=100, features=features, widths=(512,) * 6, batch=32,
        hidden=hidden, init=init, init_scale=scale,
    )  # fmt: skip
    profiles = np.array([[t.metric(f"gradient {i}")[0] for i in range(1, 7)] for t in traces])
    return np.exp(np.log(factors(profiles)).mean(axis=0))


@pytest.mark.parametrize(
    ("hidden", "init", "scale", "features"),
    [
        ("sigmoid", "lecun", 1.0, 10),
        ("relu", "he", 1.0, 10),
        ("relu", "glorot", 1.0, 10),
        ("leaky_relu", "he", 1.0, 10),
        ("linear", "lecun", 1.0, 10),
        ("tanh", "lecun", 0.5, 10),
        ("tanh", "lecun", 1.0, 10),
        ("tanh", "lecun", 2.0, 10),
        ("tanh", "glorot", 2.0, 512),
        ("tanh", "glorot", 2.0, 10),  # Glorot's first layer depends on the number of inputs
        ("sigmoid", "glorot", 1.0, 10),
        ("sigmoid_centred", "lecun", 2.0, 10),
        ("tanh_shifted", "lecun", 1.0, 10),
        ("selu", "lecun", 1.0, 10),
        ("gelu", "he", 1.0, 10),
        ("hard_tanh", "lecun", 1.0, 10),
        ("sine", "he_uniform", 1.0, 10),
        ("relu", "he_orthogonal", 1.0, 512),
        ("tanh", "orthogonal", 1.5, 10),
        ("relu", "glorot_truncated", 1.0, 10),
    ],
)
def test_gradients_of_wide_nets_change_with_each_layer_as_the_formula_says(
    hidden, init, scale, features
):
    found = measured(hidden, init, scale, features)
    expected = factors(theory("gradient", network(hidden, (512,) * 6, init, scale), features))
    np.testing.assert_allclose(found, expected, rtol=0.05)


@pytest.mark.parametrize(
    ("hidden", "init", "expected"),
    [("sigmoid", "lecun", 0.236), ("relu", "he", 1.0), ("relu", "glorot", np.sqrt(0.5))],
)
def test_the_factor_that_gradients_settle_at_is_the_known_one(hidden, init, expected):
    profile = theory("gradient", network(hidden, (512,) * 6, init))
    assert profile[-1] == 1  # all is relative to the last hidden layer
    np.testing.assert_allclose(factors(profile)[1:], expected, rtol=0.006)
    assert measured(hidden, init, 1.0, 10)[1:].mean() == pytest.approx(expected, rel=0.05)


def test_gradients_of_tanh_vanish_below_a_scale_of_1_and_explode_above():
    small, one, large = (
        factors(theory("gradient", network("tanh", (512,) * 6, "lecun", scale)))
        for scale in (0.5, 1.0, 2.0)
    )
    assert (small < 0.5).all()
    assert small[-1] == pytest.approx(0.5, rel=0.01)  # once z is small, tanh is linear
    assert (small < one).all()
    assert (one < 1).all()
    assert (np.diff(one) > 0).all()
    assert (large > 1).all()


WIDTHS = st.lists(st.integers(1, 600), min_size=1, max_size=6)


@given(WIDTHS, st.floats(0.1, 3))
def test_functions_without_scale_have_closed_forms(widths, scale):
    """Whatever the variance of z: E f'^2 is (1 + slope^2) / 2, and the rest is the initializer."""
    first, second = (np.array(ends, float) for ends in (widths[:-1], widths[1:]))
    cases = [
        ("linear", "lecun", {}, second / first),
        ("relu", "he", {}, second / first),
        ("relu", "glorot", {}, second / (first + second)),
        ("leaky_relu", "he", {"slope": 0.3}, second / first),
        ("leaky_relu", "lecun", {"slope": 0.3}, 1.09 / 2 * second / first),
        ("relu", "fixed", {}, second / 2),
    ]
    for hidden, init, parameters, square in cases:
        found = theory("gradient", network(hidden, widths, init, scale, **parameters))
        assert len(found) == len(widths)
        np.testing.assert_allclose(factors(found), scale * np.sqrt(square), rtol=1e-6)
        assert found[-1] == 1


def moment(of, variance: float, kinks=(0.0,)) -> float:
    """Return E of(z)^2 for z from N(0, variance), by quadrature from kink to kink."""

    def integrand(x):
        density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
        return float(of(np.array(np.sqrt(variance) * x))) ** 2 * density

    inside = np.array([z for z in sorted({0.0, *kinks}) if abs(z) < 9 * np.sqrt(variance)])
    ends = [-9, *(inside / np.sqrt(variance)), 9]
    return sum(quad(integrand, a, b, limit=200)[0] for a, b in pairwise(ends))


@given(st.sampled_from(ELEMENTWISE), st.floats(0.01, 20))
def test_second_moments_are_integrals_over_the_normal_density(name, variance):
    tables, kinks = (reference.FUNCTIONS, reference.DERIVATIVES), KINKS.get(name, ())
    expected = [moment(table[name], variance, kinks) for table in tables]
    # A slope that jumps anywhere but at 0 does so within a step of the grid, which is as much of
    # the whole as the step is of the stretch between the jumps, of the order of 1 in z.
    step = np.diff(grid())[0] * np.sqrt(variance)
    rel = max(5e-4, step) if kinks else 1e-5
    assert second_moments(activation(name), variance) == pytest.approx(expected, rel=rel, abs=1e-9)


@pytest.mark.parametrize("hidden", ["tanh", "sigmoid", "tanh_shifted"])
@pytest.mark.parametrize(("init", "gain"), [("lecun", 1.0), ("he", 2.0)])
@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_widths_that_differ_change_gradients_and_not_the_spread_of_what_comes_in(
    hidden, init, gain, scale
):
    """Of initializers by the inputs alone: q is gain E f^2, however many units there are."""
    widths = (3, 50, 7, 7, 20)
    f, slope = reference.FUNCTIONS[hidden], reference.DERIVATIVES[hidden]
    gain *= scale**2
    q, expected = gain, []
    for first, second in pairwise(widths):
        expected.append(np.sqrt(gain * second / first * moment(slope, q)))
        q = gain * moment(f, q)
    found = theory("gradient", network(hidden, widths, init, scale))
    np.testing.assert_allclose(factors(found), expected, rtol=1e-6)


def test_a_step_passes_no_gradient_on():
    np.testing.assert_array_equal(theory("gradient", network("step", (4, 4, 4))), [0, 0, 1])


@pytest.mark.parametrize("hidden", ACTIVATIONS)
@pytest.mark.parametrize("init", INITIALIZERS)
def test_formulas_give_a_number_for_each_hidden_layer_or_say_that_they_do_not_hold(hidden, init):
    for widths in ((5,), (5, 4, 3)):
        of = network(hidden, widths, init)
        profile = theory("gradient", of)
        assert (profile is None) == (hidden not in ELEMENTWISE or init == "lsuv")
        assert profile is None or (profile.shape == (len(widths),) and (profile >= 0).all())
        zeros = theory("zeros", of)
        cut_off_below_0 = ("step", "straight_through_step", "relu", "relu6", "squared_relu")
        assert (zeros is None) == (hidden not in cut_off_below_0)
        assert zeros is None or zeros.shape == (len(widths),)
        cut_off = theory("cut_off", of)
        assert (cut_off is None) == (hidden not in cut_off_below_0)
        assert cut_off is None or cut_off.shape == (1,)


def test_a_net_without_hidden_layers_has_no_profile_and_is_never_cut_off():
    assert theory("gradient", network(widths=())) is None
    assert theory("zeros", network(widths=())) is None
    np.testing.assert_array_equal(theory("cut_off", network(widths=())), [0])
