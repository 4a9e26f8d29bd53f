"""The interval and the estimate, against an exact sign test written out by hand."""

import itertools
import math
from dataclasses import astuple
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.inference import fewest_pairs, paired_ratio
from experiments.analysis.looks import Design
from experiments.hitting_times import HittingTime

from .helpers import FIXED, at

BUDGET = 100.0
CONFIDENCES = (0.8, 0.9, 0.95, 0.99)


def tail(n, k):
    """P(X <= k) for the number of heads X of n fair coins, exactly."""
    return Fraction(sum(math.comb(n, i) for i in range(k + 1)), 2**n)


def ends_of_sign_test(lowest, highest, confidence):
    """Try every place for the median and keep those that the two-sided sign test keeps.

    With k of n values below it, a place is rejected if so few heads, or so many, have a
    probability of at most half of the error allowed.
    """
    n, error = len(lowest), (1 - Fraction(confidence)) / 2
    kept = [k for k in range(n + 1) if tail(n, k) > error and tail(n, n - k) > error]
    low = [-math.inf, *sorted(lowest)][kept[0]]
    high = [*sorted(highest), math.inf][kept[-1]]
    return low, high


def ranges(a, b):
    """The range in which the logarithm of each pair's ratio lies."""
    for x, y in zip(a, b, strict=True):
        yield (
            -math.inf if x.censored else math.log(y.time / x.time),
            math.inf if y.censored else math.log(y.time / x.time),
        )


hitting_times = st.builds(
    lambda time: HittingTime(time, False) if time < BUDGET else HittingTime(BUDGET, True),
    st.one_of(st.floats(1, 150), st.integers(1, 12).map(float)),
)
pairs = st.lists(st.tuples(hitting_times, hitting_times), min_size=1, max_size=24)


@given(pairs, st.sampled_from(CONFIDENCES))
def test_the_interval_is_the_sign_test_inverted(sample, confidence):
    a, b = zip(*sample, strict=True)
    ratio = paired_ratio(a, b, Design(1 - confidence))
    lowest, highest = zip(*ranges(a, b), strict=True)
    low, high = ends_of_sign_test(lowest, highest, confidence)
    assert ratio.low == pytest.approx(math.exp(low), rel=1e-12)
    assert ratio.high == pytest.approx(math.exp(high), rel=1e-12)
    assert (ratio.pairs, ratio.censored) == (
        len(a),
        sum(x.censored or y.censored for x, y in sample),
    )


@pytest.mark.parametrize(
    ("n", "confidence"), [(2, 0.51), (3, 0.75), (4, 0.875), (4, 0.75), (5, 0.625)]
)
def test_a_level_that_the_coin_can_meet_exactly(n, confidence):
    times = at(*(2.0**i for i in range(n)))
    ratio = paired_ratio(at(*[1.0] * n), times, Design(1 - confidence))
    logs = [math.log(2) * i for i in range(n)]
    low, high = ends_of_sign_test(logs, logs, confidence)
    assert ratio.low == pytest.approx(math.exp(low))
    assert ratio.high == pytest.approx(math.exp(high))


@pytest.mark.parametrize("n", [6, 7, 8, 9])
def test_the_coverage_is_exact_over_all_ways_the_coins_can_fall(n):
    # The sign test looks at which side of the true median, here 1, each ratio lies, and all 2^n
    # ways are equally likely whatever the distribution: a count of them is its exact coverage.
    sizes = np.exp(np.linspace(0.1, 2, n))
    covered = 0
    for signs in itertools.product((-1, 1), repeat=n):
        ratio = paired_ratio(at(*[10.0] * n), at(*(10 * sizes ** np.array(signs))), FIXED)
        covered += ratio.low <= 1 <= ratio.high
    assert covered / 2**n >= 0.95
    too_narrow = 1 - 2 * tail(n, 1)  # what leaving out one more value at each end would cover
    assert too_narrow < 0.95 or covered / 2**n < too_narrow + 2 * tail(n, 0)


