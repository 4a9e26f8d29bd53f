"""The distributions of the starting weights, and how runs are paired by them."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.special import erf

from experiments.nn.activations import ACTIVATIONS, apply
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.unit_variance import EXAMPLES
from experiments.records import DataShape

from . import helpers
from .helpers import activation, asking, make_dataset, make_fleet, train_fleet

ALL = pytest.mark.parametrize("init", INITIALIZERS)
SIZES = (40, 300, 120, 7)
FORMULAS = {
    "he": lambda inputs, outputs: 2 / inputs,
    "glorot": lambda inputs, outputs: 2 / (inputs + outputs),
    "lecun": lambda inputs, outputs: 1 / inputs,
    "fixed": lambda inputs, outputs: 1,
}


BY_DATA = [name for name, row in INITIALIZERS.items() if row.by_data]
ORTHOGONAL = ["orthogonal", "he_orthogonal"]
INDEPENDENT = [name for name in INITIALIZERS if name not in (*ORTHOGONAL, *BY_DATA)]
TRUNCATED = [name for name in INITIALIZERS if name.endswith("_truncated")]
UNIFORM = [name for name in INITIALIZERS if name.endswith("_uniform")]


def pairs(sizes):
    return list(pairwise(sizes))


def draw_weights(init, hidden, sizes, stream, seed, **more):
    """Draw as a run does; what looks at data sees 50 examples, the same whatever the seed."""
    inputs = np.random.default_rng(1).normal(1, 2, (sizes[0], 50))
    return helpers.draw_weights(init, hidden, sizes, stream, seed, inputs=inputs, **more)


@ALL
def test_shapes_zero_biases_and_float64(init):
    drawn = draw_weights(init, activation("relu"), SIZES, "evaluation", 3)
    assert [w.shape for w in drawn] == [(h, d + 1) for d, h in pairs(SIZES)]
    for w in drawn:
        assert w.dtype == np.float64
        np.testing.assert_array_equal(w[:, -1], 0)
        assert np.count_nonzero(w[:, :-1]) == w[:, :-1].size


@pytest.mark.parametrize("init", INDEPENDENT)
def test_variance_matches_the_formula(init):
    row = INITIALIZERS[init]
    family = FORMULAS.get(init.removesuffix("_uniform").removesuffix("_truncated"))
    # Of a normal distribution cut at 2: E x^4 by parts, with p = phi(2) / (Phi(2) - Phi(-2)).
    p = np.exp(-2) / np.sqrt(2 * np.pi) / erf(np.sqrt(2))
    cut = (3 - 28 * p) / (1 - 4 * p) ** 2
    kurtosis = 1.8 if init in UNIFORM else cut if init in TRUNCATED else 3
    for layer, (inputs, outputs) in enumerate(pairs(SIZES)):
        draws = np.concatenate(
            [
                draw_weights(init, activation("relu"), SIZES, "evaluation", seed)[layer][:, :-1]
                for seed in range(8)
            ]
        )
        variance = row.variance(inputs, outputs, 0.0)
        if family is not None:
            assert variance == pytest.approx(family(inputs, outputs), rel=1e-15)
        error = np.sqrt((kurtosis - 1) / draws.size)  # of a variance, relative
        assert np.mean(draws**2) == pytest.approx(variance, rel=5 * error)
        assert abs(draws.mean()) < 5 * np.sqrt(variance / draws.size)
        ratio = np.mean(draws**4) / np.mean(draws**2) ** 2
        assert ratio == pytest.approx(kurtosis, rel=30 / np.sqrt(draws.size))


@pytest.mark.parametrize("init", TRUNCATED)
def test_truncated_draws_are_normal_ones_within_two_deviations(init):
    """The same quantiles of both, and 1 / 0.8796256610342398 is what they are rescaled by."""
    drawn = draw_weights(init, activation("relu"), SIZES, "evaluation", 0)
    normal = draw_weights(
        init.removesuffix("_truncated"), activation("relu"), SIZES, "evaluation", 0
    )
    for w, n, (inputs, outputs) in zip(drawn, normal, pairs(SIZES), strict=True):
        deviation = np.sqrt(INITIALIZERS[init].variance(inputs, outputs, 0.0))
        standard, base = w[:, :-1] / deviation, n[:, :-1] / deviation
        assert 2.2 < np.abs(standard).max() < 2 / 0.8796256610342398
        found = stats.truncnorm.cdf(standard * 0.8796256610342398, -2, 2)
        np.testing.assert_allclose(found, stats.norm.cdf(base), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("init", UNIFORM)
def test_uniform_draws_are_bounded_and_fill_their_interval(init):
    drawn = draw_weights(init, activation("relu"), SIZES, "evaluation", 0)
    for w, (inputs, outputs) in zip(drawn, pairs(SIZES), strict=True):
        bound = np.sqrt(3 * INITIALIZERS[init].variance(inputs, outputs, 0.0))
        assert np.abs(w).max() <= bound
        assert w.min() < -0.98 * bound
        assert w.max() > 0.98 * bound


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.5])
def test_he_allows_for_the_negative_slope(slope):
    drawn = draw_weights("he", activation("leaky_relu", slope=slope), SIZES, "evaluation", 0)
    plain = draw_weights("he", activation("relu"), SIZES, "evaluation", 0)
    for w, p in zip(drawn, plain, strict=True):
        np.testing.assert_allclose(w, p / np.sqrt(1 + slope**2), rtol=1e-14)


@pytest.mark.parametrize("init", ORTHOGONAL)
@pytest.mark.parametrize("slope", [0.0, 0.5])
@pytest.mark.parametrize(("inputs", "outputs"), [(7, 7), (40, 7), (7, 40), (1, 5), (5, 1)])
def test_rows_or_columns_are_orthogonal_and_as_long_as_the_gain_says(init, slope, inputs, outputs):
    leaky = activation("leaky_relu", slope=slope)
    (drawn,) = draw_weights(init, leaky, (inputs, outputs), "evaluation", 0)
    w = drawn[:, :-1]
    square = 1.0 if init == "orthogonal" else 2 / (1 + slope**2)
    small = w @ w.T if outputs <= inputs else w.T @ w
    np.testing.assert_allclose(small, square * np.eye(len(small)), atol=1e-13)
    variance = INITIALIZERS[init].variance(inputs, outputs, slope)
    assert np.mean(w**2) == pytest.approx(variance, rel=1e-12)


def test_orthogonal_matrices_are_spread_evenly():
    """Of evenly distributed 2 x 2 ones half are rotations, each by an angle that is uniform."""
    drawn = [
        draw_weights("orthogonal", activation("tanh"), (2, 2), "evaluation", seed)[0][:, :-1]
        for seed in range(1000)
    ]
    turned = [np.linalg.det(w) > 0 for w in drawn]
    assert stats.binomtest(sum(turned), len(turned)).pvalue > 1e-3
    angles = np.array([np.arctan2(w[1, 0], w[0, 0]) for w in drawn]) / (2 * np.pi) + 0.5
    assert stats.kstest(angles, "uniform").pvalue > 1e-3


def pre_activations(layers, hidden, inputs):
    """Return z (H, B) of every layer."""
    found, values = [], inputs
    for weights in layers:
        found.append(weights[:, :-1] @ values)
        values = apply(hidden, found[-1])
    return found


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_lsuv_gives_every_layer_pre_activations_of_variance_1(name):
    inputs = np.random.default_rng(2).normal(3, 5, (40, 64))
    layers = helpers.draw_weights("lsuv", activation(name), SIZES, "evaluation", 0, inputs=inputs)
    plain = draw_weights("orthogonal", activation(name), SIZES, "evaluation", 0)
    zs = pre_activations(layers, activation(name), inputs)
    for z, w, q in zip(zs, layers, plain, strict=True):
        assert z.var() == pytest.approx(1, rel=1e-12)
        ratio = w[:, :-1] / q[:, :-1]
        np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-12)
        np.testing.assert_array_equal(w[:, -1], 0)


def test_lsuv_leaves_a_layer_that_nothing_passes_as_it_was_drawn():
    nothing = np.zeros((40, 9))
    layers = helpers.draw_weights(
        "lsuv", activation("relu"), SIZES, "evaluation", 0, inputs=nothing
    )
    plain = draw_weights("orthogonal", activation("relu"), SIZES, "evaluation", 0)
    for w, q in zip(layers, plain, strict=True):
        np.testing.assert_array_equal(w, q)


def test_what_looks_at_data_says_so_where_there_is_none():
    for init in BY_DATA:
        with pytest.raises(ValueError, match="needs training examples"):
            helpers.draw_weights(init, activation("relu"), SIZES, "evaluation", 0)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("train", "batch"), [(30, 1), (EXAMPLES + 50, 1), (EXAMPLES + 50, 64)])
def test_a_run_looks_at_its_first_training_examples_whatever_its_batch(train, batch, precision):
    """Its own, not those of another seed, and none that it is judged on: read off its outputs."""
    shape = DataShape(6, 3, train, 20, 20)
    fleet = make_fleet(
        [{"hidden": "tanh"}, {"hidden": "gelu", "init_scale": 0.5}],
        init="lsuv",
        batch=batch,
        seeds=(3, 1),
        widths=(5,),
        precision=precision,
        epochs=0,
    )
    traces = train_fleet(asking(fleet, "activation_std"), shape)
    for run, trace in zip(fleet.runs, traces, strict=True):
        data = make_dataset(shape, run.seed, precision)
        network, x = run.network, data.inputs[:train].T
        (first, _) = helpers.draw_weights(
            "lsuv", network.activation, (6, 5, 3), "evaluation", run.seed,
            scale=network.init_scale, inputs=x[:, :EXAMPLES],
        )  # fmt: skip
        z = first[:, :-1] @ x
        assert z[:, :EXAMPLES].std() == pytest.approx(network.init_scale, rel=1e-6)
        expected = apply(network.activation, z).std()
        assert trace.metric("activation_std 1")[0] == pytest.approx(expected, rel=2e-6)


@ALL
def test_base_draws_depend_on_the_seed_and_not_on_the_activation(init):
    first = draw_weights(init, activation("relu"), SIZES, "evaluation", 0)
    for name in ACTIVATIONS:
        for w, f in zip(
            draw_weights(init, activation(name), SIZES, "evaluation", 0), first, strict=True
        ):
            ratio = w[:, :-1] / f[:, :-1]  # one number for the whole layer
            np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-12)
    for other in (
        draw_weights(init, activation("relu"), SIZES, "evaluation", 1),
        draw_weights(init, activation("relu"), SIZES, "tuning", 0),
    ):
        for w, f in zip(other, first, strict=True):
            correlation = np.corrcoef(w[:, :-1].ravel(), f[:, :-1].ravel())[0, 1]
            assert abs(correlation) < 5 / np.sqrt(w.size)


@ALL
@pytest.mark.parametrize("scale", [0.01, 1.0, 3.0])
def test_a_scale_multiplies_all_weights_and_nothing_else(init, scale):
    plain = draw_weights(init, activation("relu"), SIZES, "evaluation", 0)
    scaled = draw_weights(init, activation("relu"), SIZES, "evaluation", 0, scale=scale)
    for w, p in zip(scaled, plain, strict=True):
        # To the last bit at scale 1: stored runs were drawn before there was a scale.
        np.testing.assert_allclose(w, scale * p, rtol=0 if scale == 1 else 1e-15)


def test_fixed_at_one_hundredth_is_the_same_for_layers_of_all_sizes():
    """Krizhevsky, Sutskever & Hinton's N(0, 0.01^2)."""
    for layer in draw_weights("fixed", activation("relu"), SIZES, "evaluation", 0, scale=0.01):
        draws = layer[:, :-1]
        assert draws.std() == pytest.approx(0.01, rel=4 / np.sqrt(2 * draws.size))


