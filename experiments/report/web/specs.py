"""The charts of a page, each in Vega-Lite's own language (Satyanarayan et al. 2017).

A specification names the table that it reads, `{"data": {"name": ...}}`; the page's script puts
the rows in, joins those of settings to them, fits the width, and sets parameters from controls.
They are written as they are read by the library, without another one in between: its JSON schema
checks them in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.report.looks_of_arms import Look
from experiments.report.web.series import Table
from experiments.study import TimeClaim, arm_in_words

Spec = dict[str, Any]

OUTCOME_COLOURS = {
    "supported": "#009E73",
    "refuted": "#D55E00",
    "inconclusive": "#808080",
    "untestable": "#808080",
}

PROTOCOL_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Of ways to choose rates and weights, which stand beside each other where arms do not."""

LOG = {"type": "log", "nice": False}
PERCENT = {"format": ".0%"}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: what it is called, what it shows, and how."""

    title: str
    says: str  # what is drawn, for those who cannot see it
    spec: Spec
    tables: tuple[str, ...]  # that it reads
    controls: tuple[str, ...] = ()  # of the page's script, by which its parameters are set
    options: Mapping[str, Any] = field(default_factory=dict)  # what they offer, by their names


def _arm_scales(looks: Mapping[str, Look]) -> dict[str, Any]:
    """Return the colour and the dash of the arms, the same in every chart.

    Their legend is the page's own: the boxes that show and hide them.
    """
    arms = list(looks)
    colours = [look.colour for look in looks.values()]
    dashes = [[2 * part for part in look.dash] or [1, 0] for look in looks.values()]
    arm = {"field": "arm", "type": "nominal", "legend": None}
    return {
        "color": arm | {"scale": {"domain": arms, "range": colours}},
        "strokeDash": arm | {"scale": {"domain": arms, "range": dashes}},
    }


def _fill(looks: Mapping[str, Look]) -> dict[str, Any]:
    """Return the colour alone, for what has no line."""
    return {"color": _arm_scales(looks)["color"]}


def _outcome() -> dict[str, Any]:
    """Return the colour of verdicts."""
    return {
        "field": "outcome",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(OUTCOME_COLOURS), "range": list(OUTCOME_COLOURS.values())},
    }


def _shown(looks: Mapping[str, Look]) -> Spec:
    """Return the parameter that holds which arms are shown."""
    return {"name": "arms", "value": list(looks)}


_OF_SHOWN_ARMS = {"filter": "indexof(arms, datum.arm) >= 0"}


def _number(name: str, title: str, scale: Mapping[str, Any] | None = None, **more: Any) -> Spec:
    """Return an encoding of a number by position."""
    axis = {"labelFlush": False, "labelOverlap": True, "tickCount": 5, **more.pop("axis", {})}
    if scale and scale.get("type") == "log":
        axis = {"format": "~g", **axis}
    found = {"field": name, "type": "quantitative", "title": title, "axis": axis, **more}
    return found | ({"scale": dict(scale)} if scale else {"scale": {"zero": False}})


def _told(**fields: str) -> list[Spec]:
    """Return what hovering tells: each title with the field that stands beside it."""
    return [
        {"field": name, "type": "nominal" if nominal else "quantitative", "title": title}
        | ({} if nominal else {"format": ".4~g"})
        for title, (name, nominal) in (
            (title.replace("_", " "), (name.removeprefix("="), name.startswith("=")))
            for title, name in fields.items()
        )
    ]


MOST_PANELS = 9
"""Of more conditions one is shown at a time, which the reader chooses."""


def _panels(spec: Spec, table: str, panels: Sequence[str], name: str = "panel") -> Spec:
    """Return a chart with a panel for each value of a field, all on one scale.

    Of more than MOST_PANELS, the one that the parameter "panel" names.
    """
    whole = {
        "data": {"name": table},
        "params": spec.pop("params", []),
        "transform": spec.pop("transform", []),
    }
    if len(panels) < 2:
        return whole | spec
    if len(panels) > MOST_PANELS:
        whole["params"] = [*whole["params"], {"name": "panel", "value": panels[0]}]
        whole["usermeta"] = {"panels": list(panels)}
        whole["transform"] = [{"filter": f"datum.{name} === panel"}, *whole["transform"]]
        return whole | spec
    header = {"title": None, "labelLimit": 420, "labelFontWeight": "bold"}
    return whole | {
        "facet": {"field": name, "type": "nominal", "header": header, "sort": list(panels)},
        "columns": 3,
        "spec": spec,
    }


def _values(tables: Mapping[str, Table], table: str, name: str) -> list[Any]:
    return list(dict.fromkeys(tables[table][name]))


def curves(tables: Mapping[str, Table], looks: Mapping[str, Look], *, metrics, levels) -> Chart:
    """Return the chart of a metric over the course of training, with everything to be chosen.

    Args:
        tables: what charts read.
        looks: of the arms.
        metrics: (name, in words) of those that were read, the claimed one first.
        levels: (metric, target) of every claim.

    """
    clocks = [
        clock
        for clock in ("epochs", "multiplications", "seconds")
        if all(cost is not None for cost in tables["settings"][clock])
    ]
    clock = "clock === 'updates' ? datum.update : datum.update * datum[clock]"
    x = _number("x", "", LOG) | {"title": None}
    top = {"domainMax": {"expr": "tops[metric]"}}
    y = _number("median", "", LOG | top) | {"title": None}
    scales, one_by_one = _arm_scales(looks), "runs" in tables
    told = _told(
        arm="=arm", seed="=seed", learning_rate="rate", updates="update", value="median",
        quarter_below="low", quarter_above="high",
    )  # fmt: skip
    layers: list[Spec] = [
        {
            "transform": [{"filter": "isValid(datum.low)"}],
            "mark": {"type": "area", "opacity": 0.18, "clip": True},
            "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}}
            | {"color": scales["color"]},
        },
        {
            "mark": {"type": "line", "strokeWidth": 1.7, "clip": True},
            "encoding": {"x": x, "y": y, **scales, "detail": {"field": "seed"}},
        },
        {
            "mark": {"type": "point", "size": 60, "opacity": 0, "clip": True},
            "encoding": {"x": x, "y": y, "tooltip": told},
        },
    ]
    layers.append(
        {
            "data": {"values": [{}]},
            "transform": [{"filter": "level > 0 && level_of === metric"}],
            "mark": {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5},
            "encoding": {"y": {"datum": {"expr": "level"}, "type": "quantitative"}},
        }
    )
    panels = _values(tables, "settings", "panel")
    spec = {
        "params": [
            {"name": "metric", "value": metrics[0][0]},
            {"name": "tops", "value": _tops(tables["curves"])},
            {"name": "clock", "value": "updates"},
            {"name": "view", "value": "median"},
            {"name": "level", "value": levels[0][1] if levels else 0},
            {"name": "level_of", "value": levels[0][0] if levels else ""},
            _shown(looks),
        ],
        "transform": [
            {"filter": "datum.metric === metric && datum.kind === view && datum.update > 0"},
            _OF_SHOWN_ARMS,
            {"calculate": clock, "as": "x"},
        ],
        "layer": layers,
    }
    return Chart(
        "Course of training",
        "A line for each arm: the median over the seeds of the chosen metric, with the band of the "
        "middle half, or every run by itself.",
        _panels(spec, "curves", panels),
        ("curves",),
        ("metric", "clock", "view", "scales", "arms") if one_by_one else
        ("metric", "clock", "scales", "arms"),
        {"metric": metrics, "clock": ["updates", *clocks]},
    )  # fmt: skip


def _tops(table: Table) -> dict[str, float]:
    """Return how high the axis of each metric goes: a loss that explodes hides no other."""
    tops: dict[str, float] = {}
    rows = zip(table["metric"], table["update"], table["median"], strict=True)
    for metric, update, median in rows:
        if metric.endswith("accuracy"):
            tops[metric] = 1.0
        elif median is not None and update <= 1:
            tops[metric] = max(tops.get(metric, 0.0), 2 * median)
    return {metric: tops.get(metric, 1.0) for metric in dict.fromkeys(table["metric"])}


def verdicts(tables: Mapping[str, Table]) -> Chart:
    """Return the chart of the ratio of each comparison with its interval."""
    table = tables["verdicts"]
    clock = "times" if len(set(table["clock"])) > 1 else table["clock"][0]
    pairs = list(dict.fromkeys(table["pair"]))
    axis = pairs[0] if len(pairs) == 1 else "the slower arm / the one claimed to be faster"
    y = {
        "field": "row",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 300},
    }
    colour = _outcome()
    told = _told(
        claim="=claim", where="=place", target="=goal", judged="=judged", verdict="=outcome",
        ratio="estimate", bound="=bound", interval="=interval",
    )  # fmt: skip
    x = _number("estimate", f"{clock}: {axis}", LOG)
    marks = {"scale": {"domain": ["", "at least", "at most", "unknown"], "range":
             ["circle", "triangle-right", "triangle-left", "stroke"]}}  # fmt: skip
    spec = {
        "data": {"name": "verdicts"},
        "transform": [
            {"filter": "datum.judged === 'faster' || datum.judged === ''"},
            {
                "calculate": "datum.claim + '. ' + (datum.place ? datum.place + ', ' : '') + "
                "datum.goal",
                "as": "row",
            },
        ],
        "layer": [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "strokeWidth": 1},
                "encoding": {"x": {"datum": 1}},
            },
            {
                "transform": [{"filter": "datum.outcome !== 'untestable'"}],
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {
                    "x": x | {"field": "from"},
                    "x2": {"field": "to"},
                    "y": y,
                    "color": colour,
                    "tooltip": told,
                },
            },
            {
                "transform": [{"filter": "isValid(datum.estimate) && datum.estimate > 0"}],
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": colour,
                    "shape": {"field": "bound", "type": "nominal", "legend": None, **marks},
                    "tooltip": told,
                },
            },
            {
                "transform": [{"filter": "datum.by > 0"}],
                "mark": {"type": "tick", "thickness": 2, "size": 14},
                "encoding": {"x": x | {"field": "by"}, "y": y},
            },
        ],
    }
    return Chart(
        "Ratio of each comparison",
        "A row for each comparison: the ratio of times with its interval. Right of 1 the arm that "
        "is claimed to be faster is faster; a tick marks a factor that is claimed.",
        spec,
        ("verdicts",),
    )


def ratio_by_target(tables: Mapping[str, Table]) -> Chart:
    """Return the chart of the ratio over its target, with the level that the reader chose."""
    rises = tables["ratios"]["target"][0] < tables["ratios"]["target"][-1]
    scale = {"zero": False, "nice": False} if rises else LOG | {"reverse": True}
    x = _number("target", "target, harder to the right", scale)
    y = _number("estimate", "ratio", LOG)
    protocols = _values(tables, "ratios", "protocol")
    line: Spec = {}
    if protocols != [""]:
        legend = {"title": None, "symbolType": "stroke", "symbolStrokeWidth": 3, "symbolOpacity": 1}
        colours = {"domain": protocols, "range": list(PROTOCOL_COLOURS[: len(protocols)])}
        line = {"color": {"field": "protocol", "type": "nominal", "scale": colours,
                          "legend": legend}}  # fmt: skip
    told = _told(
        target="target", ratio="estimate", bound="=bound", interval="=interval",
        chosen="=protocol",
    )  # fmt: skip
    spec = {
        "data": {"name": "ratios"},
        "params": [{"name": "group", "value": 0}, {"name": "level", "value": 0}],
        "transform": [
            {"filter": "datum.group === group"},
        ],
        "layer": [
            {"data": {"values": [{}]}, "mark": "rule", "encoding": {"y": {"datum": 1}}},
            {
                "mark": {"type": "area", "opacity": 0.15},
                "encoding": {"x": x, "y": y | {"field": "from"}, "y2": {"field": "to"}, **line},
            },
            {
                "transform": [{"filter": "datum.bound === ''"}],
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {"x": x, "y": y, **line},
            },
            {
                "transform": [{"filter": "datum.bound !== '' && isValid(datum.estimate)"}],
                "mark": {"type": "point", "size": 50},
                "encoding": {
                    "x": x,
                    "y": y,
                    **line,
                    "shape": {
                        "field": "bound",
                        "type": "nominal",
                        "title": None,
                        "scale": {
                            "domain": ["at least", "at most"],
                            "range": ["triangle-up", "triangle-down"],
                        },
                    },
                },
            },
            {
                "mark": {"type": "point", "size": 90, "opacity": 0},
                "encoding": {"x": x, "y": y, "tooltip": told},
            },
            {
                "data": {"values": [{}]},
                "transform": [{"filter": "level > 0"}],
                "mark": {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5},
                "encoding": {"x": {"datum": {"expr": "level"}, "type": "quantitative"}},
            },
        ],
    }
    return Chart(
        "Ratio over the target",
        "The ratio of times read at every target, with its interval; triangles are bounds.",
        spec,
        ("ratios",),
        (),
    )


def arrivals(tables: Mapping[str, Table], looks: Mapping[str, Look]) -> Chart:
    """Return the chart of every run's time to each target."""
    told = _told(arm="=arm", seed="=seed", learning_rate="rate", updates="update", target="=goal")
    panels = _values(tables, "settings", "panel")
    spec = {
        "params": [_shown(looks)],
        "transform": [_OF_SHOWN_ARMS],
        "mark": {"type": "point", "filled": True, "size": 40, "opacity": 0.6},
        "encoding": {
            "x": _number("update", "updates to target", LOG),
            "y": {
                "field": "goal", "type": "nominal", "title": None, "sort": None,
                "axis": {"labelLimit": 170},
            },
            "yOffset": {"field": "arm", "type": "nominal", "scale": {"domain": list(looks)}},
            **_fill(looks),
            "shape": {
                "field": "reached",
                "type": "nominal",
                "title": "reached",
                "scale": {"domain": [True, False], "range": ["circle", "cross"]},
            },
            "tooltip": told,
        },
    }  # fmt: skip
    return Chart(
        "Updates to target",
        "Every dot is a run: the updates it took to each target. A cross at the end of its budget "
        "is a run that did not reach it.",
        _panels(spec, "arrivals", panels),
        ("arrivals",),
        ("arms",),
    )


