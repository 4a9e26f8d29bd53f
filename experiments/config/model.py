"""The keys of a config: their defaults, what they allow, and what they mean.

The README's table of keys is made from the descriptions here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    create_model,
    model_validator,
)

from experiments.analysis.measures import MOMENTS
from experiments.clocks import CLOCKS, UPDATES
from experiments.config import values
from experiments.config.accepting import accepts, of_arm
from experiments.config.errors import Path, WrongError, found, key_of, listing, nearest
from experiments.config.layers import axis as layers_of_all
from experiments.config.layers import read as layers_of_one
from experiments.config.rows import row_of
from experiments.config.values import AxisValue, axis, each, name_of, number
from experiments.config.yaml_lines import BROKEN
from experiments.datasets import DATASETS
from experiments.kinds import KINDS, Kind
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS, MATCHED
from experiments.nn.layers.normalisation import NONE, NORMALISATIONS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES
from experiments.protocols import OWN_RATE, PROTOCOLS
from experiments.records import METRICS
from experiments.study import Seeds

PARSERS: dict[Path, values.AxisParser] = {
    ("dataset",): row_of(DATASETS),
    ("network", "layers"): layers_of_one,
    ("network", "depth"): each(number(whole=True, low=0, high=values.MOST_LAYERS)),
    ("network", "width"): values.width,
    ("network", "activation"): values.of_layers(ACTIVATIONS, row_of(ACTIVATIONS)),
    ("network", "normalisation"): each(name_of((NONE, *NORMALISATIONS))),
    ("network", "dropout"): each(number(low=0, high=1, open_high=True)),
    ("network", "init"): each(name_of((MATCHED, *INITIALIZERS))),
    ("network", "init_scale"): each(number(low=0, high=1000, open_low=True)),
    ("network", "output"): each(name_of((MATCHED, *ACTIVATIONS))),
    ("training", "optimizer"): row_of(OPTIMIZERS),
    ("training", "learning_rate"): values.positive_or(values.TUNED),
    ("training", "batch_size"): each(number(whole=True, low=1)),
    ("training", "epochs"): each(number(low=0, high=100_000)),
    ("training", "precision"): each(name_of(("float32", "float64"))),
    ("training", "trainable"): each(name_of(("all", "output"))),
    ("training", "schedule"): row_of(SCHEDULES),
    ("training", "weight_decay"): each(number(low=0, high=1)),
    ("training", "clipping"): values.positive_or(values.NONE),
    ("training", "label_smoothing"): each(number(low=0, high=1, open_high=True)),
    ("protocol",): each(name_of(PROTOCOLS)),
}
"""The keys that may be a list, in the order of the grid: how one value of each is read."""


def _axis(*path: str) -> PlainValidator:
    return PlainValidator(axis(PARSERS[path], searchable=True))


def _whole(low: int, high: int) -> PlainValidator:
    return PlainValidator(number(whole=True, low=low, high=high))


def _number(**bounds: Any) -> PlainValidator:
    return PlainValidator(number(**bounds))


AxisValues = tuple[AxisValue, ...]
_Positive = Annotated[float | None, _number(low=0, open_low=True)]
_Line = Annotated[str | None, PlainValidator(values.text(values.MOST_CHARACTERS))]
_Paragraph = Annotated[str | None, PlainValidator(values.text(2000))]


class Section(BaseModel):
    """A mapping whose keys are known; defaults are read like what a user writes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, arbitrary_types_allowed=True
    )
    required: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def key_names(cls) -> tuple[str, ...]:
        """Return the names of the keys, as they are written."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, raw: Any) -> dict[str, Any]:
        if raw is BROKEN:
            return {}
        raw = {} if raw is None else raw
        if not isinstance(raw, dict):
            raise WrongError(
                ((), f"{found(raw)}; allowed: a mapping of {listing(cls.key_names())}")
            )
        problems = [
            ((key,), f"unknown key; allowed: {listing(cls.key_names())}{_meant(key, cls)}")
            for key, value in raw.items()
            if key not in cls.key_names() and value is not BROKEN
        ]
        problems += [
            ((key,), f"missing; it is {cls.model_fields[key].description}")
            for key in cls.required
            if key not in raw
        ]
        if problems:
            raise WrongError(*problems)
        return {key: value for key, value in raw.items() if value is not BROKEN}


def _meant(key: str, section: type[Section]) -> str:
    """Guess which key was meant: one of this section, or one of that name in another section."""
    if hint := nearest(key, section.key_names()):
        return hint
    places = {path[-1]: path for path in PARSERS}
    places |= {
        name: (prefix, name)
        for prefix, other in (("evaluation", Evaluation), ("tuning", Tuning))
        for name in other.key_names()
        if name != "seeds"
    }
    return f"; did you mean {key_of(places[key])!r}?" if key in places else ""


class Network(Section):
    """The keys under `network`."""

    layers: Annotated[AxisValues, PlainValidator(layers_of_all)] = Field(
        values.NONE,
        examples=[["conv 32 5x5", "max_pool 2", "dense 64"]],
        description="the layers of a network of images one after another, in place of depth and "
        "width; those with weights are its hidden layers",
    )
    depth: Annotated[AxisValues, _axis("network", "depth")] = Field(
        2, description="the number of hidden layers; 0 is a linear model"
    )
    width: Annotated[AxisValues, _axis("network", "width")] = Field(
        64, description="the units of each hidden layer, or one number for each: 128-64-32"
    )
    activation: Annotated[AxisValues, _axis("network", "activation")] = Field(
        "relu",
        description="the activation function of the hidden layers, or one for each: relu-relu-tanh",
    )
    normalisation: Annotated[AxisValues, _axis("network", "normalisation")] = Field(
        NONE,
        description="what is done to the hidden layers' pre-activations before their activation",
    )
    dropout: Annotated[AxisValues, _axis("network", "dropout")] = Field(
        0,
        description="how likely an update leaves out each output of a hidden layer; evaluations "
        "leave out none",
    )
    init: Annotated[AxisValues, _axis("network", "init")] = Field(
        MATCHED,
        description="how weights are drawn; matched is he for the ReLU family, glorot for others",
    )
    init_scale: Annotated[AxisValues, _axis("network", "init_scale")] = Field(
        1, description="a factor on the standard deviation of all starting weights"
    )
    output: Annotated[AxisValues, _axis("network", "output")] = Field(
        MATCHED,
        description="the activation function of the output; the loss follows from it. Matched is "
        "softmax for classes, and linear for a regression",
    )


class Training(Section):
    """The keys under `training`."""

    optimizer: Annotated[AxisValues, _axis("training", "optimizer")] = Field(
        "sgd", description="the update rule and its parameters"
    )
    learning_rate: Annotated[AxisValues, _axis("training", "learning_rate")] = Field(
        "tuned", description="tuned is the best of a grid, for each setting on seeds of its own"
    )
    batch_size: Annotated[AxisValues, _axis("training", "batch_size")] = Field(
        32, description="the training examples of an update"
    )
    epochs: Annotated[AxisValues, _axis("training", "epochs")] = Field(
        30,
        description="the passes over the training examples; fractions are allowed, and 0 trains "
        "nothing",
    )
    precision: Annotated[AxisValues, _axis("training", "precision")] = Field(
        "float32", description="the floating-point numbers that training computes with"
    )
    trainable: Annotated[AxisValues, _axis("training", "trainable")] = Field(
        "all", description="which layers learn; with output, the hidden layers stay as drawn"
    )
    schedule: Annotated[AxisValues, _axis("training", "schedule")] = Field(
        "constant",
        description="how the learning rate goes on from update to update, with a warm-up or "
        "without; the rate that is given or tuned is its peak",
    )
    weight_decay: Annotated[AxisValues, _axis("training", "weight_decay")] = Field(
        0,
        description="the decay of the weights of products, not of biases: decoupled with adamw and "
        "lion, with the other optimizers an L2 term in the gradient",
    )
    clipping: Annotated[AxisValues, _axis("training", "clipping")] = Field(
        values.NONE, description="the norm that a run's whole gradient is shortened to, or none"
    )
    label_smoothing: Annotated[AxisValues, _axis("training", "label_smoothing")] = Field(
        0,
        description="the share of a training target that all classes get alike; what is evaluated "
        "is not smoothed",
    )


class Evaluation(Section):
    """The keys under `evaluation`: at most one of the first three."""

    per_doubling: Annotated[int | None, _whole(1, 64)] = Field(
        4, description="evaluations for each doubling of the number of updates"
    )
    every: _Positive = Field(
        None,
        validate_default=False,
        examples=[1],
        description="epochs from one evaluation to the next",
    )
    at: Annotated[tuple[float, ...] | None, PlainValidator(values.increasing)] = Field(
        None, validate_default=False, examples=[[1, 5, 15]], description="the epochs to evaluate at"
    )
    examples: Annotated[int | None, _whole(1, 10**9)] = Field(
        None,
        validate_default=False,
        examples=[500],
        description="the training examples that an evaluation reads, at most; without it, 100 to "
        "1000, so many that the evaluations take about a fifth of the time",
    )


class Tuning(Section):
    """The keys under `tuning`, which matter where a learning rate is tuned."""

    low: _Positive = Field(
        None,
        alias="from",
        validate_default=False,
        examples=[0.01],
        description="the lowest learning rate that a search starts with, in factors of two",
    )
    high: _Positive = Field(
        None,
        alias="to",
        validate_default=False,
        examples=[0.64],
        description="the highest learning rate that a search starts with",
    )
    seeds: Annotated[int, _whole(1, 1000)] = Field(
        1, description="the tuning seeds of each evaluation seed, which serve for nothing else"
    )
    extensions: Annotated[int, _whole(0, 20)] = Field(
        4, description="how often a search may go on by one more rate at an end where its best lies"
    )


_AXES = [path[-1] for path in PARSERS]


@accepts(of_arm(_AXES))
def _arm(raw: Any) -> Any:
    """Take what names an arm as it is written; which one is meant is resolved with the grid."""
    return raw


@accepts({"enum": ["layer", *_AXES], "description": "layer, or an axis of numbers"})
def _over(raw: Any) -> Any:
    return raw


_Arm = Annotated[Any, PlainValidator(_arm)]


class ClaimKeys(Section):
    """The keys that every claim may have."""

    says: _Line = Field(
        None,
        validate_default=False,
        examples=["ReLU is the faster one"],
        description="the claim in words; made from the rest if left out",
    )
    answers: Annotated[int | None, _whole(1, 999)] = Field(
        None,
        validate_default=False,
        examples=[1],
        description="the number of the statement under article that the claim puts to the test",
    )
    primary: Annotated[bool, PlainValidator(values.yes_or_no)] = Field(
        False, description="the claim that is judged for itself; the others share their error"
    )
    pooled: Annotated[bool, PlainValidator(values.yes_or_no)] = Field(
        False,
        description="whether all conditions that the claim leaves open are judged together as "
        "well, by each seed's mean over them",
    )


class TimeKeys(ClaimKeys):
    """The keys of a claim that one arm is faster than another."""

    required: ClassVar[tuple[str, ...]] = ("faster", "than", "to")

    faster: _Arm = Field(
        None,
        examples=["relu"],
        description="the arm that needs fewer updates: a value of an axis, or {axis: value}",
    )
    than: _Arm = Field(
        None, examples=["tanh"], description="the arm it is compared with, on the same axes"
    )
    to: Annotated[tuple[str, tuple[float, ...]] | None, PlainValidator(values.targets)] = Field(
        None,
        validate_default=False,
        examples=[{"train_loss": [0.4, 0.25]}],
        description="the metric and its targets: {train_loss: [0.6, 0.4]}, or auto",
    )
    by: Annotated[float | None, _number(low=1, open_low=True)] = Field(
        None,
        validate_default=False,
        examples=[2],
        description="the factor that is claimed; none is the direction alone",
    )
    tolerance: Annotated[float, _number(low=1)] = Field(
        1.25, description='what "about" allows: a factor of by / tolerance is still as claimed'
    )
    reading: Annotated[str, PlainValidator(name_of(("at_least", "about")))] = Field(
        "at_least",
        description="at_least is a factor of by or more; with about, more than by x tolerance is "
        "not as claimed either",
    )
    clock: Annotated[str, PlainValidator(name_of(CLOCKS))] = Field(
        UPDATES,
        description="what is counted until the target: seconds are measured, each run for itself, "
        "which takes longer; where another clock than this gives another verdict, that is told",
    )


class _MeasureKeys(ClaimKeys):
    """The keys of a claim about a measure, but for those that say what is claimed of it."""

    required: ClassVar[tuple[str, ...]] = ("measure",)

    measure: Annotated[str | None, PlainValidator(name_of((*METRICS, *DIAGNOSTICS)))] = Field(
        None, validate_default=False, examples=["gradient"], description="a metric or a diagnostic"
    )
    layer: Annotated[str, PlainValidator(values.layer)] = Field(
        "",
        validate_default=False,
        examples=["first"],
        description="first, last, output or a number from 1; the mean of the hidden layers if left "
        "out",
    )
    at: Annotated[str, PlainValidator(name_of(MOMENTS))] = Field(
        "end", description="when it is read: at the start, the end, its highest or its lowest"
    )
    over: Annotated[Any, PlainValidator(_over)] = Field(
        None,
        examples=["layer"],
        description="layer, or an axis of numbers: the claim is then of the factor by which the "
        "measure changes with each layer towards the input, or with each step of 1 of the axis",
    )
    of: _Arm = Field(
        None,
        examples=["relu"],
        description="the arm that is meant; every setting of the grid if left out",
    )
    than: _Arm = Field(
        None, examples=["tanh"], description="the other arm, for a kind that compares two"
    )
    within: Annotated[float, _number(low=0)] = Field(
        0, examples=[0.1], description="the margin of a kind that allows one"
    )


def _taken(kind: Kind) -> values.Parser:
    if kind.takes == "number":  # a formula's number is never met to the bit
        return values.claimed(theory=kind.margin)
    return values.band if kind.takes == "band" else _arm


_EXAMPLES = {"arm": "relu", "number": 0.5, "band": [0.2, 0.8]}

MeasureKeys = create_model(
    "MeasureKeys",
    __base__=_MeasureKeys,
    __doc__="The keys of a claim about a measure: one of the kinds of claims stands among them.",
    **{
        kind.name: (
            Annotated[Any, PlainValidator(_taken(kind))],
            Field(
                None,
                validate_default=False,
                examples=[_EXAMPLES[kind.takes]],
                description=kind.meaning,
            ),
        )
        for kind in KINDS.values()
    },
)


class BestKeys(ClaimKeys):
    """The keys of a claim that one arm is the best of its axis."""

    required: ClassVar[tuple[str, ...]] = ("best",)

    best: _Arm = Field(
        None, examples=["relu"], description="the arm that no other one of its axis is better than"
    )
    of: Any = Field(
        None,
        examples=["activation"],
        description="the axis; the one on which best stands if left out",
        validate_default=False,
    )
    by: Annotated[str | None, PlainValidator(name_of(METRICS))] = Field(
        None,
        validate_default=False,
        examples=["test_accuracy"],
        description="the metric at the end that is compared",
    )
    to: Annotated[tuple[str, tuple[float, ...]] | None, PlainValidator(values.targets)] = Field(
        None,
        validate_default=False,
        examples=[{"train_loss": [0.4, 0.25]}],
        description="instead: the metric and its targets, to which the first one is best",
    )
    clock: Annotated[str, PlainValidator(name_of(CLOCKS))] = Field(
        UPDATES,
        examples=["epochs"],
        description="what is counted until the target, as in a claim of who is faster",
    )
    within: Annotated[float, _number(low=0)] = Field(
        0, description="by how much a rival may be better: of a time, by which share of it"
    )


_TIME, _MEASURE = "claim of a time to target", "claim about a measure"
_BEST = "claim of the best"
CLAIM_TAGS = (_TIME, _MEASURE, _BEST)
"""What pydantic puts into the paths of errors, between a claim and its keys."""


def _tag(raw: Any) -> str:
    if isinstance(raw, dict) and "best" in raw:
        return _BEST
    is_race = not isinstance(raw, dict) or ("measure" not in raw and not raw.keys() & KINDS.keys())
    return _TIME if is_race else _MEASURE


_AnyClaim = Annotated[
    Annotated[TimeKeys, Tag(_TIME)]
    | Annotated[MeasureKeys, Tag(_MEASURE)]
    | Annotated[BestKeys, Tag(_BEST)],
    Discriminator(_tag),
]


class Statement(Section):
    """The keys of one statement of the source."""

    required: ClassVar[tuple[str, ...]] = ("number", "says")

    number: Annotated[int | None, _whole(1, 999)] = Field(
        None, validate_default=False, examples=[1], description="its number on the scoreboard"
    )
    says: _Line = Field(
        None,
        validate_default=False,
        examples=["ReLU converges faster than tanh"],
        description="what the source says",
    )


def _list(what: str) -> Callable[[Any], Any]:
    def read(raw: Any) -> Any:
        if raw is None or raw is BROKEN:
            return []
        if not isinstance(raw, list):
            raise WrongError(((), f"{found(raw)}; allowed: a list, each {what} after a dash"))
        return raw

    return read


class Config(Section):
    """The keys at the top of a config."""

    required: ClassVar[tuple[str, ...]] = ("dataset",)

    title: _Line = Field(
        None,
        validate_default=False,
        examples=["Does ReLU converge faster than tanh?"],
        description="the question; made from the file's name if left out",
    )
    background: _Paragraph = Field(
        None,
        validate_default=False,
        examples=["A textbook says so of deep networks on images."],
        description="where the claims come from, and what was measured there; shown in the report",
    )
    dataset: Annotated[AxisValues, _axis("dataset")] = Field(
        (),
        validate_default=False,
        description=f"the data set, with parameters if it has any: {listing(DATASETS)}",
    )
    network: Network = Field({}, description="the architecture")
    training: Training = Field({}, description="how a run is trained")
    evaluation: Evaluation = Field(
        {},
        description="when a run is evaluated, and on how much; at most one of per_doubling, every "
        "and at",
    )
    tuning: Tuning = Field({}, description="the search for learning rates")
    protocol: Annotated[AxisValues, _axis("protocol")] = Field(
        OWN_RATE, description="what the arms have in common: their learning rate or initialisation"
    )
    seeds: Annotated[Seeds, PlainValidator(values.seeds)] = Field(
        20,
        description="the runs of each setting, each with its own split, weights and batches; "
        "{min: 8, max: 64} adds seeds until every claim is decided; who goes on from there writes "
        "max: [64, 128]",
    )
    confidence: Annotated[float, _number(low=0.5, high=1, open_low=True, open_high=True)] = Field(
        0.95, description="the level of the confidence intervals"
    )
    diagnostics: Annotated[tuple[str, ...], PlainValidator(values.names_of(DIAGNOSTICS))] = Field(
        [],
        examples=[["gradient", "dead_units"]],
        description="what is read of the networks beside the metrics, to tell why; what claims "
        "name is read as well",
    )
    source: _Line = Field(
        None,
        validate_default=False,
        examples=["A textbook"],
        description="the name of the source that the statements under article are of; sources "
        "number theirs each for themselves",
    )
    article: Annotated[tuple[Statement, ...], BeforeValidator(_list("statement"))] = Field(
        [],
        examples=[[{"number": 1, "says": "ReLU converges faster than tanh"}]],
        description="the statements of the source that the study answers",
    )
    claims: Annotated[tuple[_AnyClaim, ...], BeforeValidator(_list("claim"))] = Field(
        [], description="what is to be decided"
    )
