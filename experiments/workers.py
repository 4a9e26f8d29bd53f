"""How every worker process begins, whatever it is for."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from experiments.plugins.loading import load_again
from experiments.plugins.registry import Plugin


def begin_in_worker(plugins: Sequence[Plugin]) -> None:
    """Leave interrupts to the main process, and know the rows of a user's own files.

    Args:
        plugins: those that the main process has read.

    Raises:
        PluginError: if a file is not what it was.

    """
    # Ctrl-C reaches every process of the terminal; the main one answers it for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load_again(plugins)
