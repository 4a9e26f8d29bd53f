"""Fleets in flight: the same bits in any process, and nothing lost on the way."""

from dataclasses import replace
from itertools import count

import pytest
from analysis.helpers import read

from experiments.execution import executing, loop
from experiments.execution.backends import backend_for
from experiments.execution.executing import execute
from experiments.execution.failing import Failure
from experiments.execution.fleets import cut, cut_searches
from experiments.execution.in_flight import results
from experiments.execution.loop import complete
from experiments.execution.origin import origin
from experiments.execution.plan import next_runs
from experiments.execution.store import Store, StoreError
from experiments.parameters import Choice
from experiments.records import Fleet, Trace
from experiments.report import page

from .helpers import TINY, assert_same_bits, at_rate, make_run

QUIET = lambda *_: None  # noqa: E731


def everything(path):
    """All rows of a store but the seconds, which nobody promises to repeat.

    Of runs of searches, which may have gone on for longer than they had to, only which there are.
    """
    with Store(path) as store:
        rows = store._connection.execute(
            "SELECT key, run, status, updates, budget, columns, metrics FROM traces ORDER BY key"
        ).fetchall()
    return [row if '"stream":"evaluation"' in row[1] else row[:2] for row in rows]


def trained(fleets, jobs):
    return results(fleets, backend_for(fleets, jobs))


def files_in(folder):
    return sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())


def in_small_fleets(monkeypatch, jobs):
    """Cut fleets as if so many were to train at a time."""
    monkeypatch.setattr(loop, "cut", lambda runs, _: cut(runs, jobs))
    monkeypatch.setattr(
        loop,
        "cut_searches",
        lambda runs, searches, _, of_pair: cut_searches(runs, searches, jobs, of_pair),
    )


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    study = read(TINY)
    with Store(folder / "s.sqlite") as store:
        study_results, trained = complete(study, store, 1, QUIET)
        page.write(study_results, folder / "report", formats=("png",))
    return folder, trained


def test_a_study_trains_each_of_its_runs_once(uninterrupted):
    folder, trained = uninterrupted
    assert trained == len(everything(folder / "s.sqlite"))
    assert trained >= 2 * 3 * 2 + 2 * 4


def test_two_workers_give_the_same_bits_as_none():
    # One rate is so high that its runs diverge beside the others.
    runs = [
        at_rate(make_run(name, seed=seed, examples=60), rate)
        for name in ("relu", "tanh")
        for rate in (0.1, 1e30)
        for seed in range(3)
    ]
    runs += [make_run("sigmoid", widths=(3, 3), seed=seed, precision="float64") for seed in (0, 1)]
    fleets = cut(runs, 2)
    assert len(fleets) >= 4

    here = {
        run: t for f, traces in trained(fleets, 1) for run, t in zip(f.runs, traces, strict=True)
    }
    there = {
        run: t for f, traces in trained(fleets, 2) for run, t in zip(f.runs, traces, strict=True)
    }

    assert set(here) == set(there) == set(runs)
    assert {trace.status for trace in here.values()} == {"completed", "diverged"}
    for run in runs:
        assert_same_bits(there[run], here[run])


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_trace_tells_where_it_was_trained(jobs):
    fleets = cut([make_run(seed=seed) for seed in range(4)], 4)
    origins = {trace.origin for _, traces in trained(fleets, jobs) for trace in traces}
    assert origins == {origin()}  # every process of a machine says the same of it


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fleet_that_fails_ends_no_other(jobs):
    good = cut([make_run(seed=seed) for seed in range(4)], 4)
    bad = Fleet((replace(make_run(), data=Choice("no such data")),), 1)
    ended = dict(trained([bad, *good], jobs))
    assert ended.pop(bad) == Failure("KeyError: 'no such data'")
    assert set(ended) == set(good)
    assert all(isinstance(trace, Trace) for traces in ended.values() for trace in traces)


def test_in_this_process_results_come_one_by_one(monkeypatch):
    seen = []
    monkeypatch.setattr(executing, "train", lambda fleet, data: seen.append(fleet) or [])
    fleets = cut([make_run(seed=seed) for seed in range(4)], 4)
    stream = trained(fleets, 1)
    assert seen == []
    assert next(stream)[0] is fleets[0]
    assert len(seen) == 1


def test_a_fleet_trains_on_the_data_of_its_own_seeds_and_stream(monkeypatch):
    asked = []
    monkeypatch.setattr(executing.datasets, "load", lambda *how: asked.append(how))
    monkeypatch.setattr(executing, "train", lambda fleet, data: [])
    runs = [
        make_run(name, seed=seed, stream="tuning", precision="float64")
        for name in ("relu", "tanh") for seed in (5, 2)
    ]  # fmt: skip
    (fleet,) = cut(runs)
    execute(fleet)
    assert asked == [(runs[0].data, "tuning", seed, "float64") for seed in (2, 5)]


