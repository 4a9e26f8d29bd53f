"""Ranks, critical differences and profiles against published values and plain counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.analysis import ranking
from experiments.analysis.survival import Condition

from .helpers import BUDGET, arriving, make_trace, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh, sigmoid], depth: [1, 2], width: 8}
    training: {learning_rate: 0.1}
    seeds: 6
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""
NAMES = ("relu", "tanh", "sigmoid", "step", "linear", "leaky_relu")

moments = st.one_of(st.integers(1, 9).map(float), st.floats(1, 100), st.just(np.inf))


@st.composite
def tables(draw, fewest=3):
    shape = draw(st.tuples(st.integers(1, 12), st.integers(fewest, 6)))
    return draw(arrays(float, shape, elements=moments))


def contest(times, seeds=None):
    arms = tuple(((("activation", name),), None) for name in NAMES[: times.shape[1]])
    seeds = tuple(range(len(times))) if seeds is None else seeds
    return ranking.Contest(Condition((), arms), "train_loss", 0.5, seeds, times)


def profile(*found, confidence=0.95):
    return ranking.performance_profiles(found, confidence, np.random.default_rng(7))


def plain_rank(times, arm):
    """One more than the arms before it, and half of those beside it."""
    return 1 + (times < times[arm]).sum() + (np.sum(times == times[arm]) - 1) / 2


@given(tables(fewest=1))
def test_ranks_count_who_came_before_and_ties_share(times):
    found = ranking.average_ranks(times)
    for arm in range(times.shape[1]):
        assert found[arm] == pytest.approx(np.mean([plain_rank(row, arm) for row in times]))
    assert found.sum() == pytest.approx(times.shape[1] * (times.shape[1] + 1) / 2)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_is_irrelevant(times, random):
    order = list(range(len(times)))
    random.shuffle(order)
    one, other = (ranking.rank(contest(rows), 0.95) for rows in (times, times[order]))
    assert one.ranks == pytest.approx(other.ranks)
    assert one.p_value == pytest.approx(other.p_value)


@settings(max_examples=40)
@given(tables())
def test_an_arm_that_is_always_first_has_rank_1_and_the_whole_profile(times):
    times = np.where(np.isfinite(times), times, 1000)
    times[:, 1] = times.min(axis=1) / 2
    assert ranking.average_ranks(times)[1] == 1
    assert (profile(contest(times)).share[1] == 1).all()


def test_runs_that_never_reach_the_target_share_the_worst_rank():
    found = ranking.average_ranks(np.array([[5.0, np.inf, 3.0, np.inf]]))
    assert found.tolist() == [2, 3.5, 1, 3.5]


# Demsar 2006, table 5(a): the critical values of the Nemenyi test at 0.05 and 0.10.
@pytest.mark.parametrize(
    ("arms", "at_05", "at_10"),
    [
        (2, 1.960, 1.645), (3, 2.343, 2.052), (4, 2.569, 2.291), (5, 2.728, 2.459),
        (6, 2.850, 2.589), (7, 2.949, 2.693), (8, 3.031, 2.780), (9, 3.102, 2.855),
        (10, 3.164, 2.920),
    ],
)  # fmt: skip
def test_the_critical_difference_agrees_with_the_published_table(arms, at_05, at_10):
    for confidence, q in ((0.95, at_05), (0.90, at_10)):
        found = ranking.critical_difference(arms, 14, confidence)
        assert found / np.sqrt(arms * (arms + 1) / (6 * 14)) == pytest.approx(q, abs=1.01e-3)


def test_the_published_example():
    # Demsar 2006, section 3.2.2: four classifiers on 14 data sets, by their average ranks. At 0.10
    # the first is told apart from the two best, which the difference of 1.12 does.
    difference = ranking.critical_difference(4, 14, 0.90)
    assert difference == pytest.approx(1.12, abs=0.005)
    ranks = np.array([3.143, 2.000, 2.893, 1.964])
    assert ranking.groups(ranks, difference) == ((3, 1, 2), (2, 0))


def test_the_friedman_test_agrees_with_a_plain_count():
    times = np.array([[1, 2, 3], [1, 3, 2], [1, 2, 3], [2, 1, 3], [1, 2, 3.0]])
    # 12 / (N k (k + 1)) sum R^2 - 3 N (k + 1) with rank sums 6, 10, 14; two degrees of freedom.
    statistic = 12 / (5 * 3 * 4) * (6**2 + 10**2 + 14**2) - 3 * 5 * 4
    assert ranking.friedman(times) == pytest.approx(np.exp(-statistic / 2))


@pytest.mark.parametrize("value", [3.0, np.inf])
@pytest.mark.parametrize("seeds", [1, 5])
def test_where_all_is_tied_nothing_is_told_apart(value, seeds):
    found = ranking.rank(contest(np.full((seeds, 4), value)), 0.95)
    assert found.ranks.tolist() == [2.5] * 4
    assert found.p_value == 1
    assert found.groups == ((0, 1, 2, 3),)
    assert found.not_reached.tolist() == [seeds * np.isinf(value)] * 4


def test_arms_far_apart_on_many_seeds_are_told_apart():
    found = ranking.rank(contest(np.tile([10.0, 30.0, 20.0], (30, 1))), 0.95)
    assert found.ranks.tolist() == [1, 3, 2]
    assert found.groups == ()
    assert found.p_value < 1e-9


def test_nothing_is_told_apart_where_the_friedman_test_finds_nothing():
    times = np.array([[1.0, 2, 3], [1, 2, 3]])
    assert ranking.friedman(times) > 0.05
    assert ranking.rank(contest(times), 0.95).groups == ((0, 1, 2),)


@given(arrays(float, st.integers(2, 7), elements=st.floats(1, 7)), st.floats(0.01, 7))
def test_groups_are_the_largest_sets_within_the_difference(ranks, difference):
    found = ranking.groups(ranks, difference)
    together = {frozenset(pair) for group in found for pair in np.broadcast(*np.ix_(group, group))}
    for one in range(len(ranks)):
        for other in range(one):
            near = abs(ranks[one] - ranks[other]) < difference
            assert (frozenset((one, other)) in together) == near
    for group in found:
        assert len(group) > 1
        assert not any(set(group) < set(other) for other in found)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ranking.average_ranks(np.empty((0, 3))), "no seeds"),
        (lambda: ranking.friedman(np.ones((4, 2))), "three arms"),
        (lambda: ranking.critical_difference(1, 5, 0.95), "two arms"),
        (lambda: ranking.critical_difference(3, 0, 0.95), "a seed"),
        (profile, "same arms"),
        (lambda: profile(contest(np.ones((2, 3))), contest(np.ones((2, 4)))), "same arms"),
    ],
)
def test_what_cannot_be_ranked_says_so(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@settings(max_examples=40)
@given(tables(), tables())
def test_a_profile_is_a_count_of_cells(one, other):
    arms = min(one.shape[1], other.shape[1])
    found = profile(contest(one[:, :arms]), contest(other[:, :arms]))
    cells = np.concatenate([one[:, :arms], other[:, :arms]])
    solved = cells[np.isfinite(cells).any(axis=1)]
    assert (found.cells, found.unsolved) == (len(cells), len(cells) - len(solved))
    for place in range(0, len(found.factors), 16):
        within = solved / solved.min(axis=1, keepdims=True) <= found.factors[place]
        assert found.share[:, place] == pytest.approx(within.sum(axis=0) / len(cells))
    # Every cell in which any arm reached the target has a fastest, and ties have several.
    assert found.share[:, 0].sum() >= len(solved) / len(cells) - 1e-12
    assert (np.diff(found.share, axis=1) >= 0).all()
    assert found.share[:, -1] == pytest.approx(np.isfinite(cells).mean(axis=0))
    assert found.factors[0] == 1
    assert (np.diff(found.factors) > 0).all()
    assert (found.low <= found.high).all()


def test_the_band_draws_whole_seeds_and_repeats_with_its_generator():
    times = np.array([[1.0, 2.0, 3.0]] * 6 + [[2.0, 1.0, 3.0]] * 6)
    once = profile(contest(times))
    np.testing.assert_array_equal(once.low, profile(contest(times)).low)
    # The first arm is the fastest on half of 12 seeds: the band is that of a binomial share.
    assert once.share[0, 0] == 0.5
    assert (once.low[0, 0], once.high[0, 0]) == pytest.approx((0.25, 0.75), abs=0.09)
    # The same seeds at a second target, where all is the same, tell nothing new.
    twice = profile(contest(times), contest(times))
    np.testing.assert_allclose(twice.low, once.low)
    np.testing.assert_allclose(twice.high, once.high)


def test_one_seed_leaves_the_profile_open():
    found = profile(contest(np.array([[1.0, 2.0, 4.0]])))
    assert (found.low == 0).all()
    assert (found.high == 1).all()


def respond(run):
    base = {"relu": 8.0, "tanh": 16.0, "sigmoid": 32.0}[run.network.activation.name]
    if run.seed == 5 and run.network.activation.name == "relu":
        return arriving(8.0, diverges_after=2)
    return arriving(4 * BUDGET if run.seed == 4 else base * 1.05**run.seed)


def test_there_is_a_ranking_of_every_condition_and_target():
    found = ranking.rankings(results_of(read(TEXT), respond))
    assert [(r.contest.condition.labels, r.contest.target) for r in found] == [
        ((("depth", depth),), target) for depth in "12" for target in (0.8, 0.5)
    ]
    at_half = found[1]
    assert [arm for arm, _ in at_half.contest.condition.arms] == [
        (("activation", name),) for name in ("relu", "tanh", "sigmoid")
    ]
    # Four seeds in order, one at which none reached the target, one at which relu diverged.
    assert at_half.ranks == pytest.approx([(4 * 1 + 2 + 3) / 6, (8 + 2 + 1) / 6, (12 + 2 + 2) / 6])
    assert at_half.not_reached.tolist() == [2, 1, 1]


def test_the_profiles_of_a_study_count_every_cell():
    ((protocol, found),) = ranking.profiles(
        results_of(read(TEXT), respond), np.random.default_rng(1)
    )
    assert protocol == ()
    assert found.cells == 2 * 2 * 6
    assert found.unsolved >= 2  # no arm came to 0.5 with seed 4, at either depth
    assert [name for ((_, name),) in found.arms] == ["relu", "tanh", "sigmoid"]


def test_a_run_beyond_the_smallest_budget_has_not_reached_the_target():
    text = TEXT.replace("{learning_rate: 0.1}", "{learning_rate: 0.1, epochs: [1, 2, 3]}")
    claim = "claims=[{faster: {epochs: 1}, than: {epochs: 2}, to: {train_loss: 0.5}}]"

    def late(run):
        budget = int(32 * run.training.epochs)
        return make_trace([0, budget - 1, budget], train_loss=[1, 1, 0.5])

    for found in ranking.rankings(results_of(read(text, claim), late)):
        assert (found.contest.times == [32, np.inf, np.inf]).all()
        assert found.not_reached.tolist() == [0, 6, 6]


@pytest.mark.parametrize("change", ["claims=[]", "network.activation=[relu, tanh]"])
def test_two_arms_or_no_target_are_not_ranked(change):
    results = results_of(read(TEXT, change), respond)
    assert ranking.rankings(results) == []
    assert ranking.profiles(results, np.random.default_rng(1)) == []
