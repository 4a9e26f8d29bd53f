"""Runs that measure times: which they are, and in which order they train, each by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.records import Fleet, Run


def measures_times(run: Run) -> bool:
    """Tell whether something that a run reads is a time, so that no other may train beside it."""
    return any(DIAGNOSTICS[name].measured for name in run.diagnostics)


def one_by_one(runs: Iterable[Run]) -> list[Fleet]:
    """Order runs that measure times: each alone, seed by seed and within a seed arm by arm.

    A machine that grows slower, or faster, does so for all arms alike: they take turns, and every
    other seed takes them in reverse.

    Args:
        runs: in any order of the seeds, the arms of each in the same.

    Returns:
        A fleet for each run.

    """
    arms: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        arms[run.seed].append(run)
    return [
        Fleet((run,), 1) for seed in sorted(arms) for run in arms[seed][:: -1 if seed % 2 else 1]
    ]
