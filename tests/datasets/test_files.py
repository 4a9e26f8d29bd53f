"""Arrays and folders of images: what they become, and one line for whatever is wrong."""

import gzip
import pickle

import numpy as np
import pytest

from experiments import datasets
from experiments.datasets import DATASETS, DataError, images, reading
from experiments.parameters import Choice


@pytest.fixture(autouse=True)
def _nothing_held(monkeypatch):
    monkeypatch.setattr(reading, "_held", {})


def of(name, path, **given):
    return Choice.of(name, DATASETS, path=str(path), **given)


def refused(data):
    with pytest.raises(DataError) as caught:
        datasets.shape(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Arrays

X = np.arange(40, dtype=np.uint8).reshape(10, 2, 2)
Y = np.arange(10) % 2


def npz(tmp_path, **arrays):
    path = tmp_path / "set.npz"
    np.savez(path, **arrays)
    return of("npz", path)


@pytest.mark.parametrize(("x", "y"), [("x", "y"), ("X", "Y"), ("x_train", "y_train")])
def test_arrays_stay_as_they_lie(tmp_path, x, y):
    read = datasets.content_of(npz(tmp_path, **{x: X, y: Y}))
    assert read.pool.inputs.dtype == np.uint8
    np.testing.assert_array_equal(read.pool.inputs, X.reshape(10, 4))
    np.testing.assert_array_equal(read.pool.labels, Y)
    assert read.told == ("10 examples of set.npz, 4 inputs (uint8)", "2 classes: 0 5, 1 5")


def test_a_given_test_split_stays_the_test_split(tmp_path):
    data = npz(tmp_path, x_train=X, y_train=Y, x_test=X[:3] + 100, y_test=Y[:3])
    shape = datasets.shape(data)
    assert (shape.train, shape.validation, shape.test) == (9, 1, 3)
    loaded = datasets.load(data, "evaluation", 1, "float64")
    assert loaded.inputs[-3:].min() > loaded.inputs[:-3].max()
    np.testing.assert_array_equal(loaded.labels[-3:], Y[:3])


@pytest.mark.parametrize(
    ("labels", "task", "outputs", "regression"),
    [
        (np.array(["b", "a"] * 5), "auto", 2, False),
        (np.arange(10) % 2 == 0, "auto", 2, False),
        (np.arange(10) / 3, "auto", 1, True),
        (np.arange(10), "regression", 1, True),
        (np.arange(30.0).reshape(10, 3), "auto", 3, True),
        (np.arange(10).reshape(10, 1) % 5, "auto", 5, False),
    ],
)
def test_labels_are_classes_or_numbers(tmp_path, labels, task, outputs, regression):
    data = npz(tmp_path, x=X, y=labels)
    shape = datasets.shape(of("npz", data.arguments["path"], task=task))
    assert (shape.outputs, shape.regression) == (outputs, regression)


@pytest.mark.parametrize("how", ["feature", "global", "none"])
def test_arrays_are_standardised_as_asked(tmp_path, how):
    path = npz(tmp_path, x=X, y=Y).arguments["path"]
    loaded = datasets.load(of("npz", path, standardise=how), "evaluation", 0, "float64")
    training = loaded.inputs[: loaded.shape.train]
    if how == "none":
        assert set(loaded.inputs.ravel()) == set(range(40))
    else:
        axis = 0 if how == "feature" else None
        np.testing.assert_allclose(training.mean(axis), 0, atol=1e-12)
        np.testing.assert_allclose(training.std(axis), 1, atol=1e-12)


def test_a_folder_of_arrays_is_mapped(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    pool = datasets.content_of(of("npz", tmp_path)).pool
    assert isinstance(pool.inputs, np.memmap)
    assert datasets.digest(of("npz", tmp_path)) == datasets.digest(npz(tmp_path, x=X, y=Y))


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"a": X, "y": Y}, "no array x or X or x_train or inputs; its arrays: a, y"),
        ({"x": X}, "no array y or Y or y_train or labels; its arrays: x"),
        ({"x": X, "y": Y[:9]}, "x is (10, 2, 2) and y is (9,); allowed: as many labels as inputs"),
        ({"x": X[:0], "y": Y[:0]}, "at least one"),
        ({"x": np.where(X == 6, np.inf, X), "y": Y}, "x[1, 2] is inf; allowed"),
        ({"x": X.astype(complex), "y": Y}, "x is complex128; allowed: real numbers"),
        ({"x": X.astype(str), "y": Y}, "allowed: real numbers"),
        ({"x": X, "y": Y * 0}, "y: there is one class only, 0"),
        ({"x": X, "y": Y.astype(object)}, "Object arrays cannot be loaded"),
        ({"x": X, "y": np.full(10, np.nan)}, "y[0, 0] is nan"),
        ({"x": X, "y": np.zeros((10, 2, 2))}, "y has the shape (10, 2, 2)"),
        ({"x": np.zeros((2, 20_001), np.uint8), "y": Y[:2]}, "x has 20,001 numbers for each"),
    ],
)
def test_arrays_that_do_not_go_together(tmp_path, arrays, expected):
    message = refused(npz(tmp_path, **arrays))
    assert "set.npz: " in message
    assert expected in message


def test_files_that_are_no_arrays(tmp_path):
    path = tmp_path / "set.npz"
    for content, expected in (
        (b"", "the file is empty"),
        (b"PK\x03\x04 cut", "BadZipFile"),
        (b"hello", "set.npz: ValueError"),
    ):
        path.write_bytes(content)
        assert expected in refused(of("npz", path))
    np.save(tmp_path / "one.npy", X)
    assert "one array only" in refused(of("npz", tmp_path / "one.npy"))
    assert "npz: name the file" in refused(of("npz", ""))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "its arrays: none" in refused(of("npz", empty))


# Folders of images

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
    np.testing.assert_array_equal(images._read_idx(tmp_path / "a.gz"), read_idx(tmp_path / "a.gz"))
