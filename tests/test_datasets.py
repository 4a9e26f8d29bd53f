import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import datasets
from experiments.datasets import DATASETS, DataError, generated
from experiments.parameters import Choice
from experiments.records import DataShape
from experiments.splits import Pool, partition
from experiments.splits import split_sizes as sizes
from experiments.streams import generator

BUNDLED = ("iris", "wine", "breast_cancer")
HERE = [name for name, row in DATASETS.items() if row.read is None or name in BUNDLED]
"""Those that need neither a file nor a network."""
GENERATED = [n for n, row in DATASETS.items() if row.draw and "examples" in row.parameters]
REGRESSIONS = [n for n in HERE if datasets.shape(Choice.of(n, DATASETS)).regression]
every_row = pytest.mark.parametrize("name", HERE)
classified_row = pytest.mark.parametrize("name", [n for n in HERE if n not in REGRESSIONS])
regression_row = pytest.mark.parametrize("name", REGRESSIONS)
scaled_row = pytest.mark.parametrize(
    "name", [name for name in HERE if DATASETS[name].standardise != "none"]
)
generated_row = pytest.mark.parametrize(
    "name", [name for name in GENERATED if DATASETS[name].standardise != "none"]
)


def load(name, seed=0, stream="evaluation", dtype="float64", **given):
    return datasets.load(Choice.of(name, DATASETS, **given), stream, seed, dtype)


def parts(data):
    """Return (inputs, labels) of training, validation and test."""
    ends = np.cumsum([data.shape.train, data.shape.validation])
    return list(zip(np.split(data.inputs, ends), np.split(data.labels, ends), strict=True))


def raw(name):
    """Return the inputs of a row of fixed examples, as they are stored."""
    return DATASETS[name].draw(np.random.default_rng(0)).inputs


def unscale(data, name):
    """Undo the standardisation, from the blank and the brightest pixel."""
    low, high = data.inputs.min(), data.inputs.max()
    return np.rint((data.inputs - low) / (high - low) * raw(name).max()).astype(np.uint8)


@pytest.mark.parametrize("name", DATASETS)
def test_row_is_complete(name):
    row = DATASETS[name]
    assert row.name == name
    assert row.label
    assert row.source
    assert (row.read is None) == (row.draw is not None) == (row.sizes is not None)
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
    if sizes.regression:
        assert data.labels.shape == (len(data.inputs), sizes.outputs)
        assert data.labels.dtype == dtype
        assert data.labels.flags.c_contiguous
    else:
        assert data.labels.shape == (len(data.inputs),)
        assert data.labels.dtype == np.int64
        assert set(data.labels) == set(range(sizes.outputs))


def test_which_rows_are_regressions():
    assert REGRESSIONS == ["diabetes", "curve", "gaussian"]


@classified_row
def test_every_part_holds_the_classes_in_proportion(name):
    data = load(name)
    whole = np.bincount(data.labels) / len(data.labels)
    for _, labels in parts(data):
        counts = np.bincount(labels, minlength=data.shape.outputs)
        assert np.abs(counts - whole * len(labels)).max() <= 2


@classified_row
def test_first_rows_of_training_are_a_balanced_sample(name):
    data = load(name)
    first, whole = (np.bincount(labels) for labels in (data.labels[:20], data.labels))
    assert np.abs(first - 20 * whole / whole.sum()).max() <= 2


@scaled_row
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_training_part_has_mean_0_and_deviation_1(name, dtype, tolerance):
    axis = 0 if DATASETS[name].standardise == "feature" else None
    inputs, labels = (a.astype(float) for a in parts(load(name, dtype=dtype))[0])
    np.testing.assert_allclose(inputs.mean(axis), 0, atol=tolerance)
    np.testing.assert_allclose(inputs.std(axis), 1, atol=tolerance)
    if name in REGRESSIONS:
        np.testing.assert_allclose(labels.mean(axis=0), 0, atol=tolerance)
        np.testing.assert_allclose((labels**2).mean(axis=0), 1, atol=tolerance)  # of guessing 0


