"""What is known by proof of such networks must come out of the program."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom

from experiments.nn.layers.record import Block
from experiments.nn.training import train
from experiments.records import Dataset, DataShape, Evaluation

from .helpers import (
    activation,
    dense_stack,
    draw_weights,
    make_dataset,
    make_fleet,
    stacked,
    with_ones,
)


def forward(weights, hidden, inputs, output="linear"):
    """Pass inputs (B, D) through networks of weights (R, H, D + 1); return the stack."""
    runs = len(weights[0])
    blocks = [Block(slice(0, runs), activation(hidden))]
    stack = dense_stack(stacked(weights), blocks, output, 1, len(inputs))
    with np.errstate(under="ignore"):
        stack.forward(with_ones(inputs[None]))
    return stack


@pytest.mark.parametrize("depth", [1, 2, 5, 20])
def test_a_linear_stack_is_the_linear_map_of_its_product_matrix(depth):
    rng = np.random.default_rng(depth)
    sizes = (6, *[7] * depth, 4)
    weights = [rng.normal(0, 1 / np.sqrt(d), (3, h, d + 1)) for d, h in pairwise(sizes)]
    x = rng.normal(0, 1, (9, 6))
    found = forward(weights, "linear", x).outputs[-1]
    for run in range(3):
        product, shift = np.eye(6), np.zeros(6)
        for w in weights:
            product, shift = w[run, :, :-1] @ product, w[run, :, :-1] @ shift + w[run, :, -1]
        np.testing.assert_allclose(found[run], product @ x.T + shift[:, None], rtol=1e-10)


def xor(repeats):
    corners = np.array([[1.0, 1], [1, -1], [-1, -1], [-1, 1]])
    labels = np.array([0, 1, 0, 1])
    shape = DataShape(2, 2, 4 * repeats, 0, 0)
    return Dataset(np.tile(corners, (repeats, 1)), np.tile(labels, repeats), shape)


@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_linear_layers_on_xor_bottom_out_at_ln_2(depth):
    seeds = range(8)
    fleet = make_fleet(
        [{"hidden": "linear", "rate": rate} for rate in (0.03, 0.1)],
        seeds,
        widths=(8,) * depth,
        init="glorot",
        batch=4,
        epochs=1000.0,
    )
    for trace in train(fleet, [xor(1)] * len(seeds)):
        loss = trace.metric("train_loss")
        assert loss.min() > np.log(2) - 1e-12
        assert loss[-1] < np.log(2) + 1e-3
        # Once the weights are 0 up to rounding, it is rounding that classifies, and not linearly.
        linear = loss > np.log(2) + 1e-12
        assert linear.sum() > 20
        assert trace.metric("train_accuracy")[linear].max() <= 0.75


def test_relu_layers_solve_xor():
    seeds = range(8)
    fleet = make_fleet([{"rate": 0.1}], seeds, widths=(16, 16), batch=4, epochs=1000.0)
    for trace in train(fleet, [xor(1)] * len(seeds)):
        assert trace.metric("train_loss")[-1] < 0.01
        assert trace.metric("train_accuracy")[-1] == 1


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear"])
def test_every_usual_output_learns_xor_in_minibatches(output):
    seeds = range(4)
    fleet = make_fleet(
        [{"hidden": "relu"}, {"hidden": "tanh", "init": "glorot"}],
        seeds,
        widths=(16, 16),
        output=output,
        batch=7,
        epochs=100.0,
        precision="float32",
        rate=0.05,
    )
    for trace in train(fleet, [xor(16)] * len(seeds)):
        assert trace.metric("train_accuracy")[-1] == 1


def test_a_step_as_output_never_learns():
    fleet = make_fleet([{"hidden": "tanh"}], (0, 1), output="step", batch=4, epochs=50.0, rate=1.0)
    for trace in train(fleet, [xor(1)] * 2):
        assert np.ptp(trace.metric("train_loss")) == 0


def test_hidden_steps_leave_a_last_layer_that_learns():
    fleet = make_fleet(
        [{"hidden": "step", "init": "glorot"}], range(4), widths=(64,), batch=4, epochs=500.0
    )
    for trace in train(fleet, [xor(1)] * 4):
        assert trace.metric("train_loss")[-1] < 0.9 * trace.metric("train_loss")[0]


def test_a_step_that_passes_gradients_learns_xor_where_the_exact_one_cannot():
    """Under the exact derivative hidden biases stay 0, so that f(x) + f(-x) = 1 for each unit.

    The output's pre-activations at x and -x then have the same sum for both classes, and XOR asks
    for two signs of it. Where gradients pass, the hidden layer learns, and some seeds solve it.
    """
    seeds = range(20)
    fleet = make_fleet(
        [{"hidden": name, "init": "glorot"} for name in ("straight_through_step", "step")],
        seeds,
        widths=(8,),
        batch=4,
        epochs=500.0,
        rate=0.1,
    )
    traces = train(fleet, [xor(1)] * len(seeds))
    solved = [t.metric("train_accuracy").max() == 1 for t in traces]
    assert sum(solved[:20]) >= 5
    assert not any(solved[20:])


# The perceptron: a step that passes gradients, as the output of a net without hidden layers.


def perceptron(weights, x, y):
    """Return the output (C,) for the input x (D,) and the gradient (C, D + 1) of its loss."""
    blocks = [Block(slice(0, 1), activation("relu"))]
    weights = stacked([weights[None]])
    stack = dense_stack(weights, blocks, "straight_through_step", 1, 1)
    gradients = weights.zeros()
    stack.forward(with_ones(x[None, None]))
    output = stack.outputs[-1][0, :, 0].copy()
    stack.backward(with_ones(x[None, None]), y[None, :, None], gradients, 1.0)
    return output, gradients.layers[0][0]


def test_straight_through_output_learns_by_the_perceptrons_rule():
    """The gradient is 2 (a - y) x / C: w moves towards x, away from x, or not at all."""
    rng = np.random.default_rng(8)
    moves = set()
    for _ in range(50):
        weights, x = rng.normal(0, 1, (3, 5)), rng.normal(0, 1, 4)
        y = np.eye(3)[rng.integers(3)]
        a, gradient = perceptron(weights, x, y)
        np.testing.assert_array_equal(a, weights @ [*x, 1] > 0)
        for error, row in zip(a - y, gradient, strict=True):
            np.testing.assert_allclose(row, error * 2 / 3 * np.array([*x, 1]), rtol=1e-15)
            moves.add(error)
    assert moves == {-1, 0, 1}


@pytest.mark.parametrize("margin", [0.05, 0.2])
def test_perceptron_makes_no_more_mistakes_than_novikoff_allows(margin):
    """Novikoff 1962: from weights 0, at most (R / margin)^2 mistakes, whatever the order."""
    rng = np.random.default_rng(9)
    direction = np.array([0.6, -0.64, 0.48])  # of length 1, the bias last
    x = rng.uniform(-1, 1, (2000, 2))
    heights = np.c_[x, np.ones(len(x))] @ direction
    x, heights = x[np.abs(heights) >= margin], heights[np.abs(heights) >= margin]
    radius = np.sqrt(3)
    weights, mistakes, clean = np.zeros((1, 3)), 0, False
    while not clean:
        clean = True
        for point, height in zip(x, heights, strict=True):
            a, gradient = perceptron(weights, point, np.array([float(height > 0)]))
            wrong = bool(a[0] != (height > 0))
            weights -= gradient / 2
            mistakes, clean = mistakes + wrong, clean and not wrong
            assert mistakes <= (radius / margin) ** 2
    assert mistakes > 0


# Regression


def test_a_linear_net_regresses_down_to_least_squares():
    shape = DataShape(3, 2, 40, 0, 0, regression=True)
    data = make_dataset(shape)
    fleet = make_fleet(
        [{"rate": 0.1}], (0,), widths=(), output="linear", batch=40, epochs=2000.0, init="lecun"
    )
    (trace,) = train(fleet, [data])
    ones = np.c_[data.inputs, np.ones(40)]
    residual = data.labels - ones @ np.linalg.lstsq(ones, data.labels)[0]
    assert trace.metric("train_loss")[-1] == pytest.approx(np.mean(residual**2), rel=1e-9)
    assert trace.metric("train_loss")[0] > 2 * trace.metric("train_loss")[-1]


@pytest.mark.parametrize("init", ["lecun", "lecun_uniform"])
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_linear_net_is_born_with_a_loss_of_two_on_noise(init, depth):
    """LeCun's draws keep the inputs' variance of 1, and the targets have another 1 of their own."""
    shape = DataShape(10, 1, 100, 0, 0, regression=True)
    seeds, rng = range(400), np.random.default_rng(10)
    noise = [Dataset(rng.normal(size=(100, 10)), rng.normal(size=(100, 1)), shape) for _ in seeds]
    fleet = make_fleet(
        [{"hidden": "linear"}], seeds, widths=(10,) * depth, init=init, output="linear", epochs=0.0
    )
    losses = np.array([t.metric("train_loss")[0] for t in train(fleet, noise)])
    assert losses.mean() == pytest.approx(2, abs=5 * losses.std() / np.sqrt(len(losses)))


# Variance. A draw's own variance wanders: by sqrt(5 / width) a layer, 22 % after ten layers of
# 1,000, for one input. Averaged over inputs it is 14 %, and over the draws below 2 %.

WIDTH, DEPTH, DRAWS, INPUTS = 1000, 10, 40, 64


def variances(init, hidden, seed, width=WIDTH, depth=DEPTH):
    """Return the variance of the pre-activations of each hidden layer, (L,)."""
    sizes = (width,) * (depth + 1)
    drawn = draw_weights(init, activation(hidden), sizes, "evaluation", seed)
    weights = [w[None].astype("float32") for w in drawn]
    x = np.random.default_rng([11, seed]).standard_normal((INPUTS, width)).astype("float32")
    stack = forward(weights, hidden, x)
    return np.array([np.square(z, dtype="float64").mean() for z in stack.pre_activations])


@pytest.mark.slow
@pytest.mark.parametrize("init", ["he", "he_uniform"])
def test_he_keeps_the_variance_through_ten_relu_layers(init):
    mean = np.mean([variances(init, "relu", seed) for seed in range(DRAWS)], axis=0)
    np.testing.assert_allclose(mean[0], 2, rtol=0.05)  # inputs of variance 1 are not yet halved
    np.testing.assert_allclose(mean / mean[0], 1, rtol=0.05)


@pytest.mark.parametrize(("hidden", "factor"), [("relu", 1.0), ("linear", 1.0)])
def test_he_keeps_the_variance_of_narrower_layers(hidden, factor):
    """The same with smaller nets and more draws: 16 layers of 64."""
    draws = [variances("he", hidden, seed, 64, 16) for seed in range(600)]
    first = np.mean(draws, axis=0)[0]
    error = np.std(draws, axis=0) / np.sqrt(len(draws)) / first
    assert (np.abs(np.mean(draws, axis=0) / first - factor) < 4 * error + 0.01).all()


def test_glorot_halves_the_variance_of_a_relu_layer():
    """Against He's, whose base draws are the same, it is exactly 2^-l at layer l."""
    he, glorot = (variances(init, "relu", 0, 300) for init in ("he", "glorot"))
    np.testing.assert_allclose(glorot / he, 0.5 ** np.arange(1, DEPTH + 1), rtol=1e-4)


