"""A study's report: the page, its figures and its tables, in one folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from experiments import config
from experiments.analysis.results import Results
from experiments.analysis.summary import summarise
from experiments.clocks import UpdateTime
from experiments.report import figure_files, paper_tables, tables
from experiments.report.answer_lines import in_full, in_short
from experiments.report.composing import compose
from experiments.report.drawings import DRAWINGS, MORE_MAPS, drawings
from experiments.report.headings import heading
from experiments.report.made_from import NAME as MADE_FROM
from experiments.report.panels import MOST_PANELS, panels
from experiments.report.provenance import provenance
from experiments.report.rendering import render
from experiments.report.verdict_rows import read_verdicts
from experiments.report.web import page as web
from experiments.report.written import FOR_BROWSER, PAGE, Written
from experiments.study import Setting
from experiments.whole_files import whole, write_text


def write(
    results: Results,
    folder: Path,
    update_times: Mapping[Setting, UpdateTime] | None = None,
    remark: Callable[[Path], str] = lambda _: "",
    formats: Collection[str] = figure_files.USUAL,
    jobs: int | None = 1,
) -> Written:
    """Write the report of a complete study into a folder, which is made if it is missing.

    Every file but provenance.json and clocks.csv is a function of the study and its runs alone:
    the same bytes each time. See `in_place_of` for a folder that has a report.

    Args:
        results: of the study.
        folder: to write to.
        update_times: what one update of each setting takes, if that was measured.
        remark: says of the folder, once it has the verdicts and where the runs were trained, what
            the page is to remark of them; an empty text is left out.
        formats: of the figures, beside the PNG files of the page itself.
        jobs: worker processes that draw; None: as many as save time.

    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = summarise(results)
    drawn = drawings(summary)
    written = tables.all_tables(summary)
    tuning = results.study.tuning
    # An update of one arm has one cost only where no other value of a parameter was searched for.
    if summary.time_verdicts and update_times and not (tuning and tuning.second):
        written[tables.CLOCKS] = tables.clock_table(summary, update_times)
    kept = {file for name in drawn for file, _ in figure_files.places(name, formats)}
    for_papers = paper_tables.all_files(summary)
    kept |= for_papers.keys()
    for name, table in written.items():
        tables.write(table, folder / name)
    for name, text in for_papers.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_text(folder / name, text)
    write_text(folder / "study.yaml", config.resolved(results.study))
    write_text(folder / "provenance.json", provenance(results))
    count = min(len(panels(results.study)), MOST_PANELS)
    figure_files.write(drawn, folder, heading(results), formats, jobs, count)
    page = folder / PAGE
    remarked = remark(folder)
    files = {*drawn, *written, *_folders(kept)}
    report = compose(summary, files, remarked)
    write_text(page, render("report.md.j2", report=report))
    whole = render("whole.md.j2", report=report)
    write_text(folder / FOR_BROWSER, web.page(report, summary, whole, update_times or {}))
    return Written(
        page,
        read_verdicts(folder),
        tuple(in_full(report)),
        tuple(in_short(report)),
        remarked,
        (*sorted(kept), *written, "study.yaml", "provenance.json", PAGE, FOR_BROWSER),
        report.runs.failed,
    )


def _folders(files: Iterable[str]) -> set[str]:
    """Return the folders that files lie in, but for the report's own."""
    return {name.partition("/")[0] for name in files if "/" in name}


def in_place_of(folder: Path) -> AbstractContextManager[Path]:
    """Yield where to write a report and its record, which then take the place of a folder's.

    Either all of them do or, if anything is raised before, none. Files of an older report that the
    new one does not have are removed; what else lies in the folder stays.

    Args:
        folder: of the report, made if it is missing.

    Raises:
        HeldError: if another process puts files there all the time.
        OSError: if a file cannot be written; it names the place where it was to go.

    """
    return whole(folder, (PAGE, FOR_BROWSER, MADE_FROM), partial(known_files, folder))


def known_files(folder: Path) -> set[str]:
    """Return the names of all files that a report in a folder may have beside its pages."""
    more = [path.name for path in folder.glob(MORE_MAPS)]
    return {
        *figure_files.all_places({*DRAWINGS, *more}), *tables.TABLES, tables.CLOCKS,
        *paper_tables.FILES,
    }  # fmt: skip
