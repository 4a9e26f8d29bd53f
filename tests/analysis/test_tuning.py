"""The choice of learning rates: the spaces, the rule and the growth, on traces made by hand."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import search_reference as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.tuning import (
    FACTOR,
    Found,
    SearchSpace,
    Subject,
    Tuned,
    candidates,
    search_all,
    settings_by_objective,
    stand,
    subjects,
    tried,
)
from experiments.execution.plan import plan
from experiments.scores import PENALTY, Progress, Score, Time, mean_score
from experiments.study import Objective, Tuning

from .helpers import BUDGET, Memory, arriving, finish, make_trace, parabola, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    tuning: {from: 0.125, to: 1, seeds: 3, extensions: 2}
    seeds: 2
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""
GOALS = (("train_loss", 0.5), ("train_loss", 0.8))


# The spaces


@given(st.floats(1e-6, 10), st.integers(1, 30), st.floats(0, 0.99))
def test_the_first_space_runs_in_factors_of_two_to_its_end(low, doublings, spare):
    rates = SearchSpace.first(Tuning(low, low * 2 ** (doublings + 0.99 * spare), 3, 4)).rates
    assert rates == tuple(low * 2**i for i in range(doublings + 1))


def test_the_first_space_holds_both_ends():
    assert SearchSpace.first(Tuning(0.1, 0.8, 3, 4)).rates == pytest.approx((0.1, 0.2, 0.4, 0.8))
    assert SearchSpace.first(Tuning(0.01, 0.07, 3, 4)).rates == pytest.approx((0.01, 0.02, 0.04))


SPACE = SearchSpace((1.0, 2.0, 4.0, 8.0))


@pytest.mark.parametrize(
    ("best", "grown"),
    [
        (0, SearchSpace((0.5, 1.0, 2.0, 4.0, 8.0), 1, 0)),
        (1, SPACE),
        (2, SPACE),
        (3, SearchSpace((1.0, 2.0, 4.0, 8.0, 16.0), 0, 1)),
    ],
)
def test_a_space_grows_at_the_end_where_the_best_rate_lies(best, grown):
    assert SPACE.grown(best, extensions=1) == grown
    assert SPACE.grown(best, extensions=0) == SPACE
    # Each end has a limit of its own.
    stuck = SearchSpace(SPACE.rates, 1, 1)
    assert stuck.grown(best, extensions=1) == stuck
    assert len(SearchSpace(SPACE.rates, 2, 0).grown(best, 2).rates) == 4 + (best == 3)
    assert len(SearchSpace(SPACE.rates, 0, 2).grown(best, 2).rates) == 4 + (best == 0)


# The rule


def over(log_updates, last_loss=1.0, *, before=0.0):
    """What a run tells that has reached its one goal, after an evaluation with that bound."""
    by_goal = np.array([[before, log_updates]])
    score = Score(log_updates, last_loss, False, (Time(log_updates, False),))
    return Progress(by_goal, np.array([[False, True]]), score)


def on_the_way(bound):
    """What a run tells that was stopped at that bound."""
    return Progress(np.array([[0.0, bound]]), np.array([[False, False]]), None)


ONE = read(TEXT, "tuning.seeds=1", "claims.0.to.train_loss=0.5")
SUBJECT = subjects(ONE)[0]


def standing(*states, seeds=1):
    """Where a search stands whose rates' runs tell this, each its own; None was not trained."""
    tuning = replace(ONE.tuning, seeds=seeds)
    rates = [2.0**place for place in range(len(states))]
    runs = candidates(SUBJECT, 0, rates, tuning)
    pairs = zip(runs, states, strict=True)
    known = {
        run: state
        for some, told in pairs
        for run, state in zip(some, told if isinstance(told, tuple) else (told,), strict=True)
        if state is not None
    }
    return runs, stand(GOALS[:1], runs, known)


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([(2, 0.1), (1, 0.9), (3, 0.1)], 1),  # the time comes first
        ([(2, 0.3), (2, 0.1), (2, 0.2)], 1),  # then the final loss
        ([(2, 0.1), (2, 0.1), (2, 0.1)], 0),  # then the lower rate
        ([(2, math.inf), (2, math.inf), (2, 0.9)], 2),
        ([(2, math.inf), (2, math.inf), (2, math.inf)], 0),
        ([(9, 0.1), (5, 0.2), (5, 0.1)], 2),
    ],
)
def test_the_best_rate(scores, best):
    runs, found = standing(*(over(*score) for score in scores))
    assert found.missing == ()
    assert found.best == best
    assert found.search.best == min(log for log, _ in scores)
    assert [score.log_updates for score in found.scores] == [log for log, _ in scores]
    space = SearchSpace((0.1, 0.2, 0.4))
    told = Found(space, found.scores, found.best)
    assert told.rate == space.rates[best]
    assert told.at_edge == (best != 1)
    assert runs[found.best][0].training.learning_rate == 2.0**best


