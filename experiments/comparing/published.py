"""A report beside the one that is published of the same study."""

from __future__ import annotations

from pathlib import Path

from experiments.comparing.circumstances import Difference
from experiments.comparing.reports import Compared, compare_reports
from experiments.report.verdict_rows import ReportError

PUBLISHED = Path(__file__).resolve().parents[2] / "results" / "published"
"""Where a clone has the published reports; an installed package has none."""

MOST_NAMED = 2
"""So many differences are told in a line; `--diff` has all."""


def published_of(folder: Path, written: Path | None = None) -> Path:
    """Return where the published report lies that a folder's is compared with, if there is one.

    Args:
        folder: of the report, named after its study.
        written: where it lies until it takes the place of what is in that folder; where that is
            the published one, it will be this.

    """
    found = PUBLISHED / folder.name
    return written if written and found.resolve() == folder.resolve() else found


def remark(written: Path, folder: Path | None = None) -> str:
    """Say whether a report's verdicts are the published ones; empty where none are published.

    Args:
        written: where the report lies by now.
        folder: where it will lie, if that is elsewhere; named after its study.

    """
    other = published_of(folder or written, written)
    if not other.is_dir() or other == written:
        return ""
    try:
        return in_a_line(compare_reports(other, written))
    except ReportError as error:
        return f"Not compared with the published report: {error}"


def in_a_line(compared: Compared) -> str:
    """Write what became of the published verdicts; empty for a study without any."""
    changed, common = len(compared.changed), len(compared.pairs)
    extra = len(compared.only_after)
    if not common:
        return "The published report of this name has none of these claims." if extra else ""
    circumstances = _circumstances(compared.differences)
    if changed:
        line = f"{changed} of {common} verdicts {_differs(changed)} from the published ones"
        line += f" ({circumstances})" if circumstances else ""
        return f"{line}{_unknown(extra)}: see --diff."
    same = f"all {common} verdicts are the same" if common > 1 else "the verdict is the same"
    line = f"As published: {same}{_unknown(extra)}"
    return f"{line} ({circumstances})." if circumstances else f"{line}."


def _differs(count: int) -> str:
    return "differ" if count > 1 else "differs"


def _unknown(count: int) -> str:
    if not count:
        return ""
    return f"; {count} more {'are' if count > 1 else 'is'} not in the published report"


def _circumstances(differences: tuple[Difference, ...]) -> str:
    """Name what is not as it was: `published with numpy 2.4.6, here 2.5.0; another processor`."""
    known = [one for one in differences if one.what in _ORDER]
    told = [
        f"{one.name} {_short(one.before)} there, {_short(one.after)} here"
        for one in sorted(known, key=lambda one: _ORDER[one.what])
    ]
    more = len(told) - MOST_NAMED
    if more > 0:
        told = [*told[:MOST_NAMED], f"{more} more difference{'s' * (more > 1)}"]
    return "; ".join(told)


_ORDER = {"seeds": 0, "config": 1, "data": 2, "program": 3, "libraries": 4, "machine": 5}
"""What is likelier to turn a verdict comes first.

The source of the program is left out: the report does not know it before it is written.
"""


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
