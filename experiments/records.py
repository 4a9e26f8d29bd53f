"""The frozen records of data, networks, runs and traces, which the parts exchange.

Axes, everywhere: V variants and G seeds of a fleet, R = V * G runs, B batch, D inputs of a
layer, H outputs, C classes, L layers, N examples, T evaluations, M metrics.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from experiments.parameters import Choice

Stream = Literal["pilot", "tuning", "evaluation"]
Goals = tuple[tuple[str, float], ...]
"""Pairs of a metric and its target."""

Status = Literal["completed", "diverged", "stopped early", "failed"]
"""A run of a search is stopped early once it has reached its goals or cannot be chosen any more.

One that failed was not trained, as an error or the end of its process kept it from that.
"""

SPLITS = ("train", "validation", "test")
"""The splits of a data set, in the order of its rows."""

METRICS = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "test_loss",
    "test_accuracy",
)
"""What every evaluation reads, in the order of a trace's columns."""

METRIC_WORDS = {name: name.replace("_", " ").replace("train ", "training ") for name in METRICS}
"""How metrics are named in sentences."""


@dataclass(frozen=True, slots=True)
class Image:
    """The shape of what a layer reads or writes for one example: planes of rows and columns.

    Planes are the colours of an image or the filters of a convolution. Units that are no image are
    so many planes of 1 x 1.
    """

    planes: int
    rows: int = 1
    columns: int = 1

    @property
    def units(self) -> int:
        """How many numbers there are."""
        return self.planes * self.rows * self.columns


@dataclass(frozen=True, slots=True)
class DataShape:
    """The sizes of a data set's splits, known before it is loaded."""

    features: int
    outputs: int  # C: the classes, or the numbers that a regression predicts
    train: int
    validation: int
    test: int
    regression: bool = False
    image: Image | None = None  # of images: how the features lie, plane by plane


