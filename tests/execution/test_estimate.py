"""What a dry run tells: the counts before, during and after a study."""

import pytest
from analysis.helpers import Memory, arriving, finish, parabola, read

from experiments.execution import estimate
from experiments.execution.estimate import forecast
from experiments.execution.plan import next_runs

from .helpers import TINY

TUNING, EVALUATION = 2 * 3 * 2, 2 * 4  # arms x rates x seeds, arms x seeds


def respond(run):
    return arriving(parabola(0.5)(run.training.learning_rate))


def counts(expected):
    return (
        expected.tuning_runs, expected.tuning_stored,
        expected.evaluation_runs, expected.evaluation_stored,
        expected.rates_chosen,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _any_speed(monkeypatch):
    monkeypatch.setattr(estimate, "_speed", lambda fleet: 1e6)


def test_before_anything_has_run():
    assert counts(forecast(read(TINY), Memory(), 2)) == (TUNING, 0, EVALUATION, 0, False)


def test_in_the_middle_of_the_tuning():
    study, memory = read(TINY), Memory()
    memory.traces = {run: respond(run) for run in next_runs(study, memory)[:5]}
    assert counts(forecast(study, memory, 2)) == (TUNING, 5, EVALUATION, 0, False)


def test_after_the_grid_has_grown():
    study, memory = read(TINY), Memory()
    memory.traces = {
        run: arriving(parabola(4.0)(run.training.learning_rate)) for run in next_runs(study, memory)
    }
    assert counts(forecast(study, memory, 2)) == (TUNING + 4, TUNING, EVALUATION, 0, False)


def test_between_tuning_and_evaluation():
    study, memory = read(TINY), Memory()
    memory.traces = {run: respond(run) for run in next_runs(study, memory)}
    assert counts(forecast(study, memory, 2)) == (TUNING, TUNING, EVALUATION, 0, True)
    for run in next_runs(study, memory)[:3]:
        memory.traces[run] = respond(run)
    assert counts(forecast(study, memory, 2)) == (TUNING, TUNING, EVALUATION, 3, True)


def test_when_all_is_done():
    study, memory = read(TINY), Memory()
    finish(study, memory, respond)
    expected = forecast(study, memory, 2)
    assert counts(expected) == (TUNING, TUNING, EVALUATION, EVALUATION, True)
    assert expected.seconds == estimate.OVERHEAD_SECONDS


def test_where_all_rates_are_given_there_is_no_tuning():
    study, memory = read(TINY, "training.learning_rate=[0.1, 0.2]"), Memory()
    assert counts(forecast(study, memory, 1)) == (0, 0, 2 * EVALUATION, 0, True)


@pytest.mark.parametrize(
    "override",
    ["training.learning_rate=[tuned, 0.5]", "network.init=[he, matched]", "seeds=9"],
)
def test_the_counts_are_those_that_then_are_trained(override):
    """A grid whose best rate lies inside grows no further, so that they are exact."""
    study, memory = read(TINY, override), Memory()
    before = forecast(study, memory, 1)
    rounds = finish(study, memory, respond)
    by_stream = {
        stream: sum(run.stream == stream for runs in rounds for run in runs)
        for stream in ("tuning", "evaluation")
    }
    if override.endswith("0.5]"):  # the rate taken is the one given: one run serves both
        by_stream["evaluation"] *= 2
    assert before.tuning_runs == by_stream["tuning"]
    assert before.evaluation_runs == by_stream["evaluation"]
    after = forecast(study, memory, 1)
    assert (after.tuning_runs, after.tuning_stored) == (by_stream["tuning"],) * 2
    assert after.evaluation_stored == after.evaluation_runs


def test_the_time_falls_as_runs_are_stored_and_workers_are_added():
    study, memory = read(TINY), Memory()
    start = forecast(study, memory, 1).seconds
    assert forecast(study, memory, 2).seconds < start
    for _ in range(2):
        memory.traces |= {run: respond(run) for run in next_runs(study, memory)}
        now = forecast(study, memory, 1).seconds
        assert now < start
        start = now


def test_asking_stores_nothing_and_asks_for_nothing_to_be_trained(monkeypatch):
    monkeypatch.undo()  # let it measure
    memory = Memory()
    expected = forecast(read(TINY), memory, 2)
    assert memory.traces == {}
    assert estimate.OVERHEAD_SECONDS < expected.seconds < 60
    assert expected.jobs == 2
