"""The answer to a claim in one plain sentence: yes or no, by how much, and how sure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from experiments.analysis.results import SettingResult
from experiments.analysis.samples import Estimate
from experiments.analysis.times_to_target import turns
from experiments.analysis.verdicts import (
    BestVerdict,
    MeasureVerdict,
    Outcome,
    TimeVerdict,
    Verdict,
)
from experiments.report import words
from experiments.study import Claim, TimeClaim, arm_in_words

_ANSWERS: dict[Outcome, str] = {
    "supported": "Yes",
    "refuted": "No",
    "inconclusive": "Not decided",
    "untestable": "Cannot be told",
}

MOST_PERCENT = 2.0
"""Up to this ratio a lead is told in per cent, beyond it in times."""


def headline(claim: Claim, verdicts: Sequence[Verdict]) -> str:
    """Return the answer to a claim: one sentence of the arms' names, the size and the doubt.

    `No: tanh was faster, by 5 to 31 % fewer updates than relu, and 6 times or more is excluded.`
    Of several comparisons it says in how many the claim holds and from where to where sizes go.
    What qualifies it comes at its end: another protocol or clock by which it is another, runs that
    diverged or did not reach the target.

    Args:
        claim: of a time, of a measure or of the best.
        verdicts: all of the claim's, one or more.

    """
    together = [v for v in verdicts if v.conditions > 1]
    main = together or list(verdicts)
    told = _one(main) if _comparisons(main) == 1 else _several(claim, main)
    if together:
        alone = [v for v in verdicts if v.conditions == 1]
        told += f"; taken one by one, {_counted(_judged(alone))}"
    doubts = list(_doubts(verdicts))
    return f"{told}{f', though {words.listed(doubts)}' if doubts else ''}."


def _judged(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts that decide a claim: where a factor is claimed, those on it."""
    return [v for v in verdicts if v.hypothesis == "size"] or list(verdicts)


def _comparisons(verdicts: Sequence[Verdict]) -> int:
    return len(_judged(verdicts))


def _one(verdicts: Sequence[Verdict]) -> str:
    """Answer a claim of one comparison: one verdict, or two where a factor is claimed."""
    first, last = verdicts[0], verdicts[-1]
    if last.outcome == "untestable":
        return f"{_ANSWERS['untestable']}: {last.reason}"
    if isinstance(first, BestVerdict):
        return _best(first)
    if isinstance(first, MeasureVerdict):
        return f"{_ANSWERS[first.outcome]}: {_measure(first)}"
    if len(verdicts) == 1:
        return f"{_ANSWERS[first.outcome]}: {_race(first)}"
    return _race_by_a_factor(first, last)


# Races


def _race_by_a_factor(direction: TimeVerdict, size: TimeVerdict) -> str:
    factor = _factor(size.claim)
    if size.outcome == "supported":
        return f"{_ANSWERS['supported']}: {_needed(size)}, and {factor} was claimed"
    if size.outcome == "refuted":
        if direction.outcome == "inconclusive":
            return (
                f"{_ANSWERS['refuted']}: {factor} is excluded, and which is faster is not decided, "
                f"as {_needed(direction)}"
            )
        start = "Only in part" if direction.outcome == "supported" else _ANSWERS["refuted"]
        link = "but" if direction.outcome == "supported" else "and"
        return f"{start}: {_race(direction)}, {link} {factor} is excluded"
    if direction.outcome == "supported":
        return f"Only in part: {_race(direction)}, and {factor} is neither shown nor excluded"
    return f"{_ANSWERS['inconclusive']}: {_race(direction)}"


def _factor(claim: TimeClaim) -> str:
    return (
        f"about {claim.by:g} times" if claim.reading == "about" else f"{claim.by:g} times or more"
    )


def _race(verdict: TimeVerdict) -> str:
    """Say which arm was faster and by how much, or what is left open."""
    faster, than = (arm_in_words(arm) for arm in verdict.claim.arms)
    low, high, clock = verdict.ratio.low, verdict.ratio.high, verdict.claim.clock
    if low == high == 1:
        return f"{faster} and {than} needed equally many {clock}"
    if low > 1:
        return _lead(faster, than, low, high, clock)
    if high < 1:
        return _lead(than, faster, 1 / high, 1 / low if low else math.inf, clock)
    return _needed(verdict)


