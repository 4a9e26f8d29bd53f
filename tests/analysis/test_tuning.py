"""The choice of learning rates: the grid, the rule and the growth, on traces made by hand."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.tuning import (
    FACTOR,
    PENALTY,
    Grid,
    Score,
    TunedRate,
    bootstrap,
    choose,
    tuned_settings,
    tuning_runs,
)
from experiments.study import Tuning

from .helpers import BUDGET, Memory, arriving, finish, make_trace, parabola, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    tuning: {from: 0.125, to: 1, seeds: 3, extensions: 2}
    seeds: 6
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""


@given(st.floats(1e-6, 10), st.integers(1, 30), st.floats(0, 0.99))
def test_the_first_grid_runs_in_factors_of_two_to_its_end(low, doublings, spare):
    rates = Grid.first(Tuning(low, low * 2 ** (doublings + 0.99 * spare), 3, 4)).rates
    assert rates == tuple(low * 2**i for i in range(doublings + 1))


def test_the_first_grid_holds_both_ends():
    assert Grid.first(Tuning(0.1, 0.8, 3, 4)).rates == pytest.approx((0.1, 0.2, 0.4, 0.8))
    assert Grid.first(Tuning(0.01, 0.07, 3, 4)).rates == pytest.approx((0.01, 0.02, 0.04))


def tuned_rate(rates, by_seed):
    """A choice by the setting's own scores: (log of updates, final loss) by rate and seed."""
    scores = tuple(tuple(Score(*pair) for pair in seeds) for seeds in by_seed)
    return TunedRate(None, tuple(rates), scores, scores)


def choice(best, count=4):
    scores = [[(0.0 if i == best else 1.0, 1.0)] for i in range(count)]
    return tuned_rate([2.0**i for i in range(count)], scores)


@pytest.mark.parametrize(
    ("bests", "grown"),
    [
        ([1, 2], (1.0, 2.0, 4.0, 8.0)),
        ([0, 2], (0.5, 1.0, 2.0, 4.0, 8.0)),
        ([1, 3], (1.0, 2.0, 4.0, 8.0, 16.0)),
        ([3, 0], (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)),
    ],
)
def test_the_grid_grows_for_all_where_any_best_rate_lies_on_its_edge(bests, grown):
    grid = Grid((1.0, 2.0, 4.0, 8.0))
    found = grid.grown([choice(best) for best in bests], extensions=1)
    assert found.rates == grown
    assert (found.grown_down, found.grown_up) == (int(0 in bests), int(3 in bests))
    # Both ends have grown as often as they may.
    stuck = Grid(grid.rates, 1, 1)
    assert stuck.grown([choice(best) for best in bests], extensions=1) == stuck


def test_each_end_has_a_limit_of_its_own():
    grid = Grid((1.0, 2.0, 4.0, 8.0), grown_down=2, grown_up=0)
    assert grid.grown([choice(0), choice(3)], extensions=2).rates == (1, 2, 4, 8, 16)


def test_a_grid_that_may_not_grow_does_not():
    grid = Grid((1.0, 2.0, 4.0, 8.0))
    assert grid.grown([choice(0), choice(3)], extensions=0) == grid


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([(2, 0.1), (1, 0.9), (3, 0.1)], 1),  # the time comes first
        ([(2, 0.3), (2, 0.1), (2, 0.2)], 1),  # then the final loss
        ([(2, 0.1), (2, 0.1), (2, 0.1)], 0),  # then the lower rate
        ([(2, math.inf), (2, math.inf), (2, 0.9)], 2),
        ([(2, math.inf), (2, math.inf), (2, math.inf)], 0),
    ],
)
def test_the_best_rate(scores, best):
    tuned = tuned_rate((0.1, 0.2, 0.4), [[pair] for pair in scores])
    assert tuned.best == best
    assert tuned.rate == (0.1, 0.2, 0.4)[best]
    assert (tuned.at_low_edge, tuned.at_high_edge) == (best == 0, best == 2)


def chosen(respond, *overrides):
    study = read(TEXT, *overrides)
    grid = Grid.first(study.tuning)
    return choose(study, grid, {run: respond(run) for run in tuning_runs(study, grid)})


