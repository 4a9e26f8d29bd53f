"""Exact tests for samples that are looked at several times before it is decided to stop.

A walk of coin tosses is followed from look to look, with the probability of each of its places.
What crosses a boundary has been called; what is left walks on. So the chance of a false call by
any look is known exactly, and of the error that is allowed a part is spent at each look (the
spending of errors: Lan & DeMets 1983; the exact walk: Armitage, McPherson & Rowe 1969).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

LEFT = 0.7
"""By look k all but LEFT^k of the error is spent: something is left for any number of looks."""

FRACTIONS = 1 / np.concatenate([np.arange(1, 1025), 2.0 ** np.arange(11, 31)])  # (A,)
"""The parts of an error for which boundaries are computed: those that Holm's rule may grant."""

SHARES = np.linspace(0, 1, 501)
"""The shares that an interval for a share may end at."""

_FEWER = 1 / np.concatenate([np.arange(1, 65), 2.0 ** np.arange(7, 31)])
"""The same for shares, of which each has boundaries of its own."""

_NEGLIGIBLE = 1e-18

HAIR = 1 + 1e-9
"""A hair more is allowed, for levels that are met exactly: rounding would miss those."""


@dataclass(frozen=True, slots=True)
class Design:
    """How a sample came to its size, on which its intervals depend."""

    alpha: float  # the chance of an error that a whole family of comparisons is allowed
    looks: tuple[int, ...] = ()  # sizes at which it was looked at, up to now; none: fixed before

    @property
    def sequential(self) -> bool:
        """Whether what was seen may have decided how large the sample is."""
        return bool(self.looks)


def spent(look: int) -> float:
    """Return which part of the error is spent by look 1, 2, ...: 1 - LEFT^look."""
    return 1 - LEFT**look


@cache
def sign_p_values(design: Design) -> np.ndarray:
    """Return how surely the median lies within the interval that leaves out c values at each end.

    The sign test at the last look of a design, two-sided: the p-value of c is the least part of
    alpha at which, by the exact probabilities of the walk, at most c wins, or at most c losses,
    would have been enough to stop. A boundary never allows more at a smaller error than at a
    larger one, so that intervals are nested in their level.

    Args:
        design: with one look or more.

    Returns:
        For c = 0, 1, ... below n / 2, increasing; 1 where alpha itself does not suffice.

    """
    alphas = design.alpha * FRACTIONS
    left_out = _left_out(design.looks, 0.5, alphas, sides=2)
    return _p_values(left_out, (design.looks[-1] + 1) // 2, alphas)


@cache
def share_p_values(design: Design) -> np.ndarray:
    """Return how surely a share lies above each of SHARES, by the number of misses.

    The binomial test at the last look of a design, one-sided, each side allowed half of alpha;
    boundaries as for the sign test, computed for each share.

    Returns:
        p-values of a two-sided interval that ends there, (shares, n + 1); column m is that of m
        misses at the last look.

    """
    alphas, size = design.alpha * _FEWER, design.looks[-1] + 1
    rows = [
        _p_values(_left_out(design.looks, 1 - share, alphas / 2, sides=1), size, alphas)
        for share in SHARES
    ]
    # An interval is all in one piece: a share is left out only if all lower ones are.
    return np.maximum.accumulate(np.stack(rows), axis=0)


def _left_out(looks: tuple[int, ...], chance: float, alphas: np.ndarray, sides: int) -> np.ndarray:
    """Return for each error how few successes are few enough at the last look, -1 if none are.

    Args:
        looks: the numbers of tosses.
        chance: of a success.
        alphas: what all looks together may cost, (A,), decreasing.
        sides: 2 if so few failures are enough as well, and the chance is 1/2.

    Returns:
        (A,), never increasing as the error decreases.

    """
    walking = np.ones((len(alphas), 1))  # the probability of each number of successes
    crossed, tosses = np.zeros(len(alphas)), 0
    for number, look in enumerate(looks, 1):
        walking = _walk(walking, look - tosses, chance)  # (A, look + 1)
        tosses = look
        few = sides * np.cumsum(walking[:, : (look + 1) // sides], axis=1)
        left = alphas * spent(number) - crossed
        count = (few <= left[:, None] * HAIR).sum(axis=1)  # of places that are beyond the boundary
        crossed += np.where(count > 0, few[np.arange(len(few)), np.maximum(count - 1, 0)], 0)
        place = np.arange(look + 1)
        beyond = place < count[:, None]
        if sides == 2:
            beyond |= place > look - count[:, None]
        walking = np.where(beyond, 0, walking)
    return np.minimum.accumulate(count) - 1


def _walk(walking: np.ndarray, tosses: int, chance: float) -> np.ndarray:
    """Return where the walks are after more tosses."""
    hits = np.arange(tosses + 1)
    logs = special.gammaln(tosses + 1) - special.gammaln(hits + 1)
    logs -= special.gammaln(tosses - hits + 1)
    logs += special.xlogy(hits, chance) + special.xlog1py(tosses - hits, -chance)
    step, size = np.exp(logs), walking.shape[1]
    after = np.zeros((len(walking), size + tosses))
    for hit in np.flatnonzero(step > _NEGLIGIBLE):
        after[:, hit : hit + size] += step[hit] * walking
    return after


def _p_values(left_out: np.ndarray, size: int, alphas: np.ndarray) -> np.ndarray:
    """Return for c = 0, 1, ... the least error at which so many may be left out."""
    allowing = (left_out[:, None] >= np.arange(size)).sum(axis=0)  # errors, the largest first
    return np.where(allowing > 0, alphas[np.maximum(allowing - 1, 0)], 1.0)
