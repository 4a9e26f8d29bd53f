"""How each arm is told from the others: its colour, its dashes and its marker.

Nothing here knows what draws it: colours are hexadecimal, dashes are numbers, markers are names.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.protocols import PROTOCOLS
from experiments.study import Labels, Study, arm_in_words

# Okabe & Ito 2008: told apart with any kind of colour vision, without the yellow, which is too
# pale for a line on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")

DASHES: tuple[tuple[float, ...], ...] = (
    (), (5, 1.6), (1, 1.1), (6, 1.4, 1, 1.4), (3, 1.2, 1, 1.2, 1, 1.2), (10, 1.6), (2, 2),
    (8, 1.4, 3, 1.4),
)  # fmt: skip
"""Lengths that are drawn and left out in turn, in widths of the line; none is a solid line."""

MARKERS = ("circle", "square", "diamond", "plus", "cross", "pentagon", "hexagon", "star")

EVERY = len(COLOURS) * len(DASHES)
"""How many looks differ from each other by colour and dashes, and by colour and marker too."""

ALL_RUNS = "all runs"
"""What an arm is called that no axis tells from another."""

_OFTEN = ("relu", "tanh", "sigmoid", "leaky_relu", "linear", "elu", "gelu")
"""The functions that are compared most often have the solid lines; all others come after them."""

_TABLES: dict[str, Mapping[str, object]] = {
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "protocol": PROTOCOLS,
    "init": INITIALIZERS,
}
"""The axes whose values have a fixed look, by their order in the project's tables."""

_ALONE = 0
_PER_DASH = len(COLOURS)


@dataclass(frozen=True, slots=True)
class Look:
    """How an arm is drawn, in every figure and on every page."""

    colour: str  # hexadecimal, such as #0072B2
    dash: tuple[float, ...]  # one of DASHES
    marker: str  # one of MARKERS


def of_number(number: int) -> Look:
    """Return the look of that number; from EVERY on they come again.

    Seven colours and eight markers have no common factor, so that counting both on meets each pair
    of them once.
    """
    number %= EVERY
    return Look(
        COLOURS[number % _PER_DASH], DASHES[number // _PER_DASH], MARKERS[number % len(MARKERS)]
    )


def name_of(arm: Labels) -> str:
    """Return what an arm is called in legends: `relu`, `width 8`, `all runs`."""
    return arm_in_words(arm) or ALL_RUNS


def own_number(arm: Labels) -> int:
    """Return the number of the look that an arm has in every study, if no other arm has it there.

    A row of a table has its place in the table, whatever its parameters. Any other arm has one of
    the solid lines, by the CRC-32 of its name.
    """
    if not arm:
        return _ALONE
    ((axis, label), *others) = arm
    table = _TABLES.get(axis, {})
    rows = sorted(table, key=lambda name: _OFTEN.index(name) if name in _OFTEN else len(_OFTEN))
    row = label.partition("(")[0]
    if not others and row in rows:
        return rows.index(row) % EVERY
    return zlib.crc32(arm_in_words(arm).encode()) % _PER_DASH


def looks(arms: Iterable[Labels]) -> dict[str, Look]:
    """Return the looks of arms that stand side by side, by their names.

    Of two that have the same number, the first keeps it; the other takes the next colour that is
    nobody's, with the same dashes as long as there is one. No two are alike, up to EVERY arms.
    """
    every = list(dict.fromkeys(arms))
    own = [own_number(arm) for arm in every]
    taken = set(own)
    found: dict[str, int] = {}
    for arm, number in zip(every, own, strict=True):
        if number in found.values():
            number = next((n for n in _after(number) if n not in taken), number)
            taken.add(number)
        found[name_of(arm)] = number
    return {name: of_number(number) for name, number in found.items()}


def _after(number: int) -> Iterable[int]:
    """Yield all numbers: first those with the same dashes, then those with the next ones."""
    row, place = divmod(number, _PER_DASH)
    for below in range(len(DASHES)):
        for beside in range(_PER_DASH):
            yield (row + below) % len(DASHES) * _PER_DASH + (place + beside) % _PER_DASH


def look(study: Study) -> dict[str, Look]:
    """Return the look of each arm of a study by its name, in the order of the grid."""
    return looks(study.arm(setting) for setting in study.settings)
