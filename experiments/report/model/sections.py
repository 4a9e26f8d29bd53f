"""The sections of a report, each with its own figures, tables and sentences.

A part is None or empty where a study has nothing of the kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.report.model.parts import Figure, Table
from experiments.report.model.text import Text


@dataclass(frozen=True, slots=True)
class Standings:
    """All arms at the end of training."""

    tables: tuple[Table, ...]  # condition by condition
    more: Text  # how many conditions are left out, and where they stand
    note: str


@dataclass(frozen=True, slots=True)
class Map:
    """The ratio of one claim under every condition."""

    figure: Figure
    lines: tuple[Text, ...]  # in how much of it the claim stands
    counts: Table


@dataclass(frozen=True, slots=True)
class Races:
    """Which arm was faster."""

    maps: tuple[Map, ...]
    verdicts: Figure | None
    table: Table | None  # of the verdicts
    by_target: Figure | None


@dataclass(frozen=True, slots=True)
class Formula:
    """What a diagnostic is."""

    name: str
    told: str  # the formula, its source and what theory gives


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of networks and functions."""

    figure: Figure | None
    table: Table | None  # of the verdicts
    functions: Figure | None
    layers: Figure | None
    diagnostics: Figure | None
    formulas: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Runs:
    """How training went."""

    train_loss: Figure | None
    test_loss: Figure | None
    arrivals: Figure | None  # at targets
    missed: Figure | None  # who did not arrive; None where every run did
    reached: Figure | None
    arms: Table | None
    hidden: str  # how many conditions no figure shows
    diverged: tuple[str, ...]  # whose runs did, and how many
    failed: str  # how many runs did, and why; empty if none
    trained: bool


@dataclass(frozen=True, slots=True)
class Ranks:
    """The order of three arms or more by their times to targets."""

    figure: Figure
    table: Table
    profiles: Figure


@dataclass(frozen=True, slots=True)
class Rates:
    """The search for learning rates."""

    figure: Figure
    objectives: tuple[str, ...]  # what rates were tuned for, claim by claim
    told_of: str  # by which of them the figure and the table go
    table: Table
    second: str  # what follows from a second parameter that was tuned
    shifted: Table | None  # the ratio at half and at twice the rates
    shifted_told: str  # what that table says and what it does not
    ends: Text  # whether some best rate lies at an end
