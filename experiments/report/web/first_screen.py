"""What a page says first: the answer to each claim, or of a study without one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from experiments.analysis.verdicts import Verdict
from experiments.report.headlines import headline


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told first of a claim, or of a study without one."""

    number: int  # of the claim; 0 without one
    says: str  # the claim in its own words
    headline: str
    outcome: str  # that of all verdicts; empty where they differ

    @property
    def in_a_line(self) -> str:
        """The answer with the claim's number."""
        return f"{self.number}. {self.headline}" if self.number else self.headline


def first_answers(verdicts: Sequence[Verdict], lines: Iterable[str]) -> list[Answer]:
    """Return the answers of a study, claim by claim.

    Args:
        verdicts: of the study's claims.
        lines: what a study without claims says of its arms.

    """
    found = [
        _answer(list(rows)) for _, rows in groupby(verdicts, lambda verdict: verdict.claim.number)
    ]
    return found or [Answer(0, "", line, "") for line in lines]


def _answer(verdicts: Sequence[Verdict]) -> Answer:
    claim, outcomes = verdicts[0].claim, {verdict.outcome for verdict in verdicts}
    shared = outcomes.pop() if len(outcomes) == 1 else ""
    return Answer(claim.number, claim.says, headline(claim, verdicts), shared)
