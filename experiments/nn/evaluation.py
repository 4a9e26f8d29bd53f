"""Reading the metrics of a fleet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from experiments.nn.examples import Slice
from experiments.nn.network import Stack
from experiments.records import METRICS


def metrics(
    splits: Sequence[Sequence[Slice]],
    stack_of: Callable[[int], Stack],
    runs: int,
    *,
    regression: bool,
) -> np.ndarray:
    """Return the mean loss and the accuracy of all networks on each split, (R, M).

    NaN for a split without slices, and for the accuracy of a regression.

    Args:
        splits: slices of the training, validation and test split.
        stack_of: returns the stack for batches of a size.
        runs: R.
        regression: whether there are no classes.

    """
    found = np.full((runs, len(METRICS)), np.nan)
    for number, slices in enumerate(splits):
        loss, hits, count = np.zeros(runs), np.zeros(runs), 0
        for piece in slices:
            size = piece.inputs.shape[-1]
            stack = stack_of(size)
            stack.forward(piece.inputs)
            # Cast before the sum: a reduction that casts as it goes may work through a buffer
            # whose cuts, and so the rounding, depend on a run's place in the fleet.
            loss += stack.losses(piece.targets).astype(np.float64).sum(axis=-1)
            if not regression:
                hits += np.count_nonzero(stack.hits(piece.targets, piece.later), axis=-1)
            count += size
        if count:
            found[:, 2 * number] = loss / count
            if not regression:
                found[:, 2 * number + 1] = hits / count
    return found
