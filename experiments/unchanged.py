"""A study whose report is there and would come out the same: it is shown, and nothing is made.

This is the way of every second invocation, so that nothing is imported here that it does not need.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from experiments.comparing.published import published_of
from experiments.execution.store import NAME, Store, StoreError
from experiments.report import scoreboard_mark, terminal
from experiments.report.made_from import unchanged
from experiments.report.written import Written
from experiments.study import Study


def shown(
    study: Study,
    output: Path,
    formats: Collection[str],
    *,
    quiet: bool = False,
    verbose: bool = False,
) -> Written | None:
    """Show the verdicts of a study whose report need not be made, and return it; None otherwise.

    Args:
        study: as its config gives it.
        output: the folder with the store, the report's folder and the scoreboard.
        formats: of the figures that are asked for.
        quiet: show nothing.
        verbose: show every verdict in a sentence, too.

    """
    path, folder = output / NAME, output / study.name
    if not path.exists() or not scoreboard_mark.is_current(output):
        return None
    try:
        with Store(path) as store:
            report = unchanged(folder, study, store, published_of(folder), formats)
    except StoreError:
        return None  # whoever makes the report says what is wrong
    if report is not None and not quiet:
        print(study.title, file=sys.stderr, flush=True)
        terminal.note_few_seeds(study)
        terminal.show(report, 0, verbose=verbose)
    return report
