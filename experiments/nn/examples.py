"""The data of a fleet's seeds, stacked: what is learned from, and the splits that are evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from experiments.records import SPLITS, Dataset

CHUNK = 256
"""The most examples that an evaluation passes through the networks at once, unless they ask."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some neighbouring examples of every seed, as a stack takes them."""

    inputs: np.ndarray  # (G, D + 1, B), the last row 1
    labels: np.ndarray  # (G, B) classes; of a regression (G, B, C)
    targets: np.ndarray  # (G, C, B)
    later: np.ndarray  # booleans (G, C, B): its own class and those with higher numbers


class _Slices(Sequence):
    """Slices that are made when they are asked for."""

    def __init__(self, examples: Examples, cuts: Sequence[tuple[int, int]]) -> None:
        self._examples, self._cuts = examples, cuts

    def __len__(self) -> int:
        return len(self._cuts)

    def __getitem__(self, number: int) -> Slice:
        return self._examples.slice(*self._cuts[number])


class Stacked:
    """Standardised inputs of every seed, one seed after another."""

    def __init__(self, datasets: Sequence[Dataset], dtype: str) -> None:
        count, features = datasets[0].inputs.shape
        self._inputs = np.ones((len(datasets), count, features + 1), dtype)  # (G, N, D + 1)
        for stacked, dataset in zip(self._inputs, datasets, strict=True):
            stacked[:, :-1] = dataset.inputs

    def take(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Write the inputs of `rows` (G, B) of all seeds' examples to `out` (G, B, D + 1)."""
        # All rows are there, so that none is clipped: in this mode NumPy writes at once where it
        # should, and not into a copy first.
        self._inputs.reshape(-1, self._inputs.shape[-1]).take(rows, 0, out, "clip")

    def between(self, begin: int, end: int) -> np.ndarray:
        """Return the inputs of each seed's examples from `begin` to before `end`, (G, B, D + 1)."""
        return self._inputs[:, begin:end]

    def keep(self, seeds: np.ndarray) -> None:
        """Forget the inputs of all other seeds."""
        self._inputs = self._inputs[seeds]


class Lying:
    """Inputs that all seeds share as they lie, standardised as they are asked for.

    The numbers are to the bit those of `Stacked`: the same arithmetic on the same values.
    """

    def __init__(self, datasets: Sequence[Dataset], dtype: str) -> None:
        self._pool = datasets[0].inputs  # (N, D)
        self._moments = [dataset.place.moments for dataset in datasets]
        self._orders = np.stack([dataset.place.order for dataset in datasets])  # (G, N)
        self._dtype = dtype

    def take(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Write the inputs of `rows` (G, B) of all seeds' examples to `out` (G, B, D + 1)."""
        self._gather(self._orders.reshape(-1).take(rows), out)

    def between(self, begin: int, end: int) -> np.ndarray:
        """Return the inputs of each seed's examples from `begin` to before `end`, (G, B, D + 1)."""
        places = self._orders[:, begin:end]
        inputs = np.empty((*places.shape, self._pool.shape[1] + 1), self._dtype)
        self._gather(places, inputs)
        return inputs

    def _gather(self, places: np.ndarray, out: np.ndarray) -> None:
        out[:, :, -1] = 1
        for moments, rows, inputs in zip(self._moments, places, out, strict=True):
            moments.standardise(self._pool.take(rows, 0), inputs[:, :-1])

    def keep(self, seeds: np.ndarray) -> None:
        """Forget the orders of all other seeds."""
        self._orders = self._orders[seeds]
        self._moments = [m for m, kept in zip(self._moments, seeds, strict=True) if kept]


class Examples:
    """The data of G seeds, stacked.

    Args:
        datasets: one for each seed, equal in shape.
        dtype: of the inputs and targets.
        chunk: about how many of them an evaluation passes through the networks at once.

    """

    def __init__(self, datasets: Sequence[Dataset], dtype: str, chunk: int | None = None) -> None:
        self.shape, self._chunk = datasets[0].shape, chunk or CHUNK
        self.dtype = np.dtype(dtype)
        self._inputs = (Lying if datasets[0].place else Stacked)(datasets, dtype)
        labels = np.stack([dataset.labels for dataset in datasets])
        if not self.shape.regression:  # a byte each is compared faster than eight
            labels = labels.astype(np.min_scalar_type(self.shape.outputs))
        self.labels = labels  # (G, N), or (G, N, C)

    def take(self, rows: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write the inputs of some examples to `out` and return their targets (G, C, B).

        Args:
            rows: (G, B), numbers within the examples of all seeds, one seed after another.
            out: (G, B, D + 1).

        """
        self._inputs.take(rows, out)
        flat = self.labels.reshape(-1, *self.labels.shape[2:])
        return self.targets(flat.take(rows, 0))

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """Return the targets (G, C, B) that a net should output.

        Args:
            labels: classes (G, B), whose targets are one-hot; of a regression the targets
                themselves, (G, B, C).

        """
        if self.shape.regression:
            # In order, as one-hot targets are: the order of sums over C may follow that of memory.
            return np.ascontiguousarray(labels.mT, self.dtype)
        targets = np.empty((labels.shape[0], self.shape.outputs, labels.shape[1]), self.dtype)
        classes = np.arange(self.shape.outputs, dtype=labels.dtype)[:, None]
        return np.equal(labels[:, None, :], classes, out=targets)

    def keep(self, seeds: np.ndarray) -> None:
        """Forget the data of all other seeds.

        Args:
            seeds: booleans (G,).

        """
        self._inputs.keep(seeds)
        self.labels = self.labels[seeds]

    def splits(self, examples: int) -> list[Sequence[Slice]]:
        """Return each of SPLITS as `split` does."""
        return [self.split(name, examples) for name in SPLITS]

    def split(self, name: str, examples: int) -> Sequence[Slice]:
        """Return one of SPLITS in slices of about as many examples as a chunk has.

        Slices of inputs that lie elsewhere are made as they are asked for, each time anew.

        Args:
            name: of the split.
            examples: how many of the training split to read, at most.

        """
        train, validation = self.shape.train, self.shape.validation
        begin, end = {
            "train": (0, min(train, examples)),
            "validation": (train, train + validation),
            "test": (train + validation, train + validation + self.shape.test),
        }[name]
        pieces = -(-(end - begin) // self._chunk)
        cuts = [begin + (end - begin) * i // max(1, pieces) for i in range(pieces + 1)]
        slices = _Slices(self, list(pairwise(cuts)))
        return slices if isinstance(self._inputs, Lying) else list(slices)

    def slice(self, begin: int, end: int) -> Slice:
        """Return the examples from number `begin` to before `end`."""
        labels = self.labels[:, begin:end]
        targets = self.targets(labels)
        later = np.logical_or.accumulate(targets > 0, axis=-2)
        return Slice(self._inputs.between(begin, end).mT, labels, targets, later)
