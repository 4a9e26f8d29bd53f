"""What is read of a network on either side, and how far two readings lie apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

LIMIT = 1e-6
"""How far the project and PyTorch may lie apart."""

Key = tuple[int, str]
"""The number of a product, from 0, and the name of an array that belongs to it."""

Arrays = dict[Key, np.ndarray]


@dataclass(frozen=True)
class Seen:
    """One pass of a batch, units before examples: (H, B)."""

    values: Arrays  # what activations read and write, z and a; losses (B,)
    gradients: Arrays  # for what is learned, and for each z


def of_numbers(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest |ours - theirs| / max(1, |theirs|), number by number; NaN stays NaN."""
    _check_shapes(ours, theirs)
    return float(np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))))


def of_arrays(ours: Mapping[Key, np.ndarray], theirs: Mapping[Key, np.ndarray]) -> float:
    """Return the largest max |ours - theirs| / max |theirs|, array by array.

    Of arrays that are 0 throughout on their side, max |ours| counts as it is.

    Raises:
        ValueError: if they are not the same arrays.

    """
    if ours.keys() != theirs.keys():
        raise ValueError(f"compared are {sorted(ours)} with {sorted(theirs)}")
    return largest(_of_array(ours[key], theirs[key]) for key in theirs)


def _of_array(ours: np.ndarray, theirs: np.ndarray) -> float:
    _check_shapes(ours, theirs)
    return float(np.max(np.abs(ours - theirs)) / (np.max(np.abs(theirs)) or 1.0))


def _check_shapes(ours: np.ndarray, theirs: np.ndarray) -> None:
    if ours.shape != theirs.shape:
        raise ValueError(f"compared are arrays of {ours.shape} with {theirs.shape}")


def largest(differences: Iterable[float]) -> float:
    """Return the largest; NaN, which is no agreement, if any is NaN, and 0 of none."""
    return float(np.max([0.0, *differences]))
