"""Reading a fleet's diagnostics: passing the examples through, and adding up what is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from experiments.nn.diagnostics import DIAGNOSTICS, columns
from experiments.nn.diagnostics.record import Diagnostic, View
from experiments.nn.examples import Examples
from experiments.nn.network import Stack
from experiments.nn.weights import Weights
from experiments.records import Run

UpdateOf = Callable[[int, int, np.ndarray, np.ndarray], Callable[[], None]]


class Reader:
    """Reads the same diagnostics of a fleet again and again.

    Args:
        names: rows of DIAGNOSTICS.
        examples: of the fleet.
        hidden: the number of hidden layers.

    """

    def __init__(self, names: tuple[str, ...], examples: Examples, hidden: int) -> None:
        self._rows = [DIAGNOSTICS[name] for name in names]
        self._examples, self._hidden = examples, hidden
        self.columns = columns(names, hidden)

    def read(
        self,
        stack_of: Callable[[int], Stack],
        runs: tuple[Run, ...],
        start: Sequence[np.ndarray],
        gradients: Weights,
        update_of: UpdateOf,
    ) -> np.ndarray:
        """Return every column for every run, (R, K).

        Args:
            stack_of: returns the fleet's stack for batches of a size.
            runs: those that are still in the fleet.
            start: their weights before training.
            gradients: buffers for them.
            update_of: returns what updates so many copies of the network of a run, given by its
                number, on some inputs and targets; some rows measure its time.

        """
        found: dict[tuple[str, int], np.ndarray] = {}
        for split in dict.fromkeys(row.split for row in self._rows):
            rows = [row for row in self._rows if row.split == split]
            totals: dict[tuple[str, int], np.ndarray] = {}
            count = 0
            for view in self._views(split, stack_of, runs, start, gradients, update_of):
                count += view.inputs.shape[-1]
                for row, layer in self._places(rows):
                    key = row.name, layer
                    totals[key] = totals.get(key, 0) + row.gather(view, layer)
            for row, layer in self._places(rows):
                total = totals.get((row.name, layer))
                found[row.name, layer] = (
                    np.full(len(runs), np.nan) if total is None else row.finish(total, count)
                )
        values = [found[row.name, layer] for row, layer in self._places(self._rows)]
        return np.stack(values, axis=-1) if values else np.empty((len(runs), 0))

    def _places(self, rows: Sequence[Diagnostic]) -> Iterator[tuple[Diagnostic, int]]:
        """Yield each row with each layer that it is read of, in the order of the columns."""
        for row in rows:
            layers = {"network": 1, "hidden": self._hidden, "layers": self._hidden + 1}[row.where]
            for layer in range(layers):
                yield row, layer

    def _views(
        self,
        split: str,
        stack_of: Callable[[int], Stack],
        runs: tuple[Run, ...],
        start: Sequence[np.ndarray],
        gradients: Weights,
        update_of: UpdateOf,
    ) -> Iterator[View]:
        examples = self._examples
        if split == "none":  # what needs no examples, or a batch to be timed on
            batch = min(runs[0].training.batch_size, examples.shape.train)
            slices = [examples.slice(0, batch)]
        else:
            slices = examples.split(split, examples.shape.train)
        for piece in slices:
            inputs, targets = piece.inputs, piece.targets
            size = inputs.shape[-1]
            stack = stack_of(size)
            stack.forward(inputs)
            if split != "test":
                stack.backward(inputs, targets, gradients, 1 / size)
            update = partial(update_of, inputs=inputs, targets=targets)
            yield View(stack, runs, targets, piece.labels, gradients.layers, start, inputs, update)
