"""Arrays: what they become, and one line for whatever is wrong."""

import numpy as np
import pytest

from datasets.helpers import of, refused
from experiments import datasets
from experiments.datasets import reading


@pytest.fixture(autouse=True)
def _nothing_held(monkeypatch):
    monkeypatch.setattr(reading, "_held", {})


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
