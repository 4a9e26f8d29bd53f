"""Studies of measures: what is read of their runs, and runs that are not trained at all."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.helpers import Memory, arriving, finish, gather, parabola, read

from experiments.analysis.claims import judge
from experiments.execution.executor import execute
from experiments.execution.fleets import cut
from experiments.execution.keys import run_key
from experiments.execution.loop import complete
from experiments.execution.plan import next_runs, tune
from experiments.execution.store import Store
from experiments.nn.diagnostics import DIAGNOSTICS, columns
from experiments.nn.diagnostics import reading as reader
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
                store.add(dict(zip(fleet.runs, execute(fleet)[1], strict=True)))
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
    (trace,) = execute(cut([make_run()])[0])[1]
    assert trace.columns == METRICS
    with pytest.raises(pytest.fail.Exception, match="passed through"):
        execute(cut([make_run(diagnostics=("zeros",))])[0])


def test_reading_more_of_a_run_does_not_change_how_it_goes():
    everything = tuple(name for name, row in DIAGNOSTICS.items() if not row.measured)
    plain = make_run("tanh", widths=(4, 3), epochs=3.0)
    read_of = replace(plain, diagnostics=everything)
    assert run_key(plain) != run_key(read_of)
    (before,), (after,) = (execute(cut([run])[0])[1] for run in (plain, read_of))
    assert after.columns == (*METRICS, *columns(everything, 2))
    assert_same_bits(replace(after, values=after.values[:, : len(METRICS)].copy(),
                             columns=METRICS), before)  # fmt: skip


def test_a_study_s_diagnostics_are_the_same_bits_after_the_store(tmp_path):
    study = read(BORN)
    with Store(tmp_path / "s.sqlite") as store:
        complete(study, store, 1, QUIET)
    runs = [setting.run("evaluation", seed) for setting in study.settings for seed in range(12)]
    fresh = {
        run: t for fleet in cut(runs) for run, t in zip(fleet.runs, execute(fleet)[1], strict=True)
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
        assert tune(study, store).missing == ()
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
