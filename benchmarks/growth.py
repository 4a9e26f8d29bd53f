"""What grows with the number of runs, and what does not: planning, the loop, reports, memory.

    python benchmarks/growth.py [--parts reading ...]

Each measurement has a process of its own, whose peak resident size is the memory that is told (so
that it needs Linux or macOS). Planning and the loop are measured with made-up traces in place of
training, as is reading them, with and without their digests; reports and the memory while training
with tiny networks that are really trained. Writes growth.csv beside this file; where parts are
named, the others keep their lines there.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))

from experiments import commands
from experiments.config import loads
from experiments.execution.failing import Outcome
from experiments.execution.fleets import cut, cut_searches
from experiments.execution.loop import Ways, complete
from experiments.execution.origin import origin
from experiments.execution.plan import plan as planned
from experiments.execution.store import Store
from experiments.records import METRICS, Fleet, Run, Trace
from experiments.study import Study

PLANNED = 100_000
STORED = (100, 1_000, 10_000, 100_000)
REPORTED = 10_000
TRAINED = (500, 5_000, 50_000)

PLAN_SECONDS, STORED_SECONDS, PLAN_MB, REPORT_SECONDS = 5, 15, 500, 20
LOOP_GROWTH, BESIDE_GROWTH, MEMORY_GROWTH = 1.25, 2.0, 1.2
"""By which factor the most runs may cost more than the fewest: noise, and the database's index."""

ROUNDS = 3
"""How often the loop is measured; the median counts."""

DIGESTS, READ_AT_ONCE, READ_ROUNDS = 5, 2_000, 6
"""The most percent that digests may add to reading; so many traces are read in turn, so often."""

BESIDE = 1_000
"""The runs of a study that shares its store with so many runs of another one."""

GIVEN, TUNED, ADAPTIVE = "given rates", "tuned", "seeds as needed"

ARMS = "activation: [relu, tanh, sigmoid, linear, leaky_relu]"
TEXT = """
dataset: {{name: moons, examples: 60}}
network: {{depth: 1, width: {width}, {arms}}}
training: {{learning_rate: {rates}, epochs: 5, batch_size: 8}}
seeds: {seeds}
{more}
claims: [{{faster: relu, than: tanh, to: {{train_loss: [0.6, 0.5, 0.4]}}}}]
"""


def _read(
    *, seeds: int | str, width: int = 4, arms: str = ARMS, rates: str = "[0.1, 0.2]", more: str = ""
) -> Study:
    return loads(TEXT.format(width=width, arms=arms, rates=rates, seeds=seeds, more=more), "growth")


