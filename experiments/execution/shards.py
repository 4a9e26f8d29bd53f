"""Shards: the part of a study's runs that one job of a batch system trains."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.records import Run


@dataclass(frozen=True, slots=True)
class Shard:
    """Every count-th pair of a study, with its searches, from the number-th on.

    A pair is what is compared at one evaluation seed; no search of it needs another pair. Pilot
    runs, which set targets for all, belong to every shard.
    """

    number: int  # from 1
    count: int

    def has(self, run: Run, tuning_seeds: int) -> bool:
        """Tell whether a run belongs to it.

        Args:
            run: of a study.
            tuning_seeds: that each pair of the study has.

        """
        if run.stream == "pilot":
            return True
        pair = run.seed // tuning_seeds if run.stream == "tuning" else run.seed
        return pair % self.count == self.number - 1