def _lead(winner: str, loser: str, low: float, high: float, clock: str) -> str:
    if high <= MOST_PERCENT:
        least, most = (words.number(100 * (1 - 1 / ratio), 2) for ratio in (low, high))
        share = least if least == most else f"{least} to {most}"
        return f"{winner} was faster, by {share} % fewer {clock} than {loser}"
    size = _between(low, high)
    return f"{winner} was faster: {loser} needed {size} times its {clock}"


def _needed(verdict: TimeVerdict) -> str:
    """Say how many times the updates of the one arm the other needed, as far as is known."""
    faster, than = (arm_in_words(arm) for arm in verdict.claim.arms)
    if not words.usable(verdict.ratio):
        return f"no usable estimate, since {_not_reached(verdict)}"
    size = _between(verdict.ratio.low, verdict.ratio.high)
    return f"{than} needed {size} times the {verdict.claim.clock} of {faster}"


def _not_reached(verdict: TimeVerdict) -> str:
    return words.not_reached(verdict, words.goal(verdict.claim.metric, verdict.target))


def _between(low: float, high: float) -> str:
    """Write from where to where a ratio goes: `0.9 to 1.2`, `at least 2`, `at most 0.5`."""
    if math.isinf(high):
        return f"at least {words.apart(low, 1)}"
    if low <= 0:
        return f"at most {words.apart(high, 1)}"
    return _span(low, high, 1)


def _span(low: float, high: float, *others: float) -> str:
    least, most = words.apart(low, *others), words.apart(high, *others)
    return least if least == most else f"{least} to {most}"


# Measures


def _measure(verdict: MeasureVerdict) -> str:
    """Say where a measure lies, or by how much two arms differ in it."""
    claim, found = verdict.claim, verdict.estimate
    ends = [end for end in (verdict.region.low, verdict.region.high) if math.isfinite(end)]
    unit = f" {claim.measure.unit}" if claim.measure.unit else ""
    claimed = f", and {words.region(verdict.region, found)} was claimed"
    if claim.than is None:
        arm = f"for {arm_in_words(claim.of)}, " if claim.of else ""
        return f"{arm}the {claim.measure.in_words} {_lies(found, ends)}{unit}{claimed}"
    told = _difference(verdict, unit)
    return told if ends == [0.0] else f"{told}{claimed} of the difference"


def _lies(found: Estimate, ends: Sequence[float]) -> str:
    """Write where a number lies: `is 0.5`, `lies between 0.4 and 0.6`."""
    if found.confidence == 1:
        return f"is {words.estimate(found)}"
    low, high = words.apart(found.low, *ends), words.apart(found.high, *ends)
    if low == high:
        return f"is {low}"
    if math.isinf(found.low) and math.isinf(found.high):
        return "may be any number"
    return f"lies between {low} and {high}"


def _difference(verdict: MeasureVerdict, unit: str) -> str:
    """Say which of two arms has more of a measure, and by how much."""
    of, than = (arm_in_words(arm) for arm in verdict.claim.arms)
    measure, found = verdict.claim.measure.in_words, verdict.estimate
    ends = [0.0, abs(verdict.region.low), abs(verdict.region.high)]
    if found.low == found.high == 0:
        return f"{of} and {than} have the same {measure}"
    if found.low > 0 or found.high < 0:
        word = "higher" if found.low > 0 else "lower"
        least, most = sorted((abs(found.low), abs(found.high)))
        return f"{of} has the {word} {measure}, by {_span(least, most, *ends)}{unit}"
    if math.isinf(found.low) and math.isinf(found.high):
        return f"of {of} and {than} either may have the higher {measure}"
    sides = ((-found.low, "lower"), (found.high, "higher"))
    told = [f"{words.apart(by, *ends)}{unit} {word}" if math.isfinite(by) else f"any amount {word}"
            for by, word in sides if by]  # fmt: skip
    if len(told) == 1:
        return f"the {measure} of {of} is the same as that of {than} or up to {told[0]}"
    return f"the {measure} of {of} is anywhere from {' to '.join(told)} than that of {than}"


# The best


def _best(verdict: BestVerdict) -> str:
    best, rival = arm_in_words(verdict.claim.best), arm_in_words(verdict.rival)
    duel = verdict.duel
    told = _race(duel) if isinstance(duel, TimeVerdict) else _measure(duel)
    if verdict.outcome == "refuted":
        return f"{_ANSWERS['refuted']}: {rival} did better: {told}"
    if verdict.outcome == "supported":
        return f"{_ANSWERS['supported']}: no other did better, the closest being {rival}: {told}"
    beaten = {0: "none", verdict.rivals: "all"}.get(verdict.beaten, str(verdict.beaten))
    return (
        f"{_ANSWERS['inconclusive']}: {best} surely does as well as {beaten} of {verdict.rivals} "
        f"others, and {rival} may do better: {told}"
    )


