"""The rules by which the columns of a table become examples, and what is allowed of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.parameters import Parameter

MOST_CATEGORIES = 100
"""Of one column: more texts than that are names of rows and not categories."""

MOST_INPUTS = 20_000

LARGEST = 1e100
"""Beyond it, squares and sums of squares are near what a number can hold."""

RULES = {
    "target": Parameter("", "the column to predict; the last one if it is not named"),
    "task": Parameter(
        "auto",
        "whether the target is a class or a number; auto: a class if it is text, or whole numbers "
        "of at most 20 kinds",
        options=("auto", "classification", "regression"),
    ),
    "missing": Parameter(
        "refuse",
        "of values that are missing: refuse the table, drop their rows, or take the training "
        "split's mean",
        options=("refuse", "drop", "mean"),
    ),
    "categories": Parameter(
        "one_hot",
        "of columns of text: an input of 0 and 1 for each category, leave them out, or refuse",
        options=("one_hot", "drop", "refuse"),
    ),
    "leave_out": Parameter("", "columns that are not read, their names joined by commas"),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What is done with the columns of a table; each rule is a parameter of the same name."""

    target: str = ""
    task: str = "auto"
    missing: str = "refuse"
    categories: str = "one_hot"
    leave_out: str = ""
