"""The table of data sets: to add one, add a row here.

A row says how a pool of examples is drawn. Splitting and standardising are the same for all, so
that a new data set cannot get them wrong. Classes that are generated hold as many examples each,
give or take one. Where numbers are to be predicted and not a class (a regression), the row's
`sizes` says so, and the pool's labels are the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from experiments.data import fashion
from experiments.parameters import Choice, Parameter
from experiments.records import Dataset, DataShape
from experiments.splits import DataError, Pool, Standardise, partition, split_sizes
from experiments.streams import generator


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One data set: everything that the project knows of it.

    `draw(rng, **parameters)` returns the pool; a data set of fixed examples ignores `rng`.
    `sizes(**parameters)` returns the shape of the split, without drawing or loading anything.
    `standardise` is by feature, by one mean and one deviation for all features, or not at all; the
    targets of a regression are then standardised too, output by output, or left alone as well.
    `file_digest` is the SHA-256 of the shipped file, for a data set that has one.
    """

    name: str
    label: str
    source: str
    draw: Callable[..., Pool]
    sizes: Callable[..., DataShape]
    standardise: Standardise = "feature"
    parameters: dict[str, Parameter] = field(default_factory=dict)
    file_digest: Callable[[], str] | None = None
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew

    def digest(self) -> str:
        """Return what identifies the examples: the file's SHA-256, or the name and version."""
        return self.file_digest() if self.file_digest else f"{self.name} version {self.version}"


def shape(data: Choice) -> DataShape:
    """Return the sizes of the splits of `data`, without loading it.

    Raises:
        DataError: fewer training examples remain than there are classes or, of a regression, none.

    """
    sizes = DATASETS[data.name].sizes(**data.arguments)
    if sizes.train < (1 if sizes.regression else sizes.outputs):
        shares = ", ".join(f"{key} {value}" for key, value in data.parameters)
        least = "" if sizes.regression else f" for each of the {sizes.outputs} classes"
        raise DataError(
            f"{data.name} ({shares}): {max(sizes.train, 0)} examples are left for training, and "
            f"there must be at least one{least}; "
            "lower the shares of the other splits or, where examples are drawn, ask for more"
        )
    return sizes


def load(data: Choice, stream: str, seed: int, dtype: type | np.dtype | str) -> Dataset:
    """Draw or read `data`, split it and standardise it: the same arguments, the same bits.

    Args:
        data: a row of `DATASETS` with all of its parameters.
        stream: "tuning" or "evaluation".
        seed: the repetition, from 0; it decides the split and, where they are drawn, the examples.
        dtype: float32 or float64, the type of the inputs and of a regression's targets.

    Returns:
        inputs (N, D) in C order and int64 labels (N,), rows ordered training, validation, test.
        Within a split the classes alternate, so that its first n rows are a balanced sample. Of a
        regression the labels are its targets (N, C), and the order within a split is random.

    Raises:
        DataError: a file is missing or damaged, or too few examples are left for training.

    """
    sizes = shape(data)
    row = DATASETS[data.name]
    pool = row.draw(generator(stream, seed, "data"), **data.arguments)
    return partition(pool, sizes, generator(stream, seed, "split"), row.standardise, dtype)


def digest(data: Choice) -> str:
    """Return what identifies the examples of `data`, apart from its parameters (or DataError)."""
    return DATASETS[data.name].digest()


@lru_cache(maxsize=1)
def _digits() -> Pool:
    from sklearn.datasets import load_digits  # slow to import, and few runs need it

    bunch = load_digits()
    return Pool(bunch.data.astype(np.uint8), bunch.target.astype(np.int64))


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


@lru_cache(maxsize=1)
def _diabetes() -> Pool:
    from sklearn.datasets import load_diabetes  # slow to import, and few runs need it

    bunch = load_diabetes(scaled=False)
    return Pool(bunch.data.astype(float), bunch.target.astype(float)[:, None])


def _gaussian(rng: np.random.Generator, examples: int, features: int) -> Pool:
    return Pool(rng.standard_normal((examples, features)), rng.standard_normal((examples, 1)))


def _share(default: float, split: str) -> Parameter:
    meaning = f"the share of the examples that is the {split} split"
    return Parameter(default, meaning, low=0.0, high=0.9, open_high=True)


def _noise(default: float, of: str) -> Parameter:
    return Parameter(default, f"the standard deviation of the noise {of}", low=0.0)


_SHARES = {"validation": _share(0.1, "validation"), "test": _share(0.2, "test")}
_GENERATED = _SHARES | {
    "examples": Parameter(1000, "examples in all three splits", low=10, high=1_000_000)
}
_CLASSES = {"low": 2, "high": 100}

_ROWS = (
    DatasetRow(
        name="digits",
        label="Digits",
        source="scikit-learn's load_digits: 1,797 images of 8 x 8, after Alpaydin & Kaynak 1998",
        draw=lambda rng, **_: _digits(),
        sizes=lambda validation, test: split_sizes(64, 10, 1797, validation, test),
        # One mean and deviation for all pixels: pixels that are blank in nearly all images would
        # else be blown up, to dozens of deviations where one image has ink.
        standardise="global",
        parameters=_SHARES,
    ),
    DatasetRow(
        name="fashion_mnist_mini",
        label="Fashion-MNIST, 6,000 images",
        source="Xiao, Rasul & Vollgraf 2017: the first 500 and 100 images a class of its two parts",
        draw=lambda rng, **_: fashion.read(fashion.FILE),
        sizes=lambda validation: split_sizes(784, 10, 5000, validation, given=1000),
        standardise="global",
        parameters={"validation": _share(0.1, "validation")},
        file_digest=lambda: fashion.sha256(fashion.FILE),
    ),
    DatasetRow(
        name="moons",
        label="Two moons",
        source="drawn by scikit-learn's make_moons: two interleaved half circles",
        draw=lambda rng, examples, noise, **_: _sklearn("make_moons", rng, examples, noise=noise),
        sizes=lambda noise, **shares: split_sizes(2, 2, **shares),
        parameters=_GENERATED | {"noise": _noise(0.2, "on half circles of radius 1")},
    ),
    DatasetRow(
        name="circles",
        label="Two circles",
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
        name="diabetes",
        label="Diabetes",
        source="scikit-learn's load_diabetes: 442 patients, Efron, Hastie, Johnstone & Tibshirani "
        "2004; regression of the disease's progression",
        draw=lambda rng, **_: _diabetes(),
        sizes=lambda validation, test: split_sizes(10, 1, 442, validation, test, regression=True),
        parameters=_SHARES,
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

DATASETS: dict[str, DatasetRow] = {row.name: row for row in _ROWS}
