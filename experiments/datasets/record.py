"""What a data set is: a row of the table, and the content that rows of fixed examples read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata

from experiments.parameters import Parameter
from experiments.records import DataShape, Image
from experiments.splits import Pool, Standardise


@dataclass(frozen=True, slots=True)
class Content:
    """Examples that were read, and what is known of them once they are."""

    pool: Pool
    outputs: int  # C: the classes, or the numbers that a regression predicts
    digest: str  # SHA-256 of the examples, whatever file or server they came from
    told: tuple[str, ...] = ()  # sentences for the report: counts, and what rules did to them
    image: Image | None = None  # of images: how the features lie, plane by plane

    @property
    def regression(self) -> bool:
        """Whether numbers are to be predicted, not a class."""
        return self.pool.labels.ndim == 2


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One data set: everything that the project knows of it.

    Its examples are either drawn or read. `draw(rng, **parameters)` returns the pool; a shipped set
    of fixed examples ignores `rng`. `sizes(**parameters)` then returns the shape of the split,
    without drawing or loading anything. `read(**parameters)` instead returns the content of a
    file, a folder or a server, which alone tells the sizes; its pool is shared by all seeds.
    `standardise` is by feature, by one mean and one deviation for all features, or not at all; the
    targets of a regression are then standardised too, output by output, or left alone as well.
    `file_digest` is the SHA-256 of the shipped file, for a data set that has one. `library` is the
    distribution whose numbers they are, with the version that they were first drawn with.
    """

    name: str
    label: str
    source: str
    draw: Callable[..., Pool] | None = None
    sizes: Callable[..., DataShape] | None = None
    read: Callable[..., Content] | None = None
    standardise: Standardise = "feature"
    image: Image | None = None  # of drawn images: how the features lie, plane by plane
    parameters: dict[str, Parameter] = field(default_factory=dict)
    file_digest: Callable[[], str] | None = None
    library: str = ""  # such as "scikit-learn 1.9"
    version: int = 1  # raise it when the row's numbers change: stored runs are then trained anew

    def digest(self) -> str:
        """Return what identifies the examples that are not read.

        The file's SHA-256, or the name and version, and the library's version where it is another
        than the one that the row names: its numbers may be others. The row's own is left out, so
        that runs of it keep their keys.
        """
        if self.file_digest:
            return self.file_digest()
        told = f"{self.name} version {self.version}"
        if self.library:
            distribution, first = self.library.split()
            found = ".".join(installed(distribution).split(".")[:2])
            told += f", {distribution} {found}" * (found != first)
        return told


@cache
def installed(distribution: str) -> str:
    """Return the version of an installed distribution, without importing it."""
    return metadata.version(distribution)


def share(default: float, split: str) -> Parameter:
    """Return the parameter of a split's share."""
    meaning = f"the share of the examples that is the {split} split"
    return Parameter(default, meaning, low=0.0, high=0.9, open_high=True)


SHARES = {"validation": share(0.1, "validation"), "test": share(0.2, "test")}
