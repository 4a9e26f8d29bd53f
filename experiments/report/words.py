"""Numbers, labels and sentences as a reader sees them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

import numpy as np

from experiments.analysis.inference import Ratio
from experiments.analysis.map_counts import Counts
from experiments.analysis.neighbours import Shifted
from experiments.analysis.ranking import Ranking
from experiments.analysis.results import Results
from experiments.analysis.samples import Estimate
from experiments.analysis.standings import Standing
from experiments.analysis.times_to_target import Turn
from experiments.analysis.verdicts import (
    OUTCOMES,
    BestVerdict,
    Hypothesis,
    MeasureVerdict,
    Reading,
    TimeVerdict,
    Verdict,
)
from experiments.datasets import DATASETS
from experiments.goals import improves_upwards
from experiments.nn.optimizers import OPTIMIZERS
from experiments.parameters import Choice
from experiments.records import CONSTANT, METRIC_WORDS, Training
from experiments.study import (
    PROTOCOL,
    Claim,
    Labels,
    Region,
    Setting,
    Study,
    TimeClaim,
    arm_in_words,
)


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
    text = np.format_float_positional(
        rounded, precision=digits, unique=False, fractional=False, trim=trim
    ).rstrip(".")
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if abs(rounded) >= 1000 else text


def scientific(value: float) -> str:
    """Write a number that may be too large or small to be written out: `1.3e+09`."""
    size = abs(value)
    extreme = 1e4 <= size < math.inf or 0 < size < 1e-3
    return f"{value:.2g}" if extreme else number(value)


def cell(text: object) -> str:
    """Write a text that stands in a table."""
    return str(text).replace("|", "\\|")


def level(confidence: float) -> str:
    """Write a level, the error that it leaves with two digits: `95 %`, `98.3 %`, `99.975 %`."""
    error = float(f"{100 * (1 - confidence):.2g}")
    return f"{100 - error:.10g} %"


def condition(pairs: Labels) -> str:
    """Write the (axis, label) pairs of a condition: `depth 3, width 128`."""
    return ", ".join(
        label if axis == PROTOCOL else f"{axis.replace('_', ' ')} {label}" for axis, label in pairs
    )


def place(verdict: Verdict) -> str:
    """Write the condition of a verdict, or over how many it is: `all 5 conditions together`."""
    if verdict.conditions == 1:
        return condition(verdict.condition)
    shared = condition(verdict.condition)
    return f"{shared}, all {verdict.conditions} conditions together".removeprefix(", ")


def times(count: int) -> str:
    """Write how often: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def conditions(study: Study) -> str:
    """Say what networks and training a study's answers hold for."""

    def each(read: Callable[[Setting], str]) -> str:
        return " or ".join(dict.fromkeys(read(setting) for setting in study.variants))

    trained = (
        each(lambda s: row(s.training.optimizer)),
        f"batches of {each(lambda s: str(s.training.batch_size))}",
        f"{each(lambda s: f'{s.training.epochs:g}')} epochs",
        *_tricks(study, each),
    )
    if not any(s.training.epochs for s in study.settings):
        trained = ()
    return "; ".join(
        (
            each(lambda s: data(s.data)),
            _architectures(study),
            f"output {each(lambda s: s.network.output)}",
            *trained,
        )
    )


def data(choice: Choice) -> str:
    """Name a data set, with the file that it is read from: `csv table.csv`."""
    parameters = DATASETS[choice.name].parameters
    places = [str(value) for key, value in choice.parameters if parameters[key].place]
    return " ".join([choice.name, *(PurePath(place).name for place in places if place)])


def _tricks(study: Study, each: Callable[[Callable[[Setting], str]], str]) -> Iterator[str]:
    """Write what training has beside its rule, where it is asked for."""
    trained = [setting.training for setting in study.variants]
    if any(t.schedule != CONSTANT for t in trained):
        yield f"rates by {each(lambda s: row(s.training.schedule))}, named by their peak"
    if any(t.weight_decay for t in trained):
        decay = each(lambda s: f"{s.training.weight_decay:g}")
        yield f"weight decay {decay} without the biases, {_way_of_decay(trained)}"
    if any(t.clipping is not None for t in trained):
        yield f"gradients clipped to a norm of {each(lambda s: _limit(s.training.clipping))}"
    if any(t.label_smoothing for t in trained):
        smoothing = each(lambda s: f"{s.training.label_smoothing:g}")
        yield f"label smoothing {smoothing}, of what is learned from alone"


