"""Data that are fetched, and rows of a user's own."""

from __future__ import annotations

import os
from collections.abc import Iterator

from experiments.datasets.fetched import cache
from experiments.doctor.findings import Finding, few, in_bytes
from experiments.plugins.registry import DIGESTS, FILES


def data() -> Iterator[Finding]:
    """Yield where fetched data sets are kept, and which files of rows were read."""
    place = cache()
    if not place.exists():
        yield Finding("fetched data", f"none in {place}; sets that are fetched need a network once")
    elif not place.is_dir():
        yield Finding("fetched data", f"{place} is no folder", "Move it away, or let "
                      "SCIKIT_LEARN_DATA name another one.")  # fmt: skip
    else:
        files = [path for path in place.rglob("*") if path.is_file()]
        size = in_bytes(sum(path.stat().st_size for path in files))
        yield Finding("fetched data", f"{place}, {size} in {len(files)} files")
        if not os.access(place, os.R_OK | os.X_OK):
            yield Finding("reading them", "you may not", f"Change who may read {place}.")
    for plugin in FILES:
        rows = [name for (_, name), digest in DIGESTS.items() if digest == plugin.digest]
        yield Finding("plug-in", f"{plugin.path}: {few(rows)}, read and checked")
