"""The claims of a config, resolved with the grid."""

from __future__ import annotations

from dataclasses import replace

from experiments.config.best_claims import best_claim
from experiments.config.checking import Checked
from experiments.config.errors import listing
from experiments.config.grid import Grid
from experiments.config.measure_claims import measure_claim
from experiments.config.model import BestKeys, MeasureKeys, TimeKeys
from experiments.config.time_claims import time_claim
from experiments.study import PROTOCOL, BestClaim, Claim, MeasureClaim

_RESOLVE = {TimeKeys: time_claim, MeasureKeys: measure_claim, BestKeys: best_claim}


def check_claims(checked: Checked, grid: Grid) -> tuple[Claim, ...]:
    """Resolve the claims, noting what is wrong with them.

    Returns:
        The claims, those left out that could not be resolved.

    """
    claims = []
    for place, keys in enumerate(checked.config.claims):
        claims.append(_RESOLVE[type(keys)](checked, grid, place))
    _check_answers(checked)
    _check_twins(checked, claims)
    _check_pooled(checked, grid, claims)
    return tuple(claim for claim in claims if claim is not None)


def _check_twins(checked: Checked, claims: list[Claim | None]) -> None:
    """Note claims that are another one in other words: they would share the error with it."""
    seen: dict[Claim, int] = {}
    for place, claim in enumerate(claims):
        if claim is None:
            continue
        bare = _bare(claim)
        if isinstance(bare, BestClaim):
            bare = replace(bare, duels=tuple(map(_bare, bare.duels)))
        first = seen.setdefault(bare, place)
        if first != place:
            checked.report(
                ("claims", place), f"the same as claim {first + 1}; leave one of them out"
            )


def _check_pooled(checked: Checked, grid: Grid, claims: list[Claim | None]) -> None:
    """Note claims that have nothing to judge together, or nothing that has a mean."""
    for place, claim in enumerate(claims):
        if claim is None or not claim.pooled:
            continue
        measure = claim.measure if isinstance(claim, MeasureClaim) else None
        named = {axis for arm in claim.arms for axis, _ in arm} | {PROTOCOL}
        if measure is not None:
            named.add(measure.over)
        if not {axis.name for axis in grid.axes} - named:
            message = "the claim leaves no axis open, so that there is nothing to judge together"
        elif measure is not None and measure.aggregate != "median":
            message = f"{measure.name} is no number of a single run, of which a mean could be taken"
        elif measure is not None and claim.theory:
            message = "theory gives a number for each condition; leave out pooled"
        else:
            continue
        checked.report(("claims", place, "pooled"), message)


def _bare(claim: Claim) -> Claim:
    return replace(claim, number=0, says="", primary=False, pooled=False)


def _check_answers(checked: Checked) -> None:
    if not checked.sure(("article",)):
        return
    known = [statement.number for statement in checked.config.article]
    for place, keys in enumerate(checked.config.claims):
        if keys.answers is not None and keys.answers not in known:
            message = f"found {keys.answers}; allowed: a number under article"
            checked.report(("claims", place, "answers"), f"{message}, {listing(known) or 'none'}")
    for place, number in enumerate(known):
        if number in known[:place]:
            checked.report(("article", place, "number"), f"{number} is given twice")
