"""A part of a set with a given test split: as many examples of each class, to within one."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from experiments.splits import DataError, ranks


def balanced(
    labels: np.ndarray, given: int, classes: int, examples: int, share: float, where: str
) -> tuple[np.ndarray, int]:
    """Return the rows of a balanced part, in their order, and how many are of the given split.

    Of both splits the first examples of each class are taken, and where the classes cannot have
    equally many, those have one more whose next one comes first. So the part follows from the order
    of the examples alone, and a larger one holds all of a smaller one of each split.

    Args:
        labels: (N,) classes, the given test split last.
        given: how many examples are in that split.
        classes: how many there are.
        examples: how many to take, of both splits together.
        share: the share of these that is taken from the given split.
        where: what messages call the set.

    Raises:
        DataError: a class does not have as many.

    """
    parts = [
        _Part("training", labels[:-given], classes),
        _Part("test", labels[-given:], classes),
    ]

    def sizes(examples: int) -> tuple[int, int]:
        test = round(share * examples)
        return examples - test, test

    def too_many(examples: int) -> bool:
        return any(n > part.most for part, n in zip(parts, sizes(examples), strict=True))

    if too_many(examples):
        asked = zip(parts, sizes(examples), strict=True)
        part, size = next((part, n) for part, n in asked if n > part.most)
        least = int(part.counts.argmin())
        most = bisect_left(range(examples), True, key=too_many) - 1
        raise DataError(
            f"{where}: examples is {examples:,}, of which {size:,} are {part.name} images, as many "
            f"of each class, but there are {part.counts[least]:,} of class {least}; allowed: at "
            f"most {most:,}, or 0 for all"
        )
    train, test = sizes(examples)
    rows = np.concatenate([parts[0].first(train), len(labels) - given + parts[1].first(test)])
    return rows, test


class _Part:
    """The examples of one split, class by class."""

    def __init__(self, name: str, labels: np.ndarray, classes: int) -> None:
        self.name = name
        self.counts = np.bincount(labels, minlength=classes)
        self._ranks = ranks(labels)  # within the class

    @property
    def most(self) -> int:
        """How many can be taken in balance: of some classes one more than the smallest has."""
        return int(np.minimum(self.counts, self.counts.min() + 1).sum())

    def first(self, size: int) -> np.ndarray:
        """Return the rows of the first examples of each class, `size` in all, in their order."""
        return np.sort(np.argsort(self._ranks, kind="stable")[:size])
