"""The table of activation functions: to add one, add a row to one of the files beside this.

All functions work on stacked arrays of pre-activations z and outputs a, shape (..., H, B): units
before examples, so that element-wise work runs over long contiguous rows. They write into `out`
and return it. Overflow towards an end of a function is part of its computation and is silenced
by whoever calls in a loop; `apply` does it for a single call. Where NaN goes in, NaN comes out:
that is how a run that diverges is seen.
"""

from __future__ import annotations

import numpy as np

from experiments.nn.activations import bounded, classic, gated, rectifiers
from experiments.nn.activations.row import Activation
from experiments.parameters import Choice

__all__ = ["ACTIVATIONS", "Activation", "apply"]

ACTIVATIONS: dict[str, Activation] = {
    row.name: row for row in (*classic.ROWS, *rectifiers.ROWS, *gated.ROWS, *bounded.ROWS)
}


def apply(activation: Choice, z: np.ndarray) -> np.ndarray:
    """Return f(z) as a new array.

    Args:
        activation: a row of ACTIVATIONS with its parameters.
        z: pre-activations (..., H, B); softmax runs over H.

    """
    with np.errstate(over="ignore", under="ignore"):
        return ACTIVATIONS[activation.name].function(z, np.empty_like(z), **activation.arguments)
