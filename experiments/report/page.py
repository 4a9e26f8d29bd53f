"""A study's report: the page, its figures and its tables, in one folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import config, datasets
from experiments.analysis import targets
from experiments.analysis.measures import STEP
from experiments.analysis.pooling import RULE as POOLING_RULE
from experiments.analysis.reasons import RULE as REASONS_RULE
from experiments.analysis.results import Results
from experiments.analysis.standings import RULE as STANDINGS_RULE
from experiments.analysis.summary import Summary, summarise
from experiments.analysis.tuning import RULE, SearchSpace, as_read
from experiments.analysis.verdicts import OUTCOMES, Verdict
from experiments.clocks import UpdateTime
from experiments.hitting_times import READING
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.schedule import SELDOM, examples_read, total_updates, updates_per_epoch
from experiments.report import figure_files, paper_tables, tables, words
from experiments.report.answers import answers
from experiments.report.drawings import DRAWINGS, MORE_MAPS, drawings, map_names
from experiments.report.headings import heading
from experiments.report.headlines import headline
from experiments.report.layer_figures import expected_by_theory
from experiments.report.objectives import objectives, tuned_for
from experiments.report.panels import MOST_PANELS, panels
from experiments.report.provenance import provenance
from experiments.report.reasons import reason, told_apart
from experiments.report.rendering import render
from experiments.report.verdict_rows import read_verdicts
from experiments.report.web import page as web
from experiments.report.web.first_screen import first_answers
from experiments.report.written import PAGE, Report
from experiments.study import Setting, chosen_by, split_protocol

MOST_LINES = 6
"""So many conditions of a study without claims are told in a sentence each; tables have all."""


def write(
    results: Results,
    folder: Path,
    update_times: Mapping[Setting, UpdateTime] | None = None,
    remark: Callable[[Path], str] = lambda _: "",
    formats: Collection[str] = figure_files.USUAL,
    jobs: int | None = 1,
) -> Report:
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
    content = _content(summary, files, _arms(summary, written.get(tables.ARMS)), remarked)
    _text(page, render("report.md.j2", **content))
    first = first_answers(summary.verdicts, standing_lines(summary))
    whole = render("whole.md.j2", **content)
    _text(folder / web.PAGE, web.page(summary, whole, first, update_times or {}))
    # Last, since drawing takes longest: the answer should not wait for it.
    count = min(len(panels(results.study)), MOST_PANELS)
    figure_files.write(drawn, folder, heading(results), formats, jobs, count)
    return Report(
        page,
        read_verdicts(folder),
        tuple(answers(summary.verdicts, results.study.confidence)),
        tuple(one.in_a_line for one in first),
        remarked,
        (*sorted(kept), *written, "study.yaml", "provenance.json", PAGE, web.PAGE),
    )


def whole_text(results: Results, folder: Path) -> str:
    """Return the whole report of a study in Markdown: what its page for a browser shows as text.

    Args:
        results: of the study.
        folder: with the files of its report.

    """
    summary = summarise(results)
    files = {path.name for path in folder.iterdir()}
    arms = _arms(summary, tables.arm_table(summary) if summary.reaches else None)
    return render("whole.md.j2", **_content(summary, files, arms, remark=""))


def _folders(files: Iterable[str]) -> set[str]:
    """Return the folders that files lie in, but for the report's own."""
    return {name.partition("/")[0] for name in files if "/" in name}


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _comparisons(summary: Summary) -> int:
    """Return how many comparisons there are, those of all protocols counted as one."""
    return len({(v.claim, v.target, split_protocol(v.condition)[1]) for v in summary.verdicts})


def _theories(summary: Summary) -> set[str]:
    """Return the diagnostics beside which a formula is drawn or told."""
    drawn = {p.name for p in summary.layer_profiles if expected_by_theory(p) is not None}
    return drawn | {v.claim.measure.name for v in summary.measure_verdicts if v.theory is not None}


def _arms(summary: Summary, table: pd.DataFrame | None) -> list[dict]:
    """Return the rows of the table of arms, with names for its labels and targets."""
    if table is None:
        return []
    rows = table.to_dict("records")
    for row, reach in zip(rows, summary.reaches, strict=True):
        labels = reach.setting.setting.labels
        row["arm"] = words.arm(labels) or "all runs"
        row["goal"] = words.goal(reach.metric, reach.target)
    return rows


def standing_lines(summary: Summary) -> tuple[str, ...]:
    """Return what a study without claims says of its arms, condition by condition."""
    if summary.results.study.claims:
        return ()
    shown = summary.standings[:MOST_LINES]
    return tuple(words.standing(one) for one in shown)


