"""How fast fleets train, against what a user would otherwise write: a loop over scikit-learn.

    python benchmarks/peers.py

Both train the same networks from the same starting weights on the same data with as many
updates, one BLAS thread each. First their final losses are compared, so that equal work is shown
and not assumed (the order of the batches is each one's own); then they take turns, and the medians
and their ratio are printed.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parent.parent))

from experiments import datasets
from experiments.execution.fleets import cut
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import draw_weights, matched
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.schedule import total_updates
from experiments.nn.training import train
from experiments.parameters import Choice
from experiments.records import Dataset, Evaluation, Network, Run, Training

ROUNDS = 5
LARGEST_DIFFERENCE = 0.1
"""How far the mean final losses may lie apart, as a share, for the order of the batches."""


@dataclass(frozen=True)
class Workload:
    """One network, how it is trained, and the least ratio that the project promises."""

    name: str
    data: Choice
    widths: tuple[int, ...]
    batch: int
    runs: int
    epochs: int
    rate: float
    least: float


def _without_test(name: str, **given: float) -> Choice:
    return Choice.of(name, datasets.DATASETS, validation=0.0, test=0.0, **given)


WORKLOADS = (
    Workload("2-16-16-2, B=32", _without_test("moons", examples=1024), (16, 16), 32, 50, 20, 0.05,
             least=15),
    Workload("64-64-64-64-10, B=64", _without_test("digits"), (64,) * 3, 64, 20, 20, 0.004,
             least=3),
)  # fmt: skip


def _runs(work: Workload, activation: str) -> list[Run]:
    run = Run(
        work.data,
        Network(work.widths, Choice.of(activation, ACTIVATIONS), matched(activation), "softmax"),
        Training(Choice.of("sgd", OPTIMIZERS), work.rate, work.batch, work.epochs),
        Evaluation(per_doubling=None, at=(0.0,), examples=10**6),
        "evaluation",
        0,
    )
    return [replace(run, seed=seed) for seed in range(work.runs)]


def _fleets(runs: list[Run], data: dict[Run, Dataset]) -> list[float]:
    """Train the runs in fleets as a study would cut them and return their final losses."""
    return [
        trace.metric("train_loss")[-1]
        for fleet in cut(runs)
        for trace in train(fleet, [data[run] for run in fleet.first_of_seeds])
    ]


class _Started(MLPClassifier):
    """A scikit-learn network that starts from given weights, in place of its own draws."""

    def _init_coef(self, fan_in: int, fan_out: int, dtype: type) -> tuple[np.ndarray, np.ndarray]:
        weights = next(self.given)
        if fan_out == 1:  # for two classes it has one logistic output: their logits' difference
            weights = weights[1:] - weights[:1]
        return weights[:, :-1].T.astype(dtype), weights[:, -1].astype(dtype)


def _scikit_learn(work: Workload, activation: str, data: list[Dataset]) -> list[float]:
    """Train the same networks one by one and return their final losses."""
    losses = []
    for seed, one in enumerate(data):
        whole = one.shape.train // work.batch * work.batch  # both train on whole batches only
        shape = one.shape
        model = _Started(
            work.widths, activation=activation, solver="sgd", alpha=0, batch_size=work.batch,
            learning_rate_init=work.rate, momentum=0.9, nesterovs_momentum=False,
            max_iter=work.epochs, tol=0, n_iter_no_change=work.epochs + 1, random_state=seed,
        )  # fmt: skip
        sizes = (shape.features, *work.widths, shape.outputs)
        chosen = Choice.of(activation, ACTIVATIONS)
        model.given = iter(draw_weights(matched(activation), chosen, sizes, "evaluation", seed))
        model.fit(one.inputs[:whole], one.labels[:whole])
        chances = model.predict_proba(one.inputs)[np.arange(len(one.labels)), one.labels]
        losses.append(float(-np.log(np.maximum(chances, 1e-30)).mean()))
    return losses


def _microseconds(work: Workload, seconds: float, updates: int) -> float:
    return seconds * 1e6 / (work.runs * updates)


def main() -> int:
    """Compare, print a table, and return 1 if a ratio is below what is promised."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"{'workload':24}{'activation':12}{'fleet':>10}{'scikit-learn':>14}{'ratio':>8}{'least':>8}"
    )
    short = 0
    for work in WORKLOADS:
        for activation in ("relu", "tanh"):
            runs = _runs(work, activation)
            data = {r: datasets.load(r.data, r.stream, r.seed, "float32") for r in runs}
            updates = total_updates(runs[0].training, data[runs[0]].shape)
            ours = np.mean(_fleets(runs, data))
            theirs = np.mean(_scikit_learn(work, activation, list(data.values())))
            if abs(ours / theirs - 1) > LARGEST_DIFFERENCE:
                print(f"{work.name} {activation}: unequal work, losses {ours:.4f}, {theirs:.4f}")
                return 1
            times: dict[str, list[float]] = {"fleet": [], "peer": []}
            for _ in range(ROUNDS):
                started = time.perf_counter()
                _fleets(runs, data)
                between = time.perf_counter()
                _scikit_learn(work, activation, list(data.values()))
                ended = time.perf_counter()
                times["fleet"].append(_microseconds(work, between - started, updates))
                times["peer"].append(_microseconds(work, ended - between, updates))
            ratio = statistics.median(
                peer / fleet for peer, fleet in zip(times["peer"], times["fleet"], strict=True)
            )
            short += ratio < work.least
            print(
                f"{work.name:24}{activation:12}{statistics.median(times['fleet']):10.1f}"
                f"{statistics.median(times['peer']):14.1f}{ratio:8.1f}{work.least:8g}"
            )
    print(
        "Microseconds a run and update: medians of", ROUNDS, "rounds in turn; ratio of each pair."
    )
    return int(short > 0)


if __name__ == "__main__":
    with threadpool_limits(1):
        sys.exit(main())
