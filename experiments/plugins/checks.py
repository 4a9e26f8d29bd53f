"""What is checked of a row of a user's own before anything trains.

Numbers are drawn from a stream of their own, so that the same file is told the same each time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from experiments.analysis.measures import Moment
from experiments.datasets import DatasetRow
from experiments.interrupts import InterruptedByUser
from experiments.kinds import Kind
from experiments.nn.activations import Activation
from experiments.nn.diagnostics.record import Diagnostic
from experiments.nn.initializers import Initializer
from experiments.nn.optimizers import Optimizer
from experiments.nn.rate_schedules import Schedule
from experiments.plugins import activation_checks, row_checks, training_checks
from experiments.plugins.registry import Plugin, in_words, place_of, shown

_CHECKS: dict[type, tuple[str, Callable[[Any], Iterator[str]]]] = {
    Activation: ("activation", activation_checks.wrong),
    Optimizer: ("optimizer", training_checks.wrong_steps),
    Schedule: ("schedule", row_checks.wrong_schedule),
    Initializer: ("initializer", row_checks.wrong_initializer),
    DatasetRow: ("data set", row_checks.wrong_data),
    Diagnostic: ("diagnostic", training_checks.wrong_readings),
    Moment: ("moment", row_checks.wrong_moment),
    Kind: ("kind of claim", row_checks.wrong_kind),
}


def faults(plugin: Plugin, row: Any) -> list[str]:
    """Return what is wrong with a row that stands in its table: a line each, with its file.

    An error that the row's own code raises is one of them.
    """
    title, check = _CHECKS[type(row)]
    found: list[str] = []
    where = shown(plugin)
    try:
        with np.errstate(all="ignore"), redirect_stdout(sys.stderr):
            found += [f"{where}: {title} {row.name!r}: {message}" for message in check(row)]
    except InterruptedByUser:
        raise
    except BaseException as error:  # such as the SystemExit of a function that means to end it all
        place = place_of(error, plugin.path) or where
        found.append(f"{place}: {title} {row.name!r}: {in_words(error)}")
    return found
