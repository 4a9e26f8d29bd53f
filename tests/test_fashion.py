import gzip
import hashlib

import numpy as np
import pytest

from experiments import datasets
from experiments.data import fashion, make_fashion_mnist_mini
from experiments.datasets import DATASETS, DataError
from experiments.parameters import Choice

MINI = Choice.of("fashion_mnist_mini", DATASETS)


def load():
    return datasets.load(MINI, "evaluation", 0, "float32")


def test_digest_of_fashion_is_that_of_the_file():
    assert datasets.digest(MINI) == hashlib.sha256(fashion.FILE.read_bytes()).hexdigest()


def damaged_files():
    whole = fashion.FILE.read_bytes()
    middle = len(whole) // 2
    yield "empty", b"", "0 bytes"
    yield "cut", whole[:middle], "BadZipFile"
    yield "altered", whole[:middle] + b"?" * 99 + whole[middle + 99 :], "bytes"
    yield "text", b"version https://git-lfs.github.com/spec/v1\n", "43 bytes, ValueError"


@pytest.mark.parametrize(("kind", "content", "found"), list(damaged_files()))
def test_damaged_file_is_reported(monkeypatch, tmp_path, kind, content, found):
    path = tmp_path / "fashion_mnist_mini.npz"
    path.write_bytes(content)
    monkeypatch.setattr(fashion, "FILE", path)
    with pytest.raises(DataError, match=rf"fashion_mnist_mini.npz: .*{found}.*git checkout"):
        load()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"test_images": np.zeros((9, 784), np.uint8)}, r"uint8 \(9, 784\), not uint8 \(1000"),
        ({"train_labels": np.zeros(5000, np.int8)}, r"train_labels is int8"),
        ({"train_labels": np.full(5000, 10, np.uint8)}, "a label is 10"),
        ({"test_labels": None}, "KeyError.*test_labels"),
    ],
)
def test_file_with_other_content_is_reported(monkeypatch, tmp_path, change, found):
    with np.load(fashion.FILE) as archive:
        arrays = dict(archive) | change
    path = tmp_path / "other.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    monkeypatch.setattr(fashion, "FILE", path)
    with pytest.raises(DataError, match=found):
        load()


def test_missing_file_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(fashion, "FILE", tmp_path / "nowhere.npz")
    with pytest.raises(DataError, match=r"nowhere\.npz: there is no such file\. .*make_fashion"):
        load()
    with pytest.raises(DataError, match=r"nowhere\.npz"):
        datasets.digest(MINI)


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + array.tobytes()))


@pytest.fixture
def idx_folder(tmp_path):
    rng = np.random.default_rng(0)
    for prefix in ("train", "t10k"):
        labels = np.arange(40, dtype=np.uint8) % 10
        images = rng.integers(256, size=(40, 28, 28), dtype=np.uint8)
        images[:, 0, 0] = labels
        images[:, 0, 1] = np.arange(40)
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", labels)
    return tmp_path


def test_script_takes_the_first_of_each_class_reproducibly(idx_folder):
    one, other = idx_folder / "one.npz", idx_folder / "other.npz"
    make_fashion_mnist_mini.make(idx_folder, one, train=3, test=2)
    make_fashion_mnist_mini.make(idx_folder, other, train=3, test=2)
    assert one.read_bytes() == other.read_bytes()
    with np.load(one) as archive:
        for part, count in (("train", 30), ("test", 20)):
            images, labels = archive[f"{part}_images"], archive[f"{part}_labels"]
            assert images.dtype == labels.dtype == np.uint8
            assert images.shape == (count, 784)
            np.testing.assert_array_equal(images[:, 0], labels)
            assert sorted(images[:, 1]) == list(range(count))
            assert list(images[:, 1]) != sorted(images[:, 1])


def test_script_refuses_what_it_cannot_use(idx_folder):
    with pytest.raises(ValueError, match="class 0 has 4 examples, 5 are needed"):
        make_fashion_mnist_mini.make(idx_folder, idx_folder / "out.npz", train=5, test=1)
    path = idx_folder / "bad.gz"
    path.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(ValueError, match=r"bad\.gz: no idx file"):
        make_fashion_mnist_mini.read_idx(path)


def test_shipped_file_is_small():
    assert fashion.FILE.stat().st_size <= make_fashion_mnist_mini.LARGEST