# Several comparisons


def _several(claim: Claim, verdicts: Sequence[Verdict]) -> str:
    judged = _judged(verdicts)
    counts = Counter(v.outcome for v in judged)
    if counts["untestable"] == len(judged):
        reasons = dict.fromkeys(v.reason for v in judged)
        return f"{_ANSWERS['untestable']}: {'; '.join(reasons)}"
    told = [_counted(judged)]
    if isinstance(claim, TimeClaim):
        told = list(_races(claim, verdicts))
    elif isinstance(judged[0], BestVerdict):
        told += _rivals(judged)
    told += _range(judged)
    return f"{_answer(counts)}: {'; '.join(told)}"


def _answer(counts: Counter) -> str:
    """Write the answer of several comparisons."""
    held, lost = counts["supported"], counts["refuted"]
    if held and lost:
        return "It depends"
    if held or lost:
        answer = _ANSWERS["supported" if held else "refuted"]
        decided = counts.total() == held + lost
        return answer if decided else f"{answer}, as far as it is decided"
    return _ANSWERS["inconclusive"]


def _counted(verdicts: Sequence[Verdict]) -> str:
    """Say in how many comparisons a claim holds, and what became of the others."""
    counts, total = Counter(v.outcome for v in verdicts), len(verdicts)
    if not counts["supported"] and not counts["refuted"]:
        return f"it could be decided in none of {total} comparisons"
    held = f"it holds in {_of_all(counts['supported'], total)} comparisons"
    if counts["refuted"]:
        held += f" and is excluded in {counts['refuted']}"
    return "; ".join([held, *_left(counts)])


def _of_all(count: int, total: int) -> str:
    if count == total > 1:
        return "both" if total == 2 else f"all {total}"
    return f"none of {total}" if not count else f"{count} of {total}"


def _left(counts: Counter) -> list[str]:
    """Say how many comparisons are left open; nothing where none is."""
    ways = (("inconclusive", "not decided"), ("untestable", "beyond telling"))
    told = [f"{counts[outcome]} {'is' if counts[outcome] == 1 else 'are'} {way}"
            for outcome, way in ways if counts[outcome]]  # fmt: skip
    return [words.listed(told)] if told else []


def _races(claim: TimeClaim, verdicts: Sequence[Verdict]) -> Iterable[str]:
    """Say in how many comparisons each arm was faster, and where a factor holds."""
    direction = Counter(v.outcome for v in verdicts if v.hypothesis == "direction")
    total = direction.total()
    if claim.by is not None:
        size = Counter(v.outcome for v in verdicts if v.hypothesis == "size")
        factor, held, lost = _factor(claim), size["supported"], size["refuted"]
        if lost == total:
            yield f"{factor} is excluded in {_of_all(lost, total)} comparisons"
        elif held or lost:
            also = f" and is excluded in {lost}" if lost else ""
            yield f"{factor} holds in {_of_all(held, total)} comparisons{also}"
        else:
            yield f"{factor} could be decided in none of {total} comparisons"
    told = [f"{arm_in_words(arm)} was faster in {_of_all(direction[outcome], total)}"
            for arm, outcome in zip(claim.arms, ("supported", "refuted"), strict=True)
            if direction[outcome]]  # fmt: skip
    if told:
        yield words.listed(told)
        yield from _left(direction)
    else:
        yield f"which is faster could be decided in none of {total} comparisons"


def _rivals(verdicts: Sequence[Verdict]) -> list[str]:
    """Say which arms did better than the one that is said to be the best."""
    better = Counter(arm_in_words(v.rival) for v in verdicts if v.outcome == "refuted")
    told = [f"{rival} in {count}" for rival, count in better.most_common()]
    return [f"better were {words.listed(told)}"] if told else []


