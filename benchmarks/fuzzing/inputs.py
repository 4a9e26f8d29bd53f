"""One input: files in an empty folder, and the command that is given them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

CONFIG, TABLE, PLUGIN = "study.yaml", "table.csv", "own.py"

PLAN = ("--explain",)
"""Validates, reads the data and plans, and trains nothing."""

TRAIN = ("--anyway", "--quiet", "--jobs", "1")

SMALL = (
    "network.width=3",
    "network.depth=1",
    "training.epochs=1",
    "training.learning_rate=0.1",
    "seeds=2",
)
"""Makes a study of almost any config that trains in a moment; what contradicts it is refused."""


@dataclass(frozen=True, slots=True)
class Input:
    """What a command is given: files by their names, and arguments."""

    files: tuple[tuple[str, bytes], ...]
    arguments: tuple[str, ...]


def of_config(text: str | bytes, *more: str, files: tuple[tuple[str, bytes], ...] = ()) -> Input:
    """Return the command with a config, and whatever else it is given."""
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return Input(((CONFIG, content), *files), (CONFIG, *more))


def trained(given: Input) -> Input:
    """Return an input whose study is made small and trained, and not only planned."""
    kept = tuple(argument for argument in given.arguments if argument not in PLAN)
    sets = tuple(part for override in SMALL for part in ("--set", override))
    return Input(given.files, (*kept, *sets, *TRAIN))


def mostly(usual: st.SearchStrategy, *others: st.SearchStrategy) -> st.SearchStrategy[Any]:
    """Draw the usual in nine of ten cases; one_of would draw all of them alike."""
    return st.sampled_from(range(10)).flatmap(
        lambda number: usual if number else st.one_of(*others)
    )
