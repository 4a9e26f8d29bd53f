"""The answers of a report as lines of plain text: in short, and with all that they rest on."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.report.model import Answer, Report, plain


def in_short(report: Report) -> Iterator[str]:
    """Yield the answer to each claim; of a study without one, which arms came first."""
    for answer in report.answers:
        yield f"{answer.number}. {answer.headline}"
    yield from report.standing


def in_full(report: Report) -> Iterator[str]:
    """Yield each claim with its answer and every comparison, a paragraph a claim.

    Of a study without claims, which arms came first.
    """
    for place, answer in enumerate(report.answers):
        if place:
            yield ""
        yield from _of_claim(answer)
    yield from report.standing


def _of_claim(answer: Answer) -> Iterator[str]:
    yield f"{answer.number}. {answer.says}"
    yield f"   {answer.headline}"
    for one in answer.comparisons:
        judged = f"{one.judged}, " if one.judged else ""
        yield f"   {one.outcome:<14} {judged}{plain(one.sentence)}"
    if answer.fine_print:
        yield f"   {answer.fine_print}"
