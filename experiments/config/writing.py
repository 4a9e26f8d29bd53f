"""From a Study back to the text of a config, with every default filled in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from experiments.config.errors import show
from experiments.config.layers import written as layers_written
from experiments.config.model import PARSERS
from experiments.config.rows import row_of
from experiments.config.values import AUTO, NONE, THEORY, TUNED
from experiments.config.yaml_nodes import use_core_schema
from experiments.datasets import DATASETS
from experiments.kinds import KINDS
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import MATCHED
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES
from experiments.parameters import Choice
from experiments.protocols import PROTOCOLS
from experiments.study import (
    PROTOCOL,
    BestClaim,
    Claim,
    MeasureClaim,
    Seeds,
    Setting,
    Study,
    TimeClaim,
)

_TABLES = {
    "dataset": DATASETS,
    "activation": ACTIVATIONS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}


@use_core_schema
class _Dumper(yaml.SafeDumper):
    """Writes what the loader reads: the core schema's scalars, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _float(dumper: yaml.SafeDumper, value: float) -> yaml.Node:
    # 30.0 is written as 30, which is read as the same number wherever a number is allowed.
    text = show(value)
    kind = "int" if text.lstrip("-").isdigit() else "float"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


_Dumper.add_representer(float, _float)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # Readers of YAML 1.1 take No, on or 22:30 for something else than a text, unless it is quoted.
    ours, older = (
        resolver.resolve(yaml.ScalarNode, value, (True, False))
        for resolver in (dumper, yaml.resolver.Resolver())
    )
    style = "'" if ours == _TEXT != older else None  # others are quoted where they must be
    if not value.isprintable():
        style = '"'  # the one that escapes line ends of any kind, so that all of them stay
    return dumper.represent_scalar(_TEXT, value, style)


_TEXT = "tag:yaml.org,2002:str"

_Dumper.add_representer(str, _text)


def resolved(study: Study) -> str:
    """Return the study's config with every default filled in.

    Reading the text again, under the study's name, gives an equal study.
    """
    return yaml.dump(
        _keys(study), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100,
        default_flow_style=None,
    )  # fmt: skip


def inline(value: Any) -> str:
    """Return a value as it is written behind its key, in one line."""
    text = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000,
        default_flow_style=True,
    )  # fmt: skip
    return text.removesuffix("...\n").rstrip("\n")


def _keys(study: Study) -> dict[str, Any]:
    keys: dict[str, Any] = {"title": study.title}
    if study.background is not None:
        keys["background"] = study.background
    for path in PARSERS:
        section = keys
        for part in path[:-1]:
            section = section.setdefault(part, {})
        value = _axis(study, path[-1])
        if value is not None:
            section[path[-1]] = value
    evaluation = study.settings[0].evaluation
    ways = {"per_doubling": evaluation.per_doubling, "every": evaluation.every}
    keys["evaluation"] = {key: value for key, value in ways.items() if value is not None}
    if evaluation.at is not None:
        keys["evaluation"]["at"] = list(evaluation.at)
    if evaluation.examples is not None:
        keys["evaluation"]["examples"] = evaluation.examples
    if (tuning := study.tuning) is not None:
        keys["tuning"] = {
            "from": tuning.low,
            "to": tuning.high,
            "seeds": tuning.seeds,
            "extensions": tuning.extensions,
        }
    seeds = study.seeds
    keys["seeds"] = _bounds(seeds) if seeds.adaptive else seeds.least
    keys["confidence"] = study.confidence
    if diagnostics := study.settings[0].diagnostics:
        keys["diagnostics"] = list(diagnostics)
    if study.source is not None:
        keys["source"] = study.source
    if study.article:
        keys["article"] = [{"number": number, "says": says} for number, says in study.article]
    keys["claims"] = [_claim(claim) for claim in study.claims]
    return keys


def _axis(study: Study, name: str) -> Any:
    """Return what to write for a key: a value, or a list where it is an axis."""
    second = study.tuning.second if study.tuning else None
    if second is not None and second.name == name:
        each = zip(study.settings[0].each, second.labels, strict=True)
        return {TUNED: [_write(name, setting, label) for setting, label in each]}
    labels = next((axis.labels for axis in study.axes if axis.name == name), None)
    if labels is None:
        settings = study.variants
        return _VALUES[name](settings) if name in _VALUES else _write(name, settings[0])
    firsts = {dict(setting.labels)[name]: setting for setting in reversed(study.settings)}
    return [_write(name, firsts[label], label) for label in labels]


def _write(name: str, setting: Setting, label: str | None = None) -> Any:
    """Return what to write for one value, which `label` names where it is one of several."""
    if name in ("init", "normalisation", "output"):
        return label or getattr(setting.network, name)
    if name == "dropout" and label is not None:
        return float(label)
    if name == PROTOCOL:
        return setting.protocol
    if name == "layers":
        return layers_written(setting.network.layers, label)
    if name in ("depth", "width"):
        return int(label) if label.isdigit() else label
    if name == "learning_rate":
        return label if label == TUNED else float(label)
    if name == "dataset":
        value = setting.data
    else:
        owner = setting.network if hasattr(setting.network, name) else setting.training
        value = getattr(owner, name)
    if value is None:
        return NONE
    if name == "activation":
        of_each = "-".join(choice.name for choice in setting.network.activations)
        # Equal ones are one, but a label still tells for how many layers they were given.
        if isinstance(value, tuple) or ("-" in of_each and label == of_each):
            return of_each
    return _row(name, value, label) if isinstance(value, Choice) else value


