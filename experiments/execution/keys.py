"""The name under which a run is stored: a hash of everything that can change its result."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from experiments import datasets
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.losses import loss_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.records import Run

FORMAT = 2
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


def run_key(run: Run) -> str:
    """Return the run's key: 40 hexadecimal digits of the SHA-256 of its description."""
    return hashlib.sha256(description(run).encode()).hexdigest()[:40]