def shares(tables: Mapping[str, Table], looks: Mapping[str, Look]) -> Chart:
    """Return the chart of the share of runs that had reached a target by each update."""
    x = _number("update", "updates", LOG)
    y = _number("share", "share of runs that reached it", {"domain": [0, 1]}, axis=PERCENT)
    scales = _arm_scales(looks)
    panels, goals = _values(tables, "settings", "panel"), _values(tables, "shares", "goal")
    spec = {
        "params": [{"name": "goal", "value": goals[0]}, _shown(looks)],
        "transform": [{"filter": "datum.goal === goal && datum.update > 0"}, _OF_SHOWN_ARMS],
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.12, "interpolate": "step-after"},
                "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}}
                | {"color": scales["color"]},
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {"x": x, "y": y, **scales},
            },
            {
                "mark": {"type": "point", "size": 60, "opacity": 0},
                "encoding": {
                    "x": x,
                    "y": y,
                    "tooltip": _told(arm="=arm", updates="update", share="share"),
                },
            },
        ],
    }
    return Chart(
        "Share of runs that reached the target",
        "A step line for each arm: the share of its runs that had reached the chosen target by "
        "then (Kaplan-Meier), with its interval.",
        _panels(spec, "shares", panels),
        ("shares",),
        ("goal", "arms"),
        {"goal": goals},
    )


