"""What a run leaves that could not be trained: the reason, and a trace that tells nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments import datasets
from experiments.nn.diagnostics import columns
from experiments.nn.schedule import total_updates
from experiments.records import METRICS, Run, Trace


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a fleet was not trained."""

    reason: str
    crowded: bool = False  # whether what trained beside it may have been to blame


Outcome = list[Trace] | Failure
"""The traces of a fleet's runs, in its order, or why there are none."""


def nothing_of(run: Run, reason: str) -> Trace:
    """Return the trace of a run that failed: one evaluation, of which no number is known."""
    names = *METRICS, *columns(run.diagnostics, len(run.network.widths))
    return Trace(
        updates=np.zeros(1, dtype="<i8"),
        values=np.full((1, len(names)), np.nan),
        status="failed",
        budget=total_updates(run.training, datasets.shape(run.data)),
        columns=names,
        reason=reason,
    )
