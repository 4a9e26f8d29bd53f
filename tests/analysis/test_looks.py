"""Boundaries for samples that are looked at several times, against exact walks."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from scipy import stats

from experiments.analysis.claims import judge
from experiments.analysis.inference import p_values
from experiments.analysis.looks import (
    FRACTIONS,
    SHARES,
    Design,
    share_p_values,
    sign_p_values,
    spent,
)
from experiments.analysis.samples import Median, Proportion
from experiments.study import Seeds, next_look

from .helpers import arriving, crossing, read, results_of, toss

LOOKS = (8, 12, 18, 27, 41, 62, 64)
ALPHA = 0.05
HAIR = 1 + Fraction(1, 10**9)
HALF = Fraction(1, 2)
SMALL = [(4, 6, 9), (2, 3, 5, 8), (6,), (5, 8), (1, 2, 3, 5, 8)]


def left_out(looks, alpha, design_alpha=ALPHA):
    """How many values the interval at the last of some looks leaves out, -1 if it has no ends."""
    return int((sign_p_values(Design(design_alpha, tuple(looks))) <= alpha * (1 + 1e-9)).sum()) - 1


def boundaries(looks, alpha, design_alpha=ALPHA):
    return [left_out(looks[: k + 1], alpha, design_alpha) for k in range(len(looks))]


def widest(looks, alpha, chance, sides):
    """The boundary at the last look that spends as much of alpha as may be spent by each look.

    The count of successes that are few enough, -1 for none; so few failures too with two sides.
    """
    alive, crossed, count = {0: 1.0 * chance**0}, 0, -1
    for n in range(1, looks[-1] + 1):
        alive = toss(alive, chance)
        if n not in looks:
            continue
        allowed = alpha * (1 - Fraction(7, 10) ** (looks.index(n) + 1)) * HAIR
        count, few = -1, 0
        while count + 1 < (n + 1) / sides:
            more = few + alive.get(count + 1, 0)
            if sides == 2:
                more += alive.get(n - count - 1, 0)
            if crossed + more > allowed:
                break
            count, few = count + 1, more
        crossed += few
        alive = {
            hits: p
            for hits, p in alive.items()
            if hits > count and (sides == 1 or n - hits > count)
        }
    return count


# The boundaries of the sign test


def test_the_boundaries_at_the_looks_that_the_plan_makes():
    assert Seeds(8, 64).looks == LOOKS
    assert boundaries(LOOKS, ALPHA) == [0, 1, 3, 7, 12, 20, 21]


@pytest.mark.parametrize(
    ("chance", "decided", "pairs"), [((13, 20), 50, 51), ((7, 10), 79, 41), ((4, 5), 100, 23)]
)
def test_the_power_is_what_was_computed_for_these_boundaries(chance, decided, pairs):
    found, steps = crossing(LOOKS, boundaries(LOOKS, ALPHA), Fraction(*chance))
    assert round(100 * float(found)) == decided
    assert round(float(steps)) == pairs


@pytest.mark.parametrize("looks", [(4, 6, 9), (2, 3, 5, 8), (6,), (8, 12, 14)])
@pytest.mark.parametrize("alpha", [Fraction(1, 20), Fraction(1, 5), Fraction(1, 100)])
def test_the_p_values_are_those_of_the_widest_boundaries_in_fractions(looks, alpha):
    # At each level the boundary spends all it can, but never leaves out more than at a larger one.
    expected = {}
    most = looks[-1]
    for number, part in enumerate(FRACTIONS):
        level = alpha * Fraction(1, round(1 / part))
        most = min(most, widest(looks, level, HALF, sides=2))
        for count in range(most + 1):
            expected[count] = alpha * FRACTIONS[number]
        if most < 0:
            break
    found = sign_p_values(Design(float(alpha), looks))
    size = (looks[-1] + 1) // 2
    assert found == pytest.approx([float(expected.get(c, 1)) for c in range(size)], rel=1e-12)


@pytest.mark.parametrize("alpha", [ALPHA, ALPHA / 2, ALPHA / 3, ALPHA / 12, ALPHA / 162])
@pytest.mark.parametrize(
    "looks",
    [
        LOOKS,
        (4, 6, 9),
        (6,),
        (2, 3, 5, 8, 12, 18, 27),
        (8, 12, 14),
        Seeds(8, 128, (64,)).looks,
        Seeds(5, 40, (7, 20)).looks,
    ],
)
def test_a_fair_walk_crosses_as_rarely_as_is_allowed(looks, alpha):
    cuts = boundaries(looks, alpha)
    for k in range(1, len(looks) + 1):
        crossed, _ = crossing(looks[:k], cuts[:k], HALF)
        assert crossed <= Fraction(alpha) * (1 - Fraction(7, 10) ** k) * HAIR
        assert crossed < Fraction(alpha)


@pytest.mark.parametrize("design_alpha", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("part", [1, 2, 3, 7.5])
@pytest.mark.parametrize("looks", SMALL)
def test_of_all_ways_the_coins_can_fall_so_few_have_an_interval_without_the_median(
    looks, design_alpha, part
):
    """Toss by toss and interval by interval: nothing of the package's own walk is used."""
    alpha, missed = design_alpha / part, 0
    sizes = np.linspace(1, 2, looks[-1])
    designs = [Design(design_alpha, looks[:k]) for k in range(1, len(looks) + 1)]
    seen = {}  # the interval at a look is told by the signs so far
    for signs in product((-1, 1), repeat=looks[-1]):
        for design in designs:
            so_far = signs[: design.looks[-1]]
            if so_far not in seen:
                values = sizes[: len(so_far)] * so_far
                found = Median(values, design).estimate(alpha)
                seen[so_far] = not found.low <= 0 <= found.high
        missed += any(seen[signs[:look]] for look in looks)
    assert Fraction(missed, 2 ** looks[-1]) <= Fraction(alpha)


