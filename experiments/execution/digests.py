"""The digests of what is stored, by which damage is noticed."""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache

from xxhash import xxh3_64_digest


def digest_of(told: bytes) -> bytes:
    """Return the 8 bytes of XXH3 of what is told of a trace or a time.

    What chance has damaged fits them once in 2^64 times. They are no signature: whoever means to
    change a trace can make its digest, too.
    """
    return xxh3_64_digest(told)


def fits(digest: object, told: bytes) -> bool:
    """Tell whether a digest that was stored is that of what is told.

    Args:
        digest: as it is found. The first version with digests stored 16 bytes of the SHA-256,
            which take longer to compute; those before it stored None, which fits anything.
        told: by `told_of_trace` or `told_of_time`.

    """
    if digest is None:
        return True
    if isinstance(digest, bytes) and len(digest) == 16:
        return digest == hashlib.sha256(told).digest()[:16]
    return digest == digest_of(told)


def told_of_trace(
    key: str,
    status: str,
    updates: bytes,
    budget: int,
    columns: str,
    metrics: bytes,
    seconds: float,
    origin: str,
) -> bytes:
    """Return all that is stored of a trace, with its key, as bytes that tell it from any other."""
    numbers = _NUMBERS.pack(budget, seconds, len(updates))
    return b"".join((key.encode(), _in_common(status, columns, origin), numbers, updates, metrics))


def told_of_time(key: str, *seconds: float) -> bytes:
    """Return a measured update time, its range and the run's key as bytes."""
    return key.encode() + struct.pack(f"<{len(seconds)}d", *seconds)


_NUMBERS = struct.Struct("<qdq")


@lru_cache(maxsize=1024)  # a study's traces have a few of these between them
def _in_common(status: str, columns: str, origin: str) -> bytes:
    return f"\n{status}\n{columns}\n{origin}\n".encode()
