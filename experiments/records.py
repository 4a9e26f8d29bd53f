"""The frozen records that the parts exchange; imports no sibling.

Axes, everywhere: V variants and G seeds of a fleet, R = V * G runs, B batch, D inputs of a
layer, H outputs, C classes, L layers, N examples, T evaluations, M metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

Scalar = bool | int | float | str
Stream = Literal["tuning", "evaluation"]
Status = Literal["completed", "diverged"]

Labels = tuple[tuple[str, str], ...]
"""(axis, label) pairs: what picks an arm, a condition or a point of the grid."""

METRICS = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "test_loss",
    "test_accuracy",
)
"""What every evaluation reads, in the order of a trace's columns."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a table's row: its default, what is allowed and what it means."""

    default: Scalar
    meaning: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False  # True: the value must lie above `low`, not at it
    open_high: bool = False

    def allowed(self) -> str:
        """Say in words which values are allowed."""
        if isinstance(self.default, bool):
            return "true or false"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        bounds = []
        if self.low is not None:
            bounds.append(f"{'above' if self.open_low else 'at least'} {self.low:,.12g}")
        if self.high is not None:
            bounds.append(f"{'below' if self.open_high else 'at most'} {self.high:,.12g}")
        return " ".join([kind, " and ".join(bounds)]).strip()

    def admits(self, value: object) -> bool:
        """Tell whether `value` has the default's type and lies within the bounds."""
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(self.default, bool) and isinstance(value, bool)
        kinds = (int,) if isinstance(self.default, int) else (int, float)
        if not isinstance(value, kinds) or not np.isfinite(value):
            return False
        above = self.low is None or (value > self.low if self.open_low else value >= self.low)
        below = self.high is None or (value < self.high if self.open_high else value <= self.high)
        return above and below


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of a table together with all of its parameters, for example leaky_relu at slope 0.1."""

    name: str
    parameters: tuple[tuple[str, Scalar], ...] = ()  # complete, sorted by name

    @classmethod
    def of(cls, name: str, rows: Mapping[str, object], **given: Scalar) -> Choice:
        """Complete `given` with the defaults of the row `name` of a table."""
        defaults = {key: p.default for key, p in rows[name].parameters.items()}
        unknown = given.keys() - defaults.keys()
        if unknown:
            raise KeyError(f"{name} has no parameter {', '.join(sorted(unknown))}")
        values = {
            key: float(value) if isinstance(defaults[key], float) else value
            for key, value in (defaults | given).items()
        }
        return cls(name, tuple(sorted(values.items())))

    @property
    def arguments(self) -> dict[str, Scalar]:
        """The parameters as keyword arguments."""
        return dict(self.parameters)


@dataclass(frozen=True, slots=True)
class DataShape:
    """The sizes of a data set's parts, known before it is loaded."""

    features: int
    classes: int
    train: int
    validation: int
    test: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """One split of a data set, standardised on its training part.

    The rows are ordered training, validation, test; `shape` tells how many there are of each.
    """

    inputs: np.ndarray  # (N, D) floating point
    labels: np.ndarray  # (N,) integers 0 .. C - 1
    shape: DataShape


@dataclass(frozen=True, slots=True)
class Network:
    """The architecture of one run."""

    widths: tuple[int, ...]  # units of each hidden layer; () is a linear model
    activation: Choice
    init: str  # a row of the initializers; "matched" is resolved before
    output: str  # the output's activation; the loss follows from it


@dataclass(frozen=True, slots=True)
class Training:
    """How one run is trained; `learning_rate` is None where it is still to be tuned."""

    optimizer: Choice
    learning_rate: float | None
    batch_size: int
    epochs: float
    precision: Literal["float32", "float64"] = "float32"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """When a run is evaluated, in one of three ways, and on how many training examples."""

    per_doubling: int | None = 4  # evaluations for each doubling of the number of updates
    every: float | None = None  # epochs between two evaluations
    at: tuple[float, ...] | None = None  # the epochs themselves
    examples: int = 1000  # training examples that an evaluation reads, at most


