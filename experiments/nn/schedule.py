"""When a run is evaluated: the numbers of updates at which its metrics are read."""

from __future__ import annotations

import numpy as np

from experiments.records import DataShape, Evaluation, Training


def updates_per_epoch(training: Training, shape: DataShape) -> int:
    """Return floor(training examples / batch size): the rest of an epoch is left out.

    Every epoch draws a new order, so that it is a different rest each time and all batches have
    one size.

    Raises:
        ValueError: if there is no whole batch.

    """
    if shape.train < training.batch_size:
        raise ValueError(f"a batch of {training.batch_size} from {shape.train} training examples")
    return shape.train // training.batch_size


def total_updates(training: Training, shape: DataShape) -> int:
    """Return the number of updates of a whole run: at least 1, but 0 for a run of 0 epochs.

    Without an update there is no batch, and a training part smaller than one is no mistake.
    """
    if training.epochs == 0:
        return 0
    return max(1, round(training.epochs * updates_per_epoch(training, shape)))


def evaluation_updates(evaluation: Evaluation, training: Training, shape: DataShape) -> np.ndarray:
    """Return the updates at which a run is evaluated, increasing, with the first (0) and last.

    With p evaluations per doubling, evaluation i stands at ceil(2^(i / p)) updates, so that the
    gap between neighbours is the same factor everywhere, as far as whole numbers allow. A run of 0
    epochs is evaluated once, at 0: it shows what holds of a network at its birth.

    Returns:
        Integers, shape (T,).

    """
    total = total_updates(training, shape)
    if total == 0:
        return np.zeros(1, np.int64)
    epoch = updates_per_epoch(training, shape)
    if evaluation.at is not None:
        wanted = np.rint(np.asarray(evaluation.at, dtype=float) * epoch)
    elif evaluation.every is not None:
        wanted = np.rint(np.arange(0, training.epochs, evaluation.every) * epoch)
    else:
        steps = np.arange(np.floor(np.log2(total) * evaluation.per_doubling) + 1)
        # Rounded first: 2 ** (8 / 4) may come out a little above 4, whose ceiling is 5.
        wanted = np.ceil(np.round(2 ** (steps / evaluation.per_doubling), 9))
    inside = wanted[(wanted >= 0) & (wanted <= total)].astype(np.int64)
    return np.unique(np.concatenate([[0], inside, [total]]))
