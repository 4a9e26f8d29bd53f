"""Verdicts: the table of decisions, and whole claims on results made by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.verdicts import OUTCOMES, decide
from experiments.study import Region

from .helpers import BUDGET, arriving, make_trace, read, results_of

INF = math.inf
FASTER, BY_SIX, EXACTLY_SIX = Region(low=1.0, open=True), Region(low=4.8), Region(low=6.0)
ABOUT_SIX = Region(low=4.8, high=7.5)


@pytest.mark.parametrize(
    ("low", "high", "region", "outcome"),
    [
        (1.1, 2.0, FASTER, "supported"),
        (1.0001, INF, FASTER, "supported"),
        (1.0, 2.0, FASTER, "inconclusive"),
        (0.5, 2.0, FASTER, "inconclusive"),
        (0.5, 1.0, FASTER, "inconclusive"),
        (0.5, 0.9, FASTER, "refuted"),
        (0.0, 0.9, FASTER, "refuted"),
        (0.0, INF, FASTER, "inconclusive"),
        (1.0, 1.0, FASTER, "refuted"),
        # a factor of 6; about 6 is 4.8 or more
        (4.8, 9.0, BY_SIX, "supported"),
        (5.0, INF, BY_SIX, "supported"),
        (7.0, 9.0, EXACTLY_SIX, "supported"),
        (4.7, 9.0, BY_SIX, "inconclusive"),
        (1.1, 4.9, BY_SIX, "inconclusive"),
        (5.0, 9.0, EXACTLY_SIX, "inconclusive"),
        (1.1, 4.7, BY_SIX, "refuted"),
        (0.0, 4.7, BY_SIX, "refuted"),
        (0.0, INF, BY_SIX, "inconclusive"),
        # about 6, and not more either
        (5.0, 7.0, ABOUT_SIX, "supported"),
        (5.0, 8.0, ABOUT_SIX, "inconclusive"),
        (7.6, 9.0, ABOUT_SIX, "refuted"),
        (1.0, 4.7, ABOUT_SIX, "refuted"),
    ],
)
def test_decisions_by_hand(low, high, region, outcome):
    assert decide(low, high, region) == outcome


def test_every_outcome_has_a_meaning():
    assert set(OUTCOMES) == {"supported", "refuted", "inconclusive", "untestable"}
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
        (v.claim.number, v.condition, v.target, v.hypothesis)
        for v in judge(results_of(read(TEXT), respond))
    ]
    one, three = (("depth", "1"),), (("depth", "3"),)
    assert found == [
        *((1, depth, target, "direction") for depth in (one, three) for target in (0.8, 0.5)),
        *((2, depth, 0.5, name) for depth in (one, three) for name in ("direction", "size")),
        (3, (), 0.5, "direction"),
    ]


def test_the_ratios_are_those_that_were_put_in():
    verdicts = judge(results_of(read(TEXT), respond))
    at_half = [v for v in verdicts if v.target == 0.5]
    assert [v.ratio.estimate for v in at_half] == pytest.approx([3, 12, 3, 3, 12, 12, 3], rel=1e-6)
    assert [v.outcome for v in at_half] == [
        "supported", "supported", "supported", "refuted", "supported", "supported", "supported"
    ]  # fmt: skip
    for verdict in at_half:
        assert verdict.ratio.pairs == verdict.ratio.wins == 10
        assert (verdict.faster_reached, verdict.than_reached) == (10, 10)
        assert verdict.faster[0].setting.network.activation.name == "relu"
        assert verdict.than[0].setting.network.activation.name == "tanh"


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
    assert (verdict.faster_reached, verdict.than_reached) == (10, 6)
    assert verdict.than[0].diverged == 2
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
    assert {v.reason for v in hard} == {
        "no run of depth 3, relu or depth 1, tanh got that far",
        "no run of relu or tanh got that far",
    }


def test_a_target_that_one_run_reaches_is_not_untestable():
    def respond(run):
        reaches = run.seed == 3 and run.network.activation.name == "relu"
        return arriving(20 if reaches else 4 * BUDGET)

    verdicts = judge(results_of(read(TEXT), respond))
    assert {v.outcome for v in verdicts if v.target == 0.5} == {"inconclusive"}
    assert not any(v.reason for v in verdicts if v.target == 0.5)


def constant(loss_at_start, loss_later):
    updates = [0, 1, 2, 4]
    return make_trace(updates, train_loss=[loss_at_start, *[loss_later] * 3])


def test_a_target_met_before_training_is_untestable():
    verdicts = judge(results_of(read(TEXT), lambda run: constant(0.4, 0.3)))
    assert {v.outcome for v in verdicts} == {"untestable"}
    assert {v.reason for v in verdicts} == {"every run was there before it was trained"}


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
            found[v.claim.number, v.condition, v.target, v.hypothesis] = (
                v.outcome,
                v.reason,
                ratio,
            )
        return found

    np.testing.assert_equal(facts(replace(results, settings=tuple(shuffled))), facts(results))


def test_every_verdict_knows_how_many_share_its_error():
    text = """
        dataset: moons
        network: {activation: [relu, tanh, elu], depth: [1, 2], width: 8}
        training: {learning_rate: 0.1}
        seeds: 12
        claims:
          - {faster: relu, than: tanh, by: 2, to: {train_loss: 0.5}, primary: true}
          - {best: elu, to: {train_loss: 0.5}}
          - {measure: train_loss, at_most: 1, of: elu}
    """
    found = judge(results_of(read(text), lambda run: arriving(8.0)))
    assert [v.comparisons for v in found] == [4] * 4 + [4] * 4
    assert {v.duel.comparisons for v in found if v.claim.number == 2} == {4}
    for v in found:  # none is granted less than its share
        assert 1 - v.estimate.confidence >= 0.05 / 4 / 2 - 1e-9