def test_the_score_is_the_mean_logarithm_over_targets_and_seeds():
    def respond(run):
        base = 4.0 if run.network.activation.name == "relu" else 16.0
        return arriving(base * 2.0**run.seed)

    # The loss is 2 - 1.5 log u / log T: 0.5 is met at T and 0.8 at T^0.8.
    for tuned, base in zip(chosen(respond), (4.0, 16.0), strict=True):
        logs = [share * math.log(base * 2**seed) for seed in range(3) for share in (1, 0.8)]
        for score in tuned.scores:
            assert score.log_updates == pytest.approx(sum(logs) / 6, rel=1e-6)


def test_a_run_that_never_arrives_counts_as_twice_its_budget():
    def respond(run):
        return arriving(16.0) if run.seed else make_trace([0, 1, BUDGET], train_loss=[3, 3, 3])

    expected = (4 * 0.9 * math.log(16) + 2 * math.log(PENALTY * BUDGET)) / 6
    assert PENALTY == 2
    assert chosen(respond)[0].scores[0].log_updates == pytest.approx(expected, rel=1e-6)


def test_a_rate_that_arrives_in_all_runs_beats_one_that_is_quicker_in_some():
    def respond(run):
        if run.training.learning_rate == 1:  # 8 updates, but one run in three never
            return arriving(8.0) if run.seed else arriving(8.0, diverges_after=2)
        return arriving(10.0 if run.training.learning_rate == 0.5 else 40.0)

    assert {tuned.rate for tuned in chosen(respond)} == {0.5}


def test_a_diverged_run_has_an_infinite_last_loss():
    def respond(run):
        lost = run.seed == 1 and run.training.learning_rate == 0.25
        return arriving(10.0, diverges_after=200 if lost else None)

    for tuned in chosen(respond):
        assert [math.isinf(score.last_loss) for score in tuned.scores] == [
            False,
            True,
            False,
            False,
        ]
        # It arrived long before, so that the rates are tied in time: the loss decides.
        assert len({score.log_updates for score in tuned.scores}) == 1
        assert tuned.best == 0


def test_without_claims_the_final_training_loss_decides():
    def respond(run):
        loss = 0.1 + abs(math.log2(run.training.learning_rate / 0.5))
        return make_trace([0, BUDGET], train_loss=[2, loss + 0.01 * run.seed])

    for tuned in chosen(respond, "claims=[]"):
        assert tuned.rate == 0.5
        assert tuned.scores[tuned.best].last_loss == pytest.approx(0.11)
        assert {score.log_updates for score in tuned.scores} == {0.0}


def test_where_nothing_ever_arrives_the_last_loss_decides():
    def respond(run):
        loss = 1 + abs(math.log2(run.training.learning_rate / 0.25))
        return make_trace([0, BUDGET], train_loss=[9, loss])

    assert {tuned.rate for tuned in chosen(respond)} == {0.25}


def test_the_order_and_repetition_of_claims_is_irrelevant():
    def respond(run):
        return arriving(parabola(0.3)(run.training.learning_rate) * 1.1**run.seed)

    claim = "{faster: relu, than: tanh, to: {train_loss: [0.5, 0.8]}}"
    again = f"claims=[{claim}, {{faster: tanh, than: relu, by: 2, to: {{train_loss: 0.8}}}}]"
    assert [t.scores for t in chosen(respond)] == [t.scores for t in chosen(respond, again)]


def test_only_the_tuning_seeds_are_read():
    study = read(TEXT)
    grid = Grid.first(study.tuning)

    class OnlyTuning(dict):
        def __getitem__(self, run):
            assert run.stream == "tuning"
            return super().__getitem__(run)

    runs = tuning_runs(study, grid)
    assert {run.stream for run in runs} == {"tuning"}
    assert {run.seed for run in runs} == set(range(3))
    assert len(set(runs)) == len(runs) == 2 * 4 * 3
    choose(study, grid, OnlyTuning({run: arriving(9.0) for run in runs}))