designs = st.builds(
    lambda least, more, alpha: (Seeds(least, least + more).looks, alpha),
    st.integers(1, 20),
    st.integers(1, 60),
    st.sampled_from([0.01, 0.05, 0.2]),
)


@given(designs, st.floats(1, 1e5), st.floats(1.01, 50))
def test_intervals_are_nested_in_their_level_at_each_look(design, part, factor):
    looks, alpha = design
    for k in range(1, len(looks) + 1):
        more = left_out(looks[:k], alpha / part, alpha)
        assert left_out(looks[:k], alpha / part / factor, alpha) <= more


@given(designs)
def test_p_values_grow_with_what_is_left_out_and_are_parts_of_alpha_or_one(design):
    looks, alpha = design
    for k, look in enumerate(looks, 1):
        found = sign_p_values(Design(alpha, looks[:k]))
        assert found.shape == ((look + 1) // 2,)
        assert (np.diff(found) >= 0).all()
        assert ((found > 0) & (found <= alpha) | (found == 1)).all()


@given(designs)
def test_looking_costs_something(design):
    """At the same number of pairs the interval is never narrower than without the looks."""
    looks, alpha = design
    assert (sign_p_values(Design(alpha, looks)) >= p_values(looks[-1], Design(alpha))).all()


def test_something_is_left_for_any_number_of_looks():
    parts = [spent(k) for k in range(1, 60)]
    assert parts[0] == pytest.approx(0.3)
    assert all(0 < one < other < 1 for one, other in pairwise(parts))


# How many looks there will be, and going on later


def test_what_is_known_at_a_look_does_not_depend_on_later_ones():
    for most in (100, 1000, 10_000):
        assert Seeds(8, most).looks[:6] == LOOKS[:6]
    for k in range(1, len(LOOKS) + 1):
        assert boundaries(LOOKS[:k], ALPHA) == boundaries(LOOKS, ALPHA)[:k]


TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: {min: 8, max: %s}
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
"""


def slowly(run):
    """Relu wins 3 of 4 pairs: it takes more than the least number of seeds to tell."""
    relu = run.network.activation.name == "relu"
    return arriving(8.0 if relu == (run.seed % 4 != 1) else 12.0 + run.seed)


def test_a_study_ends_at_the_same_look_with_the_same_verdict_however_many_might_follow():
    found = [results_of(read(TEXT % most), slowly) for most in (64, 90, 500)]
    assert len({results.seeds for results in found}) == 1
    assert found[0].design.looks == LOOKS[: LOOKS.index(found[0].seeds) + 1]
    assert 8 < found[0].seeds < 64
    assert len({results.design for results in found}) == 1
    verdicts = [judge(results)[0] for results in found]
    assert len({(v.outcome, v.p_value, v.ratio) for v in verdicts}) == 1
    assert verdicts[0].outcome == "supported"


def test_a_number_of_seeds_that_is_given_is_no_look():
    results = results_of(read(TEXT % 64, "seeds=12"), slowly)
    assert results.design == Design(results.study.alpha)
    assert not results.design.sequential


def test_who_goes_on_after_the_most_keeps_the_looks_that_were_made():
    assert Seeds(8, 128, (64,)).looks == (*LOOKS, 96, 128)
    assert Seeds(8, 128).looks == (*LOOKS[:-1], 93, 128)
    assert read(TEXT % "[64, 128]").seeds == Seeds(8, 128, (64,))
    once, more = boundaries(LOOKS, ALPHA), boundaries(Seeds(8, 128, (64,)).looks, ALPHA)
    assert more[: len(LOOKS)] == once


@given(st.integers(1, 30), st.lists(st.integers(1, 80), min_size=1, max_size=4))
def test_the_looks_rise_by_half_at_most_and_hold_what_was_the_most(least, steps):
    most = np.cumsum([least, *steps]).tolist()[1:]
    looks = Seeds(least, most[-1], tuple(most[:-1])).looks
    assert (looks[0], looks[-1]) == (least, most[-1])
    assert set(most) <= set(looks)
    assert all(a < b <= next_look(a) for a, b in pairwise(looks))
    for k in range(1, len(most)):
        before = Seeds(least, most[k - 1], tuple(most[: k - 1])).looks
        assert looks[: len(before)] == before


def test_the_number_of_pairs_is_that_of_the_last_look():
    with pytest.raises(ValueError, match="9 pairs at a look of 8"):
        p_values(9, Design(ALPHA, (4, 8)))


# Shares

TRUTHS = [Fraction(1, 10), HALF, Fraction(41, 50), Fraction(1, 3), Fraction(999, 1000), Fraction(1)]


def holds(share, hits, n, design, alpha):
    found = Proportion([1.0] * hits + [0.0] * (n - hits), design).estimate(alpha)
    return found.low <= share * (1 + 1e-12) and share <= found.high * (1 + 1e-12)


@pytest.mark.parametrize("share", TRUTHS)
@pytest.mark.parametrize("looks", [(4, 6, 9), (8, 12, 18), (3,), (1, 2, 3, 5)])
@pytest.mark.parametrize("design_alpha", [0.05, 0.4])
def test_an_interval_of_a_share_holds_it_whenever_one_stops(share, looks, design_alpha):
    """The exact chance that the interval at any of the looks misses the share."""
    for part in (1, 3, 7, 54, 100):
        alive, missed, alpha = {0: Fraction(1)}, Fraction(0), design_alpha / part
        for n in range(1, looks[-1] + 1):
            alive = toss(alive, share)
            if n in looks:
                design = Design(design_alpha, looks[: looks.index(n) + 1])
                for hits in list(alive):
                    if not holds(float(share), hits, n, design, alpha):
                        missed += alive.pop(hits)
        assert missed <= Fraction(alpha)


def test_the_p_values_of_a_share_are_those_of_the_widest_boundaries():
    looks, alpha = (3, 5), 0.4
    parts = [*range(1, 65), *(2**k for k in range(7, 31))]
    found = share_p_values(Design(alpha, looks))
    expected = np.ones((len(SHARES), 6))
    for row, share in zip(expected, SHARES, strict=True):
        most = 5
        for part in parts:
            few = widest(looks, alpha / part / 2, float(1 - share), sides=1)
            most = min(most, few)
            row[: most + 1] = alpha / part
            if most < 0:
                break
    assert found == pytest.approx(np.maximum.accumulate(expected), rel=1e-12)


some_designs = st.sampled_from(
    [Design(a, looks) for looks in [(1, 2), (4, 6, 9), (9, 13), (12, 18)] for a in (0.05, 0.4)]
)


@given(some_designs, st.data(), st.floats(1, 1e4), st.floats(1.01, 30))
def test_intervals_of_a_share_are_nested_in_their_level(design, data, part, factor):
    n = design.looks[-1]
    hits = data.draw(st.integers(0, n))
    sample = Proportion([1.0] * hits + [0.0] * (n - hits), design)
    narrow, wide = (sample.estimate(design.alpha / part / f) for f in (1, factor))
    assert wide.low <= narrow.low <= hits / n <= narrow.high <= wide.high


@given(some_designs, st.data(), st.floats(1, 1e4))
def test_hits_and_misses_are_interchangeable(design, data, part):
    n = design.looks[-1]
    hits = data.draw(st.integers(0, n))
    one = Proportion([1.0] * hits + [0.0] * (n - hits), design).estimate(design.alpha / part)
    other = Proportion([0.0] * hits + [1.0] * (n - hits), design).estimate(design.alpha / part)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))


@given(some_designs)
@limits(max_examples=8)
def test_more_misses_rule_out_less(design):
    found = share_p_values(design)
    assert found.shape == (len(SHARES), design.looks[-1] + 1)
    assert (np.diff(found, axis=0) >= 0).all()  # from share to share
    assert (np.diff(found, axis=1) >= 0).all()  # from miss to miss


# One look, and none


@pytest.mark.parametrize("n", [5, 9, 24])
@pytest.mark.parametrize("part", [1, 2, 20])
def test_a_single_look_is_the_sign_test_at_the_part_of_the_error_that_is_spent(n, part):
    expected = [
        c for c in range((n + 1) // 2) if stats.binomtest(c, n).pvalue <= 0.3 * ALPHA / part
    ]
    assert left_out((n,), ALPHA / part) == len(expected) - 1


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (3, 9), (20, 24), (24, 24)])
@pytest.mark.parametrize("part", [1, 2, 20])
def test_a_single_look_at_a_share_is_the_exact_interval_with_ends_on_the_net(hits, n, part):
    values = [1.0] * hits + [0.0] * (n - hits)
    found = Proportion(values, Design(ALPHA, (n,))).estimate(ALPHA / part)
    exact = stats.binomtest(hits, n).proportion_ci(1 - 0.3 * ALPHA / part, method="exact")
    gap = SHARES[1]
    assert exact.low - gap - 1e-9 <= found.low <= exact.low
    assert exact.high <= found.high <= exact.high + gap + 1e-9


@pytest.mark.parametrize("n", [1, 6, 11, 40])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_without_looks_it_is_the_sign_test_and_the_exact_interval(n, alpha):
    expected = [stats.binomtest(c, n).pvalue for c in range((n + 1) // 2)]
    assert p_values(n, Design(alpha)) == pytest.approx(expected, rel=1e-9)
    for hits in {0, n // 3, n}:
        found = Proportion([1.0] * hits + [0.0] * (n - hits), Design(0.05)).estimate(alpha)
        exact = stats.binomtest(hits, n).proportion_ci(1 - alpha, method="exact")
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-9)
