"""The name under which a run is stored: a hash of everything that can change its result.

What is at its default is left out, so that an option that is added, with a default that changes
nothing, leaves the keys of all older runs as they were. The price: a default must never change by
itself, or runs of the old one would be taken for runs of the new. If that of a row's parameter
does, raise the row's version; if that of a run's field does, raise FORMAT.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from operator import attrgetter
from typing import Any

from experiments import datasets
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS, MATCHED, row_for
from experiments.nn.layers.chain import LISTED, chain
from experiments.nn.losses import loss_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES
from experiments.parameters import Choice
from experiments.plugins.registry import own_digests
from experiments.records import Run

FORMAT = 4
"""Raise it when training itself changes its numbers: every stored run is then trained anew."""

_TABLES: dict[str, Mapping[str, Any]] = {
    "data": datasets.DATASETS,
    "activation": ACTIVATIONS,
    "layers": LISTED,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
"""The table that a choice within a run is made from, by the name of its field."""


def description(run: Run) -> str:
    """Return a run as canonical JSON, with its data's digest and its table rows' versions.

    Rows of a user's own file bring the digest of that file.

    Values at their default and versions that are 1 are left out. Neither the study's name, its
    claims nor how a run was executed are part of it, so that two studies share the runs they have
    in common.

    Args:
        run: whose choices have all of their parameters.

    Returns:
        A text that two runs share only if they are equal.

    """
    rows = list(_rows(run))
    content = {
        "format": FORMAT,
        "run": _given(run) | {"seed": run.seed},  # `descriptions` looks for it, whatever its value
        "digest": datasets.digest(run.data),
        "versions": {what: row.version for what, _, row in rows if row.version != 1},
    }
    if own := own_digests((what, table, row.name) for what, table, row in rows):
        content["plugins"] = own
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _rows(run: Run) -> Iterator[tuple[str, str, Any]]:
    """Yield every row that a run's numbers depend on: what it is for, its table's title, the row.

    The titles are those of `plugins.loading.TABLES`, where a user's own file may add rows.
    """
    network, training = run.network, run.training
    shape = datasets.shape(run.data)
    hidden = list(dict.fromkeys(choice.name for choice in network.functions))
    yield "data", "data set", datasets.DATASETS[run.data.name]
    for name in hidden:
        what = "activation" if len(hidden) == 1 else f"activation {name}"
        yield what, "activation", ACTIVATIONS[name]
    yield "output", "activation", ACTIVATIONS[network.output]
    yield "loss", "loss", loss_of(network.output, shape.regression)
    if network.init == MATCHED:
        for row in (row_for(network.init, function) for function in network.functions):
            yield f"init {row.name}", "initializer", row
    else:
        yield "init", "initializer", INITIALIZERS[network.init]
    for place in chain(network, shape):
        yield f"layer {place.row.name}", "layer", place.row
    yield "optimizer", "optimizer", OPTIMIZERS[training.optimizer.name]
    yield "schedule", "schedule", SCHEDULES[training.schedule.name]
    for name in run.diagnostics:
        yield f"diagnostic {name}", "diagnostic", DIAGNOSTICS[name]


def _given(record: Any) -> dict[str, Any]:
    """Return the fields of a record that are not at their default, and so on within them."""
    given = {}
    for field in fields(record):
        value = getattr(record, field.name)
        told, default = (_told(field.name, some) for some in (value, _default(field)))
        if told != default:
            given[field.name] = told
    return given


def _default(field: Field) -> Any:
    """Return the default of a field; one that has none gets what equals no value."""
    return field.default if field.default_factory is MISSING else field.default_factory()


def _told(name: str, value: Any) -> Any:
    """Return the value of the field of that name as JSON knows it."""
    if isinstance(value, tuple) and any(isinstance(one, Choice) for one in value):
        return [_told(name, choice) for choice in value]  # of each layer
    if not isinstance(value, Choice):
        return _given(value) if is_dataclass(value) else value
    row = _TABLES[name][value.name]
    defaults = {(key, parameter.default) for key, parameter in row.parameters.items()}
    places = {key for key, parameter in row.parameters.items() if parameter.place}
    # Pairs, and not an object: a parameter that is called seed must not look like the run's. Where
    # data lie is left out, since their digest is there: a file that is moved is the same data.
    given = [p for p in value.parameters if p not in defaults and p[0] not in places]
    return {"name": value.name} | ({"parameters": given} if given else {})


_all_but_seed = attrgetter(*(field.name for field in fields(Run) if field.name != "seed"))


def descriptions(runs: Iterable[Run]) -> Iterator[tuple[Run, str]]:
    """Yield runs with their descriptions; what differs in its seed alone is written once."""
    around_seed: dict[tuple, list[str]] = {}
    for run in runs:
        variant = _all_but_seed(run)
        around = around_seed.get(variant)
        if around is None:
            # Quotes within a text are escaped in JSON, so that this is found at the seed alone.
            told = description(replace(run, seed=0))
            around = around_seed[variant] = told.split('"seed":0,')
        yield run, f'"seed":{run.seed},'.join(around)


def key_of(text: str) -> str:
    """Return the key of a run's description: 40 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def run_key(run: Run) -> str:
    """Return the key of one run."""
    return key_of(description(run))
