"""The table of diagnostics: to add one, add a row to one of the files beside this."""

from __future__ import annotations

from experiments.nn.diagnostics import layers, outputs, probes, times
from experiments.nn.diagnostics.record import Diagnostic

DIAGNOSTICS: dict[str, Diagnostic] = {
    row.name: row for row in (*layers.ROWS, *outputs.ROWS, *times.ROWS, *probes.ROWS)
}


def columns(names: tuple[str, ...], hidden: int) -> tuple[str, ...]:
    """Return the names of a trace's columns for some diagnostics, in order.

    Args:
        names: rows of DIAGNOSTICS.
        hidden: how many hidden layers there are.

    Returns:
        `gradient 1`, `gradient 2`, ..., `gradient output` for one that is read of every layer;
        the bare name for one that is read once.

    """
    found: list[str] = []
    for name in names:
        where = DIAGNOSTICS[name].where
        if where == "network":
            found.append(name)
        else:
            found += [f"{name} {layer}" for layer in range(1, hidden + 1)]
            found += [f"{name} output"] if where == "layers" else []
    return tuple(found)
