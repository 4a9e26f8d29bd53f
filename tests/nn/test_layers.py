"""Every row of the table of layers: gradients, what training draws and keeps, and bits."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from scipy import stats

from experiments.nn import training
from experiments.nn.initializers import matched
from experiments.nn.layers import LAYERS
from experiments.nn.layers.chain import States, at_the_start, chain, parts_of
from experiments.nn.layers.normalisation import EPSILON, NORMALISATIONS
from experiments.nn.training import train
from experiments.nn.weights import Weights
from experiments.records import DataShape, Fleet
from experiments.streams import generator

from .helpers import (
    PRECISIONS,
    activation,
    assert_same_bits,
    chain_of,
    check_gradients,
    draw_weights,
    make_dataset,
    make_fleet,
    make_run,
    random_stack,
    rewound,
    train_alone,
    train_fleet,
    with_ones,
)
from .images import NETS

SHAPE = DataShape(3, 3, 40, 7, 9)
BATCH, SEEDS = 6, 2
HUGE = 1e30
MIXED = (activation("prelu"), activation("tanh"))
KINDS = [
    {"normalisation": normalisation, "dropout": dropout, "hidden": hidden}
    for normalisation, dropout, hidden in product(
        ["none", *NORMALISATIONS], [0.0, 0.4], [activation("tanh"), activation("prelu"), MIXED]
    )
]
EACH = pytest.mark.parametrize(
    "kind", KINDS, ids=[f"{k['normalisation']}-{k['dropout']}-{i % 3}" for i, k in enumerate(KINDS)]
)


def make_stack(kind, *, training, seed=0, output="softmax", widths=(5, 4), precision="float64"):
    """Return a stack of two variants at SEEDS seeds with weights of all kinds away from 0."""
    runs = [make_run(**kind, widths=widths, output=output, precision=precision, seed=g)
            for g in range(SEEDS)] * 2  # fmt: skip
    made = random_stack(runs, SHAPE, SEEDS, BATCH, training=training, spread=0.9, seed=seed)
    stack, weights, states, places, inputs, targets = made
    return stack, weights, states, places, with_ones(inputs), targets


# Gradients


@EACH
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
@pytest.mark.parametrize("output", ["softmax", "prelu"])
def test_gradients_agree_with_central_differences(kind, training, output):
    made = make_stack(kind, training=training, output=output)
    stack, weights, states, places, inputs, targets = made
    check_gradients(stack, weights, places, inputs, targets, rewound(states, places), least=1e-4)


@pytest.mark.parametrize("name", sorted(LAYERS.keys() - {"flatten"}))  # which computes nothing
def test_every_row_stands_in_some_network_whose_gradients_are_checked(name):
    networks = [make_run(**kind, widths=(5, 4)).network for kind in KINDS]
    found = {place.row.name for network in networks for place in chain(network, SHAPE)}
    found |= {place.row.name for net in NETS.values() for place in chain(net.network, net.shape)}
    assert name in found
    row = LAYERS[name]
    assert all(text.strip() for text in (row.label, row.formula, row.source))
    assert row.version >= 1


# Normalisation


def layer_by_hand(x, gain, shift, axis):
    mean = x.mean(axis=axis, keepdims=True)
    variance = np.square(x - mean).mean(axis=axis, keepdims=True)
    return gain * (x - mean) / np.sqrt(variance + EPSILON) + shift


@pytest.mark.parametrize(("name", "axis"), [("batch", 2), ("layer", 1)])
def test_a_normalisation_in_training_is_that_of_its_own_moments(name, axis):
    kind = {"normalisation": name, "hidden": activation("tanh"), "dropout": 0.0}
    stack, weights, _, _, inputs, _ = make_stack(kind, training=True)
    stack.forward(inputs)
    product = weights.layers[0] @ np.tile(inputs, (2, 1, 1))
    expected = layer_by_hand(product, weights.part(0, "gain"), weights.part(0, "shift"), axis)
    np.testing.assert_allclose(stack.pre_activations[0], expected, rtol=1e-10, atol=1e-12)


def test_layer_normalisation_is_the_same_in_training_and_evaluation():
    kind = {"normalisation": "layer", "hidden": activation("tanh"), "dropout": 0.0}
    outputs = []
    for trains in (True, False):
        stack, *_, inputs, _ = make_stack(kind, training=trains)
        stack.forward(inputs)
        outputs.append(stack.outputs[-1])
    np.testing.assert_array_equal(*outputs)


def test_running_moments_go_a_tenth_of_the_way_with_each_batch():
    kind = {"normalisation": "batch", "hidden": activation("tanh"), "dropout": 0.0}
    stack, weights, states, places, inputs, _ = make_stack(kind, training=True)
    (place, *_) = [place for place in places if place.row.states]
    mean, variance = (states.arrays(place)[name].copy() for name in ("mean", "variance"))
    product = weights.layers[0] @ np.tile(inputs, (2, 1, 1))
    for _ in range(3):
        stack.forward(inputs)
        mean = 0.9 * mean + 0.1 * product.mean(axis=2, keepdims=True)
        variance = 0.9 * variance + 0.1 * product.var(axis=2, ddof=1, keepdims=True)
    np.testing.assert_allclose(states.arrays(place)["mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(states.arrays(place)["variance"], variance, rtol=1e-12)


def test_an_evaluation_changes_no_moments_and_draws_nothing():
    kind = {"normalisation": "batch", "hidden": activation("tanh"), "dropout": 0.5}
    stack, _, states, places, inputs, _ = make_stack(kind, training=False)
    before = [array.copy() for p in places for array in states.arrays(p).values()]
    streams = [s.bit_generator.state for p in places for s in states.generators(p)]
    outputs = []
    for _ in range(2):
        stack.forward(inputs)
        outputs.append(stack.outputs[-1].copy())
    np.testing.assert_array_equal(*outputs)
    assert len(before) == 4
    for array, kept in zip((a for p in places for a in states.arrays(p).values()), before,
                           strict=True):  # fmt: skip
        np.testing.assert_array_equal(array, kept)
    assert streams == [s.bit_generator.state for p in places for s in states.generators(p)]


def test_before_any_update_batch_normalisation_is_evaluated_as_next_to_nothing():
    """Moments of 0 and 1 leave x / sqrt(1 + 1e-5), and a ReLU passes the factor on."""
    plain, normalised = (
        train_alone(make_run("relu", normalisation=name, epochs=0.0, output="linear"),
                    replace(SHAPE, regression=True))
        for name in ("none", "batch")
    )  # fmt: skip
    assert plain.values.shape == normalised.values.shape
    losses = [trace.metric("train_loss") for trace in (plain, normalised)]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    assert losses[0] != losses[1]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_bias_before_batch_normalisation_stays_where_it_is(optimizer, monkeypatch):
    """Rounding is all its gradient would be, which Adam makes steps of the rate's size of."""
    kept = biases_after_training(monkeypatch, normalisation="batch", optimizer=optimizer)
    np.testing.assert_array_equal(kept[0], 0)
    np.testing.assert_array_equal(kept[1], 0)
    assert (kept[2] != 0).all()  # of the output, which nothing normalises