def _way_of_decay(trained: Sequence[Training]) -> str:
    names = dict.fromkeys(training.optimizer.name for training in trained)
    decoupled = [name for name in names if OPTIMIZERS[name].decoupled]
    if not decoupled:
        return "in the gradient"
    others = ", in the gradient with the others" if len(decoupled) < len(names) else ""
    return f"decoupled with {_either(decoupled)}{others}"


def _limit(clipping: float | None) -> str:
    return "any size" if clipping is None else f"{clipping:g}"


def row(choice: Choice) -> str:
    """Write a table's row with its parameters: `sgd (momentum 0.9, nesterov false)`."""
    given = ", ".join(f"{key} {str(value).lower()}" for key, value in choice.parameters)
    return f"{choice.name} ({given})" if given else choice.name


def _architectures(study: Study) -> str:
    """Write the hidden layers of all settings, in short where they are a grid."""
    found = list(dict.fromkeys(setting.network.widths for setting in study.variants))
    even = all(len(set(widths)) == 1 for widths in found)
    depths, sizes = {len(widths) for widths in found}, {w for widths in found for w in widths}
    if len(found) < 4 or not even or len(found) < len(depths) * len(sizes):
        return " or ".join(map(_layers, found))
    layers = "hidden layer" if depths == {1} else "hidden layers"
    return f"{_either(sorted(depths))} {layers} of {_either(sorted(sizes))} units"


def _either(numbers: Sequence[object]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} or {last}" if most else last


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


def values(counts: dict[str, int]) -> str:
    """Write how often each value of what is searched beside the rate was taken, in its order."""
    return ", ".join(f"{label} ({count} runs)" for label, count in counts.items() if count)


def goal(metric: str, target: float) -> str:
    """Write a target: `training loss 0.4`."""
    return f"{METRIC_WORDS[metric]} {target:g}"


def estimate(ratio: Ratio | Estimate) -> str:
    """Write an estimate: `1.32`, `at least 4.2`, `–`."""
    if math.isnan(ratio.estimate):
        return "–"
    if ratio.confidence == 1:  # known without error
        return f"{ratio.estimate:.5g}"
    return f"{ratio.bound} {scientific(ratio.estimate)}".strip()


def interval(ratio: Ratio | Estimate) -> str:
    """Write an interval: `1.21 to 1.45`; `exact` of a number that is known without error."""
    if ratio.confidence == 1:
        return "exact"
    return f"{scientific(ratio.low)} to {scientific(ratio.high)}"


def p_value(value: float) -> str:
    """Write a p-value with two digits: `0.041`, `< 0.0001`."""
    return "< 0.0001" if value < 1e-4 else number(value, 2)


def between(shifted: Shifted) -> str:
    """Write a ratio that may be known as a range alone: `0.84`, `0.8 to 1.2`, `at least 2`."""
    low, high = shifted.low, shifted.high
    if not shifted.pairs or (low == 0 and math.isinf(high)) or math.isnan(low):
        return "–"
    if low == high:
        told = scientific(low)
    elif math.isinf(high):
        told = f"at least {scientific(low)}"
    else:
        told = (
            f"at most {scientific(high)}"
            if low == 0
            else f"{scientific(low)} to {scientific(high)}"
        )
    return f"{told} ({shifted.pairs} pairs)"


def chance(verdict: TimeVerdict) -> str:
    """Write the interval for the chance to come first: `1 to 25 %`."""
    low, high = verdict.chance
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def hypothesis(claim: Claim, name: Hypothesis | None) -> str:
    """Write which hypothesis of a claim is judged: `faster`, `by 6 or more`, `by about 6`."""
    if name is None or not isinstance(claim, TimeClaim):
        return ""
    if name == "direction":
        return "faster"
    return f"by about {claim.by:g}" if claim.reading == "about" else f"by {claim.by:g} or more"


def sentence(verdict: Verdict) -> str:
    """Say in one sentence what a verdict rests on."""
    if isinstance(verdict, BestVerdict):
        return _best(verdict)
    return _time(verdict) if isinstance(verdict, TimeVerdict) else _measure(verdict)


def _best(verdict: BestVerdict) -> str:
    rival, duel = arm_in_words(verdict.rival), sentence(verdict.duel) + _by_clocks(verdict)
    if verdict.outcome == "refuted":
        return f"by {rival}: {duel}"
    if verdict.outcome == "untestable" or verdict.rivals == 1:
        return f"against {rival}: {duel}"
    closest = "the toughest" if verdict.outcome == "supported" else "the one that is open"
    if verdict.outcome == "inconclusive" and verdict.rivals - verdict.beaten > 1:
        closest = "the toughest"
    beaten = {0: "none", verdict.rivals: "all"}.get(verdict.beaten, str(verdict.beaten))
    held = f"of {verdict.rivals} rivals, {beaten} of which it surely equals or beats"
    return f"against {rival}, {closest} {held}: {duel}"


