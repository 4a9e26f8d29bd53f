"""From the columns of a table to examples, by rules that have names and are told."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from experiments.datasets.labels import class_counts, labelled
from experiments.datasets.reading import digest_of
from experiments.datasets.record import Content
from experiments.datasets.rules import LARGEST, MOST_CATEGORIES, MOST_INPUTS, Rules
from experiments.splits import DataError, Pool

Place = Callable[[int, str], str]
"""Says where the row of a number, counted from 0 under the names, and a column are found."""


def content(columns: dict[str, pd.Series], rules: Rules, source: str, place: Place) -> Content:
    """Return the examples of a table.

    Args:
        columns: by their names, in order; emptied as they are read, so that not all of their
            numbers are held twice. (To take them out of a frame takes as long as it is wide.)
        rules: what is to be done.
        source: what messages call the table.
        place: says where a row and column are found.

    Raises:
        DataError: the table does not fit the rules; the message says where.

    """
    for name in filter(None, (part.strip() for part in rules.leave_out.split(","))):
        del columns[_found(name, columns, source, "leave_out")]
    if len(columns) < 2:
        raise DataError(f"{source}: there must be a column to predict and one to predict it from")
    target = _found(rules.target or [*columns][-1], columns, source, "target")
    read = {name: _number_or_text(columns.pop(name), name, place) for name in [*columns]}
    told = [f"{len(next(iter(read.values()))):,} rows of {source}; the target is {target!r}"]
    read, given = _without_missing(read, target, rules.missing, place, told)
    wanted = read.pop(target)
    labels, outputs, classes = labelled(wanted, rules.task, f"{source}: column {target!r}")
    inputs = _inputs(read, rules, source, place, given, told)
    if classes:
        told.append(class_counts(labels, classes))
    gaps = bool(np.isnan(inputs).any())
    pool = Pool(inputs, labels, gaps=gaps)
    return Content(pool, outputs, digest_of(pool), tuple(told))


def _found(name: str, names: Iterable[str], source: str, key: str) -> str:
    names = list(names)
    if name in names:
        return name
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    shown = ", ".join(names[:20]) + ", ..." * (len(names) > 20)
    raise DataError(f"{source}: there is no column {name!r} ({key}); its columns: {shown}{hint}")


def _number_or_text(column: pd.Series, name: str, place: Place) -> np.ndarray:
    """Return a column as numbers (N,), or as an array of texts, with NaN where it is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):  # who made the table says that it is text
        return column.astype(object).to_numpy()
    if pd.api.types.is_numeric_dtype(column.dtype):  # true and false are 1 and 0
        if isinstance(column.dtype, np.dtype):
            numbers = column.to_numpy(float)
        else:  # of pandas's own, with a mark of its own for what is missing
            numbers = column.to_numpy(float, na_value=np.nan)
        _check_finite(numbers, name, place)
        return numbers
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    text = (column.notna() & np.isnan(numbers)).to_numpy()
    if not text.any():
        _check_finite(numbers, name, place)
        return numbers
    first = int(text.argmax())
    if 2 * text.sum() <= column.notna().sum():
        raise DataError(
            f"{place(first, name)}: found {_short(column.iloc[first])}, and numbers in most other "
            f"rows; correct it, leave it empty and choose a rule for what is missing, or write "
            f"leave_out: {name}"
        )
    return column.astype(object).where(column.notna(), np.nan).to_numpy()


def _check_finite(numbers: np.ndarray, name: str, place: Place) -> None:
    large = np.abs(numbers) > LARGEST  # false of NaN, which is missing
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{place(row, name)}: found {numbers[row]:g}; allowed: numbers up to {LARGEST:g}"
        )


