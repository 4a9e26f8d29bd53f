"""Dropout: an update leaves out units at random; who evaluates leaves out none."""

from __future__ import annotations

from functools import partial

import numpy as np

from experiments.nn.layers.record import Calls, Layer, Site


def _forward(site: Site) -> Calls:
    x, y = site.by_seed(site.x), site.by_seed(site.y)  # (V, G, H, B)
    # Drawn in single precision whatever the network's: the same units are left out in both.
    draws = np.empty(x.shape[1:], np.float32)
    mask = site.kept["mask"] = np.empty(x.shape[1:], x.dtype)  # of all variants of a seed
    dropped = site.place.dropped
    factor = 1 / (1 - dropped)
    drawing = list(zip(site.generators, draws, strict=True))

    def forward() -> None:
        for generator, of_seed in drawing:
            generator.random(dtype=np.float32, out=of_seed)
        np.greater_equal(draws, dropped, out=mask)
        np.multiply(mask, factor, mask)
        np.multiply(x, mask, y)

    return [forward]


def _backward(site: Site) -> Calls:
    dy = site.by_seed(site.dy)
    return [partial(np.multiply, dy, site.kept["mask"], dy)]


DROPOUT = Layer(
    name="dropout",
    label="dropout",
    formula="in training y = a m / (1 - p), where m is 0 with probability p and 1 otherwise, drawn "
    "for each unit and example anew; in evaluation y = a",
    source="Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, section 10 (inverted)",
    forward=_forward,
    backward=_backward,
    random=True,
    evaluates=False,
    in_place=True,
    update=100.0,
)
