"""How often intervals miss, how many decisions share that, and how many pairs it would take."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.inference import (
    MOST_PAIRS,
    PairedTimes,
    errors,
    fewest_pairs,
    holm,
    paired_ratio,
)

from .helpers import at

SIZES = [1, 2, 3, 6, 7, 8, 20, 33, 64]


def test_rounding_of_a_level_is_allowed_for():
    assert fewest_pairs(0.875) == 4  # 2 / 16, exactly


@pytest.mark.parametrize("n", SIZES)
def test_with_a_fixed_number_of_pairs_the_errors_are_those_of_fair_coins(n):
    found = errors(n, sequential=False)
    expected = [
        Fraction(2 * sum(math.comb(n, i) for i in range(c + 1)), 2**n) for c in range((n + 1) // 2)
    ]
    assert found == pytest.approx([min(1.0, float(e)) for e in expected], rel=1e-12)


@pytest.mark.parametrize("n", SIZES)
def test_with_pairs_to_be_added_the_errors_are_those_of_the_mixture(n):
    def beta(a, b):
        return math.gamma(a) * math.gamma(b) / math.gamma(a + b)

    expected = [
        min(1.0, beta(0.5, 0.5) / (2.0**n * beta(c + 0.5, n - c + 0.5)))
        for c in range((n + 1) // 2)
    ]
    assert errors(n, sequential=True) == pytest.approx(expected, rel=1e-10)


def exact_mixture(n, c):
    """The mixture by its own recursion: a coin's chance of heads is (heads + 1/2) / (n + 1)."""
    value, heads = Fraction(1), 0
    for toss in range(n):
        comes_up = toss < c
        chance = (Fraction(heads if comes_up else toss - heads) + Fraction(1, 2)) / (toss + 1)
        value *= 2 * chance
        heads += comes_up
    return value


