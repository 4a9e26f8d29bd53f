"""Training a fleet: from runs and their data to traces."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import groupby

import numpy as np

from experiments.nn.batches import Batches
from experiments.nn.diagnostics.reading import Reader
from experiments.nn.evaluation import metrics
from experiments.nn.examples import Examples
from experiments.nn.initializers import draw_weights, drawn_for, row_for
from experiments.nn.layers.chain import States, at_the_start, chain, parts_of, products
from experiments.nn.layers.record import Block
from experiments.nn.learning import Learner
from experiments.nn.network import Stack
from experiments.nn.pieces import chunk, piece
from experiments.nn.schedule import (
    evaluation_updates,
    examples_read,
    splits_read,
    total_updates,
)
from experiments.nn.stopping import Stopping
from experiments.nn.unit_variance import EXAMPLES
from experiments.nn.weights import Weights
from experiments.records import METRICS, Dataset, Fleet, Network, Run, Trace


def train(fleet: Fleet, datasets: Sequence[Dataset]) -> list[Trace]:
    """Train all runs of a fleet and return their traces, in the fleet's order.

    The bits of a trace do not depend on which other runs are in the fleet. A run whose training
    loss is no longer finite at an evaluation has diverged: its trace ends there, and the others
    go on. So does the trace of a run that none of the fleet's searches asks about any more.

    Args:
        fleet: V variants at G seeds.
        datasets: one for each seed, in the fleet's order, of the fleet's precision.

    Returns:
        V * G traces.

    """
    with np.errstate(all="ignore"):  # overflow is how a run diverges; its status says so
        return _FleetTraining(fleet, datasets).traces()


class _FleetTraining:
    """The state of a fleet while it trains: of those runs that go on."""

    def __init__(self, fleet: Fleet, datasets: Sequence[Dataset]) -> None:
        run = fleet.runs[0]
        self.started = time.perf_counter()
        self.evaluation, self.training, self.searches = run.evaluation, run.training, fleet.searches
        self.places = chain(run.network, datasets[0].shape)
        self.examples = Examples(datasets, run.training.precision, chunk(self.places))
        self.batches = Batches(self.examples, fleet.first_of_seeds)
        self.runs: tuple[Run, ...] = fleet.runs
        self.numbers = np.arange(len(fleet.runs))  # the place of each run in the fleet
        self.seeds = fleet.seeds
        shape = datasets[0].shape
        looked_at: Sequence[np.ndarray | None] = [None] * fleet.seeds  # inputs (D, B) of each seed
        if any(_looks_at_data(r.network) for r in fleet.runs):
            looked_at = self.examples.slice(0, min(EXAMPLES, shape.train)).inputs[:, :-1]
        started = []
        for number, r in enumerate(fleet.runs):
            network, places = r.network, chain(r.network, shape)
            drawn = draw_weights(
                network.init,
                network.activation,
                [place.row.fans(place) for place in products(places)],
                r.stream,
                r.seed,
                scale=network.init_scale,
                inputs=looked_at[number % fleet.seeds],
            )
            started.append(at_the_start(places, drawn))
        self.states = States(self.places, fleet.runs, fleet.seeds)
        self.apart = any(p.row.states or not p.row.evaluates for p in self.places)
        weights = Weights.of(started, run.training.precision, parts_of(self.places))
        self.learner = self._learner(weights, [r.training.learning_rate for r in self.runs])
        self.start = weights.copy() if run.diagnostics else None
        self.reader = Reader(run.diagnostics, self.examples, len(run.network.widths))
        self._prepare()

    def _prepare(self) -> None:
        """Make what depends on which runs go on; done again when some no longer do."""
        self.blocks, first = [], 0
        for activation, members in groupby(run.network.activation for run in self.runs):
            last = first + len(list(members))
            self.blocks.append(Block(slice(first, last), activation))
            first = last
        self.stacks: dict[tuple[int, bool], Stack] = {}  # by batch size, and whether they train
        train = examples_read(self.evaluation, self.training, self.examples.shape)
        self.splits = self.examples.splits(train)

    def _learner(self, weights: Weights, rates: Sequence[float]) -> Learner:
        updates = total_updates(self.training, self.examples.shape)
        return Learner(weights, self.training, rates, updates, piece(self.places))

    def _stack(self, batch: int, *, training: bool = False) -> Stack:
        kind = batch, training and self.apart  # where it makes no difference, one serves both
        if kind not in self.stacks:
            self.stacks[kind] = self._make_stack(
                self.learner, self.states, self.blocks, self.seeds, batch, training=training
            )
        return self.stacks[kind]

    def _make_stack(
        self,
        learner: Learner,
        states: States,
        blocks: Sequence[Block],
        seeds: int,
        batch: int,
        *,
        training: bool,
    ) -> Stack:
        return Stack(
            learner.weights,
            self.places,
            blocks,
            seeds,
            batch,
            regression=self.examples.shape.regression,
            states=states,
            training=training,
        )

    def traces(self) -> list[Trace]:
        """Train to the end."""
        schedule = evaluation_updates(self.evaluation, self.training, self.examples.shape)
        columns = (*METRICS, *self.reader.columns)
        runs = len(self.runs)
        values = np.full((runs, len(schedule), len(columns)), np.nan)  # (R, T, M)
        ends = np.full(runs, len(schedule))  # the evaluations of each run
        stopping = Stopping(self.runs, self.searches, int(schedule[-1]))
        read = splits_read(self.evaluation, len(schedule))  # (T, splits)
        update = 0
        for number, until in enumerate(schedule):
            while update < until:
                update += 1
                self._update()
            values[self.numbers, number, : len(METRICS)] = self._evaluate(read[number])
            if self.reader.columns:
                values[self.numbers, number, len(METRICS) :] = self._diagnose()
            read_now, diverged = values[:, number, : len(METRICS)], np.zeros(runs, bool)
            diverged[self.numbers] = ~np.isfinite(read_now[self.numbers, 0])
            last = number + 1 == len(schedule)
            done = ~stopping.wanted(int(until), read_now, diverged, last=last)
            ends[done] = np.minimum(ends[done], number + 1)
            if not self._go_on_with(ends[self.numbers] > number + 1):
                break
        seconds = time.perf_counter() - self.started
        return _cut(schedule, values, ends, columns, seconds)

    def _update(self) -> None:
        inputs, targets = next(self.batches)
        self.learner.update(partial(self._stack, training=True), inputs, targets)

    def _go_on_with(self, wanted: np.ndarray) -> bool:
        """Drop the variants and the seeds of which no run is wanted; tell whether any is left.

        A run that is not wanted goes on, unnoticed, while both its variant and its seed do: runs
        must stay a full rectangle for the inputs to broadcast.
        """
        rectangle = wanted.reshape(-1, self.seeds)
        variants, seeds = rectangle.any(axis=1), rectangle.any(axis=0)
        if variants.all() and seeds.all():
            return True
        kept = np.outer(variants, seeds).ravel()
        self.runs = tuple(run for run, keep in zip(self.runs, kept, strict=True) if keep)
        self.numbers = self.numbers[kept]
        self.seeds = int(seeds.sum())
        if not self.runs:
            return False
        self.learner.keep(kept)
        self.states.keep(kept, seeds)
        self.start = self.start and self.start.of_runs(kept)
        if not seeds.all():
            self.examples.keep(seeds)
            self.batches.keep(seeds)
        self._prepare()
        return True

    def _evaluate(self, read: np.ndarray) -> np.ndarray:
        """Return the metrics of all runs, (R, M), on those splits that are to be read."""
        splits = [split if wanted else [] for split, wanted in zip(self.splits, read, strict=True)]
        regression = self.examples.shape.regression
        return metrics(splits, self._stack, len(self.runs), regression=regression)

    def _diagnose(self) -> np.ndarray:
        """Return the diagnostics of all runs, (R, K)."""
        # The reader is given what it calls and keeps none of it: a circle of references would hold
        # the arrays of this fleet while the next one trains.
        gradients = self.learner.gradients
        return self.reader.read(
            self._stack, self.runs, self.start.layers, gradients, self._update_of
        )

    def _update_of(
        self, run: int, copies: int, inputs: np.ndarray, targets: np.ndarray
    ) -> Callable[[], None]:
        """Return what updates copies of one run's network as a fleet would, to be timed."""
        weights = self.learner.weights.of_runs(np.full(copies, run))
        learner = self._learner(weights, np.zeros(copies))  # so that none can diverge
        blocks = [Block(slice(0, copies), self.runs[run].network.activation)]
        states = States(self.places, [self.runs[run]] * copies, 1)

        @cache
        def stack(batch: int) -> Stack:
            return self._make_stack(learner, states, blocks, 1, batch, training=True)

        seed = slice(run % self.seeds, run % self.seeds + 1)
        return partial(learner.update, stack, inputs[seed], targets[seed])


def _looks_at_data(network: Network) -> bool:
    functions = drawn_for(network.activation, len(network.widths) + 1)
    return any(row_for(network.init, function).by_data for function in functions)


def _cut(
    schedule: np.ndarray,
    values: np.ndarray,
    ends: np.ndarray,
    columns: tuple[str, ...],
    seconds: float,
) -> list[Trace]:
    """Return the traces of all runs, each up to its own end, with their shares of the time."""
    updates = schedule[ends - 1]
    shares = (updates + 1) / (updates + 1).sum()
    traces = []
    for run_values, end, share in zip(values, ends, shares, strict=True):
        if not np.isfinite(run_values[end - 1, 0]):
            status = "diverged"
        else:
            status = "completed" if end == len(schedule) else "stopped early"
        budget = int(schedule[-1])
        traces.append(
            Trace(schedule[:end], run_values[:end], status, budget, seconds * share, columns)
        )
    return traces
