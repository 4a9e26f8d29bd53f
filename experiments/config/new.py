"""A commented config to start from, which runs as it is: every key once, with what it means.

What stands in it is read from the model and the tables, so that it tells of new keys and rows by
itself. Only the choice of a first study is made here.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from experiments.config.accepting import in_words
from experiments.config.errors import ConfigError, Problem, in_file
from experiments.config.json_schema import FILE, accepted_by, sections_of
from experiments.config.model import ClaimKeys, Config, Section
from experiments.config.reading import loads
from experiments.config.writing import inline
from experiments.kinds import KINDS
from experiments.whole_files import new_text

_ACTIVE: dict[str, Any] = {
    "title": "Does ReLU converge faster than tanh?",
    "dataset": "moons",
    "network.width": 16,
    "network.activation": ["relu", "tanh"],
    "training.epochs": 15,
    "seeds": 10,
}
"""The first study: what is written out of it, beside the first claim. It takes seconds."""

_GOES_WITH = {"tolerance": "by", "reading": "by", "answers": "article"}
"""Keys that are allowed only beside another one."""

_HEAD = """\
This study runs as it is: python runner.py {path}, or convergence {path} once installed.
Each key stands below what it means. Where a line starts with # and no space after it, it is left \
out: remove the # to use it. What it shows is the default, or else an example.
A list, wherever one value may stand, makes an axis: every combination is trained, and a claim \
compares two values of an axis. The option --list tells more of each name and of its parameters."""

_LONGEST = 100
_MOST_NAMES = 12  # of a list of what is allowed; --list has them all


def write(path: Path) -> None:
    """Write a new config, which is named after its file.

    Raises:
        ConfigError: if there is such a file, it cannot be written, or its name suits no study.

    """

    def refuse(message: str) -> ConfigError:
        return ConfigError([Problem(in_file(path.as_posix(), 0), (), message)])

    if path.suffix not in (".yaml", ".yml"):
        raise refuse("a new config needs a name that ends in .yaml, such as my_question.yaml")
    text = config_text(path)
    loads(text, path.stem, source=path.as_posix())
    try:
        new_text(path, text)
    except FileExistsError:
        raise refuse("exists already, and is left as it is; choose another name") from None
    except OSError as error:
        raise refuse(f"cannot be written: {error.strerror or error}") from None


def config_text(path: Path) -> str:
    """Return the text of a new config.

    Args:
        path: where it is to lie, by which it finds the schema.

    """
    lines = [f"# yaml-language-server: $schema={_schema_from(path)}"]
    for paragraph in _HEAD.format(path=path.as_posix()).splitlines():
        lines += _comment(paragraph)
    for name, field in Config.model_fields.items():
        lines += ["", *_top(name, field)]
    return "\n".join(lines) + "\n"


def _schema_from(path: Path) -> str:
    """Return how a config refers to the schema: relative to itself inside this clone."""
    folder, root = path.resolve().parent, FILE.parents[2]
    if folder.is_relative_to(root):
        return Path(os.path.relpath(FILE, folder)).as_posix()
    return FILE.as_uri()


def _top(name: str, field: FieldInfo) -> Iterator[str]:
    """Yield the lines of a key at the top: its value, its section or its claims."""
    sections = sections_of(field)
    if name == "claims":
        yield from _comment(field.description)
        yield f"{name}:"
        yield from _first_claim(sections[0])
        for section in sections[1:]:
            yield from _more_claims(section)
    elif sections and field.annotation is sections[0]:
        yield from _comment(field.description)
        yield f"{name}:"
        for place, (key, inner) in enumerate(_fields(sections[0])):
            yield from [""] if place else []
            yield from _key(key, inner, "  ", name)
    else:
        yield from _key(name, field, "", about=sections)


def _fields(section: type[Section]) -> list[tuple[str, FieldInfo]]:
    return list(zip(section.key_names(), section.model_fields.values(), strict=True))


def _key(
    name: str, field: FieldInfo, indent: str, section: str = "", about: list[type[Section]] = ()
) -> Iterator[str]:
    """Yield what a key means, what it allows, and its line."""
    active = _ACTIVE.get(f"{section}.{name}" if section else name)
    shown = _shown(field) if active is None else active
    yield from _told(field, indent)
    for inner in about:
        for key, part in _fields(inner):
            yield from _comment(f"{key}: {part.description}", indent)
    if name in _GOES_WITH:
        yield from _comment(f"goes with: {_GOES_WITH[name]}", indent)
    if active is not None and _has_default(field):
        yield from _comment(f"default: {inline(field.default)}", indent)
    elif active is None and not _has_default(field):
        yield from _comment("left out by default; for example:", indent)
    if shown is not None:
        yield f"{indent}{'#' if active is None else ''}{name}: {inline(shown)}"
    else:
        yield from _comment(f"(the key {name})", indent)


def _told(field: FieldInfo, indent: str, name: str = "") -> Iterator[str]:
    """Yield what a key means and what it allows."""
    yield from _comment(f"{name}: {field.description}" if name else field.description, indent)
    if allowed := in_words(accepted_by(field), _MOST_NAMES):
        yield from _comment(f"allowed: {allowed}", indent)


def _has_default(field: FieldInfo) -> bool:
    return field.default not in (None, "", (), [])


def _shown(field: FieldInfo) -> Any:
    """Return the value that a line shows: the default, or an example."""
    return field.default if _has_default(field) else _example(field)


def _example(field: FieldInfo) -> Any:
    return field.examples[0] if field.examples else field.default


def _first_claim(section: type[Section]) -> Iterator[str]:
    """Yield a claim that is written out, with its other keys below what it needs."""
    fields = dict(_fields(section))
    yield from _about(section)
    for place, key in enumerate(section.required):
        yield from [""] if place else []
        yield from _told(fields[key], "    " if place else "  ")
        yield f"  {'  ' if place else '- '}{key}: {inline(_example(fields[key]))}"
    for key, field in fields.items():
        if key not in section.required:
            yield ""
            yield from _key(key, field, "    ")


def _more_claims(section: type[Section]) -> Iterator[str]:
    """Yield claims of another sort, a line each, so that every key stands in one of them."""
    yield ""
    yield from _about(section)
    fields = {key: field for key, field in _fields(section) if key not in ClaimKeys.key_names()}
    base = {key: _example(fields[key]) for key in section.required}
    kinds = {name: kind for name, kind in KINDS.items() if name in fields}
    usual = [kind.name for kind in kinds.values() if kind.takes == "number" and not kind.margin]
    for key, field in fields.items():
        yield ""
        yield from _told(field, "  ", key)
        if key in section.required or (kinds and key in ("than", "within")):
            continue  # they stand in the lines of the kinds that they go with
        claim = base | {key: _example(field)}
        if key not in kinds:
            needed = usual[:1] if kinds else ["to" if key == "clock" else "by"] * (key != "to")
            claim |= {name: _example(fields[name]) for name in needed if name not in claim}
        elif kinds[key].takes == "arm":
            claim["than"] = _example(fields["than"])
        if key in kinds and kinds[key].margin:
            claim["within"] = _example(fields["within"])
        yield f"  #- {inline(claim)}"


def _about(section: type[Section]) -> list[str]:
    return _comment(" ".join((section.__doc__ or "").split()), "  ")


def _comment(text: str, indent: str = "") -> list[str]:
    """Return a text as lines of a comment."""
    start = f"{indent}# "
    return textwrap.wrap(
        text, _LONGEST, initial_indent=start, subsequent_indent=start, break_on_hyphens=False
    )
