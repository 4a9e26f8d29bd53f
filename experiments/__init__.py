"""Which of two settings of a neural network converges faster, by how much, and why.

From Python: `from experiments import run, load`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments.version import __version__

if TYPE_CHECKING:
    from experiments.notebook import ConfigError, load, run

__all__ = ["ConfigError", "__version__", "load", "run"]


def __getattr__(name: str) -> Any:
    # Only when it is asked for: the command line, which imports this package too, answers at once.
    if name in __all__:
        from experiments import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
