"""What a dry run tells: the counts before, during and after a study."""

import pytest
from analysis.helpers import Memory, arriving, finish, parabola, read
from search_reference import left_of

from experiments.execution import estimate
from experiments.execution.estimate import forecast
from experiments.execution.fleets import multiplications
from experiments.execution.plan import next_runs
from experiments.records import Fleet

from .helpers import TINY, make_run

TUNING, EVALUATION = 2 * 3 * 2 * 4, 2 * 4  # arms x rates x tuning seeds x pairs, arms x pairs


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
    costs = estimate.Costs(start=1e-3, evaluation=1e-3, update=1e-4)
    monkeypatch.setattr(estimate, "_measure", lambda fleet: costs)


def test_before_anything_has_run():
    assert counts(forecast(read(TINY), Memory(), 2)) == (TUNING, 0, EVALUATION, 0, False)


def test_in_the_middle_of_the_tuning():
    study, memory = read(TINY), Memory()
    memory.traces = {run: respond(run) for run in next_runs(study, memory)[:5]}
    assert counts(forecast(study, memory, 2)) == (TUNING, 5, EVALUATION, 0, False)


def test_after_the_searches_have_grown():
    study, memory = read(TINY), Memory()
    memory.traces = {
        run: arriving(parabola(4.0)(run.training.learning_rate)) for run in next_runs(study, memory)
    }
    assert counts(forecast(study, memory, 2)) == (TUNING + 16, TUNING, EVALUATION, 0, False)


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
    assert expected.seconds == estimate._report(study, EVALUATION)


def test_where_all_rates_are_given_there_is_no_tuning():
    study, memory = read(TINY, "training.learning_rate=[0.1, 0.2]"), Memory()
    assert counts(forecast(study, memory, 1)) == (0, 0, 2 * EVALUATION, 0, True)


