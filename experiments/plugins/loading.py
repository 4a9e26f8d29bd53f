"""Reading files of a user's own: `ROWS = [...]` at their end go into the tables.

Code runs from files named on the command line alone, never because of a config. It has to be read
before `experiments.config`, whose keys are made from the tables. Worker processes run the same
bytes again: functions cannot travel, and only what was checked is trained with.
"""

from __future__ import annotations

import hashlib
import re
import sys
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from experiments.analysis.measures import MOMENTS, Moment
from experiments.datasets import DATASETS, DatasetRow
from experiments.kinds import KINDS, Kind
from experiments.nn.activations import ACTIVATIONS, Activation
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.diagnostics.record import Diagnostic
from experiments.nn.initializers import INITIALIZERS, MATCHED, Initializer
from experiments.nn.optimizers import OPTIMIZERS, Optimizer
from experiments.nn.rate_schedules import SCHEDULES, Schedule
from experiments.plugins.registry import (
    DIGESTS,
    FILES,
    Plugin,
    PluginError,
    running,
    shown,
)
from experiments.records import METRICS


@dataclass(frozen=True, slots=True)
class Table:
    """One table that a file may add rows to."""

    title: str
    rows: dict[str, Any]
    taken: tuple[str, ...] = ()  # names that mean something else where a row's name may stand


_CLAIM_KEYS = [
    "says",
    "answers",
    "primary",
    "faster",
    "than",
    "to",
    "by",
    "tolerance",
    "reading",
    "measure",
    "layer",
    "at",
    "over",
    "of",
    "within",
]

TABLES: dict[type, Table] = {
    Activation: Table("activation", ACTIVATIONS),
    Optimizer: Table("optimizer", OPTIMIZERS),
    Schedule: Table("schedule", SCHEDULES),
    Initializer: Table("initializer", INITIALIZERS, (MATCHED,)),
    DatasetRow: Table("data set", DATASETS),
    Diagnostic: Table("diagnostic", DIAGNOSTICS, METRICS),
    Moment: Table("moment", MOMENTS),
    Kind: Table("kind of claim", KINDS, tuple(_CLAIM_KEYS)),
}
"""The table of each class of rows."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TEXTS = ("label", "formula", "source", "meaning", "says")

MOST_BYTES = 1_000_000
"""Of a file."""


def load(paths: Iterable[str | Path]) -> None:
    """Read files and add their rows to the tables, after checks of every row.

    Raises:
        PluginError: everything that is wrong with them, a line each.

    """
    from experiments.plugins.checks import faults  # it trains small networks

    wrong, added = [], []
    for path in paths:
        plugin = _read(path)
        if plugin in FILES:
            continue
        rows = _rows(plugin)
        wrong += [f"{shown(plugin)}: {message}" for message in _add(plugin, rows)]
        added.append((plugin, rows))
    if not wrong:
        for plugin, rows in added:
            wrong += [message for row in rows for message in faults(plugin, row)]
    if wrong:
        raise PluginError("\n".join(wrong))


def load_again(plugins: Sequence[Plugin]) -> None:
    """Add to the tables of this process what another one has read and checked.

    Raises:
        PluginError: if a file cannot be used here.

    """
    for plugin in plugins:
        if plugin not in FILES and (wrong := _add(plugin, _rows(plugin))):
            raise PluginError(f"{shown(plugin)}: {wrong[0]}")


def _read(path: str | Path) -> Plugin:
    file = Path(path).absolute()
    try:
        with file.open("rb") as text:
            content = text.read(MOST_BYTES + 1)
    except OSError as error:
        raise PluginError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise PluginError(f"{path}: too long; allowed: at most {MOST_BYTES:,} bytes")
    return Plugin(str(file), hashlib.sha256(content).hexdigest(), content)


def _rows(plugin: Plugin) -> list[Any]:
    """Run a file, and return its rows."""
    name = shown(plugin)
    module = types.ModuleType(f"plugin_{plugin.digest[:12]}")
    module.__file__ = plugin.path
    module.print = _print
    sys.modules[module.__name__] = module  # dataclasses and pickle look their module up
    with running(plugin):
        exec(compile(plugin.content, plugin.path, "exec"), module.__dict__)
        rows = getattr(module, "ROWS", None)
        if not isinstance(rows, list | tuple) or not rows:
            raise PluginError(f"{name}: has no ROWS; end the file with a list, ROWS = [my_row]")
        return list(rows)


def _print(*values: object, file: TextIO | None = None, **how: Any) -> None:
    """Print, for a user's own code: to stderr, since stdout is the program's."""
    print(*values, file=file or sys.stderr, **how)


def _add(plugin: Plugin, rows: Sequence[Any]) -> list[str]:
    """Add the rows to their tables and return what is wrong with those that are left out."""
    wrong = []
    for number, row in enumerate(rows, 1):
        table = TABLES.get(type(row))
        if table is None:
            classes = ", ".join(sorted(row_class.__name__ for row_class in TABLES))
            wrong.append(f"ROWS: number {number} is of class {type(row).__name__}; "
                         f"allowed: {classes}")  # fmt: skip
            continue
        with running(plugin):  # a name may be an object of the user's own
            messages = _wrong_words(row, table)
            wrong += [f"{table.title} {row.name!r}: {message}" for message in messages]
        if not messages:
            table.rows[row.name] = row
            DIGESTS[table.title, row.name] = plugin.digest
    FILES.append(plugin)
    return wrong


def _wrong_words(row: Any, table: Table) -> list[str]:
    """Say what is wrong with a row's name and texts."""
    wrong = []
    if not isinstance(row.name, str) or not _NAME.fullmatch(row.name):
        wrong.append("a name has small letters, digits and _, begins with a letter and has at most "
                     "40 of them")  # fmt: skip
    elif row.name in table.rows:
        wrong.append(f"the name is taken by another {table.title}; choose another name")
    elif row.name in table.taken:
        wrong.append("the name means something else in a config; choose another name")
    for field in _TEXTS:
        text = getattr(row, field, "text")
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            wrong.append(f"{field} is no text that can be printed in a line")
    return wrong