def turned(verdict: Verdict) -> str:
    """Write by which clock a verdict is another: `multiplications: refuted`; empty if by none."""
    return "; ".join(f"{r.clock}: {r.outcome}" for r in turning(verdict))


def turning(verdict: Verdict) -> list[Reading]:
    """Return the readings of a verdict by clocks that turn it."""
    if isinstance(verdict, MeasureVerdict):
        return []
    return [r for r in verdict.readings if not r.agrees]


def turned_in(verdicts: Sequence[Verdict]) -> str:
    """Say how many verdicts of a claim are others by another clock; empty if none is."""
    counts = Counter(r.clock for v in verdicts for r in turning(v))
    told = [f"{count} in {clock}" for clock, count in counts.items()]
    if not told:
        return ""
    return f"Counted by another clock, of these {len(verdicts)} verdicts {_and(told)} differ."


def _by_clocks(verdict: TimeVerdict | BestVerdict) -> str:
    """Say by which clocks a verdict is another one."""
    race = verdict.duel.claim if isinstance(verdict, BestVerdict) else verdict.claim
    told = ""
    for r in turning(verdict):
        than = arm_in_words(r.rival or race.than)
        size = f"{than} needed {estimate(r.ratio)} times those of {arm_in_words(race.faster)}"
        if math.isnan(r.ratio.estimate):
            size = f"the ratio for {than} has no estimate"
        told += f" Counted in {r.clock} it is {r.outcome} instead: {size} "
        told += f"({level(r.ratio.confidence)} interval {interval(r.ratio)})."
    return told


def _time(verdict: TimeVerdict) -> str:
    faster, than = arm_in_words(verdict.claim.faster), arm_in_words(verdict.claim.than)
    where = place(verdict)
    at = f"{goal(verdict.claim.metric, verdict.target)}{f', {where}' if where else ''}"
    if verdict.reason:
        return f"at {at}: {verdict.reason}."
    ratio, censored = verdict.ratio, ""
    if ratio.censored:
        censored = (
            f"; {_not_reached(faster, verdict.faster_reached, verdict.runs)}"
            f" and {_not_reached(than, verdict.than_reached, verdict.runs)} did not reach the "
            "target"
        )
    several = verdict.conditions > 1
    if math.isnan(ratio.estimate):
        size = "so many runs did not reach the target that the ratio has no estimate"
    else:
        size = f"{than} needed {estimate(ratio)} times the {verdict.claim.clock} of {faster}"
        size += " in the geometric mean" if several else ""
    told = [f"{level(ratio.confidence)} interval {interval(ratio)}"]
    if verdict.hypothesis == "size":
        told.append(f"claimed: {region(verdict.region)}")
    elif several:
        told.append(f"{faster} was ahead at {ratio.wins} of {ratio.pairs} seeds{censored}")
    else:
        told.append(f"{faster} came first in {ratio.wins} of {ratio.pairs} pairs{censored}")
    size = f"{size} ({'; '.join(told)})"
    return f"at {at}: {size}.{_later(verdict)}{_more(verdict)}{_by_clocks(verdict)}"


def _later(verdict: TimeVerdict) -> str:
    """Say how many runs of an arm were at the target and diverged afterwards."""
    arms = (
        (verdict.claim.faster, verdict.faster_lost, verdict.faster_reached),
        (verdict.claim.than, verdict.than_lost, verdict.than_reached),
    )
    told = [
        f"{lost} of the {reached} runs of {arm_in_words(arm)} that reached the target"
        for arm, lost, reached in arms
        if lost
    ]
    return f" Afterwards {' and '.join(told)} diverged." if told else ""


def _measure(verdict: MeasureVerdict) -> str:
    claim, found = verdict.claim, verdict.estimate
    measure = claim.measure.in_words
    where = f"with {condition(verdict.condition)}, " if verdict.condition else ""
    if verdict.conditions > 1:
        where = f"over {place(verdict)}, "
        measure = f"mean of the {measure}"
    if verdict.reason:
        return f"{where}the {measure}: {verdict.reason}."
    arms = [arm_in_words(arm) for arm in claim.arms]
    if claim.than is None:
        what = f"{f'for {arms[0]}, ' if arms else ''}the {measure} is {estimate(found)}"
    else:
        each = " and ".join(
            f"{scientific(value)} for {arm}"
            for value, arm in zip(verdict.values, arms, strict=True)
        )
        what = f"the {measure} is {each}, the difference {estimate(found)}"
    unit = f" {claim.measure.unit}" if claim.measure.unit else ""
    told = [
        "known exactly"
        if claim.measure.aggregate == "exact"
        else f"{level(found.confidence)} interval {interval(found)}, {found.count} runs"
    ]
    if verdict.theory is not None:
        told.append(f"theory {scientific(verdict.theory)}")
    told.append(f"claimed: {region(verdict.region)}")
    if found.unknown:
        have = "run has" if found.unknown == 1 else "runs have"
        told.append(f"{found.unknown} {have} no such number")
    return f"{where}{what}{unit} ({'; '.join(told)})."


