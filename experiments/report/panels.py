"""How a study's settings are laid out in figures: a panel a condition, a colour an arm."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.report import words
from experiments.study import Setting, Study, arm_in_words

MOST_PANELS = 12
"""More would be too small to read; the CSV files hold all conditions."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One condition and its arms."""

    title: str
    arms: tuple[tuple[str, Setting], ...]  # (label, setting)


def panels(study: Study) -> list[Panel]:
    """Return the study's conditions, each with its arms, in the order of the grid."""
    found: dict[str, list[tuple[str, Setting]]] = {}
    for setting in study.settings:
        arm = arm_in_words(study.arm(setting))
        condition = words.condition(study.condition(setting))
        found.setdefault(condition, []).append((arm or "all runs", setting))
    return [Panel(title, tuple(arms)) for title, arms in found.items()]
