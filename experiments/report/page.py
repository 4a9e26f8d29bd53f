"""A study's report: the page, its figures and its tables, in one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from experiments import config, datasets
from experiments.analysis import targets
from experiments.analysis.claims import OUTCOMES, Verdict
from experiments.analysis.measures import READING
from experiments.analysis.results import Results
from experiments.analysis.summary import Summary, summarise
from experiments.analysis.tuning import RULE
from experiments.nn.schedule import total_updates, updates_per_epoch
from experiments.records import Setting, arm_in_words
from experiments.report import tables, words
from experiments.report.drawings import DRAWINGS, drawings
from experiments.report.panels import MOST_PANELS, panels
from experiments.report.provenance import provenance
from experiments.report.style import applied, save


@dataclass(frozen=True, slots=True)
class Report:
    """What was written, for the terminal."""

    page: Path
    verdicts: tuple[Verdict, ...]


def write(
    results: Results, folder: Path, update_times: Mapping[Setting, float] | None = None
) -> Report:
    """Write the report of a complete study into a folder, which is made if it is missing.

    Every file but provenance.json and clocks.csv is a function of the study and its runs alone:
    the same bytes each time. Files of an older report that this one does not have are removed.

    Args:
        results: of the study.
        folder: to write to.
        update_times: the seconds that one update of each setting takes, if they were measured.

    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = summarise(results)
    drawn = drawings(summary)
    written = tables.all_tables(summary)
    if summary.verdicts and update_times:
        written[tables.CLOCKS] = tables.clock_table(summary, update_times)
    for name in {*DRAWINGS, *tables.TABLES, tables.CLOCKS} - {*drawn, *written}:
        (folder / name).unlink(missing_ok=True)
    for name, table in written.items():
        tables.write(table, folder / name)
    _text(folder / "study.yaml", config.resolved(results.study))
    _text(folder / "provenance.json", provenance(results))
    page = folder / "report.md"
    _text(page, _page(summary, {*drawn, *written}, _arms(summary, written.get(tables.ARMS))))
    with applied():  # last, since drawing takes longest: the answer should not wait for it
        for name, draw in drawn.items():
            save(draw(), folder / name)
    return Report(page, tuple(summary.verdicts))


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _arms(summary: Summary, table: pd.DataFrame | None) -> list[dict]:
    """Return the rows of the table of arms, with names for its labels and targets."""
    if table is None:
        return []
    rows = table.to_dict("records")
    for row, reach in zip(rows, summary.reaches, strict=True):
        labels = reach.setting.setting.labels
        row["arm"] = arm_in_words(labels) or "all runs"
        row["goal"] = words.goal(reach.metric, reach.target)
    return rows


def _page(summary: Summary, files: set[str], arms: list[dict]) -> str:
    results, verdicts = summary.results, summary.verdicts
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
        "scientific": words.scientific,
        "cell": lambda text: str(text).replace("|", "\\|"),
    }
    study = results.study
    settings = study.settings
    shapes = [datasets.shape(s.data) for s in settings]
    return environment.get_template("report.md.j2").render(
        study=study,
        results=results,
        turns=[words.turn(turn) for turn in summary.turns],
        primary=next((claim.number for claim in study.claims if claim.primary), None),
        auto=targets.RULE if any(claim.auto for claim in study.claims) else "",
        taken={result.setting: result.rates for result in results.settings},
        claims=[(claim, list(rows)) for claim, rows in groupby(verdicts, lambda v: v.claim)],
        counts=lambda rows: Counter(v.outcome for v in rows).most_common(),
        summary=summary,
        arms=arms,
        files=files,
        level=words.level(study.confidence),
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
