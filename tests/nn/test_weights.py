"""The one array of a fleet's weights: its parts are views of it, and know what decays."""

import numpy as np
import pytest

from experiments.nn.weights import Part, Weights, product

PARTS = (product(0, 3, 2), Part(0, "gain", (2, 1), start=1.0), product(1, 2, 4))


def made():
    rng = np.random.default_rng(0)
    networks = [[rng.normal(size=part.shape) for part in PARTS] for _ in range(3)]
    return networks, Weights.of(networks, "float64", PARTS)


def test_every_part_is_a_view_of_the_one_array():
    networks, weights = made()
    assert weights.values.shape == (3, 2 * 4 + 2 + 4 * 3)
    for run, network in enumerate(networks):
        for part, array in zip(PARTS, network, strict=True):
            np.testing.assert_array_equal(weights.part(part.layer, part.name)[run], array)
    for number, part in enumerate(PARTS, start=1):
        weights.part(part.layer, part.name)[...] = number
    np.testing.assert_array_equal(weights.values, [[1] * 8 + [2] * 2 + [3] * 12] * 3)
    assert [layer.shape for layer in weights.layers] == [(3, 2, 4), (3, 4, 3)]
    np.testing.assert_array_equal(weights.layers[1], 3)


def test_weights_of_products_decay_and_neither_biases_nor_gains():
    _, weights = made()
    of_products = [True, True, True, False] * 2 + [False] * 2 + [True, True, False] * 4
    np.testing.assert_array_equal(weights.decays, of_products)
    np.testing.assert_array_equal(weights.of_runs(slice(1)).decays, of_products)


@pytest.mark.parametrize(("layer", "count"), [(0, 22), (1, 12)])
def test_the_parts_from_a_layer_on(layer, count):
    _, weights = made()
    np.testing.assert_array_equal(weights.from_layer(layer), weights.values[:, -count:])


def test_arrays_alone_are_taken_for_products():
    networks, _ = made()
    weights = Weights.of([network[::2] for network in networks], "float32")
    assert weights.parts == (product(0, 3, 2), product(1, 2, 4))
    assert weights.values.dtype == np.float32


def test_a_copy_has_memory_of_its_own():
    _, weights = made()
    for other in (weights.copy(), weights.of_runs(slice(0, 3)), weights.zeros()):
        other.values[...] = 7
        assert not (weights.values == 7).any()
        np.testing.assert_array_equal(other.part(0, "gain"), 7)