@pytest.mark.parametrize("n", [6, 11, 20, 30])
@pytest.mark.parametrize("draw", ["log-normal", "heavy tailed", "lopsided"])
def test_the_median_is_covered_as_often_as_promised(n, draw):
    rng, trials, truth = np.random.default_rng([n, len(draw)]), 200, math.log(1.5)
    noise = {
        "log-normal": lambda size: 0.5 * rng.standard_normal(size),
        "heavy tailed": rng.standard_cauchy,
        "lopsided": lambda size: rng.exponential(1, size) - math.log(2),
    }[draw]
    covered = 0
    for _ in range(trials):
        a = rng.uniform(5, 50, n)
        b = a * np.exp(np.clip(truth + noise(n), -300, 300))
        # Where b would not have come within the budget, nobody knows when it would have.
        second = [HittingTime(min(t, 200.0), bool(t > 200)) for t in b]
        ratio = paired_ratio(at(*a), second, FIXED)
        covered += ratio.low <= 1.5 <= ratio.high
    assert covered / trials >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / trials)


@given(pairs, st.sampled_from(CONFIDENCES))
def test_swapping_the_arms_gives_the_reciprocal(sample, confidence):
    a, b = zip(*sample, strict=True)
    ratio, swapped = (
        paired_ratio(a, b, Design(1 - confidence)),
        paired_ratio(b, a, Design(1 - confidence)),
    )
    assert swapped.low == pytest.approx(1 / ratio.high if ratio.high else math.inf)
    assert swapped.high == pytest.approx(1 / ratio.low if ratio.low else math.inf)
    assert (swapped.wins, swapped.losses) == (ratio.losses, ratio.wins)
    assert (swapped.pairs, swapped.censored) == (ratio.pairs, ratio.censored)
    if not ratio.bound:
        assert not swapped.bound
        assert swapped.estimate == pytest.approx(1 / ratio.estimate)


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_is_irrelevant(sample, random):
    shuffled = random.sample(sample, len(sample))
    one = paired_ratio(*zip(*sample, strict=True), FIXED)
    other = paired_ratio(*zip(*shuffled, strict=True), FIXED)
    np.testing.assert_equal(astuple(other), astuple(one))


@given(
    st.data(), st.lists(st.tuples(st.floats(2, 1e6), st.floats(2, 1e6)), min_size=1, max_size=20)
)
def test_censoring_a_run_can_only_widen_the_interval(data, times):
    """Some runs are stopped before they are there; the truth must stay inside what is said."""
    share = st.one_of(st.none(), st.floats(0.01, 1, exclude_max=True))

    def cut(time):
        kept = data.draw(share)
        return (
            HittingTime(time, False) if kept is None else HittingTime(max(1.0, time * kept), True)
        )

    truth = paired_ratio(
        [HittingTime(a, False) for a, _ in times],
        [HittingTime(b, False) for _, b in times],
        Design(0.1),
    )
    known = paired_ratio([cut(a) for a, _ in times], [cut(b) for _, b in times], Design(0.1))
    assert known.low <= truth.low * (1 + 1e-12)
    assert known.high >= truth.high * (1 - 1e-12)
    assert known.wins <= truth.wins
    assert known.losses <= truth.losses


@given(st.data(), pairs)
def test_the_estimate_is_the_median_or_a_bound_of_it(data, sample):
    """However long the censored runs would have taken, what is said of the median holds."""
    ratio = paired_ratio(*zip(*sample, strict=True), FIXED)
    longer = st.floats(1, 1000)

    def completed(hit):
        return hit.time * (data.draw(longer) if hit.censored else 1)

    logs = [math.log(completed(b) / completed(a)) for a, b in sample]
    truth = math.exp(float(np.median(logs)))
    slack = 1 + 1e-9
    match ratio.bound:
        case "":
            assert ratio.estimate == pytest.approx(truth)
        case "at least":
            assert truth >= ratio.estimate / slack
        case "at most":
            assert truth <= ratio.estimate * slack
        case _:
            assert ratio.bound == "unknown"
            assert math.isnan(ratio.estimate)


