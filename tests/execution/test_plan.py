"""The plan, driven by a store in memory and a made-up response to the learning rate."""

import copy
from collections import Counter
from functools import cache

import pytest
from analysis.helpers import Memory, arriving, finish, parabola, read
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.targets import PILOTS, settle
from experiments.analysis.tuning import SearchSpace, candidates, subjects
from experiments.execution import plan as module
from experiments.execution.plan import evaluation_runs, next_runs, plan

from .helpers import told

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


def tried(runs):
    """The rates of some runs, by arm."""
    rates = {}
    for run in runs:
        rates.setdefault(run.network.activation.name, set()).add(run.training.learning_rate)
    return {name: sorted(some) for name, some in rates.items()}


def test_each_search_grows_until_its_best_rate_is_inside_and_evaluation_follows():
    study, memory, rounds = completed("tuning.extensions=4")
    searching = [[run for run in runs if run.stream == "tuning"] for runs in rounds]
    first = [0.125, 0.25, 0.5, 1]
    assert [tried(runs) for runs in searching] == [
        {"relu": first, "tanh": first},
        {"relu": [0.0625], "tanh": [2]},
        {"relu": [0.03125], "tanh": [4]},
        {"relu": [0.015625], "tanh": [8]},
        {"relu": [0.0078125]},
        {},
    ]
    # What is found is evaluated at once, while other searches go on.
    evaluation = [[run for run in runs if run.stream == "evaluation"] for runs in rounds]
    best = {"relu": [0.015625], "tanh": [4]}  # the nearest, on the logarithmic scale
    assert [tried(runs) for runs in evaluation] == [{}] * 4 + [
        {"tanh": best["tanh"]}, {"relu": best["relu"]},
    ]  # fmt: skip
    results = plan(study, memory).results
    for tuned in results.tuned:
        assert tuned.at_edge == 0
        assert {found.rate for found in tuned.found} == set(best[tuned.setting.labels[0][1]])


def test_the_limit_of_the_extensions_holds_at_each_end():
    study, memory, rounds = completed("tuning.extensions=1")
    known = plan(study, memory)
    spaces = {
        subject.settings[0].network.activation.name: space
        for (subject, _), space in known.spaces.items()
    }
    assert spaces == {
        "relu": SearchSpace((0.0625, 0.125, 0.25, 0.5, 1.0), 1, 0),
        "tanh": SearchSpace((0.125, 0.25, 0.5, 1.0, 2.0), 0, 1),
    }
    assert len(known.spaces) == len(known.found) == 2 * 4
    assert all(found.at_edge for found in known.found.values())
    assert [tuned.at_edge for tuned in known.results.tuned] == [4, 4]
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
    own = {s.run("evaluation", 0).network for s in given}
    assert {run.network for run in rounds[-1]} <= own
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
    known = plan(study, memory)
    (by_setting,) = evaluation_runs(known.study, known.found, 4).values()
    assert len(by_setting) == 4
    assert [run.seed for runs in by_setting.values() for run in runs] == [0, 1, 2, 3] * 4


def test_evaluation_runs_are_at_the_rates_taken():
    study, memory, _ = completed()
    known = plan(study, memory)
    expected = {
        subject.settings[0].run("evaluation", seed, found.rate)
        for (subject, seed), found in known.found.items()
    }
    assert len(expected) == 2 * 4
    assert {run for run in memory.traces if run.stream == "evaluation"} == expected
    assert set(known.runs) == expected


def test_a_pair_whose_rates_are_known_does_not_wait_for_the_searches_of_others():
    study, memory, _ = completed()
    (subject, *_) = subjects(study)
    of_pair = [
        run
        for run in memory.traces
        if run.stream == "tuning" and run.seed in study.tuning.seeds_of(2)
    ]
    known = plan(study, Memory({run: memory.traces[run] for run in of_pair}))
    assert {seed for _, seed in known.found} == {2}
    assert [run.seed for run in known.evaluation] == [2, 2]
    assert known.results is None
    searching = {run.seed for run in known.tuning}
    assert searching == {0, 1, 2, 3, 4, 5, 6, 7} - set(study.tuning.seeds_of(2))
    assert known.missing == [*known.tuning, *known.evaluation]
    assert subject in {key for key, _ in known.found}


