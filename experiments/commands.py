"""What the command line does with a study: run it, or tell what running it would do."""

from __future__ import annotations

from pathlib import Path

from joblib.externals.loky.process_executor import TerminatedWorkerError

from experiments.datasets import DataError
from experiments.execution.estimate import Forecast, forecast
from experiments.execution.loop import complete
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
    try:
        output.mkdir(parents=True, exist_ok=True)
        with Store(output / STORE) as store:
            with terminal.Progress(study.title, quiet=quiet) as progress:
                if not quiet:
                    terminal.note_few_seeds(study)
                results, trained = complete(study, store, jobs, progress)
            times = update_times(study, store) if study.time_claims else None
        report = page.write(results, output / study.name, times)
        scoreboard.write(output)
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
    if not quiet:
        terminal.show(study, report, trained)


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
