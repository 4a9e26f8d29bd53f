"""A study's report as one page for a browser, which works offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from markupsafe import Markup

from experiments.analysis.summary import Summary
from experiments.clocks import UpdateTime
from experiments.records import METRIC_WORDS
from experiments.report.drawings import map_names
from experiments.report.looks_of_arms import look
from experiments.report.model import Report
from experiments.report.rendering import part, render_html
from experiments.report.web import specs
from experiments.report.web.glossary import glossary
from experiments.report.web.levels import levels
from experiments.report.web.markdown import sections
from experiments.report.web.series import Table, all_series
from experiments.report.web.specs import Chart
from experiments.study import Setting

SCRIPTS = tuple(f"vega/{name}.min.js" for name in ("vega", "vega-lite", "vega-embed"))
"""The charts' library, in the order in which its parts need each other."""


def page(report: Report, summary: Summary, text: str, seconds: Mapping[Setting, UpdateTime]) -> str:
    """Return the page of a study.

    A function of the study, its runs and the measured seconds alone: the same bytes each time.

    Args:
        report: of the study; its answers are what the first screen says.
        summary: of the study, for the charts.
        text: the whole report in Markdown, whose sections the page folds.
        seconds: what an update of each setting takes, where it was measured.

    """
    tables = all_series(summary, seconds)
    drawn = charts(summary, tables)
    main = _main(drawn)
    own = {drawn[name].title: name for name in _OF_SECTIONS & drawn.keys() - {main}}
    opening, *others = sections(text, drawn, {main, "ratio_by_target"}, own)
    return render_html(
        "page.html.j2",
        report=report,
        main=main,
        opening=opening,
        sections=others,
        has_levels=bool(summary.ratio_curves),
        style=part("page.css"),
        script=part("page.js"),
        libraries=[part(name) for name in SCRIPTS],
        data=in_script(
            {
                "tables": tables,
                "charts": {name: asdict(chart) for name, chart in drawn.items()},
                "levels": levels(summary),
                "glossary": glossary(),
                "looks": {arm: asdict(one) for arm, one in look(summary.results.study).items()},
            }
        ),
    )


_OF_SECTIONS = {"standings"}
"""Charts that no figure stands for: each is drawn in the section of its title."""


def _main(drawn: Mapping[str, Chart]) -> str:
    """Return the chart that the first screen shows: the claimed metric, or what was measured."""
    order = ("map", "curves", "measures", "standings", "layers")
    return next((name for name in order if name in drawn), "")


def charts(summary: Summary, tables: Mapping[str, Table]) -> dict[str, Chart]:
    """Return the charts that the tables have something for, by name."""
    study = summary.results.study
    looks = look(study)
    claimed = [metric for metric, _ in study.targets] or [study.objective.metric or "train_loss"]
    read = list(dict.fromkeys(curve.metric for curve in summary.curves))
    metrics = sorted(read, key=lambda metric: metric not in claimed)
    goals = bool(study.objective.goals)
    measured = METRIC_WORDS.get(study.objective.metric, "final training loss")
    found: dict[str, Any] = {
        "curves": lambda: specs.curves(
            tables,
            looks,
            metrics=[(metric, METRIC_WORDS[metric]) for metric in metrics],
            levels=list(study.targets),
        ),
        "verdicts": lambda: specs.verdicts(tables),
        "ratio_by_target": lambda: specs.ratio_by_target(tables),
        "arrivals": lambda: specs.arrivals(tables, looks),
        "shares": lambda: specs.shares(tables, looks),
        "tuning": lambda: specs.tuning(tables, looks, "updates to targets" if goals else measured),
        "ranks": lambda: specs.ranks(tables, looks),
        "profiles": lambda: specs.profiles(tables, looks),
        "measures": lambda: specs.measures(tables),
        "layers": lambda: specs.layers(tables, looks),
        "diagnostics": lambda: specs.diagnostics(tables, looks),
        "standings": lambda: specs.standings(tables, looks),
    }
    reads = {"ratio_by_target": "ratios"}
    maps = {
        name.removesuffix(".png"): specs.cells(claim, tables)
        for claim, name in map_names(summary.map_counts).items()
    }
    return maps | {
        name: make()
        for name, make in found.items()
        if reads.get(name, name) in tables and (name != "curves" or study.trains)
    }


def in_script(content: Any) -> Markup:
    """Return content as JSON that may stand in a script: it ends none, whatever it holds."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(
        text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
