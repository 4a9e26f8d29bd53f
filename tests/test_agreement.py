"""The page docs/agreement.md, which PyTorch is needed to make, tells of the tables as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers import LAYERS
from experiments.nn.losses import LOSSES
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES

PAGE = (Path(__file__).parent.parent / "docs" / "agreement.md").read_text(encoding="utf-8")
TABLES = {
    "Activations": ACTIVATIONS,
    "Layers": LAYERS,
    "Losses": LOSSES,
    "Optimizers": OPTIMIZERS,
    "Schedules": SCHEDULES,
}
NUMBER = re.compile(r"\d\.\de[-+]\d+")
MADE_ANEW = "benchmarks/agreement.py makes docs/agreement.md anew: see benchmarks/README.md"


def cells(title):
    """The rows of the table under a title, each a list of its cells; the head comes first."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return [found[0], *found[2:]]


@pytest.mark.parametrize("title", TABLES)
def test_every_row_was_compared_in_the_version_that_it_has(title):
    compared = {name.strip("`"): int(version) for name, version, *_ in cells(title)[1:]}
    assert compared == {name: row.version for name, row in TABLES[title].items()}, MADE_ANEW


def test_every_optimizer_was_compared_under_every_schedule():
    head, *rows = cells("Every optimizer under every schedule")
    assert [row[0].strip("`") for row in rows] == list(OPTIMIZERS), MADE_ANEW
    told = [name + warm_up for name in SCHEDULES for warm_up in ("", ", warm-up")]
    assert head[1:] == told, MADE_ANEW


@pytest.mark.parametrize(
    "title", [*TABLES, "Every optimizer under every schedule", "Every optimizer with every option"]
)
def test_all_numbers_are_within_what_is_promised(title):
    head, *rows = cells(title)
    first = 3 if title in TABLES else 1  # the columns before are words
    assert rows
    for row in rows:
        assert len(row) == len(head) > first
        for cell in row[first:]:
            assert NUMBER.fullmatch(cell), (row, MADE_ANEW)
            assert float(cell) <= 1e-6, (row, MADE_ANEW)
