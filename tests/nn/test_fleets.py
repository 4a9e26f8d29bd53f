"""A run's bits do not depend on its fleet, and a run that diverges disturbs nobody."""

import gc
import weakref
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.nn import training
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.layers.record import Block
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.schedule import evaluation_updates
from experiments.nn.training import train
from experiments.parameters import Choice
from experiments.records import SPLITS, Dataset, DataShape, Evaluation, Fleet

from . import reference
from .helpers import (
    FIXED,
    PRECISIONS,
    activation,
    assert_same_bits,
    dense_stack,
    make_dataset,
    make_fleet,
    make_run,
    one_hot,
    schedule,
    stacked,
    train_alone,
    train_fleet,
    with_ones,
)

PRECISE = pytest.mark.parametrize("precision", PRECISIONS)
OPTIMIZED = pytest.mark.parametrize("optimizer", OPTIMIZERS)
MIXED = [{"hidden": name, "init": ACTIVATIONS[name].init} for name in FIXED]
FEW = [v for v in MIXED if v["hidden"] in ("step", "tanh", "leaky_relu", "softmax", "elu", "gelu")]
HUGE = 1e30  # a learning rate at which any weight that moves is soon infinite

# Odd numbers leave a remainder after the vector instructions, where bits would differ first.
SIZES = [
    # features, widths, classes, batch, (train, validation, test), training examples evaluated
    (2, (1,), 2, 1, (5, 2, 1), 1000),
    (2, (3, 3), 2, 7, (33, 0, 9), 17),
    (5, (17,), 3, 33, (100, 33, 31), 99),
    (11, (16, 16), 10, 32, (129, 17, 300), 1000),
    (3, (), 2, 7, (50, 3, 5), 1000),
    (4, (33, 1, 5), 3, 16, (48, 15, 17), 47),
    (9, (2, 9, 31, 8), 10, 3, (20, 7, 257), 1000),
    (64, (64, 64), 10, 64, (320, 65, 63), 301),
]


def arguments_of(size):
    features, widths, classes, batch, parts, examples = size
    evaluation = Evaluation(per_doubling=2, examples=examples)
    common = {"widths": widths, "batch": batch, "evaluation": evaluation}
    return DataShape(features, classes, *parts), common


def assert_each_alone_is_the_same(fleet, shape):
    traces = train_fleet(fleet, shape)
    assert len(traces) == len(fleet.runs)
    for run, trace in zip(fleet.runs, traces, strict=True):
        assert_same_bits(trace, train_alone(run, shape))


@PRECISE
@OPTIMIZED
@pytest.mark.parametrize("size", SIZES, ids=lambda s: "-".join(map(str, (s[0], *s[1], *s[2:4]))))
def test_alone_or_in_a_fleet_of_all_activations(precision, optimizer, size):
    shape, common = arguments_of(size)
    variants = [*MIXED, {"hidden": "relu", "rate": 0.01}, {"hidden": "tanh", "init": "lecun"}]
    rate = OPTIMIZERS[optimizer].rates[1]
    fleet = make_fleet(
        [{"rate": rate} | v for v in variants],
        seeds=(4, 0, 7),
        optimizer=optimizer,
        precision=precision,
        **common,
    )
    assert_each_alone_is_the_same(fleet, shape)


TRICKS = {
    "schedule": schedule("cosine", warmup=0.3),
    "weight_decay": 0.1,
    "clipping": 0.5,
    "label_smoothing": 0.1,
}


@PRECISE
@OPTIMIZED
@pytest.mark.parametrize("trainable", ["all", "output"])
def test_alone_or_in_a_fleet_with_all_that_training_may_have(precision, optimizer, trainable):
    shape, common = arguments_of(SIZES[5])
    rate = OPTIMIZERS[optimizer].rates[1]
    common |= {"optimizer": optimizer, "precision": precision, "trainable": trainable} | TRICKS
    variants = [{"hidden": name, "rate": r} for name in ("relu", "tanh") for r in (rate, HUGE)]
    fleet = make_fleet(variants, seeds=(4, 0, 7), epochs=5.0, **common)
    assert_each_alone_is_the_same(fleet, shape)


@PRECISE
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_alone_or_in_a_fleet_for_every_output(precision, output):
    shape, common = arguments_of(SIZES[2])
    fleet = make_fleet(FEW, seeds=(2, 1), output=output, precision=precision, **common)
    assert_each_alone_is_the_same(fleet, shape)