def _told(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts that are told in a sentence each."""
    claims = groupby(verdicts, lambda verdict: verdict.claim)
    return [verdict for _, rows in claims for verdict in words.shown(list(rows))]


def _rates(summary: Summary) -> list[dict]:
    """Return the rows of the table of learning rates."""
    return [
        {
            "arm": words.arm(tuned.setting.labels) or "all runs",
            "init": " or ".join(dict.fromkeys(one.network.init for one in tuned.setting.each)),
            "taken": words.rates(tuned.taken),
            "values": words.values(tuned.values),
            "updates": tuned.updates,
            "loss": tuned.last_loss,
            "measured": as_read(summary.results.study.objective, tuned.measured),
        }
        for tuned, _ in summary.searches
    ]


MAIN_FIGURES = {
    "map.png": "The ratio under every condition",
    "verdicts.png": "Ratio of times with its interval, for each claim and target",
    "ratio_by_target.png": "The ratio over the target",
    "measures.png": "Measures with their intervals",
    "train_loss.png": "Training loss over updates",
    "layers.png": "Diagnostics over the layers",
    "functions.png": "The activation functions and their slopes",
    "test_loss.png": "Test loss over updates",
}
"""The figures that may carry a report, and what each shows; the first three that there are do."""


def _content(summary: Summary, files: set[str], arms: list[dict], remark: str) -> dict[str, Any]:
    """Return what the texts of a report are made of."""
    results, verdicts = summary.results, summary.verdicts
    study = results.study
    settings = study.settings
    shapes = [datasets.shape(s.data) for s in settings]
    return {
        "main_figures": [one for one in MAIN_FIGURES.items() if one[0] in files][:3],
        "study": study,
        "remark": remark,
        "results": results,
        "turns": words.turns(summary.turns, _comparisons(summary)),
        "time_verdicts": summary.time_verdicts,
        "placed": any(map(words.place, summary.time_verdicts)),
        "clocks": list(dict.fromkeys(v.claim.clock for v in summary.time_verdicts)),
        "pooled": POOLING_RULE if any(claim.pooled for claim in study.claims) else "",
        "article": study.article,
        "reason": reason,
        "reasoned": any(map(told_apart, verdicts)),
        "headline": headline,
        "fine_print": partial(words.fine_print, confidence=study.confidence),
        "peeking": words.peeking(_told(verdicts)),
        "pair": words.pair_of(summary.time_verdicts),
        "extremes": words.extremes,
        "against": words.against,
        "learning": words.learning(results),
        "read": [DIAGNOSTICS[name] for name in settings[0].diagnostics],
        "theories": _theories(summary),
        "maps": [
            (claim, counts, map_names(summary.map_counts)[claim])
            for claim, counts in summary.map_counts.items()
        ],
        "standing_lines": standing_lines(summary),
        "standings_rule": STANDINGS_RULE,
        "median_updates": {
            (r.setting.setting, (r.metric, r.target)): r.median for r in summary.reaches
        },
        "step": STEP if any(v.claim.measure.over for v in summary.measure_verdicts) else "",
        "reasons_rule": REASONS_RULE,
        "primary": next((claim.number for claim in study.claims if claim.primary), None),
        "auto": targets.RULE if any(claim.auto for claim in study.time_claims) else "",
        "first_rates": SearchSpace.first(study.tuning).rates if study.tuning else (),
        "rate_rows": _rates(summary),
        "claims": [(claim, list(rows)) for claim, rows in groupby(verdicts, lambda v: v.claim)],
        "summary": summary,
        "arms": arms,
        "files": files,
        "level": words.level(study.confidence),
        "words": words,
        "outcomes": OUTCOMES,
        "reading": READING,
        "tuning_rule": RULE,
        "objectives": objectives(study),
        "tuned_for": tuned_for(study.objective),
        "second": study.tuning.second if study.tuning else None,
        "measured": words.METRIC_WORDS.get(study.objective.metric, ""),
        "held_out": any(chosen_by(n.claim.metric) != n.claim.metric for n in summary.neighbours),
        "hidden_panels": max(0, len(panels(study)) - MOST_PANELS),
        "failed": [result for result in results.settings if result.diverged],
        "edges": [t for t in results.tuned if t.at_edge],
        "shapes": list(dict.fromkeys(zip((s.data.name for s in settings), shapes, strict=True))),
        "read_data": [
            (data.name, said)
            for data in dict.fromkeys(s.data for s in settings)
            if (said := datasets.told(data))
        ],
        "updates": sorted(
            {
                (total_updates(s.training, shape), updates_per_epoch(s.training, shape))
                for s, shape in zip(settings, shapes, strict=True)
                if s.training.epochs > 0
            }
        ),
        "evaluations": sorted({len(t.updates) for r in results.settings for t in r.traces}),
        "seldom": SELDOM,
        "examples_read": sorted(
            {
                examples_read(s.evaluation, s.training, shape)
                for s, shape in zip(settings, shapes, strict=True)
            }
        ),
        "read_seldom": [
            split
            for split in ("validation", "test")
            if split not in settings[0].evaluation.often
            and any(getattr(shape, split) for shape in shapes)
        ],
    }
