"""Diagnostics of the outputs on the test split: whether they are probabilities, and decide."""

from __future__ import annotations

import numpy as np

from experiments.nn.diagnostics.record import Diagnostic, View

BINS = 15
"""Of equal width, as in the paper's experiments."""


def _probabilities(view: View) -> np.ndarray:
    """Return the outputs divided by their sum, (V, G, C, B)."""
    a = view.by_seed(view.outputs(-1))
    return a / a.sum(axis=-2, keepdims=True)


def _flat(view: View, values: np.ndarray) -> np.ndarray:
    """Sum (V, G, B) over the examples: (R,)."""
    return values.astype(np.float64).sum(axis=-1).reshape(len(view.runs))


def _unknown(view: View, *shape: int) -> np.ndarray:
    """Return what a regression has, without classes: NaN for each run."""
    return np.full((len(view.runs), *shape), np.nan)


def _calibration(view: View, _: int) -> np.ndarray:
    if view.regression:
        return _unknown(view, BINS)
    p = _probabilities(view)
    confidence = p.max(axis=-2)
    right = p.argmax(axis=-2) == view.labels
    bins = np.clip(np.ceil(np.nan_to_num(confidence) * BINS) - 1, 0, BINS - 1)
    gaps = [_flat(view, np.where(bins == b, right - confidence, 0)) for b in range(BINS)]
    return np.stack(gaps, axis=-1)  # (R, bins)


def _likelihood(view: View, _: int) -> np.ndarray:
    if view.regression:
        return _unknown(view)
    picked = (view.targets * _probabilities(view)).sum(axis=-2)
    # Single precision has nothing between 0 and this; a sure mistake costs 87 and not infinity.
    return _flat(view, -np.log(np.maximum(picked, np.finfo(np.float32).tiny)))


def _sum_error(view: View, _: int) -> np.ndarray:
    return _flat(view, np.abs(view.by_seed(view.outputs(-1)).sum(axis=-2) - 1))


def _ambiguous(view: View, _: int) -> np.ndarray:
    if view.regression:
        return _unknown(view)
    return _flat(view, (view.by_seed(view.outputs(-1)) > 0.5).sum(axis=-2) != 1)


def _by_pre_activation(view: View, _: int) -> np.ndarray:
    if view.regression:
        return _unknown(view)
    z = view.by_seed(view.stack.pre_activations[-1])
    return _flat(view, z.argmax(axis=-2) == view.labels)


def _by_class(view: View, _: int) -> np.ndarray:
    """Return the right answers and the examples of each class, (R, C, 2)."""
    if view.regression:
        return _unknown(view, 1, 2)
    own = view.targets > 0  # (G, C, B)
    hits = view.by_seed(view.stack.hits(view.targets, np.logical_or.accumulate(own, axis=-2)))
    right = (hits[:, :, None, :] & own).sum(axis=-1, dtype=float)  # (V, G, C)
    there = np.broadcast_to(own.sum(axis=-1, dtype=float), right.shape)
    return np.stack([right, there], axis=-1).reshape(len(view.runs), -1, 2)


def _mean_of_classes(total: np.ndarray, _: int) -> np.ndarray:
    right, there = total[..., 0], total[..., 1]
    # A class without examples has no accuracy; it counts neither way.
    shares = np.divide(right, there, out=np.zeros_like(right), where=there != 0)
    return shares.sum(axis=-1) / np.count_nonzero(there, axis=-1)


def _mean(total: np.ndarray, count: int) -> np.ndarray:
    return total / count


def _row(name: str, label: str, formula: str, source: str, gather, finish=_mean) -> Diagnostic:
    return Diagnostic(name, label, formula, source, gather, finish, where="network", split="test")


ROWS = (
    _row(
        "calibration_error",
        "expected calibration error",
        f"sum over {BINS} bins of the confidence of |right answers - confidence| / examples; the "
        "confidence is the largest output divided by the sum of all",
        "Guo, Pleiss, Sun & Weinberger 2017, equation 3",
        _calibration,
        lambda total, count: np.abs(total).sum(axis=-1) / count,
    ),
    _row(
        "negative_log_likelihood",
        "negative log-likelihood",
        "mean of -log(output of the right class / sum of all outputs), at most 87 for an example",
        "Guo, Pleiss, Sun & Weinberger 2017, section 2",
        _likelihood,
    ),
    _row(
        "sum_error",
        "distance of the outputs' sum from 1",
        "mean of |sum over the outputs - 1|",
        "Bridle 1990",
        _sum_error,
    ),
    _row(
        "ambiguous",
        "share of examples with no answer or several",
        "share of the examples for which not exactly one output is above 1/2",
        "Bishop 2006, section 4.1.2, on one-versus-the-rest",
        _ambiguous,
    ),
    _row(
        "pre_activation_accuracy",
        "accuracy by the largest input of the output function",
        "share of the examples whose class has the largest z of the output layer",
        "Bishop 2006, section 4.1.2",
        _by_pre_activation,
    ),
    _row(
        "balanced_accuracy",
        "balanced accuracy",
        "mean over the classes of the share of the class's examples that are answered rightly, as "
        "test_accuracy counts them; guessing has 1 / classes, however uneven they are",
        "Brodersen, Ong, Stephan & Buhmann 2010",
        _by_class,
        _mean_of_classes,
    ),
)
