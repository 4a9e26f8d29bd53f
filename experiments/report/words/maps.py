"""In how much of a map a claim stands."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.analysis.map_counts import Counts
from experiments.analysis.verdicts import OUTCOMES, Hypothesis
from experiments.report.model import Text, strong
from experiments.report.words.labels import condition, hypothesis
from experiments.study import TimeClaim, arm_in_words


def where(counts: Counts) -> str:
    """Write which cells of a map are counted: `all cells`, `depth 2`."""
    return condition(((counts.axis, counts.label),)) if counts.axis else "all cells"


def of_cells(counts: Counts, name: Hypothesis) -> list[str]:
    """Write in how many of the cells each verdict was given on a hypothesis."""
    return [str(counts.outcomes[name][verdict]) for verdict in OUTCOMES]


def map_lines(found: Sequence[Counts], claim: TimeClaim) -> list[Text]:
    """Say plainly in how much of a map each hypothesis of a claim stands."""
    whole, lines = found[0], []
    for name, counts in whole.outcomes.items():
        held, lost = counts["supported"], counts["refuted"]
        still_open = whole.cells - held - lost
        what = f"{arm_in_words(claim.faster)} {hypothesis(claim, name)}"
        if still_open == whole.cells:
            told = f"{what}: could be decided in none of the {whole.cells} cells."
            lines.append((strong(told),))
            continue
        told = (
            f"{what}: supported in {held or 'none'} of the {whole.cells} cells, refuted in "
            f"{lost or 'none'}, open in {still_open or 'none'}."
        )
        lines.append((strong(told),))
        some = [where(c) for c in found[1:] if c.outcomes[name]["supported"]]
        none = [where(c) for c in found[1:] if not c.outcomes[name]["supported"]]
        if some and none:
            where_not = ", ".join(none)
            told = f"It is supported in some cell of: {', '.join(some)}; in no cell of {where_not}."
            lines.append((told,))
    return lines
