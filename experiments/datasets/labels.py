"""What is to be predicted: a class or a number, and how many examples each class has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.splits import DataError

MOST_GUESSED = 20
"""So many kinds of whole numbers at most are taken for classes where nothing is said."""

MOST_CLASSES = 1000

UNEVEN = 1.5
"""From this ratio of the largest class to the smallest on, a report says what guessing gives."""


def labelled(values: np.ndarray, task: str, where: str) -> tuple[np.ndarray, int, tuple[str, ...]]:
    """Return labels, the number of outputs, and the names of the classes, () of a regression.

    Args:
        values: (N,) numbers or texts, or (N, C) numbers; none is missing.
        task: "auto", "classification" or "regression".
        where: what messages call it.

    Returns:
        int64 labels (N,) that count the classes in their order, or targets (N, C) of a regression.

    Raises:
        DataError: there is one class, or nothing that could be predicted.

    """
    numeric = np.issubdtype(values.dtype, np.number) or values.dtype == bool
    if values.ndim == 2 and task == "classification":
        raise DataError(f"{where}: {values.shape[1]} numbers for each example are no class")
    if task == "regression" or values.ndim == 2:
        return _targets(values, numeric, where)
    if not numeric:
        kinds, codes = np.unique(values.astype(str), return_inverse=True)
    else:
        kinds, codes = np.unique(values, return_inverse=True)
        whole = bool((kinds.astype(float) % 1 == 0).all())
        if task == "auto" and not (whole and len(kinds) <= MOST_GUESSED):
            return _targets(values, numeric, where)
    if len(kinds) < 2:
        only = f"{kinds[0]!s:.40}" if len(kinds) else "nothing"
        raise DataError(f"{where}: there is one class only, {only}; there must be two or more")
    if len(kinds) > MOST_CLASSES:
        hint = "; write task: regression" if numeric else ""
        raise DataError(
            f"{where}: {len(kinds):,} different values; allowed: at most {MOST_CLASSES} "
            f"classes{hint}"
        )
    names = tuple(f"{kind:g}" if numeric else str(kind) for kind in kinds)
    return codes.astype(np.int64), len(kinds), names


def _targets(values: np.ndarray, numeric: bool, where: str) -> tuple[np.ndarray, int, tuple]:
    if not numeric:
        raise DataError(f"{where}: text is no number to predict; write task: classification")
    targets = np.asarray(values, float).reshape(len(values), -1)
    if len(targets) and (targets == targets[0]).all():
        raise DataError(f"{where}: it is {targets[0, 0]:g} in every row, nothing to predict")
    return targets, targets.shape[1], ()


def class_counts(labels: np.ndarray, names: Sequence[str]) -> str:
    """Say in a sentence how many examples each class has and, if uneven, what guessing gives."""
    counts = np.bincount(labels, minlength=len(names))
    order = np.argsort(-counts, kind="stable")
    shown = order if len(names) <= 10 else [*order[:3], *order[-2:]]
    told = ", ".join(f"{names[c]:.40} {counts[c]:,}" for c in shown)
    said = f"{len(names)} classes: {told}" + " (the largest and the smallest)" * (len(names) > 10)
    most, least = counts.max(), counts.min()
    if most > UNEVEN * least:
        ratio = f"{most / least:.3g} to 1" if least else "and one has none"
        said += (
            f"; they are uneven, {ratio}: always answering the largest is right in "
            f"{100 * most / counts.sum():.3g} %, and the measure balanced_accuracy then tells more"
        )
    return said
