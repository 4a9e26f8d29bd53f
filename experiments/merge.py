"""What the command line does with `--merge`: the runs of other stores are taken over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.execution.merging import Merged, merge_store, source
from experiments.execution.store import NAME, Store
from experiments.plainly import told_plainly
from experiments.report.terminal import Stages


def merge(paths: Sequence[Path], output: Path, *, quiet: bool) -> bool:
    """Take over the runs of stores into that of a folder, and print what became of them.

    Args:
        paths: of the stores, or of folders that have one.
        output: the folder, made where it does not exist.
        quiet: print nothing.

    Returns:
        Whether each run that they hold could be read.

    Raises:
        SourceError: if one of them is no store; then nothing is done.
        CommandError: if one cannot be read to its end or the store of the folder not be written.
            What was taken over until then is kept.

    """
    target, whole = output / NAME, True
    sources = dict.fromkeys(source(path, target) for path in paths)
    with told_plainly(output):
        output.mkdir(parents=True, exist_ok=True)
        with Store(target) as store:
            for path in sources:
                with Stages(quiet=quiet) as progress:
                    merged = merge_store(path, store, progress)
                whole = whole and not (merged.damaged or merged.unfit)
                if not quiet:
                    print(_told(path, merged, target))
    return whole


def _told(path: Path, merged: Merged, target: Path) -> str:
    parts = [f"{path}: {merged.taken:,} run{'s' * (merged.taken != 1)} taken over into {target}"]
    if merged.there:
        parts.append(f"{merged.there:,} {_was(merged.there)} there already")
    if merged.differ:
        what = "differs from the one" if merged.differ == 1 else "differ from those"
        parts.append(
            f"{merged.differ:,} {what} there, which {_is(merged.differ)} kept (--diff {path} "
            f"{target} tells which)"
        )
    if merged.unfit:
        parts.append(f"{merged.unfit:,} {_is(merged.unfit)} damaged, and left alone")
    if merged.damaged:
        parts.append("the file is damaged, and may have held more")
    return "; ".join(parts)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
