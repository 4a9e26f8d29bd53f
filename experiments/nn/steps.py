"""What an update consists of besides the gradient and the optimizer's rule.

Arrays are of all runs, (R, P), numbers of each run (R, 1). `gain` is what the rule wants the
gradient multiplied by, its rate or 1: see `optimizers.Optimizer.linear`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SMALLEST_NORM = 1e-6
"""Added to a norm before it divides, as PyTorch does it."""


def carry(states: Sequence[np.ndarray], change: float) -> None:
    """Change the rate within the states of a linear rule, when the rate itself changes.

    Goyal et al. 2017, remark 2: with v <- momentum v - rate g, the velocity holds the rates of
    earlier updates, and would go on at a higher rate for a while after that has fallen.

    Args:
        states: each (R, P), changed in place.
        change: the new rate by the one before.

    """
    if change != 1:
        for state in states:
            np.multiply(state, change, out=state)


def clip(g: np.ndarray, limit: float, gain: np.ndarray, scratch: np.ndarray) -> None:
    """Shorten each run's gradient to a norm, and multiply it by its gain.

    The factor is min(1, limit / ||g||), Pascanu, Mikolov & Bengio 2013, algorithm 1; the norm is
    that of all weights that learn, together. A norm that is no finite number makes the gradient
    none either: such a run has diverged, and would stand still if its gradient were made 0.

    Args:
        g: changed in place, (R, P).
        limit: the largest norm, above 0.
        gain: (R, 1).
        scratch: (R, P), contiguous, so that each run's sum has an order of its own.

    """
    squares = np.add.reduce(np.multiply(g, g, out=scratch), axis=1, keepdims=True)
    norms = np.sqrt(squares)  # (R, 1)
    factors = np.minimum(1, limit / (norms + SMALLEST_NORM)) + 0 * norms  # 0 * inf is NaN
    np.multiply(g, factors * gain, out=g)


def penalise(
    w: np.ndarray, g: np.ndarray, decay: np.ndarray, gain: np.ndarray, scratch: np.ndarray
) -> None:
    """Add to the gradient that of an L2 penalty: g <- g + gain decay w.

    Krogh & Hertz 1991: the penalty is half the decay times the sum of squares.

    Args:
        w: weights, (R, P).
        g: changed in place, (R, P).
        decay: of each weight, (P,); 0 for biases.
        gain: (R, 1).
        scratch: (R, P).

    """
    np.multiply(np.multiply(decay, gain, out=scratch), w, out=scratch)
    np.add(g, scratch, out=g)


def shrink(w: np.ndarray, decay: np.ndarray, rate: np.ndarray, scratch: np.ndarray) -> None:
    """Shrink the weights by themselves: w <- w - rate decay w.

    Loshchilov & Hutter 2019, algorithm 2, where the decay is multiplied by the whole learning
    rate, as PyTorch does it, and not by the schedule's factor alone.

    Args:
        w: changed in place, (R, P).
        decay: of each weight, (P,); 0 for biases.
        rate: (R, 1).
        scratch: (R, P).

    """
    np.multiply(np.multiply(decay, rate, out=scratch), w, out=scratch)
    np.subtract(w, scratch, out=w)
