"""The digests of what is stored, by which damage is noticed."""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache

from xxhash import xxh3_64_digest

_OLDER = 16
"""So many bytes of the SHA-256, which takes longer, the first version with digests stored."""


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
    told = _in_common(status, budget, columns, origin), key.encode(), _pack(seconds)
    return xxh3_64_digest(b"".join((*told, updates, metrics)))


_pack = struct.Struct("<d").pack


@lru_cache(maxsize=1024)
def _in_common(status: str, budget: int, columns: str, origin: str) -> bytes:
    """Return the digest of what a study's traces have in common, so that it is made once."""
    return xxh3_64_digest(f"{status}\n{budget}\n{columns}\n{origin}".encode())


def fits_trace(digest: object, key: str, *cells: object) -> bool:
    """Tell whether a digest that was stored is that of a trace; whatever was found is allowed.

    Args:
        digest: as it was found.
        key: of the run.
        cells: what else `digest_of_trace` takes, as it was found.

    """
    try:
        if digest == digest_of_trace(key, *cells):
            return True
        return _is_older(digest) and digest == _older_digest_of_trace(key, *cells)
    except (TypeError, ValueError, AttributeError, struct.error):
        return False  # of other types than were stored


def _older_digest_of_trace(
    key: str,
    status: str,
    updates: bytes,
    budget: int,
    columns: str,
    metrics: bytes,
    seconds: float,
    origin: str,
) -> bytes:
    told = f"{key}\n{status}\n{columns}\n{origin}\n".encode()
    numbers = struct.pack("<qdq", budget, seconds, len(updates))
    return _older(b"".join((told, numbers, updates, metrics)))


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
