"""The distributions of the starting weights, and how runs are paired by them."""

from itertools import pairwise

import numpy as np
import pytest

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import INITIALIZERS, draw_weights

from .helpers import activation

ALL = pytest.mark.parametrize("init", INITIALIZERS)
SIZES = (40, 300, 120, 7)
FORMULAS = {
    "he": lambda inputs, outputs: 2 / inputs,
    "glorot": lambda inputs, outputs: 2 / (inputs + outputs),
    "lecun": lambda inputs, outputs: 1 / inputs,
    "fixed": lambda inputs, outputs: 1,
}


def pairs(sizes):
    return list(pairwise(sizes))


@ALL
def test_shapes_zero_biases_and_float64(init):
    drawn = draw_weights(init, activation("relu"), SIZES, "evaluation", 3)
    assert [w.shape for w in drawn] == [(h, d + 1) for d, h in pairs(SIZES)]
    for w in drawn:
        assert w.dtype == np.float64
        np.testing.assert_array_equal(w[:, -1], 0)
        assert np.count_nonzero(w[:, :-1]) == w[:, :-1].size


@ALL
def test_variance_matches_the_formula(init):
    row = INITIALIZERS[init]
    family = FORMULAS.get(init.removesuffix("_uniform"))
    kurtosis = 1.8 if row.uniform else 3
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


@pytest.mark.parametrize("init", [name for name, row in INITIALIZERS.items() if row.uniform])
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


@ALL
def test_base_draws_depend_on_the_seed_and_not_on_the_activation(init):
    first = draw_weights(init, activation("relu"), SIZES, "evaluation", 0)
    for name in ACTIVATIONS:
        for w, f in zip(
            draw_weights(init, activation(name), SIZES, "evaluation", 0), first, strict=True
        ):
            ratio = w[:, :-1] / f[:, :-1]  # one number for the whole layer
            np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-14)
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

    for uniform in (False, True):
        names = [name for name, row in INITIALIZERS.items() if row.uniform is uniform]
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
