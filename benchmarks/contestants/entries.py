"""The table of contestants: what each is called, what it needs, what the project promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


@dataclass(frozen=True, eq=False)
class Contestant:
    """One way to train runs: a module of this folder that has a function `train(task)`.

    One that can train the runs of a whole study has a class `Net` as well, see `loop.py`, and a
    bar for the studies.
    """

    name: str
    module: str
    needs: str = "numpy"  # the package that must be installed
    bars: Mapping[str, float] = field(default_factory=dict)  # by stage: the ratio promised
    convolves: bool = False  # whether it trains nets with layers that are listed, too
    is_limit: bool = False  # trains nothing: what fleets can at best come down to

    @property
    def missing(self) -> bool:
        """Whether the package that it needs is not installed."""
        return find_spec(self.needs) is None

    def trains(self, layers: Sequence[str]) -> bool:
        """Tell whether it trains a net whose hidden layers are listed; () are dense ones."""
        return self.convolves or not layers

    def load(self) -> ModuleType:
        """Import its module: only when it is wanted, since some packages take seconds."""
        return import_module(f"contestants.{self.module}")


CONTESTANTS = (
    Contestant("fleets", "fleets", convolves=True),
    Contestant(
        "scikit-learn", "scikit_learn", needs="sklearn",
        bars={"tiny": 30, "medium": 4, "large": 1.3, "study": 3},
    ),
    Contestant(
        "PyTorch loop", "pytorch_loop", needs="torch",
        bars={"tiny": 50, "medium": 5, "large": 1.4, "conv": 1.0, "study": 5}, convolves=True,
    ),
    Contestant("PyTorch stacked", "pytorch_stacked", needs="torch"),
    Contestant(
        "JAX vmap", "jax_vmap", needs="jax", bars={"tiny": 1.2, "medium": 1.1, "large": 0.75}
    ),
    Contestant(
        "bare products", "bare_products", bars={"tiny": 2.8, "medium": 1.35, "large": 1.15},
        is_limit=True,
    ),
)  # fmt: skip

FLEETS = CONTESTANTS[0]
"""The project's own; all others are compared with it."""

FOLLOWERS = tuple(one for one in CONTESTANTS if "study" in one.bars)
"""Those that train the runs of whole studies."""