def test_families_share_their_base_draws():
    def standard(init):
        drawn = draw_weights(init, activation("relu"), SIZES, "evaluation", 0)
        return [
            w[:, :-1] / np.sqrt(INITIALIZERS[init].variance(*sizes, 0.0))
            for w, sizes in zip(drawn, pairs(SIZES), strict=True)
        ]

    normal = [name for name in INDEPENDENT if name not in (*UNIFORM, *TRUNCATED)]
    for names in (normal, UNIFORM, TRUNCATED, ORTHOGONAL):
        for name in names[1:]:
            for w, f in zip(standard(name), standard(names[0]), strict=True):
                np.testing.assert_allclose(w, f, rtol=1e-13)


def test_a_layer_keeps_its_draws_when_the_layers_above_it_change():
    shallow = draw_weights("lecun", activation("relu"), (5, 8, 3), "evaluation", 0)
    deep = draw_weights("lecun", activation("relu"), (5, 8, 8, 8, 3), "evaluation", 0)
    np.testing.assert_array_equal(shallow[0], deep[0])


def test_layers_are_independent_of_each_other():
    drawn = draw_weights("lecun", activation("relu"), (50,) * 4, "evaluation", 0)
    correlations = np.corrcoef([w[:, :-1].ravel() for w in drawn])
    assert np.abs(correlations - np.eye(3)).max() < 5 / 50
