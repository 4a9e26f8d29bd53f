"""When a run is evaluated: the numbers of updates at which its metrics are read."""

from __future__ import annotations

import numpy as np

from experiments.records import SPLITS, DataShape, Evaluation, Training

SELDOM = 4
"""Splits that nobody asks about are read at every fourth evaluation, and at the last."""

SHARE_READ = 0.6
"""How many examples all evaluations read, at most, for each that an update learns from.

An example that is read passes forward alone, for about a third of the cost of one that is learned
from: so the evaluations take about a fifth of a run's time.
"""

FEWEST_READ, MOST_READ = 100, 1000
"""Bounds of the training examples that an evaluation reads where no number is given."""


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

    Without an update there is no batch, and a training split smaller than one is no mistake.
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


def examples_read(evaluation: Evaluation, training: Training, shape: DataShape) -> int:
    """Return how many training examples an evaluation reads: always the same, the first ones.

    Where no number is given, as many as SHARE_READ allows, in whole tens within their bounds. It
    follows from the data, the batches and the schedule, so that it is the same for networks of any
    size and whatever is claimed of them.
    """
    if evaluation.examples is not None:
        return min(evaluation.examples, shape.train)
    evaluations = len(evaluation_updates(evaluation, training, shape))
    learned = total_updates(training, shape) * training.batch_size
    others = (shape.validation + shape.test) / SELDOM
    affordable = int((SHARE_READ * learned / evaluations - others) // 10 * 10)
    return min(max(affordable, FEWEST_READ), MOST_READ, shape.train)


def splits_read(evaluation: Evaluation, evaluations: int) -> np.ndarray:
    """Tell which splits of the data each evaluation reads: booleans (T, splits), in SPLITS' order.

    Args:
        evaluation: whose `often` names the splits that are read each time.
        evaluations: T.

    """
    numbers = np.arange(evaluations)
    seldom = (numbers % SELDOM == 0) | (numbers == evaluations - 1)
    return np.stack([seldom | (split in evaluation.often) for split in SPLITS], axis=-1)
