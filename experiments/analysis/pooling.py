"""The conditions that a claim leaves open, taken together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from experiments.study import PROTOCOL, Labels, split_protocol

T = TypeVar("T")

RULE = (
    "What is told of several conditions together is, for each seed, the mean over them, of a ratio "
    "the geometric one, so that each condition counts alike; its interval is over the seeds. A "
    "ratio that is known as a range adds that range."
)
"""What a verdict over several conditions is about, for the report."""


def together(found: Iterable[tuple[Labels, T]]) -> list[tuple[Labels, list[T]]]:
    """Return what was found under all conditions of each protocol, and the labels they share.

    Protocols are apart, as they are ways to measure rather than conditions to hold under.

    Args:
        found: (condition, what was found under it).

    """
    groups: dict[Labels, list[T]] = defaultdict(list)
    for condition, one in found:
        protocol, _ = split_protocol(condition)
        groups[((PROTOCOL, protocol),) if protocol else ()].append(one)
    return list(groups.items())
