"""What a verdict is about, by name: its condition, target, hypothesis and arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from experiments.analysis.verdicts import (
    BestVerdict,
    Hypothesis,
    MeasureVerdict,
    TimeVerdict,
    Verdict,
)
from experiments.datasets import DATASETS
from experiments.parameters import Choice
from experiments.protocols import PROTOCOLS
from experiments.records import METRIC_WORDS
from experiments.report.words.numbers import scientific
from experiments.study import PROTOCOL, Claim, Labels, TimeClaim, arm_in_words


def as_sentence(text: str) -> str:
    """Write a text that may end without a full stop as a sentence of its own."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def protocol(name: str) -> str:
    """Write a protocol as a reader knows it: `each at its best rate`."""
    return PROTOCOLS[name].words


def _readable(pairs: Labels) -> Labels:
    """Return the pairs with the protocol's words in place of its key."""
    return tuple((axis, protocol(x) if axis == PROTOCOL else x) for axis, x in pairs)


def arm(pairs: Labels) -> str:
    """Write the (axis, label) pairs that pick an arm, its protocol in words."""
    return arm_in_words(_readable(pairs))


def condition(pairs: Labels) -> str:
    """Write the (axis, label) pairs of a condition: `depth 3, each at its best rate`."""
    return condition_by_keys(_readable(pairs))


def condition_by_keys(pairs: Labels) -> str:
    """Write a condition as tables for other programs have it: `depth 3, own_rate`."""
    return ", ".join(
        label if axis == PROTOCOL else f"{axis.replace('_', ' ')} {label}" for axis, label in pairs
    )


def place(verdict: Verdict, write: Callable[[Labels], str] = condition) -> str:
    """Write the condition of a verdict, or over how many it is: `all 5 conditions together`."""
    if verdict.conditions == 1:
        return write(verdict.condition)
    shared = write(verdict.condition)
    return f"{shared}, all {verdict.conditions} conditions together".removeprefix(", ")


def data(choice: Choice) -> str:
    """Name a data set, with the file that it is read from: `csv table.csv`."""
    parameters = DATASETS[choice.name].parameters
    places = [str(value) for key, value in choice.parameters if parameters[key].place]
    return " ".join([choice.name, *(PurePath(place).name for place in places if place)])


def row(choice: Choice) -> str:
    """Write a table's row with its parameters: `sgd (momentum 0.9, nesterov false)`."""
    given = ", ".join(f"{key} {str(value).lower()}" for key, value in choice.parameters)
    return f"{choice.name} ({given})" if given else choice.name


def either(numbers: Sequence[object]) -> str:
    """List alternatives: `2, 4 or 8`."""
    *most, last = map(str, numbers)
    return f"{', '.join(most)} or {last}" if most else last


def goal(metric: str, target: float) -> str:
    """Write a target: `training loss 0.4`."""
    return f"{METRIC_WORDS[metric]} {target:g}"


def hypothesis(claim: Claim, name: Hypothesis | None) -> str:
    """Write which hypothesis of a claim is judged: `faster`, `by 6 or more`, `by about 6`."""
    if name is None or not isinstance(claim, TimeClaim):
        return ""
    if name == "direction":
        return "faster"
    return f"by about {claim.by:g}" if claim.reading == "about" else f"by {claim.by:g} or more"


def value_of(verdict: Verdict) -> str:
    """Write what a verdict is about: a target of a claim of time, or a measure."""
    if isinstance(verdict, BestVerdict):
        return value_of(verdict.duel)
    if isinstance(verdict, TimeVerdict):
        return goal(verdict.claim.metric, verdict.target)
    return verdict.claim.measure.in_words


def pair_of(verdicts: Sequence[TimeVerdict]) -> tuple[str, ...]:
    """Return the names of the two arms that all races are between; nothing if there are others."""
    pairs = {tuple(arm_in_words(one) for one in verdict.claim.arms) for verdict in verdicts}
    return pairs.pop() if len(pairs) == 1 else ()


def arms(verdict: MeasureVerdict) -> str:
    """Write the arms of a verdict about a measure, each with its own number."""
    named = [arm_in_words(arm) for arm in verdict.claim.arms]
    if len(named) < 2:
        return named[0] if named else "–"
    pairs = zip(named, verdict.values, strict=True)
    return ", ".join(f"{arm} {scientific(value)}" for arm, value in pairs)


def judged(verdict: Verdict) -> str:
    """Write which hypothesis is judged, where a claim has two."""
    two = isinstance(verdict, TimeVerdict) and verdict.claim.by is not None
    return hypothesis(verdict.claim, verdict.hypothesis) if two else ""


def listed(names: Sequence[str]) -> str:
    """List names: `elu, relu and tanh`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
