"""Convolution and pooling: against direct sums, finite differences, and alone or in fleets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.nn import pieces, training
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers.chain import chain, products
from experiments.records import SPLITS, Evaluation, Fleet, Image

from .helpers import (
    PRECISIONS,
    activation,
    asking,
    assert_same_bits,
    check_gradients,
    make_dataset,
    make_run,
    random_stack,
    rewound,
    train_fleet,
    with_ones,
)
from .images import NETS, by_rows, convolved, layer, net, pooled

BATCH, SEEDS = 5, 2
POOLS = {"max_pool": np.max, "average_pool": np.mean}


def run_of(some, **more):
    """Return a run of a network of images."""
    run = make_run(evaluation=Evaluation(often=SPLITS), **more)
    return replace(run, network=some.network)


def make_stack(some, *, training, batch=BATCH, variants=2, seed=0):
    """Return a stack of so many variants at SEEDS seeds with weights of all kinds away from 0."""
    runs = [replace(run_of(some), seed=g) for g in range(SEEDS)] * variants
    made = random_stack(runs, some.shape, SEEDS, batch, training=training, spread=0.7, seed=seed)
    stack, weights, states, _, inputs, targets = made
    return stack, weights, states, inputs, targets


@pytest.mark.parametrize("name", NETS)
def test_every_layer_writes_what_it_should_place_by_place(name):
    some = NETS[name]
    stack, weights, _, inputs, _ = make_stack(some, training=False)
    stack.forward(with_ones(inputs))
    image = some.shape.image
    for r, g in enumerate([*range(SEEDS)] * 2):
        x = inputs[g].reshape(BATCH, image.planes, image.rows, image.columns)
        places = [p for p in chain(some.network, some.shape) if p.row.evaluates]
        for place in places:
            how, w = place.how, weights.layers[place.number][r]
            if place.row.name == "conv":
                kernels = w[:, :-1].reshape(len(w), -1, how["size"], how["size"])
                x = convolved(x, kernels, w[:, -1], how["stride"], how["padding"])
                if some.network.normalisation == "none":
                    z = stack.pre_activations[place.number][r].T
                    np.testing.assert_allclose(z, by_rows(x), rtol=1e-12, atol=1e-12)
            elif place.row.name in POOLS:
                x = pooled(x, how["size"], how["stride"] or how["size"], POOLS[place.row.name])
            elif place.row.name == "dense":
                x = (by_rows(x) @ w[:, :-1].T + w[:, -1])[:, :, None, None]
                if place.number == len(weights.layers) - 1 or some.network.normalisation == "none":
                    z = stack.pre_activations[place.number][r].T
                    np.testing.assert_allclose(z, by_rows(x), rtol=1e-11, atol=1e-12)
            elif place.row.name == "activation":
                # What it makes of its own input is tested elsewhere: here goes on what it wrote.
                a = stack.outputs[place.number][r].T
                shape = place.writes
                a = a.reshape(BATCH, shape.rows, shape.planes, shape.columns)
                x = a.swapaxes(1, 2)


@given(
    planes=st.integers(1, 3),
    rows=st.integers(1, 7),
    columns=st.integers(1, 7),
    filters=st.integers(1, 3),
    size=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.sampled_from(["same", "valid"]),
    batch=st.integers(1, 3),
)
def test_a_convolution_of_any_shape_is_the_direct_sum(
    planes, rows, columns, filters, size, stride, padding, batch
):
    if padding == "valid" and size > min(rows, columns):
        return
    how = {"filters": filters, "size": size, "stride": stride, "padding": padding}
    some = net(Image(planes, rows, columns), layer("conv", **how), hidden="linear")
    stack, weights, _, inputs, targets = make_stack(some, training=True, batch=batch, variants=1)
    stack.forward(with_ones(inputs))
    w = weights.layers[0]
    kernels = w[:, :, :-1].reshape(SEEDS, filters, planes, size, size)
    for g in range(SEEDS):
        images = inputs[g].reshape(batch, planes, rows, columns)
        expected = convolved(images, kernels[g], w[g, :, -1], stride, padding)
        np.testing.assert_allclose(
            stack.pre_activations[0][g].T, by_rows(expected), rtol=1e-12, atol=1e-12
        )
    # Its gradient is linear in what comes from above: the change of the sum for a change of w.
    gradients = weights.zeros()
    stack.backward(with_ones(inputs), targets, gradients, 1.0)
    delta, found = stack.deltas[0].copy(), gradients.layers[0].copy()
    step = np.random.default_rng(1).normal(size=w.shape)
    before = stack.pre_activations[0].copy()
    w += step
    stack.forward(with_ones(inputs))
    change = ((stack.pre_activations[0] - before) * delta).sum(axis=(1, 2))
    np.testing.assert_allclose((found * step).sum(axis=(1, 2)), change, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
@pytest.mark.parametrize("name", NETS)
def test_gradients_agree_with_central_differences(name, training):
    some = NETS[name]
    stack, weights, states, inputs, targets = make_stack(some, training=training)
    places = chain(some.network, some.shape)
    check_gradients(
        stack, weights, places, with_ones(inputs), targets, rewound(states, places), least=1e-5
    )


def test_of_equal_maxima_the_first_column_has_the_gradient_and_in_it_the_first_row():
    some = net(Image(1, 4, 4), layer("conv", filters=1, size=1), layer("max_pool"), hidden="linear")
    stack, weights, _, inputs, targets = make_stack(some, training=True)
    inputs[...] = 1.0
    stack.forward(with_ones(inputs))
    stack.backward(with_ones(inputs), targets, weights.zeros(), 1.0)
    (delta, _) = stack.deltas
    delta = delta.reshape(2 * SEEDS, 4, 4, BATCH)
    assert (delta[:, ::2, ::2] != 0).all()
    delta[:, ::2, ::2] = 0
    assert (delta == 0).all()


# Fleets


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", NETS)
def test_alone_or_in_a_fleet_every_bit_is_the_same(name, precision):
    some = NETS[name]
    how = {"precision": precision, "batch": 19, "epochs": 3.0}  # a whole piece, and a rest
    rates = (0.02, 0.05, 0.1)
    runs = [run_of(some, rate=rate, seed=seed, **how) for rate in rates for seed in range(3)]
    together = train_fleet(Fleet(tuple(runs), 3), some.shape)
    for run, trace in zip(runs, together, strict=True):
        assert trace.status == "completed"
        assert_same_bits(train_fleet(Fleet((run,), 1), some.shape)[0], trace)
    pair = train_fleet(Fleet((runs[1], runs[4]), 1), some.shape)
    assert_same_bits(pair[1], together[4])


@pytest.mark.parametrize("name", [name for name, n in NETS.items() if not n.network.dropout])
def test_in_pieces_a_batch_is_the_same_but_for_rounding(name, monkeypatch):
    some = NETS[name]
    run = run_of(some, batch=20, epochs=4.0)
    found = []
    for size in (20, 7, 1):
        monkeypatch.setattr(pieces, "PIECE", size)
        found.append(train_fleet(Fleet((run,), 1), some.shape)[0].values)
    for values in found[1:]:
        np.testing.assert_allclose(values[:, ::2], found[0][:, ::2], rtol=1e-9)
    assert abs(found[0][-1, 0] - found[0][0, 0]) > 1e-3  # it learns


def test_pieces_are_of_images_alone_and_never_of_what_needs_the_whole_batch():
    for name, some in NETS.items():
        size = pieces.piece(chain(some.network, some.shape))
        whole = some.network.normalisation == "batch" or name == "single places"
        assert size == (None if whole else pieces.PIECE)
    dense = make_run().network
    assert pieces.piece(chain(dense, NETS["strides"].shape)) is None


# Around it


def test_kernels_are_drawn_for_the_inputs_that_they_read():
    image = Image(16, 6, 6)
    for init, variance in (
        ("he", 2 / (16 * 25)),
        ("lecun", 1 / (16 * 25)),
        ("glorot", 2 / (16 * 25 + 64 * 25)),
    ):
        some = net(image, layer("conv", filters=64, size=5))
        run = replace(run_of(some), network=replace(some.network, init=init))
        fleet = training._FleetTraining(Fleet((run,), 1), [make_dataset(some.shape)])
        (kernels, _) = fleet.learner.weights.layers
        assert kernels.shape == (1, 64, 16 * 25 + 1)
        np.testing.assert_array_equal(kernels[:, :, -1], 0)
        assert kernels[:, :, :-1].var() == pytest.approx(variance, rel=0.05)


def test_a_filter_is_dead_where_it_is_zero_everywhere():
    some = net(Image(1, 4, 4), layer("conv", filters=4, size=3), layer("dense", units=30),
               hidden="relu", train=12)  # fmt: skip
    run = replace(run_of(some, batch=4, epochs=1.0), diagnostics=("dead_units", "gradient"))
    fleet = training._FleetTraining(Fleet((run,), 1), [make_dataset(some.shape)])
    kernels = fleet.learner.weights.layers[0]
    kernels[:, :2] = 0
    kernels[:, :2, -1] = -1  # two of four filters are off whatever they read
    kernels[:, 2:, -1] = 5  # and two are not
    found = dict(zip(fleet.reader.columns, fleet._diagnose()[0], strict=True))
    assert found["dead_units 1"] == 0.5
    assert found["gradient 1"] > 0


def test_diagnostics_are_read_of_every_layer_with_weights():
    some = NETS["as usual"]
    names = ("gradient", "weight_gradient", "activation_std", "zeros", "saturated", "dead_units",
             "zero_gradient_units", "weight_movement", "error_correlation", "cut_off")  # fmt: skip
    fleet = asking(Fleet((run_of(some, batch=20),), 1), *names)
    trace = train_fleet(fleet, some.shape)[0]
    layers = len(some.network.widths)
    assert f"gradient {layers}" in trace.columns
    assert np.isfinite(trace.values[-1]).all()


def test_the_work_of_a_convolution_is_that_of_all_its_places():
    some = NETS["strides"]
    (first, second, _) = products(chain(some.network, some.shape))
    assert first.row.products(first) == (2 * 9) * 3 * (5 * 4)
    assert second.row.products(second) == (3 * 4) * 2 * (2 * 1)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_any_function_trains_convolutions(name):
    some = net(Image(2, 6, 6), *NETS["as usual"].network.layers[:3], hidden=activation(name))
    trace = train_fleet(Fleet((run_of(some, batch=20, epochs=6.0),), 1), some.shape)[0]
    assert trace.metric("train_loss")[-1] < trace.metric("train_loss")[0]
