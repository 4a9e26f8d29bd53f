"""Seeds are added until every claim is decided, and no further than the study allows."""

from functools import cache

import numpy as np
import pytest
from analysis.helpers import BUDGET, Memory, arriving, finish, gather, parabola, read
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.execution import plan as module
from experiments.execution.plan import next_runs, plan

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: {min: 8, max: 64}
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
"""
LOOKS = [8, 12, 18, 27, 41, 62, 64]
TUNED = ("training.learning_rate=tuned", "tuning={from: 0.25, to: 1, extensions: 1}")


def clear(run):
    base = 8.0 if run.network.activation.name == "relu" else 24.0
    return arriving(base * 1.01**run.seed)


def null(run):
    """Arms that win in turns."""
    first = (run.seed % 2 == 0) == (run.network.activation.name == "relu")
    return arriving(8.0 if first else 12.0)


def slowly(run):
    """Relu wins 3 of 4 pairs: it takes more than the least number of seeds to tell."""
    relu = run.network.activation.name == "relu"
    return arriving(8.0 if relu == (run.seed % 4 != 1) else 12.0)


def seeds_of(rounds):
    return [sorted({run.seed for run in runs if run.stream == "evaluation"}) for runs in rounds]


def test_a_clear_answer_stops_at_the_first_look():
    memory = Memory()
    assert seeds_of(finish(read(TEXT), memory, clear)) == [list(range(8))]
    assert gather(read(TEXT), memory).seeds == 8


def test_without_an_answer_it_goes_on_to_the_most_and_looks_in_steps_of_a_half():
    study, memory = read(TEXT), Memory()
    rounds = finish(study, memory, null)
    expected = [list(range(a, b)) for a, b in zip([0, *LOOKS], LOOKS, strict=False)]
    assert seeds_of(rounds) == expected
    results = gather(study, memory)
    assert results.seeds == 64
    assert [v.outcome for v in judge(results)] == ["inconclusive"]


def test_it_stops_as_soon_as_all_is_decided_and_not_before():
    study, memory = read(TEXT), Memory()
    rounds = finish(study, memory, slowly)
    results = gather(study, memory)
    assert 8 < results.seeds < 64
    assert results.seeds == LOOKS[len(rounds) - 1]
    assert [v.outcome for v in judge(results)] == ["supported"]
    before = read(TEXT, f"seeds={{min: 8, max: {LOOKS[len(rounds) - 2]}}}")
    assert [v.outcome for v in judge(gather(before, memory))] == ["inconclusive"]


def test_one_open_claim_of_several_keeps_all_going():
    claims = (
        "claims=[{faster: relu, than: tanh, to: {train_loss: 0.5}},"
        " {faster: relu, than: tanh, to: {test_loss: 0.5}}]"
    )

    def respond(run):
        one, other = clear(run), null(run)
        values = one.values.copy()
        values[:, 4] = other.metric("test_loss")
        return type(one)(one.updates, values, one.status, one.budget)

    study, memory = read(TEXT, claims), Memory()
    finish(study, memory, respond)
    assert gather(study, memory).seeds == 64


def test_a_comparison_that_no_seed_can_decide_asks_for_none():
    study, memory = read(TEXT), Memory()
    rounds = finish(study, memory, lambda run: arriving(9 * BUDGET))
    assert seeds_of(rounds) == [list(range(8))]
    (verdict,) = judge(gather(study, memory))
    assert verdict.outcome == "untestable"


def test_fewer_seeds_than_an_interval_takes_are_only_a_start():
    study, memory = read(TEXT, "seeds={min: 2, max: 20}"), Memory()
    rounds = finish(study, memory, clear)
    # 8 pairs, since 2^(1 - 8) is the first that is no more than what is spent by then.
    assert [len(seeds) for seeds in seeds_of(rounds)] == [2, 1, 2, 3]
    (verdict,) = judge(gather(study, memory))
    assert verdict.outcome == "supported"


def test_a_study_without_claims_has_nothing_to_wait_for():
    study, memory = read(TEXT, "claims=[]"), Memory()
    assert seeds_of(finish(study, memory, null)) == [list(range(8))]


@pytest.mark.parametrize("seeds", ["8", "{min: 8, max: 8}"])
def test_a_fixed_number_of_seeds_is_asked_for_at_once_whatever_comes_out(seeds):
    for respond in (clear, null, slowly):
        study, memory = read(TEXT, f"seeds={seeds}"), Memory()
        rounds = finish(study, memory, respond)
        assert [len(runs) for runs in rounds] == [16]
        assert rounds[0] == [s.run("evaluation", i) for s in study.settings for i in range(8)]
        assert not study.seeds.adaptive


def test_with_bounds_the_interval_is_wider_than_with_a_fixed_number():
    def noisy(run):
        rng = np.random.default_rng([run.seed, ord(run.network.activation.name[0])])
        base = 8.0 if run.network.activation.name == "relu" else 24.0
        return arriving(base * np.exp(0.1 * rng.normal()))

    memory = Memory()
    found = []
    for seeds in ("20", "{min: 20, max: 64}"):
        study = read(TEXT, f"seeds={seeds}")
        finish(study, memory, noisy)
        found.append(judge(gather(study, memory))[0].ratio)
    fixed, sequential = found
    assert fixed.pairs == sequential.pairs == 20
    assert sequential.low < fixed.low < fixed.high < sequential.high


@cache
def _completed(overrides, respond):
    study, memory = read(TEXT, "seeds={min: 8, max: 20}", *overrides), Memory()
    finish(study, memory, respond)
    return study, memory.traces


def tuned_null(run):
    late = parabola(0.5)(run.training.learning_rate) / 8
    first = (run.seed % 2 == 0) == (run.network.activation.name == "relu")
    return arriving((8.0 if first else 12.0) * late)


SCENES = {"clear": ((), clear), "null": ((), null), "slowly": ((), slowly),
          "tuned": (TUNED, tuned_null)}  # fmt: skip


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_a_study_that_is_stopped_again_and_again_ends_at_the_same_runs(data):
    overrides, respond = SCENES[data.draw(st.sampled_from(sorted(SCENES)))]
    study, traces = _completed(overrides, respond)
    partly, rounds = Memory(), 0
    while asked := next_runs(study, partly):
        rounds += 1
        assert rounds < 1000
        some = data.draw(st.integers(max(1, len(asked) // 3), len(asked)))
        partly.traces |= {run: respond(run) for run in asked[:some]}
    assert partly.traces.keys() == traces.keys()


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_what_is_lost_is_asked_for_again_and_nothing_else(data):
    overrides, respond = SCENES[data.draw(st.sampled_from(sorted(SCENES)))]
    study, traces = _completed(overrides, respond)
    lost = data.draw(st.sets(st.sampled_from(list(traces)), max_size=20))
    partly = Memory({run: trace for run, trace in traces.items() if run not in lost})
    asked = next_runs(study, partly)
    assert len(asked) == len(set(asked))
    assert set(asked) <= lost
    assert bool(asked) == bool(lost)
    finish(study, partly, respond)
    assert partly.traces.keys() == traces.keys()


def test_spare_seeds_in_the_store_decide_nothing():
    """A claim decided at the first look is not looked at again because more runs are there."""
    memory = Memory()
    finish(read(TEXT, "seeds=64"), memory, clear)
    study = read(TEXT)
    assert next_runs(study, memory) == []
    assert gather(study, memory).seeds == 8


@pytest.mark.parametrize("scene", ["null", "slowly", "tuned"])
def test_a_plan_that_goes_on_from_an_earlier_one_looks_at_what_is_new_alone(monkeypatch, scene):
    overrides, respond = SCENES[scene]
    study, memory, known, looks = read(TEXT, *overrides), Memory(), None, []
    monkeypatch.setattr(
        module, "judge", lambda results: looks.append(results.seeds) or judge(results)
    )
    while (known := plan(study, memory, known)).missing:
        memory.traces |= {run: respond(run) for run in known.missing}
    assert looks == sorted(set(looks))
    again = plan(study, memory)
    assert known.seeds == again.seeds == known.results.seeds
    assert known.runs == again.runs
    assert known.found == again.found


def test_what_has_been_asked_for_is_told_with_what_is_missing():
    study, memory = read(TEXT), Memory()
    start = plan(study, memory)
    assert (len(start.runs), len(start.missing), start.results) == (16, 16, None)
    memory.traces = {run: null(run) for run in start.missing}
    later = plan(study, memory)
    assert (len(later.runs), len(later.missing), later.results) == (24, 8, None)
    finish(study, memory, null)
    done = plan(study, memory)
    assert (len(done.runs), done.missing) == (128, [])
    assert done.results.seeds == 64


def test_a_new_pair_brings_its_own_search_and_changes_no_other():
    study, memory = read(TEXT, *TUNED), Memory()
    rounds = finish(study, memory, tuned_null)
    tuning = [{run.seed for run in some if run.stream == "tuning"} for some in rounds]
    assert set().union(*tuning) == set(range(64))
    assert all(not tuning[0] & later for later in tuning[2:])
    whole = gather(study, memory).tuned
    few = gather(read(TEXT, *TUNED, "seeds=8"), memory).tuned
    for one, other in zip(few, whole, strict=True):
        assert one.found == other.found[:8]


def test_who_goes_on_later_keeps_the_looks_that_were_made():
    study, memory = read(TEXT, "seeds={min: 8, max: [20, 40]}"), Memory()
    rounds = finish(study, memory, null)
    looks = [8, 12, 18, 20, 30, 40]
    expected = [list(range(a, b)) for a, b in zip([0, *looks], looks, strict=False)]
    assert seeds_of(rounds) == expected
    assert gather(study, memory).design.looks == tuple(looks)
