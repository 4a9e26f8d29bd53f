"""One digest of all that is stored under some keys, by which a change is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from experiments.execution.failures import find_failures
from experiments.execution.rows import DIGESTED
from experiments.execution.under_keys import ANY_TEXT, Fetch, rows_under


def digest_under(fetch: Fetch, keys: Iterable[str]) -> str:
    """Return the SHA-256 of what is stored under some keys, without reading it as traces.

    It changes with every bit of a trace, its origin and the time of an update, with why a run
    failed, and when one of them is added or removed; not with how long a run took.
    """
    found, keys = hashlib.sha256(), list(keys)
    for rows in (
        rows_under(fetch, DIGESTED, keys),
        rows_under(fetch, "key, seconds", keys, "update_times"),
        find_failures(fetch, keys).items(),
    ):
        for row in sorted(rows):
            for cell in row:
                content = cell if isinstance(cell, bytes) else str(cell).encode(*ANY_TEXT)
                found.update(len(content).to_bytes(8, "little"))
                found.update(content)
        found.update(b"end of a table")
    return found.hexdigest()