def test_a_bias_before_layer_normalisation_learns(monkeypatch):
    kept = biases_after_training(monkeypatch, normalisation="layer")
    assert all((bias != 0).all() for bias in kept)


def biases_after_training(monkeypatch, **given):
    found = []

    class Noted(training.Learner):
        def __init__(self, weights, *rest):
            super().__init__(weights, *rest)
            found.append(self)

    monkeypatch.setattr(training, "Learner", Noted)
    train_fleet(make_fleet([{}], (0, 1), hidden="tanh", **given), SHAPE)
    return [layer[:, :, -1] for layer in found[0].weights.layers]


# Dropout


def dropped(units):
    """Return what is left of the first hidden layer's outputs, and those outputs, (R, H, B)."""
    kind = {"hidden": activation("sigmoid"), "normalisation": "none", "dropout": 0.3}
    stack, weights, *_, inputs, _ = make_stack(kind, training=True, widths=(units, units))
    weights.layers[1][...] = np.eye(units, units + 1)  # so that the next one tells what it reads
    stack.forward(inputs)
    return stack.pre_activations[1], stack.outputs[0]


def test_dropout_leaves_out_as_many_as_it_says_and_scales_the_others():
    read, a = dropped(200)
    gone = read == 0
    np.testing.assert_allclose(read[~gone], a[~gone] / 0.7, rtol=1e-12)
    # Of the first variant: the other one leaves out the same.
    first = gone[:SEEDS]
    np.testing.assert_array_equal(first, gone[SEEDS:])
    assert stats.binomtest(int(first.sum()), first.size, 0.3).pvalue > 0.001
    assert not np.array_equal(first[0], first[1])  # each seed its own


