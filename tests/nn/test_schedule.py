"""When runs are evaluated, and which examples their updates read."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.nn.batches import Examples
from experiments.nn.schedule import evaluation_updates, total_updates, updates_per_epoch
from experiments.records import Dataset, DataShape, Evaluation

from . import reference
from .helpers import make_run, train_alone

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


# The batches themselves. Each example carries its number as its only feature.


def numbered(shape, seeds, **common):
    count = shape.train + shape.validation + shape.test
    labels = np.arange(count) % shape.classes
    datasets = [Dataset(np.arange(float(count))[:, None], labels, shape) for _ in seeds]
    runs = [make_run(seed=seed, **common) for seed in seeds]
    return Examples(datasets, runs, "float64")


@pytest.mark.parametrize(("train", "batch"), [(64, 8), (50, 7), (33, 33), (40, 21), (5, 1)])
def test_an_epoch_visits_each_training_example_at_most_once(train, batch):
    shape, seeds = DataShape(1, 3, train, 11, 13), (4, 0)
    per_epoch = train // batch
    batches = numbered(shape, seeds, batch=batch).batches()
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


def test_batches_depend_on_stream_and_seed_alone():
    shape = DataShape(1, 2, 40, 0, 0)

    def first(seeds, **common):
        batches = numbered(shape, seeds, batch=8, **common).batches()
        return [inputs.copy() for inputs, _ in islice(batches, 12)]

    plain = first((3,))
    for other in (
        first((3,), hidden="tanh", rate=7.0, optimizer="adam", init="glorot", widths=(9,)),
        first((3,), epochs=99.0, precision="float32"),
        [inputs[1:2] for inputs in first((8, 3, 1))],
    ):
        np.testing.assert_array_equal(other, plain)
    assert not np.array_equal(first((3,), stream="tuning"), plain)