def tuning(tables: Mapping[str, Table], looks: Mapping[str, Look], quantity: str) -> Chart:
    """Return the chart of what each learning rate led to in the searches."""
    x = _number("rate", "learning rate", {"type": "log", "base": 2}, axis={"format": ".3~g"})
    y = _number("score", quantity, LOG)
    told = _told(
        arm="=arm", learning_rate="rate", beside="=value", median="score", bound="=bound",
        chosen_by="=taken", tried_by="=pairs",
    )  # fmt: skip
    panels = _values(tables, "settings", "panel")
    spec = {
        "params": [_shown(looks)],
        "transform": [_OF_SHOWN_ARMS, {"filter": "datum.score > 0"}],
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 1.5},
                "encoding": {"x": x, "y": y, **_arm_scales(looks), "detail": {"field": "value"}},
            },
            {
                "mark": {"type": "point", "strokeWidth": 1.5},
                "encoding": {
                    "x": x,
                    "y": y,
                    **_fill(looks),
                    "size": {
                        "field": "taken",
                        "type": "quantitative",
                        "title": "chosen by",
                        "scale": {"range": [15, 500]},
                    },
                    "tooltip": told,
                },
            },
        ],
    }
    return Chart(
        "Search for learning rates",
        "A line for each arm: the median over the seeds of what each learning rate led to. The "
        "larger a ring, the more seeds chose that rate.",
        _panels(spec, "tuning", panels),
        ("tuning",),
        ("arms",),
    )


