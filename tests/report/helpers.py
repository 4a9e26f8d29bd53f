"""What tests of reports share."""

from functools import partial

from experiments.analysis.summary import summarise
from experiments.report import made_from, page
from experiments.report.composing import compose
from experiments.report.rendering import render

write = partial(page.write, formats=("png",))
"""Write a report without the figures for papers, which take longer than all the rest."""


def write_over(results, folder, **options):
    """Write a report in the place of the one in a folder, as the command does."""
    with page.in_place_of(folder) as written:
        page.write(results, written, **options)
        (written / made_from.NAME).write_text("{}\n")


def report_of(results, files=()):
    """The report of results as a record; of figures and tables it has those that are named."""
    return compose(summarise(results), files)


def whole_text(results, folder):
    """All text of the report in a folder, which the page for a browser has in parts."""
    report = report_of(results, {path.name for path in folder.iterdir()})
    return render("whole.md.j2", report=report)
