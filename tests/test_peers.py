"""benchmarks/peers.py compares equal work alone, and no workload ends the others."""

import argparse
import csv
import json
import pickle
import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import numpy as np
import peers
import pytest
from contestants import processor, proof, race, scikit_learn, study, workloads
from contestants.entries import CONTESTANTS, FLEETS, FOLLOWERS, Contestant
from contestants.table import Row, write
from contestants.work import Work, apart, diverged
from contestants.workloads import WORKLOADS, batches, starting_weights
from execution.helpers import make_run

from experiments.records import METRICS, Trace

NAN, INF = float("nan"), float("inf")
OURS = np.linspace(0.1, 0.3, 20)
RUNS = len(OURS)
SMALL = replace(WORKLOADS[0], name="small", widths=(4,), seeds=RUNS, updates=8)
(SKLEARN,) = (one for one in CONTESTANTS if one.name == "scikit-learn")


def losses(*ends, by=1.0):
    """The fleets' own times a number, but for the first few."""
    return np.concatenate([np.array(ends), OURS[len(ends) :] * by])


@pytest.mark.parametrize(
    ("theirs", "ours", "equal"),
    [
        (losses(), losses(), True),
        (losses(NAN), losses(), True),
        (losses(), losses(INF), True),
        (losses(NAN, -INF), losses(), True),  # a tenth
        (losses(NAN), losses(0.1, NAN), True),
        (losses(NAN, NAN, NAN), losses(), False),
        (losses(NAN, NAN), losses(0.1, 0.1, NAN), False),
        (losses(NAN, NAN, NAN, NAN), losses(INF, NAN, NAN, NAN), True),
        (losses(*[NAN] * RUNS), losses(*[NAN] * RUNS), False),
        (losses(NAN, by=1.01), losses(), False),
        (losses(9.0), losses(), True),  # the median does not see a single run
    ],
)
def test_work_is_compared_over_the_runs_that_are_finite_in_both(theirs, ours, equal):
    assert apart(theirs, ours).within(median=1e-3) == equal
    assert apart(ours, theirs).within(median=1e-3) == equal


def test_means_are_compared_where_they_are_to_be():
    found = apart(losses(9.0), losses())
    assert found.within(1e-3)
    assert not found.within(1e-3, means=0.01)
    assert apart(losses(NAN), losses()).within(1e-3, means=0.01)


def test_runs_diverge_that_end_in_no_finite_number():
    assert diverged(losses(NAN, INF, -INF)) == 3
    assert diverged(losses()) == 0


def contestant(name, of_weights):
    """One that trains as scikit-learn does, and makes something else of the weights of run N."""

    class Other(Contestant):
        def load(self):
            def train(task):
                trained = enumerate(scikit_learn.train(task).items())
                return {run: [of_weights(run, n, w) for w in net] for n, (run, net) in trained}

            return SimpleNamespace(train=train)

    return Other(name, "nowhere")


def overflowing(first):
    return contestant("overflowing", lambda run, n, w: w * (NAN if n < first else 1))


@pytest.fixture
def racing(monkeypatch):
    """Let these race, each as briefly as can be, whatever else the processor does."""

    def against(*others):
        for module in (proof, race):
            monkeypatch.setattr(module, "CONTESTANTS", (FLEETS, SKLEARN, *others))

    monkeypatch.setattr(race, "SHORTEST", 0.001)
    monkeypatch.setattr(race, "MOST_CORES", INF)
    return against


@pytest.mark.parametrize(("first", "equal"), [(0, True), (2, True), (3, False)])
def test_runs_that_overflow_with_one_contestant_are_counted(racing, first, equal):
    other = overflowing(first)
    racing(other)
    work = proof.prove(SMALL, "relu")
    assert work.equal == equal
    assert str(work).startswith("unequal work: ") != equal
    assert work.diverged == {FLEETS: 0, SKLEARN: 0, other: first}
    assert (f"; diverged of 20 runs: overflowing {first}" in str(work)) == (first > 0)
    if equal:
        assert "nan" not in str(work)


