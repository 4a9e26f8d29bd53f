import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import datasets
from experiments.datasets import DATASETS, DataError
from experiments.records import Choice

GENERATED = [name for name, row in DATASETS.items() if "examples" in row.parameters]
every_row = pytest.mark.parametrize("name", DATASETS)
generated_row = pytest.mark.parametrize("name", GENERATED)


def load(name, seed=0, stream="evaluation", dtype="float64", **given):
    return datasets.load(Choice.of(name, DATASETS, **given), stream, seed, dtype)


def parts(data):
    """Return (inputs, labels) of training, validation and test."""
    ends = np.cumsum([data.shape.train, data.shape.validation])
    return list(zip(np.split(data.inputs, ends), np.split(data.labels, ends), strict=True))


def raw(name):
    """Return the images of a row of fixed examples, as whole numbers."""
    return DATASETS[name].draw(np.random.default_rng(0)).inputs


def unscale(data, name):
    """Undo the standardisation, from the blank and the brightest pixel."""
    low, high = data.inputs.min(), data.inputs.max()
    return np.rint((data.inputs - low) / (high - low) * raw(name).max()).astype(np.uint8)


@every_row
def test_row_is_complete(name):
    row = DATASETS[name]
    assert row.name == name
    assert row.label
    assert row.source
    assert all(p.admits(p.default) and p.meaning for p in row.parameters.values())


@every_row
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_data_are_what_their_shape_says(name, dtype):
    data = load(name, dtype=dtype)
    sizes = datasets.shape(Choice.of(name, DATASETS))
    assert data.shape == sizes
    assert data.inputs.shape == (sizes.train + sizes.validation + sizes.test, sizes.features)
    assert data.inputs.dtype == dtype
    assert data.inputs.flags.c_contiguous
    assert data.labels.dtype == np.int64
    assert set(data.labels) == set(range(sizes.classes))


@every_row
def test_every_part_holds_the_classes_in_proportion(name):
    data = load(name)
    whole = np.bincount(data.labels) / len(data.labels)
    for _, labels in parts(data):
        counts = np.bincount(labels, minlength=data.shape.classes)
        assert np.abs(counts - whole * len(labels)).max() <= 2


@every_row
def test_first_rows_of_training_are_a_balanced_sample(name):
    data = load(name)
    counts = np.bincount(data.labels[: 10 * data.shape.classes])
    assert np.abs(counts - 10).max() <= 2


@every_row
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_training_part_has_mean_0_and_deviation_1(name, dtype, tolerance):
    axis = 0 if DATASETS[name].standardise == "feature" else None
    training = parts(load(name, dtype=dtype))[0][0].astype(float)
    np.testing.assert_allclose(training.mean(axis), 0, atol=tolerance)
    np.testing.assert_allclose(training.std(axis), 1, atol=tolerance)


@generated_row
def test_other_parts_are_scaled_with_the_training_statistics(name):
    data = load(name)
    choice = Choice.of(name, DATASETS)
    rng = datasets.generator("evaluation", 0, "data")
    pool = DATASETS[name].draw(rng, **choice.arguments).inputs
    # One affine map for each feature takes all rows, sorted, to the standardised rows, sorted.
    for drawn, scaled in zip(np.sort(pool, 0).T, np.sort(data.inputs, 0).T, strict=True):
        slope, offset = np.polyfit(drawn, scaled, 1)
        np.testing.assert_allclose(slope * drawn + offset, scaled, atol=1e-9)
    assert abs(parts(data)[2][0].mean(0)).max() > 1e-6  # so it was not scaled by itself


def test_constant_feature_becomes_0():
    from experiments.splits import Pool, split
    from experiments.splits import parts as sizes

    inputs = np.column_stack([np.full(20, 3.0), np.arange(20.0)])
    pool = Pool(inputs, np.arange(20) % 2)
    rng = np.random.default_rng(0)
    data = split(pool, sizes(2, 2, 20, 0.1, 0.1), rng, "feature", "float64")
    assert (data.inputs[:, 0] == 0).all()


@pytest.mark.parametrize("name", ["digits", "fashion_mnist_mini"])
def test_images_are_split_without_leaks(name):
    data = load(name)
    found, original = unscale(data, name), raw(name)
    # The rows are the originals, each as often as there: no row is in two parts, none is lost.
    np.testing.assert_array_equal(np.unique(found, axis=0), np.unique(original, axis=0))
    order = np.lexsort(found.T), np.lexsort(original.T)
    np.testing.assert_array_equal(found[order[0]], original[order[1]])


def test_fashion_test_part_is_the_given_one():
    one, other = load("fashion_mnist_mini", 0), load("fashion_mnist_mini", 1, validation=0.5)
    for data in (one, other):
        images = unscale(data, "fashion_mnist_mini")[-1000:]
        np.testing.assert_array_equal(images, raw("fashion_mnist_mini")[-1000:])
    assert (np.bincount(one.labels[-1000:]) == 100).all()
    assert (np.bincount(one.labels[:-1000]) == 500).all()
    assert (one.labels[:4500] != other.labels[:4500]).any()