def ranks(tables: Mapping[str, Table], looks: Mapping[str, Look]) -> Chart:
    """Return the chart of average ranks."""
    most = max(tables["ranks"]["rank"])
    spec = {
        "data": {"name": "ranks"},
        "params": [_shown(looks)],
        "transform": [
            _OF_SHOWN_ARMS,
            {
                "calculate": "(datum.place ? datum.place + ', ' : '') + datum.goal",
                "as": "row",
            }
        ],
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "encoding": {
            "x": _number("rank", "average rank over the seeds; 1 is the fastest",
                         {"domain": [1, max(2, most)]}),
            "y": {
                "field": "row", "type": "nominal", "title": None, "sort": None,
                "axis": {"labelLimit": 300, "grid": True},
            },
            **_fill(looks),
            "tooltip": _told(
                arm="=arm", rank="rank", did_not_reach_it="=missed",
                critical_difference="difference",
            ),
        },
    }  # fmt: skip
    return Chart(
        "Ranks",
        "A row for each condition and target: the average rank of each arm by its time.",
        spec,
        ("ranks",),
        ("arms",),
    )


def profiles(tables: Mapping[str, Table], looks: Mapping[str, Look]) -> Chart:
    """Return the chart of performance profiles."""
    x = _number("factor", "within this factor of the fastest arm", LOG)
    y = _number("share", "share of comparisons", {"domain": [0, 1]}, axis=PERCENT)
    spec = {
        "params": [_shown(looks)],
        "transform": [_OF_SHOWN_ARMS],
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {"x": x, "y": y, **_arm_scales(looks)},
            },
            {
                "mark": {"type": "point", "size": 60, "opacity": 0},
                "encoding": {
                    "x": x,
                    "y": y,
                    "tooltip": _told(
                        arm="=arm", factor="factor", share="share", from_="low", to="high"
                    ),
                },
            },
        ],
    }  # fmt: skip
    return Chart(
        "Performance profiles",
        "A line for each arm: in which share of the comparisons it came within a factor of the "
        "fastest arm.",
        _panels(spec, "profiles", _values(tables, "profiles", "panel")),
        ("profiles",),
        ("arms",),
    )