@generated_row
def test_other_parts_are_scaled_with_the_training_statistics(name):
    data = load(name)
    choice = Choice.of(name, DATASETS)
    rng = generator("evaluation", 0, "data")
    pool = DATASETS[name].draw(rng, **choice.arguments).inputs
    # One affine map for each feature takes all rows, sorted, to the standardised rows, sorted.
    for drawn, scaled in zip(np.sort(pool, 0).T, np.sort(data.inputs, 0).T, strict=True):
        slope, offset = np.polyfit(drawn, scaled, 1)
        np.testing.assert_allclose(slope * drawn + offset, scaled, atol=1e-9)
    assert abs(parts(data)[2][0].mean(0)).max() > 1e-6  # so it was not scaled by itself


def test_constant_feature_becomes_0():
    # The mean of some 0.1 is not 0.1, so that their computed deviation is not 0 either.
    inputs = np.column_stack([np.full(20, 3.0), np.full(20, 0.1), np.arange(20.0)])
    pool = Pool(inputs, np.arange(20) % 2)
    rng = np.random.default_rng(0)
    data = partition(pool, sizes(3, 2, 20, 0.1, 0.1), rng, "feature", "float64")
    assert (data.inputs[:, :2] == 0).all()
    assert np.ptp(data.inputs[:, 2]) > 1


# Regression


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 40),
    st.integers(1, 3),
    st.integers(0, 9),
    st.integers(0, 9),
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
    st.integers(0, 99),
)
def test_targets_are_scaled_as_inputs_are(train, outputs, validation, test, mean, spread, seed):
    """A split of targets is the split of inputs that are the same numbers."""
    count = train + validation + test
    values = mean + spread * np.random.default_rng(seed).standard_normal((count, outputs))
    values[:, 0] = mean  # one that is constant is centred, and that is all
    shape = DataShape(outputs, outputs, train, validation, test, regression=True)
    rng = np.random.default_rng(seed)
    data = partition(Pool(values, values.copy()), shape, rng, "feature", "float64")
    np.testing.assert_array_equal(data.labels, data.inputs)
    assert (data.labels[:, 0] == 0).all()
    # The rows are the pool's, in one order for all columns.
    order = np.random.default_rng(seed).permutation(count)
    training = values[order[:train]]
    if train > 1:
        expected = (values[order] - training.mean(0))[:, 1:] / training.std(0)[1:]
        np.testing.assert_allclose(data.labels[:, 1:], expected, atol=1e-6)


@pytest.mark.parametrize("given_rows", [0, 4])
def test_without_standardising_inputs_and_targets_stay_as_they_are(given_rows):
    rng = np.random.default_rng(1)
    pool = Pool(rng.normal(5, 3, (12, 2)), rng.normal(7, 2, (12, 1)), given=given_rows)
    shape = DataShape(2, 1, 12 - given_rows, 0, given_rows, regression=True)
    data = partition(pool, shape, rng, "none", "float64")
    rows = [np.flatnonzero((pool.inputs == x).all(axis=1))[0] for x in data.inputs]
    assert sorted(rows) == list(range(12))
    assert rows[12 - given_rows :] == list(range(12 - given_rows, 12))
    np.testing.assert_array_equal(data.labels, pool.labels[rows])
    assert not np.shares_memory(data.inputs, pool.inputs)


@regression_row
def test_examples_of_a_regression_are_split_at_random_without_leaks(name):
    """No pair of inputs and target is lost, torn apart or repeated, and their order is drawn."""
    row, choice = DATASETS[name], Choice.of(name, DATASETS)
    pool = row.draw(generator("evaluation", 0, "data"), **choice.arguments)
    data = load(name)
    marks = _marks(np.c_[pool.inputs, pool.labels]), _marks(np.c_[data.inputs, data.labels])
    np.testing.assert_allclose(*map(np.sort, marks), atol=1e-9)
    assert np.abs(marks[0] - marks[1]).max() > 0.1


def _marks(rows):
    """Return a number for each row that no affine map of a column changes, (N,)."""
    return ((rows - rows.mean(axis=0)) / rows.std(axis=0)) @ np.sqrt(
        np.arange(2, 2 + rows.shape[1])
    )


FREQUENCIES = pytest.mark.parametrize("frequency", [0.05, 0.25, 0.5, 1.0, 1.3, 3.0])


