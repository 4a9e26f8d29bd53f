"""Numbers, labels and sentences as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from experiments.analysis.claims import Verdict
from experiments.analysis.inference import Ratio
from experiments.analysis.tuning import TunedRate
from experiments.records import Choice, Setting, Study, arm_in_words

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


def condition(pairs: tuple[tuple[str, str], ...]) -> str:
    """Write the (axis, label) pairs of a condition: `depth 3, width 128`."""
    return ", ".join(f"{axis.replace('_', ' ')} {label}" for axis, label in pairs)


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


def sentence(verdict: Verdict, confidence: float) -> str:
    """Say in one sentence what a verdict rests on."""
    faster, than = arm_in_words(verdict.claim.faster), arm_in_words(verdict.claim.than)
    where = f" at {condition(verdict.condition)}" if verdict.condition else ""
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
    level = f"{confidence * 100:.10g} % interval"
    return (
        f"at {at}: {size} ({level} {interval(ratio)}; {faster} came first in {ratio.wins} of "
        f"{ratio.pairs} pairs{never})."
    )


def _never(name: str, arrived: int, pairs: int) -> str:
    return f"{pairs - arrived} of {pairs} runs of {name}"