def _range(verdicts: Sequence[Verdict]) -> list[str]:
    """Say from where to where the sizes of several comparisons go, and their intervals."""
    known = [v for v in verdicts if words.usable(v.estimate) and v.outcome != "untestable"]
    if not known:
        return []
    duel = _duel(known[0])
    claim, found = duel.claim, [v.estimate for v in known]
    least, most = min(e.estimate for e in found), max(e.estimate for e in found)
    low, high = min(e.low for e in found), max(e.high for e in found)
    differs = isinstance(duel, MeasureVerdict) and claim.than is not None
    size = _lower_to_higher(least, most) if differs else _span(least, most, 1.0)
    outermost = _lower_to_higher(low, high) if differs else _outermost(low, high)
    around = f" (with the doubt, {outermost})" if low < high else ""
    if isinstance(duel, TimeVerdict) and not low and math.isinf(high):
        around = ""  # nothing is known where the least is
    of, than = (arm_in_words(arm) for arm in (*claim.arms, (), ())[:2])
    than = "the closest other" if isinstance(known[0], BestVerdict) else than
    if isinstance(duel, TimeVerdict):
        return [f"typically {than} needed {size} times the {claim.clock} of {of}{around}"]
    unit = f" {claim.measure.unit}" if claim.measure.unit else ""
    if differs:
        what = f"{claim.measure.in_words}{f', in{unit},' if unit else ''}"
        return [f"the {what} of {of} is typically {size} than that of {than}{around}"]
    regions = {words.region(v.region) for v in known}
    claimed = f", and {regions.pop()} was claimed" if len(regions) == 1 else ""
    for_arm = f"for {of}, " if of else ""
    return [f"{for_arm}the {claim.measure.in_words} is typically {size}{unit}{around}{claimed}"]


def _lower_to_higher(low: float, high: float) -> str:
    """Write from where to where differences go: `0.1 to 0.2 lower`, `0.1 lower to 0.2 higher`."""
    if low < 0 < high:
        return f"{_by(-low)} lower to {_by(high)} higher"
    word = "lower" if low < 0 else "higher"
    least, most = sorted((abs(low), abs(high)))
    if math.isinf(most):
        return f"{_by(least)} {word} or more"
    return f"{_span(least, most, 0.0)} {word}"


def _by(size: float) -> str:
    return "any amount" if math.isinf(size) else words.apart(size, 0.0)


def _outermost(low: float, high: float) -> str:
    """Write from where to where intervals go: `0.9 to 1.2`, `2 or more`, `0.5 or less`."""
    if math.isinf(high) and math.isfinite(low):
        return f"{words.apart(low, 1.0)} or more"
    if math.isinf(low) and math.isfinite(high):
        return f"{words.apart(high, 1.0)} or less"
    return f"{words.apart(low, 1.0)} to {words.apart(high, 1.0)}"


# What qualifies an answer


def _doubts(verdicts: Sequence[Verdict]) -> Iterable[str]:
    """Say what qualifies an answer: protocols, clocks, runs that diverged or stayed behind."""
    if found := turns(verdicts):
        yield f"the answer depends on how {words.chosen(found[0])} were chosen"
    yield from _clocks(verdicts)
    results = {id(r): r for v in verdicts for r in _results(v)}.values()
    if lost := sum(r.diverged for r in results):
        yield f"{lost:,} of {sum(len(r.runs) for r in results):,} runs diverged"
    if failed := sum(r.failed for r in results):
        yield f"{failed:,} of {sum(len(r.runs) for r in results):,} runs failed"
    races = [d for d in map(_duel, verdicts) if isinstance(d, TimeVerdict) and not d.reason]
    races = [d for d in races if d.hypothesis == "direction"]
    missed = [d for d in races if d.ratio.censored]
    if missed and len(races) == 1:
        if words.usable(missed[0].ratio):  # elsewhere it is the answer itself
            yield _not_reached(missed[0])
    elif missed:
        where = "comparison" if len(missed) == 1 else "comparisons"
        yield f"in {len(missed)} {where} some runs did not get that far"


def _clocks(verdicts: Sequence[Verdict]) -> Iterable[str]:
    judged = _judged(verdicts)
    found = [r for v in judged for r in words.turning(v)]
    for clock in dict.fromkeys(r.clock for r in found):
        other = [r.outcome for r in found if r.clock == clock]
        if len(judged) == 1:
            yield f"counted in {clock} the answer is {_ANSWERS[other[0]].lower()}"
        else:
            yield f"counted in {clock} {len(other)} of the {len(judged)} answers are others"


def _duel(verdict: Verdict) -> TimeVerdict | MeasureVerdict:
    return verdict.duel if isinstance(verdict, BestVerdict) else verdict


def _results(verdict: Verdict) -> tuple[SettingResult, ...]:
    duel = _duel(verdict)
    if isinstance(duel, TimeVerdict):
        return (*duel.faster, *duel.than)
    return (*duel.settings, *duel.others)
