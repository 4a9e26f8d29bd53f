"""Sets of images: folders, arrays, balanced parts; and one line for whatever is wrong."""

import gzip
import pickle
from dataclasses import replace

import numpy as np
import pytest
from execution.helpers import make_run
from hypothesis import assume, given
from hypothesis import strategies as st

from datasets.helpers import of, refused
from experiments import config, datasets
from experiments.datasets import DataError, published, reading
from experiments.datasets.balanced import balanced
from experiments.execution.keys import description, run_key


@pytest.fixture(autouse=True)
def _nothing_held(monkeypatch):
    monkeypatch.setattr(reading, "_held", {})


def run_on(data):
    """Return a run on other data."""
    return replace(make_run(), data=data)


# Folders

COUNT = 10_030


def some_images(features, seed=0):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(256, size=(COUNT, features), dtype=np.uint8)
    return pixels, (np.arange(COUNT) % 10).astype(np.uint8)


def write_idx(path, array, pack=lambda content: content):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(pack(header + array.tobytes()))


def idx_folder(folder, pixels, classes, dash="-", ending="", pack=lambda content: content):
    for part, rows in (("train", slice(0, 30)), ("t10k", slice(30, None))):
        shaped = pixels[rows].reshape(-1, 28, 28)
        write_idx(folder / f"{part}-images{dash}idx3-ubyte{ending}", shaped, pack)
        write_idx(folder / f"{part}-labels{dash}idx1-ubyte{ending}", classes[rows], pack)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("how", ["plain", "packed"])
def test_the_published_files_of_mnist_are_read(tmp_path, name, how):
    pixels, classes = some_images(784)
    if how == "plain":
        idx_folder(tmp_path, pixels, classes, dash=".")
    else:
        idx_folder(tmp_path, pixels, classes, ending=".gz", pack=lambda c: gzip.compress(c, 0))
    read = datasets.content_of(of(name, tmp_path))
    np.testing.assert_array_equal(read.pool.inputs, pixels)
    np.testing.assert_array_equal(read.pool.labels, classes)
    shape = datasets.shape(of(name, tmp_path))
    assert (shape.train, shape.validation, shape.test) == (27, 3, 10_000)


def cifar_folder(folder, pixels, classes, kind):
    parts = [slice(6 * i, 6 * i + 6) for i in range(5)] + [slice(30, None)]
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    inner = folder / f"cifar-10-batches-{kind}"
    inner.mkdir()
    for name, part in zip(names, parts, strict=True):
        if kind == "bin":
            np.column_stack([classes[part], pixels[part]]).tofile(inner / f"{name}.bin")
        else:
            batch = {b"data": pixels[part], b"labels": classes[part].tolist()}
            (inner / name).write_bytes(pickle.dumps(batch, protocol=2))


@pytest.mark.parametrize("kind", ["py", "bin"])
def test_the_published_files_of_cifar_are_read(tmp_path, kind):
    pixels, classes = some_images(3072)
    cifar_folder(tmp_path, pixels, classes, kind)
    folder = tmp_path if kind == "py" else tmp_path / "cifar-10-batches-bin"
    pool = datasets.content_of(of("cifar10", folder)).pool
    np.testing.assert_array_equal(pool.inputs, pixels)
    np.testing.assert_array_equal(pool.labels, classes)


class Harmful:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code was run')",))


def test_a_pickle_runs_no_code(tmp_path):
    pixels, classes = some_images(3072)
    cifar_folder(tmp_path, pixels, classes, "py")
    path = tmp_path / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(pickle.dumps({b"data": Harmful(), b"labels": []}, protocol=2))
    assert "it holds __builtin__.exec, which is no array" in refused(of("cifar10", tmp_path))


def test_folders_that_hold_something_else(tmp_path):
    pixels, classes = some_images(784)
    missing = "there is no train-images-idx3-ubyte or train-images-idx3-ubyte.gz"
    assert missing in refused(of("mnist", tmp_path))
    assert "there is no data_batch_1 or data_batch_1.bin" in refused(of("cifar10", tmp_path))
    assert "there is no such file" in refused(of("mnist", tmp_path / "none"))
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(b"PNG something")
    assert "is a file; name the folder" in refused(of("mnist", file))
    assert "no idx file of unsigned bytes" in refused(of("mnist", tmp_path))
    file.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9]))
    assert "ValueError: " in refused(of("mnist", tmp_path))
    idx_folder(tmp_path, pixels, classes % 9 + 2)
    assert "10,030 images, the highest class 10; allowed:" in refused(of("mnist", tmp_path))
    idx_folder(tmp_path, pixels[:, :784], classes[:-5])
    assert "are not those of mnist" in refused(of("mnist", tmp_path))


