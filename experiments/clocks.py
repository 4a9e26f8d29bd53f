"""The clocks by which a race may be timed, a name each."""

from __future__ import annotations

import math
from dataclasses import dataclass

UPDATES, SECONDS = "updates", "seconds"

CLOCKS: dict[str, str] = {
    UPDATES: "changes of the weights",
    "epochs": "passes over the training examples",
    "multiplications": "an estimate of all that the passes of an update compute, from its formulas",
    SECONDS: "measured: each run's own time of an update, on one core while nothing else trains",
}
"""What each clock counts. All but seconds are the same on every machine."""

SECONDS_READ = "update_time"
"""The diagnostic that measures what an update of a run takes, in microseconds."""


@dataclass(frozen=True, slots=True)
class UpdateTime:
    """What an update was measured to take, in seconds: the median of several rounds.

    `low` and `high` are the fastest round and the slowest. Of a time that was stored before rounds
    were, nothing is known of the range.
    """

    seconds: float
    low: float = 0.0
    high: float = math.inf
