"""What two reports, folders or stores have in common and in what they differ, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from experiments.comparing.reports import Compared, Pair, compare_reports, reports_in
from experiments.comparing.stores import Stores, compare_stores
from experiments.report.screen import folded
from experiments.report.verdict_rows import ReportError, VerdictRow, size

STORE_HEAD = b"SQLite format 3\x00"
"""What every SQLite database begins with."""

MOST_LISTED = 20
"""So many runs whose traces differ are named."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be printed, and whether it is good news."""

    lines: tuple[str, ...]
    alike: bool  # nothing that both sides have differs, and they have something in common


def told(before: Path, after: Path, columns: int) -> Told:
    """Compare two reports, two folders of reports or two stores.

    Args:
        before: a report's folder, a folder of several, or a store.
        after: another one of that kind.
        columns: that a line may have.

    Raises:
        ReportError: if they are not two of a kind, or one cannot be read.

    """
    kinds = [_kind(path) for path in (before, after)]
    if kinds[0] != kinds[1]:
        raise ReportError(f"{before} is {kinds[0]} and {after} is {kinds[1]}; name two of a kind")
    head = (f"before: {before}", f"after:  {after}")  # whole, so that they can be copied
    if kinds[0] == "a store":
        found = _stores(compare_stores(before, after), columns)
    elif kinds[0] == "a report":
        found = _reports([compare_reports(before, after)], columns)
    else:
        found = _folders(before, after, columns)
    return Told((*head, *found.lines), found.alike)


def _kind(path: Path) -> str:
    """Return what lies there, in words."""
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(STORE_HEAD)) == STORE_HEAD:
                return "a store"
        raise ReportError(f"{path}: is no store of runs; name one, a report's folder or a folder")
    if (path / "study.yaml").exists():
        return "a report"
    if reports_in(path):
        return "a folder of reports"
    if not path.exists():
        raise ReportError(f"{path}: there is no such file or folder")
    raise ReportError(f"{path}: there is no report in this folder")


def _folders(before: Path, after: Path, columns: int) -> Told:
    old, new = reports_in(before), reports_in(after)
    common = [name for name in new if name in old]
    found = _reports([compare_reports(old[name], new[name]) for name in common], columns)
    lines = list(found.lines)
    for side, names in (
        ("before", [name for name in old if name not in new]),
        ("after", [name for name in new if name not in old]),
    ):
        if names:
            lines += ["", folded(f"Studies only {side}: {', '.join(names)}", columns, rest="  ")]
    return Told(tuple(lines), found.alike)


def _reports(found: list[Compared], columns: int) -> Told:
    lines = [line for one in found for line in ("", *_report(one, columns))]
    changed = sum(len(one.changed) for one in found)
    common = sum(len(one.pairs) for one in found)
    if len(found) > 1 and changed:
        lines += ["", f"Of {common} verdicts in {len(found)} studies {changed} differ."]
    elif len(found) > 1:
        lines += ["", f"All {common} verdicts in {len(found)} studies are the same."]
    elif not found:
        lines += ["", "They have no study in common."]
    return Told(tuple(lines), common > 0 and not changed)


def _report(one: Compared, columns: int) -> Iterator[str]:
    yield folded(f"{one.name}: {_summary(one)}", columns, rest="  ")
    for what, some in groupby(one.differences, key=lambda difference: difference.what):
        listed = "; ".join(
            f"{d.name} {d.before} before, {d.after} after".removeprefix(f"{what} ") for d in some
        )
        yield folded(listed, columns, first=f"  {what}: ", rest="    ")
    for says, pairs in groupby(one.changed, key=lambda pair: pair[1].says):
        yield folded(says, columns, first="  ")
        for pair in pairs:
            yield from _change(pair, columns)
    for side, rows in (("before", one.only_before), ("after", one.only_after)):
        for says, some in groupby(rows, key=lambda row: row.says):
            counts = Counter(row.verdict for row in some)
            listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
            yield folded(f"{says} ({listed})", columns, first=f"  only {side}: ", rest="    ")


def _summary(one: Compared) -> str:
    common, changed, moved = len(one.pairs), len(one.changed), len(one.moved)
    if not common:
        nothing = not (one.only_before or one.only_after)
        return "no claims on either side" if nothing else "no claim in common"
    same = f"all {common} verdicts are the same" if common > 1 else "the one verdict is the same"
    said = f"{changed} of {common} verdicts differ" if changed else same
    if moved:
        said += f"; {moved} with the same verdict {'have' if moved > 1 else 'has'} other numbers"
    return said


def _change(pair: Pair, columns: int) -> Iterator[str]:
    old, new = pair
    what = ", ".join(filter(None, (new.hypothesis, *_about(new), new.condition)))
    yield folded(f"{old.verdict} before, {new.verdict} after: {what}", columns, first="    ")
    unit = f" {new.unit}".rstrip()
    yield folded(f"{size(old)} before, {size(new)} after{unit}", columns, first="      ")


def _about(row: VerdictRow) -> tuple[str, ...]:
    return (f"{row.measure} {row.target}" if row.target else row.measure,)


def _stores(found: Stores, columns: int) -> Told:
    other = len(found.other)
    lines = [
        "",
        f"{found.both:,} runs in both: {found.same:,} with the same traces to "
        f"the bit, {found.beginning:,} of which one trace is the beginning of the other, "
        f"{other:,} with other traces",
    ]
    for side, counts in (("before", found.only_before), ("after", found.only_after)):
        listed = ", ".join(f"{data} {n:,}" for data, n in counts.most_common())
        lines.append(f"only {side}: {counts.total():,}" + (f" ({listed})" if listed else ""))
    lines += [f"other traces: {run}" for run in found.other[:MOST_LISTED]]
    if other > MOST_LISTED:
        lines.append(f"and {other - MOST_LISTED} more with other traces")
    return Told(
        tuple(folded(line, columns, rest="  ") for line in lines), bool(found.both and not other)
    )
