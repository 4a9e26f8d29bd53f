"""Data sets that come with the program or with scikit-learn: fixed examples, split by the seed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from experiments.data import fashion
from experiments.datasets.labels import class_counts
from experiments.datasets.reading import digest_of
from experiments.datasets.record import SHARES, Content, DatasetRow, share
from experiments.records import Image
from experiments.splits import Pool, split_sizes


@lru_cache(maxsize=1)
def _digits() -> Pool:
    from sklearn.datasets import load_digits  # slow to import, and few runs need it

    bunch = load_digits()
    return Pool(bunch.data.astype(np.uint8), bunch.target.astype(np.int64))


@lru_cache(maxsize=1)
def _diabetes() -> Pool:
    from sklearn.datasets import load_diabetes  # slow to import, and few runs need it

    bunch = load_diabetes(scaled=False)
    return Pool(bunch.data.astype(float), bunch.target.astype(float)[:, None])


def _table(name: str, label: str, source: str) -> DatasetRow:
    """Return the row of one of scikit-learn's small tables of numbers with a class."""

    def read() -> Content:
        import sklearn.datasets  # slow to import, and few runs need it

        bunch = getattr(sklearn.datasets, f"load_{name}")()
        pool = Pool(bunch.data.astype(float), bunch.target.astype(np.int64))
        names = [str(each) for each in bunch.target_names]
        return Content(pool, len(names), digest_of(pool), (class_counts(pool.labels, names),))

    return DatasetRow(
        name=name,
        label=label,
        source=f"scikit-learn's load_{name}: {source}",
        read=read,
        parameters=SHARES,
    )


ROWS = (
    DatasetRow(
        name="digits",
        label="Digits",
        source="scikit-learn's load_digits: 1,797 images of 8 x 8, after Alpaydin & Kaynak 1998",
        draw=lambda rng, **_: _digits(),
        sizes=lambda validation, test: split_sizes(64, 10, 1797, validation, test),
        image=Image(1, 8, 8),
        # One mean and deviation for all pixels: pixels that are blank in nearly all images would
        # else be blown up, to dozens of deviations where one image has ink.
        standardise="global",
        parameters=SHARES,
        library="scikit-learn 1.9",
    ),
    DatasetRow(
        name="fashion_mnist_mini",
        label="Fashion-MNIST, 6,000 images",
        source="Xiao, Rasul & Vollgraf 2017: the first 500 and 100 images a class of its two parts",
        draw=lambda rng, **_: fashion.read(fashion.FILE),
        sizes=lambda validation: split_sizes(784, 10, 5000, validation, given=1000),
        image=Image(1, 28, 28),
        standardise="global",
        parameters={"validation": share(0.1, "validation")},
        file_digest=lambda: fashion.sha256(fashion.FILE),
    ),
    _table("iris", "Iris", "150 flowers of three species, Fisher 1936"),
    _table("wine", "Wine", "178 wines of three growers, Forina et al. 1988"),
    _table(
        "breast_cancer",
        "Breast cancer",
        "569 tumours, malignant or benign, Street, Wolberg & Mangasarian 1993",
    ),
    DatasetRow(
        name="diabetes",
        label="Diabetes",
        source="scikit-learn's load_diabetes: 442 patients, Efron, Hastie, Johnstone & Tibshirani "
        "2004; regression of the disease's progression",
        draw=lambda rng, **_: _diabetes(),
        sizes=lambda validation, test: split_sizes(10, 1, 442, validation, test, regression=True),
        parameters=SHARES,
        library="scikit-learn 1.9",
    ),
)