def study_of(kind: str, runs: int, width: int = 4) -> Study:
    """Return a study of ten settings that asks for so many runs first, of tuning where it tunes."""
    if kind == TUNED:
        more = "tuning: {from: 0.001, to: 0.512}"
        return _read(seeds=runs // 100, width="[4, 8]", rates="tuned", more=more)
    seeds = runs // 10
    return _read(seeds=f"{{min: 8, max: {seeds}}}" if kind == ADAPTIVE else seeds, width=width)


def two_arms(runs: int) -> Study:
    """Return a study that spends its runs on the seeds of two arms."""
    return _read(seeds=runs // 2, arms="activation: [relu, tanh]", rates="0.2")


UPDATES = np.array([0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64])


def made_up(run: Run) -> Trace:
    """Make up a trace: the best rate is 0.016, and no claim is ever decided."""
    off = abs(np.log2(run.training.learning_rate / 0.016))
    speed = (1 + 0.5 * np.sin(7 * run.seed + 5 * len(run.network.activation.name))) / (1 + off)
    values = 2 * (UPDATES + 1.0) ** (-0.5 * speed)
    values = np.tile(values[:, None], len(METRICS))
    return Trace(UPDATES, values, "completed", 64, 0.1, origin=origin())


def plan(kind: str, path: str) -> tuple[float, float]:
    """Return the seconds and peak megabytes of planning what a store lacks and cutting it."""
    study = study_of(kind, PLANNED)
    with Store(path) as store:
        started = time.perf_counter()
        known = planned(study, store)
        cut(known.evaluation, 2)
        cut_searches(known.tuning, [standing.search for standing in known.searches], 2)
        return time.perf_counter() - started, _peak()


def fill(kind: str, path: str) -> None:
    """Store all runs that such a study asks for."""
    with Store(path) as store:
        complete(study_of(kind, PLANNED), store, None, _silent, ways=Ways(cluster=MadeUp()))


class MadeUp:
    """A backend that makes traces up instead of training, and knows how long that took."""

    places = 2
    seconds = 0.0

    def submit(self, fleet: Fleet) -> Future[Outcome]:
        """Make the traces of a fleet up."""
        started = time.perf_counter()
        future: Future[Outcome] = Future()
        future.set_result([made_up(run) for run in fleet.runs])
        self.seconds += time.perf_counter() - started
        return future

    def give_up(self) -> None:
        """Do nothing: nothing is in flight."""


def overhead(kind: str, runs: int, path: str) -> tuple[float, ...]:
    """Return the microseconds a run of all but training: of a study, and of one beside it.

    Of each the processor's time, and that of the clock, which counts waiting for the disk as well.
    """
    beside = study_of(GIVEN, BESIDE, width=5)
    return (*_overhead(study_of(kind, runs), path), *_overhead(beside, path))


def _overhead(study: Study, path: str) -> tuple[float, float]:
    training = MadeUp()
    with Store(path) as store:
        started = time.process_time(), time.perf_counter()
        _, trained = complete(study, store, None, _silent, ways=Ways(cluster=training))
        ended = time.process_time(), time.perf_counter()
    return tuple(
        1e6 * (b - a - training.seconds) / trained for a, b in zip(started, ended, strict=True)
    )


def report(study: Study, folder: str) -> float:
    """Return the seconds of the whole command."""
    started = time.perf_counter()
    commands.run(study, Path(folder), 1, quiet=True)  # workers would outlive this process
    return time.perf_counter() - started


def training(runs: int, path: str) -> float:
    """Return the peak megabytes until the last of so many runs was trained and stored."""
    peaks = []
    with Store(path) as store:
        complete(study_of(GIVEN, runs), store, 1, lambda *_: peaks.append(_peak()))
    return peaks[-1]


def digests(path: str) -> tuple[float, float]:
    """Return the microseconds of processor time in which a trace is read, and a digest's share.

    A part of the store after the other is read with and without its digests in turn, and the least
    time of each counts, so that whatever else the machine does is left out.
    """
    with Store(path) as store:
        runs = planned(study_of(GIVEN, PLANNED), store).missing
        for start in range(0, PLANNED, READ_AT_ONCE):
            store.add({run: made_up(run) for run in runs[start : start + READ_AT_ONCE]})
    connection = sqlite3.connect(path)
    connection.execute("VACUUM INTO ?", (f"{path}.digested",))  # both files are written alike
    with connection:
        connection.execute("UPDATE traces SET digest = NULL")  # as older versions stored them
    connection.execute("VACUUM INTO ?", (f"{path}.bare",))
    connection.close()
    seconds = {False: 0.0, True: 0.0}
    with Store(f"{path}.digested") as store, Store(f"{path}.bare") as without:
        for start in range(0, len(runs), READ_AT_ONCE):
            some = runs[start : start + READ_AT_ONCE]
            found = {False: [], True: []}
            for turn in range(READ_ROUNDS):
                for digested in (False, True) if turn % 2 else (True, False):
                    found[digested].append(_reading(store if digested else without, some))
            for digested, times in found.items():
                seconds[digested] += min(times)
    return 1e6 * seconds[True] / len(runs), 100 * (seconds[True] / seconds[False] - 1)


def _reading(store: Store, runs: Sequence[Run]) -> float:
    gc.collect()  # what the last round left
    started = time.process_time()
    store.load(runs)
    return time.process_time() - started


def _peak() -> float:
    """Return the most megabytes that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _silent(*_: object) -> None:
    pass


def fresh(measure: Callable, *arguments: Any) -> Any:
    """Return what a function returns in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def row(what: str, runs: int, value: float, unit: str, bar: float = np.inf) -> dict:
    """Return a line of the table, with the most that the value may be, if any; and print it."""
    line = {
        "what": what,
        "runs": runs,
        "value": float(f"{value:.3g}"),
        "unit": unit,
        "bar": float(f"{bar:.3g}") if np.isfinite(bar) else None,
        "ok": value <= bar,
    }
    mark = "" if bar == np.inf else f"at most {bar:.3g}{'' if line['ok'] else '   MISSED'}"
    print(f"{what:44}{runs:8,}{line['value']:10g} {unit:10} {mark}".rstrip(), flush=True)
    return line


def planning() -> list[dict]:
    """Plan 100,000 runs from an empty store, and again when all are stored."""
    rows = []
    for kind in (GIVEN, TUNED):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/runs.sqlite"
            for state, most in (("none stored", PLAN_SECONDS), ("all stored", STORED_SECONDS)):
                seconds, megabytes = fresh(plan, kind, path)
                what = f"planning, {kind}, {state}"
                rows.append(row(what, PLANNED, seconds, "s", most))
                rows.append(row(what, PLANNED, megabytes, "MB", PLAN_MB))
                if state == "none stored":
                    fresh(fill, kind, path)
    return rows


def looping() -> list[dict]:
    """Complete studies of more and more runs, each in a store of its own, and one beside each.

    The bars are those of the processor's time: the disk is shared with whatever else is running.
    """
    rows = []
    for kind in (GIVEN, ADAPTIVE):
        most = most_beside = np.inf  # for the first of them
        for runs in STORED:
            own, clock, beside, clock_beside = _median_overhead(kind, runs)
            what = f"loop, {kind}"
            rows.append(row(what, runs, own, "us a run", most))
            rows.append(row(f"{what}, by the clock", runs, clock, "us a run"))
            if kind == GIVEN:  # the other one would be no different
                what = f"loop, {BESIDE:,} runs beside"
                rows.append(row(what, runs, beside, "us a run", most_beside))
                rows.append(row(f"{what}, by the clock", runs, clock_beside, "us a run"))
            if runs == STORED[0]:
                most, most_beside = own * LOOP_GROWTH, beside * BESIDE_GROWTH
    return rows


def _median_overhead(kind: str, runs: int) -> tuple[float, ...]:
    found = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            found.append(fresh(overhead, kind, runs, f"{folder}/runs.sqlite"))
    return tuple(map(statistics.median, zip(*found, strict=True)))


def reporting() -> list[dict]:
    """Write reports of 10,000 runs that are stored."""
    rows = []
    studies = {"two arms": two_arms(REPORTED), "ten settings": study_of(GIVEN, REPORTED)}
    for name, study in studies.items():
        with tempfile.TemporaryDirectory() as folder:
            fresh(report, study, folder)  # trains them, too
            seconds = fresh(report, study, folder)
        rows.append(row(f"report, {name}", REPORTED, seconds, "s", REPORT_SECONDS))
    return rows


def remembering() -> list[dict]:
    """Train more and more runs in one process."""
    rows, most = [], np.inf
    for runs in TRAINED:
        with tempfile.TemporaryDirectory() as folder:
            megabytes = fresh(training, runs, f"{folder}/runs.sqlite")
        if runs == TRAINED[0]:
            most = megabytes * MEMORY_GROWTH
        rows.append(row("memory while training", runs, megabytes, "MB", most))
    return rows


def reading() -> list[dict]:
    """Read 100,000 traces with and without their digests."""
    with tempfile.TemporaryDirectory() as folder:
        microseconds, share = fresh(digests, f"{folder}/runs.sqlite")
    return [
        row("reading", PLANNED, microseconds, "us a run"),
        row("reading, share of digests", PLANNED, share, "%", DIGESTS),
    ]


PARTS = {part.__name__: part for part in (planning, looping, reporting, remembering, reading)}


def main() -> int:
    """Measure, print and write a table, and return 1 if a bar is missed."""
    command = argparse.ArgumentParser()
    command.add_argument("--parts", nargs="+", choices=PARTS, default=[*PARTS])
    parts = command.parse_args().parts
    table = pd.DataFrame([line for part in parts for line in PARTS[part]()])
    path = Path(__file__).with_suffix(".csv")
    if len(parts) < len(PARTS):
        before = pd.read_csv(path)
        table = pd.concat([before[~before.what.isin(table.what)], table])
    path.write_text(table.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n")
    return int(not table.ok.all())


if __name__ == "__main__":
    sys.exit(main())