@pytest.mark.parametrize(
    "of_weights",
    [
        lambda run, n, w: w * 1.5,
        lambda run, n, w: w * (1.5 if n == 7 else 1),  # its weights are seen, run by run
        lambda run, n, w: w * NAN,
    ],
)
def test_other_work_is_unequal_whoever_does_it(racing, of_weights):
    racing(contestant("equal", lambda run, n, w: w), contestant("other", of_weights))
    assert not proof.prove(SMALL, "tanh").equal
    racing(contestant("other", of_weights), contestant("equal", lambda run, n, w: w))
    assert not proof.prove(SMALL, "tanh").equal


def test_one_bad_workload_does_not_end_the_others(racing, monkeypatch, capsys):
    other = contestant(
        "other", lambda run, n, w: w * (NAN if run.network.activation.name == "relu" else 1)
    )
    racing(other)
    monkeypatch.setattr(workloads, "WORKLOADS", (SMALL,))
    compiled = ModuleType("contestants.jax_vmap")
    compiled.compile_seconds = []
    monkeypatch.setitem(sys.modules, "contestants.jax_vmap", compiled)
    arguments = argparse.Namespace(only=["small"], rounds=2, processor="native")
    rows = list(peers._rows(arguments))
    told = [row.fields() for row in rows]
    names = [FLEETS.name, SKLEARN.name, "other"]
    assert [fields[:3] for fields in told] == [
        ("small", activation, name) for activation in ("relu", "tanh") for name in names
    ]
    assert [fields[3:] for fields in told[:3]] == [
        (count, "", "", "", "unequal work") for count in ("0", "0", "20")
    ]
    assert [row.ok for row in rows] == [False] * 3 + [True] * 3
    assert all(row.microseconds > 0 and row.ratio > 0 for row in rows[3:])
    said = capsys.readouterr().out
    assert "unequal work: small, relu: " in said
    assert "\nsmall, tanh: " in said


STILL = replace(
    WORKLOADS[-2], name="still small", layers=("conv 2 3x3", "max_pool 4"),
    seeds=2, updates=1, rate=0.0,
)  # fmt: skip


@pytest.mark.parametrize(("factor", "equal"), [(1, True), (1.1, False)])
def test_a_net_of_images_is_left_to_those_who_convolve(racing, factor, equal):
    class Still(Contestant):
        def load(self):
            def train(task):
                started = ((run, starting_weights(run, data)) for run, data in task.items())
                return {run: [w * factor for w in weights] for run, weights in started}

            return SimpleNamespace(train=train)

    still = Still("still", "nowhere", bars={"still": 1e9}, convolves=True)
    racing(still, overflowing(1))
    work = proof.prove(STILL, "relu")
    assert work.equal == equal
    assert work.diverged == {FLEETS: 0, still: 0}
    assert "weights" not in str(work)  # of one alone, which there is nobody to compare with
    if equal:
        _, rows = race.race(STILL, "relu", 1, work)
        assert [(row.contestant, row.bar, row.ok) for row in rows] == [
            (FLEETS, None, True), (still, 1e9, False),
        ]  # fmt: skip


def test_a_contestant_on_two_cores_is_unequal_work(racing, monkeypatch):
    racing()
    monkeypatch.setattr(race, "MOST_CORES", -1)
    proved = Work("small, relu", {FLEETS: 0, SKLEARN: 0}, equal=True)
    work, rows = race.race(SMALL, "relu", 1, proved)
    assert str(work).startswith("unequal work: small, relu; fleets used ")
    assert [(row.microseconds, row.ok) for row in rows] == [(None, False)] * 2


