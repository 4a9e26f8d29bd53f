"""A run that fails ends no other: it is tried twice, stored with its reason, and counted."""

import hashlib
import os
import signal

import numpy as np
import pytest
from analysis.helpers import read

from experiments import processes
from experiments.analysis.claims import judge
from experiments.execution import executing, in_flight
from experiments.execution.backends import backend_for
from experiments.execution.failing import Failure, nothing_of
from experiments.execution.fleets import cut
from experiments.execution.in_flight import results
from experiments.execution.keys import run_key
from experiments.execution.loop import NothingTrainedError, Ways, complete
from experiments.execution.plan import plan
from experiments.execution.store import Store
from experiments.report import page
from experiments.scores import Progress

from .helpers import TINY, make_run
from .test_in_flight import QUIET, everything

MANY = """
    dataset: {name: moons, examples: 60}
    network: {activation: [relu, tanh, gelu], depth: [1, 2], width: 4}
    training: {epochs: 3, batch_size: 8}
    tuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}
    protocol: [own_rate, shared_rate]
    seeds: 8
    claims:
      - {faster: relu, than: tanh, to: {train_loss: auto}, by: 2}
      - {faster: relu, than: tanh, to: {train_accuracy: 0.7}, pooled: true}
      - {best: relu, to: {train_loss: 0.6}}
      - {measure: zeros, higher: relu, than: tanh}
      - {measure: test_accuracy, of: relu, at_least: 0.3}
      - {measure: gradient, at: start, layer: first, higher: relu, than: tanh}
"""


def doomed(monkeypatch, which):
    """Let every fleet fail that has a run of which this is true."""

    def unless_doomed(how):
        def train_or_fail(fleet, data):
            if any(map(which, fleet.runs)):
                raise RuntimeError("no luck")
            return how(fleet, data)

        return train_or_fail

    for name in ("train", "train_searches"):
        monkeypatch.setattr(executing, name, unless_doomed(getattr(executing, name)))


def one_in(count):
    return lambda run: int(hashlib.sha256(run_key(run).encode()).hexdigest(), 16) % count == 0


def test_a_fleet_that_fails_once_costs_nothing(monkeypatch, tmp_path):
    told, calls = [], []
    original = executing.train

    def once(fleet, data):
        calls.append(len(fleet.runs))
        if len(calls) == 1:
            raise ValueError("once")
        return original(fleet, data)

    study = read(TINY, "training.learning_rate=0.3")
    with Store(tmp_path / "fine.sqlite") as store:
        complete(study, store, 1, QUIET)
    monkeypatch.setattr(executing, "train", once)
    with Store(tmp_path / "once.sqlite") as store:
        found, trained = complete(study, store, 1, QUIET, tell=told.append)
    assert trained == 8
    assert found.failed == {}
    assert told == ["ValueError: once"]
    assert calls == [8] + [1] * 8  # alone, and one by one
    assert everything(tmp_path / "once.sqlite") == everything(tmp_path / "fine.sqlite")


def test_what_fails_twice_is_stored_with_its_reason_and_not_tried_again(monkeypatch, tmp_path):
    study = read(TINY, "training.learning_rate=0.3")
    setting = study.settings[0]
    bad = setting.run("evaluation", 2)
    with monkeypatch.context() as patch, Store(tmp_path / "s.sqlite") as store:
        doomed(patch, lambda run: run == bad)
        found, trained = complete(study, store, 1, QUIET)
        assert trained == 7
        assert found.failed == {"RuntimeError: no luck": 1}
        assert [result.failed for result in found.settings] == [1, 0]
        assert store.missing([bad]) == []
        assert store.load([bad])[bad].reason == "RuntimeError: no luck"
        before = store.digest(store.asked)
    with Store(tmp_path / "s.sqlite") as store:
        found, trained = complete(study, store, 1, QUIET)
        assert (trained, found.failed) == (0, {"RuntimeError: no luck": 1})
        found, trained = complete(study, store, 1, QUIET, ways=Ways(retry_failed=True))
        assert (trained, found.failed) == (1, {})
        assert store.digest(store.asked) != before


def test_where_nothing_can_be_trained_that_is_said_and_nothing_stored(monkeypatch):
    study = read(TINY, "training.learning_rate=0.3")
    with monkeypatch.context() as patch, Store(":memory:") as store:
        doomed(patch, lambda _: True)
        with pytest.raises(NothingTrainedError, match="none of 8 runs could be trained; the first"):
            complete(study, store, 1, QUIET)
        assert len(plan(study, store).missing) == 8


def test_failures_are_stored_where_others_of_the_study_were_trained_before(monkeypatch):
    study = read(TINY, "training.learning_rate=0.3")
    bad = study.settings[0].run("evaluation", 0)
    with monkeypatch.context() as patch, Store(":memory:") as store:
        doomed(patch, lambda run: run == bad)
        complete(study, store, 1, QUIET)
        assert store.forget_failures() == 1
        found, trained = complete(study, store, 1, QUIET)
        assert (trained, sum(found.failed.values())) == (0, 1)


