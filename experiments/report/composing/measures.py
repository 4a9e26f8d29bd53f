"""The section of what was measured: the claims about it, its figures and its formulas."""

from __future__ import annotations

from collections.abc import Collection

from experiments.analysis.summary import Summary
from experiments.analysis.verdicts import MeasureVerdict
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.diagnostics.record import Diagnostic
from experiments.report import words
from experiments.report.composing.notes import MOST_VERDICTS, left_out
from experiments.report.layer_figures import expected_by_theory
from experiments.report.model import Figure, Formula, Measures, Table, link
from experiments.report.verdict_rows import VERDICTS

_FIGURE = Figure(
    "measures.png",
    "Measures with their intervals",
    (
        "Each claim about a measure: the estimate with its interval, in the colour of the verdict, "
        "under each condition. A tick is what theory gives. In ",
        link("measures.png"),
        ", which leaves out numbers that are known exactly, grey is where the claim says that the "
        "number lies, an open triangle in place of the dot is a bound and points to where the "
        "number may lie, and an interval that reaches the edge is open there.",
    ),
)

_FUNCTIONS = Figure(
    "functions.png",
    "The activation functions and their slopes",
    "The functions of the hidden layers (solid) and the slopes that training uses (dashed), all on "
    "one scale. Yellow, for functions that flatten at both ends: the slope is above 42 % of its "
    "peak, which for sigmoid is |z| < 2. Grey: below 5 % of it, where a unit counts as saturated.",
)

_LAYERS = Figure(
    "layers.png",
    "Diagnostics over the layers",
    "Each diagnostic over the hidden layers, from the input to the output: the median over the "
    "runs and the middle half of them, at the moment that the title names. Dashed, in the arm's "
    "colour: what theory gives for an untrained net; the gradient's is known up to a factor, which "
    "is chosen so that it meets the median at the last hidden layer. A number that fewer than half "
    "of the runs have is not drawn.",
)

_DIAGNOSTICS = Figure(
    "diagnostics.png",
    "Diagnostics over the updates",
    "Each diagnostic over the updates: the median and the middle half of the runs; of one that is "
    "read layer by layer, each run's mean over its hidden layers; of what is true or false of a "
    "run, the share of runs. The start is left out. A run that diverged counts until it did, and a "
    "line ends where fewer than half are left.",
)


def measures(summary: Summary, files: Collection[str]) -> Measures:
    """Return what is told of measures and diagnostics.

    Args:
        summary: of the study.
        files: the names of the figures that there are.

    """
    theories = _theories(summary)

    def drawn(figure: Figure) -> Figure | None:
        return figure if figure.file in files else None

    return Measures(
        figure=drawn(_FIGURE),
        table=_table(summary.measure_verdicts) if summary.measure_verdicts else None,
        functions=drawn(_FUNCTIONS),
        layers=drawn(_LAYERS),
        diagnostics=drawn(_DIAGNOSTICS),
        formulas=tuple(
            _formula(DIAGNOSTICS[name], told=name in theories)
            for name in summary.results.study.settings[0].diagnostics
        ),
    )


def _table(verdicts: list[MeasureVerdict]) -> Table:
    head = ("claim", "condition", "measure", "arms", "found", "interval", "claimed", "theory",
            "verdict")  # fmt: skip
    rows = tuple(
        (
            str(v.claim.number),
            words.place(v) or "–",
            v.claim.measure.in_words,
            words.arms(v),
            f"{words.estimate(v.estimate)} {v.claim.measure.unit}".rstrip(),
            words.interval(v.estimate, v.region),
            words.region(v.region, v.estimate),
            "–" if v.theory is None else words.scientific(v.theory),
            v.outcome,
        )
        for v in verdicts
    )
    return Table(head, rows[:MOST_VERDICTS], notes=left_out(rows, MOST_VERDICTS, VERDICTS))


def _theories(summary: Summary) -> set[str]:
    """Return the diagnostics beside which a formula is drawn or told."""
    drawn = {p.name for p in summary.layer_profiles if expected_by_theory(p) is not None}
    return drawn | {v.claim.measure.name for v in summary.measure_verdicts if v.theory is not None}


def _formula(row: Diagnostic, *, told: bool) -> Formula:
    """Return what a diagnostic is, and what theory gives where that is drawn or told."""
    theory = ""
    if told and row.theory is not None:
        theory = f" Dashed or ticked: {row.theory.formula} ({row.theory.source})."
    return Formula(row.label, f"{row.formula} ({row.source}).{theory}")
