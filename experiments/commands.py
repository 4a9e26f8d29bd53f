"""What the command line does with a study: run it, or tell what running it would do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from experiments import processes
from experiments.analysis.results import Results
from experiments.command_error import CommandError
from experiments.comparing.published import published_of, remark
from experiments.datasets import DataError
from experiments.execution.estimate import Forecast, forecast
from experiments.execution.expected import Nothing, shares
from experiments.execution.faults import why
from experiments.execution.loop import USUAL, Progress, Tell, Ways, complete
from experiments.execution.plan import plan
from experiments.execution.shards import Shard
from experiments.execution.store import NAME as STORE
from experiments.execution.store import Store, StoreError
from experiments.execution.timing import update_times
from experiments.plainly import told_plainly
from experiments.report import figure_files, page, scoreboard, terminal
from experiments.report.explaining import explained, validated
from experiments.report.made_from import record
from experiments.report.screen import width
from experiments.report.written import Written
from experiments.study import Study


@dataclass(frozen=True, slots=True)
class Trained:
    """A study that misses no run any more, or none of a shard."""

    study: Study  # as its config gave it
    results: Results | None  # None of a shard, as long as runs of others are missing
    runs: int  # that were trained
    asked: tuple[str, ...]  # the keys of all that was asked of the store


def run(
    study: Study,
    output: Path,
    jobs: int | None,
    *,
    quiet: bool = False,
    verbose: bool = False,
    formats: Collection[str] = figure_files.USUAL,
    ways: Ways = USUAL,
) -> bool:
    """Train what is missing, write the report and show the verdicts.

    Of a shard there is no report as long as runs of others are missing.

    Returns:
        Whether no run failed.

    Raises:
        CommandError: if the store, all runs or the report fails. What was trained is kept.

    """
    with terminal.Progress(study, quiet=quiet) as progress:
        if not quiet:
            terminal.note_few_seeds(study)
        trained = train(study, output, jobs, progress, tell=progress.tell, ways=ways)
    if trained.results is None:
        if not quiet:
            terminal.show_shard(trained.runs, output / STORE)
        return True
    report = write(trained, output, formats=formats, jobs=jobs)
    if not quiet:
        terminal.show(report, trained.runs, verbose=verbose)
    return not report.failed


@contextmanager
def ways_of(
    scheduler: str | None, shard: tuple[int, int] | None, retry_failed: bool
) -> Iterator[Ways]:
    """Return the ways of training that options ask for, as long as a cluster is needed.

    Args:
        scheduler: the address of that of a Dask cluster; None for this machine.
        shard: its number and their count; None for all runs.
        retry_failed: whether runs that failed are tried again.

    Raises:
        CommandError: if the cluster cannot be used.

    """
    part = None if shard is None else Shard(*shard)
    if scheduler is None:
        yield Ways(None, part, retry_failed)
        return
    try:
        from experiments.execution.backends.cluster import Cluster, ClusterError
    except ModuleNotFoundError as error:
        raise CommandError(
            f"--backend dask needs the package {error.name}: pip install -r "
            "requirements-cluster.txt"
        ) from error
    try:
        with closing(Cluster(scheduler)) as cluster:
            yield Ways(cluster, part, retry_failed)
    except ClusterError as error:
        raise CommandError(f"{error} What had finished is stored.") from error


def train(
    study: Study,
    output: Path,
    jobs: int | None,
    progress: Progress,
    *,
    tell: Tell = lambda _: None,
    ways: Ways = USUAL,
) -> Trained:
    """Train what is missing.

    Raises:
        CommandError: if the store or all runs fail. What was trained is kept.

    """
    with told_plainly(output):
        output.mkdir(parents=True, exist_ok=True)
        with Store(output / STORE) as store:
            results, runs = complete(study, store, jobs, progress, tell=tell, ways=ways)
            return Trained(study, results, runs, store.asked)


def write(
    trained: Trained,
    output: Path,
    *,
    formats: Collection[str] = figure_files.USUAL,
    jobs: int | None = None,
) -> Written:
    """Write the report of a study that was trained, and the scoreboard.

    Args:
        trained: the study.
        output: the folder that gets them.
        formats: of the figures, beside the report's own.
        jobs: worker processes that draw; None: as many as save time.

    Raises:
        CommandError: if the store or the report fails.

    """
    report = _write(trained, output, formats, jobs, measure=True)
    _list_reports(output)
    return report


def _write(
    trained: Trained, output: Path, formats: Collection[str], jobs: int | None, *, measure: bool
) -> Written:
    """Write the report alone; with `measure`, time updates where that is not stored."""
    results, folder = trained.results, output / trained.study.name
    with told_plainly(output), Store(output / STORE) as store:
        times = None
        if results.study.time_claims:
            times = update_times(results.study, store, measure=measure)
        keys = {*trained.asked, *store.asked}
        with page.in_place_of(folder) as written:
            remarked = partial(remark, folder=folder)
            report = page.write(results, written, times, remarked, formats, jobs)
            published = published_of(folder, written)
            record(written, report, trained.study, keys, store, published, formats)
        return replace(report, page=folder / report.page.name)


def reports(
    studies: Sequence[Study],
    output: Path,
    jobs: int | None = None,
    *,
    quiet: bool = False,
    verbose: bool = False,
    formats: Collection[str] = figure_files.USUAL,
) -> None:
    """Write the reports of studies whose runs are all stored again, and show their verdicts.

    Several are written side by side, a worker each, and shown in their order; the figures of a
    single one are. Nothing is trained and no time is measured: without stored times there is no
    clocks.csv.

    Args:
        studies: one or more.
        output: the folder with the store, which gets the reports.
        jobs: worker processes; None: one for each core.
        quiet: show nothing.
        verbose: show every verdict in a sentence, too.
        formats: of the figures, beside the reports' own.

    Raises:
        CommandError: if runs are missing, or the store or a report fails. The reports of the
            studies before it are written.

    """
    count = min(jobs or processes.cores(), len(studies))
    written = (_report(study, output, formats, jobs) for study in studies)
    if count > 1:
        written = processes.each(count, _report, [(study, output, formats, 1) for study in studies])
    try:
        for one in written:
            if not quiet:
                terminal.show(one, 0, verbose=verbose)
    except BaseException:
        with suppress(CommandError):  # what went wrong first is told
            _list_reports(output)
        raise
    finally:
        written.close()
    _list_reports(output)


def _list_reports(output: Path) -> None:
    with told_plainly(output):
        scoreboard.write(output)


def _report(study: Study, output: Path, formats: Collection[str], jobs: int | None) -> Written:
    with _opened(output) as store:
        known = plan(study, store)
        asked = store.asked
    if known.results is None:
        missing = len(known.missing)
        raise CommandError(
            f"{study.name}: {missing} run{'s are' if missing > 1 else ' is'} missing from "
            f"{output / STORE}, or more if searches go on or seeds are added, so that there is no "
            "report to write. Without --report they are trained."
        )
    trained = Trained(study, known.results, 0, asked)
    return _write(trained, output, formats, jobs, measure=False)


def validate(study: Study, path: Path) -> None:
    """Say that the config at a path is valid, and what it asks for; no data are read for it."""
    print(f"{path}: valid")
    for line in validated(study, shares(plan(study, Nothing())), width()):
        print(line)


def explain(study: Study, output: Path) -> None:
    """Print which runs a study makes, as far as can be told by now, and what each is for.

    Raises:
        CommandError: if the store or the data cannot be read.

    """
    with _opened(output) as store:
        known = plan(study, store)
    for line in explained(study, shares(known), width()):
        print(line)


@contextmanager
def _opened(output: Path) -> Iterator[Store]:
    """Open the store of a folder, or an empty one that is kept nowhere if there is none."""
    path = output / STORE
    try:
        with Store(path if path.exists() else ":memory:") as store:
            yield store
    except (StoreError, DataError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {why(error)}") from error


def dry_run(study: Study, output: Path, jobs: int | None) -> None:
    """Print what would run, what is stored already, and an estimate of the time.

    Raises:
        CommandError: if the store or the data cannot be read.

    """
    with _opened(output) as store:
        expected: Forecast = forecast(study, store, jobs)
    terminal.show_forecast(study, expected)