def _row(name: str, choice: Choice, label: str | None) -> Any:
    if not choice.parameters and label in (None, choice.name):
        return choice.name
    row = {"name": choice.name, **choice.arguments}
    # A label tells only what the user gave; with all parameters written out it would tell more.
    if label is not None and row_of(_TABLES[name])(row)[0].label != label:
        row["label"] = label
    return row


def _layers(settings: tuple[Setting, ...]) -> Any:
    layers = settings[0].network.layers
    return layers_written(layers, None) if layers else None


def _depth(settings: tuple[Setting, ...]) -> int | None:
    if settings[0].network.layers:
        return None
    # Left out where widths of several lengths are compared: each then has a depth of its own.
    depths = {len(setting.network.widths) for setting in settings}
    return depths.pop() if len(depths) == 1 else None


def _deepest(name: str) -> Callable[[tuple[Setting, ...]], Any]:
    # A net without a hidden layer has none of it, whatever the key says.
    def value(settings: tuple[Setting, ...]) -> Any:
        networks = (setting.network for setting in settings)
        return getattr(max(networks, key=lambda network: len(network.widths)), name)

    return value


def _width(settings: tuple[Setting, ...]) -> int | str | None:
    if settings[0].network.layers:
        return None
    widths = max((setting.network.widths for setting in settings), key=len)
    if len(set(widths)) > 1:
        return "-".join(map(str, widths))
    return widths[0] if widths else None


def _output(settings: tuple[Setting, ...]) -> str:
    outputs = {setting.network.output for setting in settings}
    return outputs.pop() if len(outputs) == 1 else MATCHED


def _init(settings: tuple[Setting, ...]) -> str:
    # What a protocol put in its place is no part of the key.
    own = [setting for setting in settings if PROTOCOLS[setting.protocol].init is None]
    inits = {setting.network.init for setting in own or settings}
    return inits.pop() if len(inits) == 1 else MATCHED


def _rate(settings: tuple[Setting, ...]) -> float | str:
    # What trains nothing has a rate of 0, whatever the key says.
    rates = {s.training.learning_rate for s in settings if s.training.epochs > 0}
    return next(iter(rates), None) or TUNED


_VALUES: dict[str, Callable[[tuple[Setting, ...]], Any]] = {
    "layers": _layers,
    "depth": _depth,
    "width": _width,
    "init": _init,
    "output": _output,
    "normalisation": _deepest("normalisation"),
    "dropout": _deepest("dropout"),
    "learning_rate": _rate,
}


def _claim(claim: Claim) -> dict[str, Any]:
    keys: dict[str, Any] = {"says": claim.says}
    if claim.answers is not None:
        keys["answers"] = claim.answers
    if claim.primary:
        keys["primary"] = True
    if claim.pooled:
        keys["pooled"] = True
    return keys | _CLAIMS[type(claim)](claim)


def _race(claim: TimeClaim) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "faster": dict(claim.faster),
        "than": dict(claim.than),
        "to": {claim.metric: AUTO if claim.auto else list(claim.targets)},
    }
    if claim.by is not None:
        keys |= {"by": claim.by, "tolerance": claim.tolerance, "reading": claim.reading}
    return keys | {"clock": claim.clock}


def _statement(claim: MeasureClaim) -> dict[str, Any]:
    measure, kind = claim.measure, KINDS[claim.kind]
    keys: dict[str, Any] = {"measure": measure.name, "at": measure.at}
    if measure.layer:
        keys["layer"] = int(measure.layer) if measure.layer.isdigit() else measure.layer
    if measure.over:
        keys["over"] = measure.over
    if kind.takes == "arm":
        keys |= {kind.name: dict(claim.of), "than": dict(claim.than)}
    else:
        if claim.of:
            keys["of"] = dict(claim.of)
        taken = claim.taken
        keys[kind.name] = THEORY if claim.theory else taken[0] if len(taken) == 1 else list(taken)
    if kind.margin:
        keys["within"] = claim.within
    return keys


def _best(claim: BestClaim) -> dict[str, Any]:
    ((axis, label),) = claim.best
    keys: dict[str, Any] = {"best": label, "of": axis}
    if claim.aims:
        keys["to"] = {claim.aims[0][0]: [target for _, target in claim.aims]}
        keys["clock"] = claim.duels[0].clock
    else:
        keys["by"] = claim.duels[0].measure.name
    return keys | {"within": claim.within}


_CLAIMS: dict[type[Claim], Callable[[Any], dict[str, Any]]] = {
    TimeClaim: _race,
    MeasureClaim: _statement,
    BestClaim: _best,
}


def _bounds(seeds: Seeds) -> dict[str, Any]:
    most = [*seeds.earlier, seeds.most]
    return {"min": seeds.least, "max": most if seeds.earlier else seeds.most}