def _without_missing(
    read: dict[str, np.ndarray], target: str, rule: str, place: Place, told: list[str]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Apply the rule for what is missing; return the columns and which rows are left, (N,)."""
    gone = {name: pd.isna(column) for name, column in read.items()}
    rows = np.zeros(len(read[target]), bool)
    for missing in gone.values():
        rows |= missing
    left = np.arange(len(rows))
    count = sum(int(missing.sum()) for missing in gone.values())
    if not count:
        return read, left
    if rule == "drop":
        left = np.flatnonzero(~rows)
        told.append(f"{rows.sum():,} rows with missing values were dropped (missing: drop)")
        if not len(left):
            name = max(gone, key=lambda name: int(gone[name].sum()))
            raise DataError(
                f"{place(0, name)}: every row has a missing value, and missing: drop leaves none; "
                f"leave out columns that are often empty, such as {name}"
            )
        return {name: column[left] for name, column in read.items()}, left
    where = [target] if rule == "mean" else [*read]
    for name in where:
        if gone[name].any():
            hint = "drop" if rule == "mean" else "drop or missing: mean"
            what = "target" if rule == "mean" else "value"
            raise DataError(
                f"{place(int(gone[name].argmax()), name)}: the {what} is missing; fill it in, or "
                f"write missing: {hint}"
            )
    told.append(f"{count:,} missing values become the training split's mean (missing: mean)")
    return read, left


def _inputs(
    read: dict[str, np.ndarray],
    rules: Rules,
    source: str,
    place: Place,
    left: np.ndarray,
    told: list[str],
) -> np.ndarray:
    """Return the inputs (N, D) in the order of the columns; what was read is given up."""
    texts = {name: column for name, column in read.items() if column.dtype == object}
    if texts and rules.categories == "refuse":
        name = next(iter(texts))
        raise DataError(
            f"{place(int(left[0]), name)}: found {_short(texts[name][0])}, and text is refused "
            "(categories: refuse)"
        )
    kinds = {}
    for name, column in texts.items():
        if rules.categories == "drop":
            del read[name]
            continue
        kinds[name] = sorted(set(map(str, column[~pd.isna(column)])))
        if len(kinds[name]) > MOST_CATEGORIES:
            raise DataError(
                f"{source}: column {name!r} has {len(kinds[name]):,} different texts; allowed: at "
                f"most {MOST_CATEGORIES} categories; write leave_out: {name}"
            )
    width = sum(len(kinds.get(name, (0,))) for name in read)
    if not 1 <= width <= MOST_INPUTS:
        raise DataError(f"{source}: it makes {width:,} inputs; allowed: 1 to {MOST_INPUTS:,}")
    inputs, constant, at = np.empty((len(left), width)), [], 0
    for name in [*read]:
        column = read.pop(name)
        if name in kinds:
            missing, texts_of = pd.isna(column), column.astype(str)
            for kind in kinds[name]:
                inputs[:, at] = np.where(missing, np.nan, texts_of == kind)
                at += 1
            same = len(kinds[name]) < 2
        else:
            inputs[:, at] = column
            same = not (column != column[0]).any()
            at += 1
        if same:
            constant.append(name)
    told += _told_of_inputs(kinds, texts.keys() - kinds.keys(), constant, width)
    return inputs


def _told_of_inputs(
    kinds: dict[str, list[str]], dropped: Iterable[str], constant: list[str], width: int
) -> list[str]:
    said = [f"{width:,} input{'s' * (width != 1)}"]
    if kinds:
        count = sum(map(len, kinds.values()))
        said.append(f"{count} of them are categories of {_names(kinds)} (categories: one_hot)")
    if dropped := sorted(dropped):
        said.append(f"text of {_names(dropped)} was left out (categories: drop)")
    if constant:
        said.append(f"{_names(constant)} is the same in every row and tells nothing")
    return said


def _names(names: Iterable[str]) -> str:
    names = [repr(name) for name in names]
    return ", ".join(names[:10]) + ", ..." * (len(names) > 10)


def _short(value: object) -> str:
    text = repr(str(value))
    return text if len(text) <= 40 else text[:37] + "..."
