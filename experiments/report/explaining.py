"""What a study is and which runs it makes, in words, before any of them is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from experiments.execution.expected import Share
from experiments.report.objectives import tuned_for
from experiments.report.screen import folded
from experiments.study import Study, arm_in_words

STAGES = {
    "pilot": "pilot runs, which set the targets called auto",
    "tuning": "tuning: searches for the learning rates with",
    "evaluation": "evaluation, at the learning rates with",
}
"""How the stages are headed; the last two go on with what is searched for."""


def validated(study: Study, shares: Sequence[Share], columns: int) -> Iterator[str]:
    """Yield what a valid config asks for: its settings, its runs at least, its claims."""
    yield folded(study.title, columns, first="  ")
    axes = ", ".join(f"{axis.name.replace('_', ' ')} ({len(axis.labels)})" for axis in study.axes)
    count = len(study.settings)
    settings = f"{count} setting{'s' * (count > 1)}"
    seeds = f"{study.seeds.least} seed{'s' * (study.seeds.least > 1)}"
    if study.seeds.adaptive:
        seeds = f"{study.seeds.least} to {study.seeds.most} seeds as needed"
    yield folded(f"{settings}{f' over {axes}' if axes else ''}; {seeds}", columns, first="  ")
    stages = ", ".join(f"{_total(some)} of {stage}" for stage, some in _by_stage(shares))
    yield folded(f"runs at least: {stages}", columns, first="  ")
    if not study.claims:
        yield "  no claims"
    yield from _claims(study, columns)


def explained(study: Study, shares: Sequence[Share], columns: int) -> Iterator[str]:
    """Yield a table of the runs that a study makes, and what each is for.

    Its numbers add up to those of a dry run.
    """
    yield folded(study.title, columns)
    yield from _claims(study, columns)
    for stage, of_stage in _by_stage(shares):
        for objective, rows in groupby(of_stage, key=lambda share: share.objective):
            head = STAGES[stage]
            if stage == "evaluation" and study.tuning is None:
                head = "evaluation, at the learning rates given"
            elif objective is not None:
                head = f"{head} {tuned_for(objective)}"
            yield ""
            yield folded(head, columns, rest="  ")
            for share in rows:
                yield folded(_row(share), columns, first=f"{share.runs:>8,}  ")
    yield ""
    for stage, of_stage in _by_stage(shares):
        yield f"{_total(of_stage):>8,}  runs of {stage}"


def _by_stage(shares: Sequence[Share]) -> list[tuple[str, list[Share]]]:
    return [(stage, list(some)) for stage, some in groupby(shares, key=lambda one: one.stage)]


def _total(shares: Sequence[Share]) -> int:
    return sum(share.runs for share in shares)


def _claims(study: Study, columns: int) -> Iterator[str]:
    for claim in study.claims:
        yield folded(claim.says, columns, first=f"  {claim.number}. ")


def _row(share: Share) -> str:
    """Write whose runs they are and what for: `relu, own_rate: claim 1`."""
    whose = " and ".join(
        arm_in_words(setting.labels) or "the one setting" for setting in share.settings
    )
    several = "s" * (len(share.claims) > 1)
    numbers = ", ".join(map(str, share.claims))
    why = f"claim{several} {numbers}" if numbers else "the curves of the report"
    told = f"{whose}: {why}" if whose else why
    if len(share.settings) > 1:
        told += ", one rate for all of them"
    return f"{told}, with {share.shared:,} that are counted above" if share.shared else told
