"""Curves of hitting times against closed forms and an estimate written down plainly."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.analysis.results import SettingResult
from experiments.analysis.summaries import Reach, reaches
from experiments.analysis.survival import conditions, reach_curve, reach_curves

from .helpers import BUDGET, arriving, make_trace, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 2], width: 8}
    training: {learning_rate: 0.1}
    seeds: 5
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""
SETTING = read(TEXT).settings[0]


def reach(*times, budget=100):
    """Hitting times; a negative one is censored at its absolute value."""
    traces = tuple(make_trace([0, 1], budget=budget, train_loss=[1, 1]) for _ in times)
    runs = tuple(SETTING.run("evaluation", seed) for seed in range(len(times)))
    times = np.array(times, dtype=float)
    result = SettingResult(setting=SETTING, runs=runs, traces=traces)
    return Reach(result, "train_loss", 0.5, np.abs(times), times < 0)


def curve(*times, budget=100, confidence=0.95, horizon=None):
    if not times:
        empty = reach(1.0)
        empty = Reach(empty.setting, "train_loss", 0.5, np.empty(0), np.empty(0, dtype=bool))
        return reach_curve(empty, confidence)
    return reach_curve(reach(*times, budget=budget), confidence, horizon)


def plain_share(times, at):
    """The product-limit estimate, run by run; who reaches it comes before who is given up."""
    still = 1.0
    for moment in sorted({t for t in times if 0 < t <= at}):
        on_the_way = sum(abs(t) >= moment for t in times)
        still *= 1 - sum(t == moment for t in times) / on_the_way
    return 1 - still


def plain_area(times, horizon, start=0.0):
    """The area above the estimate from the start to the horizon, piece by piece."""
    inside = sorted({t for t in times if start < t < horizon})
    ends = [start, *inside, horizon]
    pieces = pairwise(ends)
    return sum((b - a) * (1 - plain_share(times, a)) for a, b in pieces)


moments = st.one_of(st.integers(1, 100), st.floats(1, 100))
censored_anywhere = st.lists(
    st.tuples(moments, st.booleans()).map(lambda t: -t[0] if t[1] else t[0]),
    min_size=1, max_size=20,
)  # fmt: skip
censored_at_budget = st.lists(st.one_of(moments, st.just(-100)), min_size=1, max_size=20)


@given(censored_anywhere)
def test_the_share_is_the_product_limit_estimate(times):
    found = curve(*times)
    assert found.updates.tolist() == [0, *sorted({t for t in times if t > 0}), 100]
    for at, share in zip(found.updates, found.share, strict=True):
        assert share == pytest.approx(plain_share(times, at), abs=1e-12)
    assert found.runs == len(times)
    assert found.censored == sum(t < 0 for t in times)


@given(censored_at_budget)
def test_where_runs_are_given_up_at_the_budget_only_it_is_the_share_of_runs(times):
    found = curve(*times)
    for at, share in zip(found.updates, found.share, strict=True):
        assert share == pytest.approx(sum(0 < t <= at for t in times) / len(times), abs=1e-12)
    assert found.restricted_mean == pytest.approx(np.mean(np.abs(times)))


@given(censored_anywhere, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_the_curve_only_rises_and_lies_within_its_interval(times, confidence):
    found = curve(*times, confidence=confidence)
    assert (np.diff(found.share) >= 0).all()
    for part in (found.share, found.low, found.high):
        assert np.isfinite(part).all()
    assert (found.low >= 0).all()
    assert (found.low <= found.share + 1e-12).all()
    assert (found.share <= found.high + 1e-12).all()
    assert (found.high <= 1).all()


@given(censored_anywhere, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_is_irrelevant(times, random):
    shuffled = list(times)
    random.shuffle(shuffled)
    one, other = curve(*times), curve(*shuffled)
    for part in ("updates", "share", "low", "high", "restricted_mean", "restricted_mean_error"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


@pytest.mark.parametrize("runs", [1, 2, 12])
def test_all_censored_is_a_share_of_nothing_with_an_exact_upper_end(runs):
    found = curve(*[-100] * runs)
    assert found.updates.tolist() == [0, 100]
    assert found.share.tolist() == [0, 0]
    assert found.low.tolist() == [0, 0]
    assert found.high == pytest.approx(1 - 0.025 ** (1 / runs))
    assert (found.restricted_mean, found.restricted_mean_error) == (100, 0)


@pytest.mark.parametrize("runs", [1, 2, 12])
def test_when_all_have_reached_the_target_the_lower_end_is_exact(runs):
    found = curve(*range(1, runs + 1))
    assert found.share[-1] == 1
    assert found.low[-1] == pytest.approx(0.025 ** (1 / runs))
    assert found.high[-1] == 1


def test_targets_reached_at_the_budget_come_before_those_given_up_there():
    found = curve(50, 100, 100, -100)
    assert found.updates.tolist() == [0, 50, 100, 100]
    assert found.share.tolist() == [0, 0.25, 0.75, 0.75]


def test_the_interval_is_greenwoods_on_the_log_log_scale():
    # Of 10 runs 3 have reached it: the variance of log S is d / (n (n - d)) summed, 3 / (10 * 7).
    found = curve(10, 20, 30, *[-100] * 7)
    spread = stats.norm.ppf(0.975) * math.sqrt(3 / 70) / math.log(0.7)
    ends = sorted(1 - 0.7 ** math.exp(sign * spread) for sign in (-1, 1))
    assert [found.low[3], found.high[3]] == pytest.approx(ends)


@given(censored_anywhere, st.integers(1, 100))
def test_the_restricted_mean_is_the_area_above_the_curve(times, horizon):
    found = curve(*times, horizon=horizon)
    assert found.horizon == horizon
    assert found.restricted_mean == pytest.approx(plain_area(times, horizon))
    variance = 0.0
    for moment in {t for t in times if 0 < t <= horizon}:
        on_the_way = sum(abs(t) >= moment for t in times)
        here = sum(t == moment for t in times)
        if on_the_way > here:
            beyond = plain_area(times, horizon, start=moment) if moment < horizon else 0.0
            variance += beyond**2 * here / (on_the_way * (on_the_way - here))
    assert found.restricted_mean_error == pytest.approx(math.sqrt(variance))


@given(censored_at_budget, st.integers(1, 100))
def test_without_early_losses_its_error_is_that_of_a_mean(times, horizon):
    found = curve(*times, horizon=horizon)
    stopped = np.minimum(np.abs(times), horizon)
    assert found.restricted_mean == pytest.approx(stopped.mean())
    expected = stopped.std() / math.sqrt(len(times))
    assert found.restricted_mean_error == pytest.approx(expected, abs=1e-6)


def test_there_must_be_a_run_and_the_horizon_within_the_budget():
    with pytest.raises(ValueError, match="no runs"):
        curve()
    with pytest.raises(ValueError, match="beyond the budget 100"):
        curve(5, horizon=101)


def respond(run):
    if run.seed == 4:
        return arriving(8.0, diverges_after=2)
    late = run.network.activation.name == "tanh" and run.seed == 3
    return arriving(4 * BUDGET if late else 16.0 * 1.1**run.seed)


def test_there_is_a_curve_of_every_setting_at_every_target_of_a_claim():
    results = results_of(read(TEXT), respond)
    found, expected = reach_curves(results), reaches(results)
    assert len(found) == 8
    for one, other in zip(found, expected, strict=True):
        assert (one.setting, one.metric, one.target) == (other.setting, other.metric, other.target)
        assert (one.runs, one.censored) == (5, other.not_reached)
        assert one.horizon == BUDGET
        assert one.share[-1] == pytest.approx(1 - other.not_reached / 5)


def test_arms_with_different_budgets_have_their_means_up_to_the_smaller():
    text = TEXT.replace("{learning_rate: 0.1}", "{learning_rate: 0.1, epochs: [1, 2]}")
    claim = "claims=[{faster: {epochs: 1}, than: {epochs: 2}, to: {train_loss: 0.5}}]"

    def budgets(run):
        budget = 32 if run.training.epochs == 1 else 64
        return make_trace([0, 1, budget], train_loss=[1, 1, 0.4])

    results = results_of(read(text, claim), budgets)
    assert [condition.budget for condition in conditions(results)] == [32] * 4
    assert [len(condition.arms) for condition in conditions(results)] == [2] * 4
    assert {c.horizon for c in reach_curves(results)} == {32}
    assert {c.setting.budget for c in reach_curves(results)} == {32, 64}


def test_a_study_without_claims_has_no_curves():
    assert reach_curves(results_of(read(TEXT, "claims=[]"), respond)) == []
