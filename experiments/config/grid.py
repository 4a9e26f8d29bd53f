"""The grid of settings that a config spans: the values of its keys, its size and its points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from experiments import datasets
from experiments.clocks import SECONDS, SECONDS_READ
from experiments.config.errors import Path
from experiments.config.model import PARSERS, BestKeys, Config, TimeKeys
from experiments.config.values import AxisValue
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import MATCHED, matched
from experiments.nn.layers.chain import widths_of
from experiments.nn.layers.normalisation import NONE
from experiments.nn.optimizers import OPTIMIZERS
from experiments.parameters import Choice
from experiments.protocols import PROTOCOLS
from experiments.records import METRICS, SPLITS, Evaluation, Network, Training
from experiments.study import Axis, Labels, Setting, Tuning, Variant, chosen_by


class Grid:
    """The values of every key that may be an axis, in the order of PARSERS."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.paths: dict[str, Path] = {path[-1]: path for path in PARSERS}
        self.levels: dict[str, tuple[AxisValue, ...]] = {}
        for name, path in self.paths.items():
            value: Any = config
            for part in path:
                value = getattr(value, part)
            self.levels[name] = value

    @property
    def searched(self) -> str | None:
        """The key of which a search chooses the value, beside the learning rate."""
        return next((name for name, some in self.levels.items() if _are_searched(some)), None)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The keys that have more than one value, other than those that a search chooses from."""
        return tuple(
            Axis(name, tuple(level.label for level in levels))
            for name, levels in self.levels.items()
            if len(levels) > 1 and not _are_searched(levels)
        )

    @property
    def tuned(self) -> bool:
        """Whether some learning rate is searched for."""
        trained = any(level.value > 0 for level in self.levels["epochs"])
        return trained and any(level.value is None for level in self.levels["learning_rate"])

    def tuning(self) -> Tuning | None:
        """Return the search for learning rates, or None where all are given.

        Several optimizers share one grid, from the lowest of their rates to the highest.
        """
        if not self.tuned:
            return None
        keys = self._config.tuning
        rates = [OPTIMIZERS[level.value.name].rates for level in self.levels["optimizer"]]
        low = min(low for low, _ in rates) if keys.low is None else keys.low
        high = max(high for _, high in rates) if keys.high is None else keys.high
        name = self.searched
        labels = tuple(level.label for level in self.levels.get(name, ()))
        second = Axis(name, labels) if name else None
        return Tuning(low, high, keys.seeds, keys.extensions, second)

    def count_runs(self) -> int:
        """Return the number of runs, before any extension of the search; builds no setting."""
        points = math.prod(map(len, self.levels.values()))
        runs = points // len(self.levels.get(self.searched, (None,))) * self._config.seeds.most
        if (tuning := self.tuning()) is not None:
            levels = self.levels["learning_rate"]
            tuned = sum(level.value is None for level in levels)
            tuned *= sum(level.value > 0 for level in self.levels["epochs"])
            others = (
                len(self.levels[name])
                for name in self.levels
                if name not in ("learning_rate", "epochs")
            )
            runs += (
                math.prod(others)
                * tuned
                * count_rates(tuning)
                * (tuning.seeds * self._config.seeds.most)
            )
        return runs

    def settings(self) -> Iterator[Setting]:
        """Yield the points of the grid, the last axis running fastest.

        Those that differ in what a search chooses alone are one setting.
        """
        if self.searched is None:
            yield from self._points()
            return
        points: dict[Labels, list[Setting]] = {}
        for point in self._points():
            points.setdefault(point.labels, []).append(point)
        labels = [level.label for level in self.levels[self.searched]]
        for some in points.values():
            variants = tuple(
                Variant(label, point.network, point.training)
                for label, point in zip(labels, some, strict=True)
            )
            yield replace(some[0], variants=variants)

    def _points(self) -> Iterator[Setting]:
        keys = self._config.evaluation
        per_doubling = keys.per_doubling if keys.every is None and keys.at is None else None
        evaluation = Evaluation(
            per_doubling, keys.every, keys.at, keys.examples, self._splits_read_often()
        )
        axes = [axis.name for axis in self.axes]
        diagnostics = self._diagnostics()
        for point in itertools.product(*self.levels.values()):
            level = dict(zip(self.levels, point, strict=True))
            at = {name: picked.value for name, picked in level.items()}
            widths, activation = _hidden(at["layers"], at["depth"], at["width"], at["activation"])
            protocol = PROTOCOLS[at["protocol"]]
            yield Setting(
                labels=tuple((name, level[name].label) for name in axes),
                data=at["dataset"],
                network=Network(
                    widths=widths,
                    activation=activation,
                    init=protocol.init or _init(at["init"], activation),
                    output=matched_output(at["output"], at["dataset"]),
                    init_scale=at["init_scale"],
                    # Without a hidden layer there is nothing to do it to.
                    normalisation=at["normalisation"] if widths else NONE,
                    dropout=at["dropout"] if widths else 0.0,
                    layers=at["layers"],
                ),
                training=Training(
                    optimizer=at["optimizer"],
                    # What trains nothing needs no rate, and none is searched for it.
                    learning_rate=at["learning_rate"] if at["epochs"] > 0 else 0.0,
                    batch_size=at["batch_size"],
                    epochs=at["epochs"],
                    precision=at["precision"],
                    trainable=at["trainable"],
                    schedule=at["schedule"],
                    weight_decay=at["weight_decay"],
                    clipping=at["clipping"],
                    label_smoothing=at["label_smoothing"],
                ),
                evaluation=evaluation,
                protocol=protocol.name,
                one_rate=protocol.one_rate,
                diagnostics=diagnostics,
            )

    def depths(self) -> set[int]:
        """Return the numbers of hidden layers that networks of the grid have."""
        names = "layers", "depth", "width", "activation"
        points = itertools.product(*(self.levels[name] for name in names))
        return {len(_hidden(*(level.value for level in point))[0]) for point in points}

    def _splits_read_often(self) -> tuple[str, ...]:
        """Return the splits of the data that a claim follows over the updates, and the training.

        Those that the searches for its rates follow are among them.
        """
        followed = {"train"}
        for claim in self._config.claims:
            metric = ""
            if isinstance(claim, TimeKeys | BestKeys):
                metric = "" if claim.to is None else claim.to[0]
            elif claim.measure in METRICS and claim.at not in ("start", "end"):
                metric = claim.measure
            searched = chosen_by(metric) if self.tuned else metric
            followed |= {name.split("_")[0] for name in (metric, searched)}
        return tuple(split for split in SPLITS if split in followed)

    def _diagnostics(self) -> tuple[str, ...]:
        """Return what is asked for or named by a claim, in the table's order."""
        claims = self._config.claims
        named = {getattr(claim, "measure", None) for claim in claims}
        if any(getattr(claim, "clock", "") == SECONDS for claim in claims):
            named.add(SECONDS_READ)
        return tuple(name for name in DIAGNOSTICS if name in {*named, *self._config.diagnostics})


