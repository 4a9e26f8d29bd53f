"""Training a fleet: from runs and their data to traces."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

import numpy as np

from experiments.nn.batches import Examples
from experiments.nn.diagnostics.reading import Reader
from experiments.nn.initializers import draw_weights
from experiments.nn.network import Block, Stack
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.schedule import evaluation_updates
from experiments.records import METRICS, Dataset, Fleet, Run, Trace


def train(fleet: Fleet, datasets: Sequence[Dataset]) -> list[Trace]:
    """Train all runs of a fleet and return their traces, in the fleet's order.

    The bits of a trace do not depend on which other runs are in the fleet. A run whose training
    loss is no longer finite at an evaluation has diverged: its trace ends there, and the others
    go on.

    Args:
        fleet: V variants at G seeds.
        datasets: one for each seed, in the fleet's order, of the fleet's precision.

    Returns:
        V * G traces.

    """
    with np.errstate(all="ignore"):  # overflow is how a run diverges; its status says so
        return _FleetTraining(fleet, datasets).traces()


class _FleetTraining:
    """The state of a fleet while it trains: of those runs that have not diverged."""

    def __init__(self, fleet: Fleet, datasets: Sequence[Dataset]) -> None:
        run = fleet.runs[0]
        self.started = time.perf_counter()
        self.evaluation, self.training = run.evaluation, run.training
        self.optimizer = OPTIMIZERS[run.training.optimizer.name]
        self._step = partial(self.optimizer.step, **run.training.optimizer.arguments)
        dtype = run.training.precision
        self.examples = Examples(datasets, fleet.first_of_seeds, dtype)
        self.seeds = fleet.seeds
        self.runs: tuple[Run, ...] = fleet.runs
        self.numbers = np.arange(len(fleet.runs))  # the place of each run in the fleet
        shape = datasets[0].shape
        sizes = (shape.features, *run.network.widths, shape.outputs)
        drawn = [
            draw_weights(
                r.network.init,
                r.network.activation,
                sizes,
                r.stream,
                r.seed,
                scale=r.network.init_scale,
            )
            for r in fleet.runs
        ]
        self.weights = [np.stack(layer).astype(dtype) for layer in zip(*drawn, strict=True)]
        self.states = [
            [np.zeros_like(w) for _ in range(self.optimizer.states)] for w in self.weights
        ]
        rates = [r.training.learning_rate for r in fleet.runs]
        self.rates = np.asarray(rates, dtype)[:, None, None]  # (R, 1, 1)
        hidden = len(run.network.widths)
        self.reader = Reader(run.diagnostics, self.examples, hidden)
        self.start = [w.copy() for w in self.weights] if run.diagnostics else []
        self.learning = range(hidden if run.training.layers == "output" else 0, hidden + 1)
        self._make_buffers()

    def _make_buffers(self) -> None:
        """Allocate what depends on the number of runs; called again when some have diverged."""
        self.gradients = [np.empty_like(w) for w in self.weights]
        self.scratch = [np.empty_like(w) for w in self.weights]
        self.blocks, first = [], 0
        for activation, members in groupby(run.network.activation for run in self.runs):
            last = first + len(list(members))
            self.blocks.append(Block(slice(first, last), activation))
            first = last
        self.stacks: dict[int, Stack] = {}  # by batch size

    def _stack(self, batch: int) -> Stack:
        if batch not in self.stacks:
            self.stacks[batch] = Stack(
                self.weights,
                self.blocks,
                self.runs[0].network.output,
                self.seeds,
                batch,
                regression=self.examples.shape.regression,
            )
        return self.stacks[batch]

    def traces(self) -> list[Trace]:
        """Train to the end."""
        schedule = evaluation_updates(self.evaluation, self.training, self.examples.shape)
        self.columns = (*METRICS, *self.reader.columns)
        values = np.full((len(self.runs), len(schedule), len(self.columns)), np.nan)  # (R, T, M)
        ends = np.full(len(self.runs), len(schedule))  # the evaluations of each run
        batches = self.examples.batches()
        update = 0
        for number, until in enumerate(schedule):
            while update < until:
                update += 1
                self._update(update, *next(batches))
            values[self.numbers, number, : len(METRICS)] = metrics = self._evaluate()
            if self.reader.columns:
                values[self.numbers, number, len(METRICS) :] = self._diagnose()
            finite = np.isfinite(metrics[:, 0])
            diverged = self.numbers[~finite]
            ends[diverged] = np.minimum(ends[diverged], number + 1)
            if not self._keep_variants_with(finite):
                break
        return self._finish(schedule, values, ends)

    def _keep_variants_with(self, finite: np.ndarray) -> bool:
        """Drop the variants that have diverged at every seed; tell whether any is left.

        A variant that has diverged at some seeds only goes on, and what it computes there is
        ignored: runs must stay a full rectangle for the inputs to broadcast.
        """
        kept = np.repeat(finite.reshape(-1, self.seeds).any(axis=1), self.seeds)
        if not kept.all():
            self.runs = tuple(run for run, keep in zip(self.runs, kept, strict=True) if keep)
            self.numbers, self.rates = self.numbers[kept], self.rates[kept]
            self.weights = [w[kept] for w in self.weights]
            self.start = [w[kept] for w in self.start]
            self.states = [[s[kept] for s in states] for states in self.states]
            self._make_buffers()
        return bool(self.runs)

    def _finish(self, schedule: np.ndarray, values: np.ndarray, ends: np.ndarray) -> list[Trace]:
        seconds = time.perf_counter() - self.started
        updates = schedule[ends - 1]
        shares = (updates + 1) / (updates + 1).sum()
        return [
            Trace(
                schedule[:end],
                run_values[:end],
                "completed" if np.isfinite(run_values[end - 1, 0]) else "diverged",
                int(schedule[-1]),
                seconds * share,
                self.columns,
            )
            for run_values, end, share in zip(values, ends, shares, strict=True)
        ]

    def _update(self, update: int, inputs: np.ndarray, targets: np.ndarray) -> None:
        self._learn(
            self._stack(inputs.shape[-1]), inputs, targets,
            self.gradients, self.states, self.rates, update, self.scratch,
        )  # fmt: skip

    def _learn(
        self, stack: Stack, inputs: np.ndarray, targets: np.ndarray, gradients: list[np.ndarray],
        states: list[list[np.ndarray]], rates: np.ndarray, update: int, scratch: list[np.ndarray],
    ) -> None:  # fmt: skip
        """Make one update of a stack's weights, in place."""
        stack.forward(inputs)
        for layer in stack.backward(inputs, targets, gradients):
            if layer in self.learning:
                self._step(
                    stack.weights[layer],
                    gradients[layer],
                    states[layer],
                    rates,
                    update,
                    scratch[layer],
                )

    def _update_of(
        self, stack: Stack, inputs: np.ndarray, targets: np.ndarray
    ) -> Callable[[], None]:
        """Return what updates networks that are not the fleet's as the fleet would, to be timed."""
        gradients, scratch = ([np.zeros_like(w) for w in stack.weights] for _ in range(2))
        states = [[np.zeros_like(w) for _ in range(self.optimizer.states)] for w in stack.weights]
        rates = np.zeros((len(stack.weights[0]), 1, 1), stack.weights[0].dtype)
        return partial(self._learn, stack, inputs, targets, gradients, states, rates, 1, scratch)

    def _diagnose(self) -> np.ndarray:
        """Return the diagnostics of all runs, (R, K)."""
        # The reader is given what it calls and keeps none of it: a circle of references would hold
        # the arrays of this fleet while the next one trains.
        return self.reader.read(self._stack, self.runs, self.start, self.gradients, self._update_of)

    def _evaluate(self) -> np.ndarray:
        """Return the metrics of all runs, (R, M)."""
        metrics = np.full((len(self.runs), len(METRICS)), np.nan)
        for part, slices in enumerate(self.examples.parts(self.evaluation.examples)):
            loss, hits, count = np.zeros(len(self.runs)), np.zeros(len(self.runs)), 0
            for rows in slices:
                stack = self._stack(rows.stop - rows.start)
                labels = self.examples.labels[:, rows]
                stack.forward(self.examples.inputs[:, rows].mT)
                # Cast before the sum: a reduction that casts as it goes may work through a buffer
                # whose cuts, and so the rounding, depend on a run's place in the fleet.
                losses = stack.losses(self.examples.targets(labels)).astype(np.float64)
                loss += losses.sum(axis=-1)
                if not self.examples.shape.regression:
                    hits += stack.hits(labels).sum(axis=-1)
                count += labels.shape[1]
            if count:
                metrics[:, 2 * part] = loss / count
                if not self.examples.shape.regression:
                    metrics[:, 2 * part + 1] = hits / count
        return metrics