def measures(tables: Mapping[str, Table]) -> Chart:
    """Return the chart of measures with their intervals, a panel a claim."""
    colour = _outcome()
    told = _told(
        claim="=claim", where="=place", measure="=title", found="estimate", interval="=interval",
        claimed="=claimed", theory="theory", verdict="=outcome",
    )  # fmt: skip
    x = _number("estimate", "") | {"title": None}
    y = {"field": "place", "type": "nominal", "title": None, "sort": None,
         "axis": {"labelLimit": 220}}  # fmt: skip
    spec = {
        "transform": [{"filter": "isValid(datum.estimate)"}],
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y,
                             "color": colour, "tooltip": told},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": colour, "tooltip": told},
            },
            {
                "transform": [{"filter": "isValid(datum.theory)"}],
                "mark": {"type": "tick", "thickness": 2},
                "encoding": {"x": x | {"field": "theory"}, "y": y},
            },
        ],
        "resolve": {"scale": {"y": "independent"}},
    }  # fmt: skip
    whole = _panels(spec, "measures", _values(tables, "measures", "title"), "title")
    if "facet" in whole:
        whole["resolve"] = {"scale": {"x": "independent", "y": "independent"}}
    return Chart(
        "Measures",
        "A panel for each claim about a measure: the estimate with its interval under each "
        "condition; a tick is what theory gives.",
        whole,
        ("measures",),
    )


