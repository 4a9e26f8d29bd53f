"""The claims of a config: which arms they name, and whether the study can decide them."""

from __future__ import annotations

from typing import Any

from experiments.config.checking import Checked
from experiments.config.errors import Path, WrongError, found, listing, nearest, show
from experiments.config.grid import Grid
from experiments.config.model import READERS
from experiments.records import Claim, Labels, arm_in_words


def check_claims(checked: Checked, grid: Grid) -> tuple[Claim, ...]:
    """Resolve the claims, noting what is wrong with them.

    Returns:
        The claims, those left out that could not be resolved.

    """
    claims = []
    for i, keys in enumerate(checked.config.claims):
        path: Path = ("claims", i)
        if not grid.axes:
            _report_single_setting(checked, grid, path)
            continue
        sure = checked.sure(path)
        arms = {side: _arm(checked, grid, (*path, side)) for side in ("faster", "than")}
        faster, than = arms["faster"], arms["than"]
        if faster and than:
            sure = _check_arms(checked, path, faster, than) and sure
        if "tolerance" in keys.model_fields_set and keys.by is None and checked.sure((*path, "by")):
            checked.report((*path, "tolerance"), "goes only with by, the factor that is claimed")
        if sure and faster and than:
            metric, targets = keys.to
            says = keys.says or _in_words(faster, than, metric, targets, keys.by)
            claims.append(
                Claim(
                    number=i + 1,
                    says=says,
                    faster=faster,
                    than=than,
                    metric=metric,
                    targets=targets,
                    by=keys.by,
                    tolerance=keys.tolerance,
                    primary=keys.primary,
                    auto=not targets,
                )
            )
    return tuple(claims)


def _report_single_setting(checked: Checked, grid: Grid, path: Path) -> None:
    if checked.sure(*grid.paths.values()):
        message = "compares nothing, as the grid has a single setting"
        checked.report(path, f"{message}; give a key a list, such as activation: [relu, tanh]")


def _arm(checked: Checked, grid: Grid, path: Path) -> Labels | None:
    """Return the (axis, label) pairs that a `faster` or `than` names, or None if it is wrong."""
    raw = getattr(checked.config.claims[path[1]], path[2])
    if not checked.sure(path):
        return None
    try:
        if isinstance(raw, dict) and "name" not in raw:
            return _of_axes(grid, raw)
        return (_of_value(grid, raw),)
    except WrongError as wrong:
        # An axis with a value that could not be read may well hold what is named here.
        if checked.sure(*grid.paths.values()):
            for below, message in wrong.problems:
                checked.report((*path, *below), message)
        return None


def _of_value(grid: Grid, raw: Any) -> tuple[str, str]:
    matches = {axis.name: label for axis in grid.axes if (label := _label(grid, axis.name, raw))}
    if len(matches) == 1:
        return next(iter(matches.items()))
    if matches:
        ways = " or ".join(f"{{{name}: {label}}}" for name, label in matches.items())
        raise WrongError(
            ((), f"{_named(raw)} is a value of {' and of '.join(matches)}; write {ways}")
        )
    allowed = ", or ".join(f"{axis.name} {listing(axis.labels)}" for axis in grid.axes)
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
        read = [level.value for level in READERS[grid.paths[name]](raw)]
    except WrongError:
        return None
    return next((level.label for level in levels if [level.value] == read), None)


def _named(raw: Any) -> str:
    return str(raw.get("name")) if isinstance(raw, dict) else show(raw)


def _check_arms(checked: Checked, path: Path, faster: Labels, than: Labels) -> bool:
    sides = [[name for name, _ in pairs] for pairs in (faster, than)]
    if sides[0] != sides[1]:
        message = f"names {listing(sides[1])}, but faster names {listing(sides[0])}"
        checked.report((*path, "than"), f"{message}; both must name the same axes")
    elif faster == than:
        checked.report((*path, "than"), f"the same as faster: {arm_in_words(than)}")
    else:
        return True
    return False


def _in_words(
    faster: Labels, than: Labels, metric: str, targets: tuple[float, ...], by: float | None
) -> str:
    """Say what is claimed, for example "relu reaches train_loss 0.4 in fewer updates than tanh"."""
    *most, last = map(show, targets) if targets else ("each of its targets",)
    values = f"{', '.join(most)} and {last}" if most else last
    times = "" if by is None else f"{show(by)} times "
    first, second = arm_in_words(faster), arm_in_words(than)
    return f"{first} reaches {metric} {values} in {times}fewer updates than {second}"
