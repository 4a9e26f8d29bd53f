"""What can stand in a config, read from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from experiments.analysis.measures import MOMENTS
from experiments.datasets import DATASETS
from experiments.kinds import KINDS
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS, MATCHED
from experiments.nn.layers import LAYERS
from experiments.nn.layers.normalisation import NORMALISATIONS
from experiments.nn.losses import LOSSES
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES
from experiments.parameters import Scalar, word
from experiments.records import METRICS


def listing() -> str:
    """Return every table's rows with their parameters, as text."""
    families = ", ".join(f"{row.init} for {name}" for name, row in ACTIVATIONS.items())
    return "\n".join(
        [
            *_table("Data sets (dataset)", DATASETS, "source"),
            *_table("Activations (network.activation, network.output)", ACTIVATIONS, "formula"),
            *_table("Initializers (network.init)", INITIALIZERS, "formula", (MATCHED, families)),
            *_table("Normalisations (network.normalisation)", NORMALISATIONS, "formula"),
            *_table("Layers (a network is a chain of them)", LAYERS, "formula"),
            *_table("Optimizers (training.optimizer)", OPTIMIZERS, "formula"),
            *_table("Schedules of the learning rate (training.schedule)", SCHEDULES, "formula"),
            *_table("Losses (they follow from network.output)", LOSSES, "formula"),
            "Metrics (claims: to, measure)",
            *(f"  {metric}" for metric in METRICS),
            "",
            *_table("Diagnostics (diagnostics; claims: measure)", DIAGNOSTICS, "formula"),
            *_table("Kinds of claims about a measure", KINDS, "meaning"),
            *_table("Moments (claims: at)", MOMENTS, "meaning"),
        ]
    )


def _table(
    title: str, rows: Mapping[str, object], column: str, *more: tuple[str, str]
) -> Iterator[str]:
    yield title
    for name, row in rows.items():
        yield f"  {name:23} {getattr(row, column)}"
        for key, parameter in getattr(row, "parameters", {}).items():
            told = f"{key}: {parameter.meaning}; {parameter.allowed()}"
            yield f"  {'':23}   {told}, default {_default(parameter.default)}"
    yield from (f"  {name:23} {meaning}" for name, meaning in more)
    yield ""


def _default(value: Scalar) -> str:
    if isinstance(value, str):
        return word(value) if value else "none"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
