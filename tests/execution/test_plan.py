"""The plan, driven by a store in memory and a made-up response to the learning rate."""

import copy
from functools import cache

import pytest
from analysis.helpers import Memory, arriving, finish, parabola, read
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.targets import settle
from experiments.analysis.tuning import Grid, choose, tuning_runs
from experiments.execution.plan import evaluation_runs, next_runs, plan, tune

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    tuning: {from: 0.125, to: 1, seeds: 2, extensions: 3}
    seeds: 4
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""
GIVEN = ("training.learning_rate=[0.1, 0.3]",)
MIXED = ("training.learning_rate=[tuned, 0.3]",)
BEST = {"relu": 0.02, "tanh": 3.0}  # below and above the first grid


def respond(run):
    best = BEST[run.network.activation.name]
    return arriving(parabola(best)(run.training.learning_rate) * 1.01**run.seed)


@cache
def _completed(overrides):
    study, memory = read(TEXT, *overrides), Memory()
    return study, memory.traces, finish(study, memory, respond)


def completed(*overrides):
    study, traces, rounds = _completed(overrides)
    return study, Memory(traces), rounds


def streams(runs):
    return {run.stream for run in runs}


def test_tuning_grows_until_the_best_rates_are_inside_and_evaluation_comes_last():
    study, memory, rounds = completed("tuning.extensions=4")
    *searching, last = rounds
    assert all(streams(runs) == {"tuning"} for runs in searching)
    assert streams(last) == {"evaluation"}
    tried = [sorted({run.training.learning_rate for run in runs}) for runs in searching]
    first = [0.125, 0.25, 0.5, 1]
    assert tried == [first, [0.0625, 2], [0.03125, 4], [0.015625, 8], [0.0078125]]
    tuned = tune(study, memory)
    assert tuned.missing == ()
    assert not any(choice.at_low_edge or choice.at_high_edge for choice in tuned.choices)
    assert {dict(choice.setting.labels)["activation"]: choice.rate for choice in tuned.choices} == {
        "relu": 0.015625,
        "tanh": 4,
    }  # the nearest of the grid, on the logarithmic scale


def test_the_limit_of_the_extensions_holds_at_each_end():
    study, memory, rounds = completed("tuning.extensions=1")
    tuned = tune(study, memory)
    assert tuned.grid == Grid((0.0625, 0.125, 0.25, 0.5, 1.0, 2.0), 1, 1)
    assert all(choice.at_low_edge or choice.at_high_edge for choice in tuned.choices)
    assert len(rounds) == 3


def test_every_run_is_asked_for_once():
    _, memory, rounds = completed()
    asked = [run for runs in rounds for run in runs]
    assert len(asked) == len(set(asked)) == len(memory.traces)


def test_nothing_is_asked_of_a_complete_study():
    for overrides in ((), GIVEN, MIXED):
        study, memory, _ = completed(*overrides)
        assert next_runs(study, memory) == []


def test_a_study_without_tuning_asks_for_everything_at_once():
    study, _, rounds = completed(*GIVEN)
    assert study.tuning is None
    assert len(rounds) == 1
    assert rounds[0] == [s.run("evaluation", i) for s in study.settings for i in range(4)]


def test_runs_whose_rate_is_given_do_not_wait_for_the_tuning():
    study, memory, rounds = completed(*MIXED)
    given = [s for s in study.settings if s.training.learning_rate is not None]
    assert {r for r in rounds[0] if r.stream == "evaluation"} == {
        s.run("evaluation", seed) for s in given for seed in range(4)
    }
    assert all(streams(runs) == {"tuning"} for runs in rounds[1:-1])
    assert len([r for r in memory.traces if r.stream == "evaluation"]) == 4 * 4


def test_equal_runs_of_two_settings_are_asked_for_once():
    # matched is he for relu: two settings, one run; for tanh it is glorot.
    study, memory, rounds = completed("network.init=[matched, he]")
    assert len(study.settings) == 4
    for runs in rounds:
        assert len(runs) == len(set(runs))
    relu = [r for r in memory.traces if r.network.activation.name == "relu"]
    tanh = [r for r in memory.traces if r.network.activation.name == "tanh"]
    assert len(tanh) == 2 * len(relu)
    assert next_runs(study, memory) == []
    by_setting = evaluation_runs(tune(study, memory), 4)
    assert len(by_setting) == 4
    assert [run.seed for runs in by_setting.values() for run in runs] == [0, 1, 2, 3] * 4


def test_evaluation_runs_are_at_the_rates_taken():
    study, memory, rounds = completed()
    rates = {c.setting.network: c.rate for c in tune(study, memory).choices}
    assert {(r.network, r.training.learning_rate) for r in rounds[-1]} == set(rates.items())
    assert sorted(r.seed for r in rounds[-1]) == sorted([0, 1, 2, 3] * 2)


class Counting(Memory):
    """A store that counts how many traces it has read."""

    read = 0

    def load(self, runs):
        found = super().load(runs)
        self.read += len(found)
        return found


@pytest.mark.parametrize("overrides", [(), GIVEN, MIXED])
def test_no_trace_is_read_before_all_that_are_asked_for_are_there_and_then_each_once(overrides):
    study, memory, rounds = completed(*overrides)
    evaluation = [run for run in memory.traces if run.stream == "evaluation"]
    lacking = Counting({run: t for run, t in memory.traces.items() if run != evaluation[-1]})
    assert next_runs(study, lacking) == evaluation[-1:]
    assert lacking.read == len(memory.traces) - len(evaluation)  # the tuning, to choose rates
    full = Counting(memory.traces)
    assert plan(study, full).evaluated.results is not None
    assert full.read == len(memory.traces)
    assert len(rounds) >= 1