@pytest.mark.parametrize(
    ("a", "b", "estimate", "bound"),
    [
        ([10, 10, 10], [20, 40, 80], 4, ""),
        ([10, 10], [20, 80], 4, ""),  # halfway on the logarithmic scale
        ([10, 10, 10], [20, -100, -100], 10, "at least"),
        ([10, 10, 10], [20, 40, -100], 4, ""),  # the slowest is past the middle anyway
        ([-100, -100, 10], [20, 50, 20], 0.5, "at most"),
        ([-100, -100, -100], [-100, -100, -100], math.nan, "unknown"),
        ([-100, 10], [10, -100], math.nan, "unknown"),
        ([10], [-100], 10, "at least"),
        ([-100], [10], 0.1, "at most"),
    ],
)
def test_estimates_by_hand(a, b, estimate, bound):
    ratio = paired_ratio(at(*a), at(*b), FIXED)
    assert ratio.bound == bound
    assert ratio.estimate == pytest.approx(estimate, nan_ok=True)


def test_wins_and_losses_are_counted_where_they_are_sure():
    a, b = at(10, 20, 30, -100, 50, -100), at(20, 10, 30, 99, -100, -100)
    ratio = paired_ratio(a, b, FIXED)
    assert (ratio.wins, ratio.losses, ratio.pairs, ratio.censored) == (2, 2, 6, 3)


@pytest.mark.parametrize("n", range(1, 6))
def test_five_pairs_set_no_limit_at_95_percent(n):
    ratio = paired_ratio(at(*[1.0] * n), at(*[5.0] * n), FIXED)
    assert (ratio.low, ratio.high) == (0.0, math.inf)
    assert ratio.estimate == pytest.approx(5)


def test_six_pairs_set_limits_at_95_percent():
    ratio = paired_ratio(at(*[1.0] * 6), at(2, 3, 4, 5, 6, 7), FIXED)
    assert (ratio.low, ratio.high) == (pytest.approx(2), pytest.approx(7))


def test_arms_that_never_reach_the_target_leave_everything_open():
    ratio = paired_ratio(at(*[-9.0] * 8), at(*[-9.0] * 8), FIXED)
    assert (ratio.low, ratio.high) == (0.0, math.inf)


def test_an_arm_that_never_reaches_the_target_leaves_one_end_open():
    ratio = paired_ratio(at(*[10.0] * 8), at(*[-100.0] * 8), FIXED)
    assert (ratio.low, ratio.high) == (pytest.approx(10), math.inf)
    assert ratio.wins == 8


@given(st.integers(2, 40), st.floats(0.51, 0.9999))
@settings(max_examples=200)
def test_the_fewest_pairs_are_the_fewest_that_set_limits(n, confidence):
    enough = 2 * tail(n, 0) <= 1 - Fraction(confidence)
    if abs(float(2 * tail(n, 0)) - (1 - confidence)) > 1e-12:
        assert (n >= fewest_pairs(1 - confidence, FIXED)) == enough


@pytest.mark.parametrize(
    ("confidence", "pairs"), [(0.75, 3), (0.9, 5), (0.95, 6), (0.99, 8), (0.999, 11)]
)
def test_fewest_pairs_by_hand(confidence, pairs):
    assert fewest_pairs(1 - confidence, FIXED) == pairs


def test_no_pairs_and_unequal_samples_are_refused():
    with pytest.raises(ValueError, match="no pairs"):
        paired_ratio([], [], FIXED)
    with pytest.raises(ValueError):
        paired_ratio(at(1, 2), at(1), FIXED)


def test_reaching_the_target_with_the_budget_comes_before_one_that_never_did():
    ratio = paired_ratio([HittingTime(100.0, False)] * 8, [HittingTime(100.0, True)] * 8, FIXED)
    assert (ratio.wins, ratio.losses, ratio.bound) == (8, 0, "at least")
    ratio = paired_ratio([HittingTime(100.0, True)] * 8, [HittingTime(100.0, True)] * 8, FIXED)
    assert (ratio.wins, ratio.losses) == (0, 0)