def region(claimed: Region) -> str:
    """Write where a number is claimed to lie: `at least 0.5`, `0.45 to 0.55`, `above 0`."""
    if math.isinf(claimed.low):
        return f"{'below' if claimed.open else 'at most'} {scientific(claimed.high)}"
    if math.isinf(claimed.high):
        return f"{'above' if claimed.open else 'at least'} {scientific(claimed.low)}"
    if claimed.low == claimed.high:
        return f"exactly {scientific(claimed.low)}"
    middle, half = (claimed.low + claimed.high) / 2, (claimed.high - claimed.low) / 2
    low, high = scientific(claimed.low), scientific(claimed.high)
    if half < abs(middle) / 100 or low == high:
        return f"{scientific(middle)} ± {scientific(half)}"
    return f"{low} to {high}"


def value_of(verdict: Verdict) -> str:
    """Write what a verdict is about: a target of a claim of time, or a measure."""
    if isinstance(verdict, BestVerdict):
        return value_of(verdict.duel)
    if isinstance(verdict, TimeVerdict):
        return goal(verdict.claim.metric, verdict.target)
    return verdict.claim.measure.in_words


def arms(verdict: MeasureVerdict) -> str:
    """Write the arms of a verdict about a measure, each with its own number."""
    named = [arm_in_words(arm) for arm in verdict.claim.arms]
    if len(named) < 2:
        return named[0] if named else "–"
    pairs = zip(named, verdict.values, strict=True)
    return ", ".join(f"{arm} {scientific(value)}" for arm, value in pairs)


