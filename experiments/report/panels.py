"""How a study's settings are laid out in figures: a panel a condition, a look an arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.report import words
from experiments.report.looks_of_arms import name_of
from experiments.study import Setting, Study

MOST_PANELS = 12
"""More would be too small to read; the CSV files hold all conditions."""

MOST_BY_TARGET = 24
"""The most panels where each target of each condition has one: they share scales and labels."""

Target = tuple[str, float]
"""A metric and the value of it that is to be reached."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One condition and its arms."""

    title: str
    arms: tuple[tuple[str, Setting], ...]  # (label, setting)


def panels(study: Study) -> list[Panel]:
    """Return the study's conditions, each with its arms, in the order of the grid."""
    found: dict[str, list[tuple[str, Setting]]] = {}
    for setting in study.settings:
        condition = words.condition(study.condition(setting))
        found.setdefault(condition, []).append((name_of(study.arm(setting)), setting))
    return [Panel(title, tuple(arms)) for title, arms in found.items()]


def by_target(conditions: Sequence[Panel], targets: Sequence[Target]) -> list[tuple[Panel, Target]]:
    """Return a panel for each condition and target, in at most MOST_BY_TARGET panels.

    The first conditions, each with every target; of more targets than there are panels the first,
    the last and some between.
    """
    count = min(len(targets), MOST_BY_TARGET)
    places = np.linspace(0, len(targets) - 1, count).round().astype(int)
    shown = conditions[: max(1, MOST_BY_TARGET // count)]
    return [(panel, targets[place]) for panel in shown for place in places]
