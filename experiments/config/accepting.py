"""What a reader of a value accepts, told beside the reader itself as a JSON schema.

The schema that editors check configs with, and the comments of a config that `--new` writes, are
put together from these. A schema never refuses what its reader reads; it may let pass what only
the reader can judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from experiments.config.errors import listing, show
from experiments.parameters import Parameter

Schema = dict[str, Any]

_ATTRIBUTE = "accepts"


def accepts(schema: Schema) -> Callable[[Callable], Callable]:
    """Return a decorator that tells what a reader accepts.

    Args:
        schema: a JSON schema whose "description", if it has one, says in words what is allowed.

    """

    def told(read: Callable) -> Callable:
        setattr(read, _ATTRIBUTE, schema)
        return read

    return told


def accepted(read: Callable) -> Schema:
    """Return what a reader accepts: anything, if it does not tell."""
    return getattr(read, _ATTRIBUTE, {})


def in_words(schema: Schema, most: int = 1000) -> str:
    """Say what a schema allows, with so many names of a list at most; "" if it does not say."""
    if "description" in schema:
        return schema["description"]
    if "enum" in schema:
        return listing(map(show, schema["enum"]), most)
    if "const" in schema:
        return show(schema["const"])
    if "items" in schema:
        return f"a list of {in_words(schema['items'], most)}"
    found = (in_words(part, most) for part in schema.get("anyOf", ()))
    return ", or ".join(filter(None, found))


def one_or_list(schema: Schema) -> Schema:
    """Return what an axis accepts: one value, or a list of values, each different."""
    listed = {"type": "array", "minItems": 1, "items": schema, "description": "a list of them"}
    return {"anyOf": [schema, listed]}


def or_tuned(schema: Schema) -> Schema:
    """Return what an axis accepts of which a search may choose the value: `{tuned: [...]}` too."""
    one, listed = one_or_list(schema)["anyOf"]
    tuned = {
        "type": "object",
        "properties": {"tuned": {"anyOf": [schema, listed]}},
        "required": ["tuned"],
        "additionalProperties": False,
    }
    return {"anyOf": [one, listed, tuned]}


_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def of_parameter(parameter: Parameter) -> Schema:
    """Return what a parameter of a table's row admits."""
    kind = type(parameter.default)
    schema: Schema = {"type": _TYPES[kind], "description": parameter.allowed()}
    if parameter.options:
        schema["enum"] = list(parameter.options)
    bounds = {
        "exclusiveMinimum" if parameter.open_low else "minimum": parameter.low,
        "exclusiveMaximum" if parameter.open_high else "maximum": parameter.high,
    }
    return schema | {key: bound for key, bound in bounds.items() if bound is not None}


def of_rows(rows: Mapping[str, Any], label: str) -> Schema:
    """Return what names a row of a table: its name, or a mapping with values for its parameters.

    Args:
        rows: of the table.
        label: the pattern of a value's label.

    """
    mappings = [_mapping_of(name, row, label) for name, row in rows.items() if row.parameters]
    if mappings:
        example = mappings[0]["properties"]
        key = list(example)[-2]  # the last of its parameters, before its label
        shown = f"{{name: {example['name']['const']}, {key}: {show(example[key]['default'])}}}"
        mappings[0]["description"] = f"with parameters as in {shown}"
    if plain := [name for name, row in rows.items() if not row.parameters]:
        mappings.append(_mapping({"enum": plain}, {}, label))
    return {"anyOf": [{"enum": list(rows)}, *mappings]}


_SEARCHED: Schema = {"type": "object", "required": ["tuned"]}
"""A parameter that a search is to choose; the reader judges its values, which keeps this short."""


def _mapping_of(name: str, row: Any, label: str) -> Schema:
    parameters = {
        key: {"anyOf": [*one_or_list(of_parameter(parameter))["anyOf"], _SEARCHED]}
        | {"description": _told(parameter), "default": parameter.default}
        for key, parameter in row.parameters.items()
    }
    about = getattr(row, "formula", "") or getattr(row, "source", "")
    return _mapping({"const": name}, parameters, label) | {"title": f"{name}: {about}"}


def _told(parameter: Parameter) -> str:
    return f"{parameter.meaning}; allowed: {parameter.allowed()}"


def _mapping(name: Schema, parameters: Mapping[str, Schema], label: str) -> Schema:
    labelled = {"type": "string", "pattern": f"^(?:{label})$", "description": "what tables call it"}
    return {
        "type": "object",
        "properties": {"name": name, **parameters, "label": labelled},
        "required": ["name"],
        "additionalProperties": False,
    }


def of_arm(axes: Iterable[str]) -> Schema:
    """Return what names an arm: a value of an axis, its label, or a mapping of axes to values."""
    of_axes = {
        "type": "object",
        "properties": {axis: {} for axis in axes},
        "additionalProperties": False,
        "minProperties": 1,
    }
    of_row = {"type": "object", "required": ["name"]}
    return {
        "anyOf": [{"type": ["string", "number", "boolean"]}, of_axes, of_row],
        "description": "a value of an axis, or {axis: value} for one or several",
    }
