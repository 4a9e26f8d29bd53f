"""The order of arms: at the end of training, and by their ranks."""

from __future__ import annotations

from experiments.analysis.ranking import Ranking
from experiments.analysis.standings import Standing
from experiments.goals import improves_upwards
from experiments.records import METRIC_WORDS
from experiments.report.words.labels import condition, listed
from experiments.report.words.numbers import estimate, interval, level, number
from experiments.study import arm_in_words

_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_PLURALS = {"activation": "activations", "optimizer": "optimizers", "depth": "depths",
            "width": "widths", "init": "initializers"}  # fmt: skip


def standing(found: Standing) -> str:
    """Say which arm of a condition came first and which are not told apart from it.

    `Of six activations, gelu had the highest test accuracy (0.93, 95 % interval 0.92 to 0.94);
    relu and silu are not told apart from it.`
    """
    first, count = found.places[0], len(found.places)
    named = {axis for place in found.places for axis, _ in place.arm}
    kind = _PLURALS.get(next(iter(named)), "arms") if len(named) == 1 else "arms"
    many = _COUNTS[count - 2] if count - 2 < len(_COUNTS) else str(count)
    where = condition(found.condition.labels)
    start = f"{f'With {where}, of' if where else 'Of'} {many} {kind},"
    if all(place.estimate.estimate == first.estimate.estimate for place in found.places):
        value = estimate(first.estimate)
        return f"{start} none is ahead: {METRIC_WORDS[found.metric]} is {value} with each."
    best = "highest" if improves_upwards(found.metric) else "lowest"
    size = f"{estimate(first.estimate)}, {level(first.estimate.confidence)} interval "
    told = f"{arm_in_words(first.arm)} had the {best} {METRIC_WORDS[found.metric]} ({size}"
    told += f"{interval(first.estimate)})"
    alike = [arm_in_words(place.arm) for place in found.alike]
    if found.too_few:
        rest = f"its {len(first.result.runs)} seeds are too few to tell any arm apart from it"
        rest += f", which takes {found.fewest}"
    elif not alike:
        rest = "every other one is told apart from it"
    elif len(alike) == count - 1 > 1:
        rest = "none of the others is told apart from it"
    else:
        rest = f"{listed(alike)} {'is' if len(alike) == 1 else 'are'} not told apart from it"
    return f"{start} {told}; {rest}."


def arm_of(ranking: Ranking, number: int) -> str:
    """Write the arm of that number of a ranking."""
    return arm_in_words(ranking.contest.condition.arms[number][0])


def order(ranking: Ranking) -> str:
    """Write the arms of a ranking from the fastest on: `relu 1.08, tanh 1.92 (3), ...`.

    In brackets stands how many runs did not reach the target, where some did not.
    """
    return ", ".join(
        f"{arm_of(ranking, i)} {number(ranking.ranks[i])}"
        + (f" ({ranking.not_reached[i]})" if ranking.not_reached[i] else "")
        for i in sorted(range(len(ranking.ranks)), key=lambda i: ranking.ranks[i])
    )


def alike(ranking: Ranking) -> str:
    """Write which arms a ranking does not tell apart, group by group."""
    groups = (", ".join(arm_of(ranking, i) for i in group) for group in ranking.groups)
    return "; ".join(groups) or "none"
