"""Data sets whose examples are drawn anew for each seed.

Classes hold as many examples each, give or take one.
"""

from __future__ import annotations

import numpy as np

from experiments.datasets.record import SHARES, DatasetRow
from experiments.parameters import Parameter
from experiments.splits import Pool, split_sizes
from experiments.streams import generator


def _sklearn(maker: str, rng: np.random.Generator, examples: int, **how: float) -> Pool:
    import sklearn.datasets

    make = getattr(sklearn.datasets, maker)
    seed = int(rng.integers(2**31))  # scikit-learn takes no Generator, but a seed
    inputs, labels = make(examples, shuffle=False, random_state=seed, **how)
    return Pool(inputs, labels.astype(np.int64))


def _spirals(
    rng: np.random.Generator, examples: int, classes: int, turns: float, noise: float, **_: float
) -> Pool:
    labels = np.arange(examples) % classes
    # All arms meet at the centre, where no label could be learned: they start a tenth away.
    radius = rng.uniform(0.1, 1.0, examples)
    angle = 2 * np.pi * (turns * radius + labels / classes)
    arms = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)  # (N, 2)
    return Pool(arms + noise * rng.standard_normal(arms.shape), labels)


def _blobs(
    rng: np.random.Generator, examples: int, classes: int, features: int, deviation: float, **_
) -> Pool:
    labels = np.arange(examples) % classes
    clouds = deviation * rng.standard_normal((examples, features))
    return Pool(_centres(classes, features)[labels] + clouds, labels)


def _centres(classes: int, features: int) -> np.ndarray:
    """Return the centres of the blobs (C, D), the nearest two of which lie 1 apart.

    They depend on the numbers of classes and features alone. A seed thus draws other examples of
    the same problem, not another problem: were the centres drawn too, some seeds would be
    trivial, others hopeless, and seeds would measure that. Each centre is the one of many
    candidates that lies farthest from the centres before it, so that no two coincide by chance.
    """
    candidates = generator("blobs", 0, classes, features).uniform(-1, 1, (20 * classes, features))
    chosen = [candidates[0]]
    nearest = np.full(len(candidates), np.inf)  # the distance to the nearest centre chosen
    for _ in range(classes - 1):
        nearest = np.minimum(nearest, np.linalg.norm(candidates - chosen[-1], axis=1))
        closest = nearest.max()  # falls with each centre: the last is the closest pair's
        chosen.append(candidates[nearest.argmax()])
    return np.array(chosen) / closest


def _xor(rng: np.random.Generator, examples: int, noise: float, **_: float) -> Pool:
    corners = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])  # in turn of class 0 and 1
    corner = np.arange(examples) % 4
    inputs = corners[corner] + noise * rng.standard_normal((examples, 2))
    # With all four corners balanced, no line through the plane beats guessing: ln 2.
    return Pool(inputs, corner % 2, strata=corner)


def _curve(
    rng: np.random.Generator, examples: int, frequency: float, noise: float, **_: float
) -> Pool:
    """Draw x from the uniform distribution over (-1, 1), and y = sin(w x) + noise.

    With w = 2 pi frequency, the sine has the variance (1 - sin(2 w) / (2 w)) / 2. The best
    straight line through it, of slope 3 (sin w - w cos w) / w^2, takes 3 (sin w - w cos w)^2 / w^4
    of that, as E[x^2] = 1/3. For a whole frequency this is 6 / w^2 of the variance: at frequency 1
    a linear model explains 15 % of the curve and leaves 85 %.
    """
    inputs = rng.uniform(-1, 1, (examples, 1))
    sine = np.sin(2 * np.pi * frequency * inputs)
    return Pool(inputs, sine + noise * rng.standard_normal((examples, 1)))


_TEMPLATES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
"""MNIST-1D's signals of the ten digits, of 12 points."""


def _mnist1d(rng: np.random.Generator, examples: int, **_: float) -> Pool:
    """Draw signals by the recipe of MNIST-1D, with its published constants.

    A digit's template, of mean 0, deviation 1/6 and starting at 0, is padded with 36 to 60 zeros,
    stretched to 72 points, scaled by 0.8 to 1.2, turned round by less than 48 points; where it is
    0 smoothed noise of 0.25 stands in; noise of 0.02 is added everywhere; it is sheared by up to
    0.375 to both sides, and read at 40 points.
    """
    from scipy.ndimage import gaussian_filter1d  # slow to import, and few runs need it

    labels = np.arange(examples) % 10
    templates = np.array(_TEMPLATES)
    templates = (templates - templates.mean(1, keepdims=True)) / templates.std(1, keepdims=True)
    templates = (templates - templates[:, :1]) / 6 + 1e-8  # so that only the padding is 0
    padded = np.concatenate([templates, np.zeros((10, 61))], axis=1)
    # Stretching a padded signal of n points to 72 reads it at t (n - 1) / 71, linearly.
    points = 12 + rng.integers(36, 61, examples)
    at = np.arange(72) * ((points - 1) / 71)[:, None]  # (N, 72)
    signals = _read_linearly(padded[labels], at)
    signals *= 1 + 0.4 * (rng.random((examples, 1)) - 0.5)
    shifted = (np.arange(72) - rng.integers(48, size=(examples, 1))) % 72
    signals = np.take_along_axis(signals, shifted, axis=1)
    smooth = gaussian_filter1d(0.25 * rng.standard_normal((examples, 72)), 2, axis=1)
    signals = np.where(signals != 0, signals, smooth)
    signals += 0.02 * rng.standard_normal((examples, 72))
    signals -= 0.75 * (rng.random((examples, 1)) - 0.5) * np.linspace(-0.5, 0.5, 72)
    return Pool(_read_linearly(signals, np.arange(40) * np.full((examples, 1), 71 / 39)), labels)


