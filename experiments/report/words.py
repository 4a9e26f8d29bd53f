"""Numbers, labels and sentences as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from experiments.analysis.claims import Turn, Verdict
from experiments.analysis.inference import Ratio
from experiments.analysis.ranking import Ranking
from experiments.analysis.tuning import TunedRate
from experiments.records import PROTOCOL, Choice, Labels, Setting, Study, arm_in_words

METRIC_WORDS = {
    "train_loss": "training loss",
    "train_accuracy": "training accuracy",
    "validation_loss": "validation loss",
    "validation_accuracy": "validation accuracy",
    "test_loss": "test loss",
    "test_accuracy": "test accuracy",
}


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, and without an exponent."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")  # first: 9.999 is 10.0 and not 10.00
    if abs(rounded) >= 10**digits:
        return f"{value:,.0f}"
    trim = "-" if abs(rounded) < 1 else "k"  # 2.00 and 0.05
    return np.format_float_positional(
        rounded, precision=digits, unique=False, fractional=False, trim=trim
    ).rstrip(".")


def scientific(value: float) -> str:
    """Write a number that may be too large to be written out: `1.3e+09`."""
    return f"{value:.2g}" if 1e4 <= value < math.inf else number(value)


def level(confidence: float) -> str:
    """Write a level, the error that it leaves with two digits: `95 %`, `98.3 %`, `99.975 %`."""
    error = float(f"{100 * (1 - confidence):.2g}")
    return f"{100 - error:.10g} %"


def condition(pairs: Labels) -> str:
    """Write the (axis, label) pairs of a condition: `depth 3, width 128`."""
    return ", ".join(
        label if axis == PROTOCOL else f"{axis.replace('_', ' ')} {label}" for axis, label in pairs
    )


def times(count: int) -> str:
    """Write how often: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def conditions(study: Study) -> str:
    """Say what networks and training a study's answers hold for."""

    def each(read: Callable[[Setting], str]) -> str:
        return " or ".join(dict.fromkeys(read(setting) for setting in study.settings))

    return "; ".join(
        (
            each(lambda s: s.data.name),
            each(lambda s: _layers(s.network.widths)),
            f"output {each(lambda s: s.network.output)}",
            each(lambda s: row(s.training.optimizer)),
            f"batches of {each(lambda s: str(s.training.batch_size))}",
            f"{each(lambda s: f'{s.training.epochs:g}')} epochs",
        )
    )


def row(choice: Choice) -> str:
    """Write a table's row with its parameters: `sgd (momentum 0.9, nesterov false)`."""
    given = ", ".join(f"{key} {str(value).lower()}" for key, value in choice.parameters)
    return f"{choice.name} ({given})" if given else choice.name


def _layers(widths: tuple[int, ...]) -> str:
    if not widths:
        return "no hidden layer"
    layers = f"{len(widths)} hidden layer{'s' if len(widths) > 1 else ''}"
    if len(set(widths)) == 1:
        return f"{layers} of {widths[0]} units"
    return f"{layers} of {'-'.join(map(str, widths))} units"


def rates(counts: dict[float, int]) -> str:
    """Write how often each learning rate was taken: `0.0156 (14 runs), 0.0312 (6 runs)`."""
    if len(counts) == 1:
        return number(next(iter(counts)))
    return ", ".join(f"{number(rate)} ({count} runs)" for rate, count in counts.items())


def goal(metric: str, target: float) -> str:
    """Write a target: `training loss 0.4`."""
    return f"{METRIC_WORDS[metric]} {target:g}"


def estimate(ratio: Ratio) -> str:
    """Write the ratio's estimate: `1.32`, `at least 4.2`, `–`."""
    if math.isnan(ratio.estimate):
        return "–"
    return f"{ratio.bound} {number(ratio.estimate)}".strip()


def interval(ratio: Ratio) -> str:
    """Write the ratio's interval: `1.21 to 1.45`."""
    return f"{number(ratio.low)} to {number(ratio.high)}"


def penalised(tuned: TunedRate, study: Study) -> str:
    """Write the score of the rate that was taken, in updates; `–` where no target was named."""
    return number(math.exp(tuned.scores[tuned.best].log_updates)) if study.claims else "–"


def chance(verdict: Verdict) -> str:
    """Write the interval for the chance to come first: `1 to 25 %`."""
    low, high = verdict.chance
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def sentence(verdict: Verdict) -> str:
    """Say in one sentence what a verdict rests on."""
    faster, than = arm_in_words(verdict.claim.faster), arm_in_words(verdict.claim.than)
    where = f", {condition(verdict.condition)}" if verdict.condition else ""
    at = f"{goal(verdict.claim.metric, verdict.target)}{where}"
    if verdict.reason:
        return f"at {at}: {verdict.reason}."
    ratio, never = verdict.ratio, ""
    if ratio.censored:
        never = (
            f"; {_never(faster, verdict.faster_arrived, ratio.pairs)}"
            f" and {_never(than, verdict.than_arrived, ratio.pairs)} never arrived"
        )
    if math.isnan(ratio.estimate):
        size = "so many runs never arrived that the ratio has no estimate"
    else:
        size = f"{than} needed {estimate(ratio)} times the updates of {faster}"
    interval_at = f"{level(ratio.confidence)} interval {interval(ratio)}"
    return (
        f"at {at}: {size} ({interval_at}; {faster} came first in {ratio.wins} of "
        f"{ratio.pairs} pairs{never}).{_more(verdict)}"
    )


def _more(verdict: Verdict) -> str:
    """Say how many pairs would decide what is open."""
    if verdict.outcome != "inconclusive":
        return ""
    if verdict.pairs_needed is None:
        return " No practical number of pairs would decide it if their shares stay as they are."
    return (
        f" About {verdict.pairs_needed:,} pairs would decide it if their shares stay as they are."
    )


def turn(turn: Turn) -> str:
    """Say that the protocol turns an answer."""
    claim, verdicts = turn.claim, turn.by_protocol
    where = f", {condition(turn.condition)}" if turn.condition else ""
    answers = ", ".join(f"{outcome} under `{protocol}`" for protocol, outcome in verdicts.items())
    return (
        f"**The protocol turns the answer** of claim {claim.number} at "
        f"{goal(claim.metric, turn.target)}{where}: {answers}."
    )


def arm_of(ranking: Ranking, number: int) -> str:
    """Write the arm of that number of a ranking."""
    return arm_in_words(ranking.race.condition.arms[number][0])


def order(ranking: Ranking) -> str:
    """Write the arms of a ranking from the fastest on: `relu 1.08 (0 never), ...`."""
    return ", ".join(
        f"{arm_of(ranking, i)} {number(ranking.ranks[i])} ({ranking.never[i]} never)"
        for i in sorted(range(len(ranking.ranks)), key=lambda i: ranking.ranks[i])
    )


def alike(ranking: Ranking) -> str:
    """Write which arms a ranking does not tell apart, group by group."""
    groups = (", ".join(arm_of(ranking, i) for i in group) for group in ranking.groups)
    return "; ".join(groups) or "none"


def _never(name: str, arrived: int, pairs: int) -> str:
    return f"{pairs - arrived} of {pairs} runs of {name}"