def test_what_is_left_out_comes_from_a_stream_of_its_own():
    read, _ = dropped(7)
    for seed in range(SEEDS):
        draws = generator("evaluation", seed, "dropout", 0).random((7, BATCH), dtype=np.float32)
        np.testing.assert_array_equal(read[seed] == 0, draws < np.float32(0.3))


def test_dropout_changes_neither_the_start_nor_the_order():
    plain, dropping = (train_alone(make_run("tanh", dropout=p), SHAPE) for p in (0.0, 0.5))
    np.testing.assert_array_equal(plain.values[0], dropping.values[0])
    assert (plain.metric("train_loss")[1:] != dropping.metric("train_loss")[1:]).all()


# Learned slopes and a function for each layer


def test_learned_slopes_start_where_they_should_and_have_their_weights_drawn_for_it():
    run = make_run(activation("prelu", slope=0.5), widths=(5, 4))
    sizes = (3, 5, 4, 3)
    drawn = draw_weights("he", run.network.activation, sizes, "evaluation", 0)
    plain = draw_weights("he", activation("relu"), sizes, "evaluation", 0)
    for own, other in zip(drawn, plain, strict=True):  # He et al. 2015, equation 15
        np.testing.assert_allclose(own, other / np.sqrt(1.25), rtol=1e-12)
    places = chain_of(run.network, sizes)
    names = [(part.layer, part.name) for part in parts_of(places)]
    assert names == [(0, "weights"), (0, "slope"), (1, "weights"), (1, "slope"), (2, "weights")]
    started = at_the_start(places, drawn)
    np.testing.assert_array_equal(started[1], np.full((5, 1), 0.5))
    np.testing.assert_array_equal(started[3], np.full((4, 1), 0.5))


def test_only_weights_of_products_decay():
    kind = {"hidden": activation("prelu"), "normalisation": "layer", "dropout": 0.1}
    _, weights, *_ = make_stack(kind, training=True)
    decays = Weights(weights.decays[None].astype(float), weights.parts)
    for part in weights.parts:
        expected = np.zeros(part.shape)
        if part.name == "weights":
            expected[:, :-1] = 1
        np.testing.assert_array_equal(decays.part(part.layer, part.name)[0], expected)
    assert {part.name for part in weights.parts} == {"weights", "gain", "shift", "slope"}


def test_each_layers_weights_are_drawn_for_its_own_function():
    functions = (activation("relu"), activation("tanh"), activation("leaky_relu", slope=0.5))
    sizes = (3, 5, 4, 6, 2)
    drawn = draw_weights("matched", functions, sizes, "evaluation", 1)
    # The output's are drawn as those of the last hidden layer.
    for layer, function in enumerate((*functions, functions[-1])):
        own = draw_weights(matched(function.name), function, sizes, "evaluation", 1)
        np.testing.assert_array_equal(drawn[layer], own[layer])


def test_equal_functions_for_each_layer_are_one_function():
    pair = (activation("tanh"), activation("tanh"))
    assert_same_bits(
        train_alone(make_run(pair), SHAPE), train_alone(make_run(activation("tanh")), SHAPE)
    )


