"""The table of verdicts that the terminal shows: a row for each claim, as wide as the terminal."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from experiments.analysis.verdicts import OUTCOMES
from experiments.report.screen import folded, painted
from experiments.report.verdict_rows import VerdictRow, size
from experiments.report.words import scientific

MOST_COLUMNS = 110
"""A table that is wider is harder to read."""

HEAD = ("claim", "verdicts", "size (interval)")

_GAP = "  "

_TIED = "\xa0"
"""Keeps a count on the line of its word; a plain space is printed."""


def verdict_lines(
    rows: Sequence[VerdictRow], columns: int, *, colours: bool = False
) -> Iterator[str]:
    """Yield the lines of the table: the claim in its own words, its verdicts, the size it found.

    Of several comparisons there is the count of each verdict, and the range of their estimates;
    of a claim that was judged over all conditions together, it is the size over these.

    Args:
        rows: the verdicts, those of a claim together.
        columns: that a line may have; 50 or more.
        colours: whether verdicts have one each.

    """
    if not rows:
        return
    widths = _widths(min(columns, MOST_COLUMNS))
    for line in _line([[head] for head in HEAD], widths):
        yield painted(line, "bold", colours=colours)
    for number, some in groupby(rows, key=lambda row: row.claim):
        of_claim = list(some)
        says = textwrap.wrap(f"{number}. {of_claim[0].says}", widths[0], subsequent_indent="   ")
        cells = [says, _verdicts(of_claim), _sizes(of_claim)]
        for line in _line(cells, widths):
            yield _in_colour(line, widths[0]) if colours else line
        for reason in dict.fromkeys(row.reason for row in of_claim if row.reason):
            yield folded(f"untestable: {reason}", sum(widths) + 2 * len(_GAP), first="   ")


def _widths(columns: int) -> tuple[int, int, int]:
    """Divide a line among the three columns."""
    verdicts, sizes = (17, 16) if columns < 80 else (24, 24)
    if columns < 60:
        verdicts, sizes = 17, 12
    return columns - verdicts - sizes - 2 * len(_GAP), verdicts, sizes


def _line(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a row, each text of a cell on lines of its own."""
    wrapped = [
        [line for text in texts for line in textwrap.wrap(text, width, subsequent_indent=" ")]
        if place
        else texts
        for place, (texts, width) in enumerate(zip(cells, widths, strict=True))
    ]
    for parts in zip_longest(*wrapped, fillvalue=""):
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield _GAP.join(padded).rstrip().replace(_TIED, " ")


def _in_colour(line: str, start: int) -> str:
    """Paint the verdicts behind the claim's own words."""
    told = re.sub("|".join(OUTCOMES), lambda m: painted(m[0], m[0], colours=True), line[start:])
    return line[:start] + told


def _verdicts(rows: Sequence[VerdictRow]) -> list[str]:
    """Write how often each verdict was given, hypothesis by hypothesis."""
    told = []
    sized = any(row.hypothesis == "size" for row in rows)
    for hypothesis in dict.fromkeys(row.hypothesis for row in rows):
        some = [row for row in rows if row.hypothesis == hypothesis]
        name = {"direction": "faster: ", "size": f"by {some[0].by}: "}.get(hypothesis, "")
        told.append(f"{name if sized else ''}{_counted(Counter(row.verdict for row in some))}")
    turned = [row.by_other_clocks for row in rows if row.by_other_clocks]
    if turned:
        told.append(f"but in {turned[0]}" if len(rows) == 1 else f"{len(turned)} by another clock")
    return told


def _counted(counts: Counter[str]) -> str:
    if counts.total() == 1:
        return next(iter(counts))
    return ", ".join(f"{count}{_TIED}{verdict}" for verdict, count in counts.most_common())


def _sizes(rows: Sequence[VerdictRow]) -> list[str]:
    """Write the size of the effect with its interval, or the range of several."""
    # Direction and size have one estimate; the interval of the direction is told.
    known = [row for row in rows if row.hypothesis != "size" and row.estimate == row.estimate]
    known = [row for row in known if row.conditions > 1] or known
    if not known:
        return ["–"]
    if len(known) == 1:
        return [size(known[0]), *filter(None, [known[0].unit])]
    least, most = (scientific(f(row.estimate for row in known)) for f in (min, max))
    span = least if least == most else f"{least} to {most}"
    return [span, *filter(None, [known[0].unit]), f"in {len(known)} comparisons"]
