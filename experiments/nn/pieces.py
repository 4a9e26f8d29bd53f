"""How many examples pass through the layers of a network at once.

What layers keep of images is large: 16 planes of 32 x 32 are 64 kB for each example. A batch of
them goes through the whole network in pieces, forward and back, so that what one layer writes is
still in the cache when the next one reads it; the gradients of the pieces are added up.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.nn.layers.record import Place

PIECE = 16
"""The most examples that pass through the layers of images at once."""


def piece(places: Sequence[Place]) -> int | None:
    """Return how many examples of a batch pass at once, at most; None for all of them.

    Layers that need the moments of a batch see the whole of it.
    """
    whole = any(place.row.states for place in places)
    return None if whole or not _of_images(places) else PIECE


def chunk(places: Sequence[Place]) -> int | None:
    """Return about how many examples are evaluated at once; None for as many as usual."""
    return PIECE if _of_images(places) else None


def _of_images(places: Sequence[Place]) -> bool:
    return any(place.writes.units > place.writes.planes for place in places)
