"""Hypotheses: direction and size judged apart, each at the alpha that its p-value is granted."""

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.enough import hypotheses_of
from experiments.analysis.looks import Design, sign_p_values
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.times_to_target import turns
from experiments.analysis.verdicts import decide, hypotheses
from experiments.study import Region

from .helpers import arriving, crossing, read, results_of

INF = math.inf
FASTER, BY_SIX, ABOUT_SIX = Region(low=1.0, open=True), Region(low=4.8), Region(4.8, 7.5)

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: 10
    claims: [{faster: relu, than: tanh, by: 6, to: {train_loss: 0.5}}]
"""


def by_ratio(*ratios):
    """Runs of which the pair at each seed has a ratio of its own."""

    def respond(run):
        relu = run.network.activation.name == "relu"
        return arriving(6.0 if relu else 6.0 * ratios[run.seed])

    return respond


def verdicts_of(ratios, *overrides):
    study = read(TEXT, f"seeds={len(ratios)}", *overrides)
    return judge(results_of(study, by_ratio(*ratios)))


ALONE = "claims=[{faster: relu, than: tanh, to: {train_loss: 0.5}}]"


def outcomes(*args):
    return {v.hypothesis: v.outcome for v in verdicts_of(*args)}


def between(low, high):
    """Ten ratios whose interval, with one value left out at each end, has these ends."""
    return [low * 0.99, low, *np.geomspace(low, high, 6), high, high * 1.01]


# Where a claim says that the ratio lies


def test_a_direction_is_one_hypothesis_and_a_factor_two():
    one, by, about = read(
        TEXT,
        "claims=[{faster: relu, than: tanh, to: {train_loss: 0.5}},"
        " {faster: relu, than: tanh, by: 6, to: {train_loss: 0.5}},"
        " {faster: relu, than: tanh, by: 6, reading: about, to: {train_loss: 0.5}}]",
    ).claims
    assert hypotheses(one) == {"direction": FASTER}
    assert hypotheses(by) == {"direction": FASTER, "size": BY_SIX}
    assert hypotheses(about) == {"direction": FASTER, "size": ABOUT_SIX}


@given(st.floats(1.01, 100), st.floats(1, 10), st.sampled_from(["at_least", "about"]))
def test_a_factor_is_read_within_its_tolerance(by, tolerance, reading):
    claim = replace(read_once().claims[0], by=by, tolerance=tolerance, reading=reading)
    region = hypotheses(claim)["size"]
    assert not region.open
    assert region.low * tolerance == pytest.approx(by)
    assert region.high == (pytest.approx(by * tolerance) if reading == "about" else INF)
    assert decide(by, by, region) == "supported" or tolerance == 1  # rounding apart
    assert decide(region.low, region.low, region) == "supported"
    assert decide(region.low * 0.999, region.low * 0.999, region) == "refuted"
    beyond = decide(by * tolerance * 1.001, by * tolerance * 1.001, region)
    assert beyond == ("refuted" if reading == "about" else "supported")


@cache
def read_once():
    return read(TEXT)


# What is decided of an interval

numbers = st.one_of(st.floats(0, 20), st.sampled_from([-INF, -1.0, 0.0, 1.0, 4.8, 6.0, INF]))
intervals = st.tuples(numbers, numbers).map(sorted)
regions = st.builds(
    lambda ends, is_open: Region(*sorted(ends), open=is_open),
    st.tuples(numbers, numbers),
    st.booleans(),
)


@given(st.data(), regions)
def test_no_widening_of_an_interval_ever_strengthens_a_statement(data, region):
    # Ends of the region are drawn as ends of the intervals: that is where rules differ.
    some = st.one_of(numbers, st.sampled_from([region.low, region.high]))
    c, a, b, d = sorted(data.draw(some) for _ in range(4))
    wide = decide(c, d, region)
    if wide != "inconclusive":
        assert decide(a, b, region) == wide


@pytest.mark.parametrize("is_open", [False, True])
def test_nor_does_any_among_a_few_numbers(is_open):
    """The same for every region and all intervals whose ends are among a few numbers."""
    few = (-INF, 0.0, 1.0, 2.0, INF)
    pairs = [(a, b) for a in few for b in few if a <= b]
    for low, high in pairs:
        region = Region(low, high, is_open)
        for c, d in pairs:
            wide = decide(c, d, region)
            for a, b in pairs:
                if c <= a and b <= d and wide != "inconclusive":
                    assert decide(a, b, region) == wide


@given(intervals, regions)
def test_what_is_decided_is_true_of_the_whole_interval(ends, region):
    outcome = decide(*ends, region)

    def inside(value):
        if region.open and math.isfinite(value) and value in (region.low, region.high):
            return False
        return region.low <= value <= region.high

    points = {*ends, *(end for end in (region.low, region.high) if ends[0] <= end <= ends[1])}
    if outcome == "supported":
        assert all(map(inside, points))
    if outcome == "refuted":
        assert not any(map(inside, points))


@given(intervals, st.floats(1.3, 100), st.floats(1, 1.25))
def test_of_a_claimed_factor_both_are_told_of_one_interval_without_contradiction(
    ends, by, tolerance
):
    claim = replace(read_once().claims[0], by=by, tolerance=tolerance)
    found = {name: decide(*ends, region) for name, region in hypotheses(claim).items()}
    if found["size"] == "supported":
        assert found["direction"] == "supported"  # such a factor is above 1, whatever "about" is
    if found["direction"] == "refuted":
        assert found["size"] == "refuted"


# The faults that there were: of one verdict on both, doubt about the one was a word on the other


def test_a_sure_direction_and_a_factor_that_is_too_small():
    found = verdicts_of(between(1.05, 3.0))
    assert [(v.hypothesis, v.outcome) for v in found] == [
        ("direction", "supported"),
        ("size", "refuted"),
    ]
    for v in found:
        assert (v.ratio.low, v.ratio.high) == pytest.approx((1.05, 3.0), rel=1e-6)


def test_doubt_about_the_direction_is_no_word_against_it():
    found = verdicts_of(between(0.95, 3.0))
    assert [(v.hypothesis, v.outcome) for v in found] == [
        ("direction", "inconclusive"),
        ("size", "refuted"),
    ]
    for v in found:
        assert (v.ratio.low, v.ratio.high) == pytest.approx((0.95, 3.0), rel=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "direction", "size", "about"),
    [
        (1.05, 3.0, "supported", "refuted", "refuted"),
        (0.95, 3.0, "inconclusive", "refuted", "refuted"),
        (0.5, 0.9, "refuted", "refuted", "refuted"),
        (0.9, 5.0, "inconclusive", "inconclusive", "inconclusive"),
        (1.1, 5.0, "supported", "inconclusive", "inconclusive"),
        (5.0, 7.0, "supported", "supported", "supported"),
        (5.0, 8.0, "supported", "supported", "inconclusive"),
        (8.0, 9.0, "supported", "supported", "refuted"),
        (0.9, 8.0, "inconclusive", "inconclusive", "inconclusive"),
    ],
)
def test_direction_and_size_by_hand(low, high, direction, size, about):
    assert outcomes(between(low, high)) == {"direction": direction, "size": size}
    found = outcomes(between(low, high), "claims.0.reading=about")
    assert found == {"direction": direction, "size": about}


def test_each_hypothesis_is_a_verdict_of_its_own():
    direction, size = verdicts_of(between(1.05, 3.0))
    assert (direction.hypothesis, direction.region) == ("direction", FASTER)
    assert (size.hypothesis, size.region) == ("size", BY_SIX)
    for v in (direction, size):
        assert (v.claim, v.target, v.condition) == (read_once().claims[0], 0.5, ())
        assert v.estimate == v.ratio
        assert v.reason == ""


# What each costs


@pytest.mark.parametrize(
    ("n", "size_is_clear", "decided"),
    [
        (6, False, []),  # 2^-5 is more than 0.05 / 2
        (7, False, ["direction"]),  # 2^-6 is not
        (6, True, []),
        (7, True, ["direction", "size"]),
    ],
)
def test_both_count_among_the_hypotheses_that_share_alpha(n, size_is_clear, decided):
    low = 8.0 if size_is_clear else 4.8  # at the very end of what is claimed: open for good
    ratios = np.linspace(low - 0.5, low + 0.5, n) if not size_is_clear else np.linspace(7, 9, n)
    found = verdicts_of(ratios)
    sure = 2.0 ** (1 - n)
    assert [v.p_value == sure for v in found] == [True, size_is_clear]
    assert size_is_clear or found[1].p_value > 0.05
    assert [v.hypothesis for v in found if v.outcome == "supported"] == decided
    alone = verdicts_of(ratios, ALONE)
    assert [v.outcome for v in alone] == ["supported"]  # one hypothesis has all of alpha


def test_what_is_granted_to_a_family_of_both_by_hand():
    """Three targets, six hypotheses; all but one size are clear at the first p-value there is."""

    def respond(run):
        relu = run.network.activation.name == "relu"
        return arriving(5.0 if relu else 5.0 * 2.0 ** (1 + run.seed / 40))

    study = read(TEXT, "seeds=12", "claims.0.by=2", "claims.0.to={train_loss: [0.9, 0.7, 0.5]}")
    found = judge(results_of(study, respond))
    assert len(found) == hypotheses_of(study, study.claims[0]) == 6
    assert {v.p_value for v in found} == {2.0**-11}
    assert {v.outcome for v in found} == {"supported"}
    granted = sorted(1 - v.ratio.confidence for v in found)
    assert granted == pytest.approx([0.05 / m for m in range(6, 0, -1)])


some_ratios = st.lists(
    st.one_of(st.floats(0.2, 20), st.sampled_from([0.9, 1.5, 5.0, 8.0])), min_size=6, max_size=14
)


def plain_p_value(ratios, region):
    """The sign test's p-value of the widest interval that is enough, by counting."""
    logs, n = sorted(ratios), len(ratios)
    for c in range((n + 1) // 2):
        if decide(logs[c], logs[-1 - c], region) != "inconclusive":
            return min(1.0, 2 * sum(math.comb(n, i) for i in range(c + 1)) / 2**n)
    return 1.0


@given(some_ratios, st.floats(1.5, 6), st.sampled_from(["at_least", "about"]))
@limits(max_examples=60)
def test_each_is_decided_at_the_alpha_that_its_own_p_value_is_granted(ratios, by, reading):
    found = verdicts_of(ratios, f"claims.0.by={by}", f"claims.0.reading={reading}")
    needed = [plain_p_value(ratios, v.region) for v in found]
    assert [v.p_value for v in found] == pytest.approx(needed, rel=1e-9)
    first = needed.index(min(needed))
    granted = [0.05 / 2, 0.05 / 2]
    if needed[first] <= 0.05 / 2:
        granted[1 - first] = 0.05
    for v, p, alpha in zip(found, needed, granted, strict=True):
        assert 1 - v.ratio.confidence == pytest.approx(alpha)
        assert (v.outcome in ("supported", "refuted")) == (p <= alpha)
        assert v.wants_seeds == (v.outcome == "inconclusive")


@given(some_ratios, st.floats(1.5, 6))
@limits(max_examples=30)
def test_a_factor_beside_it_never_turns_a_direction(ratios, by):
    """It may cost a decision, as any other hypothesis may, and never gives or changes one."""
    (alone,) = verdicts_of(ratios, ALONE)
    direction, _ = verdicts_of(ratios, f"claims.0.by={by}")
    assert direction.p_value == alone.p_value
    assert direction.outcome in (alone.outcome, "inconclusive")
    assert direction.ratio.low <= alone.ratio.low <= alone.ratio.high <= direction.ratio.high


def test_too_few_pairs_and_unreached_targets_are_untestable_in_both():
    for v in verdicts_of([8.0] * 5):
        assert (v.outcome, v.p_value) == ("untestable", 1.0)
        assert v.reason == "5 pairs cannot give an interval at 95 %; it takes 6"
    for v in judge(results_of(read(TEXT), lambda run: arriving(1e6))):
        assert (v.outcome, v.p_value) == ("untestable", 1.0)
        assert v.reason == "no run of relu or tanh got that far"


def test_the_seeds_needed_are_for_the_ends_that_are_open():
    ratios = [*[5.0] * 4, *[7.0] * 10, *[8.0] * 6]
    direction, size = verdicts_of(ratios, "claims.0.reading=about")
    assert (direction.outcome, direction.seeds_needed) == ("supported", None)
    assert size.outcome == "inconclusive"
    alpha = 1 - size.ratio.confidence
    # 7.5 alone is open, above which 6 of 20 lie.
    assert (size.ratio.low, size.ratio.high) == pytest.approx((7.0, 8.0))
    assert size.seeds_needed == size.times.seeds_needed(7.5, alpha)
    assert size.seeds_needed > 20
    ratios = [*[4.0] * 6, *[7.0] * 8, *[8.0] * 6]
    _, size = verdicts_of(ratios, "claims.0.reading=about")
    alpha = 1 - size.ratio.confidence
    both = [size.times.seeds_needed(end, alpha) for end in (4.8, 7.5)]
    assert size.seeds_needed == max(both)


# Protocols


def test_protocols_may_disagree_on_the_size_alone():
    study = read(
        TEXT,
        "protocol=[own_rate, common_init]",
        "training.learning_rate=tuned",
        "tuning={from: 0.25, to: 1, extensions: 1}",
        "network.init=he",
    )

    def respond(run):
        relu = run.network.activation.name == "relu"
        tanh = 32.0 if run.network.init == "he" else 8.0
        return arriving((4.0 if relu else tanh) * 1.01**run.seed)

    found = judge(results_of(study, respond))
    (turn,) = turns(found)
    assert (turn.hypothesis, turn.target) == ("size", 0.5)
    assert set(turn.by_protocol.values()) == {"supported", "refuted"}
    assert {v.outcome for v in found if v.hypothesis == "direction"} == {"supported"}


# How often any of many verdicts is wrong

MANY = """
    dataset: [moons, circles, spirals]
    network: {activation: [relu, tanh], depth: [1, 2, 3], width: [4, 8, 16%s]}
    training: {learning_rate: 0.1}
    seeds: {min: 10, max: 14}
    claims: [{faster: relu, than: tanh, %sto: {train_loss: 0.5}}]
"""
ALPHA, STUDIES = 0.4, 60  # often enough wrong for a few studies to show it
BANK = [arriving(time) for time in np.geomspace(8, 30, 2000)]


def drawn(study, rng, seeds):
    """Results of a study whose runs all take a time from the same distribution."""
    found = []
    for setting in study.settings:
        runs = tuple(setting.run("evaluation", seed) for seed in range(seeds))
        traces = tuple(BANK[i] for i in rng.integers(len(BANK), size=seeds))
        found.append(SettingResult(setting, runs, traces))
    return Results(study, tuple(found))


def first(results, seeds):
    """The same results when there were so many seeds."""
    settings = tuple(
        replace(s, runs=s.runs[:seeds], traces=s.traces[:seeds]) for s in results.settings
    )
    return replace(results, settings=settings)


def is_wrong(v):
    """Whether a verdict on equal arms is wrong: about 6 times faster is rightly refuted."""
    return v.outcome == "supported" or (v.hypothesis, v.outcome) == ("direction", "refuted")


@pytest.mark.parametrize(
    ("widths", "by", "nulls"), [(", 32, 64, 128", "", 54), ("", "by: 6, ", 27)]
)
@pytest.mark.slow
def test_of_54_hypotheses_about_equal_arms_any_is_wrongly_decided_as_rarely_as_is_allowed(
    widths, by, nulls
):
    """With factors, half of them are false of all arms: to refute those gives the rest more."""
    study = read(MANY % (widths, by), f"confidence={1 - ALPHA}")
    looks, alone = study.seeds.looks, ALPHA / nulls
    assert (hypotheses_of(study, study.claims[0]), looks) == (54, (10, 14))
    p_values = [sign_p_values(Design(ALPHA, looks[:k])) for k in (1, 2)]
    cuts = [int((p <= alone * (1 + 1e-9)).sum()) - 1 for p in p_values]
    exact = 1 - (1 - float(crossing(looks, cuts, Fraction(1, 2))[0])) ** nulls
    assert exact <= ALPHA
    rng = np.random.default_rng([54, nulls])
    wrong, uncorrected = 0, 0
    for _ in range(STUDIES):
        whole, ever, expected = drawn(study, rng, looks[-1]), False, False
        for look, cut in zip(looks, cuts, strict=True):  # a reader may stop at any of them
            found = judge(first(whole, look))
            directions = [v for v in found if v.hypothesis == "direction"]
            assert len(directions) == nulls
            expected |= any(min(v.ratio.wins, v.ratio.losses) <= cut for v in directions)
            ever |= any(map(is_wrong, found))
            sizes = [v for v in found if v.hypothesis == "size"]
            assert {v.outcome for v in sizes} <= {"refuted"}
        assert ever == expected
        wrong += ever
        uncorrected += any(v.p_value <= ALPHA for v in directions)
    spread = math.sqrt(exact * (1 - exact) / STUDIES)
    assert 0 < wrong / STUDIES <= exact + 3 * spread
    assert uncorrected / STUDIES > 0.6  # of so many, some would most often be called
