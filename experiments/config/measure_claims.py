"""The claims of a config about a measure, of one arm or of the difference between two."""

from __future__ import annotations

import math

import numpy as np

from experiments import datasets
from experiments.analysis.measures import MOMENTS, of_layers
from experiments.config.arms import CHOSEN, check_pair, find_arm
from experiments.config.checking import Checked
from experiments.config.errors import Path, found, listing, nearest, shorten, show
from experiments.config.fitting import MOST_RUNS, lacks
from experiments.config.grid import Grid
from experiments.config.values import MOST_CHARACTERS, THEORY
from experiments.kinds import KINDS, Kind
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.records import METRIC_WORDS
from experiments.splits import DataError
from experiments.study import Labels, Measure, MeasureClaim, Region, arm_in_words
from experiments.texts import is_number


def measure_claim(checked: Checked, grid: Grid, place: int) -> MeasureClaim | None:
    """Resolve a claim about a measure, noting what is wrong with it; None if anything is."""
    path: Path = ("claims", place)
    before = len(checked.problems)
    kind = _kind(checked, path)
    if kind is None:
        return None
    of, than = _arms(checked, grid, path, kind)
    if not checked.sure((*path, "measure")):
        return None
    arms = (*of, *(than or ()))
    measure = _measure(checked, grid, path, {axis for axis, _ in arms})
    _check_fit(checked, grid, path, kind, measure, arms)
    keys = checked.config.claims[place]
    taken = getattr(keys, kind.name)
    if kind.takes == "arm" and measure.aggregate != "exact" and checked.sure((*path, "within")):
        exactly = kind.region((), 0.0)
        if exactly.low == exactly.high and "within" not in keys.model_fields_set:
            message = "needs within, a margin: hardly any two runs read the same to the last bit"
            checked.report((*path, kind.name), f"{message}; where they do, write within: 0")
    if taken == THEORY:
        _check_theory(checked, path, measure)
    known = checked.sure(path, *grid.paths.values())
    if not known or len(checked.problems) > before or grid.count_runs() > MOST_RUNS:
        return None
    theory = _theory(checked, grid, path, measure, of) if taken == THEORY else ()
    if taken == THEORY and not theory:
        return None
    return MeasureClaim(
        number=place + 1,
        says=keys.says or _in_words(keys, kind, measure, of, than),
        primary=keys.primary,
        answers=keys.answers,
        pooled=keys.pooled,
        kind=kind.name,
        of=of,
        than=than,
        measure=measure,
        region=Region() if theory else kind.region(taken, keys.within),
        taken=() if theory or kind.takes == "arm" else taken,
        theory=theory,
        within=keys.within,
    )


def _kind(checked: Checked, path: Path) -> Kind | None:
    # What was written, and not what was right: a wrong value is no missing one.
    written = checked.document.data["claims"][path[1]]
    named = [name for name in KINDS if name in written]
    if not named:
        if checked.sure(path):
            checked.report(path, f"says nothing of {written['measure']}; allowed: {listing(KINDS)}")
        return None
    for name in named[1:]:
        checked.report((*path, name), f"does not go with {named[0]}; make it a claim of its own")
    kind = KINDS[named[0]]
    pair = kind.takes == "arm"
    wrong = {"of": pair, "than": not pair, "within": not kind.margin}
    for key, bad in wrong.items():
        if bad and key in written:
            checked.report((*path, key), f"does not go with {kind.name}")
    if pair and "than" not in written:
        checked.report((*path, "than"), "missing; it is the arm that is compared with")
    return kind


def _arms(checked: Checked, grid: Grid, path: Path, kind: Kind) -> tuple[Labels, Labels | None]:
    keys = checked.config.claims[path[1]]
    if kind.takes != "arm":
        given = "of" in keys.model_fields_set
        return (find_arm(checked, grid, (*path, "of")) or ()) if given else (), None
    of = find_arm(checked, grid, (*path, kind.name)) or ()
    given = "than" in keys.model_fields_set
    than = (find_arm(checked, grid, (*path, "than")) or ()) if given else ()
    if of and than:
        check_pair(checked, path, kind.name, of, than)
    return of, than


def _measure(checked: Checked, grid: Grid, path: Path, arms: set[str]) -> Measure:
    keys = checked.config.claims[path[1]]
    row = DIAGNOSTICS.get(keys.measure)
    layered = row is not None and row.where != "network"
    if keys.layer and not layered:
        checked.report((*path, "layer"), f"{keys.measure} is not read layer by layer")
    if keys.layer == "output" and layered and row.where == "hidden":
        checked.report((*path, "layer"), f"{keys.measure} is read of hidden layers only")
    if keys.layer.isdigit() and layered:
        _check_layer(checked, grid, path, int(keys.layer))
    if keys.over is not None:
        _check_over(checked, grid, path, arms, layered=layered)
    return Measure(
        name=keys.measure,
        at=keys.at,
        layer=keys.layer,
        over=keys.over or "",
        aggregate=row.aggregate if row is not None else "median",
        unit=row.unit if row is not None and not keys.over else "",
        moment=MOMENTS[keys.at].words if row is None or row.aggregate != "exact" else "",
        label=row.label if row is not None else METRIC_WORDS[keys.measure],
    )


