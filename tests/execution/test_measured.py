"""Studies of measures: what is read of their runs, and runs that are not trained at all."""

from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from analysis.helpers import Memory, arriving, finish, gather, parabola, read

from experiments import datasets
from experiments.analysis.claims import judge
from experiments.execution import executing, loop
from experiments.execution.backends.here import Here
from experiments.execution.executing import execute
from experiments.execution.fleets import cut
from experiments.execution.keys import run_key
from experiments.execution.loop import complete
from experiments.execution.plan import next_runs, plan
from experiments.execution.store import Store
from experiments.nn.diagnostics import DIAGNOSTICS, columns, times
from experiments.nn.diagnostics import reading as reader
from experiments.nn.layers.chain import chain, parts_of
from experiments.nn.layers.record import Block
from experiments.nn.network import Stack
from experiments.nn.weights import Weights
from experiments.parameters import Choice
from experiments.records import METRICS

from .helpers import TINY, assert_same_bits, make_run

QUIET = lambda *_: None  # noqa: E731

BORN = """
    dataset: {name: gaussian, examples: 20, features: 6}
    network: {activation: [relu, tanh], depth: [1, 2], width: 6, output: linear}
    training: {epochs: 0}
    seeds: 12
    diagnostics: [gradient]
    claims:
      - {measure: zeros, at: start, of: relu, is: theory, within: 0.2}
      - {measure: activation_mean, higher: relu, than: tanh}
"""
MEASURED = """
    dataset: {name: xor, examples: 60}
    network: {activation: [relu, tanh], depth: 1, width: 4}
    training: {epochs: 4, batch_size: 8}
    tuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}
    seeds: 6
    claims: [{measure: zeros, higher: relu, than: tanh}]
"""


def by_stream(runs):
    return {stream: [r for r in runs if r.stream == stream] for stream in ("tuning", "evaluation")}


# What runs carry


def respond(run):
    return arriving(parabola(0.5)(run.training.learning_rate))


def test_tuning_runs_carry_no_diagnostics_and_evaluation_runs_all():
    study, asked = read(MEASURED, "diagnostics=[gradient]"), []
    with Store(":memory:") as store:
        while runs := next_runs(study, store):
            asked += runs
            for fleet in cut(runs):
                store.add(dict(zip(fleet.runs, execute(fleet), strict=True)))
        traces = store.load(asked)
    streams = by_stream(asked)
    assert streams["tuning"]
    assert {run.diagnostics for run in streams["tuning"]} == {()}
    assert {traces[run].columns for run in streams["tuning"]} == {METRICS}
    assert {run.diagnostics for run in streams["evaluation"]} == {("gradient", "zeros")}
    held = (*METRICS, "gradient 1", "gradient output", "zeros 1")
    assert {traces[run].columns for run in streams["evaluation"]} == {held}


def test_what_is_asked_for_in_addition_tunes_nothing_anew():
    plain, memory = read(TINY), Memory()
    finish(plain, memory, respond)
    more = read(TINY, "diagnostics=[zeros]")
    new = next_runs(more, memory)
    assert {run.stream for run in new} == {"evaluation"}
    assert {run.diagnostics for run in new} == {("zeros",)}
    assert {replace(run, diagnostics=()) for run in new} == set(
        by_stream(memory.traces)["evaluation"]
    )


def test_a_study_without_such_claims_has_none_switched_on_and_pays_for_none(monkeypatch):
    memory = Memory()
    finish(read(TINY), memory, respond)
    assert {run.diagnostics for run in memory.traces} == {()}
    monkeypatch.setattr(reader, "View", lambda *_: pytest.fail("examples were passed through"))
    (trace,) = execute(cut([make_run()])[0])
    assert trace.columns == METRICS
    with pytest.raises(pytest.fail.Exception, match="passed through"):
        execute(cut([make_run(diagnostics=("zeros",))])[0])


