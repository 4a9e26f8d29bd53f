"""How a trace is kept in a database: its tables, and a trace as a row of them."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import get_args

import numpy as np

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
    origin  INTEGER            -- the id of where it was trained; NULL where that was not told
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
    seconds REAL NOT NULL      -- of one update, as measured
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

LOADED = """key, status, updates, budget, columns, metrics, seconds,
    CASE WHEN origin IS NULL THEN '' ELSE (SELECT content FROM origins WHERE id = traces.origin) END
"""
"""What is read of a trace: its key, and what `trace_of` takes."""

DIGESTED = """key, status, updates, budget, columns, metrics,
    (SELECT content FROM origins WHERE id = traces.origin)
"""
"""What of a trace may change a report: all but its seconds."""

ADD_ORIGIN = "INSERT INTO origins (content) VALUES (?) ON CONFLICT (content) DO NOTHING"
"""Add an origin, unless it is there."""

ADD = """
INSERT INTO traces (key, run, status, updates, budget, columns, metrics, seconds, origin)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM origins WHERE content = ?))
ON CONFLICT (key) DO UPDATE SET
    status = excluded.status, updates = excluded.updates, budget = excluded.budget,
    columns = excluded.columns, metrics = excluded.metrics, seconds = excluded.seconds,
    origin = excluded.origin
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
    return (
        key_of(text),
        text,
        trace.status,
        trace.updates.astype("<i8").tobytes(),
        trace.budget,
        json.dumps(trace.columns),
        trace.values.astype("<f8").tobytes(),
        trace.seconds,
        trace.origin,
    )


_CELLS = {
    "status": str, "updates": bytes, "budget": int, "columns": str, "metrics": bytes,
    "seconds": float, "origin": str,
}  # fmt: skip
"""What a trace is read from, in the order of LOADED, behind the key."""


def trace_of(*cells: object) -> Trace:
    """Return the trace that was read from a row.

    Args:
        cells: what LOADED reads, but for the key.

    Raises:
        ValueError: if a cell has another type, or they do not fit together.

    """
    for (name, kind), cell in zip(_CELLS.items(), cells, strict=True):
        if not isinstance(cell, kind):
            raise ValueError(f"{name} is of type {type(cell).__name__} and not {kind.__name__}")
    status, updates, budget, columns, metrics, seconds, origin = cells
    if status not in get_args(Status):
        raise ValueError(f"its status is {status!r:.40}")
    times, names = np.frombuffer(updates, "<i8"), _names(columns)
    values = np.frombuffer(metrics, "<f8")
    if values.size != len(times) * len(names):
        raise ValueError(
            f"{values.size} metrics for {len(times)} evaluations of {len(names)} columns"
        )
    values = values.reshape(len(times), len(names))
    # One text for all traces that have it in common.
    return Trace(times, values, status, budget, seconds, names, sys.intern(origin))


@cache  # a study's runs have a few sets of columns between them
def _names(columns: str) -> tuple[str, ...]:
    names = json.loads(columns)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"its columns are {columns!r:.40}, which is no list of names")
    return tuple(names)