def _check_layer(checked: Checked, grid: Grid, path: Path, layer: int) -> None:
    """Note a layer that no network of the grid has; the output is told by its name."""
    if not checked.sure(*(grid.paths[name] for name in ("depth", "width", "activation"))):
        return
    deepest = max(grid.depths())
    if layer > deepest:
        most = f"at most {deepest}, the hidden layers of the deepest network, or output"
        checked.report((*path, "layer"), f"found {layer}; allowed: {most}")


def _check_over(checked: Checked, grid: Grid, path: Path, arms: set[str], *, layered: bool) -> None:
    keys, where = checked.config.claims[path[1]], (*path, "over")
    if keys.over == "layer":
        if not layered:
            checked.report(where, f"{keys.measure} is not read layer by layer")
        if keys.layer:
            checked.report((*path, "layer"), "does not go with over: layer")
        return
    numbers = [a.name for a in grid.axes if all(map(is_number, a.labels)) and a.name not in arms]
    if keys.over is not None and keys.over == grid.searched:
        checked.report(where, f"{found(keys.over)}, which is {CHOSEN}")
        return
    if keys.over not in numbers and checked.sure(*grid.paths.values()):
        allowed = listing(["layer", *numbers])
        hint = nearest(keys.over, ["layer", *numbers])
        checked.report(where, f"{found(keys.over)}; allowed: {allowed}{hint}")


def _check_fit(
    checked: Checked, grid: Grid, path: Path, kind: Kind, measure: Measure, arms: Labels
) -> None:
    """Note where the kind has no such measure, or the data that are meant."""
    if measure.aggregate == "share" and (kind.takes == "arm" or measure.over):
        checked.report(
            (*path, "measure"),
            f"{measure.name} is true or false of a run, so that only its share over the runs can "
            "be claimed: is, at_least, at_most or between",
        )
    row = DIAGNOSTICS.get(measure.name)
    of_classes = measure.name.endswith("accuracy") or measure.name in _OF_CLASSES
    tuned = measure.at != "start" and grid.tuned
    meant = [label for axis, label in arms if axis == "dataset"]
    wrong = []
    for level in grid.levels["dataset"]:
        if meant and level.label not in meant:
            continue
        try:
            shape = datasets.shape(level.value)
        except DataError:
            continue  # told where the data set is
        if shape.regression and of_classes:
            wrong.append(f"{level.value.name} is a regression without classes")
        if row is None:
            lack = lacks(measure.name, shape, tuned=tuned)
        else:
            lack = f"no {row.split} split" if getattr(shape, row.split, 1) == 0 else ""
        if lack:
            wrong.append(f"{level.value.name} has {lack}")
    for message in dict.fromkeys(wrong):
        checked.report((*path, "measure"), message)


_OF_CLASSES = ("calibration_error", "negative_log_likelihood", "ambiguous")


def _check_theory(checked: Checked, path: Path, measure: Measure) -> None:
    """Note where no formula gives such a measure."""
    row = DIAGNOSTICS.get(measure.name)
    known = [name for name, other in DIAGNOSTICS.items() if other.theory]
    if row is None or row.theory is None:
        message = f"there is no formula for {measure.name}; allowed: {listing(known)}"
    elif measure.at != "start" and checked.sure((*path, "at")):
        message = "formulas are of untrained networks; write at: start"
    elif measure.over not in ("", "layer"):
        message = f"formulas are of single networks; leave out over: {show(measure.over)}"
    elif row.theory.relative and not measure.over and checked.sure((*path, "over")):
        message = f"the formula tells only how the {row.label} changes; write over: layer"
    else:
        return
    checked.report((*path, "is"), message)


def _theory(
    checked: Checked, grid: Grid, path: Path, measure: Measure, of: Labels
) -> tuple[tuple[Labels, float], ...]:
    """Return what the formula gives for each setting that is meant."""
    theory = DIAGNOSTICS[measure.name].theory
    found = []
    for setting in grid.settings():
        if setting.is_arm(of):
            if setting.variants:
                message = f"formulas are of single networks, and {grid.searched} is tuned"
                checked.report((*path, "is"), message)
                return ()
            try:
                values = theory.value(setting.network, datasets.shape(setting.data))
            except DataError:
                return ()  # told where the data set is
            number = float("nan")
            if values is not None:
                number = of_layers(_of_layer(values, measure.layer), measure.over)
            if math.isnan(number):
                functions = ", ".join(choice.name for choice in setting.network.functions)
                arm = arm_in_words(setting.labels) or functions
                message = f"the formula does not hold for {arm}; name an arm with of"
                checked.report((*path, "is"), message)
                return ()
            found.append((setting.labels, number))
    return tuple(found)


def _of_layer(values: np.ndarray, layer: str) -> np.ndarray:
    """Return the number of the layer that is meant, none beyond the last; without one, all."""
    if not layer:
        return values
    place = {"first": 1, "last": len(values)}.get(layer) or int(layer)
    return values[place - 1 : place]


def _in_words(keys: object, kind: Kind, measure: Measure, of: Labels, than: Labels | None) -> str:
    taken = getattr(keys, kind.name)
    shown = "what theory gives" if taken == THEORY else None
    if shown is None and kind.takes != "arm":
        shown = " and ".join(map(show, taken))
    told = not kind.margin or "{within}" in kind.says
    margin = f", within {show(keys.within)}" if keys.within and not told else ""
    words = kind.says.format(
        of=arm_in_words(of),
        for_of=f"for {arm_in_words(of)} " if of else "",
        than=arm_in_words(than or ()),
        measure=measure.in_words,
        value=shown,
        within=show(keys.within),
    )
    return shorten(words + margin, MOST_CHARACTERS)
