"""Whether contestants did the same work: their final losses beside the fleets', run by run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contestants.entries import Contestant

MOST_UNLIKE = 0.1
"""Which share of the runs may diverge with one contestant and not with the fleets, or the reverse.

Near the highest rates the last bit of a product decides whether a run overflows. Runs that are
finite in both are compared. Whatever a tenth left out would have said, their median lies between
the 45th and the 55th of a hundred runs.
"""


@dataclass(frozen=True)
class Apart:
    """How far final losses lie from the fleets', as shares, over the runs that are finite in both.

    Where there is no such run, they are NaN.
    """

    unlike: float  # the share of all runs that are finite in one of the two alone
    means: float
    median: float  # of the runs' own

    def within(self, median: float, means: float = np.inf) -> bool:
        """Whether nothing is larger than it may be; NaN never is within."""
        return self.unlike <= MOST_UNLIKE and self.means <= means and self.median <= median


@dataclass(frozen=True)
class Work:
    """What the contestants came to in one workload."""

    found: str  # in words
    diverged: Mapping[Contestant, int]  # runs whose last loss is no finite number
    equal: bool

    def __str__(self) -> str:
        return self.found if self.equal else f"unequal work: {self.found}"


def apart(losses: np.ndarray, ours: np.ndarray) -> Apart:
    """Compare final losses (R,) with those of the fleets."""
    finite, also = np.isfinite(losses), np.isfinite(ours)
    both = finite & also
    unlike = float((finite != also).mean())
    if not both.any():
        return Apart(unlike, np.nan, np.nan)
    losses, ours = losses[both], ours[both]
    return Apart(
        unlike,
        float(abs(losses.mean() / ours.mean() - 1)),
        float(np.median(np.abs(losses / ours - 1))),
    )


def diverged(losses: np.ndarray) -> int:
    """Return how many final losses (R,) are no finite number."""
    return int((~np.isfinite(losses)).sum())


def told(diverged: Mapping[Contestant, int], runs: int) -> str:
    """Return in words how many runs diverged, or nothing where none did."""
    counts = ", ".join(f"{one.name} {count}" for one, count in diverged.items() if count)
    return f"; diverged of {runs} runs: {counts}" if counts else ""
