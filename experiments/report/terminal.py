"""What the terminal shows: progress on stderr, verdicts and forecasts on stdout."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from experiments.analysis.enough import shortage
from experiments.execution.stages import TUNING, WAITING
from experiments.records import METRIC_WORDS
from experiments.report import words
from experiments.report.bars import Bars
from experiments.report.screen import coloured, folded, width
from experiments.report.verdict_lines import verdict_lines
from experiments.report.written import FOR_BROWSER, Written
from experiments.study import Study

if TYPE_CHECKING:
    from experiments.execution.estimate import Forecast


class Stages:
    """A bar on a terminal, a plain line every tenth of the way anywhere else.

    Args:
        quiet: show nothing.

    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bars = Bars(quiet=quiet)
        self._told: tuple[str, int] | None = None
        self._started = 0.0

    def __call__(self, stage: str, ended: int, total: int) -> None:
        """Show that `ended` of the `total` runs of a stage have ended."""
        if self._quiet:
            return
        if sys.stderr.isatty():
            self._bars(stage, ended, total)
            return
        now = time.monotonic()
        self._started = self._started if ended else now
        tenth = (stage, 10 * ended // total if total else 10)
        if tenth != self._told:
            self._say(f"{stage}: {ended} of {total} runs{self._left(now, ended, total)}")
        self._told = tenth

    def _left(self, now: float, ended: int, total: int) -> str:
        """Tell about how long the rest of the stage takes, at the speed so far."""
        if not 0 < ended < total:
            return ""
        seconds = (now - self._started) * (total - ended) / ended
        return f", about {duration(seconds)} left"

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.close()


class Progress(Stages):
    """The stages of a study; before the first search, what learning rates are searched for.

    Args:
        study: that is trained.
        quiet: show nothing.

    """

    def __init__(self, study: Study, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._study = study
        self._searching = False
        self._reasons: set[str] = set()

    def tell(self, reason: str) -> None:
        """Say why runs failed that will be tried again; each reason once."""
        if not self._quiet and reason not in self._reasons:
            self._reasons.add(reason)
            self._bars.close()
            self._say(f"some runs failed, and are tried again one by one at the end: {reason}")

    def __call__(self, stage: str, ended: int, total: int) -> None:
        """Show that `ended` of the `total` runs of a stage have ended."""
        if self._quiet:
            return
        if stage == WAITING:
            self._bars.close()
            self._say(f"waiting for another command, which trains {total} of these runs")
            return
        if stage == TUNING and not self._searching:
            self._searching = True
            self._bars.close()
            self._say(f"searching learning rates for: {searched_for(self._study)}")
        super().__call__(stage, ended, total)

    def __enter__(self) -> Self:
        if not self._quiet:
            self._say(self._study.title)
        return self


def searched_for(study: Study) -> str:
    """Name what the rates of a study are searched for: `training loss 0.25 and 0.4`."""
    told = {}
    for objective in (study.objective, *(study.objective_of(claim) for claim in study.claims)):
        aim = objective.aim
        if aim.goals:
            targets = " and ".join(words.number(target) for _, target in aim.goals)
            told[aim] = f"{METRIC_WORDS[aim.goals[0][0]]} {targets}"
        elif any(claim.auto for claim in study.time_claims):
            told[aim] = "the targets that pilot runs set"
        else:
            told[aim] = f"the best {METRIC_WORDS[aim.metric or 'train_loss']}"
    return "; ".join(dict.fromkeys(told.values()))


def show(report: Written, trained: int, *, verbose: bool = False) -> None:
    """Print the verdicts as a table, and where the report lies.

    Args:
        report: that was written.
        trained: how many runs were trained for it.
        verbose: show every verdict in a sentence, too.

    """
    told = report.in_full if verbose and report.verdicts else map(_folded, report.in_short)
    for line in told:
        print(line)
    print()
    for line in verdict_lines(report.verdicts, width(), colours=coloured()):
        print(line)
    if report.remark:
        print(f"\n{folded(report.remark, width())}")
    if report.failed:
        print(f"\n{folded(report.failed, width())}")
        print("The same command with --retry-failed tries them again.")
    stored = "every run was stored already" if not trained else f"{trained} runs trained"
    print(f"\n{stored}; report: {report.page.with_name(FOR_BROWSER)}")


def show_shard(trained: int, store: Path) -> None:
    """Say that a shard is trained, and what to do with it."""
    print(
        f"{trained} run{'s' * (trained != 1)} trained, into {store}. Runs of other shards are "
        "missing: take them over with --merge, and run the study without --shard."
    )


def _folded(line: str) -> str:
    return folded(line, width())


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
