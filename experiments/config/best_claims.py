"""The claims of a config that one arm is the best of its axis."""

from __future__ import annotations

from experiments.config.arms import find_arm
from experiments.config.checking import Checked
from experiments.config.errors import Path, found, listing, shorten, show
from experiments.config.grid import Grid
from experiments.config.model import BestKeys
from experiments.config.values import MOST_CHARACTERS
from experiments.goals import improves_upwards
from experiments.records import METRIC_WORDS
from experiments.study import (
    BestClaim,
    Labels,
    Measure,
    MeasureClaim,
    Region,
    TimeClaim,
    arm_in_words,
)


def best_claim(checked: Checked, grid: Grid, place: int) -> BestClaim | None:
    """Resolve a claim of which arm is the best, noting what is wrong with it; None if anything."""
    path: Path = ("claims", place)
    keys = checked.config.claims[place]
    before = len(checked.problems)
    written = checked.document.data["claims"][place]
    if "by" in written and "to" in written:
        checked.report((*path, "to"), "does not go with by; make it a claim of its own")
    elif "by" not in written and "to" not in written:
        checked.report(path, "says nothing of what is best; allowed: by: a metric, or to: a target")
    if "clock" in written and "to" not in written:
        checked.report((*path, "clock"), "goes only with to, the targets of a race")
    if keys.to is not None and not keys.to[1]:
        checked.report((*path, "to", keys.to[0]), "auto goes only with faster; name targets")
    if keys.to is not None and not all(level.value > 0 for level in grid.levels["epochs"]):
        checked.report((*path, "to"), "goes only with training.epochs above 0")
    axes = {axis.name: axis for axis in grid.axes}
    if keys.of is not None and (not isinstance(keys.of, str) or keys.of not in axes):
        if checked.sure(*grid.paths.values()):
            allowed = listing(axes) or "none, as the grid has a single setting"
            checked.report((*path, "of"), f"{found(keys.of)}; allowed: {allowed}")
        return None
    best = find_arm(checked, grid, (*path, "best"), keys.of)
    if best and len(best) > 1:
        checked.report((*path, "best"), "names several axes; allowed: a value of one axis")
    if not best or not checked.sure(path) or len(checked.problems) > before:
        return None
    if keys.by is None and keys.to is None:
        return None
    ((axis, label),) = best
    rivals = [((axis, other),) for other in axes[axis].labels if other != label]
    metric, targets = (keys.by, ()) if keys.to is None else keys.to
    says = keys.says or _in_words(best, axis, metric, targets, keys)
    common = {
        "number": place + 1,
        "says": says,
        "primary": keys.primary,
        "answers": keys.answers,
        "pooled": keys.pooled,
    }
    duel = _race if targets else _statement
    return BestClaim(
        **common,
        best=best,
        duels=tuple(duel(common, best, rival, metric, targets, keys) for rival in rivals),
        within=keys.within,
    )


def _race(
    common: dict, best: Labels, rival: Labels, metric: str, targets: tuple, keys: BestKeys
) -> TimeClaim:
    return TimeClaim(
        **common,
        faster=best,
        than=rival,
        metric=metric,
        targets=targets,
        by=None,
        tolerance=1.0,
        least=1 / (1 + keys.within),
        clock=keys.clock,
    )


def _statement(
    common: dict, best: Labels, rival: Labels, metric: str, _: tuple, keys: BestKeys
) -> MeasureClaim:
    upwards, within = improves_upwards(metric), keys.within
    return MeasureClaim(
        **common,
        kind="higher" if upwards else "lower",
        of=best,
        than=rival,
        measure=Measure(metric, label=METRIC_WORDS[metric]),
        region=Region(low=0.0 - within) if upwards else Region(high=within),
        within=within,
    )


def _in_words(
    best: Labels, axis: str, metric: str, targets: tuple[float, ...], keys: BestKeys
) -> str:
    if targets:
        goals = " and ".join(map(show, targets))
        what = f"reaches a {METRIC_WORDS[metric]} of {goals} in as few {keys.clock} as any other"
    else:
        high = "high" if improves_upwards(metric) else "low"
        what = f"has as {high} a {METRIC_WORDS[metric]} as any other"
    margin = f", within {show(keys.within)}" if keys.within else ""
    return shorten(f"{arm_in_words(best)} {what} {axis.replace('_', ' ')}{margin}", MOST_CHARACTERS)
