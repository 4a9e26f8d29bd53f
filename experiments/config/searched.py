"""What may be searched beside the learning rate, and what that takes."""

from __future__ import annotations

from experiments.config.checking import Checked
from experiments.config.grid import Grid
from experiments.config.values import TUNED

_SCHEDULE = "the runs of an arm must have one schedule of updates"
_LAYERS = "the runs of an arm must have as many layers"

NEVER = {
    "dataset": "it is no choice of who trains",
    "protocol": "it is no choice of who trains",
    "layers": _LAYERS,
    "depth": _LAYERS,
    "output": "its loss would be another, and losses are what is compared",
    "learning_rate": "its search begins with the rates of tuning.from and tuning.to; write tuned",
    "batch_size": _SCHEDULE,
    "epochs": _SCHEDULE,
    "precision": "it is no choice of who trains",
    "trainable": "it is no choice of who trains",
}
"""The keys whose values are not searched, and why; all other axes may be."""


def check_searched(checked: Checked, grid: Grid) -> None:
    """Note where values are given for a search that cannot choose among them."""
    names = [name for name, some in grid.levels.items() if any(v.searched for v in some)]
    for name in names:
        if not checked.sure(grid.paths[name]):
            continue
        path, levels = (*grid.paths[name], *_where(grid, name)), grid.levels[name]
        if name in NEVER:
            checked.report(path, f"cannot be tuned beside the learning rate: {NEVER[name]}")
        elif name != names[0]:
            first = ".".join(grid.paths[names[0]])
            message = f"{first} is {TUNED} beside the learning rate; allowed: one parameter"
            checked.report(path, message)
        elif len(levels) < 2:
            checked.report(path, "found one value; allowed: at least two to choose from")
        elif name == "width" and len({_layers(level.value) for level in levels}) > 1:
            checked.report(path, f"found several numbers of layers; {_LAYERS}")
    if not names or not checked.sure(grid.paths["learning_rate"], grid.paths["epochs"]):
        return
    given = any(level.value is not None for level in grid.levels["learning_rate"])
    if given or any(level.value == 0 for level in grid.levels["epochs"]):
        path = (*grid.paths[names[0]], *_where(grid, names[0]))
        needed = "training.learning_rate: tuned" if given else "training.epochs above 0"
        checked.report(path, f"a parameter is tuned beside the rate only: write {needed}")


def _where(grid: Grid, name: str) -> tuple:
    """Return where below its key the word stands: at the key, or at a parameter of a row."""
    where = grid.levels[name][0].where
    return where[: where.index(TUNED) + 1] if TUNED in where else ()


def _layers(width: int | tuple[int, ...]) -> int:
    return len(width) if isinstance(width, tuple) else 0
