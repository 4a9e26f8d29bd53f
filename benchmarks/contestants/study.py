"""Whole studies, from the start of Python to the last loss, on two cores.

The fleets answer the study's question with all that this takes: rates are tuned, the grid grows,
runs are stored. The loops over scikit-learn and PyTorch are then told which runs that took and
where each one ended. They train the same runs, each from the same weights on the same batches up
to the same update, and read the same metrics at the same moments.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import joblib
import numpy as np

from contestants.entries import FLEETS, FOLLOWERS, Contestant
from contestants.table import Row, rows_of
from contestants.work import Work, apart, diverged, told
from contestants.workloads import batches
from experiments import datasets
from experiments.nn.schedule import examples_read
from experiments.records import Dataset, Run, Trace

JOBS = 2

MOST_ROUNDS = 2
"""Studies are long enough for few rounds."""

MEDIAN_DIFFERENCE = 1e-3
"""How far the final losses of one run may lie apart, as a share, for the median run.

A tuning tries rates at which training is chaotic, so that the last bit of a product decides about
the last loss. Most runs are none of these, and the median does not see them.
"""

STUDIES = {
    "digits": """
dataset: digits
network: {depth: 3, width: 64, activation: [relu, tanh]}
training: {batch_size: 64, epochs: 100}
seeds: 20
claims: [{faster: relu, than: tanh, to: {train_loss: [0.5, 0.2, 0.1]}}]
""",
    "moons": """
dataset: moons
network: {depth: 2, width: 16, activation: [relu, tanh]}
training: {batch_size: 32, epochs: 50}
seeds: 20
claims: [{faster: relu, than: tanh, to: {train_loss: [0.3, 0.2]}}]
""",
}


def compare(study: str, rounds: int, command: list[str]) -> tuple[Work, list[Row]]:
    """Time a study with the fleets and with each contestant that can follow it, in turn.

    Args:
        study: a key of STUDIES.
        rounds: how often each takes its turn, MOST_ROUNDS times at most.
        command: starts a new Python that hands three more arguments to `take_part` and prints
            what it returns as JSON.

    Returns:
        What they came to, in the first round where it was unequal or else in the last; the rows.

    """
    works = []
    times: dict[Contestant, list[float]] = {one: [] for one in (FLEETS, *FOLLOWERS)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "traces.pickle"
        for _ in range(min(rounds, MOST_ROUNDS)):
            losses = {}
            for one, seconds in times.items():
                started = time.perf_counter()
                part = [*command, one.name, study, str(file)]
                said = subprocess.run(part, check=True, stdout=subprocess.PIPE, text=True).stdout
                seconds.append(time.perf_counter() - started)
                losses[one] = np.array(json.loads(said))
            traces = pickle.loads(file.read_bytes())
            works.append(_work(study, losses, len(traces)))
    work = next((work for work in works if not work.equal), works[-1])
    updates = sum(int(trace.updates[-1]) for trace in _followed(traces).values())
    return work, rows_of(f"study {study}", "both", work, times, updates, bars="study")


def _work(study: str, losses: Mapping[Contestant, np.ndarray], runs: int) -> Work:
    """Compare the final losses of the runs that were followed.

    Args:
        study: a key of STUDIES.
        losses: of each contestant, (R,).
        runs: of the fleets, with those that nobody followed.

    """
    ours = losses[FLEETS]
    differences = {one: apart(some, ours) for one, some in losses.items() if one is not FLEETS}
    ended = {one: diverged(some) for one, some in losses.items()}
    ended[FLEETS] += runs - len(ours)
    found = (
        f"study {study}: final losses of the median run differ from the fleets' by "
        + ", ".join(f"{one.name} {its.median:.1g}" for one, its in differences.items())
        + told(ended, runs)
    )
    same = all(one.within(MEDIAN_DIFFERENCE) for one in differences.values())
    return Work(found, ended, same)


def take_part(name: str, study: str, file: str) -> list[float]:
    """Train a study's runs and return their final training losses.

    Args:
        name: a contestant's.
        study: a key of STUDIES.
        file: where the fleets write their traces, for the others to read.

    """
    if name == FLEETS.name:
        traces = _complete(study)
        Path(file).write_bytes(pickle.dumps(traces))
        return [float(trace.metric("train_loss")[-1]) for trace in _followed(traces).values()]
    one = next(one for one in FOLLOWERS if one.name == name)
    return _follow(one, _followed(pickle.loads(Path(file).read_bytes())))


def _complete(study: str) -> dict[Run, Trace]:
    """Answer a study as `runner.py` does and return the traces of all runs."""
    from experiments.config import loads  # imported here: only fleets take the time for it
    from experiments.execution.loop import complete
    from experiments.execution.store import Store

    added: dict[Run, Trace] = {}

    class Recording(Store):
        def add(self, traces: Mapping[Run, Trace]) -> None:
            added.update(traces)
            super().add(traces)

    with Recording(":memory:") as store:
        complete(loads(STUDIES[study], study), store, JOBS, lambda *_: None)
    return added


def _followed(traces: Mapping[Run, Trace]) -> dict[Run, Trace]:
    """Return those that did not diverge: the others are spared them, which is in their favour."""
    return {run: trace for run, trace in traces.items() if trace.status != "diverged"}


def _follow(one: Contestant, traces: dict[Run, Trace]) -> list[float]:
    """Train the same runs one after another in each worker, and return their losses in order."""
    longest_first = sorted(traces, key=lambda run: -traces[run].updates[-1])
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        losses = joblib.Parallel(JOBS)(
            joblib.delayed(_train)(one, run, traces[run]) for run in longest_first
        )
    by_run = dict(zip(longest_first, losses, strict=True))
    return [by_run[run] for run in traces]


_load = cache(datasets.load)


def _train(one: Contestant, run: Run, trace: Trace) -> float:
    """Train one run as far as the fleets did, and read what they read when they read it.

    Args:
        one: a contestant with a class `Net`.
        run: what to train.
        trace: what the fleets left of it; its numbers are not read, only which there are.

    Returns:
        The last training loss.

    """
    data = _load(run.data, run.stream, run.seed, run.training.precision)
    net, rows = one.load().Net(run, data), batches(run, data, trace.updates[-1])
    for number, until in enumerate(trace.updates):
        if number > 0:  # the first evaluation is before all updates
            net.advance(rows[trace.updates[number - 1] : until])
        losses = [
            net.read(part)[0]
            for name, part in _parts(run, data).items()
            if not np.isnan(trace.metric(f"{name}_loss")[number])
        ]
    return losses[0]


def _parts(run: Run, data: Dataset) -> dict[str, slice]:
    """Return which examples a fleet reads of each part."""
    train, validation, test = data.shape.train, data.shape.validation, data.shape.test
    return {
        "train": slice(0, examples_read(run.evaluation, run.training, data.shape)),
        "validation": slice(train, train + validation),
        "test": slice(train + validation, train + validation + test),
    }