@PRECISE
@pytest.mark.parametrize("size", SIZES, ids=lambda s: "-".join(map(str, (s[0], *s[1], *s[2:4]))))
@pytest.mark.parametrize("output", ["linear", "tanh"])
def test_alone_or_in_a_fleet_for_a_regression(precision, size, output):
    shape, common = arguments_of(size)
    for outputs in (1, shape.outputs):
        targets = replace(shape, outputs=outputs, regression=True)
        fleet = make_fleet(FEW, (4, 0, 7), output=output, precision=precision, **common)
        assert_each_alone_is_the_same(fleet, targets)


@PRECISE
def test_alone_or_in_a_fleet_on_images(precision):
    shape = DataShape(784, 10, 300, 50, 100)
    fleet = make_fleet(
        [{"hidden": "relu"}, {"hidden": "tanh"}, {"hidden": "sigmoid"}],
        seeds=(0, 1),
        precision=precision,
        widths=(128, 128),
        batch=64,
    )
    assert_each_alone_is_the_same(fleet, shape)


@PRECISE
def test_alone_or_in_a_fleet_so_large_that_numpy_works_in_pieces(precision):
    """NumPy's own buffers hold 8,192 elements; they may not cut a run in two."""
    shape = DataShape(3, 10, 300, 257, 255)
    fleet = make_fleet(MIXED, seeds=range(12), precision=precision, widths=(13, 11), batch=127)
    traces = train_fleet(fleet, shape)
    for number in range(0, len(traces), 5):
        assert_same_bits(traces[number], train_alone(fleet.runs[number], shape))


@PRECISE
def test_any_division_into_fleets_gives_the_same(precision):
    shape, common = arguments_of(SIZES[1])
    common |= {"precision": precision, "optimizer": "adam", "rate": 0.01}
    seeds = (9, 3, 0, 5)
    whole = make_fleet(MIXED, seeds, **common)
    traces = dict(zip(whole.runs, train_fleet(whole, shape), strict=True))
    divisions = [
        make_fleet(MIXED[::-1], seeds[::-1], **common),
        *(make_fleet([variant], seeds, **common) for variant in MIXED),
        *(make_fleet(MIXED, [seed], **common) for seed in seeds),
        make_fleet(MIXED[1:4], seeds[1:3], **common),
        make_fleet([MIXED[4], MIXED[3], MIXED[4], MIXED[4]], (3,), **common),
    ]
    for fleet in divisions:
        for run, trace in zip(fleet.runs, train_fleet(fleet, shape), strict=True):
            assert_same_bits(trace, traces[run])


@PRECISE
@OPTIMIZED
def test_a_diverging_neighbour_disturbs_nobody(precision, optimizer):
    shape, common = arguments_of(SIZES[3])
    variants = []
    for variant in MIXED:
        variants += [variant, variant | {"rate": HUGE * 10}, variant | {"rate": HUGE}]
    fleet = make_fleet(
        variants, seeds=(0, 6), optimizer=optimizer, precision=precision, epochs=5.0, **common
    )
    assert_each_alone_is_the_same(fleet, shape)


@st.composite
def fleets(draw):
    """Draw a fleet of any composition, and the shape of its data."""
    regression = draw(st.booleans())
    shape = DataShape(
        draw(st.integers(1, 11)),
        draw(st.sampled_from([1, 2, 3, 10] if regression else [2, 3, 10])),
        draw(st.integers(10, 80)),
        draw(st.integers(0, 40)),
        draw(st.integers(0, 40)),
        regression,
    )
    variants = st.fixed_dictionaries(
        {
            "hidden": st.sampled_from(sorted(FIXED)),
            "init": st.sampled_from(sorted(INITIALIZERS)),
            "rate": st.sampled_from([1e-3, 0.05, 1.0, 1e3, HUGE]),
        }
    )
    fleet = make_fleet(
        draw(st.lists(variants, min_size=1, max_size=6)),
        draw(st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True)),
        widths=tuple(draw(st.lists(st.integers(1, 20), max_size=3))),
        output=draw(st.sampled_from(sorted(ACTIVATIONS))),
        optimizer=draw(st.sampled_from(sorted(OPTIMIZERS))),
        batch=draw(st.integers(1, shape.train)),
        precision=draw(st.sampled_from(PRECISIONS)),
        evaluation=Evaluation(
            per_doubling=draw(st.integers(1, 4)), examples=draw(st.integers(1, 90))
        ),
        **{key: TRICKS[key] for key in draw(st.sets(st.sampled_from(sorted(TRICKS))))},
    )
    return fleet, shape


@settings(max_examples=60)
@given(fleets())
def test_alone_or_in_any_fleet(fleet_and_shape):
    assert_each_alone_is_the_same(*fleet_and_shape)


