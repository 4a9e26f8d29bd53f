"""Two stores: which runs both have, and whether their traces are the same to the bit."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from experiments.execution.reading import to_be_read
from experiments.report.verdict_rows import ReportError

_SAME_KIND = "a.budget = b.budget AND a.columns = b.columns"

_SAME = f"""{_SAME_KIND} AND a.status = b.status
    AND a.updates = b.updates AND a.metrics = b.metrics"""

_SHORT = "min(length(a.{0}), length(b.{0}))"

_BEGINNING = f"""{_SAME_KIND} AND 'stopped early' IN (a.status, b.status)
    AND substr(a.updates, 1, {_SHORT.format("updates")})
        = substr(b.updates, 1, {_SHORT.format("updates")})
    AND substr(a.metrics, 1, {_SHORT.format("metrics")})
        = substr(b.metrics, 1, {_SHORT.format("metrics")})"""
"""The one was stopped early, and goes on like the other for as long as it goes."""

_BOTH = f"""
SELECT CASE WHEN {_SAME} THEN 'same' WHEN {_BEGINNING} THEN 'beginning' ELSE 'other' END,
    a.run, a.status, b.status
FROM main.traces AS a JOIN other.traces AS b ON a.key = b.key
ORDER BY a.key
"""

_ONLY = """
SELECT run FROM {0}.traces AS a
WHERE NOT EXISTS (SELECT 1 FROM {1}.traces AS b WHERE a.key = b.key)
"""


@dataclass(frozen=True, slots=True)
class Stores:
    """Two stores, run by run."""

    same: int  # runs of both whose traces are equal to the bit
    beginning: int  # whose one trace was stopped early and is the beginning of the other
    other: tuple[str, ...]  # whose traces differ, in words
    only_before: Counter[str]  # runs of one side, by their data set
    only_after: Counter[str]

    @property
    def both(self) -> int:
        """How many runs both have."""
        return self.same + self.beginning + len(self.other)


def compare_stores(before: Path, after: Path) -> Stores:
    """Compare the runs of two stores; neither is changed.

    Raises:
        ReportError: if one of the files is no store.

    """
    for path in (before, after):
        _check(path)
    connection = sqlite3.connect(to_be_read(before), uri=True)
    try:
        connection.execute("ATTACH DATABASE ? AS other", (to_be_read(after),))
        counts, other = Counter(), []
        for how, run, old, new in connection.execute(_BOTH):
            counts[how] += 1
            if how == "other":
                other.append(_in_words(run) + (f": {old} and {new}" if old != new else ""))
        only = [
            Counter(_data(run) for (run,) in connection.execute(_ONLY.format(*sides)))
            for sides in (("main", "other"), ("other", "main"))
        ]
    except sqlite3.Error as error:
        raise ReportError(f"{before} and {after}: cannot be compared ({error})") from error
    finally:
        connection.close()
    return Stores(counts["same"], counts["beginning"], tuple(other), *only)


def _check(path: Path) -> None:
    try:
        connection = sqlite3.connect(to_be_read(path), uri=True)
        try:
            connection.execute("SELECT key, run FROM traces LIMIT 1").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise ReportError(f"{path}: is no store of runs ({error})") from error


def _data(run: str) -> str:
    return json.loads(run)["run"]["data"]["name"]


def _in_words(run: str) -> str:
    """Write what tells a run apart: `evaluation seed 3 of moons, relu 8-8, at the rate 0.1`."""
    told = json.loads(run)["run"]
    network, training = told["network"], told["training"]
    activation = network["activation"]
    several = activation if isinstance(activation, list) else [activation]
    names = "-".join(one["name"] for one in several)
    widths = "-".join(map(str, network["widths"]))
    rate = f", at the rate {training['learning_rate']:g}" if training.get("learning_rate") else ""
    parts = " ".join(filter(None, (names, widths)))
    return f"{told['stream']} seed {told['seed']} of {told['data']['name']}, {parts}{rate}"
