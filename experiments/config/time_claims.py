"""The claims of a config that one arm is faster than another."""

from __future__ import annotations

from experiments.config.arms import check_pair, find_arm
from experiments.config.checking import Checked
from experiments.config.errors import Path, shorten, show
from experiments.config.grid import Grid
from experiments.config.values import MOST_CHARACTERS
from experiments.records import METRIC_WORDS
from experiments.study import Labels, TimeClaim, arm_in_words


def time_claim(checked: Checked, grid: Grid, place: int) -> TimeClaim | None:
    """Resolve a claim of which arm is faster, noting what is wrong with it; None if anything is."""
    keys, path = checked.config.claims[place], ("claims", place)
    if not grid.axes:
        _report_single_setting(checked, grid, path)
        return None
    sure = _check_trained(checked, grid, path) and checked.sure(path)
    faster, than = (find_arm(checked, grid, (*path, side)) for side in ("faster", "than"))
    if faster and than:
        sure = check_pair(checked, path, "faster", faster, than) and sure
    for key in ("tolerance", "reading"):
        if key in keys.model_fields_set and keys.by is None and checked.sure((*path, "by")):
            checked.report((*path, key), "goes only with by, the factor that is claimed")
    if keys.by is not None and keys.by < keys.tolerance and checked.sure(path):
        message = f"found {show(keys.by)}; allowed: at least the tolerance, {show(keys.tolerance)}"
        checked.report(
            (*path, "by"),
            f"{message}, as an arm that is slower would else have the size; give a lower tolerance",
        )
    if not (sure and faster and than):
        return None
    metric, targets = keys.to
    return TimeClaim(
        number=place + 1,
        says=keys.says or _in_words(faster, than, metric, targets, keys.by, keys.clock),
        primary=keys.primary,
        answers=keys.answers,
        pooled=keys.pooled,
        faster=faster,
        than=than,
        metric=metric,
        targets=targets,
        by=keys.by,
        tolerance=keys.tolerance,
        reading=keys.reading,
        auto=not targets,
        clock=keys.clock,
    )


def _report_single_setting(checked: Checked, grid: Grid, path: Path) -> None:
    if checked.sure(*grid.paths.values()):
        message = "compares nothing, as the grid has a single setting"
        checked.report(path, f"{message}; give a key a list, such as activation: [relu, tanh]")


def _check_trained(checked: Checked, grid: Grid, path: Path) -> bool:
    if all(level.value > 0 for level in grid.levels["epochs"]):
        return True
    checked.report((*path, "faster"), "goes only with training.epochs above 0")
    return False


def _in_words(
    faster: Labels,
    than: Labels,
    metric: str,
    targets: tuple[float, ...],
    by: float | None,
    clock: str,
) -> str:
    """Say what is claimed: "relu reaches a training loss of 0.4 in fewer updates than tanh"."""
    goal = f"each target of its {METRIC_WORDS[metric]}"
    if targets:
        *most, last = map(show, targets)
        values = f"{', '.join(most)} and {last}" if most else last
        goal = f"a {METRIC_WORDS[metric]} of {values}"
    times = "" if by is None else f"{show(by)} times "
    first, second = arm_in_words(faster), arm_in_words(than)
    words = f"{first} reaches {goal} in {times}fewer {clock} than {second}"
    return shorten(words, MOST_CHARACTERS)
