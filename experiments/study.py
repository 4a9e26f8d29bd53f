"""The frozen records of a study: its grid of settings, its claims and its protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from experiments.clocks import UPDATES
from experiments.parameters import Choice
from experiments.records import METRICS, Evaluation, Goals, Network, Run, Stream, Training

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
class Variant:
    """What a setting is at one of the values that are tried of a parameter beside the rate."""

    label: str  # of the value
    network: Network
    training: Training


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the study's grid: everything of a run but its seed and what is tuned."""

    labels: Labels  # (axis, label), in the order of the study's axes
    data: Choice
    network: Network
    training: Training
    evaluation: Evaluation
    protocol: str = "own_rate"  # a row of the protocols, whose initializer is filled in already
    one_rate: bool = False  # one tuned rate for all arms of a condition
    diagnostics: tuple[str, ...] = ()  # what its evaluation runs read beside the metrics
    variants: tuple[Variant, ...] = ()  # what a search chooses from, beside rates; or nothing

    @property
    def each(self) -> tuple[Setting, ...]:
        """The setting at each of its variants; the setting itself where it has none."""
        return tuple(
            replace(self, network=variant.network, training=variant.training, variants=())
            for variant in self.variants
        ) or (self,)

    def variant_of(self, run: Run) -> str:
        """Return the label of the variant that a run of this setting has; empty without any."""
        training = replace(run.training, learning_rate=None)
        of = (v.label for v in self.variants if (v.network, v.training) == (run.network, training))
        return next(of, "")

    def is_arm(self, pairs: Labels) -> bool:
        """Tell whether the setting has all of the (axis, label) pairs that pick an arm."""
        return dict(pairs).items() <= dict(self.labels).items()

    def run(
        self, stream: Stream, seed: int, learning_rate: float | None = None, variant: int = 0
    ) -> Run:
        """Return the run of this setting at `seed`, at `learning_rate` where it is tuned.

        Args:
            stream: what the run is for.
            seed: of all that is drawn.
            learning_rate: the rate, where it is tuned.
            variant: the place of what is tuned beside the rate.

        """
        network, training = self.network, self.training
        if self.variants:
            network, training = self.variants[variant].network, self.variants[variant].training
        if training.learning_rate is None:
            training = replace(training, learning_rate=learning_rate)
        diagnostics = self.diagnostics if stream == "evaluation" else ()
        return Run(self.data, network, training, self.evaluation, stream, seed, diagnostics)


@dataclass(frozen=True, slots=True)
class Objective:
    """What a learning rate is tuned for: goals, or a metric, or a low training loss at the end."""

    goals: Goals = ()  # the targets to be reached; never of the test split
    shared: tuple[str, ...] = ()  # the axes along which settings that share a rate differ
    metric: str = ""  # of the validation split; empty where goals or the training loss decide
    at: str = "end"  # the moment at which the metric is read, a row of the moments

    @property
    def aim(self) -> Objective:
        """What one run is judged by, whichever settings share its rate."""
        return replace(self, shared=())