@PRECISE
@pytest.mark.parametrize("hidden", FIXED)
@pytest.mark.parametrize("batch", [1, 7, 33])
def test_passes_of_a_stack_do_not_depend_on_its_other_runs(precision, hidden, batch):
    rng = np.random.default_rng(batch)
    sizes, variants, seeds = (3, 17, 5, 4), 3, 2
    runs = variants * seeds
    weights = [rng.normal(0, 1, (runs, h, d + 1)).astype(precision) for d, h in pairwise(sizes)]
    inputs = with_ones(rng.normal(0, 1, (seeds, batch, 3)).astype(precision))
    targets = one_hot(rng.integers(4, size=(seeds, batch)), 4, precision)

    def passes(weights, inputs, targets):
        blocks = [Block(slice(0, len(weights[0])), activation(hidden))]
        weights = stacked(weights)
        stack = dense_stack(weights, blocks, "softmax", len(inputs), batch)
        gradients = weights.zeros()
        with np.errstate(over="ignore"):  # as whoever trains does
            stack.forward(inputs)
            losses = stack.losses(targets)
            stack.backward(inputs, targets, gradients, 1 / batch)
        return [*stack.pre_activations, *stack.outputs, losses, *gradients.layers]

    together = passes(weights, inputs, targets)
    for run in range(runs):
        g = run % seeds
        own = slice(g, g + 1)
        alone = passes([w[run : run + 1] for w in weights], inputs[own], targets[own])
        for t, a in zip(together, alone, strict=True):
            np.testing.assert_array_equal(t[run], a[0])


def test_training_twice_gives_the_same_and_leaves_the_data_alone():
    shape = DataShape(4, 3, 40, 5, 5)
    fleet = make_fleet(MIXED, seeds=(0, 1))
    datasets = [make_dataset(shape, seed) for seed in (0, 1)]
    first, second = train(fleet, datasets), train(fleet, datasets)
    for a, b in zip(first, second, strict=True):
        assert_same_bits(a, b)
    for seed, dataset in enumerate(datasets):
        np.testing.assert_array_equal(dataset.inputs, make_dataset(shape, seed).inputs)
        np.testing.assert_array_equal(dataset.labels, make_dataset(shape, seed).labels)


def test_a_frozen_run_keeps_its_metrics():
    """Nothing but the rate moves the weights: at rate 0 every evaluation reads the same."""
    shape = DataShape(4, 3, 40, 5, 5)
    for trace in train_fleet(make_fleet(MIXED, seeds=(0, 1), rate=0.0), shape):
        np.testing.assert_array_equal(trace.values, trace.values[:1].repeat(len(trace.updates), 0))


def test_arms_of_a_seed_start_from_the_same_point_when_they_may():
    """Equal initializers, equal first losses: neither rate nor optimizer comes into it."""
    shape = DataShape(4, 3, 40, 5, 5)
    traces = train_fleet(make_fleet([{"rate": 0.1}, {"rate": 0.2}], seeds=(3,)), shape)
    other = train_alone(make_run(optimizer="adam", seed=3), shape)
    for trace in (traces[1], other):
        np.testing.assert_array_equal(trace.values[0], traces[0].values[0])
        assert not np.array_equal(trace.values[-1], traces[0].values[-1])


# Divergence

SHAPE = DataShape(3, 3, 40, 8, 8)
SCHEDULE = {"evaluation": Evaluation(often=SPLITS), "epochs": 10.0, "batch": 8}


def full_schedule():
    run = make_run(**SCHEDULE)
    return evaluation_updates(run.evaluation, run.training, SHAPE)


@PRECISE
def test_a_trace_ends_at_the_first_loss_that_is_not_finite(precision):
    fleet = make_fleet(
        [{"rate": rate} for rate in (0.05, 1e4, 1e12, HUGE)],
        seeds=(0, 1),
        output="linear",
        precision=precision,
        widths=(),
        **SCHEDULE,
    )
    traces = train_fleet(fleet, SHAPE)
    schedule = full_schedule()
    for trace in traces[:2]:
        assert trace.status == "completed"
        np.testing.assert_array_equal(trace.updates, schedule)
        assert np.isfinite(trace.values).all()
    for trace in traces[2:]:
        assert trace.status == "diverged"
        losses = trace.metric("train_loss")
        assert len(losses) == len(trace.updates) < len(schedule)
        assert not np.isfinite(losses[-1])
        assert np.isfinite(losses[:-1]).all()
        assert losses[-2] >= losses[0]  # it was on its way, or diverged at once
        np.testing.assert_array_equal(trace.updates, schedule[: len(losses)])
    assert len(traces[2].updates) > len(traces[-1].updates)  # the larger rate diverged sooner


