"""A study's report: the page, its figures and its tables, in one folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
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
from experiments.report.panels import MOST_PANELS, panels
from experiments.report.provenance import provenance
from experiments.report.rendering import render
from experiments.report.verdict_rows import read_verdicts
from experiments.report.web import page as web
from experiments.report.written import FOR_BROWSER, PAGE, Written
from experiments.study import Setting


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
    the same bytes each time. Files of an older report that this one does not have are removed.

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
    more = [path.name for path in folder.glob(MORE_MAPS)]
    kept = {file for name in drawn for file, _ in figure_files.places(name, formats)}
    for_papers = paper_tables.all_files(summary)
    kept |= for_papers.keys()
    known = {
        *figure_files.all_places({*DRAWINGS, *more}), *tables.TABLES, tables.CLOCKS,
        *paper_tables.FILES,
    }  # fmt: skip
    for name in known - kept - {*written}:
        (folder / name).unlink(missing_ok=True)
    for name, table in written.items():
        tables.write(table, folder / name)
    for name, text in for_papers.items():
        _text(folder / name, text)
    _remove_if_empty(folder / paper_tables.FOLDER)
    _remove_if_empty(folder / figure_files.FOLDER)
    _text(folder / "study.yaml", config.resolved(results.study))
    _text(folder / "provenance.json", provenance(results))
    page = folder / PAGE
    remarked = remark(folder)
    files = {*drawn, *written, *_folders(kept)}
    report = compose(summary, files, remarked)
    _text(page, render("report.md.j2", report=report))
    whole = render("whole.md.j2", report=report)
    _text(folder / FOR_BROWSER, web.page(report, summary, whole, update_times or {}))
    # Last, since drawing takes longest: the answer should not wait for it.
    count = min(len(panels(results.study)), MOST_PANELS)
    figure_files.write(drawn, folder, heading(results), formats, jobs, count)
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


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
