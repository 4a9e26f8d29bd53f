"""Which of many is best: supported against every rival, refuted by any, rightly so often enough."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import config
from experiments.analysis.claims import judge
from experiments.config.errors import ConfigError
from experiments.report.model import plain
from experiments.report.words import sentence
from tests.analysis.helpers import arriving, make_trace, read, results_of

TEXT = """
    dataset: digits
    network: {{activation: [relu, tanh, sigmoid, linear]}}
    training: {{learning_rate: 0.1, epochs: 1}}
    seeds: {seeds}
    claims: [{claim}]
"""
BY = "{best: relu, of: activation, by: test_accuracy}"
LEVELS = {"relu": 0.9, "tanh": 0.85, "sigmoid": 0.7, "linear": 0.6}


def judged(of, *, claim=BY, seeds=10):
    def respond(run):
        end = of(run.network.activation.name, run.seed)
        return make_trace([0, 39], train_loss=[2.0, 1.0], test_accuracy=[0.1, end])

    (verdict,) = judge(results_of(read(TEXT.format(claim=claim, seeds=seeds)), respond))
    return verdict


def test_an_arm_ahead_of_all_is_best_and_the_closest_rival_is_named():
    found = judged(lambda arm, seed: LEVELS[arm] + (seed / 1e3 if arm == "tanh" else 0))
    assert found.outcome == "supported"
    assert found.rival == (("activation", "tanh"),)
    assert (found.rivals, found.beaten) == (3, 3)
    assert found.p_value == pytest.approx(2 / 2**10)  # no correction: every duel has to agree
    assert "against tanh, the toughest of 3 rivals" in plain(sentence(found))


def test_one_better_rival_refutes_it_at_the_divided_error():
    found = judged(lambda arm, seed: LEVELS[arm] + (arm == "sigmoid") * 0.25)
    assert found.outcome == "refuted"
    assert found.rival == (("activation", "sigmoid"),)
    assert found.p_value == pytest.approx(3 * 2 / 2**10)
    assert found.estimate.confidence == pytest.approx(1 - 0.05 / 3)
    assert plain(sentence(found)).startswith("by sigmoid: ")


def test_six_seeds_support_but_cannot_refute():
    """2 / 2^6 is below the error, three times that is not."""
    assert judged(lambda arm, seed: LEVELS[arm], seeds=6).outcome == "supported"
    behind = judged(lambda arm, seed: -LEVELS[arm], seeds=6)
    assert behind.outcome == "inconclusive"
    assert behind.wants_seeds


def test_a_margin_allows_rivals_that_are_a_little_better():
    def of(arm, seed):
        return LEVELS[arm] - 0.07 * (arm == "relu")  # tanh is better by 0.02

    assert judged(of).outcome == "refuted"
    margin = BY.replace("}", ", within: 0.03}")
    assert judged(of, claim=margin).outcome == "supported"


@pytest.mark.parametrize("order", ["relu, tanh, sigmoid, linear", "linear, sigmoid, tanh, relu"])
@pytest.mark.parametrize("by", ["test_accuracy", "train_loss"])
def test_the_rival_that_decides_is_the_closest_wherever_it_stands(order, by):
    """Each loses at every seed, and so all p-values are the same."""

    def respond(run):
        end = LEVELS[run.network.activation.name]
        return make_trace([0, 39], train_loss=[2.0, 1 - end], test_accuracy=[0.1, end])

    text = TEXT.format(claim=BY.replace("test_accuracy", by), seeds=10)
    for best, outcome, rival in (("relu", "supported", "tanh"), ("linear", "refuted", "relu")):
        claimed = text.replace("best: relu", f"best: {best}")
        study = read(claimed.replace("relu, tanh, sigmoid, linear", order))
        (verdict,) = judge(results_of(study, respond))
        assert verdict.outcome == outcome
        assert verdict.rival == (("activation", rival),)


def test_ties_are_as_good():
    assert judged(lambda arm, seed: 0.5).outcome == "supported"


@pytest.mark.parametrize(("slow", "outcome"), [("tanh", "supported"), ("relu", "refuted")])
def test_by_time_to_a_target(slow, outcome):
    def respond(run):
        return arriving(80.0 if run.network.activation.name == slow else 20.0 + run.seed)

    def steady(run):
        # Of alike rivals, relu comes one update earlier at each seed.
        trace = respond(run)
        name = run.network.activation.name
        return trace if name in (slow, "relu") else arriving(25.0 + run.seed)

    claim = "{best: relu, to: {train_loss: 0.5}}"
    (found,) = judge(results_of(read(TEXT.format(claim=claim, seeds=10)), steady))
    assert found.outcome == outcome
    assert found.target == 0.5


@pytest.mark.parametrize("gap", [0.0, 0.3, 1.0])
def test_a_verdict_is_wrong_no_more_often_than_the_error_allows(gap):
    """At the edge (all alike: to refute is wrong) and beyond it (a rival ahead: to support is)."""
    rng = np.random.default_rng(3)
    results = results_of(
        read(TEXT.format(claim=BY, seeds=9)),
        lambda run: make_trace([0, 39], train_loss=[2.0, 1.0], test_accuracy=[0.1, 0.0]),
    )
    outcomes, repeats = [], 400
    for _ in range(repeats):
        for result in results.settings:
            ahead = gap * result.setting.is_arm((("activation", "tanh"),))
            for trace, end in zip(result.traces, rng.normal(ahead, size=9), strict=True):
                trace.metric("test_accuracy")[-1] = end
        outcomes.append(judge(results)[0].outcome)
    wrong = np.mean([o == ("supported" if gap else "refuted") for o in outcomes])
    assert wrong <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)


def test_lost_runs_never_strengthen_a_statement():
    """A run that is not known widens the duels' intervals: nothing becomes decided by it."""
    rng = np.random.default_rng(8)
    for _ in range(40):
        ends = {arm: rng.normal(level * 2, 0.3, 12) for arm, level in LEVELS.items()}
        before = judged(lambda arm, seed, e=ends: e[arm][seed], seeds=12).outcome
        ends["tanh"][rng.integers(12)] = np.nan
        after = judged(lambda arm, seed, e=ends: e[arm][seed], seeds=12).outcome
        assert after in (before, "inconclusive")


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("{best: relu}", "says nothing of what is best"),
        ("{best: relu, by: test_accuracy, to: {train_loss: 1}}", "does not go with by"),
        ("{best: gelu9, by: test_accuracy}", "allowed: activation"),
        ("{best: relu, of: depth, by: test_accuracy}", "allowed: activation"),
        ("{best: relu, of: [depth], by: test_accuracy}", "found a list; allowed: activation"),
        ("{best: relu, of: {a: 1}, by: test_accuracy}", "found a mapping; allowed: activation"),
        ("{best: relu, of: 1, by: test_accuracy}", "found 1; allowed: activation"),
        ("{best: relu, by: accuracy}", "allowed: "),
        ("{best: relu, to: {train_loss: auto}}", "auto goes only with faster"),
        ("{best: relu, by: test_accuracy, within: -1}", "allowed: "),
    ],
)
def test_what_is_wrong_with_a_claim_is_told(claim, told):
    with pytest.raises(ConfigError, match=told):
        read(TEXT.format(claim=claim, seeds=10))


@pytest.mark.parametrize(
    "claim", [BY, "{best: tanh, to: {train_loss: [1, 0.5]}, within: 0.1, primary: true}"]
)
def test_a_study_with_such_a_claim_is_written_back(claim):
    study = read(TEXT.format(claim=claim, seeds=10))
    assert config.loads(config.resolved(study), "study") == study