@every_row
def test_same_arguments_give_the_same_bits(name):
    one, other = load(name), load(name)
    assert one.inputs.tobytes() == other.inputs.tobytes()
    assert one.labels.tobytes() == other.labels.tobytes()
    assert not np.shares_memory(one.inputs, other.inputs)


@every_row
def test_seeds_and_streams_give_different_data(name):
    data = [load(name, 0), load(name, 1), load(name, 0, "tuning")]
    assert len({d.inputs.tobytes() for d in data}) == 3


@every_row
def test_precisions_hold_the_same_data(name):
    single, double = load(name, dtype="float32"), load(name, dtype="float64")
    np.testing.assert_allclose(single.inputs, double.inputs, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(single.labels, double.labels)


@st.composite
def choices(draw):
    name = draw(st.sampled_from(GENERATED))
    given = {
        "examples": draw(st.integers(40, 300)),
        "validation": draw(st.floats(0, 0.4)),
        "test": draw(st.floats(0, 0.4)),
    }
    if "classes" in DATASETS[name].parameters:
        given["classes"] = draw(st.integers(2, 7))
    if "features" in DATASETS[name].parameters:
        given["features"] = draw(st.integers(1, 9))
    return Choice.of(name, DATASETS, **given)


@settings(deadline=None, max_examples=60)
@given(choices(), st.integers(0, 2**40))
def test_all_parameters_give_what_shape_says(choice, seed):
    wanted, sizes = choice.arguments, datasets.shape(choice)
    data = datasets.load(choice, "evaluation", seed, "float32")
    assert data.shape == sizes
    assert sizes.train + sizes.validation + sizes.test == wanted["examples"] == len(data.labels)
    assert abs(sizes.validation - wanted["validation"] * wanted["examples"]) <= 0.5
    assert abs(sizes.test - wanted["test"] * wanted["examples"]) <= 0.5
    assert data.inputs.shape[1] == sizes.features == wanted.get("features", 2)
    assert sizes.classes == wanted.get("classes", 2)
    assert np.isfinite(data.inputs).all()
    assert np.ptp(np.bincount(data.labels, minlength=sizes.classes)) <= 1
    for _, labels in parts(data):
        assert np.ptp(np.bincount(labels, minlength=sizes.classes)) <= 2


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("digits", {"validation": 0.5, "test": 0.5}),
        ("digits", {"validation": 0.89, "test": 0.89}),
        ("blobs", {"classes": 20, "examples": 25}),
    ],
)
def test_shares_that_leave_too_little_to_train_on_are_refused(name, given):
    choice = Choice.of(name, DATASETS, **given)
    for use in (datasets.shape, lambda data: datasets.load(data, "evaluation", 0, "float32")):
        with pytest.raises(DataError, match=rf"{name} \(.*left for training.*lower the shares"):
            use(choice)


def test_parts_may_be_empty():
    data = load("moons", validation=0, test=0)
    assert (data.shape.train, data.shape.validation, data.shape.test) == (1000, 0, 0)


@settings(deadline=None, max_examples=30)
@given(st.integers(3, 50).map(lambda n: 4 * n), st.integers(0, 99), st.floats(0, 0.4))
def test_xor_balances_its_corners_in_every_part(examples, seed, share):
    data = load("xor", seed, examples=examples, noise=0, validation=share, test=share)
    for inputs, labels in parts(data):
        corners = (inputs > 0) @ [1, 2]
        assert np.ptp(np.bincount(corners, minlength=4)) <= 1
        np.testing.assert_array_equal(labels, (corners == 1) | (corners == 2))


def test_xor_without_noise_gives_a_linear_model_nothing():
    inputs, labels = parts(load("xor", noise=0))[0]
    # At weight 0 the gradient of the (convex) cross-entropy vanishes: ln 2 is its minimum.
    np.testing.assert_allclose(inputs.T @ (labels - 0.5), 0, atol=1e-10)
    assert labels.mean() == 0.5


@pytest.mark.parametrize(("classes", "features"), [(2, 1), (5, 1), (3, 2), (10, 2), (10, 30)])
def test_blobs_have_the_same_centres_for_all_seeds(classes, features):
    given = {"classes": classes, "features": features, "deviation": 0}
    one, other = (load("blobs", s, **given, examples=classes * 10, test=0.5) for s in (0, 1))
    centres = [np.array([d.inputs[d.labels == c][0] for c in range(classes)]) for d in (one, other)]
    np.testing.assert_allclose(*centres)
    placed = datasets._centres(classes, features)
    gaps = np.linalg.norm(placed[:, None] - placed, axis=2)[~np.eye(classes, dtype=bool)]
    assert gaps.min() == pytest.approx(1)


@every_row
def test_digest_is_stable_and_unique(name):
    digests = [datasets.digest(Choice.of(n, DATASETS)) for n in DATASETS]
    assert len(set(digests)) == len(digests)
    assert datasets.digest(Choice.of(name, DATASETS)) in digests


def test_scikit_learn_is_not_imported_before_it_is_needed():
    program = (
        "import sys; from experiments import datasets as d; from experiments.records import Choice;"
        "d.shape(Choice.of('digits', d.DATASETS));"
        "d.load(Choice.of('xor', d.DATASETS), 'tuning', 0, 'float32');"
        "sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
