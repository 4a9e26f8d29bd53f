"""What a diagnostic is, and what it is given to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.network import Stack
from experiments.parameters import Choice
from experiments.records import DataShape, Network, Run


@dataclass(frozen=True, slots=True)
class Theory:
    """What a formula gives for a diagnostic of an untrained network.

    `value(network, shape)` returns a number for each hidden layer, shape (L,), or one, shape (1,),
    for data of that shape; or None where the formula does not hold. A `relative` one is known up
    to a common factor, so that it tells how layers compare and nothing else.
    """

    formula: str
    source: str
    value: Callable[[Network, DataShape], np.ndarray | None]
    relative: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What the networks of a fleet show of themselves while some examples pass through them.

    Layers are counted from 0, the first hidden layer, to L, the output. The networks are evaluated:
    dropout leaves nothing out, and batch normalisation goes by its running moments. What is called
    z is what the activations read: with normalisation, what it made of the product.
    """

    stack: Stack  # after a forward pass and, of the training split, a backward pass
    runs: tuple[Run, ...]
    targets: np.ndarray  # (G, C, B)
    labels: np.ndarray  # (G, B) whole numbers, or (G, B, C) of a regression
    gradients: Sequence[np.ndarray]  # of the mean loss, for each layer (R, H, D + 1)
    start: Sequence[np.ndarray]  # the weights before training, for each layer (R, H, D + 1)
    inputs: np.ndarray  # (G, D + 1, B)
    update_of: Callable[[int, int], Callable[[], None]]  # (run, copies): updates them, to be timed

    @property
    def regression(self) -> bool:
        """Whether the targets are numbers and there are no classes."""
        return self.labels.ndim > 2

    def by_seed(self, array: np.ndarray) -> np.ndarray:
        """View a stacked array (R, ...) as (V, G, ...), to go with what each seed has."""
        return array.reshape(-1, self.stack.seeds, *array.shape[1:])

    def outputs(self, layer: int) -> np.ndarray:
        """Return a of a layer in double precision, (R, H, B)."""
        return self.stack.outputs[layer].astype(np.float64)

    def deltas(self, layer: int) -> np.ndarray:
        """Return the gradient of each example's own loss with respect to z, (R, H, B)."""
        delta = self.stack.deltas[layer].astype(np.float64)
        return delta * delta.shape[-1]

    def slopes(self, layer: int) -> np.ndarray:
        """Return f'(z) of a hidden layer, (R, H, B); NaN for a function that mixes units."""
        slopes = np.full_like(self.stack.pre_activations[layer], np.nan)
        z, a, found = (
            self.stack.by_plane(layer, array)
            for array in (self.stack.pre_activations[layer], self.stack.outputs[layer], slopes)
        )
        for runs, name, arguments in self.stack.functions(layer):
            row = ACTIVATIONS[name]
            if row.derivative is not None:
                row.derivative(z[runs], a[runs], found[runs], **arguments)
        return slopes

    def of_activations(
        self, value: Callable[[Choice], float], layer: int | None = None
    ) -> np.ndarray:
        """Return what `value` gives for each run's activation of a hidden layer, (R,).

        Without a layer, for the one that all hidden layers have; NaN where they differ.
        """
        found = []
        for run in self.runs:
            functions = run.network.functions
            if layer is not None:
                functions = (run.network.activations[layer],)
            found.append(value(functions[0]) if len(functions) == 1 else np.nan)
        return np.array(found)


Where = Literal["hidden", "layers", "network"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to be read of a network beside its metrics: everything the project knows of it.

    `gather(view, layer)` returns sums over the examples of a view, shape (R, ...), which are added
    up over a whole split of the data; `finish(total, count)` makes one number of them for each
    run, shape (R,). Sums are taken along the last axis, over the examples first: a run's bits must
    not depend on its neighbours.
    """

    name: str
    label: str  # with which it is named in sentences and figures
    formula: str
    source: str
    gather: Callable[[View, int], np.ndarray]
    finish: Callable[[np.ndarray, int], np.ndarray] = lambda total, _: total
    where: Where = "hidden"  # read of each hidden layer, of the output as well, or once
    split: Literal["train", "test", "none"] = "train"  # the examples that it reads, all of them
    aggregate: Literal["median", "share", "exact"] = "median"  # how runs become one number
    unit: str = ""
    measured: bool = False  # a time, which does not repeat to the bit
    theory: Theory | None = None
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew
