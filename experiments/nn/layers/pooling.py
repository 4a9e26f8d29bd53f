"""Pooling, which makes an image smaller, and flattening, which takes it for so many units.

Windows are square, and pooled along rows first, then along columns: what lies next to each other
then stays together, and no entry is looked at twice. Of equal maxima in a window that in the first
column counts, and within it that in the first row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from experiments.nn.layers.record import Calls, Layer, Site, as_image
from experiments.parameters import Parameter
from experiments.records import Image

_ROWS, _COLUMNS = 1, 3
"""Axes of (R, rows, planes, columns, B)."""

Backward = Callable[[np.ndarray, np.ndarray], Calls]
Pool = Callable[[np.ndarray, np.ndarray, int, int, int], tuple[Calls, Backward]]
"""Prepares pooling of x to y along an axis: its calls, and what prepares those from dy to dx."""


def _makes(image: Image, size: int, stride: int) -> Image:
    """Return the shape of what is pooled; entries that fill no window at an end are left out."""
    rows, columns = ((n - size) // (stride or size) + 1 for n in (image.rows, image.columns))
    return Image(image.planes, rows, columns)


def _entries(array: np.ndarray, axis: int, size: int, step: int) -> list[np.ndarray]:
    """View the first, second, ... entry of all windows along an axis."""
    last = (array.shape[axis] - size) // step * step + 1
    before = (slice(None),) * axis
    return [array[(*before, slice(i, i + last, step))] for i in range(size)]


def _maximum(
    x: np.ndarray, y: np.ndarray, axis: int, size: int, step: int
) -> tuple[Calls, Backward]:
    first, *others = _entries(x, axis, size, step)
    # Whether an entry is larger than all before it: the last one that is, is the maximum.
    larger = [np.empty(y.shape, bool) for _ in others]

    def forward() -> None:
        best = first
        for entry, exceeds in zip(others, larger, strict=True):
            np.greater(entry, best, exceeds)
            best = np.maximum(entry, best, out=y)
        if best is first:
            np.copyto(y, first)

    def backward(dy: np.ndarray, dx: np.ndarray) -> Calls:
        first, *others = _entries(dx, axis, size, step)
        rest, share = np.empty_like(dy), np.empty_like(dy)
        last_first = [*zip(others, larger, strict=True)][::-1]

        def add() -> None:
            dx.fill(0)
            np.copyto(rest, dy)
            for entry, exceeds in last_first:
                np.multiply(rest, exceeds, share)
                np.add(entry, share, entry)
                np.subtract(rest, share, rest)
            np.add(first, rest, first)

        def halve() -> None:
            """Do the same for pairs that cover all of dx, each of whose entries is written once."""
            np.multiply(dy, larger[0], others[0])
            np.subtract(dy, others[0], first)

        return [halve if size == step == 2 and dx.shape[axis] == 2 * dy.shape[axis] else add]

    return [forward], backward


def _mean(x: np.ndarray, y: np.ndarray, axis: int, size: int, step: int) -> tuple[Calls, Backward]:
    first, *others = _entries(x, axis, size, step)

    def forward() -> None:
        np.copyto(y, first)
        for entry in others:
            np.add(y, entry, y)
        np.divide(y, size, y)

    def backward(dy: np.ndarray, dx: np.ndarray) -> Calls:
        share = np.empty_like(dy)

        def add() -> None:
            dx.fill(0)
            np.divide(dy, size, share)
            for entry in _entries(dx, axis, size, step):
                np.add(entry, share, entry)

        return [add]

    return [forward], backward


def _forward(pool: Pool, site: Site) -> Calls:
    size, stride = site.place.how["size"], site.place.how["stride"]
    x, y = as_image(site.place.reads, site.x), as_image(site.place.writes, site.y)
    shorter = np.empty((*x.shape[:_ROWS], y.shape[_ROWS], *x.shape[_ROWS + 1 :]), x.dtype)
    rows, backward_rows = pool(x, shorter, _ROWS, size, stride or size)
    columns, backward_columns = pool(shorter, y, _COLUMNS, size, stride or size)
    site.kept |= {"shorter": shorter, "backward": (backward_rows, backward_columns)}
    return [*rows, *columns]


def _backward(site: Site) -> Calls:
    dx, dy = as_image(site.place.reads, site.dx), as_image(site.place.writes, site.dy)
    d_shorter = np.empty_like(site.kept["shorter"])
    rows, columns = site.kept["backward"]
    return [*columns(dy, d_shorter), *rows(d_shorter, dx)]


def _row(name: str, label: str, formula: str, source: str, pool: Pool) -> Layer:
    return Layer(
        name=name,
        label=label,
        formula=formula,
        source=source,
        forward=partial(_forward, pool),
        backward=_backward,
        written="SIZE [stride STEP]",
        parameters={
            "size": Parameter(2, "the rows and columns of a window", low=1, high=64),
            "stride": Parameter(
                0,
                "from one window to the next; 0 is its size, so that none overlap",
                low=0,
                high=64,
            ),
        },
        makes=_makes,
        update=30.0,
        evaluation=10.0,
    )


POOLINGS = (
    _row(
        "max_pool",
        "max pooling",
        "y = max of x over a window of each plane",
        "Ranzato, Huang, Boureau & LeCun 2007, section 2",
        _maximum,
    ),
    _row(
        "average_pool",
        "average pooling",
        "y = mean of x over a window of each plane",
        "LeCun, Bottou, Bengio & Haffner 1998, section II.A, without coefficients",
        _mean,
    ),
)

FLATTEN = Layer(
    name="flatten",
    label="flattening",
    formula="y = x, an image as so many units: what a dense layer does to what it reads anyway",
    source="Goodfellow, Bengio & Courville 2016, section 9.1",
    forward=lambda _: [],
    backward=lambda _: [],
    makes=lambda image: Image(image.units),
    flattens=True,
)
"""It is no place of a chain, for units lie one after another in memory whatever their shape."""
