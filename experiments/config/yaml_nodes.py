"""YAML text -> its graph of nodes; what is no plain, small YAML does not get in.

Plain scalars are read by the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema)
and not by PyYAML's 1.1, for which `1e-3` is a text, `no` is false and `10:30` is 630.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from experiments.config.errors import ConfigError, Problem, in_file

MOST_BYTES = 1_000_000
MOST_NODES = 10_000  # values in a file, with every alias written out
MOST_LEVELS = 20  # of nesting

_CONTROL = yaml.reader.Reader.NON_PRINTABLE
_INDENTED_BY_TAB = re.compile(r"^ *\t[ \t]*[^\s#]", re.MULTILINE)
_CORE = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
)


def use_core_schema(cls: type) -> type:
    """Give a PyYAML loader or dumper the implicit types of YAML 1.2's core schema."""
    cls.yaml_implicit_resolvers = {}
    for tag, pattern, first in _CORE:
        cls.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
    return cls


class _TooMuchError(Exception):
    """The node graph is too large, too deep or refers to itself."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@use_core_schema
class _Composer(yaml.SafeLoader):
    """Composes the node graph, measuring it on the way; it never constructs an object."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.tags: dict[int, str] = {}  # by id of the node: the tag that was written
        self._sizes: dict[int, tuple[int, int]] = {}  # by id: nodes, levels; aliases written out
        self._open = self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        event = self.peek_event()
        line = event.start_mark.line + 1
        self._open += 1
        self._count += 1
        if self._open > MOST_LEVELS:
            raise _TooMuchError(line, f"nested too deeply; allowed: at most {MOST_LEVELS} levels")
        if self._count > MOST_NODES:
            raise _TooMuchError(line, f"too many values; allowed: at most {MOST_NODES:,} in a file")
        node = super().compose_node(parent, index)
        self._open -= 1
        if isinstance(event, yaml.AliasEvent):
            if id(node) not in self._sizes:
                raise _TooMuchError(
                    line, f"the alias *{event.anchor} stands inside of what it repeats"
                )
            return node
        if event.tag is not None:
            self.tags[id(node)] = event.tag
        sizes = [self._sizes[id(child)] for child in _children(node)]
        size = 1 + sum(nodes for nodes, _ in sizes)
        levels = 1 + max((levels for _, levels in sizes), default=0)
        if size > MOST_NODES or levels > MOST_LEVELS:
            raise _TooMuchError(
                line,
                f"its aliases, written out, make {size:,} values in {levels} levels; "
                f"allowed: at most {MOST_NODES:,} in {MOST_LEVELS}",
            )
        self._sizes[id(node)] = size, levels
        return node


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def compose(text: str, source: str) -> tuple[yaml.Node | None, dict[int, str]]:
    """Read YAML text into its graph of nodes, without building anything of it.

    Args:
        text: the YAML text.
        source: what messages call it.

    Returns:
        The top node, None for a text without content, and the tags that the text gives to nodes,
        by the id of the node.

    Raises:
        ConfigError: the text is no YAML, has more than one document, or is too long, too deep or
            too large with all of its aliases written out.

    """

    def refuse(line: int, message: str) -> ConfigError:
        return ConfigError([Problem(in_file(source, line), (), message)])

    def line_at(position: int) -> int:
        return text.count("\n", 0, position) + 1

    if len(text) > MOST_BYTES:
        raise refuse(0, f"too long; allowed: at most {MOST_BYTES:,} bytes")
    if control := _CONTROL.search(text):
        code = f"U+{ord(control.group()):04X}"
        raise refuse(line_at(control.start()), f"found the control character {code}; it is no text")
    if tab := _INDENTED_BY_TAB.search(text):
        raise refuse(line_at(tab.start()), "indented by a tab; YAML is indented by spaces only")
    loader = _Composer(text)
    try:
        return loader.get_single_node(), loader.tags
    except _TooMuchError as error:
        raise refuse(error.line, str(error)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = ": ".join(filter(None, [error.context, error.problem])) or "unreadable"
        if r"'\t'" in message:
            message = "found a tab; only spaces may stand here"
        if "mapping values are not allowed" in message:
            message += "; a text with a colon and a space in it needs quotes"
        raise refuse(mark.line + 1 if mark else 0, f"not valid YAML: {message}") from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # Escapes such as "\UFFFFFFFF" and numbers in directives get past PyYAML's own checks.
        line = loader.get_mark().line + 1
        raise refuse(
            line, "not valid YAML: a number in an escape or directive is too large"
        ) from None
    finally:
        loader.dispose()
