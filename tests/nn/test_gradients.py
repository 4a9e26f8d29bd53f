"""Gradients of whole networks against central differences, and what a stack's passes return."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.nn.layers.chain import at_the_start, parts_of
from experiments.nn.layers.record import Block
from experiments.nn.network import Stack
from experiments.nn.weights import Weights
from experiments.records import Network

from .helpers import (
    DIFFERENTIATED,
    activation,
    chain_of,
    dense_stack,
    far_from_kinks,
    one_hot,
    stacked,
    with_ones,
)

FEATURES, CLASSES, BATCH, VARIANTS, SEEDS = 3, 3, 5, 2, 2
H = 1e-5


def make_stack(widths, hidden, output, seed, regression=False):
    """Return a stack of VARIANTS * SEEDS networks with random weights and biases, and its batch."""
    rng = np.random.default_rng([seed, len(widths)])
    sizes = (FEATURES, *widths, CLASSES)
    runs = VARIANTS * SEEDS
    layers = [rng.normal(0, 1.5 / np.sqrt(d), (runs, h, d + 1)) for d, h in pairwise(sizes)]
    inputs = with_ones(rng.normal(0, 1, (SEEDS, BATCH, FEATURES)))
    targets = one_hot(rng.integers(CLASSES, size=(SEEDS, BATCH)), CLASSES)
    if regression:
        targets = rng.normal(0, 1, targets.shape)
    places = chain_of(Network(widths, activation(hidden), "he", output), sizes)
    started = [at_the_start(places, drawn) for drawn in zip(*layers, strict=True)]
    weights = Weights.of(started, "float64", parts_of(places))
    blocks = (Block(slice(0, runs), activation(hidden)),)
    stack = Stack(weights, places, blocks, SEEDS, BATCH, regression=regression)
    return stack, weights, inputs, targets


def stack_far_from_kinks(widths, hidden, output, regression=False):
    """Take the first seed for which no pre-activation is near where a slope jumps."""
    names = [hidden] * len(widths) + [output]
    for seed in range(200):
        made = make_stack(widths, hidden, output, seed, regression)
        made[0].forward(made[2])
        zs = made[0].pre_activations
        if all(far_from_kinks(f, z, 100 * H) for f, z in zip(names, zs, strict=True)):
            return made
    raise AssertionError("no seed is far from the kinks")


def gradients_of(stack, weights, inputs, targets):
    gradients = weights.zeros()
    gradients.values.fill(np.nan)
    stack.forward(inputs)
    stack.backward(inputs, targets, gradients, 1 / BATCH)
    return gradients


def central_differences(stack, weights, inputs, targets):
    """Return the gradient of each run's mean loss, every run's weight moved at the same time."""

    def loss():
        stack.forward(inputs)
        return stack.losses(targets).mean(axis=1)  # (R,)

    found = weights.zeros()
    for w, g in zip(weights.values.T, found.values.T, strict=True):
        kept = w.copy()
        w[...] = kept + H
        ahead = loss()
        w[...] = kept - H
        g[...] = (ahead - loss()) / (2 * H)
        w[...] = kept
    return found


def parts(weights):
    return [weights.part(part.layer, part.name) for part in weights.parts]


def norms(layer):
    return np.sqrt(np.square(layer).sum(axis=(1, 2)))  # (R,)


# Each function in hidden layers below two outputs, and as the output above two functions.
PAIRS = dict.fromkeys(
    pair
    for name in DIFFERENTIATED
    for pair in ((name, "softmax"), (name, "linear"), ("tanh", name), ("leaky_relu", name))
)


@pytest.mark.parametrize(("hidden", "output"), PAIRS)
@pytest.mark.parametrize("widths", [(), (4,), (4, 2, 3)], ids=["depth0", "depth1", "depth3"])
@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
def test_gradients_agree_with_central_differences(widths, hidden, output, regression):
    made = stack_far_from_kinks(widths, hidden, output, regression)
    expected, found = central_differences(*made), gradients_of(*made)
    for part, g, e in zip(found.parts, parts(found), parts(expected), strict=True):
        # Below the rounding of a loss of order 1 divided by H, both say 0.
        assert (norms(g - e) <= 1e-6 * norms(e) + 1e-10).all(), part
    vanishing = ("step", "relu", "relu6", "squared_relu", "hard_tanh")  # whose own gradient may
    if output not in vanishing:
        assert (norms(found.layers[-1]) > 1e-4).all()


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear", "tanh"])
def test_hidden_step_has_exactly_no_gradient_below_the_last_layer(output):
    found = gradients_of(*make_stack((4, 2, 3), "step", output, 0)).layers
    for layer in found[:-1]:
        np.testing.assert_array_equal(layer, 0)
    assert (norms(found[-1]) > 1e-4).all()


def test_step_as_output_gives_exactly_no_gradient():
    for layer in gradients_of(*make_stack((4,), "tanh", "step", 0)).layers:
        np.testing.assert_array_equal(layer, 0)


@pytest.mark.parametrize("output", ["softmax", "linear", "straight_through_step"])
def test_gradients_pass_a_straight_through_step_unchanged(output):
    """By hand, for one hidden layer: dW2 = d a^T and dW1 = (W2^T d) x^T, d the error's gradient."""
    stack, weights, inputs, targets = make_stack((4,), "straight_through_step", output, 0)
    found = gradients_of(stack, weights, inputs, targets).layers
    ones = np.ones((1, BATCH))
    for run in range(VARIANTS * SEEDS):
        x, y = inputs[run % SEEDS], targets[run % SEEDS]
        hidden = np.vstack([weights.layers[0][run] @ x > 0, ones])
        z = weights.layers[1][run] @ hidden
        if output == "softmax":
            d = (np.exp(z) / np.exp(z).sum(axis=0) - y) / BATCH
        else:
            a = z if output == "linear" else (z > 0)
            d = 2 * (a - y) / CLASSES / BATCH
        np.testing.assert_allclose(found[1][run], d @ hidden.T, rtol=1e-12, atol=1e-15)
        below = (weights.layers[1][run][:, :-1].T @ d) @ x.T
        np.testing.assert_allclose(found[0][run], below, rtol=1e-12, atol=1e-15)
        assert np.abs(below).max() > 1e-3 or output == "straight_through_step"