def test_divergence_comes_when_the_plain_trainer_has_it():
    fleet = make_fleet(
        [{"rate": 1e4}, {"rate": 1e6}], seeds=(0, 1), output="linear", widths=(), **SCHEDULE
    )
    for run, trace in zip(fleet.runs, train_fleet(fleet, SHAPE), strict=True):
        with np.errstate(all="ignore"):
            updates, metrics = reference.train(run, make_dataset(SHAPE, run.seed))
        first = np.flatnonzero(~np.isfinite(metrics[:, 0]))[0]
        assert trace.status == "diverged"
        assert trace.updates.tolist() == updates[: first + 1]
        np.testing.assert_allclose(
            trace.metric("train_loss")[:-1], metrics[:first, 0], rtol=1e-9, atol=0
        )


def test_a_fleet_ends_when_all_have_diverged():
    """It would take hours to go on to the end of the schedule."""
    variants = [{"rate": HUGE}, {"hidden": "tanh", "rate": HUGE}]
    fleet = make_fleet(variants, seeds=(0, 1), output="linear", **SCHEDULE | {"epochs": 1e7})
    for trace in train_fleet(fleet, SHAPE):
        assert trace.status == "diverged"
        assert trace.updates[-1] < 1000


def test_a_run_that_diverges_at_one_seed_leaves_the_other_seeds_alone():
    """A huge input overflows in one data set only; its run ends before the first update."""
    fleet = make_fleet([{}, {"hidden": "tanh"}], seeds=(0, 1), precision="float32", output="linear")
    good, bad = (make_dataset(SHAPE, seed, "float32") for seed in (0, 1))
    bad = Dataset(bad.inputs * np.float32(1e30), bad.labels, bad.shape)
    traces = train(fleet, [good, bad])
    assert [t.status for t in traces] == ["completed", "diverged", "completed", "completed"]
    assert traces[1].updates.tolist() == [0]
    for number, trace in enumerate(traces):
        data = (good, bad)[number % 2]
        assert_same_bits(trace, train(Fleet((fleet.runs[number],), 1), [data])[0])


def test_not_finite_elsewhere_is_no_divergence():
    """Only the training loss decides: a test input may overflow, and the run goes on."""
    data = make_dataset(SHAPE)
    data.inputs[-1] = 1e308
    run = make_run(rate=0.01, output="linear", widths=())
    with np.errstate(all="ignore"):
        _, metrics = reference.train(run, data)
    assert not np.isfinite(metrics[:, 4]).any()
    (trace,) = train(Fleet((run,), 1), [data])
    assert trace.status == "completed"
    np.testing.assert_allclose(trace.values[:, :4], metrics[:, :4], rtol=1e-10)


def test_seconds_are_shared_out():
    fleet = make_fleet([{}, {"rate": HUGE}], seeds=(0, 1))
    seconds = [trace.seconds for trace in train_fleet(fleet, SHAPE)]
    assert all(s > 0 for s in seconds)
    assert sum(seconds) < 60


def test_parameters_tell_activations_apart_within_a_fleet():
    slopes = [activation("leaky_relu", slope=s) for s in (0.0, 0.3, 0.0, 0.9)]
    fleet = make_fleet([{"hidden": s, "init": "lecun"} for s in slopes], seeds=(0, 1))
    assert_each_alone_is_the_same(fleet, SHAPE)
    traces = train_fleet(fleet, SHAPE)
    assert_same_bits(traces[0], traces[4])
    assert not np.array_equal(traces[0].values, traces[2].values)
    relu = make_run(Choice("relu"), init="lecun")
    assert_same_bits(traces[0], train_alone(relu, SHAPE))


def test_nothing_of_a_fleet_is_held_when_its_traces_are_there(monkeypatch):
    """Without a collection of cycles: the next fleet must not train beside what this one held."""
    held = []

    class Watched(training._FleetTraining):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            held.append(weakref.ref(self.learner.weights))
            held.append(weakref.ref(self.batches))
            held.append(weakref.ref(self.examples))

    monkeypatch.setattr(training, "_FleetTraining", Watched)
    gc.disable()
    try:
        fleet = make_fleet([{}, {"hidden": "tanh"}], range(2))
        runs = tuple(replace(run, diagnostics=("gradient", "update_time")) for run in fleet.runs)
        for some in (fleet, replace(fleet, runs=runs)):
            assert len(train_fleet(some, DataShape(3, 2, 40, 0, 9))) == 4
            assert [reference() for reference in held] == [None] * len(held)
    finally:
        gc.enable()
