"""The rows of the table: rates with exact intervals, and the limits they are held to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    section: str
    scenario: str
    truth: float  # the true median ratio
    quantity: str
    studies: int
    rate: float  # or another number, where it has no interval
    low: float | None  # the exact interval of the rate at 95 %
    high: float | None
    limit: str
    ok: bool
    mixture: float | None = None  # what it was with an earlier test
    exact: float | None = None  # what was computed of the exact test, apart from the path


@dataclass(frozen=True)
class Limit:
    """Between which two numbers a rate has to lie."""

    least: float = 0.0
    most: float = 1.0

    def __str__(self) -> str:
        if self == Limit():
            return ""
        if self.most == 1:
            return f"at least {self.least:.4g}"
        return f"{self.least:.4g} to {self.most:.4g}" if self.least else f"at most {self.most:.4g}"

    def holds(self, rate: float) -> bool:
        """Tell whether a rate lies there."""
        return self.least <= rate <= self.most


@dataclass(frozen=True)
class Section:
    """A part of the table, with what its scenarios have in common."""

    name: str
    says: str  # for the reader of the table, in Markdown
    rows: tuple[Row, ...]


def rate(
    section: str, scenario: str, truth: float, quantity: str, hits: Iterable[bool],
    limit: Limit = Limit(), **known: float,
) -> Row:  # fmt: skip
    """Return the row of a rate.

    Args:
        section: of the table.
        scenario: of the studies.
        truth: the true ratio.
        quantity: what is counted.
        hits: of each study, whether it counts.
        limit: where the rate has to lie.
        known: what is known from elsewhere, by column.

    """
    counted = np.array(list(hits), bool)
    hit, count = int(counted.sum()), len(counted)
    interval = stats.binomtest(hit, count).proportion_ci(0.95, method="exact")
    return Row(
        section, scenario, round(truth, 4), quantity, count, round(hit / count, 4),
        round(interval.low, 4), round(interval.high, 4), str(limit), limit.holds(hit / count),
        **known,
    )  # fmt: skip


def number(
    section: str, scenario: str, truth: float, quantity: str, studies: int, value: float,
    **known: float,
) -> Row:  # fmt: skip
    """Return the row of a number that is no rate and has no limit."""
    return Row(
        section, scenario, round(truth, 4), quantity, studies, round(float(value), 4), None, None,
        "", True, **known,
    )  # fmt: skip


def with_two_errors(share: float, studies: int) -> Limit:
    """Return the limit at a share and two standard errors of its estimate from so many studies."""
    return Limit(most=round(share + 2 * (share * (1 - share) / studies) ** 0.5, 4))