@dataclass(frozen=True, slots=True)
class Run:
    """One network trained once; everything that can change its result, and nothing else."""

    data: Choice
    network: Network
    training: Training
    evaluation: Evaluation
    stream: Stream
    seed: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """Runs of equal shape that train together: every variant at every seed.

    Run v * G + g is variant v at the g-th seed, so that `len(runs)` is V * G. Runs of one fleet
    may differ in activation, initializer, learning rate and seed, and in nothing else.
    """

    runs: tuple[Run, ...]
    seeds: int  # G

    @property
    def first_of_seeds(self) -> tuple[Run, ...]:
        """One run for each seed, the fleet's first variant."""
        return self.runs[: self.seeds]


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run leaves: its metrics at each evaluation and how it ended."""

    updates: np.ndarray  # (T,) integers, increasing, from 0
    values: np.ndarray  # (T, M) float64, columns as in METRICS
    status: Status
    budget: int  # the updates it was given; fewer were made if it diverged
    seconds: float = field(default=0.0, compare=False)  # its share of the fleet's time

    def metric(self, name: str) -> np.ndarray:
        """Return the column `name` of METRICS, shape (T,)."""
        return self.values[:, METRICS.index(name)]


@dataclass(frozen=True, slots=True)
class Axis:
    """One key of the config that was given a list: what is compared, or a condition."""

    name: str  # the key, for example "activation"
    labels: tuple[str, ...]  # one for each value, unique within the axis


PROTOCOL = "protocol"
"""The name of the axis along which protocols stand side by side."""


def split_protocol(condition: Labels) -> tuple[str, Labels]:
    """Return the protocol of a condition, empty where there is but one, and the other pairs."""
    rest = tuple(pair for pair in condition if pair[0] != PROTOCOL)
    return dict(condition).get(PROTOCOL, ""), rest


_SELF_EXPLAINING = frozenset({"dataset", "activation", "optimizer", "precision", PROTOCOL})
"""Axes whose labels are understood without their name."""


def arm_in_words(pairs: Labels) -> str:
    """Write the (axis, label) pairs that pick an arm: `relu`, `depth 3`, `relu, init he`."""
    return ", ".join(
        label if axis in _SELF_EXPLAINING else f"{axis.replace('_', ' ')} {label}"
        for axis, label in pairs
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the study's grid: everything of a run but its seed and a tuned rate."""

    labels: Labels  # (axis, label), in the order of the study's axes
    data: Choice
    network: Network
    training: Training
    evaluation: Evaluation
    protocol: str = "own_rate"  # a row of the protocols, whose initializer is filled in already
    shares_rate: bool = False  # one tuned rate for all arms of a condition

    def is_arm(self, pairs: Labels) -> bool:
        """Tell whether the setting has all of the (axis, label) pairs that pick an arm."""
        return dict(pairs).items() <= dict(self.labels).items()

    def run(self, stream: Stream, seed: int, learning_rate: float | None = None) -> Run:
        """Return the run of this setting at `seed`, at `learning_rate` where it is tuned."""
        training = self.training
        if training.learning_rate is None:
            training = replace(training, learning_rate=learning_rate)
        return Run(self.data, self.network, training, self.evaluation, stream, seed)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that one arm needs fewer updates to a target than another."""

    number: int  # 1 for the first of the config
    says: str
    faster: Labels  # (axis, label) pairs that pick the arm
    than: Labels
    metric: str  # a column of METRICS
    targets: tuple[float, ...]  # none yet where a rule is to set them
    by: float | None  # the factor claimed, or None for the direction alone
    tolerance: float  # "about": a ratio of by / tolerance is still as claimed
    primary: bool = False  # judged for itself; all others are corrected for their number
    auto: bool = False  # targets are set by a rule from the tuning seeds


@dataclass(frozen=True, slots=True)
class Seeds:
    """How many evaluation seeds a study has: as many as it takes, between two bounds."""

    least: int
    most: int

    @property
    def adaptive(self) -> bool:
        """Whether what is seen may decide how many there are."""
        return self.least < self.most


@dataclass(frozen=True, slots=True)
class Tuning:
    """The search for learning rates: one grid for all arms, on seeds of its own."""

    low: float  # the first grid runs from low to high in factors of two
    high: float
    seeds: int
    extensions: int  # how often the grid may grow at each end


@dataclass(frozen=True, slots=True)
class Study:
    """One validated config: a grid of settings, a protocol and claims."""

    name: str
    title: str
    background: str | None  # where the claims come from
    axes: tuple[Axis, ...]
    settings: tuple[Setting, ...]
    seeds: Seeds
    tuning: Tuning | None  # None where every learning rate is given
    claims: tuple[Claim, ...]
    confidence: float = 0.95

    @property
    def arm_axes(self) -> frozenset[str]:
        """The axes that are compared: those that claims name, or all of the grid without claims."""
        named = {axis for c in self.claims for axis, _ in (*c.faster, *c.than)}
        every = {axis.name for axis in self.axes} - {PROTOCOL}
        return frozenset(named if self.claims else every)

    @property
    def targets(self) -> tuple[tuple[str, float], ...]:
        """Every (metric, target) that a claim names, each once."""
        return tuple(dict.fromkeys((c.metric, t) for c in self.claims for t in c.targets))

    def arm(self, setting: Setting) -> Labels:
        """Return a setting's (axis, label) pairs of the axes that are compared."""
        return tuple(pair for pair in setting.labels if pair[0] in self.arm_axes)

    def condition(self, setting: Setting) -> Labels:
        """Return a setting's (axis, label) pairs of the axes that are not compared."""
        return tuple(pair for pair in setting.labels if pair[0] not in self.arm_axes)
