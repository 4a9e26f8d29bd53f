"""From Python and notebooks: load a study, run it, and hold its results as frames and figures."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from tqdm import TqdmWarning, tqdm

from experiments import commands, config
from experiments.analysis.summary import Summary, summarise
from experiments.command_error import CommandError
from experiments.commands import Trained
from experiments.config import ConfigError
from experiments.report import tables
from experiments.report.answer_lines import in_full
from experiments.report.bars import Bars
from experiments.report.composing import compose
from experiments.report.drawings import Drawing, drawings
from experiments.report.headings import heading
from experiments.report.html import results_in_html
from experiments.report.model import Report
from experiments.report.sheets import PAGE
from experiments.report.style import applied
from experiments.report_folders import refused
from experiments.study import Study

__all__ = ["ConfigError", "Figures", "StudyResults", "load", "run"]

Config = str | Path | Mapping[str, Any]
"""A YAML file, or a mapping with the keys that such a file would have."""


def load(config: Config, *, overrides: Sequence[str] = (), name: str = "study") -> Study:
    """Read a config, and check it as the command line does; nothing is trained.

    Args:
        config: a file, after which the study is named, or a mapping.
        overrides: values to set on top of it, such as "training.epochs=5".
        name: of a study that is given as a mapping.

    Raises:
        ConfigError: everything that is wrong with it, a line each.

    """
    return _load(config, overrides, name)


def run(
    config: Config | Study,
    *,
    output: str | Path = "results",
    jobs: int | None = None,
    overrides: Sequence[str] = (),
    name: str = "study",
    quiet: bool = False,
) -> StudyResults:
    """Train what a study still needs, and return what was found.

    Args:
        config: a file, a mapping, or a study that was loaded; overrides and name are of the first
            two, as for `load`.
        output: the folder whose store has the finished runs, and gets those that are trained. The
            command line uses the same one, so that runs of either serve both.
        jobs: worker processes; by default one for each core, or none where the work is short.
        overrides: values to set on top of the config.
        name: of a study that is given as a mapping.
        quiet: show no progress.

    Raises:
        ConfigError: everything that is wrong with the config.
        CommandError: if no report could be written, before anything trains; or if the store or a
            run fails, and what was trained is kept.

    """
    study = config if isinstance(config, Study) else _load(config, overrides, name)
    if wrong := refused([study.name], Path(output)):
        raise CommandError("\n".join(wrong))
    with Bars(quiet=quiet, kind=_fitting_bar()) as progress:
        trained = commands.train(study, Path(output), jobs, progress)
    return StudyResults(trained, Path(output))


def _fitting_bar() -> type[tqdm]:
    """Return a notebook's own bar where one is running, a terminal's anywhere else."""
    with warnings.catch_warnings():  # without ipywidgets it is a bar of text, which is good enough
        warnings.simplefilter("ignore", TqdmWarning)
        from tqdm.auto import tqdm as fitting
    return fitting


def _load(given: Config, overrides: Sequence[str], name: str) -> Study:
    if isinstance(given, Mapping):
        return config.read(given, name, overrides)
    return config.load(given, overrides)


class Figures(Mapping[str, Figure]):
    """The figures of a report by name, such as "train_loss"; each is drawn when asked for."""

    def __init__(self, summary: Summary) -> None:
        self._drawings: dict[str, Drawing] = {
            name.removesuffix(".png"): draw for name, draw in drawings(summary).items()
        }
        self._drawn: dict[str, Figure] = {}
        self._sheet = replace(PAGE, heading=heading(summary.results))

    def __getitem__(self, name: str) -> Figure:
        """Return the figure of that name.

        Raises:
            KeyError: if the study has none; the message names those that it has.

        """
        if name not in self._drawings:
            raise KeyError(f"there is no figure {name!r}; there are {', '.join(self._drawings)}")
        if name not in self._drawn:
            with applied():
                self._drawn[name] = self._drawings[name](sheet=self._sheet)
        return self._drawn[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._drawings)

    def __len__(self) -> int:
        return len(self._drawings)


class StudyResults:
    """What a study found: the answers in words, frames and figures, those of its report.

    A notebook shows it as the answers, the table of verdicts and the main figure.

    Args:
        trained: the study.
        output: the folder that holds its runs, and may get its report.

    """

    def __init__(self, trained: Trained, output: Path) -> None:
        self.study = trained.results.study
        self._trained, self._results, self._output = trained, trained.results, output

    @cached_property
    def _summary(self) -> Summary:
        return summarise(self._results)

    @property
    def answers(self) -> str:
        """The verdict of each claim in words, or which arm came first, as the command line says."""
        return "\n".join(in_full(self._report))

    @cached_property
    def _report(self) -> Report:
        return compose(self._summary, drawings(self._summary).keys())

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row for each claim, condition and target: `verdicts.csv`."""
        return tables.verdict_table(self._summary.verdicts)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row for each evaluation run, those that diverged included: `runs.csv`."""
        return tables.run_table(self._results, self._summary.reaches)

    @cached_property
    def arms(self) -> pd.DataFrame:
        """One row for each setting and target of a claim, `arms.csv`; empty without any."""
        return tables.arm_table(self._summary)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row for each evaluation of each run: its labels, seed, update, epoch and metrics."""
        return tables.seed_curve_table(self._results)

    @cached_property
    def figures(self) -> Figures:
        """The figures of the report by name; each is drawn when asked for."""
        return Figures(self._summary)

    def write(self) -> Path:
        """Write the report into a folder of the study's name, as the command line does.

        Returns:
            The page, `report.md`.

        Raises:
            CommandError: if it cannot be written.

        """
        return commands.write(self._trained, self._output).page

    def __repr__(self) -> str:
        return f"{self.study.title}\n\n{self.answers or 'This study makes no claims.'}"

    def _repr_html_(self) -> str:
        main = next(iter(self.figures), None)
        picture = None if main is None else _png(self.figures[main])
        return results_in_html(self._report, self.verdicts, picture)


def _png(figure: Figure) -> str:
    """Return a figure as it stands in a page: PNG in base 64."""
    image = io.BytesIO()
    with applied():
        figure.savefig(image, format="png", dpi=100)
    return base64.b64encode(image.getvalue()).decode("ascii")
