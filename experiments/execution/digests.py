"""The digests of what is stored, by which damage is noticed."""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache

from xxhash import xxh3_64_digest

_OLDER = 16
"""So many bytes of the SHA-256, which takes longer, the first version with digests stored."""

_NUMBERS = struct.Struct("<qdq")


def digest_of_trace(
    key: str,
    status: str,
    updates: bytes,
    budget: int,
    columns: str,
    metrics: bytes,
    seconds: float,
    origin: str,
) -> bytes:
    """Return the 8 bytes of XXH3 of a trace, as it is stored, and its key.

    What chance has damaged fits them once in 2^64 times. They are no signature: whoever means to
    change a trace can make its digest, too.
    """
    numbers = _NUMBERS.pack(budget, seconds, len(updates))
    told = key.encode(), _in_common(status, columns, origin), numbers, updates, metrics
    return xxh3_64_digest(b"".join(told))


@lru_cache(maxsize=1024)
def _in_common(*texts: str) -> bytes:
    """Return the digest of what a study's traces have in common, so that it is made once."""
    return xxh3_64_digest("\n".join(texts).encode())


def fits_trace(digest: object, key: str, *cells: object) -> bool:
    """Tell whether a digest that was stored is that of a trace, given as to `digest_of_trace`."""
    if not _is_older(digest):
        return digest == digest_of_trace(key, *cells)
    status, updates, budget, columns, metrics, seconds, origin = cells
    told = f"{key}\n{status}\n{columns}\n{origin}\n".encode()
    numbers = _NUMBERS.pack(budget, seconds, len(updates))
    return digest == _older(b"".join((told, numbers, updates, metrics)))


def digest_of_time(key: str, *seconds: float) -> bytes:
    """Return the 8 bytes of XXH3 of a measured update time, its range and the run's key."""
    return xxh3_64_digest(_time(key, seconds))


def fits_time(digest: object, key: str, *seconds: float) -> bool:
    """Tell whether a digest that was stored is that of an update time."""
    return digest == (_older if _is_older(digest) else xxh3_64_digest)(_time(key, seconds))


def _time(key: str, seconds: tuple[float, ...]) -> bytes:
    return key.encode() + struct.pack(f"<{len(seconds)}d", *seconds)


def _is_older(digest: object) -> bool:
    return isinstance(digest, bytes) and len(digest) == _OLDER


def _older(told: bytes) -> bytes:
    return hashlib.sha256(told).digest()[:_OLDER]
