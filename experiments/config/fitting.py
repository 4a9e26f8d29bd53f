"""What does not fit together in a config whose single values are all allowed."""

from __future__ import annotations

import numpy as np

from experiments.config.checking import Checked
from experiments.config.errors import Path, show
from experiments.config.grid import Grid, count_rates, matched_output
from experiments.config.layers import wrong_layers
from experiments.config.model import BestKeys, TimeKeys
from experiments.config.values import NONE, AxisValue
from experiments.datasets import shape
from experiments.nn.activations import ACTIVATIONS, apply
from experiments.nn.initializers import INITIALIZERS, MATCHED
from experiments.nn.layers.chain import widths_of
from experiments.nn.losses import LOSSES, loss_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.parameters import Choice
from experiments.protocols import OWN_RATE
from experiments.records import DataShape
from experiments.splits import DataError
from experiments.study import chosen_by

MOST_RUNS = 200_000
MOST_EVALUATIONS = 10_000
MOST_RATES = 40

FAR = 1000.0
"""No bounded output goes so far, and none without an end stays so near."""


def check_fit(checked: Checked, grid: Grid) -> None:
    """Note among the problems what does not go together, and a grid that is too big.

    A check is left out where a value it reads is wrong itself.
    """

    def sure(*names: str) -> bool:
        return checked.sure(*(grid.paths.get(name, (name,)) for name in names))

    if sure("layers", "depth", "width", "activation"):
        _check_layers(checked, grid)
    if sure("normalisation", "batch_size", "width"):
        _check_normalisation(checked, grid)
    if sure("dataset"):
        shapes = _shapes(checked, grid)
        if any(level.value > 0 for level in grid.levels["epochs"]):
            _check_batches(checked, grid, shapes)
        _check_splits(checked, grid, shapes)
        if sure("layers"):
            _check_images(checked, grid, shapes)
        if sure("output"):
            _check_outputs(checked, grid, shapes)
        if sure("output", "label_smoothing"):
            _check_smoothing(checked, grid, shapes)
    if sure("optimizer", "weight_decay"):
        _check_decay(checked, grid)
    if sure("epochs", "evaluation"):
        _check_evaluation(checked, grid)
    if sure("learning_rate", "optimizer", "tuning"):
        _check_rates(checked, grid)
    if sure("learning_rate"):
        _check_what_tuning_is_for(checked, grid)
    _check_primary(checked)
    if all(grid.levels.values()) and sure("seeds", "tuning"):
        _check_size(checked, grid)


def _at(grid: Grid, name: str, level: AxisValue) -> Path:
    return (*grid.paths[name], *level.where)


def _shapes(checked: Checked, grid: Grid) -> dict[Choice, DataShape]:
    shapes = {}
    for level in grid.levels["dataset"]:
        try:
            shapes[level.value] = shape(level.value)
        except DataError as error:
            checked.report(_at(grid, "dataset", level), str(error))
    return shapes


def _check_images(checked: Checked, grid: Grid, shapes: dict[Choice, DataShape]) -> None:
    """Note layers that cannot read what the data or the layers below them give."""
    for level in grid.levels["layers"]:
        for data, sizes in shapes.items():
            wrong = wrong_layers(level.value, sizes.image)
            if wrong is not None:
                number, message = wrong
                checked.report(
                    (*_at(grid, "layers", level), number), message.format(data=data.name)
                )
                break


def _check_listed(checked: Checked, grid: Grid) -> None:
    """Note what does not go with layers that are listed one by one."""
    for key in ("depth", "width"):
        if key in checked.config.network.model_fields_set:
            message = "says nothing where network.layers tells the layers; leave it out"
            checked.report(grid.paths[key], message)
    for level in grid.levels["layers"]:
        count = len(widths_of(level.value))
        if not level.value:
            message = f"found {NONE} beside layers; write a network of units as [dense 64]"
            checked.report(_at(grid, "layers", level), message)
            continue
        for of_each in grid.levels["activation"]:
            if isinstance(of_each.value, tuple) and len(of_each.value) != count:
                checked.report(
                    _at(grid, "activation", of_each),
                    f"{of_each.label} has {len(of_each.value)} layers, but network.layers has "
                    f"{count} with weights; make them agree",
                )
    for init in grid.levels["init"]:
        if init.value in INITIALIZERS and INITIALIZERS[init.value].by_data:
            message = f"{init.label} looks at data, which it cannot do with network.layers"
            checked.report(_at(grid, "init", init), message)


def _check_layers(checked: Checked, grid: Grid) -> None:
    """Note where the numbers of layers that depth, widths and activations tell do not agree."""
    if any(level.value for level in grid.levels["layers"]):
        _check_listed(checked, grid)
        return
    depths = grid.levels["depth"]
    given = "depth" in checked.config.network.model_fields_set
    of_each = {
        name: [level for level in grid.levels[name] if isinstance(level.value, tuple)]
        for name in ("width", "activation")
    }
    for name, levels in of_each.items():
        for level in levels:
            layers = len(level.value)
            others = [d.label for d in depths if d.value != layers] if given else []
            if others:
                checked.report(
                    _at(grid, name, level),
                    f"{level.label} has {layers} layers, but network.depth is "
                    f"{', '.join(others)}; make them agree, or leave depth out",
                )
            widths = [w.label for w in of_each["width"] if len(w.value) != layers]
            if name == "activation" and widths:
                checked.report(
                    _at(grid, name, level),
                    f"{level.label} has {layers} layers, but network.width is "
                    f"{', '.join(widths)}; make them agree",
                )