def _read_linearly(signals: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return signals (N, P) at the points (N, Q), straight between their own."""
    before = np.minimum(at.astype(int), signals.shape[1] - 2)
    part = at - before
    low = np.take_along_axis(signals, before, axis=1)
    return low + part * (np.take_along_axis(signals, before + 1, axis=1) - low)


def _gaussian(rng: np.random.Generator, examples: int, features: int) -> Pool:
    return Pool(rng.standard_normal((examples, features)), rng.standard_normal((examples, 1)))


def _noise(default: float, of: str) -> Parameter:
    return Parameter(default, f"the standard deviation of the noise {of}", low=0.0)


_GENERATED = SHARES | {
    "examples": Parameter(1000, "examples in all three splits", low=10, high=1_000_000)
}
_CLASSES = {"low": 2, "high": 100}

ROWS = (
    DatasetRow(
        name="moons",
        label="Two moons",
        library="scikit-learn 1.9",
        source="drawn by scikit-learn's make_moons: two interleaved half circles",
        draw=lambda rng, examples, noise, **_: _sklearn("make_moons", rng, examples, noise=noise),
        sizes=lambda noise, **shares: split_sizes(2, 2, **shares),
        parameters=_GENERATED | {"noise": _noise(0.2, "on half circles of radius 1")},
    ),
    DatasetRow(
        name="circles",
        label="Two circles",
        library="scikit-learn 1.9",
        source="drawn by scikit-learn's make_circles: one circle within another",
        draw=lambda rng, examples, noise, factor, **_: _sklearn(
            "make_circles", rng, examples, noise=noise, factor=factor
        ),
        sizes=lambda noise, factor, **shares: split_sizes(2, 2, **shares),
        parameters=_GENERATED
        | {
            "noise": _noise(0.1, "on an outer circle of radius 1"),
            "factor": Parameter(0.5, "the inner radius", low=0.0, high=1.0, open_high=True),
        },
    ),
    DatasetRow(
        name="spirals",
        label="Spirals",
        source="after Lang & Witbrock 1988: angle = 2 pi (turns r + class / classes), r = 0.1 .. 1",
        draw=_spirals,
        sizes=lambda classes, turns, noise, **shares: split_sizes(2, classes, **shares),
        parameters=_GENERATED
        | {
            "classes": Parameter(2, "arms of the spiral, one for each class", **_CLASSES),
            "turns": Parameter(1.0, "turns of an arm between radius 0 and radius 1", low=0.0),
            "noise": _noise(0.05, "on arms that reach to radius 1"),
        },
    ),
    DatasetRow(
        name="blobs",
        label="Blobs",
        source="a normal cloud for each class, around centres that are the same for each seed",
        draw=_blobs,
        sizes=lambda classes, features, deviation, **shares: split_sizes(
            features, classes, **shares
        ),
        parameters=_GENERATED
        | {
            "classes": Parameter(3, "clouds, one for each class", **_CLASSES),
            "features": Parameter(2, "features of an example", low=1, high=1000),
            "deviation": _noise(0.2, "around centres that lie 1 apart or more"),
        },
    ),
    DatasetRow(
        name="xor",
        label="XOR",
        source="after Minsky & Papert 1969: clouds around (+-1, +-1), class 1 if the signs differ",
        draw=_xor,
        sizes=lambda noise, **shares: split_sizes(2, 2, **shares),
        parameters=_GENERATED | {"noise": _noise(0.25, "around each of the four corners")},
    ),
    DatasetRow(
        name="mnist1d",
        label="MNIST-1D",
        source="drawn by the recipe of Greydanus & Kobak 2020: ten digits as signals of 40 points",
        draw=_mnist1d,
        sizes=lambda **shares: split_sizes(40, 10, **shares),
        standardise="global",
        parameters=_GENERATED
        | {"examples": Parameter(5000, "examples in all three splits", low=10, high=1_000_000)},
    ),
    DatasetRow(
        name="curve",
        label="Curve",
        source="regression of y = sin(2 pi frequency x) + noise, x uniform in (-1, 1)",
        draw=_curve,
        sizes=lambda frequency, noise, **shares: split_sizes(1, 1, **shares, regression=True),
        parameters=_GENERATED
        | {
            "frequency": Parameter(1.0, "periods of the sine from 0 to 1", low=0.0, open_low=True),
            "noise": _noise(0.05, "on a sine of height 1"),
        },
    ),
    DatasetRow(
        name="gaussian",
        label="Gaussian noise",
        source="inputs and a regression's target, all drawn from N(0, 1): nothing can be learned",
        draw=_gaussian,
        sizes=lambda examples, features: split_sizes(features, 1, examples, 0.0, regression=True),
        # By its own mean and deviation a single input, or a single target, would become 0.
        standardise="none",
        parameters={
            "examples": Parameter(100, "examples, all of them for training", low=1, high=1_000_000),
            "features": Parameter(10, "features of an example", low=1, high=1000),
        },
    ),
)