def test_what_was_ruled_out_is_never_the_best_whatever_it_is_known_to_score():
    _, found = standing(over(5.0, before=3.0), over(2.0), on_the_way(2.5))
    assert found.missing == ()
    assert [score.at_least for score in found.scores] == [True, False, True]
    assert [score.log_updates for score in found.scores] == [3.0, 2.0, 2.5]
    assert [math.isnan(score.last_loss) for score in found.scores] == [True, False, True]
    assert found.best == 1


def test_what_cannot_be_ruled_out_is_missing():
    runs, found = standing(over(2.0), on_the_way(1.9), None, on_the_way(2.1), on_the_way(2.0))
    assert found.missing == (*runs[1], *runs[2], *runs[4])  # a tie may be decided by the loss
    assert found.scores == ()
    assert found.search.best == 2.0
    assert found.search.candidates == runs


def test_of_a_rate_of_several_runs_those_that_are_not_over_are_missing():
    runs, found = standing((over(1.0), on_the_way(2.5)), (over(2.0), over(2.0)), seeds=2)
    assert found.missing == (runs[0][1],)
    runs, found = standing((over(1.0), on_the_way(3.5)), (over(2.0), over(2.0)), seeds=2)
    assert found.missing == ()
    assert found.scores[0].log_updates == 2.25


def test_a_rate_of_which_a_run_was_never_trained_is_not_ruled_out_by_another():
    runs, found = standing((None, over(99.0)), (over(2.0), over(2.0)), seeds=2)
    assert found.missing == (runs[0][0],)


def test_nothing_known():
    runs, found = standing(None, None)
    assert found.search.best == math.inf
    assert found.missing == (*runs[0], *runs[1])
    assert found.search.first == runs[0]
    assert stand((), runs, {}, likely=1).search.first == runs[1]


@st.composite
def scenes(draw):
    """Rates with whole runs, and what is known of them, which may be less."""
    respond = draw(reference.responses)
    study = read(TEXT, f"tuning.seeds={draw(st.integers(1, 3))}")
    goals = draw(st.sampled_from([(), GOALS[:1], GOALS, (("test_accuracy", 0.8), *GOALS)]))
    subject = Subject(Objective(goals), draw(st.sampled_from([study.settings[:1], study.settings])))
    rates = [2.0**place for place in range(draw(st.integers(1, 5)))]
    runs = candidates(subject, draw(st.integers(0, 3)), rates, study.tuning)
    whole = {run: respond(run) for some in runs for run in some}
    known = {}
    for run, trace in whole.items():
        end = draw(st.integers(0, 2 * len(trace.updates)))
        if end >= len(trace.updates):
            known[run] = trace
        elif end:
            cut = {"updates": trace.updates[:end], "values": trace.values[:end]}
            known[run] = replace(trace, **cut, status="stopped early")
    return goals, runs, whole, known


def progress(traces, goals):
    return {run: Progress.of(trace, goals) for run, trace in traces.items()}


@given(scenes())
@settings(max_examples=150)
def test_a_standing_says_what_is_known_and_asks_for_the_rest(scene):
    goals, runs, whole, known = scene
    finished = stand(goals, runs, progress(whole, goals))
    assert finished.missing == ()
    scores = [mean_score([Progress.of(whole[r], goals).score for r in some]) for some in runs]
    order = [(s.log_updates, s.last_loss, place) for place, s in enumerate(scores)]
    assert finished.best == min(order)[2]

    partly = stand(goals, runs, progress(known, goals))
    missing = set(partly.missing)
    assert len(missing) == len(partly.missing)
    assert partly.search.best >= finished.search.best
    for run in missing:
        assert run not in known or Progress.of(known[run], goals).score is None
    # What is missing need not all be trained; but if nothing is, all is as if everything were.
    if not missing:
        assert repr(partly.scores) == repr(finished.scores)
        assert partly.best == finished.best
    for some, score in zip(runs, scores, strict=True):
        if not missing.isdisjoint(some):
            continue
        # A rate that nothing is asked of is known or behind.
        states = [Progress.of(known[r], goals).score if r in known else None for r in some]
        assert None not in states or score.log_updates > partly.search.best
    after = progress(known | {run: whole[run] for run in missing}, goals)
    again = stand(goals, runs, after)
    assert again.missing == ()
    assert repr(again.scores) == repr(finished.scores)


# Searches of a study


