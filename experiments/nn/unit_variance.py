"""The part of an initializer that looks at the data: layers whose pre-activations vary by 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.nn.activations import apply
from experiments.parameters import Choice

EXAMPLES = 256
"""How many of the first training examples are looked at, at most.

Their number is that of no batch, so that runs start alike whatever their batch size.
"""


def scale_to_unit_variance(
    layers: Sequence[np.ndarray], functions: Sequence[Choice], inputs: np.ndarray
) -> None:
    """Scale each layer so that the variance of z is 1, over its units and some examples together.

    Layer after layer, each behind those that are scaled already. One scaling is enough: z is
    linear in the weights, and biases are 0. A layer that gives the same number for everything
    stays as it is, since no factor would help it.

    Mishkin & Matas 2016, algorithm 1.

    Args:
        layers: of one network, (H, D + 1) each, the bias column 0; changed in place.
        functions: the activation of each layer; that of the last one is not read.
        inputs: (D, B).

    """
    values = inputs.astype(np.float64)
    for weights, function in zip(layers, functions, strict=True):
        z = weights[:, :-1] @ values  # (H, B)
        deviation = z.std()
        if np.isfinite(deviation) and deviation > 0:
            weights /= deviation
            z /= deviation
        values = apply(function, z)
