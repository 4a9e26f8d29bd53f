"""How the numbers of images lie: plane by plane, whatever axes a file has."""

import numpy as np
import pytest

from experiments import datasets
from experiments.datasets import DATASETS
from experiments.parameters import Choice
from experiments.records import Image

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 3, 5, 4), np.uint8)  # plane by plane


def saved(folder, inputs):
    np.savez(folder / "some.npz", x=inputs, y=np.arange(12) % 2)
    return Choice.of("npz", DATASETS, path=str(folder / "some.npz"), test=0.0, validation=0.0)


@pytest.mark.parametrize(
    ("inputs", "image"),
    [
        (IMAGES, Image(3, 5, 4)),
        (np.moveaxis(IMAGES, 1, -1), Image(3, 5, 4)),
        (IMAGES[:, 0], Image(1, 5, 4)),
        (IMAGES[:, :1], Image(1, 5, 4)),
        (np.moveaxis(IMAGES[:, :1], 1, -1), Image(1, 5, 4)),
        (IMAGES.reshape(12, -1), None),
    ],
    ids=["planes first", "planes last", "one plane", "one first", "one last", "no axes"],
)
def test_an_npz_of_images_is_read_plane_by_plane(inputs, image, tmp_path):
    data = saved(tmp_path, inputs)
    assert datasets.shape(data).image == image
    planes = inputs.size // (12 * 20)
    expected = IMAGES[:, :planes].reshape(12, -1)
    np.testing.assert_array_equal(datasets.content_of(data).pool.inputs, expected)


@pytest.mark.parametrize(
    ("name", "image"),
    [("digits", Image(1, 8, 8)), ("fashion_mnist_mini", Image(1, 28, 28)), ("moons", None)],
)
def test_a_set_tells_whether_it_has_images(name, image):
    sizes = datasets.shape(Choice.of(name, DATASETS))
    assert sizes.image == image
    assert image is None or image.units == sizes.features
