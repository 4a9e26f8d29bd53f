"""A ratio by other clocks is the ratio of updates times the ratio of their costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.analysis.claims import judge
from experiments.analysis.clocks import readings
from experiments.analysis.inference import paired_ratio
from experiments.analysis.ratio_curves import CURVE_TARGETS, ratio_curves
from experiments.analysis.verdicts import decide
from experiments.clocks import CLOCKS, UpdateTime
from experiments.report import words
from experiments.report.model import plain
from experiments.report.words import sentence

from .helpers import BUDGET, FIXED, arriving, at, read, results_of

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


def measured(seconds, spread=0.0):
    return UpdateTime(seconds, seconds * (1 - spread), seconds * (1 + spread))


def read_by(cost_of_relu, cost_of_tanh, spread=0.0):
    results = results_of(read(TEXT), respond)
    seconds = {
        s.setting: measured(
            cost_of_relu if s.setting.network.activation.name == "relu" else cost_of_tanh, spread
        )
        for s in results.settings
    }
    verdicts = judge(results)
    return verdicts, list(readings(verdicts, seconds))


def test_every_verdict_has_a_reading_by_every_clock():
    verdicts, found = read_by(3.0, 5.0)
    assert [r.clock for _, r in found] == list(CLOCKS) * len(verdicts)
    updates = [r for _, r in found if r.clock == "updates"]
    assert [r.ratio for r in updates] == [v.ratio for v in verdicts]
    assert all(r.agrees for r in updates)
    epochs = [r for _, r in found if r.clock == "epochs"]  # an update is as large a part for both
    assert [r.ratio for r in epochs] == [v.ratio for v in verdicts]


@pytest.mark.parametrize(("relu", "tanh"), [(1.0, 1.0), (3.0, 5.0), (8.0, 1.0)])
def test_a_clock_scales_the_whole_interval(relu, tanh):
    verdicts, found = read_by(relu, tanh)
    seconds = [(v, r) for v, r in found if r.clock == "seconds"]
    assert [v for v, _ in seconds] == verdicts
    for verdict, reading in seconds:
        factor = tanh / relu
        assert reading.ratio.estimate == pytest.approx(verdict.ratio.estimate * factor)
        assert reading.ratio.low == pytest.approx(verdict.ratio.low * factor)
        assert reading.ratio.high == pytest.approx(verdict.ratio.high * factor)
        assert reading.outcome == decide(reading.ratio.low, reading.ratio.high, verdict.region)


def test_a_dear_update_turns_the_answer_and_the_clock_says_so():
    verdicts, found = read_by(8.0, 1.0)  # relu needs half the updates, at eight times the price
    assert [v.outcome for v in verdicts] == ["supported"] * 2
    seconds = [r for _, r in found if r.clock == "seconds"]
    assert [r.outcome for r in seconds] == ["refuted"] * 2
    assert not any(r.agrees for r in seconds)


def test_what_the_measurements_do_not_bear_is_no_verdict():
    """By updates relu is faster by two; so it is by seconds that are surely less than twice."""
    for spread, borne in ((0.0, True), (0.1, True), (0.3, False), (1.0, False)):
        _, found = read_by(1.1, 1.0, spread)
        seconds = [r for _, r in found if r.clock == "seconds"]
        assert [r.borne for r in seconds] == [borne] * 2
        assert {r.outcome for r in seconds} == {"supported" if borne else "inconclusive"}
    _, found = read_by(1.1, 1.0)
    assert all(r.borne for _, r in found)


def test_of_a_time_that_was_measured_once_nothing_is_borne_unless_it_is_shared():
    results = results_of(read(TEXT), respond)
    verdicts = judge(results)
    shared = dict.fromkeys([s.setting for s in results.settings], UpdateTime(0.01))
    seconds = [r for _, r in readings(verdicts, shared) if r.clock == "seconds"]
    assert [r.ratio for r in seconds] == [v.ratio for v in verdicts]
    assert all(r.borne and r.agrees for r in seconds)
    apart = {s: UpdateTime(0.01 * (place + 1)) for place, s in enumerate(shared)}
    assert not any(r.borne for _, r in readings(verdicts, apart) if r.clock == "seconds")


def test_what_cannot_be_tested_cannot_be_by_any_clock():
    results = results_of(read(TEXT), lambda run: arriving(100 * BUDGET))
    found = list(readings(judge(results), {s.setting: measured(2.0) for s in results.settings}))
    assert {r.outcome for _, r in found} == {"untestable"}
    assert all(r.agrees for _, r in found)


def test_the_curve_over_the_target_meets_the_verdicts_at_its_ends():
    results = results_of(read(TEXT), respond)
    (curve,) = ratio_curves(results)
    assert len(curve.targets) == len(curve.ratios) == CURVE_TARGETS
    assert curve.targets[0] == pytest.approx(0.9)
    assert curve.targets[-1] == pytest.approx(0.5)
    assert (np.diff(curve.targets) < 0).all()
    for place, verdict in zip((0, -1), judge(results), strict=True):
        assert curve.ratios[place].estimate == pytest.approx(verdict.ratio.estimate)


def test_around_a_single_target_the_curve_goes_as_far_to_either_side():
    (curve,) = ratio_curves(results_of(read(TEXT, "claims.0.to={train_loss: 0.5}"), respond))
    assert curve.targets[0] == pytest.approx(0.75)
    assert curve.targets[CURVE_TARGETS // 2] == pytest.approx(0.5)
    assert curve.targets[-1] == pytest.approx(0.5 / 1.5)
    (verdict,) = judge(results_of(read(TEXT, "claims.0.to={train_loss: 0.5}"), respond))
    middle = curve.levels[CURVE_TARGETS // 2]
    assert middle.ratio.estimate == pytest.approx(verdict.ratio.estimate)
    assert middle.outcomes == {"direction": verdict.outcome}
    assert middle.reached == (verdict.faster_reached, verdict.than_reached)


def test_the_chance_to_come_first_is_the_exact_interval():
    for verdict in judge(results_of(read(TEXT), respond)):
        level = verdict.ratio.confidence
        exact = stats.binomtest(12, 12).proportion_ci(level)
        assert verdict.chance == pytest.approx((exact.low, 1))


WIDE = """
    dataset: moons
    network: {activation: relu, width: [8, 32, 64]}
    training: {learning_rate: 0.1, epochs: 20}
    seeds: 12
    claims: [{faster: {width: 64}, than: {width: 8}, to: {train_loss: 0.5}}]
