"""Where all randomness comes from: streams of random numbers derived from named components."""

from __future__ import annotations

import hashlib
import json
import operator

import numpy as np


def generator(stream: str, seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator that belongs to these components and to no others.

    A run asks for each of its kinds of randomness by name, for example
    `generator("evaluation", 3, "split")` or `generator("evaluation", 3, "weights", layer)`. There
    is no shared state: what one kind draws, how much of it and in which order, changes nothing
    for the others, nor does it matter which process asks, or which runs are its neighbours.

    The activation and the learning rate are never among the components. So two arms of a study
    that have the seed in common see the same split, the same order of examples and, where shapes
    allow, the same base draws of the weights: they are paired, and what differs between them is
    what the study compares. The streams "tuning" and "evaluation" have nothing in common, so no
    learning rate is chosen on the draws on which it is judged.

    The components are written as JSON, which keeps 1 and "1", or ("ab", "c") and ("a", "bc"),
    apart, and hashed with SHA-256 to the entropy of a `numpy.random.SeedSequence`. (A sequence of
    integers as the entropy would not do: it ignores trailing zeros. Python's own `hash` would not
    either: it differs from process to process.) The bit generator is named, PCG64, since NumPy may
    change its default.

    Args:
        stream: which purpose the seed serves, for example "tuning" or "evaluation".
        seed: the number of the repetition, from 0.
        names: what is drawn, from the general to the particular.

    Raises:
        ValueError: the seed is negative.
        TypeError: the seed, or a name that is no string, is not a whole number.

    """
    seed = operator.index(seed)
    if seed < 0:
        raise ValueError(f"a seed must be a whole number from 0, not {seed}")
    plain = [name if isinstance(name, str) else operator.index(name) for name in names]
    components = json.dumps([stream, seed, *plain]).encode()
    entropy = int.from_bytes(hashlib.sha256(components).digest(), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
