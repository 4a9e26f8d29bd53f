"""A study's report: the page, its figures and its tables, in one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from experiments import config, datasets
from experiments.analysis.claims import OUTCOMES, Verdict, judge
from experiments.analysis.measures import READING
from experiments.analysis.results import Results
from experiments.analysis.summaries import Curve, Reach, curves, reaches
from experiments.analysis.tuning import RULE
from experiments.nn.schedule import total_updates, updates_per_epoch
from experiments.records import arm_in_words
from experiments.report import figures, tables, words
from experiments.report.panels import MOST_PANELS, panels
from experiments.report.provenance import provenance
from experiments.report.style import applied, save

SOMETIMES = ("verdicts.png", "updates_to_target.png", "never_arrived.png", "test_loss.png",
             "tuning.png", "tuning.csv")  # fmt: skip
"""Files that not every report has: an older report's must not stay beside a new page."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was written, for the terminal."""

    page: Path
    verdicts: tuple[Verdict, ...]


def write(results: Results, folder: Path) -> Report:
    """Write the report of a complete study into a folder, which is made if it is missing.

    Every file but provenance.json is a function of the study and its runs alone: the same bytes
    each time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in SOMETIMES:
        (folder / name).unlink(missing_ok=True)
    study, verdicts = results.study, judge(results)
    found, arrived = curves(results), reaches(results)
    drawings = _drawings(results, verdicts, found, arrived)

    tables.write(tables.verdict_table(verdicts), folder / "verdicts.csv")
    tables.write(tables.curve_table(found), folder / "curves.csv")
    tables.write(tables.run_table(results, arrived), folder / "runs.csv")
    if results.tuned:
        tables.write(tables.tuning_table(results), folder / "tuning.csv")
    _text(folder / "study.yaml", config.resolved(study))
    _text(folder / "provenance.json", provenance(results))
    page = folder / "report.md"
    _text(page, _page(results, verdicts, set(drawings)))
    with applied():  # last, since drawing takes longest: the answer should not wait for it
        for name, draw in drawings.items():
            save(draw(), folder / name)
    return Report(page, tuple(verdicts))


def _drawings(
    results: Results, verdicts: Sequence[Verdict], found: list[Curve], arrived: list[Reach]
) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of the report, by the name of its file."""
    study = results.study
    drawings = {"train_loss.png": partial(figures.loss_curves, study, found, "train_loss")}
    if any(curve.metric == "test_loss" for curve in found):
        drawings["test_loss.png"] = partial(figures.loss_curves, study, found, "test_loss")
    if verdicts:
        drawings["verdicts.png"] = partial(figures.ratios, verdicts)
        drawings["updates_to_target.png"] = partial(figures.updates_to_target, study, arrived)
        drawings["never_arrived.png"] = partial(figures.never_arrived, study, arrived)
    if results.tuned:
        drawings["tuning.png"] = partial(figures.tuning_grid, study, results.tuned)
    return drawings


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _page(results: Results, verdicts: Sequence[Verdict], drawn: set[str]) -> str:
    environment = Environment(
        loader=PackageLoader("experiments.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": words.number,
        "arm": arm_in_words,
        "cell": lambda text: str(text).replace("|", "\\|"),
    }
    study = results.study
    settings = study.settings
    shapes = [datasets.shape(s.data) for s in settings]
    return environment.get_template("report.md.j2").render(
        study=study,
        results=results,
        claims=[(claim, list(rows)) for claim, rows in groupby(verdicts, lambda v: v.claim)],
        counts=lambda rows: Counter(v.outcome for v in rows).most_common(),
        drawn=drawn,
        words=words,
        outcomes=OUTCOMES,
        reading=READING,
        tuning_rule=RULE,
        hidden_panels=max(0, len(panels(study)) - MOST_PANELS),
        failed=[result for result in results.settings if result.diverged],
        edges=[t for t in results.tuned if t.at_low_edge or t.at_high_edge],
        shapes=list(dict.fromkeys(zip((s.data.name for s in settings), shapes, strict=True))),
        updates=sorted(
            {
                (total_updates(s.training, shape), updates_per_epoch(s.training, shape))
                for s, shape in zip(settings, shapes, strict=True)
            }
        ),
        evaluations=sorted({len(t.updates) for r in results.settings for t in r.traces}),
    )