def found_of(study, respond):
    memory = Memory()
    finish(study, memory, respond)
    return plan(study, memory).found


def tuned_of(respond, *overrides):
    return results_of(read(TEXT, *overrides), respond).tuned


def test_the_score_is_the_mean_logarithm_over_targets_and_tuning_seeds():
    def respond(run):
        base = 4.0 if run.network.activation.name == "relu" else 16.0
        return arriving(base * 2.0 ** (run.seed / 4))

    # The loss is 2 - 1.5 log u / log T: 0.5 is met at T and 0.8 at T^0.8.
    for tuned, base in zip(tuned_of(respond), (4.0, 16.0), strict=True):
        for pair, found in enumerate(tuned.found):
            times = [math.log(base * 2 ** (seed / 4)) for seed in range(3 * pair, 3 * pair + 3)]
            for score in found.scores:
                assert score.log_updates == pytest.approx(0.9 * sum(times) / 3, rel=1e-6)
                assert [time.log_updates for time in score.times] == pytest.approx(
                    [sum(times) / 3, 0.8 * sum(times) / 3], rel=1e-6
                )
        assert tuned.updates == pytest.approx(
            math.sqrt(math.prod(math.exp(f.scores[0].log_updates) for f in tuned.found))
        )


def test_a_run_that_never_arrives_counts_as_twice_its_budget():
    def respond(run):
        lost = run.seed % 3 == 0
        return make_trace([0, 1, BUDGET], train_loss=[3, 3, 3]) if lost else arriving(16.0)

    expected = (4 * 0.9 * math.log(16) + 2 * math.log(PENALTY * BUDGET)) / 6
    assert PENALTY == 2
    for tuned in tuned_of(respond):
        for found in tuned.found:
            assert found.scores[0].log_updates == pytest.approx(expected, rel=1e-6)
            assert all(time.at_least for time in found.scores[0].times)
            assert not found.scores[0].at_least


def test_a_rate_that_arrives_in_all_runs_beats_one_that_is_quicker_in_some():
    def respond(run):
        if run.training.learning_rate == 1:  # 8 updates, but one run in three never
            return arriving(8.0) if run.seed % 3 else arriving(8.0, diverges_after=2)
        return arriving(10.0 if run.training.learning_rate == 0.5 else 40.0)

    assert {found.rate for tuned in tuned_of(respond) for found in tuned.found} == {0.5}


def test_a_diverged_run_has_an_infinite_last_loss():
    def respond(run):  # nothing arrives at all, so that the loss decides
        lost = run.seed == 1 and run.training.learning_rate == 0.25
        return arriving(9 * BUDGET, diverges_after=200 if lost else None)

    for tuned in tuned_of(respond, "tuning.extensions=0"):
        first, second = tuned.found
        assert [math.isinf(score.last_loss) for score in first.scores] == [False, True] + 2 * [
            False
        ]
        assert not any(math.isinf(score.last_loss) for score in second.scores)
        assert len({score.log_updates for score in first.scores}) == 1
        assert first.best == 0
        assert math.isfinite(tuned.last_loss)


def test_a_run_that_diverges_once_it_has_arrived_has_arrived():
    def respond(run):
        return arriving(10.0, diverges_after=200 if run.training.learning_rate == 0.125 else None)

    for tuned in tuned_of(respond, "tuning.extensions=0"):
        for found in tuned.found:
            assert len({(s.log_updates, s.last_loss) for s in found.scores}) == 1
            assert found.best == 0


def test_without_claims_the_final_training_loss_decides():
    def respond(run):
        loss = 0.1 + abs(math.log2(run.training.learning_rate / 0.5))
        return make_trace([0, BUDGET], train_loss=[2, loss + 0.01 * run.seed])

    for tuned in tuned_of(respond, "claims=[]"):
        assert {found.rate for found in tuned.found} == {0.5}
        assert [found.scores[found.best].last_loss for found in tuned.found] == pytest.approx(
            [0.11, 0.14]
        )
        assert tuned.last_loss == pytest.approx(0.11)
        assert {score.log_updates for found in tuned.found for score in found.scores} == {0.0}
        assert tuned.updates == 1


def test_where_nothing_ever_arrives_the_last_loss_decides():
    def respond(run):
        loss = 1 + abs(math.log2(run.training.learning_rate / 0.25))
        return make_trace([0, BUDGET], train_loss=[9, loss])

    assert {found.rate for tuned in tuned_of(respond) for found in tuned.found} == {0.25}


