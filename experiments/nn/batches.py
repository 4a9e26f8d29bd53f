"""The inputs of a fleet: batches in each seed's own order, and the parts that are evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from experiments.records import Dataset, Run
from experiments.streams import generator

GATHER_BYTES = 256 * 1024
"""About how much of one seed's data is gathered at once: it should stay in the cache."""

CHUNK = 256
"""The most examples that an evaluation passes through the networks at once."""


class Examples:
    """The data of G seeds, stacked.

    Args:
        datasets: one for each seed, equal in shape.
        runs: a run of each seed, which names its streams.
        dtype: of the inputs and targets.

    """

    def __init__(self, datasets: Sequence[Dataset], runs: Sequence[Run], dtype: str) -> None:
        self.shape = datasets[0].shape
        count, features = datasets[0].inputs.shape
        self.inputs = np.ones((len(datasets), count, features + 1), dtype)  # (G, N, D + 1)
        for stacked, dataset in zip(self.inputs, datasets, strict=True):
            stacked[:, :-1] = dataset.inputs
        self.labels = np.stack([dataset.labels for dataset in datasets])  # (G, N), or (G, N, C)
        self._orders = [generator(run.stream, run.seed, "order") for run in runs]
        self._batch_size = runs[0].training.batch_size

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
        classes = np.arange(self.shape.outputs)[:, None]
        return np.equal(labels[:, None, :], classes, out=targets)

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield batches without end: inputs (G, D + 1, B) and targets (G, C, B).

        Every epoch is a fresh permutation of the training part, cut into whole batches. Several
        batches are gathered at once, so that small nets do not wait for many small copies.
        """
        size, train = self._batch_size, self.shape.train
        width = self.inputs.shape[2]
        per_epoch = train // size
        at_once = max(1, GATHER_BYTES // (size * width * self.inputs.itemsize))
        while True:
            orders = np.stack([order.permutation(train) for order in self._orders])  # (G, N)
            for start in range(0, per_epoch, at_once):
                rows = orders[:, start * size : min(start + at_once, per_epoch) * size]
                inputs, labels = (
                    np.stack([x.take(r, axis=0) for x, r in zip(stacked, rows, strict=True)])
                    for stacked in (self.inputs, self.labels)
                )
                targets = self.targets(labels)
                for begin in range(0, rows.shape[1], size):
                    batch = slice(begin, begin + size)
                    yield inputs[:, batch].mT, targets[:, :, batch]

    def parts(self, examples: int) -> list[list[slice]]:
        """Return the training, validation and test part as slices of about CHUNK examples.

        Args:
            examples: how many of the training part to read, at most.

        """
        train, validation, test = self.shape.train, self.shape.validation, self.shape.test
        bounds = (
            (0, min(train, examples)),
            (train, train + validation),
            (train + validation, train + validation + test),
        )
        parts = []
        for begin, end in bounds:
            pieces = -(-(end - begin) // CHUNK)
            cuts = [begin + (end - begin) * i // max(1, pieces) for i in range(pieces + 1)]
            parts.append([slice(a, b) for a, b in pairwise(cuts)])
        return parts
