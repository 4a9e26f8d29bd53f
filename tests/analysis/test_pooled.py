"""A claim over all conditions together: each seed's mean over them, and what is known of that."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.analysis.claims import judge
from experiments.analysis.enough import hypotheses_of
from experiments.analysis.inference import PairedTimes, log_ratios, mean_over
from experiments.analysis.looks import Design
from experiments.analysis.map_counts import FEWEST_CELLS, mapped
from experiments.analysis.reasons import arms_of
from experiments.analysis.times_to_target import turns
from experiments.hitting_times import HittingTime
from experiments.report import words
from experiments.report.model import plain

from .helpers import BUDGET, FIXED, arriving, at, make_trace, read, results_of


def sentence(verdict):
    return plain(words.sentence(verdict))


def turn(found):
    return plain(words.turn(found))


TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 12
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}, pooled: true}]
"""
BY_DEPTH = {1: 0.6, 2: 1.5, 3: 4.0}  # how many times relu's updates tanh needs


def noise(run):
    """Of one run: repeatable, and another for each arm, depth and seed."""
    depth, arm = len(run.network.widths), run.network.activation.name
    return 1 + 0.2 * math.sin(17.3 * run.seed + 5.1 * depth + (arm == "tanh"))


def time_of(run):
    factor = BY_DEPTH[len(run.network.widths)] if run.network.activation.name == "tanh" else 1.0
    return 10.0 * factor * noise(run)


def judged(*overrides, respond=lambda run: arriving(time_of(run)), text=TEXT):
    results = results_of(read(text, *overrides), respond)
    return results, judge(results)


def times_by_arm(results):
    """The times of each arm, (depths, seeds), read off the traces by the closed form of theirs."""
    return {
        arm: np.array(
            [
                [time_of(run) for run in result.runs]
                for result in results.settings
                if result.setting.network.activation.name == arm
            ]
        )
        for arm in ("relu", "tanh")
    }


def test_it_is_the_median_over_seeds_of_the_geometric_mean_over_conditions():
    results, verdicts = judged()
    together, *alone = verdicts
    assert (together.conditions, together.condition) == (3, ())
    assert [v.conditions for v in alone] == [1, 1, 1]
    times = times_by_arm(results)
    means = np.sort(stats.gmean(times["tanh"] / times["relu"], axis=0))
    assert together.ratio.estimate == pytest.approx(np.sqrt(means[5] * means[6]), rel=1e-6)
    alpha = 1 - together.ratio.confidence
    left_out = int(stats.binom.ppf(alpha / 2, 12, 0.5)) - 1  # the sign test inverted
    assert (
        2 * stats.binom.cdf(left_out, 12, 0.5) <= alpha < 2 * stats.binom.cdf(left_out + 1, 12, 0.5)
    )
    assert together.ratio.low == pytest.approx(means[left_out], rel=1e-6)
    assert together.ratio.high == pytest.approx(means[-1 - left_out], rel=1e-6)


def test_all_verdicts_share_the_error_and_the_pooled_one_may_decide_what_no_other_does():
    _, verdicts = judged("seeds=8")
    assert [v.outcome for v in verdicts] == ["supported", "refuted", "supported", "supported"]
    # Two of three conditions are open with so few seeds that agree; their mean is not.
    mixed = {1: 0.8, 2: 1.25, 3: 2.0}

    def respond(run):
        turn = 1 if (run.seed + len(run.network.widths)) % 3 else -1
        factor = mixed[len(run.network.widths)] * 1.6**turn
        return arriving(10.0 * (factor if run.network.activation.name == "tanh" else 1.0))

    _, verdicts = judged("seeds=12", respond=respond)
    assert [v.outcome for v in verdicts[1:]].count("inconclusive") >= 2
    assert verdicts[0].outcome == "supported"


def test_it_is_a_hypothesis_more_by_which_seeds_are_counted():
    for overrides in ((), ("claims.0.by=2",), ("claims.0.to={train_loss: [0.8, 0.5]}",)):
        results, verdicts = judged(*overrides)
        assert hypotheses_of(results.study, results.study.claims[0]) == len(verdicts)
    assert len(verdicts) == 8


def test_where_no_run_arrived_under_one_condition_nothing_is_known_of_the_mean():
    def respond(run):
        return arriving(100 * BUDGET if len(run.network.widths) == 2 else time_of(run))

    _, (together, *_) = judged(respond=respond)
    assert together.outcome == "untestable"
    assert "under 1 of the 3 conditions no run" in together.reason
    assert together.p_value == 1


def test_runs_of_all_conditions_are_counted():
    def respond(run):
        late = run.network.activation.name == "tanh" and len(run.network.widths) == 3
        return arriving(100 * BUDGET if late else time_of(run))

    _, (together, *_) = judged(respond=respond)
    assert (together.runs, together.faster_reached, together.than_reached) == (36, 36, 24)
    assert together.ratio.high == math.inf
    assert together.ratio.low > 1
    told = sentence(together)
    assert "all 3 conditions together: tanh needed at least" in told
    assert "; 12 of 36 runs of tanh did not reach" in told
    assert "in the geometric mean" in told
    assert "relu was ahead at 12 of 12 seeds" in told


