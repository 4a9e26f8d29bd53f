"""The frozen records of a study: its grid of settings, its claims and its protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from experiments.parameters import Choice
from experiments.records import Evaluation, Network, Run, Stream, Training

Labels = tuple[tuple[str, str], ...]
"""(axis, label) pairs: what picks an arm, a condition or a point of the grid."""


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
    diagnostics: tuple[str, ...] = ()  # what its evaluation runs read beside the metrics

    def is_arm(self, pairs: Labels) -> bool:
        """Tell whether the setting has all of the (axis, label) pairs that pick an arm."""
        return dict(pairs).items() <= dict(self.labels).items()

    def run(self, stream: Stream, seed: int, learning_rate: float | None = None) -> Run:
        """Return the run of this setting at `seed`, at `learning_rate` where it is tuned."""
        training = self.training
        if training.learning_rate is None:
            training = replace(training, learning_rate=learning_rate)
        diagnostics = self.diagnostics if stream == "evaluation" else ()
        return Run(self.data, self.network, training, self.evaluation, stream, seed, diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement that runs can support or refute; its kinds are the classes below."""

    number: int  # 1 for the first of the config
    says: str
    primary: bool = False  # judged for itself; all others are corrected for their number
    answers: int | None = None  # the statement of the study's source that it speaks of

    @property
    def arms(self) -> tuple[Labels, ...]:
        """The (axis, label) pairs that pick each of the arms it names."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceClaim(Claim):
    """A statement that one arm needs fewer updates to a target than another."""

    faster: Labels
    than: Labels
    metric: str  # a row of METRICS
    targets: tuple[float, ...]  # none yet where a rule is to set them
    by: float | None  # the factor claimed, or None for the direction alone
    tolerance: float  # "about": a ratio of by / tolerance is still as claimed
    auto: bool = False  # targets are set by a rule from the tuning seeds

    @property
    def arms(self) -> tuple[Labels, ...]:
        """Both arms."""
        return self.faster, self.than


@dataclass(frozen=True, slots=True)
class Measure:
    """One number read off a trace: a metric or a diagnostic, at one moment."""

    name: str  # of METRICS, or a row of the diagnostics
    at: str = "end"  # a row of the moments
    layer: str = ""  # "first", "last", "output", "2"; empty: the mean over the hidden layers
    over: str = ""  # "layer" or an axis: how the number changes with each step of it
    aggregate: Literal["median", "share", "exact"] = "median"  # how runs become one number
    unit: str = ""
    label: str = ""
    moment: str = ""  # when it is read, in words; empty for the end

    @property
    def in_words(self) -> str:
        """The measure in words, such as `share of dead units in the first layer at the start`."""
        parts = [self.label]
        if self.layer in ("first", "last"):
            parts.append(f"in the {self.layer} hidden layer")
        elif self.layer:
            of_output = self.layer == "output"
            parts.append("at the output" if of_output else f"in hidden layer {self.layer}")
        if self.over == "layer":
            parts.insert(0, "factor by which each layer towards the input changes the")
        elif self.over:
            parts.insert(0, f"factor by which each step of {self.over} changes the")
        return " ".join([*parts, self.moment]).rstrip()


@dataclass(frozen=True, slots=True)
class Region:
    """Where a number has to lie for a claim to be true; an open end is not part of it."""

    low: float = -np.inf
    high: float = np.inf
    open: bool = False  # whether the finite ends are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureClaim(Claim):
    """A statement about a measure of one arm, or about its difference between two."""

    kind: str  # a row of the kinds of claims
    of: Labels  # the arm; none are all settings
    than: Labels | None  # the arm it is compared with
    measure: Measure
    region: Region  # where the measure, or the difference, is claimed to lie
    theory: tuple[tuple[Labels, float], ...] = ()  # what a formula gives for each setting
    taken: tuple[float, ...] = ()  # the numbers that the claim names
    within: float = 0.0  # the margin around a number, or between two arms

    @property
    def arms(self) -> tuple[Labels, ...]:
        """The arm or arms it names; none where it speaks of every setting."""
        return tuple(arm for arm in (self.of, self.than) if arm)


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
    article: tuple[tuple[int, str], ...] = ()  # the statements of its source that it answers

    @property
    def arm_axes(self) -> frozenset[str]:
        """The axes that are compared: those on which the two arms of some claim differ.

        Without such a claim, the axes that claims name; without any claim, all of the grid.
        """
        pairs = [claim.arms for claim in self.claims if len(claim.arms) == 2]
        differing = {pair[0] for one, other in pairs for pair in {*one} ^ {*other}}
        named = {axis for claim in self.claims for arm in claim.arms for axis, _ in arm}
        every = {axis.name for axis in self.axes} - {PROTOCOL}
        return frozenset((differing or named) if self.claims else every)

    @property
    def targets(self) -> tuple[tuple[str, float], ...]:
        """Every (metric, target) that a claim names, each once."""
        return tuple(dict.fromkeys((c.metric, t) for c in self.races for t in c.targets))

    @property
    def goals(self) -> tuple[tuple[str, float], ...]:
        """The targets after all of which nothing more is asked of a tuning run.

        None where a rule is still to set a claim's targets, from all that the runs read.
        """
        return () if any(race.auto for race in self.races) else self.targets

    @property
    def races(self) -> tuple[RaceClaim, ...]:
        """The claims of which arm is faster."""
        return tuple(c for c in self.claims if isinstance(c, RaceClaim))

    def arm(self, setting: Setting) -> Labels:
        """Return a setting's (axis, label) pairs of the axes that are compared."""
        return tuple(pair for pair in setting.labels if pair[0] in self.arm_axes)

    def condition(self, setting: Setting) -> Labels:
        """Return a setting's (axis, label) pairs of the axes that are not compared."""
        return tuple(pair for pair in setting.labels if pair[0] not in self.arm_axes)