def failing(monkeypatch, at, error):
    """Let the fleet number `at`, counted from 1, fail instead of training."""
    number = count(1)

    def or_fail(train):
        def train_or_fail(fleet, data):
            if next(number) == at:
                raise error
            return train(fleet, data)

        return train_or_fail

    for name in ("train", "train_searches"):
        monkeypatch.setattr(executing, name, or_fail(getattr(executing, name)))


def test_a_study_that_is_interrupted_goes_on_where_it_stopped(monkeypatch, tmp_path, uninterrupted):
    folder, trained = uninterrupted
    study, path = read(TINY), tmp_path / "s.sqlite"
    # Small fleets, so that the third ends amid the tuning.
    in_small_fleets(monkeypatch, 4)
    with monkeypatch.context() as patch, Store(path) as store:
        failing(patch, 3, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            complete(study, store, 1, QUIET)
    stored = len(everything(path))
    assert 0 < stored < trained

    with Store(path) as store:
        study_results, rest = complete(study, store, 1, QUIET)
        assert rest == trained - stored
        assert next_runs(study, store) == []
        page.write(study_results, tmp_path / "report", formats=("png",))

    assert everything(path) == everything(folder / "s.sqlite")
    names = files_in(tmp_path / "report")
    assert names == files_in(folder / "report")
    for name in names:
        ours, theirs = (tmp_path / "report" / name), (folder / "report" / name)
        assert ours.read_bytes() == theirs.read_bytes(), name


@pytest.mark.parametrize("at", [1, 2, 4])
def test_interrupted_again_it_ends_at_the_same_store(monkeypatch, tmp_path, uninterrupted, at):
    folder, _ = uninterrupted
    study, path, rounds = read(TINY), tmp_path / "s.sqlite", 0
    in_small_fleets(monkeypatch, 3)
    while rounds < at + 5:
        rounds += 1
        with monkeypatch.context() as patch, Store(path) as store:
            failing(patch, at + 1, KeyboardInterrupt())
            try:
                complete(study, store, 1, QUIET)
                break
            except KeyboardInterrupt:
                continue
    with Store(path) as store:
        complete(study, store, 1, QUIET)
    assert everything(path) == everything(folder / "s.sqlite")


def test_a_store_that_fails_loses_only_the_fleet_at_hand(tmp_path, uninterrupted):
    folder, trained = uninterrupted
    study, path = read(TINY), tmp_path / "s.sqlite"

    class Full(Store):
        left = 1

        def add(self, traces):
            if not self.left:
                raise StoreError("the disk is full")
            self.left -= 1
            super().add(traces)

    with Full(path) as store, pytest.raises(StoreError, match="full"):
        complete(study, store, 1, QUIET)
    stored = len(everything(path))
    assert 0 < stored < trained
    with Store(path) as store:
        assert complete(study, store, 1, QUIET)[1] == trained - stored
    assert everything(path) == everything(folder / "s.sqlite")


def test_a_second_invocation_trains_nothing(monkeypatch, uninterrupted):
    folder, _ = uninterrupted
    failing(monkeypatch, 1, AssertionError("nothing is left to train"))
    calls = []
    with Store(folder / "s.sqlite") as store:
        assert complete(read(TINY), store, 1, lambda *call: calls.append(call))[1] == 0
    assert calls == []


def test_a_study_that_shares_runs_trains_only_what_is_new(tmp_path):
    path = tmp_path / "s.sqlite"
    given = ("training.learning_rate=0.3", "seeds=2")
    with Store(path) as store:
        assert complete(read(TINY, *given), store, 1, QUIET)[1] == 4
        another = read(TINY, *given, "title=Another", name="another")
        assert complete(another, store, 1, QUIET)[1] == 0
        more = read(TINY, "training.learning_rate=[0.3, 0.2]", "seeds=3")
        assert complete(more, store, 1, QUIET)[1] == 12 - 4


def test_progress_counts_up_to_the_end_of_each_stage(monkeypatch):
    in_small_fleets(monkeypatch, 4)
    calls = []
    with Store(":memory:") as store:
        _, trained = complete(read(TINY), store, 1, lambda *call: calls.append(call))
    stages, total_of_all = [], 0
    for stage, ended, total in calls:
        if ended == 0:
            stages.append([])
            total_of_all += total
        stages[-1].append((stage, ended, total))
    assert total_of_all == trained
    for steps in stages:
        names, ended, totals = zip(*steps, strict=True)
        assert len(set(names)) == len(set(totals)) == 1
        assert list(ended) == sorted(set(ended))
        assert (ended[0], ended[-1]) == (0, totals[0])
    assert [steps[0][0] for steps in stages][-1] == "evaluation"
    assert stages[0][0][0] == "tuning"


@pytest.mark.slow
def test_a_whole_study_on_two_workers_gives_the_same_store(tmp_path, uninterrupted):
    folder, trained = uninterrupted
    with Store(tmp_path / "s.sqlite") as store:
        assert complete(read(TINY), store, 2, QUIET)[1] == trained
    assert everything(tmp_path / "s.sqlite") == everything(folder / "s.sqlite")
