"""Runs of searches stop once no search asks about them; the store knows how far they came."""

import pytest
from analysis.helpers import read
from search_reference import left_of

from experiments.analysis.tuning import candidates, subjects
from experiments.execution.loop import complete
from experiments.execution.plan import plan
from experiments.execution.store import Store
from experiments.goals import until
from experiments.scores import Progress

from .helpers import QUIET, TINY, Wholes, assert_same_bits, told


def study_of(to: str, *overrides: str):
    return read(TINY.replace("{train_loss: 0.6}", to), *overrides)


def completed(study, store):
    asked = []
    results, _ = complete(study, store, 1, lambda stage, ended, count: asked.append((stage, count)))
    return results, asked


def tuning_traces(study, store):
    known = plan(study, store)
    return store.load(
        run
        for (subject, seed), space in known.spaces.items()
        for some in candidates(subject, seed, space.rates, known.study.tuning)
        for run in some
    )


def test_runs_of_searches_stop_and_evaluation_runs_go_on():
    study = study_of("{train_loss: 0.6}")
    goals = study.objective.goals
    with Store(":memory:") as store:
        results, _ = completed(study, store)
        tuning = tuning_traces(study, store).values()
        reached = {True: 0, False: 0}
        for trace in tuning:
            there = trace.metric("train_loss") <= 0.6
            assert not there[:-1].any()  # what has arrived stops at once
            if trace.status == "stopped early":
                reached[bool(there[-1])] += 1
                assert (Progress.of(trace, goals).score is not None) == there[-1]
        assert min(reached.values()) > 3  # some have arrived, and some had no chance any more
        evaluation = [trace for setting in results.settings for trace in setting.traces]
        assert {trace.status for trace in evaluation} == {"completed"}


def test_without_targets_runs_of_searches_go_on():
    study = read(TINY[: TINY.index("claims")])
    with Store(":memory:") as store:
        completed(study, store)
        statuses = {trace.status for trace in tuning_traces(study, store).values()}
        assert statuses == {"completed"}


def test_pilots_go_on_and_runs_of_searches_stop_at_the_targets_that_they_set():
    study = read(TINY.replace("{train_loss: 0.6}", "{train_loss: auto}"))
    with Store(":memory:") as store:
        completed(study, store)
        pilots = store.load(
            setting.run("pilot", seed, rate)
            for setting in study.settings
            for rate in (0.25, 0.5, 1.0)
            for seed in range(3)
        )
        assert len(pilots) == 2 * 3 * 3
        assert {trace.status for trace in pilots.values()} == {"completed"}
        assert "stopped early" in {t.status for t in tuning_traces(study, store).values()}


def test_a_measure_that_is_claimed_lets_no_run_of_its_own_search_stop():
    claims = "claims=[{faster: relu, than: tanh, to: {train_loss: 0.6}}, {%s}]"
    for claim, arms in (
        ("measure: test_loss, lower: relu, than: tanh", {"relu", "tanh"}),
        ("measure: test_loss, at_most: 1", {"relu", "tanh"}),
        ("measure: test_loss, at_most: 1, of: relu", {"relu"}),
        ("measure: zeros, at: start, at_most: 1, of: relu", set()),
    ):
        study = read(TINY, claims % claim)
        with Store(":memory:") as store:
            completed(study, store)
            whole = {
                run
                for (subject, seed), found in plan(study, store).found.items()
                if not subject.objective.goals
                for some in candidates(subject, seed, found.space.rates, study.tuning)
                for run in some
            }
            traces = tuning_traces(study, store)
        assert {run.network.activation.name for run in whole} == arms
        assert {traces[run].status for run in whole} <= {"completed"}
        others = {run.network.activation.name for run in traces.keys() - whole
                  if traces[run].status == "stopped early"}  # fmt: skip
        assert {"relu", "tanh"} - arms <= others