def test_what_else_is_claimed_has_no_say():
    def respond(run):
        trace = arriving(parabola(0.3)(run.training.learning_rate) * 1.1**run.seed)
        # Another metric, which would have it otherwise.
        trace.values[:, 5] = np.linspace(0, 1, len(trace.updates)) ** run.training.learning_rate
        return trace

    alone = tuned_of(respond)
    for others in (
        "{faster: tanh, than: relu, by: 2, to: {train_loss: 0.8}}",
        "{faster: tanh, than: relu, to: {test_accuracy: 0.9}}",
        "{measure: test_accuracy, higher: relu, than: tanh}",
        "{measure: zeros, of: relu, at_most: 0.5}",
    ):
        claim = "{faster: relu, than: tanh, to: {train_loss: [0.5, 0.8]}}"  # in another order
        for claims in (f"claims=[{claim}, {others}]", f"claims=[{others}, {claim}]"):
            study = read(TEXT, claims)
            (number,) = [c.number for c in study.time_claims if len(c.targets) == 2]
            objective = study.objective_of(study.claims[number - 1])
            assert objective.goals == GOALS
            found = found_of(study, respond)
            for tuned, subject in zip(alone, subjects(read(TEXT)), strict=True):
                (name,) = {s.network.activation.name for s in subject.settings}
                other = [
                    found[key]
                    for key in sorted(found, key=lambda key: key[1])
                    if key[0].objective == objective
                    and key[0].settings[0].network.activation.name == name
                ]
                assert tuple(other) == tuned.found


def test_a_pair_is_judged_by_its_own_tuning_seeds_which_all_arms_share():
    study = read(TEXT, "seeds=5")
    for subject in subjects(study):
        for seed in range(5):
            runs = candidates(subject, seed, (0.1, 0.2), study.tuning)
            assert {run.stream for some in runs for run in some} == {"tuning"}
            assert [[run.seed for run in some] for some in runs] == 2 * [
                [3 * seed, 3 * seed + 1, 3 * seed + 2]
            ]
            assert [{run.training.learning_rate for run in some} for some in runs] == [{0.1}, {0.2}]
            assert {run.diagnostics for some in runs for run in some} == {()}


@given(st.integers(1, 7), st.integers(0, 50), st.integers(0, 50))
def test_no_tuning_seed_serves_two_pairs(seeds, one, other):
    tuning = Tuning(0.1, 1.0, seeds, 4)
    assert len(tuning.seeds_of(one)) == seeds
    assert (one == other) or not set(tuning.seeds_of(one)) & set(tuning.seeds_of(other))
    assert sorted(s for pair in range(5) for s in tuning.seeds_of(pair)) == [*range(5 * seeds)]


