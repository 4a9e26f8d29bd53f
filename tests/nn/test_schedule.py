"""When runs are evaluated, and which examples their updates read."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.nn import cost
from experiments.nn.batches import Batches
from experiments.nn.examples import Examples
from experiments.nn.layers import LAYERS
from experiments.nn.schedule import (
    evaluation_updates,
    examples_read,
    splits_read,
    total_updates,
    updates_per_epoch,
)
from experiments.records import Dataset, DataShape, Evaluation

from . import reference
from .helpers import make_dataset, make_run, train_alone

EPOCHS = st.floats(0.01, 40)
SHARES = st.floats(0.01, 45)


def setting(train, batch, epochs):
    return make_run(batch=batch, epochs=epochs).training, DataShape(2, 2, train, 0, 0)


@st.composite
def settings_of_training(draw):
    batch = draw(st.integers(1, 64))
    return setting(draw(st.integers(batch, 2000)), batch, draw(EPOCHS))


@st.composite
def evaluations(draw):
    kind = draw(st.sampled_from(["per_doubling", "every", "at"]))
    if kind == "per_doubling":
        return Evaluation(per_doubling=draw(st.integers(1, 12)))
    if kind == "every":
        return Evaluation(per_doubling=None, every=draw(SHARES))
    at = draw(st.lists(st.floats(0, 50), min_size=1, max_size=6))
    return Evaluation(per_doubling=None, at=tuple(at))


@given(settings_of_training(), evaluations())
def test_schedule_increases_from_the_start_to_the_end(training_and_shape, evaluation):
    training, shape = training_and_shape
    found = evaluation_updates(evaluation, training, shape)
    assert np.issubdtype(found.dtype, np.integer)
    assert found[0] == 0
    assert found[-1] == total_updates(training, shape) >= 1
    assert (np.diff(found) > 0).all()


@given(settings_of_training(), evaluations())
def test_schedule_agrees_with_the_plain_one(training_and_shape, evaluation):
    training, shape = training_and_shape
    per_epoch = shape.train // training.batch_size
    plain = reference.schedule(evaluation, training.epochs, per_epoch)
    assert evaluation_updates(evaluation, training, shape).tolist() == plain


@given(settings_of_training(), st.integers(1, 12))
def test_gaps_are_one_factor_as_far_as_whole_numbers_allow(training_and_shape, per_doubling):
    training, shape = training_and_shape
    found = evaluation_updates(Evaluation(per_doubling=per_doubling), training, shape)
    factor = 2 ** (1 / per_doubling)
    before, after = found[1:-1], found[2:]
    assert (after <= np.ceil(factor * before * (1 + 1e-9))).all()
    # And not much denser, but for the last, which stands at the end.
    assert len(found) <= 2 + per_doubling * np.log2(found[-1]) + 1


def test_powers_of_two_are_met_exactly():
    training, shape = setting(2**16, 1, 1.0)
    for per_doubling in range(1, 13):
        found = evaluation_updates(Evaluation(per_doubling=per_doubling), training, shape)
        assert set(2 ** np.arange(17)) <= set(found.tolist())


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        (Evaluation(per_doubling=None, every=0.5), [0, 5, 10, 15, 20]),
        (Evaluation(per_doubling=None, every=0.25), [0, 2, 5, 8, 10, 12, 15, 18, 20]),
        (Evaluation(per_doubling=None, every=1.5), [0, 15, 20]),
        (Evaluation(per_doubling=None, every=9), [0, 20]),
        (Evaluation(per_doubling=None, at=(0.3, 1.0)), [0, 3, 10, 20]),
        (Evaluation(per_doubling=None, at=(1.0, 0.3, 0.3, 7)), [0, 3, 10, 20]),
        (Evaluation(per_doubling=1), [0, 1, 2, 4, 8, 16, 20]),
        (Evaluation(per_doubling=2), [0, 1, 2, 3, 4, 6, 8, 12, 16, 20]),
    ],
)
def test_schedule_by_hand(evaluation, expected):
    training, shape = setting(101, 10, 2.0)  # ten batches an epoch
    assert evaluation_updates(evaluation, training, shape).tolist() == expected


@given(st.integers(1, 64), st.integers(0, 5000))
def test_an_epoch_has_as_many_updates_as_whole_batches(batch, more):
    training, shape = setting(batch + more, batch, 3.0)
    assert updates_per_epoch(training, shape) == (batch + more) // batch
    assert total_updates(training, shape) == 3 * ((batch + more) // batch)


def test_a_fraction_of_an_epoch_is_a_run():
    for epochs, updates in ((0.25, 25), (0.001, 1), (1.5, 150)):
        assert total_updates(*setting(1000, 10, epochs)) == updates


@given(st.integers(1, 64), st.integers(1, 200), evaluations())
def test_a_run_of_no_epochs_is_evaluated_once_at_its_birth(batch, train, evaluation):
    """However small the training split: a single fixed input is enough."""
    training, shape = setting(train, batch, 0)
    assert total_updates(training, shape) == 0
    found = evaluation_updates(evaluation, training, shape)
    assert found.tolist() == [0]
    assert np.issubdtype(found.dtype, np.integer)


def test_a_run_of_no_epochs_costs_its_one_evaluation():
    run, shape = make_run(widths=(5,), batch=32, epochs=0.0), DataShape(3, 2, 10, 4, 6)
    # Twenty examples, each 3 x 5 + 5 x 2 products and 30 for each of the seven units.
    assert cost.of_run(run, shape) == 20 * (25 + 30 * 7)


def test_what_other_layers_cost_is_added_for_each_hidden_unit():
    run, shape = make_run(widths=(5, 4), batch=8), DataShape(3, 2, 10, 4, 6)
    for more, rows in (
        ({"dropout": 0.5}, ["dropout"]),
        ({"normalisation": "batch", "dropout": 0.5}, ["batch_norm", "dropout"]),
        ({"normalisation": "layer"}, ["layer_norm"]),
    ):
        other = make_run(widths=(5, 4), batch=8, **more)
        elements = 8 * 9 * sum(LAYERS[row].update for row in rows)
        learned = 10 * 2 * 9 * ("normalisation" in more)  # a gain and a shift of each unit
        added = cost.per_update(other, shape) - cost.per_update(run, shape)
        assert added == elements + learned > 0


@pytest.mark.parametrize("regression", [False, True])
def test_a_run_of_no_epochs_leaves_the_metrics_of_its_birth(regression):
    shape = DataShape(3, 2, 5, 0, 4, regression)
    run = make_run(batch=32, epochs=0.0, output="linear")
    trace = train_alone(run, shape)
    assert trace.updates.tolist() == [0]
    assert (trace.status, trace.budget) == ("completed", 0)
    updates, metrics = reference.train(run, make_dataset(shape))
    assert updates == [0]
    np.testing.assert_allclose(trace.values, metrics, rtol=1e-12)


def test_a_batch_larger_than_the_training_part_is_refused():
    """There is no whole batch: to train would wait for one for ever."""
    training, shape = setting(9, 10, 2.0)
    with pytest.raises(ValueError, match="batch"):
        evaluation_updates(Evaluation(), training, shape)


@pytest.mark.parametrize("evaluation", [Evaluation(), Evaluation(None, every=0.3)])
def test_a_trace_holds_the_scheduled_updates(evaluation):
    shape = DataShape(3, 3, 50, 7, 9)
    run = make_run(batch=7, epochs=2.6, evaluation=evaluation)
    expected = evaluation_updates(evaluation, run.training, shape)
    trace = train_alone(run, shape)
    np.testing.assert_array_equal(trace.updates, expected)
    assert trace.values.shape == (len(expected), 6)
    assert trace.status == "completed"


# What is read.

TRAINED = replace(make_run(), training=replace(make_run().training, batch_size=32, epochs=20.0))


@pytest.mark.parametrize(
    ("shape", "examples"),
    [
        (DataShape(64, 10, 1258, 180, 359), 280),  # (0.6 * 24,960 / 36 - 539 / 4) = 281
        (DataShape(2, 2, 100, 10, 20), 100),  # all there are
        (DataShape(2, 2, 700, 0, 4000), 100),  # a large test split leaves room for no more
        (DataShape(2, 2, 9_000, 0, 0), 1000),
    ],
)
def test_evaluations_read_a_share_of_what_is_learned_from(shape, examples):
    training, evaluation = TRAINED.training, Evaluation()
    assert examples_read(evaluation, training, shape) == examples
    assert examples_read(Evaluation(examples=77), training, shape) == 77
    assert examples_read(Evaluation(examples=10_000), training, shape) == shape.train


@given(st.integers(1, 9000), st.integers(0, 3000), st.integers(1, 64), st.integers(1, 40))
def test_more_held_out_examples_leave_room_for_fewer(train, test, batch, epochs):
    training = replace(TRAINED.training, batch_size=min(batch, train), epochs=float(epochs))
    evaluation, often = Evaluation(), Evaluation(often=("train", "test"))
    shape = DataShape(2, 2, train, 0, test)
    found = examples_read(evaluation, training, shape)
    assert found >= examples_read(often, training, shape)
    assert min(train, 100) <= found <= min(train, 1000)
    if found > 100:
        updates = evaluation_updates(evaluation, training, shape)
        read = len(updates) * (found + test / 4)
        assert read <= 0.6 * updates[-1] * training.batch_size


def test_parts_are_read_each_time_or_every_fourth_and_last():
    found = splits_read(Evaluation(often=("train", "test")), 11)
    assert found[:, [0, 2]].all()
    np.testing.assert_array_equal(np.flatnonzero(found[:, 1]), [0, 4, 8, 10])


# The batches themselves. Each example carries its number as its only feature.


def numbered(shape, seeds, **common):
    count = shape.train + shape.validation + shape.test
    labels = np.arange(count) % shape.outputs
    datasets = [Dataset(np.arange(float(count))[:, None], labels, shape) for _ in seeds]
    runs = [make_run(seed=seed, **common) for seed in seeds]
    return Batches(Examples(datasets, "float64"), runs)


@pytest.mark.parametrize(("train", "batch"), [(64, 8), (50, 7), (33, 33), (40, 21), (5, 1)])
def test_an_epoch_visits_each_training_example_at_most_once(train, batch):
    shape, seeds = DataShape(1, 3, train, 11, 13), (4, 0)
    per_epoch = train // batch
    batches = numbered(shape, seeds, batch=batch)
    epochs = []
    for _ in range(3):
        drawn = list(islice(batches, per_epoch))
        for inputs, targets in drawn:
            assert inputs.shape == (2, 2, batch)
            np.testing.assert_array_equal(inputs[:, 1], 1)
            labels = inputs[:, 0].astype(int) % 3
            np.testing.assert_array_equal(targets.argmax(axis=1), labels)
            np.testing.assert_array_equal(targets.sum(axis=1), 1)
        visits = np.concatenate([inputs[:, 0] for inputs, _ in drawn], axis=1)  # (G, N)
        for row in visits:
            assert len(set(row)) == per_epoch * batch
            assert row.max() < train
        epochs.append(visits)
    if train > 5:
        assert not np.array_equal(epochs[0], epochs[1])
        assert not np.array_equal(epochs[0][0], epochs[0][1])  # the two seeds


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_batches_of_a_regression_hold_the_targets_of_their_inputs(outputs, precision):
    shape, batch = DataShape(1, outputs, 50, 3, 4, regression=True), 7
    numbers = np.arange(57.0)[:, None]
    labels = numbers + np.arange(outputs) / 8  # (N, C)
    datasets = [Dataset(sign * numbers, sign * labels, shape) for sign in (1, -1)]
    runs = [make_run(seed=seed, batch=batch) for seed in (0, 1)]
    for inputs, targets in islice(Batches(Examples(datasets, precision), runs), 20):
        assert targets.shape == (2, outputs, batch)
        assert targets.dtype == precision
        for number, sign in enumerate((1, -1)):
            expected = inputs[number, 0] + sign * np.arange(outputs)[:, None] / 8
            np.testing.assert_array_equal(targets[number], expected)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_targets_are_one_hot_or_the_targets_themselves(precision):
    classes = make_dataset(DataShape(2, 3, 9, 0, 0))
    numbers = make_dataset(DataShape(2, 3, 9, 0, 0, regression=True))
    one, other = (Examples([d], precision) for d in (classes, numbers))
    found = one.targets(one.labels[:, 2:6])
    assert found.dtype == precision
    np.testing.assert_array_equal(found[0], np.eye(3)[:, classes.labels[2:6]])
    found = other.targets(other.labels[:, 2:6])
    assert found.dtype == precision
    np.testing.assert_array_equal(found[0], numbers.labels[2:6].T.astype(precision))


def test_batches_depend_on_stream_and_seed_alone():
    shape = DataShape(1, 2, 40, 0, 0)

    def first(seeds, **common):
        batches = numbered(shape, seeds, batch=8, **common)
        return [inputs.copy() for inputs, _ in islice(batches, 12)]

    plain = first((3,))
    for other in (
        first((3,), hidden="tanh", rate=7.0, optimizer="adam", init="glorot", widths=(9,)),
        first((3,), epochs=99.0, precision="float32"),
        [inputs[1:2] for inputs in first((8, 3, 1))],
    ):
        np.testing.assert_array_equal(other, plain)
    assert not np.array_equal(first((3,), stream="tuning"), plain)