@dataclass(frozen=True, slots=True)
class Moments:
    """What standardises values: x becomes (x - mean) / deviation."""

    mean: np.ndarray  # (D,) by feature, or ()
    deviation: np.ndarray  # (D,) or (), above 0
    gaps: bool = False  # whether some values are NaN; each becomes the mean, which is then 0

    def standardise(self, values: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write the standardised values (N, D), of any numeric type, to `out`, and return it."""
        # Computed in float64 but, thanks to `out`, block by block: images get no float64 copy.
        np.subtract(values, self.mean, out=out, casting="same_kind")
        np.divide(out, self.deviation, out=out, casting="same_kind")
        if self.gaps:
            out[np.isnan(out)] = 0
        return out


@dataclass(frozen=True, slots=True)
class Place:
    """Where the examples of one partition lie in an array that other partitions share."""

    order: np.ndarray  # (N,) integers: the row of each example
    moments: Moments  # of this partition's training split


@dataclass(frozen=True, slots=True)
class Dataset:
    """One partition of a data set, standardised on its training split.

    The examples are ordered training, validation, test; `shape` tells how many there are of each.
    Their inputs are the rows of `inputs` or, of a large data set, those rows of an array that all
    partitions share which `place` tells, still to be standardised.
    """

    inputs: np.ndarray  # (N, D) floating point; with a place, of any numeric type
    labels: np.ndarray  # (N,) integers 0 .. C - 1; of a regression (N, C) floating point
    shape: DataShape
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """The architecture of one run."""

    widths: tuple[int, ...]  # units, or filters, of each hidden layer; () is a linear model
    activation: Choice | tuple[Choice, ...]  # of all hidden layers, or where they differ of each
    init: str  # a row of the initializers; "matched" only where layers' families differ
    output: str  # the output's activation; the loss follows from it
    init_scale: float = 1.0  # times the initializer's standard deviation
    normalisation: str = "none"  # of hidden layers' pre-activations, or none
    dropout: float = 0.0  # the share of hidden layers' outputs that an update leaves out
    layers: tuple[Choice, ...] = ()  # what is between inputs and output, where not all is dense

    @property
    def activations(self) -> tuple[Choice, ...]:
        """The activation of each hidden layer."""
        if isinstance(self.activation, Choice):
            return (self.activation,) * len(self.widths)
        return self.activation

    @property
    def functions(self) -> tuple[Choice, ...]:
        """Each activation of hidden layers once; that of a net without any is told as well."""
        if isinstance(self.activation, Choice):
            return (self.activation,)
        return tuple(dict.fromkeys(self.activation))


CONSTANT = Choice("constant", (("warmup", 0.0),))
"""The schedule of a learning rate that stays what it is."""


@dataclass(frozen=True, slots=True)
class Training:
    """How one run is trained; `learning_rate` is None where it is still to be tuned.

    Where a schedule changes it, it is the peak.
    """

    optimizer: Choice
    learning_rate: float | None
    batch_size: int
    epochs: float
    precision: Literal["float32", "float64"] = "float32"
    trainable: Literal["all", "output"] = "all"  # which layers learn; the others stay as drawn
    schedule: Choice = CONSTANT  # of the learning rate
    weight_decay: float = 0.0  # of those weights that decay, see nn.weights
    clipping: float | None = None  # the largest norm of the gradient; None: any
    label_smoothing: float = 0.0  # the share of the targets that all classes get alike


@dataclass(frozen=True, slots=True)
class Evaluation:
    """When a run is evaluated, in one of three ways, and what is read then."""

    per_doubling: int | None = 4  # evaluations for each doubling of the number of updates
    every: float | None = None  # epochs between two evaluations
    at: tuple[float, ...] | None = None  # the epochs themselves
    examples: int | None = None  # training examples that are read, at most; None: by the schedule
    often: tuple[str, ...] = ("train",)  # splits that are read each time, and not every fourth


@dataclass(frozen=True, slots=True)
class Run:
    """One network trained once; everything that can change its result, and nothing else."""

    data: Choice
    network: Network
    training: Training
    evaluation: Evaluation
    stream: Stream
    seed: int
    diagnostics: tuple[str, ...] = ()  # rows of the diagnostics to be read beside the metrics


@dataclass(frozen=True, slots=True)
class Search:
    """A choice among candidates, learning rates from low to high, as far as it has come.

    A candidate is one run, or several whose mean score counts.
    """

    goals: Goals
    candidates: tuple[tuple[Run, ...], ...]
    best: float = np.inf  # the mean log updates of the best candidate that is known by now
    first: tuple[Run, ...] = ()  # the candidate to begin with, where none is known


@dataclass(frozen=True, slots=True)
class Fleet:
    """Runs of equal shape that train together: every variant at every seed.

    Run v * G + g is variant v at the g-th seed, so that `len(runs)` is V * G. Runs of one fleet
    may differ in activation, initializer, learning rate and seed, and in nothing else.
    """

    runs: tuple[Run, ...]
    seeds: int  # G
    searches: tuple[Search, ...] = ()  # a run that none of them asks about any more may stop

    @property
    def first_of_seeds(self) -> tuple[Run, ...]:
        """One run for each seed, the fleet's first variant."""
        return self.runs[: self.seeds]


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run leaves: its metrics and diagnostics at each evaluation, and how it ended."""

    updates: np.ndarray  # (T,) integers, increasing, from 0
    values: np.ndarray  # (T, M) float64
    status: Status
    budget: int  # the updates it was given; fewer were made unless it completed them
    seconds: float = field(default=0.0, compare=False)  # its share of the fleet's time
    columns: tuple[str, ...] = METRICS  # of `values`: metrics, then diagnostics by `column`
    origin: str = field(default="", compare=False)  # where it was trained, see execution.origin
    reason: str = ""  # why it failed

    def metric(self, name: str) -> np.ndarray:
        """Return the column of that name, shape (T,)."""
        return self.values[:, self.columns.index(name)]