def layers(tables: Mapping[str, Table], looks: Mapping[str, Look]) -> Chart:
    """Return the chart of diagnostics over the hidden layers."""
    x = _number("layer", "hidden layer, from the input to the output", axis={"tickMinStep": 1})
    return _diagnostic(
        tables, looks, "layers", x,
        ("Layer by layer", "A panel for each diagnostic: the median of each arm in each hidden "
         "layer, with the band of the middle half; thin lines are theory."),
        theory=True,
    )  # fmt: skip


def diagnostics(tables: Mapping[str, Table], looks: Mapping[str, Look]) -> Chart:
    """Return the chart of diagnostics over the course of training."""
    return _diagnostic(
        tables, looks, "diagnostics", _number("update", "updates", LOG),
        ("Diagnostics over training", "A panel for each diagnostic: the median of each arm at each "
         "evaluation, with the band of the middle half."),
        theory=False,
    )  # fmt: skip


def _diagnostic(
    tables: Mapping[str, Table],
    looks: Mapping[str, Look],
    table: str,
    x: Spec,
    words: Sequence[str],
    *,
    theory: bool,
) -> Chart:
    known = [v for v in tables[table]["median"] if v is not None]
    log = min(known, default=0) > 0 and max(known) > 10 * min(known)
    y = _number("median", "", LOG if log else None) | {"title": None}
    scales, name = _arm_scales(looks), x["field"]
    marks: list[Spec] = [
        {
            "mark": {"type": "area", "opacity": 0.15},
            "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}}
            | {"color": scales["color"]},
        },
        {
            "mark": {"type": "line", "strokeWidth": 2, "point": table == "layers"},
            "encoding": {"x": x, "y": y, **scales},
        },
        {
            "mark": {"type": "point", "size": 70, "opacity": 0},
            "encoding": {
                "x": x,
                "y": y,
                "tooltip": _told(arm="=arm", at=name, median="median", from_="low", to="high"),
            },
        },
    ]
    if theory:
        marks.append(
            {
                "transform": [{"filter": "isValid(datum.theory)"}],
                "mark": {"type": "line", "strokeWidth": 1, "strokeDash": [2, 2]},
                "encoding": {
                    "x": x, "y": y | {"field": "theory"}, "color": scales["color"],
                },
            }
        )  # fmt: skip
    spec = {"params": [_shown(looks)], "transform": [_OF_SHOWN_ARMS], "layer": marks}
    whole = _panels(spec, table, _values(tables, table, "panel"))
    if "facet" in whole:  # other quantities, other scales
        whole["resolve"] = {"scale": {"y": "independent"}}
    return Chart(*words, whole, (table,), ("arms",))


