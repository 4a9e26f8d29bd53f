"""Tuning runs stop once they have reached every target, and nothing that is told depends on it."""

import pytest
from analysis.helpers import read

from experiments.execution.loop import complete
from experiments.execution.plan import plan
from experiments.execution.store import Store

from .helpers import TINY, assert_same_bits


def study_of(to: str):
    return read(TINY.replace("{train_loss: 0.6}", to))


def completed(study, store):
    asked = []
    results, _ = complete(study, store, 1, lambda stage, ended, count: asked.append((stage, count)))
    return results, asked


def tuning_traces(study, store):
    return store.load(
        setting.run("tuning", seed, rate)
        for setting in study.settings
        for rate in plan(study, store).tuned.grid.rates
        for seed in range(2)
    )


def test_tuning_runs_stop_and_evaluation_runs_go_on():
    study = study_of("{train_loss: 0.6}")
    with Store(":memory:") as store:
        results, _ = completed(study, store)
        tuning = tuning_traces(study, store).values()
        assert "stopped early" in {trace.status for trace in tuning}
        for trace in tuning:
            reached = trace.metric("train_loss") <= 0.6
            assert not reached[:-1].any()
            assert reached[-1] or trace.status != "stopped early"
        evaluation = [trace for setting in results.settings for trace in setting.traces]
        assert {trace.status for trace in evaluation} == {"completed"}


@pytest.mark.parametrize(
    "text",
    [TINY.replace("{train_loss: 0.6}", "{train_loss: auto}"), TINY[: TINY.index("claims")]],
    ids=["targets by a rule", "no claims"],
)
def test_where_targets_are_not_known_tuning_runs_go_on(text):
    study = read(text)
    with Store(":memory:") as store:
        completed(study, store)
        statuses = {trace.status for trace in tuning_traces(study, store).values()}
        assert statuses == {"completed"}


def test_more_is_asked_of_runs_that_stopped_too_early_and_of_no_others():
    easy, hard = study_of("{train_loss: 0.6}"), study_of("{train_loss: [0.6, 0.3]}")
    with Store(":memory:") as store:
        completed(easy, store)
        before = tuning_traces(easy, store)
        known = plan(hard, store)
        enough = [run for run, trace in before.items() if trace.status != "stopped early"]
        assert enough
        missing = set(known.tuned.missing)
        assert missing
        assert missing.isdisjoint(enough)
        completed(hard, store)
        after = tuning_traces(easy, store)
        assert all(len(after[run].updates) > len(before[run].updates) for run in missing)
        for run in enough:
            assert_same_bits(after[run], before[run])


def test_what_else_was_asked_of_a_run_changes_no_result():
    """The same study alone, and after others that made its tuning runs go further."""
    easy, hard = study_of("{train_loss: 0.6}"), study_of("{train_loss: [0.6, 0.3]}")
    with Store(":memory:") as store:
        alone, _ = completed(easy, store)
    with Store(":memory:") as store:
        completed(hard, store)
        after, asked = completed(easy, store)
        assert "tuning" not in {stage for stage, _ in asked}  # what goes further serves as well
        assert [(t.rates, t.by_seed) for t in after.tuned] == [
            (t.rates, t.by_seed) for t in alone.tuned
        ]
        for one, other in zip(after.settings, alone.settings, strict=True):
            assert one.runs == other.runs
            for found, expected in zip(one.traces, other.traces, strict=True):
                assert_same_bits(found, expected)


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
        store.add(short)
        for run, trace in store.load(short).items():
            assert_same_bits(trace, long[run])