@pytest.mark.parametrize("slope", [0.0, 0.2, 0.9])
def test_leaky_relu_at_other_slopes(slope):
    _, weights, inputs, targets = stack_far_from_kinks((4, 3), "leaky_relu", "softmax")
    blocks = (Block(slice(0, 4), activation("leaky_relu", slope=slope)),)
    made = (dense_stack(weights, blocks, "softmax", SEEDS, BATCH), weights, inputs, targets)
    found, expected = gradients_of(*made), central_differences(*made)
    for g, e in zip(found.layers, expected.layers, strict=True):
        assert (norms(g - e) <= 1e-6 * norms(e) + 1e-10).all()


def test_blocks_have_their_own_activations():
    _, weights, inputs, targets = make_stack((4, 3), "relu", "softmax", 5)
    blocks = [Block(slice(0, 1), activation("tanh")), Block(slice(1, 4), activation("softmax"))]
    stack = dense_stack(weights, blocks, "softmax", SEEDS, BATCH)
    mixed = gradients_of(stack, weights, inputs, targets)
    for name, runs in (("tanh", slice(0, 1)), ("softmax", slice(1, 4))):
        blocks = [Block(slice(0, 4), activation(name))]
        stack = dense_stack(weights, blocks, "softmax", SEEDS, BATCH)
        pure = gradients_of(stack, weights, inputs, targets)
        np.testing.assert_array_equal(mixed.values[runs], pure.values[runs])


def test_variants_of_a_seed_read_the_same_inputs():
    """Run v * G + g reads the g-th inputs: equal weights give equal outputs exactly there."""
    _, weights, inputs, targets = make_stack((4,), "tanh", "softmax", 1)
    weights = stacked([np.repeat(w[:1], 4, axis=0) for w in weights.layers])
    blocks = [Block(slice(0, 4), activation("tanh"))]
    stack = dense_stack(weights, blocks, "softmax", SEEDS, BATCH)
    stack.forward(inputs)
    outputs, losses = stack.outputs[-1], stack.losses(targets)
    assert losses.shape == (4, BATCH)
    for array in (outputs, losses):
        np.testing.assert_array_equal(array[0], array[2])
        np.testing.assert_array_equal(array[1], array[3])
        assert not np.array_equal(array[0], array[1])


def test_ties_go_to_the_lowest_class():
    stack = dense_stack(stacked([np.zeros((2, 3, 4))]), [], "step", 1, 3)
    stack.forward(np.ones((1, 4, 3)))
    expected = [[True, False, False]] * 2
    np.testing.assert_array_equal(hits(stack, np.array([[0, 1, 2]])), expected)


def hits(stack, labels):
    targets = one_hot(labels, stack.outputs[-1].shape[1])
    return stack.hits(targets, np.logical_or.accumulate(targets > 0, axis=-2))


@given(
    arrays("f4", (4, 3, 6), elements=st.sampled_from([-1, 0, 1, 2])),
    arrays(int, (2, 6), elements=st.integers(0, 2)),
)
def test_hits_are_those_of_argmax(outputs, labels):
    """Of two variants at two seeds; numbers from a few, so that many are equal."""
    stack = dense_stack(stacked([np.zeros((4, 3, 2), "f4")]), [], "linear", 2, 6)
    stack.outputs[-1][...] = outputs
    expected = outputs.argmax(axis=1) == np.tile(labels, (2, 1))
    np.testing.assert_array_equal(hits(stack, labels), expected)


def test_what_is_no_number_is_no_hit():
    stack = dense_stack(stacked([np.zeros((1, 3, 2), "f4")]), [], "linear", 1, 3)
    stack.outputs[-1][...] = [[0, np.nan, 0], [1, 1, np.nan], [0, 0, 0]]
    np.testing.assert_array_equal(hits(stack, np.array([[1, 1, 1]])), [[True, False, False]])