def chosen_by(metric: str) -> str:
    """Return the metric by which rates are chosen where a claim is about `metric`.

    The same; but of the validation split where it is of the test split, by which nothing that a
    claim is judged by may have been chosen.
    """
    return metric.replace("test_", "validation_", 1) if metric.startswith("test_") else metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a config says that runs can support or refute; its kinds are the classes below."""

    number: int  # 1 for the first of the config
    says: str
    primary: bool = False  # judged for itself; all others are corrected for their number
    answers: int | None = None  # the statement of the study's source that it speaks of
    pooled: bool = False  # judged over all conditions together as well, protocol by protocol

    @property
    def arms(self) -> tuple[Labels, ...]:
        """The (axis, label) pairs that pick each of the arms it names."""
        raise NotImplementedError

    @property
    def aims(self) -> Goals:
        """The (metric, target) that it names; none where it is about a measure."""
        return ()

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes on which its two arms differ; those that it names, if it is of one arm."""
        if len(self.arms) == 2:
            return tuple(sorted({axis for axis, _ in {*self.arms[0]} ^ {*self.arms[1]}}))
        return tuple(sorted({axis for arm in self.arms for axis, _ in arm}))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeClaim(Claim):
    """A claim that one arm comes to a target sooner than another."""

    faster: Labels
    than: Labels
    metric: str  # a row of METRICS
    targets: tuple[float, ...]  # none yet where a rule is to set them
    by: float | None  # the factor claimed, or None for the direction alone
    tolerance: float  # "about": a ratio of by / tolerance is still as claimed
    reading: Literal["at_least", "about"] = "at_least"  # whether a larger ratio is as claimed
    auto: bool = False  # targets are set by a rule from pilot runs
    least: float | None = None  # the least ratio claimed, itself included; None: any above 1
    clock: str = UPDATES  # a row of CLOCKS: what is counted until the target

    @property
    def arms(self) -> tuple[Labels, ...]:
        """Both arms."""
        return self.faster, self.than

    @property
    def aims(self) -> Goals:
        """The (metric, target) that it names."""
        return tuple((self.metric, target) for target in self.targets)


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
    def before_training(self) -> bool:
        """Whether training makes no difference to it."""
        return self.at == "start" or self.aggregate == "exact"

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
    """A claim about a measure of one arm, or about its difference between two."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class BestClaim(Claim):
    """A claim that an arm is at least as good as every other one of its axis."""

    best: Labels  # one (axis, label) pair
    duels: tuple[TimeClaim, ...] | tuple[MeasureClaim, ...]  # the claim against each rival
    within: float = 0.0  # by how much a rival may be better: of a time, by which share

    @property
    def arms(self) -> tuple[Labels, ...]:
        """The arm and its rivals."""
        return self.best, *(duel.than for duel in self.duels)

    @property
    def aims(self) -> Goals:
        """The (metric, target) that it names; none where it is about a measure."""
        return self.duels[0].aims


def next_look(seeds: int) -> int:
    """Return at how many seeds an adaptive study is looked at next: half as many again."""
    return seeds + -(-seeds // 2)


@dataclass(frozen=True, slots=True)
class Seeds:
    """How many evaluation seeds a study has: as many as it takes, between two bounds."""

    least: int
    most: int
    earlier: tuple[int, ...] = ()  # what was the most at some earlier time, increasing

    @property
    def adaptive(self) -> bool:
        """Whether what is seen may decide how many there are."""
        return self.least < self.most

    @property
    def looks(self) -> tuple[int, ...]:
        """The numbers of seeds at which the study is looked at, from the least to the most.

        An earlier most was a look as well, which counts in the error that all looks together may
        cost; the steps go on from there.
        """
        looks = [self.least]
        for most in (*self.earlier, self.most):
            while looks[-1] < most:
                looks.append(min(most, next_look(looks[-1])))
        return tuple(looks)


@dataclass(frozen=True, slots=True)
class Tuning:
    """The search for a learning rate: from one first search space, on tuning seeds of each pair."""

    low: float  # the first search space runs from low to high in factors of two
    high: float
    seeds: int  # tuning seeds of each evaluation seed
    extensions: int  # how often a search space may grow at each end
    second: Axis | None = None  # what is searched beside the rate, and its values

    @property
    def variants(self) -> int:
        """How many values beside the rate each arm chooses from; 1 where there is no choice."""
        return len(self.second.labels) if self.second else 1

    def seeds_of(self, seed: int) -> range:
        """Return the tuning seeds that belong to an evaluation seed and to no other."""
        return range(seed * self.seeds, (seed + 1) * self.seeds)


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
    source: str | None = None  # the name of that source

    @property
    def alpha(self) -> float:
        """How often any verdict of a family of claims may be wrong."""
        return 1 - self.confidence

    @property
    def trains(self) -> bool:
        """Whether any network is trained, and not read as it is drawn."""
        return any(setting.training.epochs > 0 for setting in self.settings)

    @property
    def arm_axes(self) -> frozenset[str]:
        """The axes that are compared: those on which the two arms of some claim differ.

        Without such a claim, the axes that claims name; without any claim, all of the grid.
        """
        differing = {axis for c in self.claims if len(c.arms) > 1 for axis in c.axes}
        named = {axis for claim in self.claims for arm in claim.arms for axis, _ in arm}
        every = {axis.name for axis in self.axes} - {PROTOCOL}
        return frozenset((differing or named) if self.claims else every)

    @property
    def variants(self) -> tuple[Setting, ...]:
        """Every setting at each of its variants: all that runs of the study may have."""
        return tuple(one for setting in self.settings for one in setting.each)

    @property
    def targets(self) -> tuple[tuple[str, float], ...]:
        """Every (metric, target) that a claim names, each once."""
        return tuple(dict.fromkeys(aim for claim in self.claims for aim in claim.aims))

    @property
    def objective(self) -> Objective:
        """What the rates of the runs are tuned for that the report draws: all settings have them.

        The objective of the first claim of a time to target; without one, of the first claim.
        """
        aiming = [claim for claim in self.claims if claim.aims]
        first = next(iter((*self.time_claims, *aiming, *self.claims)), None)
        if first is None:
            axes = tuple(axis.name for axis in self.axes if axis.name != PROTOCOL)
            return self._objective(Objective(), axes)
        return self._objective(self._aim_of(first), first.axes)

    def objective_of(self, claim: Claim) -> Objective:
        """Return what the rates of the runs are tuned for that a claim is judged by.

        Its own targets, or its own metric at its own moment, read of the validation split where
        the claim is about the test split; a low training loss, if it is about another measure. No
        other claim has a say. What is read before training is the same at every rate, though not
        for every value of what else is searched.
        """
        same = self.tuning is None or self.tuning.second is None
        if same and isinstance(claim, MeasureClaim) and claim.measure.before_training:
            return self.objective
        return self._objective(self._aim_of(claim), claim.axes)

    @staticmethod
    def goals_of(claim: Claim) -> Goals:
        """Return the targets that rates are tuned for by a claim of times; none of a measure's."""
        aims = sorted(claim.aims, key=lambda aim: aim[1])
        return tuple((chosen_by(metric), target) for metric, target in aims)

    def _aim_of(self, claim: Claim) -> Objective:
        if isinstance(claim, BestClaim):  # its duels have one aim
            claim = claim.duels[0]
        if isinstance(claim, MeasureClaim) and not claim.measure.before_training:
            metric = chosen_by(claim.measure.name)
            if metric in METRICS and not metric.startswith("train_"):
                return Objective(metric=metric, at=claim.measure.at)
        return Objective(self.goals_of(claim))

    def _objective(self, aim: Objective, axes: tuple[str, ...]) -> Objective:
        if self.tuning is None:
            return Objective()
        return replace(aim, shared=axes if any(s.one_rate for s in self.settings) else ())

    @property
    def time_claims(self) -> tuple[TimeClaim, ...]:
        """The claims of which arm is faster."""
        return tuple(c for c in self.claims if isinstance(c, TimeClaim))

    def arm(self, setting: Setting) -> Labels:
        """Return a setting's (axis, label) pairs of the axes that are compared."""
        return tuple(pair for pair in setting.labels if pair[0] in self.arm_axes)

    def condition(self, setting: Setting) -> Labels:
        """Return a setting's (axis, label) pairs of the axes that are not compared."""
        return tuple(pair for pair in setting.labels if pair[0] not in self.arm_axes)
