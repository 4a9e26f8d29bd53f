"""What a layer is, where it stands in a network, and the arrays that it works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments.nn.weights import Part, Weights
from experiments.parameters import Choice, Parameter, Scalar
from experiments.records import Image

Calls = list[Callable[..., object]]
"""What is called for a pass, one after the other: prepared once, for it takes as long as to do."""


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring runs of a stack that share their hidden activations."""

    runs: slice
    activation: Choice | tuple[Choice, ...]  # of all hidden layers, or of each

    def of_layer(self, number: int) -> Choice:
        """Return the activation of a hidden layer, counted from 0."""
        if isinstance(self.activation, Choice):
            return self.activation
        return self.activation[number]


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of layer: everything that the project knows of it.

    A layer reads `site.x` and writes `site.y`, and backward turns `site.dy`, the gradient with
    respect to y, into `site.dx`. `forward(site)` and `backward(site)` prepare the calls that do so;
    those of a training stack may differ from those of one that evaluates, see `site.training`.
    Whether the weights learn or not, `learn(site)` prepares what writes their gradient apart from
    what is passed on; what a layer without it learns has its gradient written by `backward`.

    The first layer of a network has no x: its forward call, and that of `learn`, is given the
    inputs (G, D + 1, B).

    One that may be named under `network.layers` is `written` there as its name and what follows,
    and makes an image of another shape of the one it reads, by its parameters.
    """

    name: str
    label: str
    formula: str
    source: str
    forward: Callable[[Site], Calls]
    backward: Callable[[Site], Calls]
    learn: Callable[[Site], Calls] | None = None
    learned: Callable[[Place], tuple[Part, ...]] = lambda _: ()
    states: Mapping[str, float] = field(default_factory=dict)  # of each plane, and how they start
    random: bool = False  # whether training draws, from a stream of each seed's own
    evaluates: bool = True  # False: it is there in training alone
    in_place: bool = False  # whether dx is dy, overwritten
    cancels_bias: bool = False  # whether a bias before it makes no difference
    written: str = ""  # what follows its name, such as FILTERS SIZExSIZE
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    makes: Callable[..., Image] = lambda image, **_: image
    flattens: bool = False  # whether it makes units of an image
    # Of a product: the inputs of an output, how many outputs have weights of their own, and how
    # many outputs an input has.
    fans: Callable[[Place], tuple[int, int, int]] = lambda place: (
        place.reads.units, place.writes.units, place.writes.units
    )  # fmt: skip
    # What it costs in multiplications, for each unit and example; see nn/cost.py.
    products: Callable[[Place], float] = lambda _: 0.0  # of a whole example, each way
    update: float = 0.0
    evaluation: float = 0.0
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew


@dataclass(frozen=True, slots=True)
class Place:
    """A layer at its place in a network."""

    row: Layer
    number: int  # of the product that it is or follows, from 0
    reads: Image
    writes: Image
    function: Choice | None = None  # of an activation
    dropped: float = 0.0  # the share that dropout leaves out
    bias: bool = True  # whether a product's bias learns
    how: Mapping[str, Scalar] = field(default_factory=dict)  # the row's parameters

    @property
    def units(self) -> int:
        """H: how many numbers it writes for an example."""
        return self.writes.units

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it learns."""
        return self.row.learned(self)


@dataclass(slots=True)
class Site:
    """The arrays of a layer while batches of one size pass through R networks at G seeds.

    The H units of an image lie row by row, plane by plane within a row: H = rows planes columns.
    """

    place: Place
    training: bool
    seeds: int
    blocks: Sequence[tuple[slice, Choice]]  # which runs have which activation, of this layer
    weights: Mapping[str, np.ndarray]  # what it learns, (R, H, X)
    states: Mapping[str, np.ndarray]  # what it keeps, (R, P, 1) for P planes
    generators: Sequence[np.random.Generator]  # where it draws: one for each seed
    x: np.ndarray | None  # (R, H, B); of a product (R, D + 1, B), the last row 1
    y: np.ndarray  # (R, H, B)
    dx: np.ndarray | None = None  # what only a backward pass needs
    dy: np.ndarray | None = None
    scratch: np.ndarray | None = None  # of y's shape
    gradients: Mapping[str, np.ndarray] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)  # by forward for backward

    def by_seed(self, array: np.ndarray) -> np.ndarray:
        """View a stacked array (R, ...) as (V, G, ...)."""
        return array.reshape(-1, self.seeds, *array.shape[1:])

    def by_plane(self, array: np.ndarray) -> np.ndarray:
        """View what it writes (R, H, B) as (R, rows, P, columns B); as it is where it is no image.

        What belongs to each plane, (R, P, 1), goes with it as `of_planes`.
        """
        image = self.place.writes
        if image.units == image.planes:
            return array
        return array.reshape(len(array), image.rows, image.planes, -1)

    def of_planes(self, array: np.ndarray) -> np.ndarray:
        """View (R, P, 1) as (R, 1, P, 1) where the layer writes an image."""
        return array if self.place.writes.units == array.shape[1] else array[:, None]

    def own(self, weights: Weights) -> dict[str, np.ndarray]:
        """View what of some weights, or of their gradients, belongs to the layer."""
        return {p.name: weights.part(p.layer, p.name) for p in self.place.parts}


def as_image(image: Image, array: np.ndarray) -> np.ndarray:
    """View units (R, H, B) as (R, rows, planes, columns, B); further rows of H are left out."""
    units = array[:, : image.units]
    return units.reshape(len(array), image.rows, image.planes, image.columns, -1)


def over_examples(values: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Sum what `Site.by_plane` returns over examples and positions, and return (R, P, 1).

    Args:
        values: (R, H, B), or of images (R, rows, P, columns B).
        out: (R, P, 1); None for a new array.

    """
    if values.ndim == 3:
        return np.add.reduce(values, axis=-1, keepdims=True, out=out)
    return np.add.reduce(np.add.reduce(values, axis=-1, keepdims=True), axis=1, out=out)
