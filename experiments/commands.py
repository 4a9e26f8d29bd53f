"""What the command line does with a study: run it, or tell what running it would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from joblib.externals.loky.process_executor import TerminatedWorkerError

from experiments.analysis.results import Results
from experiments.comparing.published import remark
from experiments.datasets import DataError
from experiments.execution.estimate import Forecast, forecast
from experiments.execution.loop import Progress, complete
from experiments.execution.store import Store, StoreError
from experiments.execution.timing import update_times
from experiments.report import page, scoreboard, terminal
from experiments.study import Study

STORE = "runs.sqlite"
"""The name of the database of finished runs, inside the output folder."""


class CommandError(Exception):
    """Something failed that is no mistake of the config; the message says what to do."""


def run(study: Study, output: Path, jobs: int | None, *, quiet: bool) -> None:
    """Train what is missing, write the report and show the verdicts.

    Raises:
        CommandError: if the store, a run or the report fails. What was trained is kept.

    """
    with terminal.Progress(study.title, quiet=quiet) as progress:
        if not quiet:
            terminal.note_few_seeds(study)
        results, trained = train(study, output, jobs, progress)
    report = write(results, output)
    if not quiet:
        terminal.show(study, report, trained)


def train(study: Study, output: Path, jobs: int | None, progress: Progress) -> tuple[Results, int]:
    """Train what is missing; return the study's results, and how many runs were trained.

    Raises:
        CommandError: if the store or a run fails. What was trained is kept.

    """
    with _told_plainly(output):
        output.mkdir(parents=True, exist_ok=True)
        with Store(output / STORE) as store:
            return complete(study, store, jobs, progress)


def write(results: Results, output: Path) -> page.Report:
    """Write the report of a study that was trained, and the scoreboard.

    Raises:
        CommandError: if the store or the report fails.

    """
    study = results.study
    with _told_plainly(output):
        with Store(output / STORE) as store:
            times = update_times(study, store) if study.time_claims else None
        report = page.write(results, output / study.name, times, remark)
        scoreboard.write(output)
        return report


@contextmanager
def _told_plainly(output: Path) -> Iterator[None]:
    """Say of whatever fails what can be done about it."""
    try:
        yield
    except (StoreError, DataError) as error:
        raise CommandError(str(error)) from error
    except TerminatedWorkerError as error:
        raise CommandError(
            "a worker process was ended from outside, most often for want of memory. The runs that "
            "had finished are stored; try again with a smaller --jobs."
        ) from error
    except MemoryError as error:
        raise CommandError(
            "the memory does not suffice for these networks and data. The runs that had finished "
            "are stored; try a smaller width, data set or --jobs."
        ) from error
    except OSError as error:
        raise CommandError(
            f"{error.filename or output}: cannot be written ({error.strerror or error}). Choose "
            "another folder with --output."
        ) from error


def dry_run(study: Study, output: Path, jobs: int | None) -> None:
    """Print what would run, what is stored already, and an estimate of the time.

    Raises:
        CommandError: if the store or the data cannot be read.

    """
    path = output / STORE
    try:
        with Store(path if path.exists() else ":memory:") as store:
            expected: Forecast = forecast(study, store, jobs)
    except (StoreError, DataError) as error:
        raise CommandError(str(error)) from error
    terminal.show_forecast(study, expected)