def test_settings_whose_rate_is_given_are_not_tuned():
    study = read(TEXT, "training.learning_rate=[tuned, 0.01]")
    assert len(study.settings) == 4
    assert [dict(s.labels)["learning_rate"] for s in tuned_settings(study)] == ["tuned", "tuned"]


@pytest.mark.parametrize("best", [2.0**-8, 2.0**-5, 2.0**-3, 0.3, 1.0, 2.0, 4.0, 16.0])
def test_the_search_ends_at_the_best_rate_or_at_its_limit(best):
    """The optimum of both arms is `best`; the grid may reach from 1/8 / 4 to 1 * 4."""
    study, memory = read(TEXT), Memory()

    def respond(run):
        return arriving(parabola(best)(run.training.learning_rate))

    rounds = finish(study, memory, respond)
    taken = {r.training.learning_rate for r in rounds[-1]}
    tried = sorted({r.training.learning_rate for r in memory.traces if r.stream == "tuning"})
    assert {run.stream for run in rounds[-1]} == {"evaluation"}
    assert len(taken) == 1
    times = {rate: parabola(best)(rate) for rate in tried}
    assert times[taken.pop()] == pytest.approx(min(times.values()))
    assert tried[0] >= 2.0**-5
    assert tried[-1] <= 4
    if 2.0**-5 < best < 4:  # inside of what the extensions allow, it is bracketed
        assert tried[0] < best < tried[-1]
    assert all(b / a == pytest.approx(FACTOR) for a, b in itertools.pairwise(tried))
    per_rate = 2 * 3  # every rate was tried for both arms at all seeds
    assert sum(r.stream == "tuning" for r in memory.traces) == per_rate * len(tried)


# The choice has its own uncertainty


def resampled(*by_seed, rates=(0.1, 0.2, 0.4)):
    """A choice by final losses alone, given rate by rate and in it seed by seed."""
    return tuned_rate(rates[: len(by_seed)], [[(0.0, loss) for loss in seeds] for seeds in by_seed])


OPEN = resampled([1, 9, 5], [5, 1, 9], [9, 5, 1])  # each rate is the best at a seed of its own


def taken(tuned, seeds):
    """The rates that so many evaluation seeds take."""
    return tuned.rates_at(bootstrap(seeds, len(tuned.deciding[0])))


def test_the_rate_of_an_evaluation_seed_is_the_same_each_time_however_many_there_are():
    first = taken(OPEN, 50)
    assert first == taken(OPEN, 70)[:50]
    assert set(first) == set(OPEN.rates)
    assert first == [OPEN.rates_at([draw])[0] for draw in bootstrap(50, 3)]


def test_all_arms_of_a_seed_draw_the_same_tuning_seeds():
    renamed = resampled([1, 9, 5], [5, 1, 9], [9, 5, 1], rates=(1.0, 2.0, 3.0))
    places = [OPEN.rates.index(rate) for rate in taken(OPEN, 50)]
    assert places == [renamed.rates.index(rate) for rate in taken(renamed, 50)]


def test_each_evaluation_seed_draws_as_many_tuning_seeds_as_there_are():
    draws = bootstrap(200, 3)
    assert {len(draw) for draw in draws} == {3}
    assert len(set(draws)) > 20  # of the 27 there are
    assert bootstrap(4, 1) == [(0,)] * 4


def test_with_one_tuning_seed_there_is_nothing_to_draw():
    tuned = resampled([3], [1], [2])
    assert set(taken(tuned, 50)) == {tuned.rate} == {0.2}


def test_a_clear_winner_is_always_taken():
    tuned = resampled([5, 6, 7], [1, 2, 4], [math.inf, 6, 5])
    assert set(taken(tuned, 200)) == {tuned.rate} == {0.2}


def test_what_the_seeds_disagree_on_is_split_as_often_as_the_bootstrap_says():
    tuned = resampled([1, 2, 1.4], [2, 1, 1.6])
    rates = taken(tuned, 2000)
    lead = (1, -1, 0.2)  # of the first rate, at each tuning seed
    expected = sum(
        sum(lead[seed] for seed in draw) > 0 for draw in itertools.product(range(3), repeat=3)
    )
    share = sum(rate == 0.1 for rate in rates) / len(rates)
    assert share == pytest.approx(expected / 27, abs=3 * math.sqrt(0.25 / 2000))