def cells(claim: TimeClaim, tables: Mapping[str, Table]) -> Chart:
    """Return the map of a claim: a cell for each condition and target."""
    pair = f"{claim.clock} of {arm_in_words(claim.than)} / of {arm_in_words(claim.faster)}"
    told = _told(
        where="=place", target="=column", verdict="=outcome", ratio="=told", interval="=interval",
        first_in="=wins", of_seeds="=pairs",
    )  # fmt: skip
    lines = max(column.count("|") for column in tables["cells"]["column"])  # beyond the first
    x = {"field": "column", "type": "nominal", "sort": None, "title": None,
         "axis": {"orient": "top", "labelAngle": 0, "labelLimit": 160, "labelOverlap": False,
                  "labelPadding": 4 + 13 * lines,
                  "labelExpr": "split(datum.label, '|')"}}  # fmt: skip
    y = {"field": "place", "type": "nominal", "sort": None, "title": None,
         "axis": {"labelLimit": 260}}  # fmt: skip
    spec = {
        "data": {"name": "cells"},
        "transform": [
            {"filter": f"datum.claim === {claim.number}"},
            {
                "calculate": "isValid(datum.estimate) && datum.estimate > 0 ? "
                "clamp(log(datum.estimate) / LN2, -3, 3) : null",
                "as": "power",
            },
        ],
        "encoding": {"x": x, "y": y, "tooltip": told},
        "layer": [
            {"mark": {"type": "rect", "color": "#dddddd", "stroke": "#ffffff"}},
            {
                "transform": [{"filter": "isValid(datum.power)"}],
                "mark": {"type": "rect", "stroke": "#ffffff", "strokeWidth": 1},
                "encoding": {
                    "color": {
                        "field": "power",
                        "type": "quantitative",
                        "title": pair,
                        "scale": {
                            "domain": [-3, 0, 3],
                            "range": ["#D55E00", "#f7f7f7", "#0072B2"],
                            "interpolate": "rgb",
                        },
                        "legend": {
                            "labelExpr": "datum.value < 0 ? '1/' + pow(2, -datum.value) : "
                            "pow(2, datum.value)",
                            "values": [-3, -2, -1, 0, 1, 2, 3],
                        },
                    },
                    "opacity": {
                        "condition": {"test": "datum.outcome === 'inconclusive'", "value": 0.55},
                        "value": 1,
                    },
                },
            },
            {
                "mark": {"type": "text", "fontSize": 11},
                "encoding": {
                    "text": {"field": "short"},
                    "color": {
                        "condition": {"test": "abs(datum.power) > 2", "value": "#ffffff"},
                        "value": "#1a1a1a",
                    },
                },
            },
        ],
    }
    return Chart(
        f"The ratio under every condition, claim {claim.number}",
        "A cell for each condition and target: how many times what the one arm needed the other "
        "did. Pale cells are not decided; ? has no usable estimate, – cannot be told.",
        spec,
        ("cells",),
    )


def standings(tables: Mapping[str, Table], looks: Mapping[str, Look]) -> Chart:
    """Return the chart of all arms at the end."""
    x = _number("estimate", f"{tables['standings']['metric'][0]} at the end")
    y = {"field": "arm", "type": "nominal", "sort": None, "title": None}
    told = _told(
        arm="=arm", at_the_end="estimate", from_="low", to="high",
        told_apart_from_the_first="=told_apart", diverged="=diverged", of_runs="=runs",
    )  # fmt: skip
    spec = {
        "params": [_shown(looks)],
        "transform": [_OF_SHOWN_ARMS],
        "encoding": {"y": y, **_fill(looks), "tooltip": told},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {"x": x | {"field": "low"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
                "encoding": {"x": x},
            },
        ],
    }
    return Chart(
        "All arms at the end",
        "A row for each arm: its median at the end with its interval.",
        _panels(spec, "standings", _values(tables, "standings", "panel")),
        ("standings",),
        ("arms",),
    )