def _hidden(
    layers: tuple[Choice, ...],
    depth: int,
    width: int | tuple[int, ...],
    activation: Choice | tuple[Choice, ...],
) -> tuple[tuple[int, ...], Choice | tuple[Choice, ...]]:
    """Return the width and the activation of each hidden layer.

    Where either is given for each layer, there are as many layers. Equal activations are one.
    """
    several = not isinstance(activation, Choice)
    if layers:
        width = widths_of(layers)
    elif not isinstance(width, tuple):
        width = (width,) * (len(activation) if several else depth)
    if several:  # as many as there are layers: where they are not, that is told elsewhere
        activation = tuple(itertools.islice(itertools.cycle(activation), len(width)))
        activation = activation[0] if len(set(activation)) == 1 else activation
    return width, activation


def matched_output(output: str, data: Choice) -> str:
    """Return the output's activation: of what is matched, the one that the data ask for."""
    if output != MATCHED:
        return output
    try:
        return "linear" if datasets.shape(data).regression else "softmax"
    except datasets.DataError:  # told where the data set is
        return "softmax"


def _init(init: str, activation: Choice | tuple[Choice, ...]) -> str:
    """Return the initializer's row; `matched` where the layers' functions have different ones."""
    if init != MATCHED:
        return init
    choices = (activation,) if isinstance(activation, Choice) else activation
    rows = {matched(choice.name) for choice in choices}
    return rows.pop() if len(rows) == 1 else MATCHED


def _are_searched(levels: tuple[AxisValue, ...]) -> bool:
    return any(level.searched for level in levels)


def count_rates(tuning: Tuning) -> int:
    """Return how many learning rates the first grid has, 0 where it runs downwards."""
    # Logarithms first: the quotient of two extreme rates may be infinite.
    doublings = math.log2(tuning.high) - math.log2(tuning.low)
    return max(0, math.floor(doublings + 1e-9) + 1)