def test_more_is_asked_of_runs_that_stopped_too_early_and_of_no_others():
    easy, hard = study_of("{train_loss: 0.6}"), study_of("{train_loss: [0.6, 0.3]}")
    goals = hard.objective.goals
    with Store(":memory:") as store:
        completed(easy, store)
        before = tuning_traces(easy, store)
        known = plan(hard, store)
        enough = [run for run in before if Progress.of(before[run], goals).score is not None]
        assert enough
        missing = set(known.tuning)
        assert missing
        assert missing.isdisjoint(enough)
        assert missing <= set(before)
        completed(hard, store)
        after = tuning_traces(easy, store)
        assert all(len(after[run].updates) >= len(before[run].updates) for run in before)
        assert any(len(after[run].updates) > len(before[run].updates) for run in missing)
        for run in enough:
            assert_same_bits(after[run], before[run])
        for run, trace in before.items():  # and what was there is its beginning
            begun = after[run].values[: len(trace.updates)]
            assert begun.tobytes() == trace.values.tobytes()


def test_a_study_goes_on_where_the_best_rate_is_known_without_training_the_others_for_long():
    """Whole runs of the best rates in the store let the others stop at their first bounds."""
    study = study_of("{train_loss: 0.3}", "tuning.extensions=0")
    with Store(":memory:") as store:
        completed(study, store)
        known, alone = plan(study, store), told(study, store)
        traces = tuning_traces(study, store)
    best = {
        run
        for (subject, seed), found in known.found.items()
        for run in candidates(subject, seed, found.space.rates, study.tuning)[found.best]
    }
    with Store(":memory:") as store:
        store.add({run: traces[run] for run in best})
        completed(study, store)
        assert told(study, store) == alone
        after = tuning_traces(study, store)
        assert sum(t.updates[-1] for t in after.values()) <= sum(
            t.updates[-1] for t in traces.values()
        )
        goals = study.objective.goals
        for (subject, seed), found in known.found.items():
            score = found.scores[found.best].log_updates
            for some in candidates(subject, seed, found.space.rates, study.tuning):
                for run in {*some} - best:
                    trace = after[run]
                    if until(trace, goals) is None:  # it was stopped: at once, when it was behind
                        mean = sum(
                            Progress.of(left_of(after[r], len(trace.updates) - 1), goals).bounds[-1]
                            for r in some
                        ) / len(some)
                        assert mean <= score + 1e-8


def test_what_else_was_asked_of_a_run_changes_no_result():
    """The same study alone, and after others that made its tuning runs go further."""
    easy, hard = study_of("{train_loss: 0.6}"), study_of("{train_loss: [0.6, 0.3]}")
    whole = read(TINY[: TINY.index("claims")])
    with Store(":memory:") as store:
        completed(easy, store)
        alone = told(easy, store)
    for other in (hard, whole):
        with Store(":memory:") as store:
            completed(other, store)
            _, asked = completed(easy, store)
            assert told(easy, store) == alone
            if other is whole:  # what goes further serves as well, but where a space has grown
                new = tuning_traces(easy, store).keys() - tuning_traces(other, store).keys()
                assert {stage for stage, _ in asked} <= ({"tuning", "evaluation"} if new else
                                                         {"evaluation"})  # fmt: skip


def test_a_shorter_trace_never_takes_the_place_of_a_longer_one():
    study = study_of("{train_loss: 0.6}")
    with Store(":memory:") as store:
        completed(study, store)
        short = {
            run: trace
            for run, trace in tuning_traces(study, store).items()
            if trace.status == "stopped early"
        }
        completed(study_of("{train_loss: [0.6, 0.3]}"), store)
        long = store.load(short)
        assert any(len(long[run].updates) > len(short[run].updates) for run in short)
        store.add(short)
        for run, trace in store.load(short).items():
            assert_same_bits(trace, long[run])


@pytest.mark.parametrize("to", ["{train_loss: 0.6}", "{train_loss: [0.6, 0.5, 0.3]}"])
def test_runs_that_stop_make_fewer_updates_and_no_other_choice(to):
    study, wholes = study_of(to), Wholes()
    with Store(":memory:") as store:
        completed(study, store)
        traces, alone = tuning_traces(study, store), told(study, store)
    wholes.train(list(traces))
    made = sum(int(trace.updates[-1]) for trace in traces.values())
    given = sum(trace.budget for trace in wholes.traces.values())
    assert made < 0.6 * given
    with Store(":memory:") as store:
        store.add(wholes.traces)
        complete(study, store, 1, QUIET)
        assert told(study, store) == alone
        assert len(subjects(study)) == 2