def test_protocols_are_apart_and_may_turn_it():
    text = TEXT.replace("0.1}", "tuned}") + "    protocol: [own_rate, common_init]\n"

    def respond(run):
        matched = run.network.init == "he" or run.network.activation.name == "tanh"
        return arriving(time_of(run) * (1 if matched else 30))

    results, verdicts = judged("seeds=14", text=text, respond=respond)
    pooled = [v for v in verdicts if v.conditions == 3]
    assert [v.condition for v in pooled] == [
        (("protocol", "own_rate"),), (("protocol", "common_init"),),
    ]  # fmt: skip
    assert hypotheses_of(results.study, results.study.claims[0]) == len(verdicts)
    turned = [turn for turn in turns(verdicts) if turn.conditions == 3]
    assert [turn.by_protocol for turn in turned] == [
        {"own_rate": "supported", "common_init": "refuted"}
    ]
    assert "all 3 conditions together" in turn(turned[0])


def test_a_measure_is_the_mean_of_each_seed():
    text = TEXT.replace(
        "faster: relu, than: tanh, to: {train_loss: 0.5}",
        "measure: test_accuracy, higher: relu, than: tanh",
    )
    ends = {"relu": 0.9, "tanh": 0.8}

    def value(run):
        return ends[run.network.activation.name] - noise(run) / 10

    def respond(run):
        return make_trace([0, BUDGET], train_loss=[2.0, 1.0], test_accuracy=[0.1, value(run)])

    results, (together, *alone) = judged(text=text, respond=respond)
    assert (together.conditions, len(alone)) == (3, 3)
    by_arm = {
        arm: np.array(
            [
                [value(run) for run in result.runs]
                for result in results.settings
                if result.setting.network.activation.name == arm
            ]
        )
        for arm in ends
    }
    means = by_arm["relu"].mean(axis=0) - by_arm["tanh"].mean(axis=0)
    assert together.estimate.estimate == pytest.approx(np.median(means))
    told = sentence(together)
    assert told.startswith("over all 3 conditions together, the mean of the test accuracy is ")
    assert arms_of(together) == ()  # no diagnostic is of several settings


def test_the_best_of_all_conditions_together():
    text = TEXT.replace("[relu, tanh]", "[relu, tanh, sigmoid]").replace(
        "faster: relu, than: tanh", "best: relu, of: activation"
    )

    def respond(run):
        slow = run.network.activation.name == "sigmoid"
        return arriving(90.0 * noise(run) if slow else time_of(run))

    _, (together, *alone) = judged(text=text, respond=respond)
    assert (together.conditions, together.outcome) == (3, "supported")
    assert together.rival == (("activation", "tanh"),)
    assert [v.outcome for v in alone] == ["refuted", "supported", "supported"]
    assert "all 3 conditions together" in sentence(together)


def test_a_map_has_single_conditions_alone():
    widths = [4, 5, 6, 7]
    _, verdicts = judged(f"network.width={widths}")
    assert len(verdicts) == FEWEST_CELLS + 1
    assert [len(cells) for cells in mapped(verdicts)] == [FEWEST_CELLS]
    assert words.told(verdicts)[0].conditions == FEWEST_CELLS
    assert [len(part(verdicts)) for part in (words.told, words.extremes)] == [1, 2]


finite = st.floats(1.0, 400.0)
pairs = st.tuples(finite, finite, st.booleans(), st.booleans())


@given(st.lists(st.lists(pairs, min_size=9, max_size=9), min_size=1, max_size=4))
def test_whatever_was_not_seen_of_a_run_only_widens_the_interval(conditions):
    """Cut some runs short: the interval holds the one of the same runs seen to their ends."""

    def logs(cut):
        found = []
        for of_condition in conditions:
            a = [HittingTime(x, False) for x, _, _, _ in of_condition]
            b = [HittingTime(y, False) for _, y, _, _ in of_condition]
            if cut:
                a = [
                    HittingTime(x.time / 2, True) if short else x
                    for x, (_, _, short, _) in zip(a, of_condition, strict=True)
                ]
                b = [
                    HittingTime(y.time / 2, True) if short else y
                    for y, (_, _, _, short) in zip(b, of_condition, strict=True)
                ]
            found.append(log_ratios(a, b))
        return mean_over(found)

    whole, part = logs(cut=False), logs(cut=True)
    for alpha in (0.05, 0.2):
        seen = PairedTimes(whole, FIXED).ratio(alpha)
        told = PairedTimes(part, FIXED).ratio(alpha)
        assert told.low <= seen.low * (1 + 1e-12)
        assert told.high >= seen.high * (1 - 1e-12)
        assert told.wins <= seen.wins
        assert told.losses <= seen.losses


@given(st.lists(st.tuples(finite, finite), min_size=6, max_size=12), st.integers(1, 5))
def test_the_mean_over_the_same_condition_is_that_condition(sample, times):
    one = log_ratios(at(*(a for a, _ in sample)), at(*(b for _, b in sample)))
    several = PairedTimes(mean_over([one] * times), Design(0.1)).ratio(0.1)
    alone = PairedTimes(one, Design(0.1)).ratio(0.1)
    for end in ("estimate", "low", "high"):
        assert getattr(several, end) == pytest.approx(getattr(alone, end))