class Counting(Memory):
    """A store that counts how many traces it has read."""

    def __init__(self, traces=None):
        super().__init__(traces)
        self.read, self.evaluated, self.sizes = 0, 0, []

    def load(self, runs):
        found = super().load(runs)
        self.read += len(found)
        self.evaluated += sum(run.stream == "evaluation" for run in found)
        self.sizes.append(len(found))
        return found


@pytest.mark.parametrize("overrides", [(), GIVEN, MIXED])
def test_no_trace_of_an_evaluation_is_read_before_all_are_there_and_then_each_once(overrides):
    study, memory, _ = completed(*overrides)
    evaluation = [run for run in memory.traces if run.stream == "evaluation"]
    searched = len(memory.traces) - len(evaluation)
    lacking = Counting({run: t for run, t in memory.traces.items() if run != evaluation[-1]})
    assert next_runs(study, lacking) == evaluation[-1:]
    assert lacking.evaluated == 0  # the searches alone, to choose rates
    assert (lacking.read > 0) == (searched > 0)
    full = Counting(memory.traces)
    assert plan(study, full).results is not None
    assert full.evaluated == len(evaluation)


def test_a_plan_that_goes_on_reads_the_searches_that_are_open_alone():
    study, memory, rounds = completed()
    partly, known = Counting(), plan(study, Memory())
    assert all(len(runs) for runs in rounds)
    for runs in rounds:
        over = len(known.found)
        partly.traces |= {run: memory.traces[run] for run in runs}
        before = partly.read
        known = plan(study, partly, known)
        if over == 2 * 4:  # all rates were known
            assert partly.read - before == len(known.runs)
    again = partly.read
    assert plan(study, partly, known).results is not None
    assert partly.read - again == len(known.runs)


def test_traces_of_searches_are_read_so_many_at_a_time(monkeypatch):
    study, memory, _ = completed()
    expected = plan(study, memory)
    monkeypatch.setattr(module, "AT_ONCE", 3)
    some = Counting(memory.traces)
    assert plan(study, some) == expected
    assert max(some.sizes[:-1]) == 3


def test_a_plan_that_goes_on_from_an_earlier_one_is_the_same():
    study, memory, rounds = completed()
    partly, known = Memory(), None
    for runs in [[], *rounds]:
        partly.traces |= {run: memory.traces[run] for run in runs}
        known = plan(study, partly, known)
        assert known == plan(study, partly)
    assert known.missing == []


def test_targets_by_a_rule_are_set_by_pilots_before_any_search():
    study = read(TEXT, "claims=[{faster: relu, than: tanh, to: {train_loss: auto}}]")
    memory = Memory()

    def lower_nearer_the_best(run):
        off = parabola(BEST[run.network.activation.name], 0.05)(run.training.learning_rate)
        return arriving(30.0, floor=min(off, 1.0))

    start = plan(study, memory)
    assert start.missing == list(start.pilots)
    assert len(start.pilots) == len(set(start.pilots)) == 2 * 4 * PILOTS
    assert (start.searches, start.evaluation, start.runs) == ((), (), ())
    assert (start.found, start.results) == (None, None)
    rounds = finish(study, memory, lower_nearer_the_best)
    assert [streams(runs) for runs in rounds[:2]] == [{"pilot"}, {"tuning"}]
    assert all("pilot" not in streams(runs) for runs in rounds[1:])
    known = plan(study, memory)
    assert known.study == settle(study, memory.traces)
    assert known.study.objective.goals == known.study.goals_of(known.study.claims[0])
    assert len(known.study.objective.goals) > 1
    # However far searches grow, and however many pairs there are: the targets stay.
    assert max(len(space.rates) for space in known.spaces.values()) > 4
    more = read(TEXT, "claims=[{faster: relu, than: tanh, to: {train_loss: auto}}]", "seeds=9")
    assert plan(more, memory).study.targets == known.study.targets


def test_more_seeds_ask_only_for_what_is_new():
    _, memory, _ = completed()
    more = read(TEXT, "seeds=7")
    before = plan(read(TEXT), memory)
    new = next_runs(more, memory)
    assert {run.seed for run in new} == set(range(4 * 2, 7 * 2))
    assert streams(new) == {"tuning"}
    finish(more, memory, respond)
    after = plan(more, memory)
    assert set(before.runs) <= set(after.runs)
    assert {key: after.found[key] for key in before.found} == before.found
    assert {seed for _, seed in after.found.keys() - before.found.keys()} == {4, 5, 6}


