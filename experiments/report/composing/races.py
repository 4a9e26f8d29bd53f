"""The section of which arm was faster: maps, ratios and their table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from experiments.analysis.map_counts import Counts
from experiments.analysis.results import diverged
from experiments.analysis.summary import Summary
from experiments.analysis.verdicts import OUTCOMES, TimeVerdict
from experiments.report import words
from experiments.report.composing.notes import MOST_VERDICTS, left_out
from experiments.report.drawings import map_names
from experiments.report.model import (
    Figure,
    Map,
    Races,
    Span,
    Table,
    Text,
    emphasis,
    link,
    sentences,
)
from experiments.report.verdict_rows import VERDICTS
from experiments.study import TimeClaim

_VERDICTS = "verdicts.png"


def races(summary: Summary, files: Collection[str]) -> Races:
    """Return what is told of times to targets.

    Args:
        summary: of the study.
        files: the names of the figures that there are.

    """
    if not summary.time_verdicts:
        return Races((), None, None, None)
    return Races(
        maps=_maps(summary),
        verdicts=_verdicts(summary) if _VERDICTS in files else None,
        table=_table(summary),
        by_target=_by_target(summary) if "ratio_by_target.png" in files else None,
    )


def _maps(summary: Summary) -> tuple[Map, ...]:
    names = map_names(summary.map_counts)
    return tuple(
        Map(
            _map(claim, names[claim], several=len(names) > 1),
            tuple(words.map_lines(found, claim)),
            _counts(claim, found),
        )
        for claim, found in summary.map_counts.items()
    )


def _map(claim: TimeClaim, file: str, *, several: bool) -> Figure:
    start = f"Claim {claim.number}: the" if several else "The"
    return Figure(
        file,
        f"The ratio under every condition{f', claim {claim.number}' if several else ''}",
        f"{start} {claim.clock} of {words.arm(claim.than)} / the {claim.clock} of "
        f"{words.arm(claim.faster)}, under every condition: blue above 1, orange below; colours "
        "end at 8 and 1/8. A cell that is small or pale is inconclusive; any other with a number "
        "is decided, for or against the claim. ? has no estimate, – is untestable; ≥ and ≤ mark a "
        "bound.",
    )


def _counts(claim: TimeClaim, found: Sequence[Counts]) -> Table:
    names = found[0].outcomes
    head = [f"{words.hypothesis(claim, name)}: {outcome}" for name in names for outcome in OUTCOMES]
    rows = tuple(
        (
            words.where(counts),
            str(counts.cells),
            *(count for name in counts.outcomes for count in words.of_cells(counts, name)),
        )
        for counts in found
    )
    return Table(("where", "cells", *head), rows)


def _clocks(verdicts: Sequence[TimeVerdict]) -> str:
    return " or ".join(dict.fromkeys(verdict.claim.clock for verdict in verdicts))


def _verdicts(summary: Summary) -> Figure:
    verdicts, study = summary.time_verdicts, summary.results.study
    faster, than = words.pair_of(verdicts) or ("the arm called faster", "the arm called slower")
    level = words.level(study.confidence)
    alone = len(summary.verdicts) == 1
    at = f" at {level}" if alone else f", {level} over all comparisons together"
    told: list[str | Text] = [
        f"The dot is the median over the pairs of ({_clocks(verdicts)} of {than} / of {faster}), "
        f"the bar its interval{at}, both in the colour of the verdict.",
        f"Right of 1 {faster} is faster{'; a tick marks a claimed factor' * summary.claims_size}.",
    ]
    if any(claim.pooled for claim in study.claims):
        told.append("In a row of all conditions together it is their geometric mean.")
    told.append(
        "A triangle in place of the dot is a bound, since too many runs did not reach the target "
        "for more: it points to where the ratio may lie. Bars that reach the edge are open."
    )
    if summary.claims_size:
        told.append(
            (
                "The interval by which a factor is judged, as wide as the number of comparisons "
                "asks for it, is the thin bar in ",
                link(_VERDICTS),
                ".",
            )
        )
    shows = "Ratio of times with its interval, for each claim and target"
    return Figure(_VERDICTS, shows, sentences(*told))


def _by_target(summary: Summary) -> Figure:
    adaptive = summary.results.study.seeds.adaptive
    return Figure(
        "ratio_by_target.png",
        "The ratio over the target",
        "The same ratio read at every target between the outermost ones of a claim, harder to the "
        "right, so that nobody can pick one point. Where too many runs did not reach the target "
        "for an estimate, open triangles mark a bound: the ratio is at least so much where they "
        "point up, and at most so much where they point down. Bands are intervals at each target "
        "for itself"
        f"{', which hold however many seeds were added' if adaptive else ''}.",
    )


def _table(summary: Summary) -> Table:
    verdicts = summary.time_verdicts
    pair = words.pair_of(verdicts)
    sides = " / ".join(pair or ("faster", "than"))
    columns = {
        "claim": [str(v.claim.number) for v in verdicts],
        "condition": [words.place(v) for v in verdicts],
        "target": [words.goal(v.claim.metric, v.target) for v in verdicts],
        "judged": [words.hypothesis(v.claim, v.hypothesis) for v in verdicts],
        "verdict": [v.outcome for v in verdicts],
        "by other clocks": [words.turned(v) for v in verdicts],
        "ratio": [words.estimate(v.ratio) for v in verdicts],
        "interval": [words.interval(v.ratio, v.region) for v in verdicts],
        "p-value": [words.p_value(v.p_value) for v in verdicts],
        f"chance {f'that {pair[0]} wins' if pair else 'to win'} on a new seed": [
            words.chance(v) if pair else words.chance_of(v) for v in verdicts
        ],
        "seeds": [str(v.ratio.pairs) for v in verdicts],
        f"did not reach the target: {sides}": [
            f"{v.runs - v.faster_reached} / {v.runs - v.than_reached}" for v in verdicts
        ],
        f"diverged: {sides}": [f"{diverged(v.faster)} / {diverged(v.than)}" for v in verdicts],
    }
    turned = any(columns["by other clocks"])
    columns["by other clocks"] = [
        told or "the same" if turned else "" for told in columns["by other clocks"]
    ]
    columns = {name: cells for name, cells in columns.items() if any(cells)}
    rows = tuple(zip(*columns.values(), strict=True))
    return Table(
        tuple(columns),
        rows[:MOST_VERDICTS],
        notes=(*left_out(rows, MOST_VERDICTS, VERDICTS), _note(summary, turned=turned)),
    )


def _note(summary: Summary, *, turned: bool) -> Text:
    """Say what the columns of the table mean."""
    verdicts = summary.time_verdicts
    told: list[str | Span] = []
    if turned:
        told += [
            emphasis("By other clocks"),
            " names those by which the verdict would be another; the ratio and its interval are of "
            f"{_clocks(verdicts)}. ",
        ]
    told += ["The ", emphasis("chance"), " is an interval, for one more seed"]
    if not words.pair_of(verdicts):
        told += [
            "; named is the arm that the claim calls faster, and in ",
            emphasis("faster / than"),
            " it stands first",
        ]
    if summary.results.study.seeds.adaptive:
        told.append(
            "; it is as if the number of seeds had been fixed beforehand, and does not hold where "
            "they were added until an answer was found"
        )
    told += [". A ", emphasis("p-value"), " is the least chance of an error at which the verdict "
             "would be given"]  # fmt: skip
    if len(verdicts) > 1:
        told.append("; that it is given here takes less the more comparisons there are")
    return (*told, ".")