def test_reading_more_of_a_run_does_not_change_how_it_goes():
    everything = tuple(name for name, row in DIAGNOSTICS.items() if not row.measured)
    plain = make_run("tanh", widths=(4, 3), epochs=3.0)
    read_of = replace(plain, diagnostics=everything)
    assert run_key(plain) != run_key(read_of)
    (before,), (after,) = (execute(cut([run])[0]) for run in (plain, read_of))
    assert after.columns == (*METRICS, *columns(everything, 2))
    assert_same_bits(replace(after, values=after.values[:, : len(METRICS)].copy(),
                             columns=METRICS), before)  # fmt: skip


def test_a_study_s_diagnostics_are_the_same_bits_after_the_store(tmp_path):
    study = read(BORN)
    with Store(tmp_path / "s.sqlite") as store:
        complete(study, store, 1, QUIET)
    runs = [setting.run("evaluation", seed) for setting in study.settings for seed in range(12)]
    fresh = {
        run: t for fleet in cut(runs) for run, t in zip(fleet.runs, execute(fleet), strict=True)
    }
    with Store(tmp_path / "s.sqlite") as store:
        stored = store.load(runs)
    assert stored.keys() == fresh.keys()
    for run in runs:
        assert_same_bits(stored[run], fresh[run])
        assert np.isfinite(stored[run].metric("zeros 1")).all()


# Runs of 0 epochs


def test_a_study_that_trains_nothing_plans_no_tuning_and_completes():
    study, stages = read(BORN), []
    with Store(":memory:") as store:
        assert plan(study, store).tuning == ()
        asked = next_runs(study, store)
        assert len(asked) == 4 * 12
        assert {run.stream for run in asked} == {"evaluation"}
        assert {run.training.learning_rate for run in asked} == {0.0}
        results, trained = complete(study, store, 1, lambda stage, *_: stages.append(stage))
        assert (trained, set(stages)) == (48, {"evaluation"})
        assert next_runs(study, store) == []
    assert [verdict.outcome for verdict in judge(results)] == ["supported"] * 4
    for result in results.settings:
        for trace in result.traces:
            assert (trace.status, trace.budget, list(trace.updates)) == ("completed", 0, [0])


def test_of_several_epochs_only_those_that_train_are_tuned():
    study, memory = read(MEASURED, "training.epochs=[0, 4]"), Memory()

    def untrained(run):
        best = parabola(0.5, fastest=0.01)  # of a rate, the loss that is reached
        trace = arriving(9.0, floor=best(run.training.learning_rate or 1.0))
        held = (*METRICS, *columns(run.diagnostics, 1))
        more = np.zeros((len(trace.updates), len(held) - len(METRICS)))
        return replace(trace, values=np.hstack([trace.values, more]), columns=held)

    finish(study, memory, untrained)
    streams = by_stream(memory.traces)
    assert {run.training.epochs for run in streams["tuning"]} == {4.0}
    rates = {run.training.epochs: run.training.learning_rate for run in streams["evaluation"]}
    assert rates == {0.0: 0.0, 4.0: 0.5}
    assert len(streams["evaluation"]) == 4 * 6


# Times

TIMED = """
    dataset: {name: xor, examples: 60}
    network: {activation: [relu, tanh, sigmoid], depth: 1, width: 4}
    training: {epochs: 1, batch_size: 8, learning_rate: 0.1}
    evaluation: {at: [1]}
    seeds: 4
    claims:
      - {measure: update_time, lower: relu, than: tanh}
      - {measure: function_share, of: tanh, at_least: 0.25}
"""
LOOKS = 2 * 2 * 3 * (1 + times.ROUNDS)
"""At the clock, for a run: at both ends of a round, at 2 evaluations, for an update and a share."""


def in_words(run):
    return run.network.activation.name, run.seed


@pytest.fixture
def clock(monkeypatch):
    """A clock of this process that goes on faster and faster, so that no two times agree."""
    looks = count()
    moment = lambda: float(next(looks)) ** 2  # noqa: E731
    monkeypatch.setattr(times, "time", SimpleNamespace(perf_counter=moment))
    return looks


