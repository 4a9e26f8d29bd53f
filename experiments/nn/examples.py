"""The data of a fleet's seeds, stacked: what is learned from, and the splits that are evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from experiments.records import SPLITS, Dataset

CHUNK = 256
"""The most examples that an evaluation passes through the networks at once."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Some neighbouring examples of every seed, as a stack takes them."""

    inputs: np.ndarray  # (G, D + 1, B), the last row 1
    labels: np.ndarray  # (G, B) classes; of a regression (G, B, C)
    targets: np.ndarray  # (G, C, B)
    later: np.ndarray  # booleans (G, C, B): its own class and those with higher numbers


class Examples:
    """The data of G seeds, stacked.

    Args:
        datasets: one for each seed, equal in shape.
        dtype: of the inputs and targets.

    """

    def __init__(self, datasets: Sequence[Dataset], dtype: str) -> None:
        self.shape = datasets[0].shape
        count, features = datasets[0].inputs.shape
        self.inputs = np.ones((len(datasets), count, features + 1), dtype)  # (G, N, D + 1)
        for stacked, dataset in zip(self.inputs, datasets, strict=True):
            stacked[:, :-1] = dataset.inputs
        labels = np.stack([dataset.labels for dataset in datasets])
        if not self.shape.regression:  # a byte each is compared faster than eight
            labels = labels.astype(np.min_scalar_type(self.shape.outputs))
        self.labels = labels  # (G, N), or (G, N, C)

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """Return the targets (G, C, B) that a net should output.

        Args:
            labels: classes (G, B), whose targets are one-hot; of a regression the targets
                themselves, (G, B, C).

        """
        if self.shape.regression:
            # In order, as one-hot targets are: the order of sums over C may follow that of memory.
            return np.ascontiguousarray(labels.mT, self.inputs.dtype)
        targets = np.empty(
            (labels.shape[0], self.shape.outputs, labels.shape[1]), self.inputs.dtype
        )
        classes = np.arange(self.shape.outputs, dtype=labels.dtype)[:, None]
        return np.equal(labels[:, None, :], classes, out=targets)

    def keep(self, seeds: np.ndarray) -> None:
        """Forget the data of all other seeds.

        Args:
            seeds: booleans (G,).

        """
        self.inputs, self.labels = self.inputs[seeds], self.labels[seeds]

    def splits(self, examples: int) -> list[list[Slice]]:
        """Return each of SPLITS as `split` does."""
        return [self.split(name, examples) for name in SPLITS]

    def split(self, name: str, examples: int) -> list[Slice]:
        """Return one of SPLITS in slices of about CHUNK examples.

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
        pieces = -(-(end - begin) // CHUNK)
        cuts = [begin + (end - begin) * i // max(1, pieces) for i in range(pieces + 1)]
        return [self.slice(a, b) for a, b in pairwise(cuts)]

    def slice(self, begin: int, end: int) -> Slice:
        """Return the examples from number `begin` to before `end`."""
        labels = self.labels[:, begin:end]
        targets = self.targets(labels)
        later = np.logical_or.accumulate(targets > 0, axis=-2)
        return Slice(self.inputs[:, begin:end].mT, labels, targets, later)
