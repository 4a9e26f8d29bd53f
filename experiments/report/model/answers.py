"""The answer to a claim, and the comparisons that it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.report.model.text import Text


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found in one comparison of a claim."""

    outcome: str
    judged: str  # which hypothesis, such as `by 6 or more`, where the claim has two; else empty
    start: str  # of its sentence: `Supported`, `By 6 or more: refuted`
    sentence: Text
    reason: str  # what goes with it, in a sentence or two; empty where nothing does


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one claim."""

    number: int  # of the claim
    says: str  # the claim in its own words, as a sentence
    headline: str  # the answer in one sentence
    outcome: str  # that of all comparisons; empty where they differ
    counts: str  # how often each outcome was found
    comparisons: tuple[Comparison, ...]
    told: tuple[Comparison, ...]  # those that are told one by one
    farthest: tuple[Comparison, ...]  # where not all are told: the two that lie farthest apart
    turned: str  # where not all are told: how many are others by another clock; empty if none is
    fine_print: str  # what is told once for all of them; may be empty
    against: str  # where it goes against the statement that it answers; empty if nowhere

    @property
    def count(self) -> int:
        """How many comparisons there are."""
        return len(self.comparisons)

    @property
    def all_told(self) -> bool:
        """Whether every comparison is told one by one."""
        return len(self.told) == self.count

    @property
    def shown(self) -> tuple[Comparison, ...]:
        """The comparisons that say most; all of them where they are few."""
        return (*self.told, *self.farthest)