def watched(monkeypatch, fail_at=None):
    """Note the runs of each fleet that trains in this process; one of them may fail, from 1."""
    fleets, train = [], executing.train

    def noted(fleet, data):
        if len(fleets) + 1 == fail_at:
            raise KeyboardInterrupt
        fleets.append(fleet.runs)
        return train(fleet, data)

    monkeypatch.setattr(executing, "train", noted)
    return fleets


def timed_runs(study):
    seeds = range(study.seeds.most)
    return [setting.run("evaluation", seed) for setting in study.settings for seed in seeds]


def test_each_run_is_measured_for_itself_and_the_arms_take_turns(monkeypatch, clock):
    study, fleets = read(TIMED), watched(monkeypatch)
    with Store(":memory:") as store:
        assert complete(study, store, 2, QUIET)[1] == 12
        traces = store.load(timed_runs(study))
    assert {len(runs) for runs in fleets} == {1}
    up, down = ("relu", "tanh", "sigmoid"), ("sigmoid", "tanh", "relu")
    order = [(name, seed) for seed in range(4) for name in (down if seed % 2 else up)]
    assert [in_words(run) for (run,) in fleets] == order
    assert next(clock) == 12 * LOOKS
    for name in ("update_time", "function_share"):
        assert len({value for trace in traces.values() for value in trace.metric(name)}) == 12 * 2


def test_an_interrupted_study_measures_only_what_is_missing(monkeypatch, clock, tmp_path):
    study, path = read(TIMED), tmp_path / "s.sqlite"
    with monkeypatch.context() as patch, Store(path) as store:
        before = watched(patch, fail_at=6)
        with pytest.raises(KeyboardInterrupt):
            complete(study, store, 1, QUIET)
        kept = store.load(timed_runs(study))
    assert set(kept) == {run for (run,) in before}
    assert len(kept) == 5
    fleets = watched(monkeypatch)
    with Store(path) as store:
        assert complete(study, store, 1, QUIET)[1] == 7
        traces = store.load(timed_runs(study))
    assert len(traces) == 12
    assert set(traces) - set(kept) == {run for (run,) in fleets}
    for run, trace in kept.items():
        assert_same_bits(traces[run], trace)
    fleets.clear()
    with Store(path) as store:
        assert complete(study, store, 1, QUIET)[1] == 0
    assert fleets == []


