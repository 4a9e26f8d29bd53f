"""Verdicts: the table of decisions, and whole claims on results made by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.verdicts import OUTCOMES, claimed_ratio
from experiments.analysis.verdicts import decide as decide_region

from .helpers import BUDGET, arriving, make_trace, read, results_of

INF = math.inf


def decide(low, high, by, tolerance):
    return decide_region(low, high, claimed_ratio(by, tolerance), direction=1.0)


@pytest.mark.parametrize(
    ("low", "high", "by", "tolerance", "outcome"),
    [
        # a direction
        (1.1, 2.0, None, 1.25, "supported"),
        (1.0001, INF, None, 1.25, "supported"),
        (1.0, 2.0, None, 1.25, "inconclusive"),
        (0.5, 2.0, None, 1.25, "inconclusive"),
        (0.5, 1.0, None, 1.25, "inconclusive"),
        (0.5, 0.9, None, 1.25, "refuted"),
        (0.0, 0.9, None, 1.25, "refuted"),
        (0.0, INF, None, 1.25, "inconclusive"),
        (1.0, 1.0, None, 1.25, "refuted"),
        # a factor of 6; about 6 is 4.8 or more
        (4.8, 9.0, 6, 1.25, "supported"),
        (5.0, INF, 6, 1.25, "supported"),
        (7.0, 9.0, 6, 1.0, "supported"),
        (4.7, 9.0, 6, 1.25, "inconclusive"),
        (1.1, 4.9, 6, 1.25, "inconclusive"),
        (5.0, 9.0, 6, 1.0, "inconclusive"),
        (1.1, 4.7, 6, 1.25, "direction only"),
        (1.1, 5.9, 6, 1.0, "direction only"),
        (1.0, 4.7, 6, 1.25, "refuted"),
        (0.9, 4.7, 6, 1.25, "refuted"),
        (0.1, 0.9, 6, 1.25, "refuted"),
        (0.0, 4.7, 6, 1.25, "refuted"),
        (0.0, 4.9, 6, 1.25, "inconclusive"),
        (0.0, INF, 6, 1.25, "inconclusive"),
        # a factor that its tolerance brings below 1 still claims the direction
        (0.95, 1.3, 1.1, 1.25, "inconclusive"),
        (1.05, 1.3, 1.1, 1.25, "supported"),
        (0.5, 0.8, 1.1, 1.25, "refuted"),
        (0.9, 0.95, 1.1, 1.25, "refuted"),
    ],
)
def test_decisions_by_hand(low, high, by, tolerance, outcome):
    assert decide(low, high, by, tolerance) == outcome


ends = st.one_of(st.floats(0, 20), st.sampled_from([0.0, 1.0, 4.8, 6.0, INF]))
intervals = st.tuples(ends, ends).map(sorted)


@given(intervals, st.one_of(st.none(), st.floats(1.3, 10)), st.floats(1, 1.3))
def test_every_interval_has_exactly_one_outcome(ends, by, tolerance):
    low, high = ends
    least = 1 if by is None else by / tolerance  # at least 1 here
    holds = {
        "supported": low > 1 and low >= least,
        "direction only": by is not None and low > 1 and high < least,
        "refuted": low <= 1 and (high < least or low == high == least),
        "inconclusive": high >= least and (low < least or low <= 1) and not low == high == least,
    }
    assert [name for name, it_holds in holds.items() if it_holds] == [
        decide(low, high, by, tolerance)
    ]


@given(intervals, intervals, st.one_of(st.none(), st.floats(1.01, 10)), st.floats(1, 2))
def test_a_wider_interval_never_decides_more(inner, outer, by, tolerance):
    wide = [min(inner[0], outer[0]), max(inner[1], outer[1])]
    narrow_outcome, wide_outcome = (decide(*ends, by, tolerance) for ends in (inner, wide))
    if wide_outcome in ("supported", "direction only"):
        assert narrow_outcome == wide_outcome
    if wide_outcome == "refuted":  # to be sure that it is faster takes a narrower one
        assert narrow_outcome in ("refuted", "direction only")


below_one = st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=2).map(sorted)


@given(below_one, st.one_of(st.none(), st.floats(1.01, 10)), st.floats(1, 2))
def test_an_arm_that_is_surely_slower_refutes_every_claim_that_it_is_faster(ends, by, tolerance):
    assert decide(*ends, by, tolerance) == "refuted"


def test_every_outcome_has_a_meaning():
    assert set(OUTCOMES) == {
        "supported", "direction only", "refuted", "inconclusive", "untestable"
    }  # fmt: skip
    assert all(OUTCOMES.values())


TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 10
    claims:
      - {faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {faster: relu, than: tanh, by: 6, to: {train_loss: 0.5}}
      - {faster: {depth: 3, activation: relu}, than: {depth: 1, activation: tanh},
         to: {train_loss: 0.5}}
"""


def times(run, *, shallow=(8.0, 24.0), deep=(8.0, 96.0)):
    relu, tanh = shallow if len(run.network.widths) == 1 else deep
    base = relu if run.network.activation.name == "relu" else tanh
    return base * 1.01**run.seed


def respond(run):
    return arriving(times(run))


def test_every_claim_is_judged_at_every_condition_and_target():
    found = [
        (v.claim.number, v.condition, v.target) for v in judge(results_of(read(TEXT), respond))
    ]
    one, three = (("depth", "1"),), (("depth", "3"),)
    assert found == [
        (1, one, 0.8), (1, one, 0.5), (1, three, 0.8), (1, three, 0.5),
        (2, one, 0.5), (2, three, 0.5),
        (3, (), 0.5),
    ]  # fmt: skip