def left_by_a_line(frequency):
    """Return the variance of the sine, and what the best line leaves of it, as the row says."""
    w = 2 * np.pi * frequency
    variance = (1 - np.sin(2 * w) / (2 * w)) / 2
    return variance, variance - 3 * (np.sin(w) - w * np.cos(w)) ** 2 / w**4


@FREQUENCIES
def test_curve_leaves_a_line_what_its_formula_says(frequency):
    """By Gauss-Legendre quadrature over (-1, 1), where x has the density 1/2."""
    x, weights = np.polynomial.legendre.leggauss(80)
    y = np.sin(2 * np.pi * frequency * x)
    root = np.sqrt(weights / 2)
    (_, slope), left, *_ = np.linalg.lstsq(np.c_[root, root * x], root * y)
    variance, expected = left_by_a_line(frequency)
    np.testing.assert_allclose((weights / 2) @ y**2, variance, rtol=1e-12)
    np.testing.assert_allclose(left, expected, rtol=1e-9, atol=1e-14)
    w = 2 * np.pi * frequency
    np.testing.assert_allclose(slope, 3 * (np.sin(w) - w * np.cos(w)) / w**2, rtol=1e-10)
    if frequency == round(frequency):
        np.testing.assert_allclose(expected / variance, 1 - 6 / w**2, rtol=1e-12)


@FREQUENCIES
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_drawn_curves_leave_a_line_that_share(frequency, noise):
    given = {"frequency": frequency, "noise": noise, "examples": 40_000}
    data = load("curve", **given, validation=0, test=0)
    x, y = data.inputs[:, 0], data.labels[:, 0]
    variance, left = left_by_a_line(frequency)
    share = (left + noise**2) / (variance + noise**2)
    assert 1 - np.corrcoef(x, y)[0, 1] ** 2 == pytest.approx(share, abs=0.02)


def test_default_curve_leaves_most_of_its_variance_to_more_than_a_line():
    variance, left = left_by_a_line(DATASETS["curve"].parameters["frequency"].default)
    assert left / variance == pytest.approx(0.85, abs=0.005)


def test_curve_without_noise_is_its_sine():
    rng = np.random.default_rng(2)
    pool = DATASETS["curve"].draw(rng, examples=500, frequency=1.7, noise=0.0)
    np.testing.assert_array_equal(pool.labels, np.sin(2 * np.pi * 1.7 * pool.inputs))
    assert -1 < pool.inputs.min() < -0.95
    assert 0.95 < pool.inputs.max() < 1


def test_noise_of_a_curve_has_its_deviation():
    def pool(noise):
        rng = np.random.default_rng(3)
        return DATASETS["curve"].draw(rng, examples=20_000, frequency=1.0, noise=noise)

    noise = pool(0.4).labels - pool(0.0).labels
    assert noise.std() == pytest.approx(0.4, rel=5 / np.sqrt(2 * noise.size))


def test_least_squares_explains_of_diabetes_what_is_known():
    """Of the variance over all 442 patients ten coefficients take 0.5177."""
    data = load("diabetes", validation=0, test=0)
    ones = np.c_[data.inputs, np.ones(442)]
    residual = data.labels - ones @ np.linalg.lstsq(ones, data.labels)[0]
    assert 1 - np.mean(residual**2) == pytest.approx(0.5177, abs=5e-5)


def test_gaussian_is_standard_normal_as_drawn():
    data = load("gaussian", examples=20_000, features=7)
    assert (data.shape.train, data.shape.validation, data.shape.test) == (20_000, 0, 0)
    values = np.c_[data.inputs, data.labels]
    error = 1 / np.sqrt(len(values))
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=5 * error)
    np.testing.assert_allclose(np.cov(values.T), np.eye(8), atol=5 * np.sqrt(2) * error)
    np.testing.assert_allclose((values**4).mean(axis=0), 3, atol=5 * np.sqrt(96) * error)
    assert (data.inputs.mean(axis=0) != 0).all()  # it was not standardised


def test_gaussian_may_be_a_single_fixed_input():
    inputs = [load("gaussian", seed, examples=1, features=3) for seed in range(2)]
    for data in inputs:
        assert data.shape == DataShape(3, 1, 1, 0, 0, regression=True)
        assert (data.inputs != 0).all()
        assert (data.labels != 0).all()
    assert (inputs[0].inputs != inputs[1].inputs).all()


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
    rtol = 1e-6 if name in REGRESSIONS else 0
    np.testing.assert_allclose(single.labels, double.labels, rtol=rtol, atol=rtol)


