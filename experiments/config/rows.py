"""How rows of a table are read: `relu`, or `{name: leaky_relu, slope: [0.01, 0.1]}`."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from typing import Any

from experiments.config.accepting import accepts, of_rows
from experiments.config.errors import Path, WrongError, found, listing, nearest, show
from experiments.config.values import ALONE, TUNED, AxisParser, AxisValue, name_of
from experiments.config.yaml_lines import BROKEN
from experiments.parameters import Choice, Parameter

_MOST_VALUES = 10_000  # of one axis
LONGEST = 60  # characters of a label
LABEL = re.compile(rf"[\w .,=()+-]{{1,{LONGEST}}}")


def row_of(rows: Mapping[str, Any]) -> AxisParser:
    """Return a reader of rows of a table: `relu`, or `{name: leaky_relu, slope: [0.01, 0.1]}`."""
    read_name = name_of(rows)

    @accepts(of_rows(rows, LABEL.pattern))
    def levels(raw: Any) -> list[AxisValue]:
        if not isinstance(raw, dict):
            name = read_name(raw)
            return [AxisValue(name, Choice.of(name, rows))]
        if "name" not in raw:
            raise WrongError((("name",), f"missing; allowed: {listing(rows)}"))
        try:
            name = read_name(raw["name"])
        except WrongError as wrong:
            raise WrongError((("name",), wrong.problems[0][1])) from None
        return _with_parameters(raw, name, rows)

    return levels


def _with_parameters(raw: dict[str, Any], name: str, rows: Mapping[str, Any]) -> list[AxisValue]:
    searched = [key for key in raw if isinstance(raw[key], dict) and TUNED in raw[key]]
    given, problems = _given(raw, name, rows[name].parameters)
    if searched and any(key not in searched and len(some) > 1 for key, some in given.items()):
        problems.append(((searched[0],), ALONE))
    count = math.prod(map(len, given.values()))
    if count > _MOST_VALUES:
        problems.append(((), f"makes {count:,} values; allowed: at most {_MOST_VALUES:,}"))
    problems += wrong_label(raw.get("label"), count)
    if problems:
        raise WrongError(*problems)
    result = []
    for picked in itertools.product(*given.values()):
        values = {key: value for key, (_, value) in zip(given, picked, strict=True)}
        if BROKEN in values.values():
            continue
        choice = Choice.of(name, rows, **values)
        shown = [key for key in rows[name].parameters if key in values]
        label = raw.get("label") or _label(choice, shown, rows[name].parameters)
        # The value is located where it differs from its siblings: at its entry in the list.
        where = next((path for path, _ in picked if len(path) > 1), ())
        result.append(AxisValue(label, choice, where, searched=bool(searched)))
    return result


def _given(
    raw: dict[str, Any], name: str, parameters: Mapping[str, Parameter]
) -> tuple[dict[str, list[tuple[Path, Any]]], list[tuple[Path, str]]]:
    """Return where the values of each parameter stand and what they are; and what is wrong."""
    given, problems = {}, []
    for key, value in raw.items():
        if key in ("name", "label"):
            continue
        if key not in parameters:
            has = f"has {listing(parameters)}" if parameters else "has none"
            hint = nearest(key, parameters)
            problems.append(((key,), f"unknown parameter; {name} {has}{hint}"))
            continue
        place: Path = (key,)
        if isinstance(value, dict) and [*value] == [TUNED]:
            place, value = (key, TUNED), value[TUNED]
        listed = isinstance(value, list) and len(value) > 0
        given[key] = [((*place, i), v) for i, v in enumerate(value)] if listed else [(place, value)]
        problems += [
            (where, f"{found(item)}; allowed: {parameters[key].allowed()}")
            for where, item in given[key]
            if item is not BROKEN and not parameters[key].admits(item)
        ]
    return given, problems


def wrong_label(label: Any, count: int) -> list[tuple[Path, str]]:
    """Return what is wrong with the label of so many values."""
    if label is None or label is BROKEN:
        return []
    if not isinstance(label, str) or not LABEL.fullmatch(label):
        allowed = "letters, digits, spaces and . , = ( ) + - _, at most 60 in all"
        return [(("label",), f"{found(label)}; allowed: {allowed}")]
    if count > 1:
        return [(("label",), f"one label for {count} values; give each its own entry")]
    return []


def _label(choice: Choice, shown: list[str], parameters: Mapping[str, Parameter]) -> str:
    """Name a choice by those of its parameters that the user gave; a file by its own name."""
    values = []
    for key in shown:
        value = choice.arguments[key]
        if parameters[key].place:
            values.append(_printed(re.split(r"[/\\]", str(value).rstrip("/\\"))[-1]))
        elif isinstance(value, str):
            values.append(f"{key}={_printed(value)}")
        else:
            values.append(f"{key}={show(value)}")
    return f"{choice.name}({', '.join(values)})"[:LONGEST] if values else choice.name


def _printed(text: str) -> str:
    """Return a text with what no label has replaced."""
    return re.sub(r"[^\w .,=()+-]", "_", text)