def _check_normalisation(checked: Checked, grid: Grid) -> None:
    """Note what a normalisation would make constant: one number alone has no deviation."""
    names = {level.value for level in grid.levels["normalisation"]}
    if "batch" in names:
        for level in grid.levels["batch_size"]:
            if level.value == 1:
                message = "network.normalisation: batch needs the moments of a batch"
                checked.report(
                    _at(grid, "batch_size", level), f"found 1; allowed: 2 or more, as {message}"
                )
    if "layer" in names:
        for level in grid.levels["width"]:
            if 1 in (level.value if isinstance(level.value, tuple) else (level.value,)):
                message = "network.normalisation: layer needs the moments of a layer's units"
                checked.report(
                    _at(grid, "width", level),
                    f"found {level.label}; allowed: 2 or more units, as {message}",
                )


def _check_batches(checked: Checked, grid: Grid, shapes: dict[Choice, DataShape]) -> None:
    if not shapes:
        return
    data, smallest = min(shapes.items(), key=lambda item: item[1].train)
    for level in grid.levels["batch_size"]:
        if level.value > smallest.train:
            checked.report(
                _at(grid, "batch_size", level),
                f"found {level.label}; allowed: at most {smallest.train}, the training examples "
                f"of {data.name}",
            )


def _check_splits(checked: Checked, grid: Grid, shapes: dict[Choice, DataShape]) -> None:
    without_classes = sorted({data.name for data, sizes in shapes.items() if sizes.regression})
    for i, claim in enumerate(checked.config.claims):
        if not isinstance(claim, TimeKeys | BestKeys):
            continue
        metric, where = getattr(claim, "by", None), ("claims", i, "by")
        if claim.to is not None:
            metric, where = claim.to[0], ("claims", i, "to", claim.to[0])
        if not isinstance(metric, str):  # of a claim of a time, by is its factor
            continue
        found = {data.name: lacks(metric, s, tuned=grid.tuned) for data, s in shapes.items()}
        for lack in sorted(set(filter(None, found.values()))):
            names = " and ".join(sorted(name for name, what in found.items() if what == lack))
            checked.report(where, f"{names} has {lack}")
        if without_classes and metric.endswith("accuracy"):
            names = " and ".join(without_classes)
            message = f"{names} is a regression, which has no accuracy; name a loss"
            checked.report(where, message)


def lacks(metric: str, sizes: DataShape, *, tuned: bool) -> str:
    """Say which split data lack for a claim about a metric; empty if they lack none.

    Rates that are tuned for what is claimed of the test split are chosen by the validation split.
    Without one there is nothing honest to choose them by: the test split would be asked twice, and
    the training split favours whatever learns it by heart.

    Args:
        metric: that is claimed.
        sizes: of the data.
        tuned: whether rates are.

    """
    remedy = "; give it a share of the examples, or name another metric"
    judging, choosing = metric.split("_")[0], chosen_by(metric).split("_")[0]
    if getattr(sizes, judging) == 0:
        return f"no {judging} split{remedy}"
    if tuned and getattr(sizes, choosing) == 0:
        return f"no {choosing} split, by which learning rates are tuned for {metric}{remedy}"
    return ""


def _check_outputs(checked: Checked, grid: Grid, shapes: dict[Choice, DataShape]) -> None:
    names = sorted({data.name for data, sizes in shapes.items() if sizes.regression})
    trained = any(level.value > 0 for level in grid.levels["epochs"])
    for level in grid.levels["output"]:
        if not names or level.value == MATCHED:
            continue
        if loss_of(level.value).link is not None:
            wrong = "is for classes"
        elif trained and not _has_no_end(level.value):
            wrong = f"gives numbers of {ACTIVATIONS[level.value].range} only"
        else:
            continue
        checked.report(
            _at(grid, "output", level),
            f"{level.label} {wrong}, and {' and '.join(names)} is a regression, whose targets lie "
            "on either side of 0 without an end; write output: linear",
        )


def _has_no_end(output: str) -> bool:
    """Tell whether an activation's outputs go on without an end to either side."""
    ends = apply(Choice.of(output, ACTIVATIONS), np.array([[-1e6, 1e6]])).ravel()
    return bool(ends.min() < -FAR and ends.max() > FAR)


