"""Data sets that are fetched once, by scikit-learn, which keeps them in its cache.

Without the cache and without a network they cannot be had, which is said within two seconds.
"""

from __future__ import annotations

import os
import pickle
import socket
import threading
import urllib.error
import urllib.request
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from experiments.datasets.labels import class_counts
from experiments.datasets.reading import digest_of
from experiments.datasets.record import SHARES, Content, DatasetRow
from experiments.datasets.rules import RULES, Rules
from experiments.parameters import Parameter
from experiments.splits import DataError, Pool

PATIENCE = 1.5
"""Seconds that a server has to answer: a study that cannot have its data says so within two."""

OPENML, FIGSHARE = "https://www.openml.org", "https://ndownloader.figshare.com"
_DAMAGE = (ValueError, KeyError, EOFError, zlib.error, pickle.UnpicklingError)
_UNFETCHED = (OSError, ValueError, RuntimeError, KeyError)  # urllib's and scikit-learn's own


def _openml(name: str, version: int, **rules: str) -> Content:
    from experiments.datasets.columns import content  # pandas is slow to import

    if not name:
        raise DataError("openml: say which data set, as in {name: openml, dataset: titanic}")
    bunch = _fetched_openml(name, version, "look the name up at openml.org", as_frame=True)
    columns = {str(column): values for column, values in bunch.frame.items()}
    if not rules["target"]:
        rules["target"] = str(bunch.target.name) if bunch.target is not None else ""
    source = f"OpenML's {name} (version {version})"
    return content(
        columns, Rules(**rules), source, lambda row, column: f"{source}: row {row + 1}: {column!r}"
    )


def openml_images(name: str, instead: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (N, D) and classes (N,) of a data set of OpenML, as bytes.

    Raises:
        DataError: it is neither in the cache nor can it be fetched; `instead` says what to do.

    """
    bunch = _fetched_openml(name, 1, instead, as_frame=False)
    return bunch.data.astype(np.uint8), bunch.target.astype(np.uint8)


def _fetched_openml(name: str, version: int, instead: str, *, as_frame: bool) -> object:
    def fetch(retries: int) -> object:
        from sklearn.datasets import fetch_openml

        return fetch_openml(
            name, version=version, as_frame=as_frame, parser="pandas", n_retries=retries, delay=0.01
        )

    cached = cache() / "openml"
    return _had(f"openml {name}", OPENML, cached, lambda: fetch(1), lambda: fetch(3), instead)


def _housing() -> Content:
    def fetch(download: bool) -> object:
        from sklearn.datasets import fetch_california_housing

        return fetch_california_housing(download_if_missing=download)

    cached = cache() / "cal_housing_py3.pkz"
    bunch = _had("california_housing", FIGSHARE, cached, lambda: fetch(False), lambda: fetch(True))
    pool = Pool(bunch.data.astype(float), bunch.target.astype(float)[:, None])
    return Content(pool, 1, digest_of(pool), (f"{len(pool.inputs):,} districts, 8 inputs",))


def _covertype() -> Content:
    def fetch(download: bool) -> object:
        from sklearn.datasets import fetch_covtype

        return fetch_covtype(download_if_missing=download)

    cached = cache() / "covertype_py3"
    bunch = _had("covertype", FIGSHARE, cached, lambda: fetch(False), lambda: fetch(True))
    pool = Pool(bunch.data.astype(np.int16), bunch.target.astype(np.int64) - 1)
    names = [str(number) for number in range(1, 8)]
    told = (f"{len(pool.inputs):,} patches of forest, 54 inputs", class_counts(pool.labels, names))
    return Content(pool, 7, digest_of(pool), told)


def cache() -> Path:
    """Return scikit-learn's own folder of data, which need not be there."""
    return Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser()


def _had(
    name: str,
    server: str,
    cached: Path,
    from_cache: Callable[[], object],
    from_network: Callable[[], object],
    instead: str = "",
) -> object:
    """Return a set from the cache, or from the network if its server answers."""
    if cached.exists():  # scikit-learn is slow to import, and would find nothing
        try:
            with _offline(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that it tries again
                return from_cache()
        except OSError:
            pass
        except _DAMAGE as error:
            raise DataError(
                f"{name}: what is cached of it in {cached} cannot be read ({error}); remove it"
            ) from None
    if not answers(server):
        raise DataError(
            f"{name}: it is not in scikit-learn's cache ({cached.parent}), and {server} does not "
            f"answer; run this once where there is a network, copy that folder here"
            + (f", or {instead}" if instead else "")
        )
    limit = socket.getdefaulttimeout()
    socket.setdefaulttimeout(30)  # of silence: a download that goes on may take its time
    try:
        return from_network()
    except _UNFETCHED as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(
            f"{name}: cannot be fetched from {server}: {first[0]}" + f"; {instead}" * bool(instead)
        ) from None
    finally:
        socket.setdefaulttimeout(limit)


def answers(server: str) -> bool:
    """Tell whether a server answers in time, whatever it says; a proxy is used as set."""
    found = []

    def ask() -> None:
        try:
            urllib.request.urlopen(server, timeout=PATIENCE).close()
        except urllib.error.HTTPError:  # an answer all the same
            found.append(True)
        except (OSError, ValueError):
            pass
        else:
            found.append(True)

    # In a thread, which may be left behind: looking up a name knows no limit of time.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return bool(found)


@contextmanager
def _offline() -> Iterator[None]:
    """Let urllib, with which scikit-learn fetches, refuse every request."""

    class Refuse(urllib.request.BaseHandler):
        def default_open(self, request: urllib.request.Request) -> None:
            raise urllib.error.URLError("only the cache is looked at")

    before = urllib.request._opener  # there is no public way to ask for it
    urllib.request.install_opener(urllib.request.build_opener(Refuse))
    try:
        yield
    finally:
        urllib.request.install_opener(before)


ROWS = (
    DatasetRow(
        name="openml",
        label="OpenML",
        source="any table of openml.org by its name, Vanschoren et al. 2013; kept in "
        "scikit-learn's cache",
        read=lambda dataset, version, **rules: _openml(dataset, version, **rules),
        parameters={
            "dataset": Parameter("", "its name there"),
            "version": Parameter(1, "its version there", low=1),
            **RULES,
            **SHARES,
        },
    ),
    DatasetRow(
        name="california_housing",
        label="California housing",
        source="20,640 districts, Pace & Barry 1997; regression of the median value of a house; "
        "kept in scikit-learn's cache",
        read=_housing,
        parameters=SHARES,
    ),
    DatasetRow(
        name="covertype",
        label="Covertype",
        source="581,012 patches of forest in 7 classes, Blackard & Dean 1999; kept in "
        "scikit-learn's cache",
        read=_covertype,
        parameters=SHARES,
    ),
)
