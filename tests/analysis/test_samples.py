"""Estimates with intervals: medians, shares and exact numbers, against SciPy and simulations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from experiments.analysis.samples import LEAST_ERROR, Exact, Median, Share
from experiments.analysis.verdicts import decide
from experiments.study import Region

INF, NAN = math.inf, math.nan

finite = st.floats(-1e6, 1e6)
samples = st.lists(finite, min_size=1, max_size=40)
partly_known = st.lists(st.one_of(finite, st.just(NAN)), min_size=1, max_size=40)
errors = st.floats(1e-6, 0.5)


def ends(found):
    return found.low, found.high


# Medians


@given(samples, errors)
def test_the_ends_of_a_median_are_the_order_statistics_of_the_sign_test(values, error):
    found = Median(values).estimate(error)
    ordered, n = sorted(values), len(values)
    # The number below the median is Binomial(n, 1/2): leaving out c values at each end is the
    # test that rejects at c or fewer on either side.
    kept = [
        c for c in range((n + 1) // 2) if stats.binomtest(c, n, 0.5).pvalue <= error * (1 + 1e-9)
    ]
    expected = (ordered[kept[-1]], ordered[n - 1 - kept[-1]]) if kept else (-INF, INF)
    assert ends(found) == expected
    assert found.estimate == pytest.approx(np.median(values), rel=1e-12, abs=1e-12)
    assert (found.bound, found.count, found.unknown) == ("", n, 0)
    assert found.confidence == 1 - error


@pytest.mark.parametrize("n", [6, 20, 37])
def test_the_interval_of_a_median_covers_it_as_often_as_it_says(n):
    rng = np.random.default_rng(7)
    draws, median = rng.exponential(size=(4000, n)), math.log(2)
    found = [Median(row).estimate(0.05) for row in draws]
    covered = np.mean([one.low <= median <= one.high for one in found])
    left_out = int(np.searchsorted(np.sort(draws[0]), found[0].low))
    exact = 1 - 2 * stats.binom.cdf(left_out, n, 0.5)
    assert exact >= 0.95
    assert covered == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000))


def test_a_sequential_interval_of_a_median_covers_it_however_often_one_looks():
    rng = np.random.default_rng(8)
    missed = 0
    for values in rng.normal(size=(300, 80)):
        some = (Median(values[:n], sequential=True).estimate(0.05) for n in range(1, 81))
        missed += any(not one.low <= 0 <= one.high for one in some)
    assert missed / 300 <= 0.05


@given(samples, errors)
def test_a_sequential_interval_of_a_median_is_wider(values, error):
    fixed, sequential = (Median(values, sequential=s).estimate(error) for s in (False, True))
    assert sequential.low <= fixed.low <= fixed.high <= sequential.high
    assert sequential.estimate == fixed.estimate


@given(samples, st.data(), errors, st.booleans())
def test_values_that_are_not_known_only_ever_widen(values, data, error, sequential):
    hidden = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    seen = [NAN if hide else value for value, hide in zip(values, hidden, strict=True)]
    whole = Median(values, sequential=sequential).estimate(error)
    found = Median(seen, sequential=sequential).estimate(error)
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
    found = Median(values).estimate(0.05)
    np.testing.assert_equal((found.estimate, found.bound), (float(estimate), bound))


def test_between_minus_and_plus_infinity_there_is_no_median():
    assert math.isnan(Median([-INF] * 3 + [INF] * 3).estimate(0.05).estimate)


@pytest.mark.parametrize(("level", "fewest"), [(0.5, 2), (0.9, 5), (0.95, 6), (0.99, 8)])
def test_the_fewest_runs_of_a_median_are_those_whose_range_is_an_interval(level, fewest):
    median = Median([1.0])
    assert median.fewest(level) == fewest == math.ceil(round(1 - math.log2(1 - level), 9))
    finite_ends = [
        np.isfinite(ends(Median(np.arange(n)).estimate(1 - level))).all()
        for n in (fewest - 1, fewest)
    ]
    assert finite_ends == [False, True]
    assert Median([1.0], sequential=True).fewest(level) > fewest


# Shares

counts = st.integers(1, 60).flatmap(
    lambda n: st.integers(0, n).flatmap(
        lambda k: st.integers(0, n - k).map(lambda unknown: (k, unknown, n))
    )
)


def share(k, unknown, n, **how):
    return Share([1.0] * k + [NAN] * unknown + [0.0] * (n - k - unknown), **how)


@given(counts, errors)
def test_a_share_has_the_interval_of_clopper_and_pearson(sizes, error):
    k, unknown, n = sizes
    found, most = share(*sizes).estimate(error), k + unknown
    low = stats.beta.ppf(error / 2, k, n - k + 1) if k else 0.0
    high = stats.beta.ppf(1 - error / 2, most + 1, n - most) if most < n else 1.0
    assert ends(found) == pytest.approx((low, high), abs=1e-9)
    assert (found.count, found.unknown, found.confidence) == (n, unknown, 1 - error)


@given(counts, errors, st.booleans())
def test_the_interval_of_a_share_holds_all_that_it_may_be(sizes, error, sequential):
    k, unknown, n = sizes
    found = share(*sizes, sequential=sequential).estimate(error)
    assert 0 <= found.low <= k / n <= found.estimate <= (k + unknown) / n <= found.high <= 1


@given(counts, errors, st.booleans())
def test_runs_whose_answer_is_not_known_widen_the_interval_of_a_share(sizes, error, sequential):
    k, unknown, n = sizes
    found = share(*sizes, sequential=sequential).estimate(error)
    for answered in (k, k + unknown):
        sure = share(answered, 0, n, sequential=sequential).estimate(error)
        assert found.low <= sure.low + 1e-9
        assert found.high >= sure.high - 1e-9


@given(counts, errors, st.floats(1.01, 10))
def test_a_larger_error_gives_a_narrower_interval_of_a_share(sizes, error, factor):
    for sequential in (False, True):
        sample = share(*sizes, sequential=sequential)
        wide, narrow = sample.estimate(error / factor), sample.estimate(error)
        assert wide.low <= narrow.low + 1e-9
        assert narrow.high <= wide.high + 1e-9


@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 4), (3, 6), (5, 5), (2, 9)])
@pytest.mark.parametrize("error", [0.2, 0.05, 0.001])
def test_more_runs_with_the_same_share_give_a_narrower_sequential_interval(k, n, error):
    widths = []
    for times in (1, 2, 4, 8, 32):
        found = share(k * times, 0, n * times, sequential=True).estimate(error)
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 2


@pytest.mark.parametrize(("k", "n"), [(0, 7), (3, 10), (10, 10), (40, 90)])
def test_the_ends_of_a_sequential_share_are_where_the_mixture_reaches_one_over_the_error(k, n):
    error = 0.05
    found = share(k, 0, n, sequential=True).estimate(error)

    def likelihood(p):
        return p**k * (1 - p) ** (n - k)

    def arcsine(angle):  # p = sin^2(angle) has the density of Beta(1/2, 1/2)
        return likelihood(math.sin(angle) ** 2) * 2 / math.pi

    mixture = quad(arcsine, 0, math.pi / 2, epsabs=0, epsrel=1e-10)[0]
    for end in set(ends(found)) - {0.0, 1.0}:
        assert mixture / likelihood(end) == pytest.approx(1 / error, rel=1e-6)
    assert (found.low == 0.0, found.high == 1.0) == (k == 0, k == n)


@pytest.mark.parametrize("p", [0.5, 0.1, 0.98])
def test_a_sequential_share_covers_the_truth_however_often_one_looks(p):
    # 300 sequences of 200 coins, looked at after each: an interval depends on k and n alone.
    coins = np.random.default_rng(3).random((300, 200)) < p
    seen = {(int(k), n + 1) for row in coins.cumsum(axis=1) for n, k in enumerate(row)}
    cut_off = {}  # by n: the least and the most k whose interval holds p
    for n in range(1, 201):
        at_n = sorted(k for k, size in seen if size == n)
        covering = [k for k in at_n if covers(k, n, p)]
        cut_off[n] = set(at_n) - set(covering)
    missed = [
        any(int(k) in cut_off[n + 1] for n, k in enumerate(row)) for row in coins.cumsum(axis=1)
    ]
    assert np.mean(missed) <= 0.05


def covers(k, n, p):
    found = share(k, 0, n, sequential=True).estimate(0.05)
    return found.low <= p <= found.high


REGIONS = [
    Region(low=0.5),
    Region(high=0.3),
    Region(0.2, 0.8),
    Region(low=0.0),
    Region(0.25, 0.25),
    Region(low=0.5, open=True),
]


@given(counts, st.sampled_from(REGIONS), st.booleans())
@limits(max_examples=40)
def test_the_least_error_of_a_share_is_where_its_interval_begins_to_decide(
    sizes, region, sequential
):
    sample = share(*sizes, sequential=sequential)

    def decided(error):
        return decide(*ends(sample.estimate(error)), region) != "inconclusive"

    least = sample.least_error(lambda low, high: decide(low, high, region) != "inconclusive")
    if least == 1.0:
        assert not decided(0.999)
    else:
        assert decided(least)
        assert least <= 1.01 * LEAST_ERROR or not decided(least * 0.99)


@given(partly_known, st.floats(-100, 100), st.floats(0, 100), st.booleans(), st.booleans())
def test_the_least_error_of_a_median_is_where_its_interval_begins_to_decide(
    values, low, width, is_open, sequential
):
    sample, region = Median(values, sequential=sequential), Region(low, low + width, open=is_open)

    def decides(low, high):
        return decide(low, high, region) != "inconclusive"

    least = sample.least_error(decides)
    if least < 1:
        assert decides(*ends(sample.estimate(least)))
    assert not decides(*ends(sample.estimate(least * (1 - 1e-6))))


@pytest.mark.parametrize("sequential", [False, True])
def test_any_number_of_runs_has_an_interval_for_their_share(sequential):
    one = share(1, 0, 1, sequential=sequential)
    assert one.fewest(0.999) == 1
    found = one.estimate(0.001)
    assert (0 < found.low < 0.01, found.high) == (True, 1.0)


# Exact numbers


def test_an_exact_number_is_known_without_error():
    exact = Exact([0.25, 0.25, 0.25])
    for error in (1e-9, 0.05):
        found = exact.estimate(error)
        assert (found.estimate, *ends(found), found.confidence) == (0.25, 0.25, 0.25, 1.0)
        assert (found.bound, found.count, found.unknown) == ("", 3, 0)
    assert exact.fewest(0.999999) == 1
    assert exact.least_error(lambda low, high: low == high == 0.25) == 0.0
    assert exact.least_error(lambda low, high: low > 0.25) == 1.0
