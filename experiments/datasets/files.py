"""Data sets that are files of the user's own."""

from __future__ import annotations

from experiments.datasets import arrays
from experiments.datasets.paths import path
from experiments.datasets.record import SHARES, Content, DatasetRow
from experiments.datasets.rules import RULES
from experiments.parameters import Parameter

STANDARDISE = Parameter(
    "feature",
    "by the mean and deviation of each input, or of all inputs together as for images, or not",
    options=("feature", "global", "none"),
)


def _csv(**how: object) -> Content:
    from experiments.datasets import csv_table  # pandas is slow to import, and few runs need it

    return csv_table.read(**how)


ROWS = (
    DatasetRow(
        name="csv",
        label="CSV table",
        source="a table of the user's own: a row for each example, in UTF-8",
        read=_csv,
        parameters={
            "path": path("the file"),
            **RULES,
            "delimiter": Parameter(
                ",", "between two values of a row", options=(",", ";", "\t", "|", " ")
            ),
            "decimal": Parameter(".", "before a number's decimals", options=(".", ",")),
            "header": Parameter(True, "whether the first row has the columns' names"),
            **SHARES,
        },
    ),
    DatasetRow(
        name="npz",
        label="NumPy arrays",
        source="an .npz file of the user's own with x (N, ...) and y (N,) or (N, C), or a folder "
        "of x.npy and y.npy; x_test and y_test are the test split",
        read=arrays.read,
        parameters={
            "path": path("the file or folder"),
            "task": RULES["task"],
            "standardise": STANDARDISE,
            **SHARES,
        },
    ),
)
