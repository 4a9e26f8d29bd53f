"""All arms at the end: their order, and how often the best is called told apart."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis.standings import standing, standings
from experiments.analysis.survival import conditions
from experiments.report.words import standing as in_words
from tests.analysis.helpers import make_trace, read, results_of

TEXT = """
    dataset: digits
    network: {{activation: [relu, tanh, sigmoid]}}
    training: {{learning_rate: 0.1, epochs: 1}}
    seeds: {seeds}
"""


def ending(of, *, seeds=10, text=TEXT, metric="test_accuracy", diverges=lambda run: False):
    """Results whose runs end with what `of(activation, seed)` returns."""

    def respond(run):
        end = of(run.network.activation.name, run.seed)
        loss = {"train_loss": [2.0, 1.0]}
        status = "diverged" if diverges(run) else "completed"
        return make_trace([0, 39], status=status, **(loss | {metric: [0.1, end]}))

    return results_of(read(text.format(seeds=seeds)), respond)


LEVELS = {"relu": 0.9, "tanh": 0.8, "sigmoid": 0.7}


def test_arms_are_in_order_and_told_apart_where_every_pair_agrees():
    (found,) = standings(ending(lambda arm, seed: LEVELS[arm] + seed / 1000))
    assert [place.arm[0][1] for place in found.places] == ["relu", "tanh", "sigmoid"]
    assert [place.may_be_best for place in found.places] == [True, False, False]
    assert found.places[1].behind.estimate == pytest.approx(-0.1)
    assert found.places[1].behind.confidence == pytest.approx(1 - 0.05 / 2)
    assert in_words(found).startswith("Of three activations, relu had the highest test accuracy")
    assert in_words(found).endswith("every other one is told apart from it.")


def test_of_a_loss_less_is_better_and_a_diverged_run_the_worst():
    levels = {"relu": 0.9, "tanh": 0.8, "sigmoid": 0.7}
    (found,) = standings(
        ending(
            lambda arm, seed: levels[arm] + seed / 1000,
            metric="test_loss",
            diverges=lambda run: run.network.activation.name == "sigmoid",
        )
    )
    assert [place.arm[0][1] for place in found.places] == ["tanh", "relu", "sigmoid"]
    assert found.places[2].estimate.estimate == np.inf
    assert not found.places[2].may_be_best
    assert "lowest test loss" in in_words(found)


def test_an_arm_that_wins_at_some_seeds_is_not_told_apart():
    bumps = {"relu": 0.0, "tanh": 0.01, "sigmoid": -0.3}
    (found,) = standings(
        ending(lambda arm, seed: 0.8 + bumps[arm] * (1 if seed % 2 or arm == "sigmoid" else -1))
    )
    assert {place.arm[0][1] for place in found.alike} | {found.places[0].arm[0][1]} == {
        "relu",
        "tanh",
    }
    assert "not told apart from it" in in_words(found)


def test_with_too_few_seeds_nothing_is_told_apart_and_it_says_so():
    (found,) = standings(ending(lambda arm, seed: LEVELS[arm] + seed / 1000, seeds=6))
    assert all(place.may_be_best for place in found.places)  # 2 / 2^6 is above 0.05 / 2
    assert in_words(found).endswith(
        "its 6 seeds are too few to tell any arm apart from it, which takes 7."
    )


def test_two_arms_with_claims_have_their_verdict_and_no_standing():
    text = """
        dataset: digits
        network: {{activation: [relu, tanh]}}
        training: {{learning_rate: 0.1, epochs: 1}}
        seeds: {seeds}
        claims: [{{measure: test_accuracy, higher: relu, than: tanh}}]
    """
    assert standings(ending(lambda arm, seed: 0.5, text=text)) == []
    without = text.replace("claims", "article").replace(
        "[{{measure: test_accuracy, higher: relu, than: tanh}}]", "[]"
    )
    assert len(standings(ending(lambda arm, seed: 0.5, text=without))) == 1


def test_the_best_arm_is_told_apart_no_more_often_than_the_error_allows():
    """Of arms that are all alike each is a best one: the first one's rivals seldom fall behind."""
    rng = np.random.default_rng(5)
    results = ending(lambda arm, seed: 0.0, seeds=9)
    (condition,) = conditions(results)
    missed, repeats = np.zeros(3), 1500
    traces = {arm.setting: arm.traces for _, arm in condition.arms}
    for _ in range(repeats):
        for of_arm in traces.values():
            for trace, end in zip(of_arm, rng.normal(size=9), strict=True):
                trace.metric("test_accuracy")[-1] = end
        found = standing(results, condition)
        for place in found.places:
            missed[[arm for arm, _ in condition.arms].index(place.arm)] += not place.may_be_best
    assert (missed / repeats).max() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
    assert missed.sum() > 0  # it can fall behind at all


def test_where_all_arms_end_alike_none_is_said_to_be_ahead():
    (found,) = standings(ending(lambda arm, seed: 0.5))
    assert in_words(found) == (
        "Of three activations, none is ahead: test accuracy is 0.5 with each."
    )
