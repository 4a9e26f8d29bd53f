"""One comparison, with made-up runs: false verdicts, coverage, power, widths."""

from __future__ import annotations

from collections.abc import Sequence

import joblib
import numpy as np
from scipy import stats

from error_rates.deciding import SEED, Verdicts, called, decide
from error_rates.rates import Limit, Section, number, rate
from error_rates.synthetic import ADAPTIVE, MEDIAN, SPREAD, Made, seeds_in_words
from experiments.analysis.inference import PairedTimes, log_ratios
from experiments.analysis.looks import Design
from experiments.hitting_times import HittingTime
from experiments.study import Seeds

STUDIES = 2000
FEWER = 500
"""Studies of each fixed number of pairs, of which only the power is measured."""

MANY = 10_000
"""Studies of a fixed number of pairs whose coverage has a limit on both sides."""

SEVERAL = 4000
"""The same where pairs are added, and for the power."""

ALPHA = 0.05

KNOWN_POWER = {
    0.65: ((0.28, 58.0), (0.50, 51.0)),
    0.7: ((0.59, 51.0), (0.79, 41.0)),
    0.8: ((0.98, 30.0), (1.00, 23.0)),
}
"""By the chance that a pair favours an arm, the share decided by 64 pairs and the mean number of
pairs: with the mixture test that there was before, and as computed of the exact boundary alone."""


def false_verdicts(parallel: joblib.Parallel) -> Section:
    """Measure A against A: how often one of them is called faster."""
    name, rows = "A against A, made-up runs", []
    for heavy in (False, True):
        for censored in (0.0, 0.3, 0.6):
            for seeds in (ADAPTIVE,) if heavy else (ADAPTIVE, Seeds(8, 8), Seeds(64, 64)):
                law = "heavy-tailed" if heavy else "log-normal"
                scenario = Made(
                    f"A against A, {law}, {censored:.0%} censored, {seeds_in_words(seeds)}",
                    heavy=heavy, censored=censored, seeds=seeds,
                )  # fmt: skip
                hits = decide(scenario, STUDIES, called, parallel)
                at_most = Limit(most=ALPHA)
                rows.append(rate(name, scenario.name, 1, "supported or refuted", hits, at_most))
    says = "The two arms are the same, so that either verdict is wrong."
    return Section(name, says, tuple(rows))


def _first(verdicts: Verdicts, pairs: int) -> tuple[str, float, float, int]:
    ratio = verdicts[0].ratio
    return verdicts[0].outcome, ratio.low, ratio.high, pairs


def coverage(parallel: joblib.Parallel) -> Section:
    """Measure how often the interval of one comparison holds the truth, with both limits."""
    name, rows = "Coverage of one interval", []
    fixed, adaptive = Limit(0.95, 0.975), Limit(0.95, 0.985)
    wanted = [
        (Seeds(20, 20), 1.0, MANY, fixed),
        (Seeds(64, 64), 1.0, MANY, fixed),
        (ADAPTIVE, 1.0, SEVERAL, adaptive),
        (ADAPTIVE, 2.0, SEVERAL, adaptive),
    ]
    for seeds, ratio, studies, limit in wanted:
        title = f"coverage, true ratio {ratio:g}, log-normal, {seeds_in_words(seeds)}"
        decided = decide(Made(title, ratio, seeds=seeds), studies, _first, parallel)
        held = _held(decided, ratio)
        rows.append(rate(name, title, ratio, "interval holds the truth", held, limit))
    says = (
        "The interval at 95 %, read where the study ends. Where an effect is large, most studies "
        "end at the first looks, at which only a part of the error is spent: their intervals hold "
        "the truth more often."
    )
    return Section(name, says, tuple(rows))


def _held(decided: Sequence[tuple[str, float, float, int]], ratio: float) -> list[bool]:
    return [low <= ratio <= high for _, low, high, _ in decided]


def ratios(parallel: joblib.Parallel) -> Section:
    """Measure true ratios: how often the interval holds them, and how often it decides."""
    name, rows = "True ratios", []
    for ratio in (1.1, 1.5, 2.0, 6.0):
        for heavy in (False, True):
            law = "heavy-tailed" if heavy else "log-normal"
            title = f"true ratio {ratio:g}, {law}, {seeds_in_words(ADAPTIVE)}"
            decided = decide(Made(title, ratio, heavy), STUDIES, _first, parallel)
            least, held = Limit(0.94), _held(decided, ratio)
            rows.append(rate(name, title, ratio, "interval holds the truth", held, least))
            supported = [outcome == "supported" for outcome, *_ in decided]
            rows.append(rate(name, title, ratio, "supported", supported))
            median = np.median([pairs for *_, pairs in decided])
            rows.append(number(name, title, ratio, "median number of pairs", STUDIES, median))
        for pairs in (8, 16, 32, 64):
            title = f"true ratio {ratio:g}, log-normal, {pairs} pairs"
            scenario = Made(title, ratio, seeds=Seeds(pairs, pairs))
            decided = decide(scenario, FEWER, _first, parallel)
            supported = [outcome == "supported" for outcome, *_ in decided]
            rows.append(rate(name, title, ratio, "supported", supported))
    says = "How often the interval at 95 % holds the truth, and how often the direction is found."
    return Section(name, says, tuple(rows))


def power(parallel: joblib.Parallel) -> Section:
    """Measure how often, and after how many pairs, one comparison is decided."""
    name, rows = "Power", []
    for chance, (mixture, exact) in KNOWN_POWER.items():
        ratio = float(np.exp(SPREAD * stats.norm.ppf(chance)))
        title = f"pairs favour A at {chance:g}, {seeds_in_words(ADAPTIVE)}"
        decided = decide(Made(title, ratio), SEVERAL, _first, parallel)
        hits = [outcome in ("supported", "refuted") for outcome, *_ in decided]
        mean = np.mean([pairs for *_, pairs in decided])
        known = [{"mixture": m, "exact": e} for m, e in zip(mixture, exact, strict=True)]
        rows += [
            rate(name, title, ratio, "decided by 64 pairs", hits, **known[0]),
            number(name, title, ratio, "mean number of pairs", SEVERAL, mean, **known[1]),
        ]
    says = (
        "One comparison at 5 %, by the chance that a pair favours A. Beside it, what was known: of "
        "the mixture test that there was before, and of the exact boundary as computed by itself."
    )
    return Section(name, says, tuple(rows))


def widths() -> Section:
    """Measure what it costs in width that the data may decide when to stop, on equal samples."""
    name, rows = "Widths", []
    rng = np.random.default_rng([SEED, 1])
    looks = ADAPTIVE.looks
    for last, pairs in enumerate(looks, 1):
        designs = Design(ALPHA, looks[:last]), Design(ALPHA)
        factors = []
        for _ in range(FEWER):
            times = MEDIAN * np.exp(rng.standard_normal((2, pairs)) * SPREAD / np.sqrt(2))
            a, b = ([HittingTime(t, censored=False) for t in arm] for arm in times.tolist())
            ratios = [PairedTimes(log_ratios(a, b), design).ratio(ALPHA) for design in designs]
            adaptive, fixed = (np.log(ratio.high / ratio.low) for ratio in ratios)
            factors.append(adaptive / fixed)
        title, quantity = f"{pairs} pairs, log-normal", "width of the interval, adaptive / fixed"
        rows.append(number(name, title, 1, quantity, FEWER, np.median(factors)))
    says = (
        "The interval of a study that was looked at each time before, over that of the same pairs "
        "when their number was fixed: the median of the ratio of their logarithmic widths."
    )
    return Section(name, says, tuple(rows))