def test_other_claims_with_the_same_targets_ask_for_nothing():
    _, memory, _ = completed()
    claims = "claims=[{faster: tanh, than: relu, by: 2, to: {train_loss: [0.5, 0.8]}}]"
    assert next_runs(read(TEXT, claims, "title=Another"), memory) == []


def test_two_studies_share_their_runs():
    _, memory, _ = completed(*GIVEN)
    wider = read(TEXT, "training.learning_rate=[0.3, 0.9, 0.1]")
    assert {run.training.learning_rate for run in next_runs(wider, memory)} == {0.9}


def test_a_claim_with_other_targets_has_runs_of_its_own():
    _, memory, _ = completed()
    claims = (
        "claims=[{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}},"
        " {faster: relu, than: tanh, to: {train_loss: 0.8}}]"
    )
    study = read(TEXT, claims)
    finish(study, memory, respond)
    known, alone = plan(study, memory), plan(read(TEXT), memory)
    assert known.results.settings == alone.results.settings
    assert known.results.tuned == alone.results.tuned
    first, second = (study.objective_of(claim) for claim in study.claims)
    assert list(known.results.others) == [second]
    assert known.results.of(study.claims[0]) == known.results.settings
    assert known.results.of(study.claims[1]) == known.results.others[second]
    assert {subject.objective for subject, _ in known.found} == {first, second}


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
@settings(max_examples=40)
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
    assert told(study, partly) == told(study, memory)


@given(st.data())
@settings(max_examples=15)
@pytest.mark.slow
def test_a_study_that_is_stopped_again_and_again_ends_at_the_same_runs(data):
    study, memory, _ = completed(*data.draw(st.sampled_from([(), GIVEN, MIXED])))
    slowly, rounds = Memory(), 0
    while asked := next_runs(study, slowly):
        rounds += 1
        assert rounds < 500
        some = data.draw(st.integers(-(-len(asked) // 4), len(asked)))
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
    assert told(study, full) == told(study, memory)
    assert len(rounds) > 1


def test_where_everything_diverges_searches_go_down_and_stop():
    study, memory = read(TEXT), Memory()
    rounds = finish(study, memory, lambda run: arriving(9.0, diverges_after=2))
    known = plan(study, memory)
    space = SearchSpace(tuple(2.0**-i for i in range(6, -1, -1)), 3, 0)
    assert set(known.spaces.values()) == {space}
    assert {found.rate for found in known.found.values()} == {2.0**-6}
    assert len(rounds) == 5
    runs = {
        run
        for subject in subjects(study)
        for seed in range(4)
        for some in candidates(subject, seed, space.rates, study.tuning)
        for run in some
    }
    assert len(runs) == 2 * 7 * 2 * 4
    assert runs == {run for run in memory.traces if run.stream == "tuning"}


def test_the_rate_that_most_pairs_took_is_tried_first():
    study, memory, _ = completed()
    more = read(TEXT, "seeds=6")
    known = plan(more, memory, plan(more, memory))
    first = {standing.search.first for standing in known.searches}
    assert len(first) == 2 * 2
    # The best of both arms lie beyond the first space, which the new searches start with.
    lowest = SearchSpace.first(study.tuning).rates[0]
    assert Counter(run.training.learning_rate for some in first for run in some) == {
        lowest: 2 * 2 * 2
    }
    inside = read(TEXT, "tuning.from=0.0078125", "tuning.to=16")
    memory = Memory()
    finish(inside, memory, respond)
    more = read(TEXT, "tuning.from=0.0078125", "tuning.to=16", "seeds=6")
    known = plan(more, memory)
    # At the first look at a store the middle; what pairs before them took, when a plan goes on.
    assert {s.search.first[0].training.learning_rate for s in known.searches} == {0.5}
    known = plan(more, memory, known)
    assert tried(run for s in known.searches for run in s.search.first) == {
        "relu": [0.015625], "tanh": [4],
    }  # fmt: skip
