"""The keys of a config: their defaults, what they allow, and what they mean.

The README's table of keys is made from the descriptions here.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from experiments.config import values
from experiments.config.errors import Path, WrongError, found, key_of, listing, nearest
from experiments.config.rows import row_of
from experiments.config.values import Level, axis, each, name_of, number
from experiments.config.yaml_lines import BROKEN
from experiments.datasets import DATASETS
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import INITIALIZERS, MATCHED
from experiments.nn.optimizers import OPTIMIZERS
from experiments.protocols import OWN_RATE, PROTOCOLS
from experiments.records import Seeds

READERS: dict[Path, values.AxisReader] = {
    ("dataset",): row_of(DATASETS),
    ("network", "depth"): each(number(whole=True, low=0, high=values.MOST_LAYERS)),
    ("network", "width"): values.width,
    ("network", "activation"): row_of(ACTIVATIONS),
    ("network", "init"): each(name_of((MATCHED, *INITIALIZERS))),
    ("network", "output"): each(name_of(ACTIVATIONS)),
    ("training", "optimizer"): row_of(OPTIMIZERS),
    ("training", "learning_rate"): values.rate,
    ("training", "batch_size"): each(number(whole=True, low=1)),
    ("training", "epochs"): each(number(low=0, high=100_000, open_low=True)),
    ("training", "precision"): each(name_of(("float32", "float64"))),
    ("protocol",): each(name_of(PROTOCOLS)),
}
"""The keys that may be a list, in the order of the grid: how one value of each is read."""


def _axis(*path: str) -> PlainValidator:
    return PlainValidator(axis(READERS[path]))


def _whole(low: int, high: int) -> PlainValidator:
    return PlainValidator(number(whole=True, low=low, high=high))


def _number(**bounds: Any) -> PlainValidator:
    return PlainValidator(number(**bounds))


Levels = tuple[Level, ...]
_Positive = Annotated[float | None, _number(low=0, open_low=True)]
_Line = Annotated[str | None, PlainValidator(values.text(300))]
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
        if raw is None or raw is BROKEN:
            return {}
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
    places = {path[-1]: path for path in READERS}
    places |= {
        name: (prefix, name)
        for prefix, other in (("evaluation", Evaluation), ("tuning", Tuning))
        for name in other.key_names()
        if name != "seeds"
    }
    return f"; did you mean {key_of(places[key])!r}?" if key in places else ""


class Network(Section):
    """The keys under `network`."""

    depth: Annotated[Levels, _axis("network", "depth")] = Field(
        2, description="the number of hidden layers; 0 is a linear model"
    )
    width: Annotated[Levels, _axis("network", "width")] = Field(
        64, description="the units of each hidden layer, or one number for each: 128-64-32"
    )
    activation: Annotated[Levels, _axis("network", "activation")] = Field(
        "relu", description="the activation function of the hidden layers"
    )
    init: Annotated[Levels, _axis("network", "init")] = Field(
        MATCHED,
        description="how weights are drawn; matched is he for the ReLU family, glorot for others",
    )
    output: Annotated[Levels, _axis("network", "output")] = Field(
        "softmax", description="the activation function of the output; the loss follows from it"
    )


class Training(Section):
    """The keys under `training`."""

    optimizer: Annotated[Levels, _axis("training", "optimizer")] = Field(
        "sgd", description="the update rule and its parameters"
    )
    learning_rate: Annotated[Levels, _axis("training", "learning_rate")] = Field(
        "tuned", description="tuned is the best of a grid, for each setting on seeds of its own"
    )
    batch_size: Annotated[Levels, _axis("training", "batch_size")] = Field(
        32, description="the training examples of an update"
    )
    epochs: Annotated[Levels, _axis("training", "epochs")] = Field(
        30, description="the passes over the training examples; fractions are allowed"
    )
    precision: Annotated[Levels, _axis("training", "precision")] = Field(
        "float32", description="the floating-point numbers that training computes with"
    )


class Evaluation(Section):
    """The keys under `evaluation`: at most one of the first three."""

    per_doubling: Annotated[int | None, _whole(1, 64)] = Field(
        4, description="evaluations for each doubling of the number of updates"
    )
    every: _Positive = Field(
        None, validate_default=False, description="epochs from one evaluation to the next"
    )
    at: Annotated[tuple[float, ...] | None, PlainValidator(values.increasing)] = Field(
        None, validate_default=False, description="the epochs to evaluate at"
    )
    examples: Annotated[int, _whole(1, 10**9)] = Field(
        1000, description="the training examples that an evaluation reads, at most"
    )


class Tuning(Section):
    """The keys under `tuning`, which matter where a learning rate is tuned."""

    low: _Positive = Field(
        None,
        alias="from",
        validate_default=False,
        description="the lowest learning rate of the first grid, which runs in factors of two",
    )
    high: _Positive = Field(
        None,
        alias="to",
        validate_default=False,
        description="the highest learning rate of the first grid",
    )
    seeds: Annotated[int, _whole(1, 1000)] = Field(
        3, description="the runs of each setting and learning rate, on seeds used for nothing else"
    )
    extensions: Annotated[int, _whole(0, 20)] = Field(
        4, description="how often the grid may grow at an end where the best rate lies"
    )


class ClaimKeys(Section):
    """The keys of one claim; which arms `faster` and `than` pick is resolved with the grid."""

    required: ClassVar[tuple[str, ...]] = ("faster", "than", "to")

    says: _Line = Field(
        None,
        validate_default=False,
        description="the claim in words; made from the rest if left out",
    )
    faster: Any = Field(
        None, description="the arm that needs fewer updates: a value of an axis, or {axis: value}"
    )
    than: Any = Field(None, description="the arm it is compared with, on the same axes")
    to: Annotated[tuple[str, tuple[float, ...]] | None, PlainValidator(values.targets)] = Field(
        None,
        validate_default=False,
        description="the metric and its targets: {train_loss: [0.6, 0.4]}, or auto",
    )
    by: Annotated[float | None, _number(low=1, open_low=True)] = Field(
        None,
        validate_default=False,
        description="the factor that is claimed; none is the direction alone",
    )
    tolerance: Annotated[float, _number(low=1)] = Field(
        1.25, description='what "about" allows: a factor of by / tolerance is still as claimed'
    )
    primary: Annotated[bool, PlainValidator(values.yes_or_no)] = Field(
        False, description="the claim that is judged for itself; the others share their error"
    )


def _claims(raw: Any) -> Any:
    if raw is None or raw is BROKEN:
        return []
    if not isinstance(raw, list):
        raise WrongError(((), f"{found(raw)}; allowed: a list, each claim after a dash"))
    return raw


class Config(Section):
    """The keys at the top of a config."""

    required: ClassVar[tuple[str, ...]] = ("dataset",)

    title: _Line = Field(
        None,
        validate_default=False,
        description="the question; made from the file's name if left out",
    )
    background: _Paragraph = Field(
        None,
        validate_default=False,
        description="where the claims come from, and what was measured there; shown in the report",
    )
    dataset: Annotated[Levels, _axis("dataset")] = Field(
        (),
        validate_default=False,
        description=f"the data set, with parameters if it has any: {listing(DATASETS)}",
    )
    network: Network = Field({}, description="the architecture")
    training: Training = Field({}, description="how a run is trained")
    evaluation: Evaluation = Field({}, description="when a run is evaluated, and on how much")
    tuning: Tuning = Field({}, description="the search for learning rates")
    protocol: Annotated[Levels, _axis("protocol")] = Field(
        OWN_RATE, description="what the arms have in common: their learning rate or initialisation"
    )
    seeds: Annotated[Seeds, PlainValidator(values.seeds)] = Field(
        20,
        description="the runs of each setting, each with its own split, weights and batches; "
        "{min: 8, max: 64} adds seeds until every claim is decided",
    )
    confidence: Annotated[float, _number(low=0.5, high=1, open_low=True, open_high=True)] = Field(
        0.95, description="the level of the confidence intervals"
    )
    claims: Annotated[tuple[ClaimKeys, ...], BeforeValidator(_claims)] = Field(
        [], description="what is to be decided"
    )