# Bits


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("normalisation", ["none", *NORMALISATIONS])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("size", [((5, 4), 8), ((17, 1, 33), 7), ((2,), 33)], ids=str)
def test_alone_or_in_a_fleet(precision, normalisation, dropout, size):
    widths, batch = size
    names = ["tanh", "relu", "softmax", "sigmoid"]
    functions = [tuple(activation(n) for n in (names * 2)[i : i + len(widths)]) for i in range(3)]
    variants = [{"hidden": f, "rate": r} for f in functions for r in (0.1, HUGE)]
    fleet = make_fleet(
        [*variants, {"hidden": "relu"}], (4, 0, 7), widths=widths, batch=batch, dropout=dropout,
        normalisation=normalisation, precision=precision,
    )  # fmt: skip
    shape = DataShape(5, 3, 60, 20, 31)
    for run, trace in zip(fleet.runs, train_fleet(fleet, shape), strict=True):
        assert_same_bits(trace, train_alone(run, shape))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("batch", [1, 8, 33])
def test_learned_slopes_alone_or_in_a_fleet(precision, batch):
    variants = [{"hidden": activation("prelu", slope=s), "rate": r}
                for s in (0.1, 0.25) for r in (0.1, 0.01, HUGE)]  # fmt: skip
    fleet = make_fleet(variants, (4, 0), widths=(17, 1, 5), batch=batch, precision=precision)
    for run, trace in zip(fleet.runs, train_fleet(fleet, SHAPE), strict=True):
        assert_same_bits(trace, train_alone(run, SHAPE))


@pytest.mark.parametrize("normalisation", ["none", "batch"])
def test_a_run_keeps_its_moments_and_streams_when_others_leave(normalisation):
    """One seed has data that no number comes of, so that it leaves, and so does one variant."""
    given = {"normalisation": normalisation, "dropout": 0.3, "hidden": "tanh", "epochs": 6.0}
    fleet = make_fleet([{"rate": np.inf}, {"rate": 0.05}, {"rate": 0.1}], (5, 6, 7), **given)
    data = [make_dataset(SHAPE, run.seed) for run in fleet.first_of_seeds]
    data[1].inputs[:] = np.nan
    traces = train(fleet, data)
    for number in (3, 5, 6, 8):
        assert traces[number].status == "completed"
        alone = train(Fleet((fleet.runs[number],), 1), [data[number % 3]])
        assert_same_bits(traces[number], alone[0])
    for number in (0, 1, 4, 7):
        assert traces[number].status == "diverged"


def test_states_that_go_on_are_those_of_the_runs_that_do():
    runs = [make_run("tanh", normalisation="batch", dropout=0.5, seed=s, rate=r)
            for r in (0.1, 0.2) for s in (0, 1, 2)]  # fmt: skip
    places = chain(runs[0].network, SHAPE)
    states = States(places, runs, 3)
    normalisation = next(place for place in places if place.row.states)
    states.arrays(normalisation)["mean"][...] = np.arange(6)[:, None, None]
    dropout = next(place for place in places if place.row.random)
    streams = states.generators(dropout)
    kept = np.array([False, False, False, True, False, True])
    states.keep(kept, np.array([True, False, True]))
    np.testing.assert_array_equal(states.arrays(normalisation)["mean"][:, 0, 0], [3, 5])
    assert states.generators(dropout) == [streams[0], streams[2]]


def test_sizes_of_a_chain_are_those_of_its_products():
    run = make_run(MIXED, widths=(5, 4), normalisation="layer", dropout=0.2)
    rows = [place.row.name for place in chain_of(run.network, (3, 2))]
    hidden = ["dense", "layer_norm", "activation", "dropout"]
    assert rows == [*hidden, *hidden, "dense", "activation"]
    sizes = [(p.reads.units, p.units) for p in chain_of(run.network, (3, 2)) if p.row.learn]
    assert sizes == list(pairwise((3, 5, 4, 2)))