def test_the_idx_reader_is_that_of_the_script(tmp_path):
    from experiments.data.make_fashion_mnist_mini import read_idx

    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_idx(tmp_path / "a.gz", array, gzip.compress)
    found = published.read_idx(tmp_path / "a.gz")
    np.testing.assert_array_equal(found, read_idx(tmp_path / "a.gz"))


# Arrays

TRAIN, TEST = 50, 10


def few_images(features):
    """Return images and classes of a small set with test images of its own."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(TRAIN + TEST, features), dtype=np.uint8)
    return pixels, rng.permuted(np.arange(TRAIN + TEST) % 10).astype(np.uint8)


def write_npz(path, pixels, classes, **changed):
    arrays = {"x_train": pixels[:TRAIN], "y_train": classes[:TRAIN],
              "x_test": pixels[TRAIN:], "y_test": classes[TRAIN:]}  # fmt: skip
    np.savez(path, **(arrays | changed))
    return path


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
@pytest.mark.parametrize("layout", ["flat", "planes first", "planes last"])
def test_arrays_of_images_become_planes_however_they_are_shaped(tmp_path, name, layout):
    planes, side = (3, 32) if name == "cifar10" else (1, 28)
    pixels, classes = few_images(planes * side * side)
    shaped = pixels.reshape(-1, planes, side, side)
    layouts = {"flat": pixels, "planes first": shaped, "planes last": np.moveaxis(shaped, 1, -1)}
    path = write_npz(tmp_path / "set.npz", layouts[layout], classes[:, None])
    read = datasets.content_of(of(name, path))
    np.testing.assert_array_equal(read.pool.inputs, pixels)
    np.testing.assert_array_equal(read.pool.labels, classes)
    assert (read.pool.inputs.dtype, read.pool.given, read.outputs) == (np.uint8, TEST, 10)
    assert (read.image.planes, read.image.rows, read.image.columns) == (planes, side, side)
    assert read.told[0] == "60 images, 10 of them the given test split"


def test_arrays_of_all_images_are_the_same_data_as_the_folder(tmp_path):
    pixels, classes = some_images(784)
    idx_folder(tmp_path, pixels, classes)
    np.savez(tmp_path / "set.npz", x=pixels, y=classes)  # the last 10,000 are the test images
    folder, arrays = of("mnist", tmp_path), of("mnist", tmp_path / "set.npz")
    assert datasets.digest(folder) == datasets.digest(arrays)
    assert datasets.shape(folder) == datasets.shape(arrays)
    assert run_key(run_on(folder)) == run_key(run_on(arrays))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"x_train": np.zeros((TRAIN, 784))}, "x_train is float64; allowed: bytes (uint8)"),
        ({"x_train": np.zeros((TRAIN, 783), np.uint8)}, "ValueError: "),  # beside 784 of x_test
        ({"y_train": np.full(TRAIN, -1)}, "y_train is int64 (60,); allowed: the class of each"),
        ({"y_train": np.zeros(TRAIN)}, "y_train is float64 (60,); allowed: the class of each"),
        ({"y_train": np.zeros((TRAIN, 3), int), "y_test": np.zeros((TEST, 3), int)},
         "y_train is int64 (60, 3); allowed: the class of each image, 0 to 9"),
        ({"y_train": np.full(TRAIN, 10)}, "60 images, the highest class 10; allowed:"),
        ({"y_train": np.zeros(TRAIN - 1, int)}, "allowed: as many labels as inputs"),
    ],
)  # fmt: skip
def test_arrays_that_hold_no_such_images(tmp_path, changed, expected):
    message = refused(of("mnist", write_npz(tmp_path / "set.npz", *few_images(784), **changed)))
    assert "set.npz: " in message
    assert expected in message


def test_arrays_of_another_set_or_none_are_told_apart(tmp_path):
    pixels, classes = few_images(784)
    path = write_npz(tmp_path / "set.npz", pixels, classes)
    assert "images (60, 784) and classes (60,) are not those of cifar10, 3,072" in refused(
        of("cifar10", path)
    )
    write_npz(path, pixels.reshape(-1, 56, 14), classes)
    reading._held.clear()
    assert "x_train holds images of 56 x 14 in 1 plane; allowed: those of mnist, 28 x 28" in (
        refused(of("mnist", path))
    )
    np.savez(path, x=pixels, y=classes)
    assert "60 images, the highest class 9; allowed: more than 10,000" in refused(of("mnist", path))
    path.write_bytes(path.read_bytes()[:999])
    assert "BadZipFile" in refused(of("mnist", path))
    assert "there is no such file" in refused(of("mnist", tmp_path / "sets.npz"))


# Balanced parts


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=60),
    st.lists(st.integers(0, 3), min_size=1, max_size=30),
    st.integers(0, 90),
    st.sampled_from([1 / 6, 1 / 7, 0.5]),
)
def test_a_part_is_balanced_and_holds_the_first_of_each_class(train, test, examples, share):
    labels = np.array(train + test)
    try:
        rows, given = balanced(labels, len(test), 4, examples, share, "here")
    except DataError:
        assume(False)
    assert (len(rows), given) == (examples, round(share * examples))
    assert (np.diff(rows) > 0).all()
    chosen = np.isin(np.arange(len(labels)), rows)
    for split, size in ((slice(len(train)), examples - given), (slice(len(train), None), given)):
        own, taken = labels[split], chosen[split]
        counts = np.bincount(own[taken], minlength=4)
        assert counts.sum() == size
        assert np.ptp(counts) <= 1
        for number, count in enumerate(counts):  # those left out come after those taken
            assert taken[own == number][:count].all()


@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=40),
    st.lists(st.integers(0, 2), min_size=1, max_size=40),
    st.integers(0, 80),
)
def test_a_part_is_refused_only_where_none_is_balanced(train, test, examples):
    labels, possible = np.array(train + test), True
    halves = examples - round(examples / 2), round(examples / 2)
    for own, size in zip((train, test), halves, strict=True):
        counts, (each, more) = np.bincount(own, minlength=3), divmod(size, 3)
        possible &= bool((counts >= each).all() and (counts > each).sum() >= more)
    try:
        balanced(labels, len(test), 3, examples, 0.5, "here")
    except DataError as error:
        assert not possible
        most = int(str(error).rpartition("at most ")[2].split(",")[0])
        assert most < examples
        balanced(labels, len(test), 3, most, 0.5, "here")
        with pytest.raises(DataError):
            balanced(labels, len(test), 3, most + 1, 0.5, "here")
    else:
        assert possible


@pytest.mark.parametrize(
    ("name", "features", "examples", "test"), [("cifar10", 3072, 36, 6), ("mnist", 784, 42, 6)]
)
def test_examples_take_a_part_of_both_splits_as_they_were_published(
    tmp_path, name, features, examples, test
):
    path = write_npz(tmp_path / "set.npz", *few_images(features))
    whole, part = of(name, path), of(name, path, examples=examples)
    shape = datasets.shape(part)
    assert shape.test == test
    assert shape.train + shape.validation == examples - test
    read, all_of_it = (datasets.content_of(data) for data in (part, whole))
    assert read.told[0] == (
        f"{examples} of 60 images, the first of each class, {test} of them the given test split"
    )
    for split in (slice(-test), slice(-test, None)):
        assert np.ptp(np.bincount(read.pool.labels[split], minlength=10)) <= 1
    held = {image.tobytes() for image in all_of_it.pool.inputs[:-TEST]}
    assert {image.tobytes() for image in read.pool.inputs[:-test]} < held
    assert datasets.digest(part) != datasets.digest(whole)
    assert run_key(run_on(part)) != run_key(run_on(whole))


def test_no_examples_are_all_of_them_and_no_part_of_the_key(tmp_path):
    path = write_npz(tmp_path / "set.npz", *few_images(784))
    whole = of("mnist", path)
    assert whole == of("mnist", path, examples=0)
    assert "examples" not in description(run_on(whole))
    assert len(datasets.content_of(whole).pool.labels) == TRAIN + TEST


def test_more_examples_than_there_are_or_fewer_than_are_needed(tmp_path):
    path = write_npz(tmp_path / "set.npz", *few_images(784))
    message = refused(of("mnist", path, examples=70))
    assert "set.npz: examples is 70, of which 60 are training images, as many of each" in message
    most = int(message.rpartition("at most ")[2].split(",")[0])
    assert datasets.shape(of("mnist", path, examples=most)).test == round(most / 7)
    assert "at most" in refused(of("mnist", path, examples=most + 1))
    few = refused(of("mnist", path, examples=9))
    assert "mnist (examples 9, validation 0.1): 7 examples are left for training" in few
    text = f"dataset: {{name: cifar10, path: {path.as_posix()}, examples: 60001}}"
    with pytest.raises(config.ConfigError, match="at least 0 and at most 60,000"):
        config.loads(text, "c")