def test_a_run_that_diverged_in_tuning_counts_only_where_it_is_drawn():
    tuned = resampled([1, 1, math.inf], [2, 2, 2])
    rates = taken(tuned, 2000)
    assert tuned.rate == 0.2
    share = sum(rate == 0.1 for rate in rates) / len(rates)  # the third seed is not drawn
    assert share == pytest.approx((2 / 3) ** 3, abs=3 * math.sqrt(0.25 / 2000))


def test_the_runs_of_a_study_have_the_rate_of_their_seed():
    study, memory = read(TEXT, "seeds=30"), Memory()

    def respond(run):  # at seed 0 the low rate is better, at the others the high one
        best = 0.25 if run.seed == 0 else 0.5
        return arriving(parabola(best)(run.training.learning_rate))

    finish(study, memory, respond)
    results = results_of(study, respond)
    assert [t.setting for t in results.tuned] == list(study.settings)
    for result, tuned in zip(results.settings, results.tuned, strict=True):
        rates = [run.training.learning_rate for run in result.runs]
        assert rates == taken(tuned, 30)
        assert result.rates == {rate: rates.count(rate) for rate in sorted(
            set(rates), key=rates.count, reverse=True)}  # fmt: skip
        assert sum(result.rates.values()) == 30
        assert len(result.rates) == 2
    one, other = results.settings
    assert [r.training.learning_rate for r in one.runs] == [
        r.training.learning_rate for r in other.runs
    ]


SHARED = ("protocol=[own_rate, shared_rate]", "network.depth=[1, 2]")
OWN_BESTS = {("relu", 1): 0.125, ("tanh", 1): 0.5, ("relu", 2): 1.0, ("tanh", 2): 0.25}


def by_arm(run):
    best = OWN_BESTS[run.network.activation.name, len(run.network.widths)]
    return arriving(parabola(best)(run.training.learning_rate))


def test_a_shared_rate_is_the_best_on_the_mean_of_the_arms_of_a_condition():
    found = {t.setting.labels: t for t in chosen(by_arm, *SHARED)}
    assert len(found) == 8
    for labels, tuned in found.items():
        label = dict(labels)
        arm = label["activation"], int(label["depth"])
        if label["protocol"] == "own_rate":
            assert tuned.rate == pytest.approx(OWN_BESTS[arm])
            assert not tuned.setting.shares_rate
            continue
        assert tuned.setting.shares_rate
        together = [
            t for t in found.values()
            if t.setting.shares_rate and dict(t.setting.labels)["depth"] == label["depth"]
        ]  # fmt: skip
        assert len(together) == 2
        assert len({t.deciding for t in together}) == 1
        assert len({t.by_seed for t in together}) == 2  # what each did itself is still told
        means = [
            sum(t.scores[place].log_updates for t in together) / 2
            for place in range(len(tuned.rates))
        ]
        assert means[tuned.best] == pytest.approx(min(means))
        one, other = together
        assert taken(one, 20) == taken(other, 20)


def test_own_rates_are_the_same_with_and_without_a_shared_one_beside_them():
    alone = {t.setting.network: t.rate for t in chosen(by_arm, "network.depth=[1, 2]")}
    beside = {t.setting.network: t.rate for t in chosen(by_arm, *SHARED)
              if not t.setting.shares_rate}  # fmt: skip
    assert alone == beside


def test_a_shared_rate_weighs_the_arms_and_not_the_best_of_them():
    def respond(run):  # relu: a little better at 0.5; tanh: lost there
        rate = run.training.learning_rate
        if run.network.activation.name == "relu":
            return arriving({0.5: 8.0}.get(rate, 10.0))
        return arriving({0.5: 10 * BUDGET, 0.25: 12.0}.get(rate, 20.0))

    assert {t.rate for t in chosen(respond, "protocol=shared_rate")} == {0.25}