def _check_evaluation(checked: Checked, grid: Grid) -> None:
    keys = checked.config.evaluation
    given = [k for k in ("per_doubling", "every", "at") if k in keys.model_fields_set]
    for key in given[1:]:
        checked.report(("evaluation", key), f"does not go with {given[0]}; keep one of them")
    epochs = [level.value for level in grid.levels["epochs"]]
    if max(epochs) == 0:  # a single evaluation, before training
        return
    if keys.every is not None:
        closest = max(epochs) / MOST_EVALUATIONS
        shortest = min(filter(None, epochs))  # a run of 0 epochs has its evaluation anyway
        if keys.every > shortest:
            allowed = f"at most {show(shortest)}, the epochs of a run"
        elif keys.every < closest:
            allowed = f"at least {show(closest)}, which makes {MOST_EVALUATIONS:,} evaluations"
        else:
            allowed = None
        if allowed:
            message = f"found {show(keys.every)}; allowed: {allowed}"
            checked.report(("evaluation", "every"), message)
    for i, epoch in enumerate(keys.at or ()):
        if epoch > max(epochs):
            allowed = f"at most {show(max(epochs))}, the epochs of a run"
            checked.report(("evaluation", "at", i), f"found {show(epoch)}; allowed: {allowed}")
    if keys.at is not None and keys.at[-1] == 0:
        checked.report(("evaluation", "at"), "found 0 only; allowed: at least one epoch above 0")


def _check_smoothing(checked: Checked, grid: Grid, shapes: dict[Choice, DataShape]) -> None:
    """Note targets that no source says how to smooth: all but those of cross-entropy."""
    (smoothed,) = (row for row in LOSSES.values() if row.smoothed)
    others = [
        f"output {output} of {data.name} has {loss.label}"
        for level in grid.levels["output"]
        for data, sizes in shapes.items()
        for output in [matched_output(level.value, data)]
        if (loss := loss_of(output, sizes.regression)) is not smoothed
    ]
    for level in grid.levels["label_smoothing"]:
        if level.value > 0 and others:
            checked.report(
                _at(grid, "label_smoothing", level),
                f"found {level.label}, which goes only with {smoothed.label}, and so with the "
                f"output {smoothed.link} of classes; {others[0]}",
            )


def _check_decay(checked: Checked, grid: Grid) -> None:
    """Note an optimizer that differs from another by its decay alone, where there is none."""
    if any(level.value != 0 for level in grid.levels["weight_decay"]):
        return
    for level in grid.levels["optimizer"]:
        row = OPTIMIZERS[level.value.name]
        twins = [o.name for o in OPTIMIZERS.values() if o.step is row.step and o is not row]
        if row.decoupled and twins:
            checked.report(
                _at(grid, "optimizer", level),
                f"{level.label} without weight decay is {twins[0]}; give training.weight_decay, "
                f"such as 0.01, or write {twins[0]}",
            )


def _check_rates(checked: Checked, grid: Grid) -> None:
    tuning = grid.tuning()
    if tuning is None or 2 <= count_rates(tuning) <= MOST_RATES:
        return
    path = ("tuning", "to" if checked.config.tuning.high is not None else "from")
    checked.report(
        path,
        f"factors of two from {show(tuning.low)} to {show(tuning.high)} make "
        f"{count_rates(tuning)} learning rates; allowed: 2 to {MOST_RATES}",
    )


def _check_what_tuning_is_for(checked: Checked, grid: Grid) -> None:
    """Note what is read off the tuning seeds where some setting has none."""
    if all(level.value is None for level in grid.levels["learning_rate"]):
        return
    for level in grid.levels["protocol"]:
        if level.value != OWN_RATE:
            message = f"{level.label} goes only with training.learning_rate: tuned"
            checked.report(_at(grid, "protocol", level), message)
    for i, claim in enumerate(checked.config.claims):
        if isinstance(claim, TimeKeys) and claim.to is not None and not claim.to[1]:
            message = "auto goes only with training.learning_rate: tuned; name targets"
            checked.report(("claims", i, "to", claim.to[0]), message)


def _check_primary(checked: Checked) -> None:
    primary = [i for i, claim in enumerate(checked.config.claims) if claim.primary]
    for i in primary[1:]:
        message = f"claim {primary[0] + 1} is the primary one; allowed: at most one"
        checked.report(("claims", i, "primary"), message)


def _check_size(checked: Checked, grid: Grid) -> None:
    runs = grid.count_runs()
    if runs <= MOST_RUNS:
        return
    sizes = {axis.name: len(axis.labels) for axis in grid.axes}
    parts = [f"{name} {size:,}" for name, size in sizes.items()]
    if grid.searched is not None:
        parts.append(f"{len(grid.levels[grid.searched])} values of {grid.searched}")
    parts.append(f"seeds {checked.config.seeds.most:,}")
    how = " x ".join(parts)
    if (tuning := grid.tuning()) is not None:
        how += f", and {count_rates(tuning)} learning rates x {tuning.seeds:,} tuning seeds of each"
    path = grid.paths[max(sizes, key=sizes.__getitem__)] if sizes else ("tuning",)
    checked.report(path, f"the grid makes {runs:,} runs ({how}); allowed: at most {MOST_RUNS:,}")
