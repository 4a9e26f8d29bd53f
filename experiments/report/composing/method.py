"""How a study was measured, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments import datasets
from experiments.analysis import targets
from experiments.analysis.measures import STEP
from experiments.analysis.pooling import RULE as POOLING_RULE
from experiments.analysis.reasons import RULE as REASONS_RULE
from experiments.analysis.summary import Summary
from experiments.analysis.verdicts import OUTCOMES
from experiments.hitting_times import READING
from experiments.nn.schedule import SELDOM, examples_read, total_updates, updates_per_epoch
from experiments.report.composing.notes import plural
from experiments.report.model import Method, Text, code
from experiments.report.reasons import told_apart
from experiments.study import BestClaim


def method(summary: Summary) -> Method:
    """Return how a study was measured, and what its verdicts mean."""
    lines = (
        *_data(summary),
        *_budget(summary),
        _seeds(summary),
        *_evaluations(summary),
        *_inference(summary),
    )
    return Method(
        tuple((line,) if isinstance(line, str) else line for line in lines),
        tuple(OUTCOMES.items()),
    )


def _data(summary: Summary) -> Iterator[str]:
    settings = summary.results.study.settings
    shapes = dict.fromkeys((s.data.name, datasets.shape(s.data)) for s in settings)
    for name, shape in shapes:
        outputs = "classes"
        if shape.regression:
            outputs = f"number{plural(shape.outputs)} to predict"
        drawn = "Split anew for each seed and standardised on the training split."
        if name == "gaussian":
            drawn = "Drawn anew for each seed."
        yield (
            f"Data: {name}, {shape.train:,} training, {shape.validation:,} validation and "
            f"{shape.test:,} test examples, {shape.features} input{plural(shape.features)}, "
            f"{shape.outputs} {outputs}. {drawn}"
        )
    for data in dict.fromkeys(setting.data for setting in settings):
        if told := datasets.told(data):
            yield f"Read as {data.name}: {'. '.join(told)}."


def _budget(summary: Summary) -> Iterator[str]:
    trained = sorted(
        {
            (total_updates(s.training, shape), updates_per_epoch(s.training, shape))
            for s in summary.results.study.settings
            if s.training.epochs > 0
            for shape in (datasets.shape(s.data),)
        }
    )
    for total, epoch in trained:
        yield (
            f"Budget: {total:,} updates of {epoch:,} an epoch; an incomplete last batch is left "
            "out."
        )
    if not trained:
        yield "Nothing was trained: the numbers are those of networks as they are drawn."


def _seeds(summary: Summary) -> Text:
    count, seeds = summary.results.seeds, summary.results.study.seeds
    shared = (
        "; the arms of a seed share its data, its split, the order of its batches and the draws of "
        "its starting weights."
    )
    told = f"{count} seed{plural(count)}"
    if not seeds.adaptive:
        return (told + shared,)
    looks = ", ".join(map(str, seeds.looks))
    return (
        f"{told}, of {seeds.least} to {seeds.most}: seeds are added until every claim is decided, "
        f"with looks at {looks} of them; to go on later, write ",
        code(f"max: [{seeds.most}, ...]"),
        shared,
    )


def _evaluations(summary: Summary) -> Iterator[str]:
    if not summary.results.study.trains:
        return
    settings = summary.results.study.settings
    shapes = [datasets.shape(setting.data) for setting in settings]
    times = {len(t.updates) for result in summary.results.settings for t in result.traces}
    examples = {
        examples_read(s.evaluation, s.training, shape)
        for s, shape in zip(settings, shapes, strict=True)
    }
    seldom = [
        split
        for split in ("validation", "test")
        if split not in settings[0].evaluation.often
        and any(getattr(shape, split) for shape in shapes)
    ]
    told = (
        f"Evaluated {_from_to(sorted(times), '')} times a run, on "
        f"{_from_to(sorted(examples), ',')} training examples, the same each time"
    )
    if seldom:
        told += (
            f"; the {' and the '.join(seldom)} part{plural(len(seldom))}, which no claim follows, "
            f"at every {SELDOM}th evaluation and the last"
        )
    yield f"{told}.{f' {READING}' if summary.time_verdicts else ''}"


def _from_to(numbers: Sequence[int], form: str) -> str:
    least, most = f"{numbers[0]:{form}}", f"{numbers[-1]:{form}}"
    return least if len(numbers) == 1 else f"{least} to {most}"


def _inference(summary: Summary) -> Iterator[str]:
    """Say how intervals and verdicts come about."""
    results, study = summary.results, summary.results.study
    adaptive = study.seeds.adaptive
    if summary.measure_verdicts:
        shares = "Clopper and Pearson's interval"
        if adaptive:
            shares = "an interval from the binomial walk's exact probabilities over all looks"
        over = any(v.claim.measure.over for v in summary.measure_verdicts)
        yield (
            "Measures are medians over the runs, or over pairs of runs, with an interval from "
            f"their order alone; shares of runs have {shares}.{f' {STEP}' if over else ''}"
        )
    if any(map(told_apart, summary.verdicts)):
        yield REASONS_RULE
    if summary.time_verdicts:
        looks = (
            ", with the exact probabilities of all looks so far: by look k all but 0.7^k of the "
            "error is spent, so that the data may decide when to stop"
        )
        yield (
            "Ratios are medians over pairs with an interval from the order of the pairs alone (the "
            f"sign test inverted{looks if adaptive else ''}), which assumes nothing of the "
            "distribution. A pair of which one run did not reach the target counts with the range "
            "that its ratio must lie in, so it can only widen the interval."
        )
    if len(summary.verdicts) > 1:
        primary = next((claim.number for claim in study.claims if claim.primary), None)
        apart = (
            f", those of claim {primary}, the primary one, and those of all others each for "
            "themselves"
        )
        yield (
            "Verdicts are corrected for their number by Holm's rule, each direction and each size "
            f"counted{apart if primary else ''}: the chance that any of "
            f"{'either' if primary else 'them'} is wrong is at most "
            f"{100 - study.confidence * 100:.10g} %. Intervals are as wide as that asks for, so "
            "that each agrees with its verdict."
        )
    if any(isinstance(claim, BestClaim) for claim in study.claims):
        yield (
            "That an arm is the best is supported if the interval against each of its rivals says "
            "so (an intersection-union test: Berger 1982), and refuted if one rival is better at "
            "the error divided by the number of rivals (Bonferroni): whichever is true, it is "
            "wrong no more often than the error allows."
        )
    if any(claim.pooled for claim in study.claims):
        yield POOLING_RULE
    if any(claim.auto for claim in study.time_claims):
        yield targets.RULE
    if not results.tuned and study.trains:
        yield (
            "The learning rates were given, not tuned: an arm may have lost because its rate suits "
            "it less."
        )
