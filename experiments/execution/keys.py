"""The name under which a run is stored: a hash of everything that can change its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace

from experiments import datasets
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.losses import loss_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.records import Run

FORMAT = 3
"""Raise it when training itself changes its numbers: every stored run is then trained anew."""


def description(run: Run) -> str:
    """Return a run as canonical JSON, with its data's digest and its table rows' versions.

    Neither the study's name, its claims nor how a run was executed are part of it, so that two
    studies share the runs they have in common.
    """
    network, training = run.network, run.training
    content = {
        "format": FORMAT,
        "run": asdict(run),
        "digest": datasets.digest(run.data),
        "versions": {
            "data": datasets.DATASETS[run.data.name].version,
            "activation": ACTIVATIONS[network.activation.name].version,
            "output": ACTIVATIONS[network.output].version,
            "loss": loss_of(network.output, datasets.shape(run.data).regression).version,
            "init": INITIALIZERS[network.init].version,
            "optimizer": OPTIMIZERS[training.optimizer.name].version,
            "diagnostics": [DIAGNOSTICS[name].version for name in run.diagnostics],
        },
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def descriptions(runs: Iterable[Run]) -> Iterator[tuple[Run, str]]:
    """Yield runs with their descriptions; what differs in its seed alone is written once."""
    around_seed: dict[Run, list[str]] = {}
    for run in runs:
        variant = replace(run, seed=0)
        around = around_seed.get(variant)
        if around is None:
            # Quotes within a text are escaped in JSON, so that this is found at the seed alone.
            around = around_seed[variant] = description(variant).split('"seed":0,')
        yield run, f'"seed":{run.seed},'.join(around)


def key_of(text: str) -> str:
    """Return the key of a run's description: 40 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def run_key(run: Run) -> str:
    """Return the key of one run."""
    return key_of(description(run))