def extremes(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the two verdicts of a claim, of one condition each, that lie farthest apart."""
    known = [v for v in verdicts if not math.isnan(v.estimate.estimate) and not v.reason]
    known = [v for v in known if v.hypothesis != "size" and v.conditions == 1]
    if len(known) < 2:
        return known
    ordered = sorted(known, key=lambda v: v.estimate.estimate)
    return [ordered[0], ordered[-1]]


def shown(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts of a claim that are told in a sentence each, where there are many."""
    if len(verdicts) <= MOST_TOLD:
        return list(verdicts)
    return [*(v for v in verdicts if v.conditions > 1), *extremes(verdicts)]


def against(claim: Claim, verdicts: Sequence[Verdict]) -> str:
    """Say where a claim that answers a statement is refuted; empty if nowhere."""
    if claim.answers is None:
        return ""
    where = [v for v in verdicts if v.outcome == "refuted"]
    if not where:
        return ""
    shown = [", ".join(filter(None, [judged(v), value_of(v), place(v)])) for v in where[:3]]
    more = f", and {len(where) - 3} more" if len(where) > 3 else ""
    return f"statement {claim.answers}: {'; '.join(shown)}{more}"


def judged(verdict: Verdict) -> str:
    """Write which hypothesis is judged, where a claim has two."""
    two = isinstance(verdict, TimeVerdict) and verdict.claim.by is not None
    return hypothesis(verdict.claim, verdict.hypothesis) if two else ""


def outcome(verdict: Verdict) -> str:
    """Write a verdict, and of what where a claim has two: `Refuted`, `By 6 or more: refuted`."""
    return f"{judged(verdict)}: {verdict.outcome}".removeprefix(": ").capitalize()


def outcomes(verdicts: Sequence[Verdict]) -> str:
    """Write how often each verdict on a claim was given, hypothesis by hypothesis."""
    parts = []
    for name in dict.fromkeys(v.hypothesis for v in verdicts):
        some = [v for v in verdicts if v.hypothesis == name]
        counts = Counter(v.outcome for v in some).most_common()
        told = ", ".join(
            f"{verdict} in {count}{f' of {len(some)} comparisons' if not place else ''}"
            if len(some) > 1
            else verdict
            for place, (verdict, count) in enumerate(counts)
        )
        parts.append(f"{judged(some[0])}: {told}".removeprefix(": "))
    return "; ".join(parts)


def where(counts: Counts) -> str:
    """Write which cells of a map are counted: `all cells`, `depth 2`."""
    return condition(((counts.axis, counts.label),)) if counts.axis else "all cells"


def of_cells(counts: Counts, name: Hypothesis) -> list[str]:
    """Write in how many of the cells each verdict was given on a hypothesis."""
    return [str(counts.outcomes[name][verdict]) for verdict in OUTCOMES]


def map_lines(found: Sequence[Counts], claim: Claim | None) -> list[str]:
    """Say plainly in how much of a map each hypothesis of a claim stands."""
    if not found or not isinstance(claim, TimeClaim):
        return []
    whole, lines = found[0], []
    for name, counts in whole.outcomes.items():
        held, lost = counts["supported"], counts["refuted"]
        still_open = whole.cells - held - lost
        what = f"{arm_in_words(claim.faster)} {hypothesis(claim, name)}"
        lines.append(
            f"**{what}: supported in {held or 'none'} of the {whole.cells} cells, refuted in "
            f"{lost or 'none'}, open in {still_open or 'none'}.**"
        )
        some = [where(c) for c in found[1:] if c.outcomes[name]["supported"]]
        none = [where(c) for c in found[1:] if not c.outcomes[name]["supported"]]
        if some and none:
            lines.append(
                f"It is supported in some cell of: {', '.join(some)}; in no cell of "
                f"{', '.join(none)}."
            )
    return lines


def learning(results: Results) -> str:
    """Say what learning rates a study's answers hold for."""
    if results.tuned:
        second = results.study.tuning.second
        also = f" and {second.name.replace('_', ' ')}" if second else ""
        return f"and learning rates{also} tuned for each arm"
    trained = any(setting.training.epochs > 0 for setting in results.study.settings)
    return "and learning rates as given" if trained else "and nothing trained"


def _more(verdict: TimeVerdict) -> str:
    """Say how many pairs would decide what is open."""
    if verdict.outcome != "inconclusive":
        return ""
    if verdict.pairs_needed is None:
        return " No practical number of pairs would decide it if their shares stay as they are."
    return (
        f" About {verdict.pairs_needed:,} pairs would decide it if their shares stay as they are."
    )


MOST_TOLD = 6
"""So many verdicts of a claim are told one by one; of more, those that say most."""

MOST_TURNS = 3
"""So many comparisons that the protocol turns are told one by one; more are counted."""


def turns(found: Sequence[Turn], comparisons: int) -> list[str]:
    """Say where the protocol turns an answer."""
    if len(found) <= MOST_TURNS:
        return [turn(one) for one in found]
    return [
        f"**The protocol turns the answer** in {len(found)} of {comparisons} comparisons; the "
        "table below has each of them."
    ]


def turn(turn: Turn) -> str:
    """Say that the protocol turns an answer."""
    claim, verdicts = turn.claim, turn.by_protocol
    where = f", {condition(turn.condition)}" if turn.condition else ""
    if turn.conditions > 1:
        where = f", all {turn.conditions} conditions together"
    if isinstance(claim, TimeClaim):
        named = f" ({hypothesis(claim, turn.hypothesis)})" if claim.by is not None else ""
        where = f"{named} at {goal(claim.metric, turn.target)}{where}"
    answers = ", ".join(f"{outcome} under `{protocol}`" for protocol, outcome in verdicts.items())
    return f"**The protocol turns the answer** of claim {claim.number}{where}: {answers}."


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
        rest = f"{_and(alike)} {'is' if len(alike) == 1 else 'are'} not told apart from it"
    return f"{start} {told}; {rest}."


def _and(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def arm_of(ranking: Ranking, number: int) -> str:
    """Write the arm of that number of a ranking."""
    return arm_in_words(ranking.contest.condition.arms[number][0])


def order(ranking: Ranking) -> str:
    """Write the arms of a ranking from the fastest on: `relu 1.08 (0 censored), ...`."""
    return ", ".join(
        f"{arm_of(ranking, i)} {number(ranking.ranks[i])} ({ranking.not_reached[i]} censored)"
        for i in sorted(range(len(ranking.ranks)), key=lambda i: ranking.ranks[i])
    )


def alike(ranking: Ranking) -> str:
    """Write which arms a ranking does not tell apart, group by group."""
    groups = (", ".join(arm_of(ranking, i) for i in group) for group in ranking.groups)
    return "; ".join(groups) or "none"


def _not_reached(name: str, reached: int, pairs: int) -> str:
    return f"{pairs - reached} of {pairs} runs of {name}"
