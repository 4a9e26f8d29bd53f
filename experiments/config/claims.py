"""The claims of a config, resolved with the grid."""

from __future__ import annotations

from experiments.config.best_claims import best_claim
from experiments.config.checking import Checked
from experiments.config.errors import listing
from experiments.config.grid import Grid
from experiments.config.measure_claims import measure_claim
from experiments.config.model import BestKeys, MeasureKeys, TimeKeys
from experiments.config.time_claims import time_claim
from experiments.study import Claim

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
    return tuple(claim for claim in claims if claim is not None)


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
