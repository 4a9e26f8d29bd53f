"""The table of protocols: what the arms of a comparison have in common. To add one, add a row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way to make a comparison fair; a study may ask for several side by side."""

    name: str
    words: str  # by which reports name it: "each at its best rate"
    meaning: str
    one_rate: bool = False  # one tuned learning rate for all arms of a condition
    init: str | None = None  # the initializer of every arm, in place of the config's


OWN_RATE = "own_rate"

PROTOCOLS: dict[str, Protocol] = {
    row.name: row
    for row in (
        Protocol(
            OWN_RATE,
            "each at its best rate",
            "each arm at its own best learning rate, from the same grid",
        ),
        Protocol(
            "shared_rate",
            "one rate for both",
            "one learning rate for all arms, the best on the mean of their scores",
            one_rate=True,
        ),
        Protocol(
            "common_init",
            "same starting weights",
            "each arm at its own best learning rate, all starting from Glorot's initialisation",
            init="glorot",
        ),
    )
}
