"""A ratio by other clocks is the ratio of updates times the ratio of their costs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.analysis.claims import judge
from experiments.analysis.clocks import readings
from experiments.analysis.summaries import CURVE_TARGETS, ratio_curves
from experiments.analysis.verdicts import decide

from .helpers import BUDGET, arriving, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: 12
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.9, 0.5]}}]
"""


def respond(run):
    time = 8.0 * 1.05**run.seed
    return arriving(time if run.network.activation.name == "relu" else 2 * time)


def read_by(cost_of_relu, cost_of_tanh):
    results = results_of(read(TEXT), respond)
    costs = {
        s.setting: {
            "updates": 1.0,
            "seconds": cost_of_relu
            if s.setting.network.activation.name == "relu"
            else cost_of_tanh,
        }
        for s in results.settings
    }
    verdicts = judge(results)
    return verdicts, readings(verdicts, costs)


def test_updates_are_one_of_the_clocks():
    verdicts, found = read_by(3.0, 5.0)
    updates = [r for r in found if r.clock == "updates"]
    assert [r.estimate for r in updates] == [v.ratio.estimate for v in verdicts]
    assert all(r.agrees for r in updates)


@pytest.mark.parametrize(("relu", "tanh"), [(1.0, 1.0), (3.0, 5.0), (8.0, 1.0)])
def test_a_clock_scales_the_whole_interval(relu, tanh):
    verdicts, found = read_by(relu, tanh)
    for verdict, reading in zip(verdicts, (r for r in found if r.clock == "seconds"), strict=True):
        factor = tanh / relu
        assert reading.estimate == pytest.approx(verdict.ratio.estimate * factor)
        assert reading.low == pytest.approx(verdict.ratio.low * factor)
        assert reading.high == pytest.approx(verdict.ratio.high * factor)
        assert reading.outcome == decide(reading.low, reading.high, verdict.region)


def test_a_dear_update_turns_the_answer_and_the_clock_says_so():
    verdicts, found = read_by(8.0, 1.0)  # relu needs half the updates, at eight times the price
    assert [v.outcome for v in verdicts] == ["supported"] * 2
    seconds = [r for r in found if r.clock == "seconds"]
    assert [r.outcome for r in seconds] == ["refuted"] * 2
    assert not any(r.agrees for r in seconds)


def test_what_cannot_be_tested_cannot_be_by_any_clock():
    results = results_of(read(TEXT), lambda run: arriving(100 * BUDGET))
    costs = {s.setting: {"updates": 1.0, "seconds": 2.0} for s in results.settings}
    found = readings(judge(results), costs)
    assert {r.outcome for r in found} == {"untestable"}
    assert all(r.agrees for r in found)


def test_the_curve_over_the_target_meets_the_verdicts_at_its_ends():
    results = results_of(read(TEXT), respond)
    (curve,) = ratio_curves(results)
    assert len(curve.targets) == len(curve.ratios) == CURVE_TARGETS
    assert curve.targets[0] == pytest.approx(0.9)
    assert curve.targets[-1] == pytest.approx(0.5)
    assert (np.diff(curve.targets) < 0).all()
    for place, verdict in zip((0, -1), judge(results), strict=True):
        assert curve.ratios[place].estimate == pytest.approx(verdict.ratio.estimate)


def test_a_single_target_has_no_curve():
    assert ratio_curves(results_of(read(TEXT, "claims.0.to={train_loss: 0.5}"), respond)) == []


def test_the_chance_to_come_first_is_the_exact_interval():
    for verdict in judge(results_of(read(TEXT), respond)):
        level = verdict.ratio.confidence
        exact = stats.binomtest(12, 12).proportion_ci(level)
        assert verdict.chance == pytest.approx((exact.low, 1))