@pytest.mark.parametrize(
    "override",
    [
        "training.learning_rate=[tuned, 0.5]",
        "network.init=[he, matched]",
        "seeds=9",
        "network.width={tuned: [4, 8, 16]}",
    ],
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


def test_runs_are_counted_for_each_objective():
    """What claims are tuned for apart is trained apart, unless both find the same rates."""
    claims = (
        "claims=[{faster: relu, than: tanh, to: {train_loss: 0.5}},"
        " {measure: test_accuracy, of: relu, at_least: 0.5}]"
    )

    def apart(run):
        trace, rate = respond(run), run.training.learning_rate
        trace.values[:, 3] = 1 - abs(rate - 0.25)  # the validation part likes another rate
        return trace

    study, memory = read(TINY, claims), Memory()
    before = forecast(study, memory, 1)
    assert before.evaluation_runs == EVALUATION + EVALUATION // 2
    finish(study, memory, apart)
    after = forecast(study, memory, 1)
    assert after.evaluation_runs == after.evaluation_stored == before.evaluation_runs


def test_the_time_falls_as_runs_are_stored_and_workers_are_added():
    study, memory = read(TINY), Memory()
    start = forecast(study, memory, 1).seconds
    assert forecast(study, memory, 2).seconds - estimate.WORKERS < start
    for _ in range(2):
        memory.traces |= {run: respond(run) for run in next_runs(study, memory)}
        now = forecast(study, memory, 1).seconds
        assert now < start
        start = now


def test_the_time_is_that_of_the_updates_and_evaluations_of_every_run():
    study, memory = read(TINY, "training={learning_rate: 0.1, epochs: 4, batch_size: 8}"), Memory()
    (run, *_) = next_runs(study, memory)
    # 42 training examples make 5 batches of 8; 20 updates are evaluated at 0, 1, 2, 3, 4, 6, 8,
    # 12, 16 and 20.
    of_a_run = 1e-3 + 10 * 1e-3 + 20 * 1e-4
    assert estimate.Costs(1e-3, 1e-3, 1e-4).of(run) == pytest.approx(of_a_run)
    for jobs in (1, 2):
        expected = estimate._report(study, EVALUATION) + EVALUATION * of_a_run / jobs
        expected += estimate.WORKERS * (jobs > 1)
        assert forecast(study, memory, jobs).seconds == pytest.approx(expected)


def test_beyond_so_many_shapes_the_rest_is_judged_by_its_multiplications(monkeypatch):
    widths = list(range(1, 9))
    study = read(TINY, f"network.width={widths}", "training.learning_rate=0.1")
    report = estimate._report(study, len(next_runs(study, Memory())))
    whole = forecast(study, Memory(), 1).seconds - report
    measured, measure = [], estimate._measure
    monkeypatch.setattr(
        estimate, "_measure", lambda fleet: measured.append(fleet) or measure(fleet)
    )
    monkeypatch.setattr(estimate, "MOST_PROBES", 3)
    judged = forecast(study, Memory(), 1).seconds - report
    assert [fleet.runs[0].network.widths for fleet in measured] == [(8,), (7,), (6,)]  # the longest
    runs = [make_run(data="xor", examples=60, widths=(w,), epochs=4.0) for w in widths]
    work = {w: multiplications(Fleet((run,), 1)) for w, run in zip(widths, runs, strict=True)}
    unmeasured = sum(work[w] for w in range(1, 6)) / sum(work[w] for w in (6, 7, 8))
    assert judged == pytest.approx(whole * 3 / 8 * (1 + unmeasured), rel=0.05)


def test_a_study_that_trains_nothing_is_estimated_too(monkeypatch):
    monkeypatch.undo()  # let it measure
    text = """
        dataset: {name: gaussian, examples: 10}
        network: {activation: [relu, tanh], output: linear}
        training: {epochs: 0}
        seeds: 7
        claims: [{measure: zeros, at_most: 0.5}]
    """
    expected = forecast(read(text), Memory(), 1)  # of 10 examples no batch of 32 can be had
    assert counts(expected) == (0, 0, 14, 0, True)
    assert estimate.START < expected.seconds < 60


def test_asking_stores_nothing_and_asks_for_nothing_to_be_trained(monkeypatch):
    monkeypatch.undo()  # let it measure
    memory = Memory()
    expected = forecast(read(TINY), memory, 2)
    assert memory.traces == {}
    assert estimate.START < expected.seconds < 60
    assert expected.jobs == 2


def test_runs_that_may_stop_are_expected_to():
    study, memory = read(TINY), Memory()
    whole = read(TINY, "claims=[]")  # without targets none can be ruled out
    times = [forecast(s, memory, 1).seconds for s in (study, whole)]
    reports = [estimate._report(s, EVALUATION) for s in (study, whole)]
    training = [time - report for time, report in zip(times, reports, strict=True)]
    share = (estimate.SEARCHED * TUNING + EVALUATION) / (TUNING + EVALUATION)
    assert training[0] == pytest.approx(training[1] * share)


def test_runs_that_measure_times_are_counted_without_workers():
    timed = "claims=[{measure: update_time, lower: relu, than: tanh}]"
    study = read(TINY, "training.learning_rate=0.1", timed)
    one, two = (forecast(study, Memory(), jobs).seconds for jobs in (1, 2))
    assert one == two


def test_runs_of_searches_that_stopped_too_early_are_not_counted_as_stored():
    study, memory = read(TINY, "claims.0.to={train_loss: [0.6, 0.3]}"), Memory()
    for run in next_runs(study, memory):
        memory.traces[run] = left_of(respond(run), 2)
    assert counts(forecast(study, memory, 2)) == (TUNING, 0, EVALUATION, 0, False)
    # What was stopped as another rate was better needs nothing more.
    memory.traces = {
        run: whole if run.training.learning_rate == 0.5 else left_of(whole, len(whole.updates) - 2)
        for run in memory.traces
        for whole in [respond(run)]
    }
    assert counts(forecast(study, memory, 2)) == (TUNING, TUNING, EVALUATION, 0, True)


def test_pairs_whose_rates_are_known_have_runs_at_those_rates():
    study, memory = read(TINY), Memory()
    memory.traces = {
        run: respond(run) for run in next_runs(study, memory) if run.seed in (2, 3, 6, 7)
    }
    known = forecast(study, memory, 2)
    assert counts(known) == (TUNING, TUNING // 2, EVALUATION, 0, False)
    for run in next_runs(study, memory):
        if run.stream == "evaluation":
            assert run.seed in (1, 3)
            memory.traces[run] = respond(run)
    assert counts(forecast(study, memory, 2)) == (TUNING, TUNING // 2, EVALUATION, 4, False)


def test_pilots_come_before_everything():
    study, memory = read(TINY, "claims.0.to={train_loss: auto}"), Memory()
    before = forecast(study, memory, 1)
    assert counts(before) == (TUNING, 0, EVALUATION, 0, False)
    memory.traces = {run: respond(run) for run in next_runs(study, memory)}
    after = forecast(study, memory, 1)
    assert counts(after) == (TUNING, 0, EVALUATION, 0, False)
    assert after.seconds < before.seconds
    finish(study, memory, respond)
    done = forecast(study, memory, 1)
    assert counts(done) == (TUNING, TUNING, EVALUATION, EVALUATION, True)


@pytest.mark.parametrize("seeds", [1, 3])
def test_each_pair_has_searches_of_its_own(seeds):
    study = read(TINY, f"tuning.seeds={seeds}", "seeds={min: 5, max: 9}")
    assert counts(forecast(study, Memory(), 1)) == (2 * 3 * seeds * 5, 0, 2 * 5, 0, False)


def test_runs_that_several_searches_ask_for_are_counted_once():
    both = read(TINY, "protocol=[own_rate, shared_rate]")
    assert counts(forecast(both, Memory(), 1)) == (TUNING, 0, EVALUATION, 0, False)
    claims = (
        "claims=[{faster: relu, than: tanh, to: {train_loss: 0.6}},"
        " {faster: relu, than: tanh, to: {train_loss: 0.3}}]"
    )
    assert counts(forecast(read(TINY, claims), Memory(), 1))[:2] == (TUNING, 0)


def test_the_most_is_what_is_run_where_every_search_grows_to_its_end_and_all_seeds_are_added():
    text = TINY.replace("seeds: 4", "seeds: {min: 6, max: 9}")
    study, memory = read(text), Memory()
    most = forecast(study, memory, 1)
    assert most.most_seconds > most.seconds

    def slower(run):  # the higher the rate the better, without end; no claim is ever decided
        return arriving(parabola(1e9)(run.training.learning_rate))

    while missing := next_runs(study, memory):
        memory.traces |= {run: slower(run) for run in missing}
        now = forecast(study, memory, 1)
        assert now.most_runs <= most.most_runs
        assert now.tuning_runs + now.evaluation_runs <= now.most_runs
    assert now.seconds == now.most_seconds
    assert len(memory.traces) == now.most_runs == most.most_runs


def test_the_most_is_the_least_where_nothing_may_grow():
    expected = forecast(read(TINY.replace("extensions: 1", "extensions: 0")), Memory(), 1)
    assert expected.most_runs == expected.tuning_runs + expected.evaluation_runs
    assert expected.most_seconds == expected.seconds