@given(st.integers(1, 60), st.data())
def test_the_mixture_is_a_product_of_predictions(n, data):
    c = data.draw(st.integers(0, (n - 1) // 2))
    expected = min(1, 1 / exact_mixture(n, c))
    assert errors(n, sequential=True)[c] == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_the_mixture_is_fair_under_the_median(n):
    mean = sum(math.comb(n, c) * exact_mixture(n, c) for c in range(n + 1)) / 2**n
    assert mean == 1


def test_seven_straight_wins_by_hand():
    assert exact_mixture(7, 0) == pytest.approx(26.8, abs=0.05)
    assert 1 / errors(7, sequential=True)[0] == pytest.approx(26.8125)
    assert fewest_pairs(0.95, sequential=True) == 7
    assert fewest_pairs(0.95) == 6


@pytest.mark.parametrize("n", [*range(1, 40), 100, 1000])
def test_looking_again_and_again_has_its_price(n):
    fixed, sequential = (errors(n, sequential=s) for s in (False, True))
    assert fixed.shape == sequential.shape == ((n + 1) // 2,)
    assert (sequential >= fixed * (1 - 1e-12)).all()
    for some in (fixed, sequential):
        assert (some > 0).all()
        assert (some <= 1).all()
        assert (np.diff(some) >= 0).all()


@pytest.mark.parametrize("n", [7, 8, 20, 64])
def test_the_sequential_interval_holds_the_fixed_one(n):
    times = np.exp(np.random.default_rng(n).normal(size=n))
    fixed, wide = (
        paired_ratio(at(*[1.0] * n), at(*times), 0.95, sequential=sequential)
        for sequential in (False, True)
    )
    assert wide.low <= fixed.low <= fixed.high <= wide.high
    if n > 8:  # below, both take the whole range
        assert wide.low < fixed.low < fixed.high < wide.high
    assert wide.estimate == fixed.estimate


@pytest.mark.parametrize("error", [0.05, 0.2])
def test_the_median_is_missed_at_any_time_as_rarely_as_promised(error):
    """Each study is looked at after every pair, from the first to the 200th."""
    studies, most = 4000, 200
    rng = np.random.default_rng(26)
    heads = np.cumsum(rng.integers(2, size=(studies, most)), axis=1)  # ratios below the median
    missed = np.zeros(studies, dtype=bool)
    missed_if_fixed = np.zeros(studies, dtype=bool)
    for n in range(1, most + 1):
        at_an_end = np.minimum(heads[:, n - 1], n - heads[:, n - 1])
        # Leaving out c values, the interval misses when no more than c lie on one side.
        for sequential, which in ((True, missed), (False, missed_if_fixed)):
            narrow = np.flatnonzero(errors(n, sequential=sequential) <= error)
            if len(narrow):
                which |= at_an_end <= narrow[-1]
    spread = math.sqrt(error * (1 - error) / studies)
    assert missed.mean() <= error + 3 * spread
    assert missed_if_fixed.mean() > 2 * error  # which is why the fixed one will not do


def test_the_simulated_rule_is_the_interval_s():
    """What the simulation counts is what `PairedTimes` does, tried out on its ratios."""
    rng = np.random.default_rng(3)
    for n in range(1, 60, 3):
        logs = rng.normal(size=n)
        ratio = PairedTimes(at(*[1.0] * n), at(*np.exp(logs)), sequential=True).ratio(0.05)
        narrow = np.flatnonzero(errors(n, sequential=True) <= 0.05)
        at_an_end = min((logs < 0).sum(), (logs > 0).sum())
        misses = bool(len(narrow)) and at_an_end <= narrow[-1]
        assert (ratio.low <= 1 <= ratio.high) == (not misses)


def test_the_intervals_run_from_the_widest_to_the_narrowest():
    times = PairedTimes(at(*[10.0] * 9), at(*range(11, 20)))
    found = times.intervals()
    assert [error for error, _, _ in found] == list(errors(9, sequential=False))
    for (_, low, high), (_, next_low, next_high) in itertools.pairwise(found):
        assert low <= next_low <= next_high <= high
    for error, low, high in found:
        ratio = times.ratio(error)
        assert (ratio.low, ratio.high) == (low, high)
        assert ratio.confidence == 1 - error


# Several decisions


def plain_holm(needed, error):
    """Reject, one after the other, the least of those that are left while its turn allows."""
    left, rejected = sorted(range(len(needed)), key=needed.__getitem__), set()
    while left and needed[left[0]] <= error / len(left):
        rejected.add(left.pop(0))
    return rejected


decisions = st.lists(
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), max_size=8
)
levels = st.sampled_from([0.01, 0.05, 0.2])


def made(needed, error):
    """Which decisions are made with what each is allowed, a hair of rounding apart."""
    allowed = holm(needed, error)
    return {i for i, one in enumerate(needed) if one <= allowed[i] * (1 + 1e-9)}


@given(decisions, levels)
def test_holm_makes_the_decisions_of_the_plain_rule(needed, error):
    assert made(needed, error) == plain_holm(needed, error)


@given(decisions, levels)
def test_holm_is_never_stricter_than_bonferroni_nor_laxer_than_no_correction(needed, error):
    for allowed in holm(needed, error):
        assert error / len(needed) <= allowed <= error


@given(decisions, levels, st.randoms(use_true_random=False))
def test_holm_does_not_depend_on_the_order(needed, error, random):
    order = random.sample(range(len(needed)), len(needed))
    shuffled = holm([needed[i] for i in order], error)
    # Equal needs are interchangeable, but are allowed the same only if all or none is made.
    found = sorted(zip([needed[i] for i in order], shuffled, strict=True))
    assert found == sorted(zip(needed, holm(needed, error), strict=True))
    assert made([needed[i] for i in order], error) == {
        place for place, i in enumerate(order) if i in made(needed, error)
    }


def test_holm_by_hand():
    assert holm([], 0.05) == []
    assert holm([0.9], 0.05) == [0.05]
    assert holm([0.001, 0.9, 0.02], 0.06) == pytest.approx([0.02, 0.06, 0.03])
    assert holm([0.9, 0.001, 0.9], 0.06) == pytest.approx([0.03, 0.02, 0.03])
    assert holm([0.9, 0.9, 0.9], 0.06) == pytest.approx([0.02] * 3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_two_equal_comparisons_are_allowed_the_same(needed):
    doubled = holm([*needed, *needed], 0.05)
    half = len(needed)
    made_at = [n <= a for n, a in zip([*needed, *needed], doubled, strict=True)]
    assert made_at[:half] == made_at[half:]


# More pairs


def ratios(n, below):
    """So many pairs of which so many have a ratio of a half, the others of two."""
    return PairedTimes(at(*[8.0] * n), at(*[4.0] * below, *[16.0] * (n - below)))


@pytest.mark.parametrize(("n", "below"), [(5, 0), (8, 2), (20, 6), (20, 8), (11, 4), (9, 6)])
@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("error", [0.05, 0.005])
def test_the_pairs_needed_are_those_of_a_search(n, below, sequential, error):
    times = PairedTimes(
        at(*[8.0] * n), at(*[4.0] * below, *[16.0] * (n - below)), sequential=sequential
    )
    share = min(below, n - below) / n

    def decided(count):
        c, possible = math.ceil(share * count - 1e-9), errors(count, sequential=sequential)
        return c < len(possible) and possible[c] <= error

    expected = next(count for count in range(n + 1, MOST_PAIRS) if decided(count))
    assert times.pairs_needed(1.0, error) == expected


@pytest.mark.parametrize(("n", "below"), [(20, 6), (20, 8), (40, 14)])
def test_so_many_pairs_with_the_shares_as_seen_do_decide(n, below):
    needed = ratios(n, below).pairs_needed(1.0, 0.05)
    more = ratios(needed, math.ceil(below / n * needed - 1e-9)).ratio(0.05)
    assert more.low > 1
    assert ratios(n, below).ratio(0.05).low <= 1


def test_no_number_of_pairs_tells_halves_apart():
    assert ratios(20, 10).pairs_needed(1.0, 0.05) is None


def test_pairs_that_never_arrived_count_half_to_each_side():
    # Three of ten lie below, five above; of two nobody knows.
    a = at(*[8.0] * 8, -100, -100)
    b = at(*[4.0] * 3, *[16.0] * 5, -100, -100)
    assert PairedTimes(a, b).pairs_needed(1.0, 0.05) == ratios(10, 4).pairs_needed(1.0, 0.05)
    nobody = PairedTimes(at(*[-9.0] * 8), at(*[-9.0] * 8))
    assert nobody.pairs_needed(1.0, 0.05) is None


def test_a_stricter_level_and_looking_again_take_more_pairs():
    n, below = 20, 7
    once = ratios(n, below)
    again = PairedTimes(at(*[8.0] * n), at(*[4.0] * below, *[16.0] * (n - below)), sequential=True)
    assert once.pairs_needed(1.0, 0.05) < once.pairs_needed(1.0, 0.01)
    assert once.pairs_needed(1.0, 0.05) < again.pairs_needed(1.0, 0.05)
