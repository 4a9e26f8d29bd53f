"""The dense layer: weights, and biases as their last column."""

from __future__ import annotations

from functools import partial

import numpy as np

from experiments.nn.layers.record import Calls, Layer, Place, Site
from experiments.nn.weights import WEIGHTS, product
from experiments.parameters import Parameter
from experiments.records import Image


def _forward(site: Site) -> Calls:
    w = site.weights[WEIGHTS]
    if site.x is not None:
        return [partial(np.matmul, w, site.x, site.y)]
    w, y = site.by_seed(w), site.by_seed(site.y)  # what goes with the inputs of each seed
    return [lambda inputs: np.matmul(w, inputs, y)]


def _learn(site: Site) -> Calls:
    gradient = site.gradients[WEIGHTS]
    # What cancels a bias leaves rounding for its gradient, which some optimizers would blow up.
    fixed = [] if site.place.bias else [partial(gradient[:, :, -1].fill, 0)]
    if site.x is not None:
        return [partial(np.matmul, site.dy, site.x.mT, gradient), *fixed]
    dy, by_seed = site.by_seed(site.dy), site.by_seed(gradient)
    return [lambda inputs: np.matmul(dy, inputs.mT, by_seed), *fixed]


def _backward(site: Site) -> Calls:
    below = site.weights[WEIGHTS][:, :, :-1].mT  # without the bias, (R, D, H)
    return [partial(np.matmul, below, site.dy, site.dx)]


def _products(place: Place) -> float:
    return place.reads.units * place.units


DENSE = Layer(
    name="dense",
    label="dense",
    formula="z = W x + b, every unit of the layer below with a weight of its own",
    source="Goodfellow, Bengio & Courville 2016, section 6.4",
    forward=_forward,
    learn=_learn,
    backward=_backward,
    learned=lambda place: (product(place.number, place.reads.units, place.units),),
    written="UNITS",
    parameters={"units": Parameter(64, "the units", low=1, high=8192)},
    makes=lambda image, units: Image(units),
    flattens=True,
    products=_products,
)