@st.composite
def choices(draw):
    name = draw(st.sampled_from(GENERATED))
    given = {"examples": draw(st.integers(40, 300))}
    for part in ("validation", "test"):
        if part in DATASETS[name].parameters:
            given[part] = draw(st.floats(0, 0.4))
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
    assert abs(sizes.validation - wanted.get("validation", 0) * wanted["examples"]) <= 0.5
    assert abs(sizes.test - wanted.get("test", 0) * wanted["examples"]) <= 0.5
    assert data.inputs.shape[1] == sizes.features
    assert sizes.features == wanted.get("features", {"curve": 1, "mnist1d": 40}.get(choice.name, 2))
    many = {"mnist1d": 10}.get(choice.name, 2)
    assert sizes.outputs == wanted.get("classes", 1 if sizes.regression else many)
    assert np.isfinite(data.inputs).all()
    assert np.isfinite(data.labels).all()
    if not sizes.regression:
        assert np.ptp(np.bincount(data.labels, minlength=sizes.outputs)) <= 1
        for _, labels in parts(data):
            assert np.ptp(np.bincount(labels, minlength=sizes.outputs)) <= 2


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("digits", {"validation": 0.5, "test": 0.5}),
        ("digits", {"validation": 0.89, "test": 0.89}),
        ("blobs", {"classes": 20, "examples": 25}),
        ("diabetes", {"validation": 0.5, "test": 0.5}),
        ("curve", {"validation": 0.5, "test": 0.5, "examples": 10}),
    ],
)
def test_shares_that_leave_too_little_to_train_on_are_refused(name, given):
    choice = Choice.of(name, DATASETS, **given)
    for use in (datasets.shape, lambda data: datasets.load(data, "evaluation", 0, "float32")):
        with pytest.raises(DataError, match=rf"{name} \(.*left for training.*lower the shares"):
            use(choice)


@pytest.mark.parametrize(
    ("name", "least"), [("digits", "one for each of the 10 classes"), ("diabetes", "one")]
)
def test_a_refusal_says_how_many_examples_it_takes(name, least):
    with pytest.raises(DataError, match=f"0 examples are left for.* at least {least}; lower"):
        load(name, validation=0.6, test=0.6)


def test_one_training_example_is_enough_for_a_regression():
    data = load("curve", examples=10, validation=0.5, test=0.4)
    assert (data.shape.train, data.shape.validation, data.shape.test) == (1, 5, 4)
    assert (data.inputs[0], data.labels[0]) == (0, 0)


@pytest.mark.parametrize(
    ("name", "examples", "features", "told"),
    [
        ("iris", 150, 4, "3 classes: setosa 50, versicolor 50, virginica 50"),
        ("wine", 178, 13, "3 classes: class_1 71, class_0 59, class_2 48"),
        ("breast_cancer", 569, 30, "2 classes: benign 357, malignant 212; they are uneven, 1.68"),
    ],
)
def test_small_tables_are_what_is_known_of_them(name, examples, features, told):
    data = load(name)
    assert data.inputs.shape == (examples, features)
    assert datasets.told(Choice.of(name, DATASETS))[0].startswith(told)


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
    placed = generated._centres(classes, features)
    gaps = np.linalg.norm(placed[:, None] - placed, axis=2)[~np.eye(classes, dtype=bool)]
    assert gaps.min() == pytest.approx(1)


@every_row
def test_digest_is_stable_and_unique(name):
    digests = [datasets.digest(Choice.of(n, DATASETS)) for n in HERE]
    assert len(set(digests)) == len(digests)
    assert datasets.digest(Choice.of(name, DATASETS)) in digests


def test_scikit_learn_is_not_imported_before_it_is_needed():
    program = (
        "import sys; from experiments import datasets as d;"
        "from experiments.parameters import Choice;"
        "d.shape(Choice.of('digits', d.DATASETS));"
        "d.load(Choice.of('xor', d.DATASETS), 'tuning', 0, 'float32');"
        "sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
