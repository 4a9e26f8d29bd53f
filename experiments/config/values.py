"""How a single value is read: numbers, names and texts, alone or as the list of an axis.

A reader takes what the YAML file holds and returns what it stands for, or raises WrongError, which
says for each problem where below the value it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from experiments.config.accepting import (
    Schema,
    accepted,
    accepts,
    of_parameter,
    one_or_list,
    or_tuned,
)
from experiments.config.errors import Path, WrongError, found, listing, nearest, show
from experiments.config.yaml_lines import BROKEN
from experiments.parameters import Choice, Parameter
from experiments.records import METRICS
from experiments.study import Seeds

MOST_LAYERS = 100
MOST_UNITS = 8192
MOST_SEEDS = 10_000
MOST_CHARACTERS = 300  # of a line, such as what a claim says
_WIDTHS = re.compile(r"[0-9]{1,9}(-[0-9]{1,9})+")


@dataclass(frozen=True, slots=True)
class AxisValue:
    """One value of a key that may be an axis of the grid."""

    label: str
    value: Any
    where: Path = ()  # where it stands below the key; () for a value that stands alone
    searched: bool = False  # one of those that a search chooses from, and none of an axis


Parser = Callable[[Any], Any]
AxisParser = Callable[[Any], list[AxisValue]]


def number(whole: bool = False, **bounds: Any) -> Parser:
    """Return a reader of numbers within bounds, which are those of parameters.Parameter."""
    parameter = Parameter(0 if whole else 0.0, "", **bounds)

    @accepts(of_parameter(parameter))
    def read(raw: Any) -> int | float:
        if not parameter.admits(raw):
            raise WrongError(((), f"{found(raw)}; allowed: {parameter.allowed()}"))
        return raw if whole else float(raw)

    return read


def name_of(names: Iterable[str]) -> Parser:
    """Return a reader of one name out of several."""
    names = tuple(names)

    @accepts({"enum": list(names)})
    def read(raw: Any) -> str:
        if not isinstance(raw, str) or raw not in names:
            raise WrongError(((), f"{found(raw)}; allowed: {listing(names)}{nearest(raw, names)}"))
        return raw

    return read


def text(most: int) -> Parser:
    """Return a reader of a text of so many characters at most, folded into one line."""

    @accepts({"type": "string", "description": f"a text of at most {most} characters"})
    def read(raw: Any) -> str:
        folded = " ".join(raw.split()) if isinstance(raw, str) else ""
        if not folded or not folded.isprintable() or len(folded) > most:
            raise WrongError(((), f"{found(raw)}; allowed: a text of at most {most} characters"))
        return folded

    return read


def each(read: Parser) -> AxisParser:
    """Return a reader of one value of an axis, labelled by the value itself."""

    @accepts(accepted(read))
    def levels(raw: Any) -> list[AxisValue]:
        value = read(raw)
        return [AxisValue(show(value), value)]

    return levels


TUNED = "tuned"
"""Stands for a learning rate that is searched for; a key, for values that are searched among."""

ALONE = "tuned stands for all values of its key: write KEY: {tuned: [...]} with nothing beside it"

NONE = "none"
"""Stands for a limit that is not set."""


def positive_or(word: str) -> AxisParser:
    """Return a reader of numbers above 0, and of a word that stands for None."""
    positive = Parameter(0.0, "", low=0, open_low=True)

    @accepts({"anyOf": [{"const": word}, of_parameter(positive)]})
    def levels(raw: Any) -> list[AxisValue]:
        if raw == word:
            return [AxisValue(word, None)]
        if not positive.admits(raw):
            hint = nearest(raw, [word])
            raise WrongError(((), f"{found(raw)}; allowed: {word}, or {positive.allowed()}{hint}"))
        return [AxisValue(show(float(raw)), float(raw))]

    return levels


_ALLOWED_WIDTHS = (
    f"a whole number from 1 to {MOST_UNITS} for all layers, or one for each of at most "
    f"{MOST_LAYERS} layers, such as 128-64-32"
)


@accepts(
    {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MOST_UNITS},
            {"type": "string", "pattern": f"^{_WIDTHS.pattern}$"},
        ],
        "description": _ALLOWED_WIDTHS,
    }
)
def width(raw: Any) -> list[AxisValue]:
    """Read a width: a number for all layers, or a tuple of one for each."""
    if isinstance(raw, str) and _WIDTHS.fullmatch(raw):
        units = tuple(int(part) for part in raw.split("-"))
        if len(units) <= MOST_LAYERS and all(1 <= n <= MOST_UNITS for n in units):
            return [AxisValue(show("-".join(map(str, units))), units)]
    elif Parameter(0, "", low=1, high=MOST_UNITS).admits(raw):
        return [AxisValue(show(raw), raw)]
    raise WrongError(((), f"{found(raw)}; allowed: {_ALLOWED_WIDTHS}"))


def of_layers(rows: Mapping[str, Any], read: AxisParser) -> AxisParser:
    """Return a reader of a table's row, or of one for each layer at its defaults: relu-relu-tanh.

    Args:
        rows: the table.
        read: of a single row, which may have parameters.

    """
    of_each = {
        "type": "string",
        "pattern": r"^\w+(-\w+)+$",
        "description": "a name for each layer, such as relu-relu-tanh",
    }

    @accepts({"anyOf": [accepted(read), of_each]})
    def levels(raw: Any) -> list[AxisValue]:
        names = raw.split("-") if isinstance(raw, str) else []
        if len(names) < 2:
            return read(raw)
        for name in names:
            if name not in rows:
                message = f"{found(raw)}; allowed for each layer: {listing(rows)}"
                raise WrongError(((), message + nearest(name, rows)))
        if len(names) > MOST_LAYERS:
            message = f"found {len(names)} layers; allowed: at most {MOST_LAYERS}"
            raise WrongError(((), message))
        return [AxisValue(raw, tuple(Choice.of(name, rows) for name in names))]

    return levels


def axis(read: AxisParser, *, searchable: bool = False) -> Callable[[Any], tuple[AxisValue, ...]]:
    """Return a reader of one value or a list of values, no two of which are the same.

    Args:
        read: one value.
        searchable: whether `{tuned: [...]}` may stand for values that a search is to choose from.

    """

    @accepts((or_tuned if searchable else one_or_list)(accepted(read)))
    def levels(raw: Any) -> tuple[AxisValue, ...]:
        if searchable and isinstance(raw, dict) and TUNED in raw:
            return _searched(levels, raw)
        items = (
            [((i,), item) for i, item in enumerate(raw)] if isinstance(raw, list) else [((), raw)]
        )
        if not items:
            raise WrongError(((), "found an empty list; allowed: a value, or a list of values"))
        result, problems = [], []
        for where, item in items:
            if item is BROKEN or (isinstance(item, dict) and BROKEN in item.values()):
                continue
            try:
                if searchable and isinstance(item, dict) and TUNED in item:
                    raise WrongError(((), ALONE))
                read_levels = read(item)
            except WrongError as wrong:
                problems += [((*where, *path), message) for path, message in wrong.problems]
                continue
            result += [replace(v, where=(*where, *v.where)) for v in read_levels]
        problems += _twins(result)
        if not problems and len({level.searched for level in result}) > 1:
            problems.append(((), ALONE))
        if problems:
            raise WrongError(*problems)
        return tuple(result)

    return levels


def _searched(
    levels: Callable[[Any], tuple[AxisValue, ...]], raw: dict[str, Any]
) -> tuple[AxisValue, ...]:
    """Read the values that a search is to choose from."""
    try:
        values = levels(raw[TUNED]) if raw[TUNED] is not BROKEN else ()
    except WrongError as wrong:
        raise WrongError(*(((TUNED, *path), text) for path, text in wrong.problems)) from None
    problems = [((key,), ALONE) for key in raw if key != TUNED and raw[key] is not BROKEN]
    problems += [((TUNED,), ALONE)] if any(value.searched for value in values) else []
    if problems:
        raise WrongError(*problems)
    return tuple(replace(v, where=(TUNED, *v.where), searched=True) for v in values)


def _twins(levels: list[AxisValue]) -> list[tuple[Path, str]]:
    """Find the values that are given twice, and the labels that stand for two values."""
    problems, by_value, by_label = [], {}, {}
    for level in levels:
        first = by_value.setdefault(level.value, level)
        if first is not level:
            same = f"{level.label} is listed twice"
            if first.label != level.label:
                same = f"{level.label} is the same as {first.label}, which is listed too"
            problems.append((level.where, same))
        elif level.label in by_label:
            problems.append((level.where, f"the label {level.label!r} is given to two values"))
        by_label.setdefault(level.label, level)
    return problems


@accepts(
    {
        "type": "array",
        "minItems": 1,
        "items": {"type": "number", "minimum": 0},
        "description": "a list of increasing numbers of epochs",
    }
)
def increasing(raw: Any) -> tuple[float, ...]:
    """Read a list of increasing numbers of epochs."""
    if not isinstance(raw, list) or not raw:
        raise WrongError(((), f"{found(raw)}; allowed: a list of increasing numbers of epochs"))
    read, problems, result = number(low=0), [], []
    for i, item in enumerate(raw):
        if item is BROKEN:
            continue
        try:
            value = read(item)
        except WrongError as wrong:
            problems.append(((i,), wrong.problems[0][1]))
            continue
        if result and value <= result[-1]:
            problems.append(((i,), f"{found(item)}; allowed: more than the one before it"))
        result.append(value)
    if problems:
        raise WrongError(*problems)
    return tuple(result)


@accepts({"type": "boolean", "description": "true or false"})
def yes_or_no(raw: Any) -> bool:
    """Read true or false."""
    if not isinstance(raw, bool):
        raise WrongError(((), f"{found(raw)}; allowed: true or false"))
    return raw


_SEEDS = of_parameter(Parameter(0, "", low=1, high=MOST_SEEDS))


@accepts(
    {
        "anyOf": [
            _SEEDS,
            {
                "type": "object",
                "properties": {
                    "min": _SEEDS | {"description": "the seeds that there are at least"},
                    "max": one_or_list(_SEEDS)
                    | {"description": "the most, or what it was before and what it is now"},
                },
                "required": ["min", "max"],
                "additionalProperties": False,
                "description": "{min: 8, max: 64}",
            },
        ]
    }
)
def seeds(raw: Any) -> Seeds:
    """Read a number of seeds, or the bounds between which there are as many as it takes."""
    whole = number(whole=True, low=1, high=MOST_SEEDS)
    if not isinstance(raw, dict):
        return Seeds(whole(raw), whole(raw))
    problems = [
        ((key,), f"unknown key; allowed: min, max{nearest(key, ('min', 'max'))}")
        for key, value in raw.items()
        if key not in ("min", "max") and value is not BROKEN
    ]
    problems += [((key,), "missing; it is a bound") for key in ("min", "max") if key not in raw]
    least, most = 1, (MOST_SEEDS,)
    for key in {"min", "max"} & raw.keys():
        if raw[key] is BROKEN:
            continue
        try:
            if key == "min":
                least = whole(raw[key])
            else:
                most = _maxima(raw[key], whole)
        except WrongError as wrong:
            problems += [((key, *path), text) for path, text in wrong.problems]
    if not problems and least > most[0]:
        problems.append((("max",), f"found {most[0]}; allowed: at least {least}, min"))
    if problems:
        raise WrongError(*problems)
    return Seeds(least, most[-1], most[:-1])


def entries(raw: list[Any], read: Parser) -> tuple[list[Any], list[tuple[Path, str]]]:
    """Read each entry of a list; return what they stand for, and what is wrong with its place."""
    result, problems = [], []
    for place, value in enumerate(raw):
        if value is BROKEN:
            continue
        try:
            result.append(read(value))
        except WrongError as wrong:
            problems += [((place, *path), text) for path, text in wrong.problems]
    return result, problems


def _maxima(raw: Any, whole: Parser) -> tuple[int, ...]:
    """Read the most seeds, or a list of what it was before and what it is now, increasing."""
    if not isinstance(raw, list):
        return (whole(raw),)
    found_numbers, problems = entries(raw, whole)
    if not problems and (not raw or sorted(set(found_numbers)) != found_numbers):
        problems.append(
            ((), f"found {show(raw)}; allowed: numbers that increase, such as [64, 128]")
        )
    if problems:
        raise WrongError(*problems)
    return tuple(found_numbers) or (MOST_SEEDS,)


AUTO = "auto"
"""Stands for targets that are set by a rule."""


def _target(metric: str) -> Schema:
    value: Schema = {"type": "number", "exclusiveMinimum": 0}
    if metric.endswith("accuracy"):
        value["maximum"] = 1
    return {"anyOf": [{"const": AUTO}, value, {"type": "array", "minItems": 1, "items": value}]}


@accepts(
    {
        "type": "object",
        "properties": {metric: _target(metric) for metric in METRICS},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "description": "one metric and its targets, such as {train_loss: [0.6, 0.4]}, or auto; "
        f"metrics are {', '.join(METRICS)}",
    }
)
def targets(raw: Any) -> tuple[str, tuple[float, ...]] | None:
    """Read one metric and its targets, `{train_loss: [0.6, 0.4]}`; none stands for `auto`."""
    if not isinstance(raw, dict) or len(raw) != 1:
        what = f"found {len(raw)} metrics" if isinstance(raw, dict) else found(raw)
        allowed = "one metric and its targets, such as {train_loss: [0.6, 0.4]}"
        raise WrongError(((), f"{what}; allowed: {allowed}"))
    metric, wanted = next(iter(raw.items()))
    if wanted is BROKEN:
        return None
    if metric not in METRICS:
        message = f"unknown metric; allowed: {listing(METRICS)}{nearest(metric, METRICS)}"
        raise WrongError(((metric,), message))
    if wanted == AUTO:
        return metric, ()
    high = 1 if metric.endswith("accuracy") else None
    read = axis(each(number(low=0, open_low=True, high=high)))
    try:
        return metric, tuple(level.value for level in read(wanted))
    except WrongError as wrong:
        raise WrongError(*(((metric, *path), text) for path, text in wrong.problems)) from None


THEORY = "theory"
"""Stands for the number that a formula gives."""


def claimed(theory: bool) -> Parser:
    """Return a reader of a number, or of `theory` where a formula may stand for it."""
    anything = Parameter(0.0, "")
    number_or_theory = [of_parameter(anything), *([{"const": THEORY}] if theory else [])]

    @accepts({"anyOf": number_or_theory})
    def read(raw: Any) -> tuple[float, ...] | str:
        if theory and raw == THEORY:
            return THEORY
        if not anything.admits(raw):
            or_theory = f", or {THEORY}{nearest(raw, [THEORY])}" if theory else ""
            raise WrongError(((), f"{found(raw)}; allowed: a number{or_theory}"))
        return (float(raw),)

    return read


@accepts(
    {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
        "description": "two increasing numbers, such as [0.6, 0.9]",
    }
)
def band(raw: Any) -> tuple[float, ...]:
    """Read two increasing numbers."""
    if isinstance(raw, list) and BROKEN in raw:
        return ()
    anything = Parameter(0.0, "")
    two = isinstance(raw, list) and len(raw) == 2 and all(map(anything.admits, raw))
    if not two or raw[0] >= raw[1]:
        raise WrongError(((), f"{found(raw)}; allowed: two increasing numbers, such as [0.6, 0.9]"))
    return tuple(map(float, raw))


@accepts(
    {
        "anyOf": [
            {"enum": ["first", "last", "output"]},
            of_parameter(Parameter(0, "", low=1, high=MOST_LAYERS)),
        ]
    }
)
def layer(raw: Any) -> str:
    """Read which layer is meant, as text."""
    if Parameter(0, "", low=1, high=MOST_LAYERS).admits(raw):
        return str(raw)
    if raw in ("first", "last", "output"):
        return raw
    allowed = f"first, last, output, or a whole number from 1 to {MOST_LAYERS}"
    hint = nearest(raw, ("first", "last", "output"))
    raise WrongError(((), f"{found(raw)}; allowed: {allowed}{hint}"))


def names_of(names: Iterable[str]) -> Parser:
    """Return a reader of a list of names, each once."""
    names = tuple(names)
    read = axis(each(name_of(names)))

    @accepts({"type": "array", "items": {"enum": list(names)}})
    def names_in(raw: Any) -> tuple[str, ...]:
        if not isinstance(raw, list):
            raise WrongError(((), f"{found(raw)}; allowed: a list of names"))
        return tuple(level.value for level in read(raw)) if raw else ()

    return names_in
