"""Progress as a bar for each stage of the work, on a terminal or in a notebook."""

from __future__ import annotations

import sys

from tqdm import tqdm


class Bars:
    """A bar for one stage after the other.

    Args:
        quiet: show nothing.
        kind: of bar; by default a terminal's.

    """

    def __init__(self, *, quiet: bool, kind: type[tqdm] = tqdm) -> None:
        self._quiet, self._kind = quiet, kind
        self._bar: tqdm | None = None

    def __call__(self, stage: str, ended: int, total: int) -> None:
        """Show that `ended` of the `total` runs of a stage have ended."""
        if self._quiet:
            return
        if self._bar is None or ended == 0:
            self.close()
            self._bar = self._kind(total=total, desc=stage, unit="run", file=sys.stderr)
        self._bar.update(ended - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is and begin another one when next called."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
