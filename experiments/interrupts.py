"""How a request to end is told from all else that ends a program."""

from __future__ import annotations

import signal
from types import FrameType


class InterruptedByUser(KeyboardInterrupt):
    """Ctrl-C, or the system's polite request to end; no code raises it but the signals' handler."""


def answer() -> None:
    """Let Ctrl-C, and a request to end as at a shutdown or a time limit, raise InterruptedByUser.

    Ctrl-C stays ignored where it was before, as in a job that a script started in the background.
    """
    signal.signal(signal.SIGTERM, _raise)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _raise)


def ignore() -> None:
    """Let Ctrl-C do nothing any more, as nothing is left that could be interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _raise(number: int, frame: FrameType | None) -> None:
    raise InterruptedByUser