def test_nothing_is_known_of_a_run_that_failed():
    run = make_run(diagnostics=("zeros", "gradient"))
    trace = nothing_of(run, "reason")
    fleet = cut([run])[0]
    (whole,) = executing.execute(fleet)
    assert trace.columns == whole.columns
    assert np.isnan(trace.values).all()
    goals = (("train_loss", 0.5),)
    score = Progress.of(trace, goals).score
    assert Progress.of(whole, goals).score.order < score.order


def test_a_rate_at_which_runs_failed_is_not_chosen(monkeypatch):
    study = read(TINY)
    with Store(":memory:") as store:
        fine, _ = complete(study, store, 1, QUIET)
    usual = {pair.rate for tuned in fine.tuned for pair in tuned.found}
    worst = max(usual)
    with monkeypatch.context() as patch, Store(":memory:") as store:
        doomed(patch, lambda run: run.stream == "tuning" and run.training.learning_rate == worst)
        found, _ = complete(study, store, 1, QUIET)
    chosen = {r.training.learning_rate for result in found.settings for r in result.runs}
    assert chosen
    assert worst not in chosen


def test_a_pair_of_which_one_run_failed_decides_nothing(monkeypatch):
    text = TINY.replace("seeds: 4\n", "seeds: 12\n")
    study = read(text, "training.learning_rate=0.5", "training.epochs=20")
    with Store(":memory:") as store:
        fine = judge(complete(study, store, 1, QUIET)[0])[0]
    with monkeypatch.context() as patch, Store(":memory:") as store:
        doomed(patch, lambda run: run.network.activation.name == "tanh" and run.seed < 4)
        verdict = judge(complete(study, store, 1, QUIET)[0])[0]
    assert verdict.ratio.censored >= 4
    assert verdict.ratio.low <= fine.ratio.low
    assert verdict.ratio.high >= fine.ratio.high
    assert verdict.ratio.wins <= fine.ratio.wins
    assert verdict.ratio.losses <= fine.ratio.losses


@pytest.mark.slow
@pytest.mark.parametrize("share", [3, 15])
def test_a_report_counts_runs_that_failed(monkeypatch, tmp_path, share):
    study = read(MANY)
    with Store(tmp_path / "s.sqlite") as store:
        doomed(monkeypatch, one_in(share))
        found, _ = complete(study, store, 1, QUIET)
    count = sum(found.failed.values())
    assert count > 4
    written = page.write(found, tmp_path / "report", formats=("png",))
    told = f"{count:,} runs failed, of which nothing is known"
    assert told in written.failed
    assert told in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "runs failed" in written.page.read_text(encoding="utf-8")
    assert ",failed," in (tmp_path / "report" / "runs.csv").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_a_killed_worker_costs_its_fleet_a_second_try_alone(monkeypatch):
    processes.give_up()
    fleets = cut([make_run(seed=seed) for seed in range(8)], 4)
    backend = backend_for(fleets, 2)
    submit, killed, beside = backend.submit, [], []

    class Killing:
        places = 2
        give_up = backend.give_up

        def submit(self, fleet):
            beside.append(len(fleet.runs))
            if not killed:
                killed.append(processes.submit(2, os.getpid).result())
                future = processes.submit(2, _wait_and_train, fleet)
                os.kill(killed[0], signal.SIGKILL)
                return future
            return submit(fleet)

    ended = list(results(fleets, Killing()))
    runs = [run for fleet, outcome in ended for run in fleet.runs]
    assert sorted(run.seed for run in runs) == list(range(8))
    assert not any(isinstance(outcome, Failure) for _, outcome in ended)
    assert 1 in beside  # one run each
    processes.give_up()


def _wait_and_train(fleet):
    import time

    time.sleep(1)
    return executing.attempt(fleet)


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
@pytest.mark.slow
def test_a_run_that_kills_its_worker_twice_has_failed_and_the_others_have_not(monkeypatch):
    fleets = cut([make_run(seed=seed) for seed in range(6)], 3)
    backend = backend_for(fleets, 2)

    class Deadly:
        places = 2
        give_up = backend.give_up

        def submit(self, fleet):
            return processes.submit(2, _die_at_seed_3, fleet)

    ended = list(results(fleets, Deadly()))
    failed = [run.seed for fleet, outcome in ended if outcome == in_flight.KILLED
              for run in fleet.runs]  # fmt: skip
    assert failed == [3]
    fine = [run.seed for fleet, outcome in ended if not isinstance(outcome, Failure)
            for run in fleet.runs]  # fmt: skip
    assert sorted(fine) == [0, 1, 2, 4, 5]


def _die_at_seed_3(fleet):
    if any(run.seed == 3 for run in fleet.runs):
        os.kill(os.getpid(), signal.SIGKILL)
    return executing.attempt(fleet)