def test_a_plan_that_goes_on_from_an_earlier_one_is_the_same():
    study, memory, rounds = completed()
    partly, known = Memory(), None
    for runs in [[], *rounds]:
        partly.traces |= {run: memory.traces[run] for run in runs}
        known = plan(study, partly, known)
        assert known == plan(study, partly)
    assert known.missing == []


def test_where_a_larger_grid_changes_the_targets_all_rates_are_scored_by_the_new_ones():
    study = read(TEXT, "claims=[{faster: relu, than: tanh, to: {train_loss: auto}}]")
    memory, first = Memory(), Grid.first(study.tuning)

    def lower_nearer_the_best(run):
        off = parabola(BEST[run.network.activation.name], 0.05)(run.training.learning_rate)
        return arriving(30.0, floor=min(off, 1.0))

    finish(study, memory, lower_nearer_the_best)
    tuned = tune(study, memory)
    assert tuned.grid != first
    assert tuned.study.targets != settle(study, first, memory.traces).targets
    assert tuned.choices == tuple(choose(tuned.study, tuned.grid, memory.traces))


def test_more_seeds_ask_only_for_what_is_new():
    _, memory, _ = completed()
    more = read(TEXT, "seeds=7")
    new = next_runs(more, memory)
    assert {run.seed for run in new} == {4, 5, 6}
    assert len(new) == 6


def test_other_claims_with_the_same_targets_ask_for_nothing():
    _, memory, _ = completed()
    claims = "claims=[{faster: tanh, than: relu, by: 2, to: {train_loss: [0.5, 0.8]}}]"
    assert next_runs(read(TEXT, claims, "title=Another"), memory) == []


def test_two_studies_share_their_runs():
    _, memory, _ = completed(*GIVEN)
    wider = read(TEXT, "training.learning_rate=[0.3, 0.9, 0.1]")
    assert {run.training.learning_rate for run in next_runs(wider, memory)} == {0.9}


@given(st.data())
@settings(max_examples=50)
def test_asking_is_pure(data):
    study, memory, rounds = completed(*data.draw(st.sampled_from([(), GIVEN, MIXED])))
    everything = [run for runs in rounds for run in runs]
    kept = data.draw(st.sets(st.sampled_from(everything)))
    partly = Memory({run: memory.traces[run] for run in kept})
    before, study_before = dict(partly.traces), copy.copy(study)

    first, second = next_runs(study, partly), next_runs(study, partly)

    assert first == second
    assert study == study_before
    assert partly.traces == before
    other = Memory({run: memory.traces[run] for run in sorted(kept, key=hash, reverse=True)})
    assert next_runs(study, other) == first


@given(st.data())
@settings(max_examples=80)
def test_whatever_is_lost_is_asked_for_again_and_nothing_else(data):
    study, memory, rounds = completed(*data.draw(st.sampled_from([(), GIVEN, MIXED])))
    everything = [run for runs in rounds for run in runs]
    lost = data.draw(st.sets(st.sampled_from(everything)))
    partly = Memory({run: memory.traces[run] for run in everything if run not in lost})

    asked = next_runs(study, partly)
    assert len(asked) == len(set(asked))
    assert set(asked) <= lost
    assert bool(asked) == bool(lost)
    if asked and lost:  # what is asked first is what stands in the way of the rest
        later = lost - set(asked)
        assert "tuning" in streams(asked) or not later
    finish(study, partly, respond)
    assert set(partly.traces) == set(everything)
    assert tune(study, partly) == tune(study, memory)


@given(st.data())
@settings(max_examples=25)
def test_a_study_that_is_stopped_again_and_again_ends_at_the_same_runs(data):
    study, memory, _ = completed(*data.draw(st.sampled_from([(), GIVEN, MIXED])))
    slowly, rounds = Memory(), 0
    while asked := next_runs(study, slowly):
        rounds += 1
        assert rounds < 500
        some = data.draw(st.integers(1, len(asked)))
        slowly.traces |= {run: respond(run) for run in asked[:some]}
    assert set(slowly.traces) == set(memory.traces)


@pytest.mark.parametrize("spare", ["runs of another study", "later rates", "more seeds"])
def test_what_else_the_store_holds_is_irrelevant(spare):
    study, memory, rounds = completed()
    others = {
        "runs of another study": read(TEXT, "network.width=16"),
        "later rates": read(TEXT, "tuning.to=64"),
        "more seeds": read(TEXT, "tuning.seeds=5", "seeds=9"),
    }[spare]
    full = Memory()
    finish(others, full, respond)
    known = set(full.traces)
    again = finish(study, full, respond)
    assert {run for runs in again for run in runs} == set(memory.traces) - known
    assert tune(study, full) == tune(study, memory)
    assert len(rounds) > 1


def test_where_everything_diverges_the_grid_grows_downwards_and_stops():
    study, memory = read(TEXT), Memory()
    rounds = finish(study, memory, lambda run: arriving(9.0, diverges_after=2))
    tuned = tune(study, memory)
    assert tuned.grid == Grid(tuple(2.0**-i for i in range(6, -1, -1)), 3, 0)
    assert {choice.rate for choice in tuned.choices} == {2.0**-6}
    assert len(rounds) == 5
    assert len(tuning_runs(study, tuned.grid)) == 2 * 7 * 2