def test_the_ratios_are_those_that_were_put_in():
    verdicts = judge(results_of(read(TEXT), respond))
    at_half = [v for v in verdicts if v.target == 0.5]
    assert [v.ratio.estimate for v in at_half] == pytest.approx([3, 12, 3, 12, 3], rel=1e-6)
    assert [v.outcome for v in at_half] == [
        "supported", "supported", "direction only", "supported", "supported"
    ]  # fmt: skip
    for verdict in at_half:
        assert verdict.ratio.pairs == verdict.ratio.wins == 10
        assert (verdict.faster_arrived, verdict.than_arrived) == (10, 10)
        assert verdict.faster.setting.network.activation.name == "relu"
        assert verdict.than.setting.network.activation.name == "tanh"


def test_pairs_are_of_equal_seeds():
    # Seeds differ by a factor of 100, arms by 1.2: only pairs can tell.
    def wild(run):
        seed = [1, 64, 2, 32, 4, 16, 8, 3, 6, 12][run.seed]
        return arriving((1.2 if run.network.activation.name == "tanh" else 1.0) * 1.5 * seed)

    verdict = next(v for v in judge(results_of(read(TEXT), wild)) if v.target == 0.5)
    assert verdict.ratio.low == pytest.approx(1.2, rel=1e-3)
    assert verdict.outcome == "supported"


def test_runs_that_fail_are_counted_and_never_dropped():
    def fails(run):
        time = times(run)
        if run.network.activation.name == "tanh" and run.seed < 4:
            return arriving(10 * BUDGET) if run.seed < 2 else arriving(time, diverges_after=2)
        return arriving(time)

    verdict = next(v for v in judge(results_of(read(TEXT), fails)) if v.target == 0.5)
    assert verdict.ratio.pairs == 10
    assert verdict.ratio.censored == 4
    assert (verdict.faster_arrived, verdict.than_arrived) == (10, 6)
    assert verdict.than.diverged == 2
    assert verdict.ratio.wins == 10  # each came within the budget that the others used up
    assert verdict.outcome == "supported"


def test_an_arm_that_always_diverges_loses():
    def fails(run):
        lost = run.network.activation.name == "relu"
        return arriving(times(run), diverges_after=2 if lost else None)

    verdicts = judge(results_of(read(TEXT), fails))
    assert {v.outcome for v in verdicts if v.target == 0.5} == {"refuted"}


def test_a_target_that_nobody_reaches_is_untestable():
    verdicts = judge(results_of(read(TEXT), lambda run: arriving(4 * BUDGET, 0.5)))
    hard = [v for v in verdicts if v.target == 0.5]
    assert {v.outcome for v in hard} == {"untestable"}
    assert {v.reason for v in hard} == {"no run of either arm reached the target"}


def test_a_target_that_one_run_reaches_is_not_untestable():
    def respond(run):
        arrives = run.seed == 3 and run.network.activation.name == "relu"
        return arriving(20 if arrives else 4 * BUDGET)

    verdicts = judge(results_of(read(TEXT), respond))
    assert {v.outcome for v in verdicts if v.target == 0.5} == {"inconclusive"}
    assert not any(v.reason for v in verdicts if v.target == 0.5)


def constant(loss_at_start, loss_later):
    updates = [0, 1, 2, 4]
    return make_trace(updates, train_loss=[loss_at_start, *[loss_later] * 3])


def test_a_target_met_before_training_is_untestable():
    verdicts = judge(results_of(read(TEXT), lambda run: constant(0.4, 0.3)))
    assert {v.outcome for v in verdicts} == {"untestable"}
    assert {v.reason for v in verdicts} == {"every run was at the target before it was trained"}


def test_a_target_met_after_the_first_update_was_not_met_before_training():
    verdicts = judge(results_of(read(TEXT), lambda run: constant(2.0, 0.3)))
    assert not any("before it was trained" in v.reason for v in verdicts)


@pytest.mark.parametrize(("confidence", "said"), [(0.95, "95%"), (0.995, "99.5%")])
def test_too_few_pairs_are_untestable_and_the_reason_says_how_many_it_takes(confidence, said):
    study = read(TEXT, "seeds=4", f"confidence={confidence}")
    verdicts = judge(results_of(study, respond))
    assert {v.outcome for v in verdicts} == {"untestable"}
    (reason,) = {v.reason for v in verdicts}
    needed = math.ceil(1 - math.log2(1 - confidence))
    assert reason.startswith("4 pairs")
    assert str(needed) in reason
    assert said in reason.replace(" %", "%")


@given(st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_verdicts_do_not_depend_on_the_order_of_settings_and_runs(random):
    def noisy(run):
        rng = np.random.default_rng(
            [run.seed, len(run.network.activation.name), len(run.network.widths)]
        )
        return arriving(
            8 * math.exp(rng.normal()) + 1, diverges_after=4 if rng.random() < 0.2 else None
        )

    results = results_of(read(TEXT), noisy)
    order = random.sample(range(10), 10)
    shuffled = [
        replace(s, runs=tuple(s.runs[i] for i in order), traces=tuple(s.traces[i] for i in order))
        for s in random.sample(results.settings, len(results.settings))
    ]

    def facts(results):
        found = {}
        for v in judge(results):
            ratio = (v.ratio.estimate, v.ratio.low, v.ratio.high, v.ratio.wins, v.ratio.losses)
            found[v.claim.number, v.condition, v.target] = (v.outcome, v.reason, ratio)
        return found

    np.testing.assert_equal(facts(replace(results, settings=tuple(shuffled))), facts(results))
