"""Whether there are seeds enough to decide anything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.enough import fewest_seeds, hypotheses_of
from experiments.analysis.looks import Design, sign_p_values

from .helpers import arriving, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: %s
    claims:
      - {faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {measure: test_loss, lower: relu, than: tanh}
      - {measure: test_loss, over: depth, of: relu, at_most: 1}
      - {measure: test_loss, at_most: 3}
"""


def clear(run):
    return arriving(8.0 if run.network.activation.name == "relu" else 64.0)


def test_a_claim_tests_a_hypothesis_for_each_condition_and_target():
    study = read(TEXT % 10)
    assert [hypotheses_of(study, claim) for claim in study.claims] == [6, 3, 1, 6]
    found = judge(results_of(study, clear))
    for claim in study.claims:
        assert hypotheses_of(study, claim) == sum(v.claim == claim for v in found)


def test_a_factor_is_a_hypothesis_of_its_own():
    study = read(TEXT % 10, "claims.0.by=3")
    assert hypotheses_of(study, study.claims[0]) == 12
    found = judge(results_of(study, clear))
    assert sum(v.claim == study.claims[0] for v in found) == 12


def test_a_rule_sets_six_targets_of_which_each_is_a_hypothesis():
    study = read(
        TEXT % 10,
        "training.learning_rate=tuned",
        "claims=[{faster: relu, than: tanh, by: 3, to: {train_loss: auto}}]",
    )
    assert hypotheses_of(study, study.claims[0]) == 3 * 6 * 2


@pytest.mark.parametrize("seeds", ["%d", "{min: 2, max: %d}"])
def test_with_one_seed_fewer_nothing_can_be_decided_and_with_that_many_something_can(seeds):
    fewest = fewest_seeds(read(TEXT % 10 if seeds == "%d" else TEXT % "{min: 2, max: 30}"))
    for count, decided in ((fewest - 1, False), (fewest, True)):
        study = read(TEXT % (seeds % count))
        outcomes = {v.outcome for v in judge(results_of(study, clear))}
        assert bool(outcomes - {"inconclusive", "untestable"}) == decided


def test_what_is_known_exactly_or_as_a_share_takes_no_number_of_seeds():
    text = """
        dataset: {name: gaussian, examples: 4}
        network: {activation: relu, width: [4, 8], output: linear}
        training: {epochs: 0}
        seeds: 1
        claims: [{measure: peak_slope, is: 1}, {measure: cut_off, at_most: 0.5}]
    """
    assert fewest_seeds(read(text)) == 1


def test_a_primary_claim_shares_with_no_other():
    primary = TEXT.replace("to: {train_loss: [0.8, 0.5]}}", "to: {train_loss: 0.5}, primary: true}")
    alone = """
        dataset: moons
        network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}
        training: {learning_rate: 0.1}
        claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
    """
    assert fewest_seeds(read(primary % 10)) == 9  # of the ten others: 2^-8 < 0.05 / 10
    assert fewest_seeds(read(alone)) == 7  # three: 2^-6 < 0.05 / 3


@given(st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_more_targets_never_take_fewer_seeds(count):
    targets = [round(0.9 - i / 50, 3) for i in range(count)]
    study = read(TEXT % 10, f"claims=[{{faster: relu, than: tanh, to: {{train_loss: {targets}}}}}]")
    fewest = fewest_seeds(study)
    assert 2.0 ** (1 - fewest) <= 0.05 / (3 * count) < 2.0 ** (2 - fewest)


@given(st.integers(1, 12), st.integers(1, 30), st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_seeds_that_are_added_are_enough_if_some_look_may_decide(least, more, count):
    """All agreeing is the most that runs can say: its p-value at each look, against Holm's."""
    targets = [round(0.9 - i / 50, 3) for i in range(count)]
    study = read(
        TEXT % f"{{min: {least}, max: {least + more}}}",
        f"claims=[{{faster: relu, than: tanh, to: {{train_loss: {targets}}}}}]",
    )
    looks = study.seeds.looks
    least_alpha = min(
        sign_p_values(Design(study.alpha, looks[:k]))[0] for k in range(1, len(looks) + 1)
    )
    may_decide = least_alpha <= study.alpha / (3 * count) * (1 + 1e-9)
    assert (fewest_seeds(study) <= least + more) == may_decide
