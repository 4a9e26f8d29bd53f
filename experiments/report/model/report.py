"""The report of a study as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.report.model.answers import Answer
from experiments.report.model.parts import Figure, Table
from experiments.report.model.sections import Measures, Races, Ranks, Rates, Runs, Standings
from experiments.report.model.text import Text


@dataclass(frozen=True, slots=True)
class Method:
    """How a study was measured."""

    lines: tuple[Text, ...]
    outcomes: tuple[tuple[str, str], ...]  # each verdict, and what it means


@dataclass(frozen=True, slots=True)
class Report:
    """What a study found, as every reader is told it: on a page, a terminal, in a notebook."""

    title: str
    background: str  # what is claimed elsewhere; may be empty
    answers: tuple[Answer, ...]  # claim by claim
    standing: tuple[str, ...]  # which arms came first, in a study without claims
    turns: tuple[Text, ...]  # where answers depend on how rates and weights were chosen
    scope: str  # what networks, data and training the answers hold for
    article: Table | None  # the statements that the study answers
    remark: str  # how it compares with the published report; may be empty
    pictures: tuple[Figure, ...]  # those that carry the report
    peeking: str  # why more seeds are asked for in the way that is told; empty where none are
    standings: Standings | None
    races: Races
    measures: Measures
    runs: Runs
    ranks: Ranks | None
    rates: Rates | None
    method: Method
    files: Text  # what lies beside it

    @property
    def numbered(self) -> bool:
        """Whether there are several claims, so that their numbers tell them apart."""
        return len(self.answers) > 1
