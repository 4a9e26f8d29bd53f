"""What the terminal shows: progress on stderr, verdicts and forecasts on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from experiments.analysis.enough import shortage
from experiments.analysis.verdicts import Verdict
from experiments.execution.estimate import Forecast
from experiments.report import words
from experiments.report.bars import Bars
from experiments.report.page import Report
from experiments.study import Study


class Progress:
    """A bar on a terminal, a plain line every tenth of the way anywhere else.

    Args:
        title: of the study.
        quiet: show nothing.

    """

    def __init__(self, title: str, *, quiet: bool) -> None:
        self._title, self._quiet = title, quiet
        self._bars = Bars(quiet=quiet)
        self._told: tuple[str, int] | None = None

    def __call__(self, stage: str, ended: int, total: int) -> None:
        """Show that `ended` of the `total` runs of a stage have ended."""
        if self._quiet:
            return
        if not sys.stderr.isatty():
            tenth = (stage, 10 * ended // total)
            if tenth != self._told:
                print(f"{stage}: {ended} of {total} runs", file=sys.stderr, flush=True)
            self._told = tenth
            return
        self._bars(stage, ended, total)

    def __enter__(self) -> Progress:
        if not self._quiet:
            print(self._title, file=sys.stderr, flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.close()


def show(study: Study, report: Report, trained: int) -> None:
    """Print the verdicts and where the report lies."""
    for line in answers(report.verdicts):
        print(line)
    for line in report.lines:
        print(f"\n{line}")
    if report.remark:
        print(f"\n{report.remark}")
    stored = "every run was stored already" if not trained else f"{trained} runs trained"
    print(f"\n{stored}; report: {report.page}")


def answers(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the verdicts as lines, each claim with what was found of it."""
    number = None
    for verdict in verdicts:
        if verdict.claim.number != number:
            number = verdict.claim.number
            yield f"\n{number}. {verdict.claim.says}"
        judged = words.judged(verdict)
        yield f"   {verdict.outcome:<14} {judged}{', ' if judged else ''}{words.sentence(verdict)}"


def note_few_seeds(study: Study) -> None:
    """Say on stderr that a study has too few seeds to decide any of its claims, if it has."""
    if short := shortage(study):
        print(f"note: {short}", file=sys.stderr)


def show_forecast(study: Study, forecast: Forecast) -> None:
    """Print what a dry run found."""
    print(study.title)
    note_few_seeds(study)
    if forecast.pilot_runs:
        print(f"  pilot:      {forecast.pilot_runs} runs, {forecast.pilot_stored} stored")
    if forecast.tuning_runs:
        print(f"  tuning:     {forecast.tuning_runs} runs, {forecast.tuning_stored} stored")
    later = "" if forecast.rates_chosen else " (learning rates still to be chosen)"
    print(
        f"  evaluation: {forecast.evaluation_runs} runs, {forecast.evaluation_stored} stored{later}"
    )
    jobs = f"{forecast.jobs} job{'s' * (forecast.jobs > 1)}"
    print(f"  about {duration(forecast.seconds)} with {jobs}")
    if forecast.most_runs > forecast.tuning_runs + forecast.evaluation_runs:
        grow = ["every search goes on for as long as it may"] * (forecast.tuning_runs > 0)
        grow += [f"seeds are added up to {study.seeds.most}"] * study.seeds.adaptive
        print(
            f"  at most {forecast.most_runs} runs and about {duration(forecast.most_seconds)}, if "
            + " and ".join(grow)
        )


def duration(seconds: float) -> str:
    """Write a duration as a person would: `40 s`, `3 min`, `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
