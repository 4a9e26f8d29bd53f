"""Runs that train within milliseconds, and fleets that need not train at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from search_reference import left_of

from experiments.datasets import DATASETS
from experiments.execution.executing import execute
from experiments.execution.fleets import cut
from experiments.execution.plan import Stored, plan
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.stopping import Stopping
from experiments.parameters import Choice
from experiments.records import METRICS, Evaluation, Fleet, Network, Run, Trace, Training
from experiments.study import Study

QUIET = lambda *_: None  # noqa: E731

TINY = """
    dataset: {name: xor, examples: 60}
    network: {activation: [relu, tanh], depth: 1, width: 4}
    training: {epochs: 4, batch_size: 8}
    tuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}
    evaluation: {per_doubling: 2}
    seeds: 4
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.6}}]
"""


def make_run(
    activation: str | tuple[str, ...] = "relu",
    *,
    data: str = "moons",
    examples: int = 40,
    widths: tuple[int, ...] = (4,),
    init: str = "he",
    init_scale: float = 1.0,
    optimizer: str = "sgd",
    rate: float | None = 0.1,
    batch: int = 8,
    epochs: float = 2.0,
    precision: str = "float32",
    trainable: str = "all",
    stream: str = "evaluation",
    seed: int = 0,
    diagnostics: tuple[str, ...] = (),
    normalisation: str = "none",
    dropout: float = 0.0,
) -> Run:
    if isinstance(activation, str):
        functions = Choice.of(activation, ACTIVATIONS)
    else:
        functions = tuple(Choice.of(name, ACTIVATIONS) for name in activation)
    return Run(
        Choice.of(data, DATASETS, examples=examples),
        Network(widths, functions, init, "softmax", init_scale, normalisation, dropout),
        Training(Choice.of(optimizer, OPTIMIZERS), rate, batch, epochs, precision, trainable),
        Evaluation(),
        stream,
        seed,
        diagnostics,
    )


def at_rate(run: Run, rate: float | None) -> Run:
    return replace(run, training=replace(run.training, learning_rate=rate))


def assert_same_bits(found: Trace, expected: Trace) -> None:
    assert (found.status, found.budget) == (expected.status, expected.budget)
    assert found.columns == expected.columns
    assert found.updates.dtype == expected.updates.dtype == np.int64
    assert found.values.dtype == expected.values.dtype == np.float64
    assert found.updates.tobytes() == expected.updates.tobytes()
    assert found.values.shape == expected.values.shape
    assert found.values.tobytes() == expected.values.tobytes()


class Wholes:
    """What runs leave that nothing stops; each is trained when it is first asked for."""

    def __init__(self) -> None:
        self.traces: dict[Run, Trace] = {}

    def train(self, runs: Sequence[Run]) -> None:
        new = [run for run in dict.fromkeys(runs) if run not in self.traces]
        for fleet in cut(new):
            assert fleet.searches == ()
            self.traces |= dict(zip(fleet.runs, execute(fleet), strict=True))

    def __call__(self, run: Run) -> Trace:
        self.train([run])
        return self.traces[run]


def stopping(whole: Callable[[Run], Trace]) -> Callable[[Fleet, object], list[Trace]]:
    """Return what stands in for `nn.training.train`, given what whole runs leave.

    As there, a run that is not wanted goes on, unnoticed, while its variant and its seed do.
    """

    def train(fleet: Fleet, _datasets: object) -> list[Trace]:
        traces = [whole(run) for run in fleet.runs]
        schedule = max((trace.updates for trace in traces), key=len)
        following = Stopping(fleet.runs, fleet.searches, traces[0].budget)
        ends = np.full(len(traces), len(schedule))
        going = np.ones((len(traces) // fleet.seeds, fleet.seeds), bool)
        for number, update in enumerate(schedule):
            metrics = np.full((len(traces), len(METRICS)), np.nan)
            for row, goes in enumerate(going.ravel()):
                if goes:
                    trace = traces[row]
                    metrics[row] = trace.values[min(number, len(trace.updates) - 1), : len(METRICS)]
            diverged = going.ravel() & ~np.isfinite(metrics[:, 0])
            last = number + 1 == len(schedule)
            done = ~following.wanted(int(update), metrics, diverged, last=last)
            ends[done] = np.minimum(ends[done], number + 1)
            wanted = (ends > number + 1).reshape(going.shape)
            going &= np.outer(wanted.any(axis=1), wanted.any(axis=0))
            if not going.any():
                break
        return [left_of(trace, int(end)) for trace, end in zip(traces, ends, strict=True)]

    return train


def told(study: Study, store: Stored) -> str:
    """All that a complete study has found out, to the bit: choices, scores, runs and traces."""
    known = plan(study, store)
    assert known.missing == []
    traces = [
        (result.setting, run, trace.status, trace.updates.tobytes(), trace.values.tobytes())
        for results in (known.results.settings, *known.results.others.values())
        for result in results
        for run, trace in zip(result.runs, result.traces, strict=True)
    ]
    found = sorted(known.found.items(), key=lambda item: (repr(item[0][0]), item[0][1]))
    return repr((known.results.tuned, found, known.runs, known.results.study, traces))
