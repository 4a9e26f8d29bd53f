"""The files that figures are written to: for the report's page, and for a paper."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from experiments import processes
from experiments.report.drawings import Drawing
from experiments.report.sheets import COLUMN, PAGE, Sheet
from experiments.report.style import applied
from experiments.whole_files import write as write_file

FOLDER = "figures"
"""The folder, in that of a report, with the files for a paper."""

FORMATS = ("png", "svg", "pdf")
"""What figures may be written as. The report's own are PNG, whatever else there is."""

USUAL = ("png", "svg")

_NOTHING: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
"""What else would be written into a file, such as when it was."""

_FINE = 300
"""Dots per inch of the pictures inside of an SVG or a PDF."""

Place = tuple[str, Sheet]
"""The file, relative to the report's folder, and what its figure is drawn for."""


def places(name: str, formats: Collection[str]) -> Iterator[Place]:
    """Yield where a figure goes: the report's own, then each format in both widths of a page.

    Args:
        name: of the report's own, such as "train_loss.png".
        formats: of FORMATS.

    """
    yield name, PAGE
    stem = name.removesuffix(".png")
    for sheet, ending in ((PAGE, ""), (COLUMN, "_column")):
        for kind in sorted(set(formats) - {"png"}):
            yield f"{FOLDER}/{stem}{ending}.{kind}", sheet


def all_places(names: Collection[str]) -> set[str]:
    """Return every file that figures of these names may have, whatever the formats."""
    return {file for name in names for file, _ in places(name, FORMATS)}


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the path's ending; the bytes depend on the figure alone."""
    kind = path.suffix[1:]
    dots = {} if kind == "png" else {"dpi": _FINE}
    content = io.BytesIO()
    figure.savefig(content, format=kind, metadata=_NOTHING[kind], **dots)
    write_file(path, content.getvalue())


WORTH_WORKERS = 60
"""From how many panels on workers are started unasked: they take some seconds to start."""


def write(
    drawn: Mapping[str, Drawing],
    folder: Path,
    heading: str,
    formats: Collection[str] = USUAL,
    jobs: int | None = 1,
    panels: int = 1,
) -> None:
    """Write figures in all their places, side by side where that saves time.

    Args:
        drawn: what draws each figure, by the name of the report's own.
        folder: of the report.
        heading: what stands above each figure.
        formats: of FORMATS.
        jobs: worker processes; 1 is this process. None: one for each core, if the panels of all
            figures are WORTH_WORKERS.
        panels: about how many a figure has.

    """
    count = workers(len(drawn), panels, jobs)
    if count == 1:
        _write_some(drawn, folder, heading, formats)
        return
    # What figures share, such as all runs, goes to a worker once.
    names = list(drawn)
    shares = [{name: drawn[name] for name in names[start::count]} for start in range(count)]
    list(processes.each(count, _write_some, [(one, folder, heading, formats) for one in shares]))


def workers(figures: int, panels: int, jobs: int | None) -> int:
    """Return how many processes draw so many figures of so many panels; 1 is this one."""
    if jobs is None:
        jobs = processes.cores() if figures * panels >= WORTH_WORKERS else 1
    return max(1, min(jobs, figures))


def _write_some(
    drawn: Mapping[str, Drawing], folder: Path, heading: str, formats: Collection[str]
) -> None:
    for name, draw in drawn.items():
        write_one(name, draw, folder, heading, formats)


def write_one(
    name: str, draw: Drawing, folder: Path, heading: str, formats: Collection[str]
) -> None:
    """Write one figure in all its places."""
    by_sheet: dict[Sheet, list[str]] = {}
    for file, sheet in places(name, formats):
        by_sheet.setdefault(sheet, []).append(file)
    for sheet, files in by_sheet.items():
        with applied(sheet):
            figure = draw(sheet=replace(sheet, heading=heading))
            # Laid out once and not for each file: that takes as long as drawing.
            figure.get_layout_engine().execute(figure)
            figure.set_layout_engine("none")
            for file in files:
                (folder / file).parent.mkdir(exist_ok=True)
                save(figure, folder / file)
