"""How a trace is kept in a database: its tables, and a trace as a row of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from functools import cache
from math import isfinite
from typing import get_args

import numpy as np

from experiments.clocks import UpdateTime
from experiments.execution.digests import digest_of_trace, fits_time, fits_trace
from experiments.execution.failures import FAILURES
from experiments.execution.keys import key_of
from experiments.records import Status, Trace

TRACES = """
CREATE TABLE IF NOT EXISTS traces (
    key     TEXT PRIMARY KEY,  -- see keys.run_key
    run     TEXT NOT NULL,     -- see keys.description
    status  TEXT NOT NULL,
    updates BLOB NOT NULL,     -- T little-endian 8-byte integers
    budget  INTEGER NOT NULL,  -- updates
    columns TEXT NOT NULL,     -- the names of M columns, as JSON
    metrics BLOB NOT NULL,     -- T x M little-endian 8-byte floats
    seconds REAL NOT NULL,     -- as measured: does not repeat to the bit
    origin  INTEGER,           -- the id of where it was trained; NULL where that was not told
    digest  BLOB               -- see digests.digest_of_trace; NULL where an older version stored it
)
"""
"""The table of traces.

The keys have an index apart from the rows, so that looking for some reads no row. (Some files of
older versions have none, which is slower and larger, and makes no other difference.)
"""

ORIGINS = """
CREATE TABLE IF NOT EXISTS origins (
    id      INTEGER PRIMARY KEY,
    content TEXT NOT NULL UNIQUE  -- see origin.origin
)
"""
"""The table of where traces come from, each once: most have one of a few in common."""

UPDATE_TIMES = """
CREATE TABLE IF NOT EXISTS update_times (
    key     TEXT PRIMARY KEY,  -- of a run with that network and training
    seconds REAL NOT NULL,     -- of one update, as measured
    digest  BLOB               -- see digests.digest_of_time; NULL where an older version stored it
) WITHOUT ROWID
"""
"""The table of how long an update takes."""

UPDATE_TIME_RANGES = """
CREATE TABLE IF NOT EXISTS update_time_ranges (
    key  TEXT PRIMARY KEY,  -- of update_times
    low  REAL NOT NULL,     -- the seconds of the fastest round
    high REAL NOT NULL      -- of the slowest
) WITHOUT ROWID
"""
"""The table of how far the rounds of a measurement lie apart.

Apart from the times, so that files of older versions, which have times alone, are read as they are.
"""

SET_ASIDE = """
CREATE TABLE IF NOT EXISTS set_aside (
    reason, key, run, status, updates, budget, columns, metrics, seconds, origin, digest
)
"""
"""The table of what was no trace or did not fit its digest: as it was found, with the reason."""

TABLES = {
    "origins": ORIGINS,
    "traces": TRACES,
    "update_times": UPDATE_TIMES,
    "update_time_ranges": UPDATE_TIME_RANGES,
    "set_aside": SET_ASIDE,
    "failures": FAILURES,
}
"""All tables of runs, by their names."""

ADDED_COLUMNS = {
    "traces": {"origin": "INTEGER", "digest": "BLOB"},
    "update_times": {"digest": "BLOB"},
}
"""The columns that files of older versions lack, with their types."""


LOADED = (
    "key", "run", "digest", "status", "updates", "budget", "columns", "metrics", "seconds",
    "origin",
)  # fmt: skip
"""The names of what `loaded` reads, in order."""


def loaded(columns: Collection[str]) -> str:
    """Return what is read of a trace: what `trace_of` takes.

    Args:
        columns: those that the file's table of traces has.

    """
    origin = (
        "CASE WHEN origin IS NULL THEN '' "
        "ELSE (SELECT content FROM origins WHERE id = traces.origin) END"
        if "origin" in columns
        else "''"
    )
    digest = "digest" if "digest" in columns else "NULL"
    return f"key, run, {digest}, status, updates, budget, columns, metrics, seconds, {origin}"


DIGESTED = """key, status, updates, budget, columns, metrics,
    (SELECT content FROM origins WHERE id = traces.origin)
"""
"""What of a trace may change a report: all but its seconds."""

ADD_ORIGIN = "INSERT INTO origins (content) VALUES (?) ON CONFLICT (content) DO NOTHING"
"""Add an origin, unless it is there."""

ADD = """
INSERT INTO traces (key, run, digest, status, updates, budget, columns, metrics, seconds, origin)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM origins WHERE content = ?))
ON CONFLICT (key) DO UPDATE SET
    status = excluded.status, updates = excluded.updates, budget = excluded.budget,
    columns = excluded.columns, metrics = excluded.metrics, seconds = excluded.seconds,
    origin = excluded.origin, digest = excluded.digest
