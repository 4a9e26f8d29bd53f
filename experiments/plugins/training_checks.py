"""What is checked of rows that change weights or read networks: small ones are trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from experiments import datasets
from experiments.datasets import DATASETS
from experiments.nn.diagnostics.record import Diagnostic
from experiments.nn.optimizers import OPTIMIZERS, Optimizer
from experiments.nn.training import train
from experiments.parameters import Choice
from experiments.plugins.row_checks import STATE
from experiments.records import Evaluation, Fleet, Network, Run, Training
from experiments.streams import generator

RUNS, WEIGHTS, UPDATES = 3, 7, 50


def wrong_steps(row: Optimizer) -> Iterator[str]:
    """Yield what is wrong with an optimizer, on the bowl |w|^2 / 2 at the lowest of its rates."""
    low, high = row.rates
    if not 0 < low < high:
        yield f"rates are {row.rates}; allowed: two numbers above 0 that increase"
        return
    for dtype in (np.float64, np.float32):
        rng = generator("plugin", 0, "weights")
        # Of either sign, away from 0, so that neighbours that are mixed do not agree by chance.
        start = rng.uniform(0.5, 1.5, (RUNS, WEIGHTS)) * rng.choice([-1.0, 1.0], (RUNS, WEIGHTS))
        start = start.astype(dtype)
        after = _descend(row, start, UPDATES)
        if not np.isfinite(after).all():
            yield f"weights are not finite after {UPDATES} steps down a bowl ({dtype.__name__})"
            return
        first = _descend(row, start, 1)
        if np.array_equal(after, start) and np.array_equal(first, start):
            yield "a step does not change w, which it has to do in place"
            return
        if not np.array_equal(_descend(row, start, UPDATES), after):
            yield STATE + "; arrays to be kept come as states"
            return
        if not np.array_equal(_descend(row, start[1:2], UPDATES), after[1:2]):
            yield "mixes runs: the weights of a run depend on the other runs of its fleet"
            return
        if np.sum(after**2) >= np.sum(start**2):
            yield f"climbs: {UPDATES} steps down a bowl ended higher than they began"
            return


def _descend(row: Optimizer, start: np.ndarray, updates: int) -> np.ndarray:
    """Return the weights after so many steps, (R, P)."""
    arguments = Choice.of(row.name, {row.name: row}).arguments
    w, scratch = start.copy(), np.full_like(start, np.nan)
    states = [np.zeros_like(start) for _ in range(row.states)]
    rate = np.full((len(start), 1), row.rates[0], start.dtype)
    for update in range(1, updates + 1):
        g = w * rate if row.linear else w.copy()
        row.step(w, g, states, rate, update, scratch, **arguments)
    return w


def wrong_readings(row: Diagnostic) -> Iterator[str]:
    """Yield what is wrong with a diagnostic: its shape, and whether neighbours change it."""
    runs = _runs(row)
    together = _train(runs)
    alone = [trace for run in runs for trace in _train([run])]
    for one, other in zip(together, alone, strict=True):
        if not np.array_equal(one.values, other.values, equal_nan=True):
            yield "the number of a run depends on its fleet, or on what was read before"
            return
        read = one.values[:, len(one.columns) - _own(one.columns, row) :]
        if np.isinf(read).any():
            yield "reads infinite numbers of a small network"
            return


def _own(columns: tuple[str, ...], row: Diagnostic) -> int:
    return sum(column.rpartition(" ")[0] == row.name or column == row.name for column in columns)


def _runs(row: Diagnostic) -> list[Run]:
    run = Run(
        data=Choice.of("xor", DATASETS, examples=60),
        network=Network((4, 3), Choice("relu"), "he", "softmax"),
        training=Training(Choice.of("sgd", OPTIMIZERS), 0.1, 8, 1.0),
        evaluation=Evaluation(per_doubling=None, at=(0.0, 1.0), examples=20),
        stream="tuning",
        seed=0,
        diagnostics=(row.name,),
    )
    return [run, replace(run, network=replace(run.network, activation=Choice("tanh")))]


def _train(runs: list[Run]) -> list:
    data = [datasets.load(runs[0].data, "tuning", 0, "float32")]
    return train(Fleet(tuple(runs), 1), data)