def test_he_allows_for_a_leaky_slope():
    """With it a leaky layer passes on as much as a relu layer with the plain formula."""
    draws = [variances("he", "leaky_relu", seed, 256) for seed in range(60)]
    assert np.mean(draws, axis=0)[-1] / np.mean(draws, axis=0)[0] == pytest.approx(1, rel=0.2)


# Births: an output is cut off when some hidden layer is zero in all of its units (Lu et al. 2019).


@pytest.mark.parametrize("init", ["he", "glorot_uniform"])
@pytest.mark.parametrize(
    ("width", "depth", "known"),
    [
        (1, 1, 0.5),
        (2, 9, 0.9249),
        (3, 9, 0.6993),
        (5, 9, 0.2485),
        (10, 9, 0.0088),
        (2, 3, None),
        (4, 1, None),
    ],
)
def test_relu_networks_are_born_cut_off_as_often_as_known(init, width, depth, known):
    chance = 1 - (1 - 2.0**-width) ** depth
    if known is not None:
        assert chance == pytest.approx(known, abs=5e-5)
    births = 2000
    sizes = (3, *[width] * depth, 2)
    drawn = [
        draw_weights(init, activation("relu"), sizes, "evaluation", seed) for seed in range(births)
    ]
    weights = [np.stack(layer) for layer in zip(*drawn, strict=True)]  # (R, H, D + 1)
    stack = forward(weights, "relu", np.array([[0.3, -1.2, 0.7]]))
    hidden = np.array([(a == 0).all(axis=(1, 2)) for a in stack.outputs[:-1]])  # (L, R)
    cut_off = hidden.any(axis=0)
    np.testing.assert_array_equal(cut_off, (stack.outputs[-1] == 0).all(axis=(1, 2)))
    assert (hidden[1:] >= hidden[:-1]).all()  # what is cut off stays cut off
    low, high = binom.interval(0.9999, births, chance)
    assert low <= cut_off.sum() <= high


