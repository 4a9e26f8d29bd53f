"""The table of kinds of claims about a measure: to add one, add a row.

A kind says where the measure, or the difference between two arms, has to lie. A verdict is then a
question of where its interval lies, the same for every kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from experiments.study import Region


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of claim: the key that it is written with, and the region that it claims.

    `region(value, within)` is given what stands behind the key, a number or two; for a kind that
    compares two arms, whose first one stands there, it is given nothing but the margin.
    """

    name: str
    meaning: str
    takes: Literal["number", "band", "arm"]
    region: Callable[[tuple[float, ...], float], Region]
    says: str  # a template of the claim in words, to which a margin is added
    margin: bool = False  # whether `within` goes with it


KINDS: dict[str, Kind] = {
    row.name: row
    for row in (
        Kind(
            "higher",
            "the arm whose measure is higher than that of the arm called than",
            "arm",
            lambda _, within: Region(low=0.0, open=True),
            "{of} has a higher {measure} than {than}",
        ),
        Kind(
            "lower",
            "the arm whose measure is lower than that of the arm called than",
            "arm",
            lambda _, within: Region(high=0.0, open=True),
            "{of} has a lower {measure} than {than}",
        ),
        Kind(
            "equal",
            "the arm whose measure is that of the arm called than, within a margin",
            "arm",
            lambda _, within: Region(-within, within),
            "{of} has the same {measure} as {than}",
            margin=True,
        ),
        Kind(
            "is",
            "the number that the measure is, within a margin; theory for what a formula gives",
            "number",
            lambda value, within: Region(value[0] - within, value[0] + within),
            "{for_of}the {measure} is {value}",
            margin=True,
        ),
        Kind(
            "at_least",
            "the least number that the measure is",
            "number",
            lambda value, within: Region(low=value[0]),
            "{for_of}the {measure} is at least {value}",
        ),
        Kind(
            "at_most",
            "the highest number that the measure is",
            "number",
            lambda value, within: Region(high=value[0]),
            "{for_of}the {measure} is at most {value}",
        ),
        Kind(
            "between",
            "the two numbers between which the measure lies",
            "band",
            lambda value, within: Region(*value),
            "{for_of}the {measure} is between {value}",
        ),
    )
}
