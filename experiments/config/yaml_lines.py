"""Plain data out of YAML text, with the line of every key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from experiments.config.errors import ConfigError, Path, Place, Problem, in_file
from experiments.config.yaml_nodes import compose

LARGEST = 10**18
"""Whole numbers beyond it do not fit NumPy's."""


class Broken:
    """Stands where a value was that cannot be read and has been reported."""

    def __repr__(self) -> str:
        return "BROKEN"

    def __deepcopy__(self, memo: dict) -> Broken:
        return self


BROKEN = Broken()


@dataclass(slots=True)
class Document:
    """Plain data and the place of each of its values."""

    source: str
    data: dict[str, Any]
    places: dict[Path, Place]
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, message: str) -> Problem:
        """Return a problem of the value at `path`, or of its closest parent that was written."""
        place = next(
            (self.places[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.places),
            in_file(self.source, 1),
        )
        return Problem(place, path, message)


def parse(text: str, source: str) -> Document:
    """Read YAML text whose top level is a mapping.

    Args:
        text: the YAML text.
        source: the name of the file, for messages.

    Returns:
        The data. What can be told apart from the rest (duplicate keys, tags, keys that are no
        text) is among its problems, and the value is replaced by BROKEN.

    Raises:
        ConfigError: if the text is no YAML, is empty or too large, or is no mapping.

    """
    node, tags = compose(text, source)
    if node is None or (node.tag.endswith(":null") and node.value == ""):
        message = "empty; a config needs at least the key dataset"
        raise ConfigError([Problem(in_file(source, 0), (), message)])
    document = Document(source, {}, {})
    data = _Builder(document, tags).build(node, (), node.start_mark.line + 1)
    if not isinstance(data, dict):
        message = "the top level must be a mapping of keys to values, such as `dataset: digits`"
        raise ConfigError([*document.problems, document.problem((), message)])
    document.data = data
    return document


def parse_value(text: str) -> Any:
    """Read a single YAML value, as it stands in an override.

    Raises:
        ConfigError: if the text is no YAML or holds what a file must not hold.

    """
    node, tags = compose(text, "the value")
    if node is None:
        return None
    document = Document("the value", {}, {})
    value = _Builder(document, tags).build(node, (), 1)
    if document.problems:
        raise ConfigError(document.problems)
    return value


class _Builder:
    """Turns nodes into plain data and notes the place of each; aliases become copies."""

    def __init__(self, document: Document, tags: dict[int, str]) -> None:
        self._document = document
        self._tags = tags

    def _report(self, path: Path, line: int, message: str) -> Broken:
        place = in_file(self._document.source, line)
        self._document.problems.append(Problem(place, path, message))
        return BROKEN

    def build(self, node: yaml.Node, path: Path, line: int) -> Any:
        """Return the plain data of a node.

        Args:
            node: the node.
            path: where it stands.
            line: where it is written: for the value of a key, the line of the key.

        """
        self._document.places[path] = in_file(self._document.source, line)
        if tag := self._tags.get(id(node)):
            name = tag.replace("tag:yaml.org,2002:", "!!")
            return self._report(path, line, f"found the tag {name}; tags are not allowed")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.build(item, (*path, i), item.start_mark.line + 1)
                for i, item in enumerate(node.value)
            ]
        return self._scalar(node, path, line)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not key_node.tag.endswith(":str") or id(key_node) in self._tags:
                shown = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a collection"
                self._report(path, line, f"found the key {shown or 'nothing'}; a key must be text")
            elif key_node.value in data:
                first = self._document.places[*path, key_node.value].line
                message = f"given twice; the first is in line {first}"
                self._report((*path, key_node.value), line, message)
            else:
                data[key_node.value] = self.build(value_node, (*path, key_node.value), line)
        return data

    def _scalar(self, node: yaml.ScalarNode, path: Path, line: int) -> Any:
        kind, text = node.tag.rsplit(":", 1)[-1], node.value
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        if kind == "int":
            # Counted first: Python refuses to read decimal numbers of thousands of digits.
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            if len(text) > 60 or abs(int(text, base)) >= LARGEST:
                return self._report(path, line, f"found a number beyond {LARGEST:.0e}")
            return int(text, base)
        return text