@pytest.mark.parametrize("hidden", ["leaky_relu", "tanh", "linear", "sigmoid"])
def test_others_are_never_born_cut_off(hidden):
    drawn = [
        draw_weights("he", activation(hidden), (3, 2, 2, 2, 2), "evaluation", seed)
        for seed in range(500)
    ]
    weights = [np.stack(layer) for layer in zip(*drawn, strict=True)]
    stack = forward(weights, hidden, np.array([[0.3, -1.2, 0.7]]))
    assert (np.abs(stack.outputs[-1]).min(axis=(1, 2)) > 0).all()


def test_a_dead_relu_network_gets_no_gradient_but_at_its_output_bias():
    """Its loss falls to what the classes' shares alone allow, and no further."""
    rows = np.array([0, 0, 0, 1])
    data = Dataset(np.array([[1.0], [2], [3], [4]]), rows, DataShape(1, 2, 4, 0, 0))
    seeds = range(200)
    dead = []
    for seed in seeds:
        w = draw_weights("he", activation("relu"), (1, 1, 2), "evaluation", seed)
        if w[0][0, 0] < 0:
            dead.append(seed)
    fleet = make_fleet(
        [{}], dead[:10], widths=(1,), batch=4, epochs=400.0, rate=0.2, evaluation=Evaluation()
    )
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    for trace in train(fleet, [data] * 10):
        assert trace.metric("train_loss")[0] == pytest.approx(np.log(2), rel=1e-15)
        assert trace.metric("train_loss")[-1] == pytest.approx(entropy, rel=1e-9)
