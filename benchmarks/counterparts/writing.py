"""The page in the docs."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import numpy as np

from counterparts.sections import NOT_COMPARED, Grid, Row, Section
from counterparts.seen import LIMIT
from counterparts.side_by_side import UPDATES

_OPENING = """\
# Agreement with PyTorch

Made by `python benchmarks/agreement.py` with {versions}, all in float64. {outcome}

Each row of the project's tables is compared with its counterpart in PyTorch, at its defaults and \
at other parameters. A counterpart is a function or a class of PyTorch; where it says *composed*, \
PyTorch has none, and it is put together from functions that it has, with the gradient by \
autograd. The version is that of the row: where it is raised, numbers have changed, and this page \
is to be made anew.

- **Values and gradients** of functions and losses are compared number by number, \
|ours - theirs| / max(1, |theirs|).
- **Networks** start from the same weights and see the same batches. Compared are what activations \
read and write, losses, and the gradients for what is learned and for pre-activations, of a batch \
in training before the first update and of other examples in evaluation after the last: array by \
array, max |ours - theirs| / max |theirs|. A row tells the largest of all.
- **After {updates} updates** everything that is learned is compared in the same way. Updates are \
made as a study makes them, by SGD with momentum 0.9 where nothing else is told.
"""


def page(sections: Sequence[Section | Grid]) -> str:
    """Return the page, in Markdown."""
    failing = list(failures(sections))
    outcome = (
        "**These do not agree:** " + "; ".join(failing) + "."
        if failing
        else f"All agree to {np.format_float_scientific(LIMIT, trim='-', exp_digits=1)}."
    )
    packages = (f"{name} {version(package)}" for name, package in _PACKAGES.items())
    versions = f"{', '.join(packages)} and Python {platform.python_version()}"
    lines = [_OPENING.format(versions=versions, outcome=outcome, updates=UPDATES)]
    for section in sections:
        table = _table(section) if isinstance(section, Section) else _grid(section)
        lines += [f"## {section.title}", "", section.says, "", *table, ""]
        if isinstance(section, Section):
            noted = [f"- `{row.name}`: {row.note}" for row in section.rows if row.note]
            lines += [*noted, ""] if noted else []
    return "\n".join(lines)


_PACKAGES = {"PyTorch": "torch", "NumPy": "numpy", "SciPy": "scipy"}


def failures(sections: Sequence[Section | Grid]) -> Iterator[str]:
    """Yield what is too far apart or was not compared."""
    for section in sections:
        if isinstance(section, Section):
            yield from (f"{section.title.lower()}: {r.name}" for r in section.rows if r.fails)


def _table(section: Section) -> Iterator[str]:
    """Yield the lines of a table, without columns that nothing of it has."""
    columns = ("values", "gradients", "updates")
    there = [row.difference for row in section.rows if row.difference is not None]
    columns = [c for c in columns if any(getattr(d, c) is not None for d in there)]
    heads = {"updates": f"after {UPDATES} updates"}
    yield "| row | version | in PyTorch | " + " | ".join(heads.get(c, c) for c in columns) + " |"
    yield "|---" * (3 + len(columns)) + "|"
    for row in section.rows:
        yield _line([f"`{row.name}`", str(row.version), row.says, *_cells(row, columns)])


def _cells(row: Row, columns: Sequence[str]) -> list[str]:
    if row.difference is None:
        return [NOT_COMPARED] * len(columns)
    return [_two_digits(getattr(row.difference, column)) for column in columns]


def _grid(grid: Grid) -> Iterator[str]:
    rows, columns = (list(dict.fromkeys(keys)) for keys in zip(*grid.cells, strict=True))
    yield _line(["", *columns])
    yield "|---" * (1 + len(columns)) + "|"
    for row in rows:
        yield _line([f"`{row}`", *(_two_digits(grid.cells[row, c]) for c in columns)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _two_digits(number: float | None) -> str:
    if number is None:
        return ""
    return np.format_float_scientific(number, precision=1, unique=False, exp_digits=1)
