"""The tables of what was compared: a row for each row of the project's tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from counterparts import comparisons, functions, layers, optimizers, theirs
from counterparts.seen import LIMIT, largest
from counterparts.side_by_side import BATCH, IMAGE, Difference
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers import LAYERS
from experiments.nn.losses import LOSSES
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.pieces import PIECE
from experiments.nn.rate_schedules import SCHEDULES

NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class Row:
    """One row of the project's tables."""

    name: str
    version: int
    says: str = NOT_COMPARED  # its counterpart
    difference: Difference | None = None
    note: str = ""

    @property
    def fails(self) -> bool:
        """Whether the row was not compared, or the two lie too far apart; NaN is too far."""
        return self.difference is None or not self.difference.largest <= LIMIT


@dataclass(frozen=True)
class Section:
    """One of the project's tables."""

    title: str
    says: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Grid:
    """The largest differences of networks, by two of the things that they are trained with."""

    title: str
    says: str
    cells: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, row: str, column: str, difference: float) -> None:
        """Let a cell hold the largest difference of all that are added to it."""
        self.cells[row, column] = largest([difference, self.cells.get((row, column), 0.0)])


def _section(
    title: str, says: str, rows: Mapping, counterparts: Mapping[str, str],
    compare: Callable[[str], Difference], notes: Mapping[str, str] | None = None,
) -> Section:  # fmt: skip
    found = []
    for name, row in rows.items():
        if name in counterparts:
            note = (notes or {}).get(name, "")
            found.append(Row(name, row.version, counterparts[name], compare(name), note))
        else:
            found.append(Row(name, row.version))
    return Section(title, says, tuple(found))


def sections() -> Iterator[Section | Grid]:
    """Compare everything, one of the project's tables after the other."""
    yield _section(
        "Activations",
        f"On {len(comparisons.GRID):,} points from -{comparisons.FAR} to {comparisons.FAR}, kinks "
        "among them, and in networks of two hidden layers.",
        ACTIVATIONS,
        {
            name: f"`{row.says}`" + ", composed" * row.composed
            for name, row in functions.FUNCTIONS.items()
        },
        comparisons.activation,
        {name: row.note for name, row in functions.FUNCTIONS.items()},
    )
    yield _section(
        "Layers",
        "In networks; running moments of batch normalisation count among what is learned. Nets "
        f"with layers that need images read {IMAGE.planes} planes of {IMAGE.rows} x "
        f"{IMAGE.columns}, and batches of {BATCH} pass through them in pieces of {PIECE} at most, "
        "unless they need the moments of the whole. Units lie row by row here and plane by plane "
        "in PyTorch: they are brought into the same order.",
        LAYERS,
        {name: row.says for name, row in layers.LAYERS.items()},
        comparisons.layer,
    )
    yield _section(
        "Losses",
        "On outputs as they come, and far beyond; and of networks that are trained by them.",
        LOSSES,
        {name: f"`{says}`" for name, says in theirs.SAYS.items()},
        comparisons.loss,
    )
    yield from _of_updates()


def _of_updates() -> Iterator[Section | Grid]:
    """Compare every optimizer with every schedule and option; tell it of each, and together."""
    by_schedule = Grid(
        "Every optimizer under every schedule",
        "Each cell is the largest difference without and with all options below.",
    )
    by_option = Grid(
        "Every optimizer with every option",
        "Each cell is the largest difference under all schedules, without and with a warm-up. "
        "Options are those of PyTorch's optimizers (`weight_decay`), `clip_grad_norm_` and "
        "`CrossEntropyLoss(label_smoothing=...)`.",
    )
    for optimizer in _both(OPTIMIZERS, optimizers.OPTIMIZERS):
        for schedule in _both(SCHEDULES, optimizers.SCHEDULES):
            for option, warmup, difference in comparisons.updates(optimizer, schedule):
                column = f"{schedule}, warm-up" if warmup else schedule
                by_schedule.add(optimizer, column, difference)
                by_option.add(optimizer, option, difference)

    def of_optimizer(name: str) -> Difference:
        found = (number for (row, _), number in by_schedule.cells.items() if row == name)
        return Difference(updates=largest(found))

    def of_schedule(name: str) -> Difference:
        cells = by_schedule.cells.items()
        found = (number for (_, column), number in cells if column.split(",")[0] == name)
        return comparisons.schedule(name) | Difference(updates=largest(found))

    yield _section(
        "Optimizers",
        "Of networks with layer normalisation and PReLU, so that there are gains, shifts and "
        "slopes that no decay is meant for: the largest difference of all that is seen before and "
        "after the updates, at two or three settings of each, under all schedules and with all "
        "options.",
        OPTIMIZERS,
        {name: row.says for name, row in optimizers.OPTIMIZERS.items()},
        of_optimizer,
    )
    yield _section(
        "Schedules",
        "Values are the rates of all updates, without and with a warm-up.",
        SCHEDULES,
        {
            name: f"{row.says}; its warm-up: {optimizers.WARM_UP}"
            for name, row in optimizers.SCHEDULES.items()
        },
        of_schedule,
    )
    yield by_schedule
    yield by_option


def _both(rows: Mapping, counterparts: Collection[str]) -> list[str]:
    return [name for name in rows if name in counterparts]
