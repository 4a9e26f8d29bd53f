"""The table of schedules of the learning rate: to add one, add a row here.

A run of U updates begins with W = warmup x U of them, rounded, in which the rate rises to its peak
in equal steps (Goyal et al. 2017, section 2.2). The updates after the warm-up are counted anew, and
u is how many of these U - W lie behind.

PyTorch's schedulers, stepped after each update, have the same factors (`torch.optim.lr_scheduler`):
LinearLR from 1 / W to 1 in W - 1 updates for the warm-up, and after it, joined by SequentialLR,
CosineAnnealingLR, LinearLR, and MultiStepLR with milestones at the beginnings of the stages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from experiments.parameters import Choice, Parameter


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule: the factor on the peak rate at each update after the warm-up.

    `after(u, total, **parameters)` returns the factors of the updates that u updates lie before,
    integers (U - W,) from 0, of `total` = U - W; 1 at u = 0.
    """

    name: str
    label: str
    formula: str
    source: str
    after: Callable[..., np.ndarray]
    parameters: dict[str, Parameter] = field(default_factory=dict)
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew


def _constant(u: np.ndarray, total: int) -> np.ndarray:
    return np.ones(len(u))


def _step(u: np.ndarray, total: int, stages: int, drop: float) -> np.ndarray:
    return drop ** (stages * u // total)


def _cosine(u: np.ndarray, total: int, end: float) -> np.ndarray:
    return end + (1 - end) * (1 + np.cos(np.pi * u / total)) / 2


def _linear(u: np.ndarray, total: int, end: float) -> np.ndarray:
    return 1 + (end - 1) * u / total


_WARM_UP = {
    "warmup": Parameter(
        0.0,
        "the share of the updates in which the rate rises to its peak",
        low=0, high=1, open_high=True,
    )
}  # fmt: skip
_END = {"end": Parameter(0.0, "the share of the peak that it falls to", low=0, high=1)}

_ROWS = (
    Schedule(
        name="constant",
        label="constant",
        formula="1",
        source="Rumelhart, Hinton & Williams 1986, equation 8",
        after=_constant,
        parameters=_WARM_UP,
    ),
    Schedule(
        name="step",
        label="step",
        formula="drop^floor(stages u / (U - W))",
        source="He, Zhang, Ren & Sun 2016, section 4.2: divided by 10 at set updates",
        after=_step,
        parameters={
            "stages": Parameter(3, "the number of stages, equally long", low=2, high=1000),
            "drop": Parameter(
                0.1, "the factor from one stage to the next", low=0, high=1, open_low=True
            ),
        }
        | _WARM_UP,
    ),
    Schedule(
        name="cosine",
        label="cosine",
        formula="end + (1 - end) (1 + cos(pi u / (U - W))) / 2",
        source="Loshchilov & Hutter 2017, equation 5, without restarts",
        after=_cosine,
        parameters=_END | _WARM_UP,
    ),
    Schedule(
        name="linear",
        label="linear",
        formula="1 - (1 - end) u / (U - W)",
        source="Devlin, Chang, Lee & Toutanova 2019, appendix A.2",
        after=_linear,
        parameters=_END | _WARM_UP,
    ),
)

SCHEDULES: dict[str, Schedule] = {row.name: row for row in _ROWS}


def factors(schedule: Choice, updates: int) -> np.ndarray:
    """Return the factor on the learning rate at each update of a run.

    The first W updates have 1 / W, 2 / W, ... 1; the others those of the schedule's row.

    Args:
        schedule: a row of the table, with all of its parameters.
        updates: U.

    Returns:
        Shape (U,), of which entry i belongs to update i + 1.

    """
    arguments = schedule.arguments
    warm = round(arguments.pop("warmup") * updates)
    rising = np.arange(1, warm + 1) / max(1, warm)
    rest = updates - warm
    falling = SCHEDULES[schedule.name].after(np.arange(rest), rest, **arguments)
    return np.concatenate([rising, falling])