def test_the_runs_of_a_pair_have_the_rate_that_its_own_search_found():
    bests = [0.125, 0.25, 0.5, 1.0, 2.0, 0.0625]
    study = read(TEXT, "seeds=6", "tuning.seeds=2")

    def respond(run):
        best = bests[run.seed // 2 if run.stream == "tuning" else run.seed]
        if run.network.activation.name == "tanh":
            best /= 2
        return arriving(parabola(best)(run.training.learning_rate))

    results = results_of(study, respond)
    assert [tuned.setting for tuned in results.tuned] == list(study.settings)
    for result, tuned, factor in zip(results.settings, results.tuned, (1, 0.5), strict=True):
        expected = [best * factor for best in bests]
        assert [found.rate for found in tuned.found] == expected
        assert [run.training.learning_rate for run in result.runs] == expected
        assert result.rates == tuned.taken == dict.fromkeys(expected, 1)


def test_settings_whose_rate_is_given_are_not_searched_for():
    study = read(TEXT, "training.learning_rate=[tuned, 0.01]")
    assert len(study.settings) == 4
    of = [setting for subject in subjects(study) for setting in subject.settings]
    assert [dict(s.labels)["learning_rate"] for s in of] == ["tuned", "tuned"]


@pytest.mark.parametrize("best", [2.0**-8, 2.0**-5, 2.0**-3, 0.3, 1.0, 2.0, 4.0, 16.0])
def test_a_search_ends_at_the_best_rate_or_at_its_limit(best):
    """The optimum is `best`, for tanh as much above 1 as that is below; the ends are 1/32 and 4."""
    study, memory = read(TEXT), Memory()
    bests = {"relu": best, "tanh": 1 / best}

    def respond(run):
        return arriving(parabola(bests[run.network.activation.name])(run.training.learning_rate))

    finish(study, memory, respond)
    for tuned in plan(study, memory).results.tuned:
        name = tuned.setting.network.activation.name
        runs = [r for r in memory.traces if r.network.activation.name == name]
        rates = sorted({r.training.learning_rate for r in runs if r.stream == "tuning"})
        times = {rate: parabola(bests[name])(rate) for rate in rates}
        for found in tuned.found:
            assert list(found.space.rates) == rates
            assert times[found.rate] == pytest.approx(min(times.values()))
        assert rates[0] >= 2.0**-5
        assert rates[-1] <= 4
        if 2.0**-5 < bests[name] < 4:  # inside of what the extensions allow, it is bracketed
            assert rates[0] < bests[name] < rates[-1]
        assert all(b / a == pytest.approx(FACTOR) for a, b in itertools.pairwise(rates))
        # No space grows for another: every rate was tried at all tuning seeds, and no other.
        assert sum(r.stream == "tuning" for r in runs) == 2 * 3 * len(rates)
        assert tuned.at_edge == 2 * (not rates[0] < next(iter(tuned.taken)) < rates[-1])


def test_each_search_grows_its_own_space():
    def respond(run):  # of the second pair alone the best is far below
        best = 2.0**-5 if run.seed >= 3 else 0.5
        return arriving(parabola(best)(run.training.learning_rate))

    for tuned in tuned_of(respond):
        first, second = (found.space for found in tuned.found)
        assert first == SearchSpace((0.125, 0.25, 0.5, 1.0))
        assert second == SearchSpace((0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0), 2, 0)


# Several settings with one rate

SHARED = ("protocol=[own_rate, shared_rate]", "network.depth=[1, 2]", "tuning.seeds=2")
OWN_BESTS = {("relu", 1): 0.125, ("tanh", 1): 0.5, ("relu", 2): 1.0, ("tanh", 2): 0.25}


def by_arm(run):
    best = OWN_BESTS[run.network.activation.name, len(run.network.widths)]
    return arriving(parabola(best)(run.training.learning_rate) * 1.01**run.seed)


def test_a_shared_rate_is_the_best_on_the_mean_of_the_arms_of_a_condition():
    found = {tuned.setting.labels: tuned for tuned in tuned_of(by_arm, *SHARED)}
    assert len(found) == 8
    own = {
        (label["activation"], label["depth"]): tuned
        for labels, tuned in found.items()
        if (label := dict(labels))["protocol"] == "own_rate"
    }
    for arm, tuned in own.items():
        assert [f.rate for f in tuned.found] == 2 * [OWN_BESTS[arm[0], int(arm[1])]]
        assert not tuned.setting.one_rate
    for depth in (1, 2):
        one, other = (
            tuned for labels, tuned in found.items()
            if tuned.setting.one_rate and dict(labels)["depth"] == str(depth)
        )  # fmt: skip
        assert one.found == other.found
        for pair, together in enumerate(one.found):
            means = [
                0.9 * (math.log(1.01) * (2 * pair + 0.5) + sum(
                    math.log(parabola(OWN_BESTS[name, depth])(rate)) for name in ("relu", "tanh")
                ) / 2)
                for rate in together.space.rates
            ]  # fmt: skip
            assert means[together.best] == pytest.approx(min(means))
            for mean, score in zip(means, together.scores, strict=True):
                if score.at_least:
                    assert together.scores[together.best].log_updates < score.log_updates < mean
                else:
                    assert score.log_updates == pytest.approx(mean, rel=1e-6)
            assert not together.scores[together.best].at_least


def test_own_rates_are_the_same_with_and_without_a_shared_one_beside_them():
    alone = {t.setting.network: t.found for t in tuned_of(by_arm, *SHARED[1:])}
    beside = {
        t.setting.network: t.found for t in tuned_of(by_arm, *SHARED) if not t.setting.one_rate
    }
    assert alone == beside


def test_a_shared_rate_weighs_the_arms_and_not_the_best_of_them():
    def respond(run):  # relu: a little better at 0.5; tanh: lost there
        rate = run.training.learning_rate
        if run.network.activation.name == "relu":
            return arriving({0.5: 8.0}.get(rate, 10.0))
        return arriving({0.5: 10 * BUDGET, 0.25: 12.0}.get(rate, 20.0))

    tuned = tuned_of(respond, "protocol=shared_rate")
    assert {found.rate for one in tuned for found in one.found} == {0.25}


# What runs are tuned for

MANY = """
    dataset: moons
    network: {activation: [relu, tanh, sigmoid], depth: [1, 2], width: 8}
    protocol: [own_rate, shared_rate]
    seeds: 2
    claims:
      - {measure: test_accuracy, higher: relu, than: tanh}
      - {faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {faster: {depth: 1}, than: {depth: 2}, to: {test_accuracy: 0.9}}
      - {faster: sigmoid, than: tanh, to: {train_loss: [0.5, 0.8]}}
      - {measure: zeros, of: relu, at: start, at_most: 0.5}
      - {measure: train_loss, at_most: 0.5}
      - {faster: {activation: relu, depth: 1}, than: {activation: tanh, depth: 1},
         to: {train_loss: 0.8}}
      - {measure: zeros, of: {depth: 2}, at_most: 0.5}
"""


def test_every_claim_has_an_objective_of_its_own():
    study = read(MANY)
    main = Objective(GOALS, ("activation",))
    assert study.objective == main  # of the first claim of a time to target
    assert [study.objective_of(claim) for claim in study.claims] == [
        Objective((), ("activation",), "validation_accuracy"),
        main,
        Objective((("validation_accuracy", 0.9),), ("depth",)),
        main,
        main,  # what is read before training is the same at every rate
        Objective((), ()),
        Objective((("train_loss", 0.8),), ("activation",)),
        Objective((), ("depth",)),
    ]
    # Where no settings share a rate, it does not matter which might.
    own = read(MANY, "protocol=own_rate")
    assert {study.objective_of(claim).shared for claim in own.claims} != {()}
    assert {own.objective_of(claim).shared for claim in own.claims} == {()}
    assert len({own.objective_of(claim) for claim in own.claims}) == 5
    given = read(MANY, "protocol=own_rate", "training.learning_rate=0.1")
    assert {given.objective_of(claim) for claim in given.claims} == {Objective()}


@pytest.mark.parametrize(
    ("claim", "objective"),
    [
        ("{faster: relu, than: tanh, to: {test_accuracy: [0.9, 0.8]}}",
         Objective((("validation_accuracy", 0.8), ("validation_accuracy", 0.9)))),
        ("{faster: relu, than: tanh, to: {test_loss: 0.3}}",
         Objective((("validation_loss", 0.3),))),
        ("{faster: relu, than: tanh, to: {validation_loss: 0.3}}",
         Objective((("validation_loss", 0.3),))),
        ("{measure: test_accuracy, higher: relu, than: tanh}",
         Objective(metric="validation_accuracy")),
        ("{measure: test_loss, at: lowest, lower: relu, than: tanh}",
         Objective(metric="validation_loss", at="lowest")),
        ("{measure: validation_accuracy, at: highest, of: relu, at_least: 0.5}",
         Objective(metric="validation_accuracy", at="highest")),
        ("{measure: test_accuracy, over: depth, of: relu, at_least: 0.5}",
         Objective(metric="validation_accuracy")),
        ("{measure: train_accuracy, higher: relu, than: tanh}", Objective()),
        ("{measure: train_loss, at: lowest, lower: relu, than: tanh}", Objective()),
        ("{measure: calibration_error, lower: relu, than: tanh}", Objective()),
        ("{measure: test_accuracy, at: start, of: relu, at_most: 0.9}", Objective()),
    ],
)  # fmt: skip
def test_what_is_claimed_of_the_test_part_is_tuned_for_on_the_validation_part(claim, objective):
    study = read(MANY, "protocol=own_rate", f"claims=[{claim}]")
    assert study.objective_of(study.claims[0]) == objective == study.objective


def test_a_run_that_diverged_is_the_last_to_be_taken_for_what_it_had_read():
    """At 0.5 the accuracy is perfect until the run is lost; at 1 it is better than at the end."""

    def respond(run):
        rate = run.training.learning_rate
        if rate == 0.5:
            return make_trace([0, 4, 8], status="diverged", budget=BUDGET,
                              train_loss=[2, 1, np.nan], validation_accuracy=[0.1, 1, 1],
                              validation_loss=[2, 0, 0])  # fmt: skip
        best, last = {1: (0.95, 0.2), 0.25: (0.9, 0.9)}.get(rate, (0.5, 0.5))
        return make_trace([0, 4, BUDGET], train_loss=[2, 1, rate],
                          validation_accuracy=[0.1, best, last],
                          validation_loss=[2, 1 - best, 1 - last])  # fmt: skip

    for what, rate in {
        "test_accuracy": 0.25,
        "test_accuracy, at: highest": 1,
        "test_loss": 0.25,
        "test_loss, at: lowest": 1,
        "test_accuracy, at: lowest": 0.125,  # all the same: the training loss decides
    }.items():
        claim = f"claims=[{{measure: {what}, of: relu, at_least: 0}}]"
        for tuned in tuned_of(respond, claim, "tuning.extensions=0"):
            assert {found.rate for found in tuned.found} == {rate}, what


def test_the_test_part_has_no_say_in_any_choice():
    """Neither in the searches nor in the targets that a rule sets."""

    def respond(better, run):
        rate = run.training.learning_rate
        trace = arriving(parabola(0.3)(rate) * 1.1 ** (run.seed % 5))
        if run.stream != "evaluation":
            trace.values[:, 4:] = better * rate  # of the test part
        return trace

    claims = (
        "{faster: relu, than: tanh, to: {test_accuracy: 0.8}}",
        "{faster: relu, than: tanh, to: {test_loss: auto}}",
        "{measure: test_accuracy, higher: relu, than: tanh}",
        "{measure: test_loss, at: lowest, lower: relu, than: tanh}",
    )
    told = []
    for better in (-1.0, 1.0):
        study, memory = read(TEXT, f"claims=[{', '.join(claims)}]"), Memory()
        finish(study, memory, lambda run, better=better: respond(better, run))
        known = plan(study, memory)
        told.append((known.study.claims, known.found, known.runs))
    assert told[0] == told[1]
    assert len({key[0].objective for key in told[0][1]}) == len(claims)


def test_a_study_without_claims_is_tuned_for_a_low_training_loss():
    assert read(MANY, "claims=[]").objective == Objective((), ("depth", "activation"))
    assert read(MANY, "claims=[]", "protocol=own_rate").objective == Objective()


def test_the_settings_of_each_objective_are_those_that_its_claims_name():
    study = read(MANY)
    found = settings_by_objective(study)
    assert list(found) == [
        study.objective,
        *dict.fromkeys(o for c in study.claims if (o := study.objective_of(c)) != study.objective),
    ]
    assert found[study.objective] == study.settings
    names = {
        objective: {(s.network.activation.name, len(s.network.widths), s.one_rate) for s in some}
        for objective, some in found.items()
    }
    own = {(name, depth, False) for name in ("relu", "tanh") for depth in (1, 2)}
    shared = {(name, depth, True) for name in ("relu", "tanh", "sigmoid") for depth in (1, 2)}
    # Sigmoid shares the rate of the other two, and so has a say in it.
    assert names[Objective((), ("activation",), "validation_accuracy")] == own | shared
    assert names[Objective((("train_loss", 0.8),), ("activation",))] == {
        arm for arm in own | shared if arm[1] == 1
    }
    everything = {(s.network.activation.name, len(s.network.widths), s.one_rate)
                  for s in study.settings}  # fmt: skip
    assert names[Objective((("validation_accuracy", 0.9),), ("depth",))] == everything
    assert names[Objective((), ())] == everything
    assert names[Objective((), ("depth",))] == {arm for arm in everything if arm[1] == 2 or arm[2]}
    for some in found.values():
        assert list(some) == [s for s in study.settings if s in some]


def test_settings_that_share_a_rate_are_one_subject():
    study = read(MANY)
    for claim in study.claims:
        objective = study.objective_of(claim)
        of = [subject for subject in subjects(study) if subject.objective == objective]
        settings = [setting for subject in of for setting in subject.settings]
        assert sorted(map(repr, settings)) == sorted(
            map(repr, settings_by_objective(study)[objective])
        )
        for subject in of:
            if objective == study.objective:
                claim = reference.first_claim(study)
            for setting in subject.settings:
                assert list(subject.settings) == reference.sharing(study, claim, setting)


# The rates that a report tells of


def score(log, loss=1.0, at_least=False):
    return Score(log, math.nan if at_least else loss, at_least)


def found(rates, best, *scores):
    return Found(SearchSpace(tuple(rates)), tuple(score(*some) for some in scores), best)


def test_what_was_tried_is_told_rate_by_rate_over_the_pairs_that_tried_it():
    tuned = Tuned(
        read(TEXT).settings[0],
        (
            found([1, 2, 4], 1, (3.0, 0.5), (1.0, 0.1), (2.0, 9, True)),
            found([1, 2, 4], 1, (2.0, 0.7), (1.5, 0.3), (4.0, 0.9)),
            found([0.5, 1, 2, 4], 0, (0.5, 0.2), (1.0, 9, True), (1.0, 9, True), (1.0, 9, True)),
        ),
    )
    half, one, two, four = tried(tuned)
    assert [row.rate for row in (half, one, two, four)] == [0.5, 1, 2, 4]
    assert [row.pairs for row in (half, one, two, four)] == [1, 3, 3, 3]
    assert [row.taken for row in (half, one, two, four)] == [1, 0, 2, 0]
    assert [row.log_updates for row in (half, one, two, four)] == [0.5, 2.0, 1.0, 2.0]
    # A median may be more where what lies at or below it may be.
    assert [row.at_least for row in (half, one, two, four)] == [False, True, True, True]
    assert [row.last_loss for row in (half, one, two, four)] == [0.2, 0.5, 0.1, 0.9]
    assert tuned.taken == {2: 2, 0.5: 1}
    assert list(tuned.taken) == [2, 0.5]
    assert tuned.updates == pytest.approx(math.exp(1.0))
    assert tuned.last_loss == 0.2
    assert tuned.at_edge == 1


def test_a_median_is_sure_where_only_what_lies_above_it_may_be_more():
    tuned = Tuned(
        read(TEXT).settings[0],
        tuple(found([1, 2], 0, (log, 1.0), (other, 1.0, least)) for log, other, least in
              [(0.5, 1.0, False), (0.5, 2.0, False), (0.5, 3.0, True)]),
    )  # fmt: skip
    assert not tried(tuned)[1].at_least
    lost = Tuned(
        read(TEXT).settings[0],
        (found([1, 2], 0, (0.5, math.inf), (1.0, 1.0, True)),
         found([1, 2], 0, (0.5, 2.0), (3.0, 1.0, True))),
    )  # fmt: skip
    assert lost.last_loss == 2.0  # a number that was read, and not a mean with infinity
    assert math.isnan(tried(lost)[1].last_loss)
    assert tried(lost)[1].at_least


# By brute force

STUDIES = {
    "own": (TEXT, ()),
    "shared": (TEXT, ("protocol=shared_rate",)),
    "both": (TEXT, ("protocol=[own_rate, shared_rate]", "network.depth=[1, 2]")),
    "many": (MANY, ("tuning={from: 0.25, to: 1}",)),
    "test part": (TEXT, ("claims=[{faster: relu, than: tanh, to: {test_accuracy: [0.6, 0.8]}}]",)),
    "measures": (
        MANY,
        (
            "tuning={from: 0.25, to: 1}",
            "claims=[{measure: test_accuracy, higher: relu, than: tanh},"
            " {measure: test_loss, at: lowest, lower: relu, than: tanh},"
            " {measure: test_accuracy, at: highest, of: {depth: 2}, at_most: 0.5},"
            " {measure: validation_accuracy, of: relu, at_least: 0.5}]",
        ),
    ),
    "nothing": (TEXT, ("claims=[]", "protocol=[own_rate, shared_rate]")),
    "wide": (TEXT, ("tuning={from: 0.25, to: 0.5, extensions: 4}",)),
}


def check_by_brute_force(study, respond):
    found = found_of(study, respond)
    assert set(found) == {(s, k) for k in range(study.seeds.least) for s in subjects(study)}
    for (subject, seed), result in found.items():
        goals, wish = reference.asked_of(subject.objective)
        expected = reference.search(
            subject.settings, goals, study, seed, respond, wish, subject.variant
        )
        reference.assert_found(result, expected)
    return found


@given(reference.responses, st.sampled_from(sorted(STUDIES)), st.integers(1, 3))
@settings(max_examples=40)
@pytest.mark.slow
def test_every_search_takes_what_brute_force_takes(respond, name, seeds):
    text, overrides = STUDIES[name]
    check_by_brute_force(read(text, *overrides, f"tuning.seeds={seeds}"), respond)


@given(reference.ties, st.sampled_from(["one rate", "two seeds", "no targets", "a measure"]))
@settings(max_examples=40)
def test_ties_are_decided_by_the_loss_and_then_for_the_lower_rate(respond, name):
    overrides = {
        "one rate": ("protocol=shared_rate", "tuning.seeds=1"),
        "two seeds": ("tuning.seeds=2", "seeds=4"),
        "no targets": ("tuning.seeds=1", "claims=[]", "seeds=6"),
        "a measure": (
            "tuning.seeds=1",
            "seeds=6",
            "claims=[{measure: test_accuracy, of: relu, at_most: 1}]",
        ),
    }[name]
    check_by_brute_force(read(TEXT, *overrides), respond)


def test_a_search_goes_on_from_where_it_stands():
    """What is found is the same whether spaces are grown in one go or one by one."""
    study = read(TEXT, "tuning.extensions=4")

    def respond(run):
        return arriving(parabola(8.0)(run.training.learning_rate))

    memory = Memory()
    finish(study, memory, respond)
    wanted = [(subject, seed) for subject in subjects(study) for seed in range(2)]
    asked = []

    def load(runs, objective):
        asked.append(len(runs))
        return progress(memory.load(runs), objective.goals)

    spaces = {}
    at_once, waiting = search_all(wanted, study.tuning, load, spaces, {})
    assert waiting == []
    assert at_once == plan(study, memory).found
    assert spaces == {key: result.space for key, result in at_once.items()}
    rounds = len(asked)
    again, waiting = search_all(wanted, study.tuning, load, dict(spaces), {})
    assert again == at_once
    assert len(asked) == rounds + 1  # from where they had come, one look is enough
