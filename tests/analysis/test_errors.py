"""How often intervals miss, how many decisions share that, and how many pairs it would take."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.inference import (
    fewest_pairs,
    holm,
    p_values,
)
from experiments.analysis.looks import Design

from .helpers import FIXED, at, paired

SIZES = [1, 2, 3, 6, 7, 8, 20, 33, 64]


def test_rounding_of_a_level_is_allowed_for():
    assert fewest_pairs(0.125, FIXED) == 4  # 2 / 16, exactly


@pytest.mark.parametrize("n", SIZES)
def test_with_a_fixed_number_of_pairs_the_p_values_are_those_of_fair_coins(n):
    found = p_values(n, FIXED)
    expected = [
        Fraction(2 * sum(math.comb(n, i) for i in range(c + 1)), 2**n) for c in range((n + 1) // 2)
    ]
    assert found == pytest.approx([min(1.0, float(e)) for e in expected], rel=1e-12)


@pytest.mark.parametrize("n", [*range(1, 40), 100, 1000])
def test_wider_intervals_miss_more_rarely(n):
    found = p_values(n, FIXED)
    assert found.shape == ((n + 1) // 2,)
    assert ((found > 0) & (found <= 1)).all()
    assert (np.diff(found) >= 0).all()


def test_the_intervals_run_from_the_widest_to_the_narrowest():
    times = paired(at(*[10.0] * 9), at(*range(11, 20)), FIXED)
    found = times.intervals()
    assert [p for p, _, _ in found] == list(p_values(9, FIXED))
    for (_, low, high), (_, next_low, next_high) in itertools.pairwise(found):
        assert low <= next_low <= next_high <= high
    for p, low, high in found:
        ratio = times.ratio(p)
        assert (ratio.low, ratio.high) == (low, high)
        assert ratio.confidence == 1 - p


# Several decisions


def plain_holm(needed, alpha):
    """Reject, one after the other, the least of those that are left while its turn allows."""
    left, rejected = sorted(range(len(needed)), key=needed.__getitem__), set()
    while left and needed[left[0]] <= alpha / len(left):
        rejected.add(left.pop(0))
    return rejected


decisions = st.lists(
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), max_size=8
)
levels = st.sampled_from([0.01, 0.05, 0.2])


def made(needed, alpha):
    """Which decisions are made with what each is allowed, a hair of rounding apart."""
    allowed = holm(needed, alpha)
    return {i for i, one in enumerate(needed) if one <= allowed[i] * (1 + 1e-9)}


@given(decisions, levels)
def test_holm_makes_the_decisions_of_the_plain_rule(needed, alpha):
    assert made(needed, alpha) == plain_holm(needed, alpha)


@given(decisions, levels)
def test_holm_is_never_stricter_than_bonferroni_nor_laxer_than_no_correction(needed, alpha):
    for allowed in holm(needed, alpha):
        assert alpha / len(needed) <= allowed <= alpha


@given(decisions, levels, st.randoms(use_true_random=False))
def test_holm_does_not_depend_on_the_order(needed, alpha, random):
    order = random.sample(range(len(needed)), len(needed))
    shuffled = holm([needed[i] for i in order], alpha)
    # Equal needs are interchangeable, but are allowed the same only if all or none is made.
    found = sorted(zip([needed[i] for i in order], shuffled, strict=True))
    assert found == sorted(zip(needed, holm(needed, alpha), strict=True))
    assert made([needed[i] for i in order], alpha) == {
        place for place, i in enumerate(order) if i in made(needed, alpha)
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
    return paired(at(*[8.0] * n), at(*[4.0] * below, *[16.0] * (n - below)), FIXED)


@pytest.mark.parametrize(("n", "below"), [(5, 0), (8, 2), (20, 6), (20, 8), (11, 4), (9, 6)])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_the_seeds_needed_are_those_of_a_search(n, below, alpha):
    """What is there counts as a look, so that each later one has only what is left of the error."""
    times, share = ratios(n, below), min(below, n - below) / n
    look, count = 1, n
    while True:
        look, count = look + 1, count + math.ceil(count / 2)
        c, possible = math.ceil(share * count - 1e-9), p_values(count, FIXED)
        if c < len(possible) and possible[c] <= alpha * 0.3 * 0.7 ** (look - 1):
            break
    assert times.seeds_needed(1.0, alpha) == count


@pytest.mark.parametrize("looks", [(8,), (8, 12, 18), (5, 8, 12, 18)])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
@pytest.mark.parametrize("part", [0.0, 0.2, 0.3, 0.4])
def test_where_pairs_are_added_the_seeds_needed_are_a_look_at_what_is_spent_there(
    looks, alpha, part
):
    n, below = looks[-1], math.floor(part * looks[-1])
    values = at(*[4.0] * below, *[16.0] * (n - below))
    times = paired(at(*[8.0] * n), values, Design(0.05, looks))
    number, count = len(looks), n
    while True:
        number, count = number + 1, count + math.ceil(count / 2)
        here = alpha * 0.3 * 0.7 ** (number - 1)  # spent at this look and at no earlier one
        left_out = math.ceil(below / n * count - 1e-9)
        if left_out < count / 2 and p_values(count, FIXED)[left_out] <= here:
            break
    assert times.seeds_needed(1.0, alpha) == count


@pytest.mark.parametrize(("n", "below"), [(20, 6), (20, 8), (40, 14)])
def test_so_many_pairs_with_the_shares_as_seen_do_decide(n, below):
    needed = ratios(n, below).seeds_needed(1.0, 0.05)
    more = ratios(needed, math.ceil(below / n * needed - 1e-9)).ratio(0.05)
    assert more.low > 1
    assert ratios(n, below).ratio(0.05).low <= 1


def test_no_number_of_pairs_tells_halves_apart():
    assert ratios(20, 10).seeds_needed(1.0, 0.05) is None


def test_censored_pairs_count_half_to_each_side():
    # Three of ten lie below, five above; of two nobody knows.
    a = at(*[8.0] * 8, -100, -100)
    b = at(*[4.0] * 3, *[16.0] * 5, -100, -100)
    assert paired(a, b, FIXED).seeds_needed(1.0, 0.05) == ratios(10, 4).seeds_needed(1.0, 0.05)
    nobody = paired(at(*[-9.0] * 8), at(*[-9.0] * 8), FIXED)
    assert nobody.seeds_needed(1.0, 0.05) is None


def test_a_stricter_level_and_looking_again_take_more_pairs():
    n, below = 18, 6
    once, looked = ratios(n, below), Design(0.05, (8, 12, 18))
    again = paired(at(*[8.0] * n), at(*[4.0] * below, *[16.0] * (n - below)), looked)
    assert once.seeds_needed(1.0, 0.05) < once.seeds_needed(1.0, 0.01)
    assert once.seeds_needed(1.0, 0.05) <= again.seeds_needed(1.0, 0.05)
    assert again.seeds_needed(1.0, 0.05) in (27, 41, 62, 93, 140)  # it is a look
