"""Estimates with intervals: medians, shares and exact numbers, against SciPy and simulations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.analysis.looks import FRACTIONS, Design
from experiments.analysis.samples import LEAST_P_VALUE, Exact, Median, Proportion
from experiments.analysis.verdicts import decide
from experiments.study import Region, Seeds

from .helpers import FIXED

INF, NAN = math.inf, math.nan

finite = st.floats(-1e6, 1e6)
samples = st.lists(finite, min_size=1, max_size=40)
partly_known = st.lists(st.one_of(finite, st.just(NAN)), min_size=1, max_size=40)
alphas = st.floats(1e-6, 0.5)


def design(count, sequential):
    """How a sample came to its size: fixed beforehand, or after looks at fewer."""
    return Design(0.05, Seeds(max(1, count // 3), count).looks) if sequential else FIXED


def ends(found):
    return found.low, found.high


# Medians


@given(samples, alphas)
def test_the_ends_of_a_median_are_the_order_statistics_of_the_sign_test(values, alpha):
    found = Median(values, FIXED).estimate(alpha)
    ordered, n = sorted(values), len(values)
    # The number below the median is Binomial(n, 1/2): leaving out c values at each end is the
    # test that rejects at c or fewer on either side.
    kept = [
        c for c in range((n + 1) // 2) if stats.binomtest(c, n, 0.5).pvalue <= alpha * (1 + 1e-9)
    ]
    expected = (ordered[kept[-1]], ordered[n - 1 - kept[-1]]) if kept else (-INF, INF)
    assert ends(found) == expected
    assert found.estimate == pytest.approx(np.median(values), rel=1e-12, abs=1e-12)
    assert (found.bound, found.count, found.unknown) == ("", n, 0)
    assert found.confidence == 1 - alpha


@pytest.mark.parametrize("n", [6, 20, 37])
def test_the_interval_of_a_median_covers_it_as_often_as_it_says(n):
    rng = np.random.default_rng(7)
    draws, median = rng.exponential(size=(4000, n)), math.log(2)
    found = [Median(row, FIXED).estimate(0.05) for row in draws]
    covered = np.mean([one.low <= median <= one.high for one in found])
    left_out = int(np.searchsorted(np.sort(draws[0]), found[0].low))
    exact = 1 - 2 * stats.binom.cdf(left_out, n, 0.5)
    assert exact >= 0.95
    assert covered == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000))


@given(samples, alphas)
def test_a_sequential_interval_of_a_median_is_wider(values, alpha):
    n = len(values)
    fixed, looked = (Median(values, design(n, s)).estimate(alpha) for s in (False, True))
    assert looked.low <= fixed.low <= fixed.high <= looked.high
    assert looked.estimate == fixed.estimate


@given(samples, st.data(), alphas, st.booleans())
def test_values_that_are_not_known_only_ever_widen(values, data, alpha, sequential):
    hidden = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    seen = [NAN if hide else value for value, hide in zip(values, hidden, strict=True)]
    whole = Median(values, design(len(values), sequential)).estimate(alpha)
    found = Median(seen, design(len(seen), sequential)).estimate(alpha)
    assert found.low <= whole.low <= whole.high <= found.high
    assert (found.count, found.unknown) == (len(values), sum(hidden))
    slack = 1e-9 * (1 + abs(whole.estimate))
    if found.bound == "at least":
        assert found.estimate <= whole.estimate + slack
    elif found.bound == "at most":
        assert found.estimate >= whole.estimate - slack
    elif found.bound == "":
        assert found.estimate == whole.estimate
    else:
        assert (found.bound, math.isnan(found.estimate)) == ("unknown", True)


@pytest.mark.parametrize(
    ("values", "estimate", "bound"),
    [
        ([1, 2, 3, 4, NAN], 2, "at least"),  # 2 if the fifth is low, 3 if it is high
        ([1, NAN, NAN], NAN, "unknown"),
        ([NAN, 4, 2], 2, "at least"),
        ([NAN, -INF, 4, -INF, 2], 2, "at most"),
        ([5, 5, 5, NAN], 5, ""),
        ([1, NAN], NAN, "unknown"),
        ([INF, INF, INF, 1], INF, ""),  # what is infinite is known
        ([INF, INF, INF, NAN], INF, ""),
        ([1, 2, INF, INF], INF, ""),
        ([-INF, -INF, 3], -INF, ""),
    ],
)
def test_what_is_known_of_a_median_by_hand(values, estimate, bound):
    found = Median(values, FIXED).estimate(0.05)
    np.testing.assert_equal((found.estimate, found.bound), (float(estimate), bound))


def test_between_minus_and_plus_infinity_there_is_no_median():
    assert math.isnan(Median([-INF] * 3 + [INF] * 3, FIXED).estimate(0.05).estimate)


@pytest.mark.parametrize(("level", "fewest"), [(0.5, 2), (0.9, 5), (0.95, 6), (0.99, 8)])
def test_the_fewest_runs_of_a_median_are_those_whose_range_is_an_interval(level, fewest):
    assert fewest == math.ceil(round(1 - math.log2(1 - level), 9))
    for n, few in ((fewest - 1, True), (fewest, False)):
        median = Median(np.arange(n), FIXED)
        assert median.count_is_too_small(1 - level) == few
        assert np.isfinite(ends(median.estimate(1 - level))).all() != few


# Shares


def sizes_of(counts):
    """Hits, runs of which it is not known, and all runs."""
    return counts.flatmap(
        lambda n: st.integers(0, n).flatmap(
            lambda k: st.integers(0, n - k).map(lambda unknown: (k, unknown, n))
        )
    )


fixed_sizes = sizes_of(st.integers(1, 60)).map(lambda sizes: (*sizes, False))
# Boundaries for shares take a while to compute: a few numbers of runs are enough.
looked_sizes = sizes_of(st.sampled_from([1, 2, 7, 13, 24, 40])).map(lambda sizes: (*sizes, True))
all_sizes = st.one_of(fixed_sizes, looked_sizes)


def share(k, unknown, n, sequential=False):
    values = [1.0] * k + [NAN] * unknown + [0.0] * (n - k - unknown)
    return Proportion(values, design(n, sequential))


@given(fixed_sizes, alphas)
def test_a_share_has_the_interval_of_clopper_and_pearson(sizes, alpha):
    k, unknown, n, _ = sizes
    found, most = share(*sizes).estimate(alpha), k + unknown
    low = stats.beta.ppf(alpha / 2, k, n - k + 1) if k else 0.0
    high = stats.beta.ppf(1 - alpha / 2, most + 1, n - most) if most < n else 1.0
    assert ends(found) == pytest.approx((low, high), abs=1e-9)
    assert (found.count, found.unknown, found.confidence) == (n, unknown, 1 - alpha)


@given(all_sizes, alphas)
def test_the_interval_of_a_share_holds_all_that_it_may_be(sizes, alpha):
    k, unknown, n, _ = sizes
    found = share(*sizes).estimate(alpha)
    assert 0 <= found.low <= k / n <= found.estimate <= (k + unknown) / n <= found.high <= 1


@given(all_sizes, alphas)
def test_runs_whose_answer_is_not_known_widen_the_interval_of_a_share(sizes, alpha):
    k, unknown, n, sequential = sizes
    found = share(*sizes).estimate(alpha)
    for answered in (k, k + unknown):
        sure = share(answered, 0, n, sequential).estimate(alpha)
        assert found.low <= sure.low + 1e-9
        assert found.high >= sure.high - 1e-9


@given(all_sizes, alphas, st.floats(1.01, 10))
def test_a_larger_alpha_gives_a_narrower_interval_of_a_share(sizes, alpha, factor):
    sample = share(*sizes)
    wide, narrow = sample.estimate(alpha / factor), sample.estimate(alpha)
    assert wide.low <= narrow.low + 1e-9
    assert narrow.high <= wide.high + 1e-9


REGIONS = [
    Region(low=0.5),
    Region(high=0.3),
    Region(0.2, 0.8),
    Region(low=0.0),
    Region(0.25, 0.25),
    Region(low=0.5, open=True),
]


@given(all_sizes, st.sampled_from(REGIONS))
def test_the_p_value_of_a_share_is_where_its_interval_begins_to_decide(sizes, region):
    sample, sequential = share(*sizes), sizes[-1]

    def decided(alpha):
        return decide(*ends(sample.estimate(alpha)), region) != "inconclusive"

    least = sample.p_value(lambda low, high: decide(low, high, region) != "inconclusive")
    if least == 1.0:
        assert not decided(0.05 if sequential else 0.999)  # looks allow for no more than alpha
    else:
        assert decided(least)
        if sequential:  # the next smaller part of alpha at which there are boundaries
            parts = 0.05 * FRACTIONS
            smaller = parts[parts < least * (1 - 1e-9)]
            assert not len(smaller) or not decided(smaller[0])
        else:
            assert least <= 1.01 * LEAST_P_VALUE or not decided(least * 0.99)


@given(partly_known, st.floats(-100, 100), st.floats(0, 100), st.booleans(), st.booleans())
def test_the_p_value_of_a_median_is_where_its_interval_begins_to_decide(
    values, low, width, is_open, sequential
):
    sample, region = (
        Median(values, design(len(values), sequential)),
        Region(low, low + width, open=is_open),
    )

    def decides(low, high):
        return decide(low, high, region) != "inconclusive"

    least = sample.p_value(decides)
    if least < 1:
        assert decides(*ends(sample.estimate(least)))
    assert not decides(*ends(sample.estimate(least * (1 - 1e-6))))


@pytest.mark.parametrize("sequential", [False, True])
def test_any_number_of_runs_has_an_interval_for_their_share(sequential):
    one = share(1, 0, 1, sequential)
    assert not one.count_is_too_small(0.001)
    found = one.estimate(0.001)
    assert (0 <= found.low < 0.01, found.high) == (True, 1.0)


# Exact numbers


def test_an_exact_number_is_known_without_error():
    exact = Exact([0.25, 0.25, 0.25])
    for alpha in (1e-9, 0.05):
        found = exact.estimate(alpha)
        assert (found.estimate, *ends(found), found.confidence) == (0.25, 0.25, 0.25, 1.0)
        assert (found.bound, found.count, found.unknown) == ("", 3, 0)
    assert not exact.count_is_too_small(1e-6)
    assert exact.p_value(lambda low, high: low == high == 0.25) == 0.0
    assert exact.p_value(lambda low, high: low > 0.25) == 1.0
