"""The table of normalisations, between product and activation: to add one, add a row here.

Each makes y = gain x' + shift of x' = (x - mean) / sqrt(variance + EPSILON) and learns gain and
shift, one of each unit, from 1 and 0; batch normalisation of images one of each plane. They differ
in what the mean and the variance are of.
"""

from __future__ import annotations

import numpy as np

from experiments.nn.layers.record import Calls, Layer, Site, over_examples
from experiments.nn.weights import Part

EPSILON = 1e-5
"""Added to the variance, against division by 0."""

MOMENTUM = 0.1
"""The share of the running moments that a batch replaces."""

_UNITS, _EXAMPLES = -2, -1  # axes


def _of_each(count: int, number: int) -> tuple[Part, ...]:
    shape = (count, 1)
    return Part(number, "gain", shape, start=1.0), Part(number, "shift", shape, start=0)


def _layer_forward(site: Site) -> Calls:
    x, y, gain, shift = site.x, site.y, site.weights["gain"], site.weights["shift"]
    normal = site.kept["normal"] = np.empty_like(x)
    mean, root = (np.empty_like(x[:, :1]) for _ in range(2))  # of each example, (R, 1, B)
    site.kept["root"] = root
    units = x.shape[_UNITS]

    def forward() -> None:
        np.divide(np.add.reduce(x, axis=_UNITS, keepdims=True, out=mean), units, mean)
        np.subtract(x, mean, normal)
        np.multiply(normal, normal, y)
        np.divide(np.add.reduce(y, axis=_UNITS, keepdims=True, out=root), units, root)
        np.reciprocal(np.sqrt(np.add(root, EPSILON, root), root), root)
        np.multiply(normal, root, normal)
        np.add(np.multiply(normal, gain, y), shift, y)

    return [forward]


def _layer_backward(site: Site) -> Calls:
    """Prepare dx = (g - mean g - x' mean(g x')) / sqrt(variance + EPSILON) with g = gain dy."""
    normal, root, gain = site.kept["normal"], site.kept["root"], site.weights["gain"]
    of_gain, of_shift = site.gradients["gain"], site.gradients["shift"]
    dx, dy, scratch, units = site.dx, site.dy, site.scratch, site.x.shape[_UNITS]
    mean, inner = (np.empty_like(root) for _ in range(2))

    def backward() -> None:
        np.multiply(dy, normal, scratch)
        np.add.reduce(scratch, axis=_EXAMPLES, keepdims=True, out=of_gain)
        np.add.reduce(dy, axis=_EXAMPLES, keepdims=True, out=of_shift)
        np.multiply(scratch, gain, scratch)
        np.divide(np.add.reduce(scratch, axis=_UNITS, keepdims=True, out=inner), units, inner)
        np.multiply(dy, gain, dx)
        np.divide(np.add.reduce(dx, axis=_UNITS, keepdims=True, out=mean), units, mean)
        np.subtract(dx, mean, dx)
        np.subtract(dx, np.multiply(normal, inner, scratch), dx)
        np.multiply(dx, root, dx)

    return [backward]


def _batch_forward(site: Site) -> Calls:
    x, y = site.by_plane(site.x), site.by_plane(site.y)
    gain, shift = site.weights["gain"], site.weights["shift"]  # (R, P, 1)
    running = {name: site.states[name] for name in ("mean", "variance")}
    centred = site.kept["centred"] = np.empty_like(x)
    mean, variance = (np.empty_like(gain) for _ in range(2))  # of each plane
    root, scale, step = (np.empty_like(gain) for _ in range(3))
    site.kept |= {"root": root, "scale": scale}
    centre, wide_scale, wide_shift = (site.of_planes(array) for array in (mean, scale, shift))
    count = _examples(site)
    # Of the batch's variance the one without bias goes on: Ioffe & Szegedy, algorithm 2, line 10.
    unbiased = count / max(1, count - 1)
    followed = ((running["mean"], mean, 1.0), (running["variance"], variance, unbiased))

    def finish(variance: np.ndarray) -> None:
        np.reciprocal(np.sqrt(np.add(variance, EPSILON, root), root), root)
        np.multiply(gain, root, scale)
        np.add(np.multiply(centred, wide_scale, y), wide_shift, y)

    def train() -> None:
        np.divide(over_examples(x, mean), count, mean)
        np.subtract(x, centre, centred)
        np.multiply(centred, centred, y)
        np.divide(over_examples(y, variance), count, variance)
        finish(variance)
        for average, latest, factor in followed:
            np.subtract(np.multiply(latest, factor, step), average, step)
            np.add(average, np.multiply(step, MOMENTUM, step), average)

    def evaluate() -> None:
        np.subtract(x, site.of_planes(running["mean"]), centred)
        finish(running["variance"])

    return [train if site.training else evaluate]


def _batch_backward(site: Site) -> Calls:
    """Prepare dx = gain (dy - mean dy - x' mean(dy x')) / sqrt(variance + EPSILON).

    The means are known from the gradients of shift and gain. In evaluation there is none of them:
    running moments are numbers, which do not follow x.
    """
    centred, root, scale = (site.kept[name] for name in ("centred", "root", "scale"))
    of_gain, of_shift = site.gradients["gain"], site.gradients["shift"]
    dx, dy, scratch = (site.by_plane(array) for array in (site.dx, site.dy, site.scratch))
    mean, inner = (np.empty_like(root) for _ in range(2))
    wide_mean, wide_inner, wide_scale = (site.of_planes(a) for a in (mean, inner, scale))
    count = _examples(site)

    def backward() -> None:
        np.multiply(dy, centred, scratch)
        np.multiply(over_examples(scratch, inner), root, of_gain)
        over_examples(dy, of_shift)
        np.multiply(dy, wide_scale, dx)

    def through_moments() -> None:
        np.divide(np.multiply(of_shift, scale, mean), count, mean)
        np.subtract(dx, wide_mean, dx)
        np.multiply(np.multiply(of_gain, scale, inner), root, inner)
        np.divide(inner, count, inner)
        np.multiply(centred, wide_inner, scratch)
        np.subtract(dx, scratch, dx)

    return [backward, through_moments] if site.training else [backward]


def _examples(site: Site) -> int:
    """Return of how many numbers a plane has the moments: examples, and positions in each."""
    image = site.place.writes
    return image.rows * image.columns * site.x.shape[_EXAMPLES]


NONE = "none"
"""Stands for no normalisation."""

NORMALISATIONS: dict[str, Layer] = {  # by what a config calls them
    "batch": Layer(
        name="batch_norm",
        label="batch normalisation",
        formula="y = gain (x - mean) / sqrt(variance + 1e-5) + shift, moments of a unit over the "
        "examples of a batch; in evaluation running ones, which start at 0 and 1 and go a tenth of "
        "the way to the batch's with each update",
        source="Ioffe & Szegedy 2015, algorithms 1 and 2; the tenth is that of PyTorch",
        forward=_batch_forward,
        backward=_batch_backward,
        learned=lambda place: _of_each(place.writes.planes, place.number),
        states={"mean": 0.0, "variance": 1.0},
        cancels_bias=True,
        update=75.0,
        evaluation=20.0,
    ),
    "layer": Layer(
        name="layer_norm",
        label="layer normalisation",
        formula="y = gain (x - mean) / sqrt(variance + 1e-5) + shift, moments of each example over "
        "the units of the layer, in training and evaluation alike",
        source="Ba, Kiros & Hinton 2016, equation 4",
        forward=_layer_forward,
        backward=_layer_backward,
        learned=lambda place: _of_each(place.units, place.number),
        update=110.0,
        evaluation=40.0,
    ),
}
