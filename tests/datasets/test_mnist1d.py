"""MNIST-1D against its recipe, signal by signal."""

import numpy as np
from scipy.ndimage import gaussian_filter

from experiments.datasets import DATASETS, generated


def plain_signal(digit, padding, scale, turn, smooth, noise, shear):
    """One signal as the published code makes it, with given draws."""
    x = np.array(generated._TEMPLATES[digit])
    x = x - x.mean()
    x = x / x.std()
    x = (x - x[0]) / 6
    x = np.concatenate([x + 1e-8, np.zeros(padding)])
    x = np.interp(np.linspace(0, 1, 72), np.linspace(0, 1, len(x)), x)
    x = x * (1 + 0.4 * (scale - 0.5))
    x = np.concatenate([x[-turn:], x[:-turn]]) if turn else x
    mask = x != 0
    x = mask * x + (1 - mask) * gaussian_filter(0.25 * smooth, 2)
    x = x + 0.02 * noise
    x = x - 0.75 * (shear - 0.5) * np.linspace(-0.5, 0.5, 72)
    return np.interp(np.linspace(0, 1, 40), np.linspace(0, 1, 72), x)


def test_signals_are_those_of_the_recipe():
    count = 200
    pool = DATASETS["mnist1d"].draw(np.random.default_rng(4), examples=count)
    rng = np.random.default_rng(4)  # the same draws, in the same order
    draws = (
        36 + rng.integers(0, 25, count),
        rng.random((count, 1))[:, 0],
        rng.integers(48, size=(count, 1))[:, 0],
        rng.standard_normal((count, 72)),
        rng.standard_normal((count, 72)),
        rng.random((count, 1))[:, 0],
    )
    for number, own in enumerate(zip(*draws, strict=True)):
        expected = plain_signal(number % 10, *own)
        np.testing.assert_allclose(pool.inputs[number], expected, atol=1e-9)
    np.testing.assert_array_equal(pool.labels, np.arange(count) % 10)
