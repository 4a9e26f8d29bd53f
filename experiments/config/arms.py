"""Which arm a claim names: a value of an axis, or a mapping of axes to values."""

from __future__ import annotations

from typing import Any

from experiments.config.checking import Checked
from experiments.config.errors import Path, WrongError, found, listing, nearest, show
from experiments.config.grid import Grid
from experiments.config.model import PARSERS
from experiments.study import Labels, arm_in_words

CHOSEN = "tuned, so that every arm has the value that suits it; a claim compares what is listed"
"""Why a claim cannot name what a search chooses."""


def find_arm(checked: Checked, grid: Grid, path: Path, axis: str | None = None) -> Labels | None:
    """Return the (axis, label) pairs that a key of a claim names, or None if they are wrong.

    Args:
        checked: notes what is wrong.
        grid: whose axes may be named.
        path: of the key, `claims`, the claim's place and the key's name.
        axis: on which a value stands, where the claim says so.

    """
    raw = getattr(checked.config.claims[path[1]], path[2])
    if not checked.sure(path):
        return None
    try:
        if isinstance(raw, dict) and "name" not in raw:
            return _of_axes(grid, raw)
        return _of_axes(grid, {axis: raw}) if axis else (_of_value(grid, raw),)
    except WrongError as wrong:
        # An axis with a value that could not be read may well hold what is named here.
        if checked.sure(*grid.paths.values()):
            for below, message in wrong.problems:
                checked.report(path if axis else (*path, *below), message)
        return None


def check_pair(checked: Checked, path: Path, first: str, one: Labels, other: Labels) -> bool:
    """Note where two arms cannot be compared; tell whether they can.

    Args:
        checked: notes what is wrong.
        path: of the claim.
        first: the key that names the first arm.
        one: the first arm.
        other: the arm that `than` names.

    """
    sides = [[name for name, _ in pairs] for pairs in (one, other)]
    if sides[0] != sides[1]:
        message = f"names {listing(sides[1])}, but {first} names {listing(sides[0])}"
        checked.report((*path, "than"), f"{message}; both must name the same axes")
    elif one == other:
        checked.report((*path, "than"), f"the same as {first}: {arm_in_words(other)}")
    else:
        return True
    return False


def _of_value(grid: Grid, raw: Any) -> tuple[str, str]:
    matches = {axis.name: label for axis in grid.axes if (label := _label(grid, axis.name, raw))}
    if len(matches) == 1:
        return next(iter(matches.items()))
    if matches:
        ways = " or ".join(f"{{{name}: {label}}}" for name, label in matches.items())
        raise WrongError(
            ((), f"{_named(raw)} is a value of {' and of '.join(matches)}; write {ways}")
        )
    if grid.searched is not None and _label(grid, grid.searched, raw):
        raise WrongError(((), f"a value of {grid.searched}: {CHOSEN}"))
    allowed = ", or ".join(f"{axis.name} {listing(axis.labels)}" for axis in grid.axes)
    allowed = allowed or "none, as the grid has a single setting"
    labels = [label for axis in grid.axes for label in axis.labels]
    raise WrongError(((), f"{found(raw)}; allowed: {allowed}{nearest(_named(raw), labels)}"))


def _of_axes(grid: Grid, raw: dict[str, Any]) -> Labels:
    axes = {axis.name: axis for axis in grid.axes}
    problems, pairs = [], {}
    for name, value in raw.items():
        if name in axes:
            pairs[name] = _label(grid, name, value)
            if pairs[name] is None:
                labels = axes[name].labels
                hint = nearest(_named(value), labels)
                problems.append(((name,), f"{found(value)}; allowed: {listing(labels)}{hint}"))
        elif name == grid.searched:
            problems.append(((name,), CHOSEN))
        elif name in grid.levels:
            message = "not an axis of the grid, as it has one value"
            problems.append(((name,), f"{message}; allowed: {listing(axes) or 'none'}"))
        else:
            message = f"not an axis of the grid; allowed: {listing(axes) or 'none'}"
            problems.append(((name,), message + nearest(name, axes)))
    if not raw:
        problems.append(((), f"names no axis; allowed: {listing(axes) or 'none'}"))
    if problems:
        raise WrongError(*problems)
    return tuple((name, pairs[name]) for name in axes if name in pairs)


def _label(grid: Grid, name: str, raw: Any) -> str | None:
    """Return the label of the value of an axis that `raw` is, as written there or by its label."""
    levels = grid.levels[name]
    if any(level.label == raw for level in levels):
        return raw
    try:
        read = [level.value for level in PARSERS[grid.paths[name]](raw)]
    except WrongError:
        return None
    return next((level.label for level in levels if [level.value] == read), None)


def _named(raw: Any) -> str:
    return str(raw.get("name")) if isinstance(raw, dict) else show(raw)
