"""What a layer is, where it stands in a network, and the arrays that it works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.nn.weights import Part, Weights
from experiments.parameters import Choice

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
    """

    name: str
    label: str
    formula: str
    source: str
    forward: Callable[[Site], Calls]
    backward: Callable[[Site], Calls]
    learn: Callable[[Site], Calls] | None = None
    learned: Callable[[Place], tuple[Part, ...]] = lambda _: ()
    states: Mapping[str, float] = field(default_factory=dict)  # (R, H, 1), and how they start
    random: bool = False  # whether training draws, from a stream of each seed's own
    evaluates: bool = True  # False: it is there in training alone
    in_place: bool = False  # whether dx is dy, overwritten
    cancels_bias: bool = False  # whether a bias before it makes no difference
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
    inputs: int  # D of that product
    units: int  # H
    function: Choice | None = None  # of an activation
    dropped: float = 0.0  # the share that dropout leaves out
    bias: bool = True  # whether a product's bias learns

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it learns."""
        return self.row.learned(self)


@dataclass(slots=True)
class Site:
    """The arrays of a layer while batches of one size pass through R networks at G seeds."""

    place: Place
    training: bool
    seeds: int
    blocks: Sequence[tuple[slice, Choice]]  # which runs have which activation, of this layer
    weights: Mapping[str, np.ndarray]  # what it learns, (R, H, X)
    states: Mapping[str, np.ndarray]  # what it keeps, (R, H, 1)
    generators: Sequence[np.random.Generator]  # where it draws: one for each seed
    x: np.ndarray | None  # (R, H, B); of a product (R, D + 1, B), the last row 1
    y: np.ndarray  # (R, H, B)
    dx: np.ndarray | None = None  # what only a backward pass needs
    dy: np.ndarray | None = None
    scratch: np.ndarray | None = None  # of y's shape
    gradients: Mapping[str, np.ndarray] = field(default_factory=dict)
    kept: dict[str, np.ndarray] = field(default_factory=dict)  # by forward for backward

    def by_seed(self, array: np.ndarray) -> np.ndarray:
        """View a stacked array (R, ...) as (V, G, ...)."""
        return array.reshape(-1, self.seeds, *array.shape[1:])

    def own(self, weights: Weights) -> dict[str, np.ndarray]:
        """View what of some weights, or of their gradients, belongs to the layer."""
        return {p.name: weights.part(p.layer, p.name) for p in self.place.parts}
