"""The JSON schema of a config, by which editors complete and check it while it is typed.

Made from the model: its keys, descriptions and defaults, and what its readers accept. What the
loader reads, the schema allows; the loader knows more, such as which values fit together.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import PlainValidator
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from experiments.config.accepting import Schema, accepted, in_words
from experiments.config.errors import Path as ConfigPath
from experiments.config.model import PARSERS, Config, MeasureKeys, Section
from experiments.kinds import KINDS, Kind

FILE = Path(__file__).with_name("schema.json")
"""Where the schema lies for editors: in the clone, and in an installed package."""

# Editors' YAML servers know draft 7 best.
_DRAFT = "http://json-schema.org/draft-07/schema#"


def schema() -> Schema:
    """Return the JSON schema of a whole config, of draft 7."""
    generated = Config.model_json_schema(
        schema_generator=_Generator, ref_template="#/definitions/{model}"
    )
    definitions = generated.pop("$defs")
    for path in PARSERS:
        definitions[".".join(path)] = _shared(_key(generated, definitions, path), path)
    return {"$schema": _DRAFT, **generated, "title": "A study", "definitions": definitions}


def _key(generated: Schema, definitions: Schema, path: ConfigPath) -> Schema:
    """Return the schema of a key, of the top or of a section."""
    for part in path[:-1]:
        (section,) = sections_of(Config.model_fields[part])
        generated = definitions[section.__name__]
    return generated["properties"][path[-1]]


def _shared(key: Schema, path: ConfigPath) -> Schema:
    """Let a key refer to what one value of its axis may be, which stood there twice; return it."""
    one, several, tuned = key["anyOf"]
    reference = {"$ref": f"#/definitions/{'.'.join(path)}"}
    listed = several | {"items": reference}
    chosen = tuned | {"properties": {"tuned": {"anyOf": [reference, listed]}}}
    key["anyOf"] = [reference, listed, chosen]
    return one


def as_text() -> str:
    """Return the schema as it is shipped, and printed by `--schema`."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def accepted_by(field: FieldInfo) -> Schema:
    """Return what the reader of a key accepts: anything, for a key that has no reader."""
    reader = reader_of(field)
    return accepted(reader) if reader is not None else {}


def reader_of(field: FieldInfo) -> Any:
    """Return what reads the value of a key, or None for a section or a list of sections."""
    return next((m.func for m in field.metadata if isinstance(m, PlainValidator)), None)


def _described(field: FieldInfo) -> str:
    """Say what a key means and what it allows."""
    allowed = in_words(accepted_by(field))
    return f"{field.description}. Allowed: {allowed}." if allowed else f"{field.description}."


class _Generator(GenerateJsonSchema):
    """Pydantic's own, which asks our readers what they accept."""

    def function_plain_schema(self, schema: Any) -> Schema:
        # A copy: what is generated around it is changed in place.
        return dict(accepted(schema["function"]["function"]))

    def tagged_union_schema(self, schema: Any) -> Schema:
        # Which sort of claim is meant, editors find by what fits best.
        return {"anyOf": super().tagged_union_schema(schema)["oneOf"]}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: Any) -> Schema:
        section, generated = schema["cls"], super().model_schema(schema)
        for key, field in zip(section.key_names(), section.model_fields.values(), strict=True):
            _complete(generated["properties"][key], field, required=key in section.required)
        if section.required:
            generated["required"] = list(section.required)
        if issubclass(section, MeasureKeys):
            generated["oneOf"] = [_of_kind(kind) for kind in KINDS.values()]
        return generated


def _complete(key: Schema, field: FieldInfo, *, required: bool) -> None:
    """Add to the schema of a key what the reader says in words; drop a default that is none."""
    key["description"] = _described(field)
    if required or field.default is None or field.default == "":
        key.pop("default", None)
    if reader_of(field) is None:  # a section, or a list of them, may be left empty
        inner = {name: key.pop(name) for name in ("$ref", "type", "items") if name in key}
        key["anyOf"] = [inner, {"type": "null"}]


def _of_kind(kind: Kind) -> Schema:
    """Return what goes with one kind of claim about a measure, and with no other."""
    pair = kind.takes == "arm"
    without = {"of": pair, "than": not pair, "within": not kind.margin}
    return {
        "required": [kind.name, *(["than"] if pair else [])],
        "properties": {key: False for key, left_out in without.items() if left_out},
    }


def sections_of(field: FieldInfo) -> list[type[Section]]:
    """Return the sections that a key holds: its own, or those that entries of its list may be."""
    found: list[type[Section]] = []
    _gather(field.annotation, found)
    return found


def _gather(annotation: Any, found: list[type[Section]]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        found.append(annotation)
    for inner in getattr(annotation, "__args__", ()):
        _gather(inner, found)