def test_the_last_weights_of_a_run_that_diverges_with_scikit_learn_are_read():
    ((run, data), *_) = SMALL.task("relu", 8).items()
    run = replace(run, training=replace(run.training, learning_rate=1e25))
    net = scikit_learn.Net(run, data)
    with np.errstate(all="ignore"):
        net.advance(batches(run, data))
    assert not np.isfinite(net.read(slice(8))[0])


STAND_IN = """
import pathlib, pickle, sys
name, study, file = sys.argv[1:]
said = pickle.loads(pathlib.Path({said!r}).read_bytes())
if name == "fleets":
    pathlib.Path(file).write_bytes(said["traces"])
print(said[name])
"""


@pytest.fixture
def following(tmp_path):
    """Compare a study with these final losses of the fleets' runs, two of which diverged."""

    def against(**others):
        statuses = ["diverged"] * 2 + ["completed"] * RUNS
        traces = {
            make_run(seed=seed): Trace(np.arange(2) * 9, np.ones((2, 6)), status, 99, 1.0, METRICS)
            for seed, status in enumerate(statuses)
        }
        said = {one.name: json.dumps(OURS.tolist()) for one in (FLEETS, *FOLLOWERS)}
        said |= {name.replace("_", " "): json.dumps(list(some)) for name, some in others.items()}
        file = tmp_path / "said"
        file.write_bytes(pickle.dumps(said | {"traces": pickle.dumps(traces)}))
        command = [sys.executable, "-c", STAND_IN.format(said=str(file))]
        return study.compare("moons", 1, command)

    return against


def test_of_a_study_every_contestant_s_runs_that_diverged_are_told(following):
    work, rows = following(PyTorch_loop=losses(NAN, INF))
    assert work.equal
    assert "scikit-learn 0, PyTorch loop 0; diverged of 22 runs: fleets 2, PyTorch loop 2" in str(
        work
    )
    assert [row.fields()[2:4] for row in rows] == [
        ("fleets", "2"), ("scikit-learn", "0"), ("PyTorch loop", "2"),
    ]  # fmt: skip
    assert all(row.ratio > 0 for row in rows)


@pytest.mark.parametrize("theirs", [losses(NAN, NAN, NAN), losses(by=1.01)])
def test_a_study_of_unequal_work_is_told_and_ends_nothing(following, theirs):
    work, rows = following(PyTorch_loop=theirs)
    assert str(work).startswith("unequal work: study moons: ")
    assert [(row.ratio, row.fields()[-1]) for row in rows] == [(None, "unequal work")] * 3


def test_the_file_keeps_the_rows_of_other_processors(tmp_path):
    path = tmp_path / "peers.csv"
    for kind, microseconds in (("native", 1.0), ("avx2", 2.0), ("native", 3.0)):
        write([Row("tiny", "relu", FLEETS, 0, microseconds, 1.0, None)], kind, path)
    found = list(csv.DictReader(path.read_text().splitlines()))
    assert [(row["processor"], row["microseconds"]) for row in found] == [
        ("avx2", "2"), ("native", "3"),
    ]  # fmt: skip


HEEDED = {"NumPy": "X86_V2 X86_V3", "OpenBLAS": "Haswell", "PyTorch": "AVX2"}


@pytest.mark.parametrize(
    ("used", "refusing"),
    [
        ({}, []),
        ({"NumPy": "X86_V2 X86_V3 X86_V4"}, ["NumPy"]),
        ({"NumPy": "SSE AVX2 AVX512F"}, ["NumPy"]),  # as NumPy before 2.4 names them
        ({"OpenBLAS": "SkylakeX"}, ["OpenBLAS"]),
        ({"PyTorch": "AVX512", "OpenBLAS": "None"}, ["OpenBLAS", "PyTorch"]),
    ],
)
def test_who_goes_on_with_other_instructions_is_named(used, refusing):
    assert processor.unheeded("avx2", HEEDED | used) == refusing
    assert processor.unheeded("native", HEEDED | used) == []