def test_nothing_else_trains_while_times_are_measured(monkeypatch):
    """Neither beside them nor between them: not even where some could begin before the tuning."""
    study = read(
        MEASURED,
        "training.learning_rate=[tuned, 0.1]",
        "claims=[{measure: update_time, lower: relu, than: tanh}]",
    )
    events, results = [], loop.results

    def noted(fleets, backend, **_):
        fleets, jobs = list(fleets), backend.places
        events.append(("begins", [run for fleet in fleets for run in fleet.runs], jobs))
        yield from results(fleets, Here())
        events.append(("ends", [], jobs))

    monkeypatch.setattr(loop, "results", noted)
    stages = []
    with Store(":memory:") as store:
        complete(study, store, 2, lambda stage, *_: stages.append(stage))
    assert [what for what, *_ in events] == ["begins", "ends"] * (len(events) // 2)
    *others, (_, measured, jobs), _ = events
    assert jobs == 1
    assert {run.stream for _, runs, _ in others for run in runs}.isdisjoint({"evaluation"})
    assert {jobs for *_, jobs in others} == {2}
    assert len(measured) == len(set(measured)) == 4 * 6
    assert [run.seed for run in measured] == [seed for seed in range(6) for _ in range(4)]
    assert list(dict.fromkeys(stages))[-1] == "measuring"


def test_runs_without_times_do_not_wait_and_train_together(monkeypatch):
    study = read(TIMED, "claims=[{measure: zeros, higher: relu, than: tanh}]")
    fleets = watched(monkeypatch)
    with Store(":memory:") as store:
        complete(study, store, 1, QUIET)
    assert max(len(runs) for runs in fleets) > 1


@pytest.mark.parametrize(
    ("widths", "batch"), [((32, 32, 32), 64), ((300,), 128), ((2000, 2000), 32), ((1,), 1)]
)
def test_as_many_copies_are_timed_as_would_train_together(widths, batch):
    run = make_run(data="gaussian", examples=1000, widths=widths, batch=batch)
    shape = datasets.shape(run.data)
    places, blocks = chain(run.network, shape), [Block(slice(0, 2), Choice("relu"))]
    count = sum(part.size for part in parts_of(places))
    weights = Weights(np.zeros((2, count), np.float32), parts_of(places))
    stack = Stack(weights, places, blocks, 2, batch)
    seeds = 2 * times.MOST_COPIES
    largest = max(len(f.runs) for f in cut([replace(run, seed=seed) for seed in range(seeds)]))
    copies = times._copies(SimpleNamespace(stack=stack))
    assert largest <= copies <= max(1, 1.25 * largest)


# Seeds as needed

ADAPTIVE = ("seeds={min: 8, max: 40}", "training.learning_rate=0.1")


def reading(of):
    """Traces whose share of zeros is what `of` gives for an activation and a seed."""

    def respond(run):
        trace = arriving(9.0)
        zeros = np.full((len(trace.updates), 1), of(run.network.activation.name, run.seed))
        return replace(
            trace, values=np.hstack([trace.values, zeros]), columns=(*METRICS, "zeros 1")
        )

    return respond


CLEAR = reading(lambda name, seed: 0.5 + 0.01 * seed if name == "relu" else 0.0)
OPEN = reading(lambda name, seed: 0.5 + (0.1 if (seed % 2 == 0) == (name == "relu") else -0.1))
SLOW = reading(lambda name, seed: 0.5 + (0.1 if (name == "relu") == (seed % 6 != 1) else -0.1))


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        ("higher: relu, than: tanh", "supported"),
        ("lower: relu, than: tanh", "refuted"),
        ("of: relu, at_least: 0.4", "supported"),
        ("of: relu, between: [0, 0.2]", "refuted"),
        ("of: tanh, is: 0", "supported"),
    ],
)
def test_seeds_are_added_until_a_claim_about_a_measure_is_decided(claim, outcome):
    study = read(MEASURED, *ADAPTIVE, f"claims=[{{measure: zeros, {claim}}}]")
    memory = Memory()
    rounds = finish(study, memory, CLEAR)
    assert len(rounds) == 1
    results = gather(study, memory)
    assert results.seeds == 8
    assert [verdict.outcome for verdict in judge(results)] == [outcome]


def test_a_claim_that_stays_open_goes_on_to_the_most():
    study, memory = read(MEASURED, *ADAPTIVE), Memory()
    finish(study, memory, OPEN)
    results = gather(study, memory)
    assert results.seeds == 40
    assert [verdict.outcome for verdict in judge(results)] == ["inconclusive"]


def test_it_stops_between_as_soon_as_all_is_decided():
    study, memory = read(MEASURED, *ADAPTIVE), Memory()
    finish(study, memory, SLOW)
    seeds = gather(study, memory).seeds
    assert 8 < seeds < 40
    looks = [8, 12, 18, 27, 40]
    before = looks[looks.index(seeds) - 1]
    for most, outcome in ((seeds, "supported"), (before, "inconclusive")):
        stopped = read(MEASURED, f"seeds={{min: 8, max: {most}}}", ADAPTIVE[1])
        assert [v.outcome for v in judge(gather(stopped, memory))] == [outcome]


def test_an_open_claim_about_a_measure_keeps_a_decided_race_going():
    race = "{faster: relu, than: tanh, to: {train_loss: 0.5}}"
    both = f"{race}, {{measure: zeros, higher: relu, than: tanh}}"

    def quick(run):
        trace = OPEN(run)
        times = arriving((8.0 if run.network.activation.name == "relu" else 24.0) * 1.01**run.seed)
        return replace(trace, values=np.hstack([times.values, trace.values[:, len(METRICS) :]]))

    for claims, seeds in ((both, 40), (race, 8)):
        overrides = (*ADAPTIVE, "diagnostics=[zeros]", f"claims=[{claims}]")
        study, memory = read(MEASURED, *overrides), Memory()
        finish(study, memory, quick)
        assert gather(study, memory).seeds == seeds