WHERE traces.status = 'stopped early' AND (
    excluded.status != 'stopped early'
    OR excluded.budget != traces.budget
    OR excluded.columns != traces.columns
    OR excluded.updates != substr(traces.updates, 1, length(excluded.updates))
    OR excluded.metrics != substr(traces.metrics, 1, length(excluded.metrics))
)
"""
"""Add what `row_of` returns.

It replaces a trace that was stopped early, unless it is the beginning of that trace or all of it.
"""


def row_of(text: str, trace: Trace) -> tuple:
    """Return what ADD stores of a trace.

    Args:
        text: the description of its run.
        trace: whose origin is among the origins, or empty.

    """
    key = key_of(text)
    cells = (
        trace.status,
        trace.updates.astype("<i8").tobytes(),
        trace.budget,
        json.dumps(trace.columns),
        trace.values.astype("<f8").tobytes(),
        trace.seconds,
        trace.origin,
    )
    return key, text, digest_of_trace(key, *cells), *cells


_KINDS = {
    "status": str, "updates": bytes, "budget": int, "columns": str, "metrics": bytes,
    "seconds": float, "origin": str,
}  # fmt: skip
"""What a trace is read from, in the order of `loaded`, behind the key, its run and the digest."""

_INTEGERS, _FLOATS = np.dtype("<i8"), np.dtype("<f8")


def trace_of(key: str, text: str, run: object, digest: object, *cells: object) -> Trace:
    """Return the trace that was read from a row.

    Args:
        key: of the row.
        text: the description that has this key.
        run: the description that the row has.
        digest: that of the row; None where an older version stored it.
        cells: what else `loaded` reads.

    Raises:
        ValueError: if a cell has another type, they do not fit together, or the digest is not
            theirs.

    """
    if run != text:
        raise ValueError("the run beside it is not the one of its key")
    # What fits is as it was stored, by `row_of`, and need not be looked at piece by piece.
    if digest is None or not fits_trace(digest, key, *cells):
        _check(*cells)
        if digest is not None:
            raise ValueError("it does not fit its digest")
    status, updates, budget, columns, metrics, seconds, origin = cells
    times, names = np.frombuffer(updates, _INTEGERS), _names(columns)
    values = np.frombuffer(metrics, _FLOATS).reshape(times.size, len(names))
    # One text for all traces that have it in common.
    return Trace(times, values, status, budget, seconds, names, sys.intern(origin))


def _check(*cells: object) -> None:
    """Raise a ValueError if something is no cell of a trace, or they do not fit together."""
    for (name, kind), cell in zip(_KINDS.items(), cells, strict=True):
        if not isinstance(cell, kind):
            raise ValueError(f"{name} is of type {type(cell).__name__} and not {kind.__name__}")
    status, updates, _, columns, metrics, _, _ = cells
    if status not in get_args(Status) or status == "failed":  # such a run has no trace here
        raise ValueError(f"its status is {status!r:.40}")
    times, names = np.frombuffer(updates, _INTEGERS), _names(columns)
    values = np.frombuffer(metrics, _FLOATS)
    if values.size != times.size * len(names):
        raise ValueError(
            f"{values.size} metrics for {times.size} evaluations of {len(names)} columns"
        )


def trace_in(row: tuple) -> Trace:
    """Return the trace of a row of `loaded` of which no more is known.

    Raises:
        ValueError: if it is none, or not that of its key.

    """
    key, run, *cells = row
    if not isinstance(run, str) or key != key_of(run):
        raise ValueError("its key is not that of the run beside it")
    return trace_of(key, run, run, *cells)


def time_in(row: tuple) -> UpdateTime:
    """Return the update time that was read from a row.

    Args:
        row: the key of the run; the digest, None where an older version stored it; the seconds
            and, unless an older version stored them, the least and the most of them.

    Raises:
        ValueError: if something else is found there, or the digest is not theirs.

    """
    key, digest, *cells = row
    if not isinstance(key, str):
        raise ValueError(f"its key is {key!r:.40}")
    known = [cell for cell in cells if cell is not None]  # an older version stored one
    for cell in known:
        if not isinstance(cell, float) or not isfinite(cell) or cell < 0:
            raise ValueError(f"{cell!r:.40} was found where the seconds of an update belong")
    if digest is not None and not fits_time(digest, key, *known):
        raise ValueError("it does not fit its digest")
    if len(known) not in (1, 3):
        raise ValueError("its range is not complete")
    return UpdateTime(*known)


@cache  # a study's runs have a few sets of columns between them
def _names(columns: str) -> tuple[str, ...]:
    try:
        names = json.loads(columns)
    except RecursionError:  # of brackets within brackets, where damage made a text so
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"its columns are {columns!r:.40}, which is no list of names")
    return tuple(names)
