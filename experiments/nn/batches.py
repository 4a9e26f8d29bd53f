"""The batches that a fleet learns from, in each seed's own order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.nn.examples import Examples
from experiments.nn.losses import smooth
from experiments.records import Run
from experiments.streams import generator

GATHER_BYTES = 512 * 1024
"""About how much data is gathered at once: it should stay in the cache until it is used."""


class Batches:
    """An iterator over batches without end: inputs (G, D + 1, B) and targets (G, C, B).

    Targets are smoothed as the training of the runs asks for; what is evaluated is not.

    Every epoch is a fresh permutation of the training split, cut into whole batches. Several
    batches are gathered at once, so that small nets do not wait for many small copies; a batch
    must be used before the next one is taken, which may lie in the same memory.

    Args:
        examples: of G seeds.
        runs: a run of each seed, which names its streams.

    """

    def __init__(self, examples: Examples, runs: Sequence[Run]) -> None:
        self._examples = examples
        self._generators = [generator(run.stream, run.seed, "order") for run in runs]
        self._size = runs[0].training.batch_size
        self._smoothing = runs[0].training.label_smoothing
        self._per_epoch = examples.shape.train // self._size
        self._orders = np.empty((len(runs), 0), np.intp)  # of this epoch, (G, examples)
        self._next = 0  # the batch of this epoch that is to be gathered next
        self._prepare()

    def _prepare(self) -> None:
        """Make the buffer for as many batches as are gathered at once; none of them is there."""
        seeds, width = len(self._generators), self._examples.shape.features + 1
        dtype = self._examples.dtype
        of_one = seeds * self._size * width * dtype.itemsize
        self._at_once = max(1, min(self._per_epoch, GATHER_BYTES // of_one))
        self._inputs = np.empty((seeds * self._at_once * self._size, width), dtype)
        self._ready: list[slice] = []  # where in the buffer the next batches lie, last first

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> tuple[np.ndarray, np.ndarray]:
        if not self._ready:
            self._gather()
        batch = self._ready.pop()
        inputs, targets = self._gathered
        return inputs[:, :, batch], targets[:, :, batch]

    def _gather(self) -> None:
        size, examples = self._size, self._examples
        if self._next * size >= self._orders.shape[1]:
            drawn = [order.permutation(examples.shape.train) for order in self._generators]
            self._orders, self._next = np.stack(drawn)[:, : self._per_epoch * size], 0
        rows = self._orders[:, self._next * size : (self._next + self._at_once) * size]
        seeds, taken = rows.shape
        count = examples.labels.shape[1]
        rows = rows + count * np.arange(seeds)[:, None]  # of all seeds' examples, one after another
        gathered = self._inputs[: seeds * taken].reshape(seeds, taken, -1)
        targets = examples.take(rows, gathered)
        if self._smoothing:
            smooth(targets, self._smoothing)
        self._gathered = gathered.mT, targets
        self._ready = [slice(b, b + size) for b in range(taken - size, -1, -size)]
        self._next += taken // size

    def keep(self, seeds: np.ndarray) -> None:
        """Go on with some seeds alone, whose examples are the only ones left.

        Args:
            seeds: booleans (G,).

        """
        self._next -= len(self._ready)
        self._orders = self._orders[seeds]
        self._generators = [g for g, kept in zip(self._generators, seeds, strict=True) if kept]
        self._prepare()
