"""The script that writes a set of images to one file, whatever its source."""

import json

import make_images_npz
import numpy as np
import pytest
from PIL import Image

from datasets.helpers import of
from experiments import datasets
from experiments.datasets import reading


@pytest.fixture(autouse=True)
def _nothing_held(monkeypatch):
    monkeypatch.setattr(reading, "_held", {})


@pytest.fixture
def colours(monkeypatch):
    """Sets of CIFAR-10's shape with 50 training and 10 test images."""
    monkeypatch.setitem(make_images_npz.TRAIN, "cifar10", 50)
    monkeypatch.setattr(make_images_npz, "TEST", 10)
    pixels = np.random.default_rng(0).integers(256, size=(60, 3, 32, 32), dtype=np.uint8)
    return pixels, (np.arange(60) % 10).astype(np.uint8)


def write_rows(folder, pixels, classes):
    """Write the images as the package does: a PNG a batch, an image a row of it."""
    rows = np.moveaxis(pixels, 1, -1).reshape(len(pixels), 1024, 3)
    for number in range(5):
        file = folder / f"data_batch_{number + 1}.png"
        Image.fromarray(rows[10 * number : 10 * number + 10]).save(file)
    Image.fromarray(rows[50:]).save(folder / "test_batch.png")
    (folder / "train_lables.json").write_text(json.dumps(classes[:50].tolist()))
    (folder / "test_lables.json").write_text(json.dumps(classes[50:].tolist()))


def made(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["make_images_npz.py", *map(str, arguments)])
    make_images_npz.main()


def test_rows_of_pixels_become_planes(tmp_path, monkeypatch, capsys, colours):
    pixels, classes = colours
    write_rows(tmp_path, pixels, classes)
    made(monkeypatch, "cifar10", tmp_path / "set.npz", "--source", tmp_path)
    read = datasets.content_of(of("cifar10", tmp_path / "set.npz"))
    np.testing.assert_array_equal(read.pool.inputs, pixels.reshape(60, -1))
    np.testing.assert_array_equal(read.pool.labels, classes)
    assert read.pool.given == 10
    assert f"digest of the examples {read.digest}" in capsys.readouterr().out


def test_any_source_that_a_study_reads_becomes_the_same_data(tmp_path, monkeypatch, colours):
    pixels, classes = colours
    np.savez(tmp_path / "flat.npz", x_train=pixels[:50].reshape(50, -1), y_train=classes[:50],
             x_test=pixels[50:].reshape(10, -1), y_test=classes[50:])  # fmt: skip
    made(monkeypatch, "cifar10", tmp_path / "set.npz", "--source", tmp_path / "flat.npz")
    digests = {datasets.digest(of("cifar10", tmp_path / f"{n}.npz")) for n in ("flat", "set")}
    assert len(digests) == 1
    assert np.load(tmp_path / "set.npz")["x_train"].shape == (50, 3, 32, 32)


def test_what_is_no_whole_set_is_not_written(tmp_path, monkeypatch, colours):
    pixels, classes = colours
    write_rows(tmp_path, pixels, np.where(classes == 3, 4, classes))
    with pytest.raises(SystemExit, match="train: the classes have 5, 5, 5, 0, 10, 5"):
        made(monkeypatch, "cifar10", tmp_path / "set.npz", "--source", tmp_path)
    monkeypatch.setitem(make_images_npz.TRAIN, "cifar10", 51)
    with pytest.raises(SystemExit, match="train: 50 images and 50 labels, not 51"):
        made(monkeypatch, "cifar10", tmp_path / "set.npz", "--source", tmp_path)
    (tmp_path / "train_lables.json").unlink()
    with pytest.raises(SystemExit, match=r"train_lables\.json"):
        made(monkeypatch, "cifar10", tmp_path / "set.npz", "--source", tmp_path)
    assert not (tmp_path / "set.npz").exists()
