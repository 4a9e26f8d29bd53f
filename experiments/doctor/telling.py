"""All that is looked at, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from experiments.doctor.findings import Finding, Part, part
from experiments.report.screen import folded
from experiments.texts import visible


def examined(output: Path) -> tuple[Part, ...]:
    """Look at the installation, the machine and a folder of results; nothing is changed.

    Args:
        output: the folder, which need not be there.

    """

    def versions() -> Iterable[Finding]:
        from experiments.doctor.versions import versions

        return versions()

    def machine() -> Iterable[Finding]:
        from experiments.doctor.machine import machine

        return machine()

    def folder() -> Iterable[Finding]:
        from experiments.doctor.folder import folder

        return folder(output)

    def store() -> Iterable[Finding]:
        from experiments.doctor.stored import stored
        from experiments.execution.store import NAME

        return stored(output / NAME)

    def reports() -> Iterable[Finding]:
        from experiments.doctor.reports import reports

        return reports(output)

    def data() -> Iterable[Finding]:
        from experiments.doctor.data import data

        return data()

    # Imported one by one: what a missing package keeps from being looked at is told of that alone.
    looks: dict[str, Callable[[], Iterable[Finding]]] = {
        "Versions": versions, "Machine": machine, "Folder of results": folder,
        "Store of finished runs": store, "Reports": reports, "Data and plug-ins": data,
    }  # fmt: skip
    return tuple(part(title, look) for title, look in looks.items())


def told(parts: Iterable[Part], columns: int) -> Iterator[str]:
    """Yield what was found: a line for each thing, and below it what to do about it.

    Args:
        parts: that were looked at.
        columns: that a line may have.

    """
    parts = tuple(parts)
    width = max(len(finding.name) for one in parts for finding in one.findings) + 2
    for one in parts:
        yield one.title
        for finding in one.findings:
            mark = "! " if finding.advice else "  "
            head = f"{mark}{finding.name:{width}}"
            yield folded(visible(finding.found), columns, first=head)
            if finding.advice:
                yield folded(finding.advice, columns, first=" " * len(head) + "-> ")
        yield ""
    wrong = sum(bool(finding.advice) for one in parts for finding in one.findings)
    if wrong:
        verb = "thing needs" if wrong == 1 else "things need"
        yield f"{wrong} {verb} to be done: see the lines with a ! and what follows ->."
    else:
        yield "All is well."