"""
BEST = "claims=[{best: 64, of: width, to: {train_loss: 0.5}}]"
TIMES = {8: 16.0, 32: 10.0, 64: 8.0}


def by_width(times):
    return lambda run: arriving(times[run.network.widths[0]] * 1.05**run.seed)


def test_a_verdict_says_itself_by_which_clock_it_would_be_another():
    """The wide net needs half the updates, each of which costs it far more multiplications."""
    results = results_of(read(WIDE), by_width(TIMES))
    (verdict,) = judge(results)
    assert verdict.outcome == "supported"
    (reading,) = verdict.readings  # an update is as large a part of an epoch for both
    cost = {s.setting.network.widths[0]: results.costs[s.setting] for s in results.settings}
    factor = cost[8]["multiplications"] / cost[64]["multiplications"]
    assert factor < 0.2
    assert reading.clock == "multiplications"
    assert reading.ratio.estimate == pytest.approx(2 * factor)
    assert (reading.outcome, reading.agrees) == ("refuted", False)
    told = plain(sentence(verdict))
    assert "Counted in multiplications it is refuted instead: width 8 needed" in told
    assert words.turned(verdict) == "multiplications: refuted"


def test_epochs_turn_a_verdict_on_batches():
    """Half the updates, in batches of four times the size: twice the epochs."""
    text = TEXT.replace("[relu, tanh]", "relu").replace("0.1}", "0.1, batch_size: [32, 128]}")
    claim = "claims=[{faster: {batch_size: 128}, than: {batch_size: 32}, to: {train_loss: 0.5}}]"
    study = read(text, claim)
    times = {32: 16.0, 128: 8.0}
    (verdict,) = judge(
        results_of(study, lambda run: arriving(times[run.training.batch_size] * 1.05**run.seed))
    )
    assert verdict.outcome == "supported"
    assert [(r.clock, r.outcome) for r in verdict.readings] == [
        ("epochs", "refuted"), ("multiplications", "refuted"),
    ]  # fmt: skip
    assert verdict.readings[0].ratio.estimate == pytest.approx(0.5, rel=0.2)


def test_where_all_clocks_agree_nothing_is_said():
    results = results_of(read(WIDE), by_width({8: 256.0 / 1.05**12, 32: 10.0, 64: 2.0}))
    (verdict,) = judge(results)
    assert verdict.outcome == "supported"
    assert [r.outcome for r in verdict.readings] == ["supported"]
    assert "instead" not in plain(sentence(verdict))
    assert words.turned_in([verdict]) == ""


def test_settings_that_cost_the_same_have_no_other_reading():
    text = TEXT.replace("[relu, tanh], width: 8", "relu, width: 8, init: [he, lecun]")
    claim = "claims=[{faster: {init: he}, than: {init: lecun}, to: {train_loss: 0.5}}]"
    study = read(text, claim)
    (verdict,) = judge(results_of(study, lambda run: arriving(8.0)))
    assert verdict.readings == ()


def test_the_best_by_another_clock_is_judged_against_all_rivals_anew():
    """By updates the middle one is the toughest rival; by multiplications the narrow one wins."""
    (verdict,) = judge(results_of(read(WIDE, BEST), by_width(TIMES)))
    assert (verdict.outcome, verdict.rival) == ("supported", (("width", "32"),))
    (reading,) = verdict.readings
    assert reading.outcome == "refuted"
    assert reading.ratio.confidence == pytest.approx(1 - 0.05 / 2)
    told = plain(sentence(verdict))
    assert told.count("Counted in") == 1
    assert f"{words.arm(reading.rival)} needed" in told.split("instead: ")[1]


def test_what_is_untestable_has_no_other_verdict():
    (verdict,) = judge(results_of(read(WIDE, BEST), lambda run: arriving(100 * BUDGET)))
    assert verdict.outcome == "untestable"
    assert "Counted in" not in plain(sentence(verdict))


@given(st.lists(st.floats(1.0, 200.0), min_size=24, max_size=24), st.floats(0.01, 100.0))
def test_a_clock_says_what_runs_with_such_times_would(times, factor):
    """The interval by a clock is that of the times it counts, and so misses as seldom."""
    a, b = times[:12], times[12:]
    told = paired_ratio(at(*a), at(*b), FIXED).times(factor)
    of_clock = paired_ratio(at(*a), [time.by(factor) for time in at(*b)], FIXED)
    for end in ("estimate", "low", "high"):
        assert getattr(told, end) == pytest.approx(getattr(of_clock, end))


def test_many_verdicts_that_a_clock_turns_are_counted():
    verdicts = judge(
        results_of(read(WIDE, "claims.0.to={train_loss: [0.6, 0.5]}"), by_width(TIMES))
    )
    told = words.turned_in(verdicts)
    assert told == "Counted by another clock, of these 2 verdicts 2 in multiplications differ."


def by_clock(clock):
    return WIDE.replace("to: {train_loss: 0.5}}", f"to: {{train_loss: 0.5}}, clock: {clock}}}")


def test_a_race_by_another_clock_is_judged_by_it():
    results = results_of(read(by_clock("multiplications")), by_width(TIMES))
    (verdict,) = judge(results)
    assert verdict.outcome == "refuted"
    (of_updates,) = judge(results_of(read(WIDE), by_width(TIMES)))
    (reading,) = of_updates.readings
    assert verdict.ratio == reading.ratio
    assert verdict.ratio.losses == 12  # the narrow net came first each time
    # Where updates would tell something else, the verdict says so.
    assert [(r.clock, r.outcome) for r in verdict.readings] == [
        ("updates", "supported"), ("epochs", "supported"),
    ]  # fmt: skip
    told = plain(sentence(verdict))
    assert "width 8 needed 0." in told
    assert "times the multiplications of width 64" in told
    assert "Counted in updates it is supported instead" in told
    (curve,) = ratio_curves(
        results_of(
            read(by_clock("multiplications"), "claims.0.to={train_loss: [0.9, 0.5]}"),
            by_width(TIMES),
        )
    )
    assert curve.ratios[-1].estimate == pytest.approx(verdict.ratio.estimate)


def timed(run, seconds):
    """A trace that measured so many microseconds for an update, at each evaluation a little off."""
    trace = by_width(TIMES)(run)
    read_off = seconds * (1 + 0.01 * np.sin(np.arange(len(trace.updates))))
    values = np.column_stack([trace.values, read_off])
    return replace(trace, values=values, columns=(*trace.columns, "update_time"))


def test_seconds_are_what_each_run_measured_of_itself():
    microseconds = {8: 10.0, 32: 15.0, 64: 30.0}

    def respond(run):
        return timed(run, microseconds[run.network.widths[0]] * (1 + run.seed / 100))

    results = results_of(read(by_clock("seconds")), respond)
    (verdict,) = judge(results)
    assert verdict.outcome == "refuted"  # half the updates, each of three times the seconds
    assert verdict.ratio.estimate == pytest.approx(2 * 10 / 30, rel=0.01)
    assert {r.clock: r.outcome for r in verdict.readings} == {
        "updates": "supported", "epochs": "supported", "multiplications": "refuted",
    }  # fmt: skip


def test_a_run_without_a_measurement_is_known_of_nothing():
    def respond(run):
        whole = timed(run, 10.0)
        lost = run.network.widths[0] == 8 and run.seed < 4
        return timed(run, np.nan) if lost else whole

    (verdict,) = judge(results_of(read(by_clock("seconds")), respond))
    assert verdict.ratio.wins == 8
    assert verdict.ratio.high == np.inf
