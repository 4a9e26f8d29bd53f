"""What a run tells of its score, as it trains and once it is over, against plain arithmetic."""

import math

import numpy as np
import pytest
from analysis.helpers import make_trace
from hypothesis import given
from hypothesis import strategies as st
from search_reference import judged, left_of, told

from experiments.goals import until
from experiments.scores import MARGIN, PENALTY, Progress, Score, Time, mean_score, ruled_out

LOSSES = st.sampled_from([0.2, 0.5, 0.50000001, 0.8, 1.0, 1.7, 3.0, math.inf, math.nan])
ACCURACIES = st.sampled_from([0.1, 0.5, 0.7, 0.7000001, 0.9, 1.0, math.nan])
GOAL = st.one_of(
    st.tuples(st.just("train_loss"), st.sampled_from([0.1, 0.5, 0.8, 1.5, 9.0])),
    st.tuples(st.just("test_accuracy"), st.sampled_from([0.0, 0.6, 0.7, 0.95])),
)
GOALS = st.lists(GOAL, max_size=3, unique=True).map(tuple)


@st.composite
def wholes(draw, schedule=None):
    """A run that nothing stopped: completed, or diverged at some evaluation."""
    if schedule is None:
        schedule = [0, *sorted(draw(st.sets(st.integers(1, 300), min_size=1, max_size=9)))]
    count = len(schedule)
    known = LOSSES.filter(math.isfinite)
    loss = draw(st.lists(known, min_size=count, max_size=count))
    accuracy = draw(st.lists(ACCURACIES, min_size=count, max_size=count))
    status = "completed"
    if draw(st.integers(0, 3)) == 0:
        status, count = "diverged", draw(st.integers(1, count))
        loss[count - 1] = draw(st.sampled_from([math.nan, math.inf, -math.inf]))
    return make_trace(
        schedule[:count],
        status=status,
        budget=schedule[-1],
        train_loss=loss[:count],
        test_accuracy=accuracy[:count],
    )


def plain(score):
    times = [(time.log_updates, time.at_least) for time in score.times]
    return score.log_updates, score.last_loss, score.at_least, times


def assert_score(score, reference):
    log_updates, loss, at_least, times = plain(score)
    assert log_updates == pytest.approx(reference.log_updates, rel=1e-12, abs=1e-12)
    assert loss == pytest.approx(reference.loss, rel=1e-12, nan_ok=True)
    assert at_least == reference.at_least
    assert [log for log, _ in times] == pytest.approx([log for log, _ in reference.times])
    assert [least for _, least in times] == [least for _, least in reference.times]


@given(wholes(), GOALS, st.integers(1, 10))
def test_progress_is_what_plain_arithmetic_tells_at_every_evaluation(whole, goals, evaluations):
    trace = left_of(whole, evaluations)
    progress = Progress.of(trace, goals)
    assert progress.by_goal.shape == progress.reached.shape
    for place, bound in enumerate(progress.bounds):
        state = told(whole, goals, place)
        assert progress.by_goal[:, place] == pytest.approx(state.logs, rel=1e-12, abs=1e-12)
        assert (~progress.reached[:, place]).tolist() == state.open
        assert bound == pytest.approx(sum(state.logs) / len(goals) if goals else 0, abs=1e-12)
    over = told(whole, goals, len(trace.updates) - 1).over
    assert (progress.score is not None) == over
    if over:
        assert_score(progress.score, judged([whole], goals))


@given(wholes(), GOALS, st.integers(1, 10))
def test_a_bound_never_falls_and_never_exceeds_the_final_score(whole, goals, evaluations):
    final = Progress.of(whole, goals).score.log_updates
    bounds = Progress.of(left_of(whole, evaluations), goals).bounds
    assert (np.diff(bounds) >= -1e-12).all()
    assert (bounds <= final + 1e-12).all()


@given(wholes(), GOALS, GOALS, st.integers(1, 10))
def test_what_else_was_asked_of_a_run_changes_nothing(whole, goals, others, evaluations):
    """However far a run went for other goals: it tells the same for these, to the bit."""
    known = Progress.of(whole, goals)
    went_on = until(whole, (*goals, *others))
    if len(went_on.updates) < len(whole.updates):
        went_on = left_of(whole, max(len(went_on.updates), evaluations))
    for trace in (went_on, left_of(whole, evaluations)):
        progress = Progress.of(trace, goals)
        count = min(progress.by_goal.shape[1], known.by_goal.shape[1])
        if progress.score is not None:
            assert repr(progress) == repr(known)
            assert progress.by_goal.tobytes() == known.by_goal.tobytes()
        assert progress.by_goal[:, :count].tobytes() == known.by_goal[:, :count].tobytes()
        assert progress.reached[:, :count].tobytes() == known.reached[:, :count].tobytes()
    if goals:  # without any, a run that stops tells nothing, whatever it stopped for
        assert Progress.of(went_on, goals).score is not None


def test_a_target_that_is_missed_counts_as_twice_the_budget():
    trace = make_trace([0, 1, 4, 64], train_loss=[3, 2, 2, 1])
    progress = Progress.of(trace, (("train_loss", 0.5), ("train_loss", 1.5)))
    assert PENALTY == 2
    assert progress.by_goal[0] == pytest.approx([0, 0, math.log(4), math.log(128)])
    assert progress.by_goal[1] == pytest.approx([0, 0, math.log(4), math.log(16)])
    assert progress.score.times[0] == Time(math.log(128), at_least=True)
    assert not progress.score.times[1].at_least
    assert progress.score.last_loss == 1
    assert not progress.score.at_least


def test_the_loss_of_a_run_is_read_where_it_was_done():
    trace = make_trace([0, 1, 4, 64], train_loss=[3, 2, 1, 0.1])
    assert Progress.of(trace, (("train_loss", 2.5),)).score.last_loss == 2
    assert Progress.of(trace, ()).score == Score(0.0, 0.1)


def test_a_run_that_diverges_after_its_goals_has_reached_them():
    trace = make_trace([0, 1, 4], train_loss=[3, 1, math.nan], status="diverged", budget=64)
    score = Progress.of(trace, (("train_loss", 1.0),)).score
    assert score == Score(0.0, 1.0, False, (Time(0.0, False),))
    lost = Progress.of(trace, (("train_loss", 0.5),))
    assert lost.score.last_loss == math.inf
    assert lost.bounds == pytest.approx([0, 0, math.log(128)])


def score_of(*logs, loss=1.0, open_goals=()):
    times = tuple(Time(log, number in open_goals) for number, log in enumerate(logs))
    return Score(sum(logs) / len(logs) if logs else 0.0, loss, False, times)


def test_the_mean_score_is_the_mean_of_each_number():
    one, other = score_of(1.0, 3.0, loss=0.5), score_of(2.0, 6.0, loss=1.5, open_goals=[1])
    assert mean_score([one]) is one
    assert mean_score([one, other]) == Score(3.0, 1.0, False, (Time(1.5, False), Time(4.5, True)))
    assert mean_score([one, score_of(1.0, 1.0, loss=math.inf)]).last_loss == math.inf
    assert mean_score([score_of(loss=1.0), score_of(loss=2.0)]) == Score(0.0, 1.5)


# Ruling out


@st.composite
def rates(draw):
    """Several rates, each with as many whole runs."""
    count = draw(st.integers(1, 3))
    schedules = [
        [0, *sorted(draw(st.sets(st.integers(1, 300), min_size=1, max_size=7)))]
        for _ in range(count)
    ]
    return [
        [draw(wholes(schedule)) for schedule in schedules] for _ in range(draw(st.integers(1, 4)))
    ]


@given(rates(), GOALS)
def test_no_rate_that_might_be_taken_is_ever_ruled_out(tried, goals):
    progress = [[Progress.of(run, goals) for run in some] for some in tried]
    scores = [mean_score([run.score for run in some]).log_updates for some in progress]
    best = min(scores)
    for some, score in zip(progress, scores, strict=True):
        out = ruled_out(some, best)
        if out is None:
            continue
        assert score > best
        assert best + MARGIN < out.log_updates <= score + 1e-12


@given(rates(), GOALS, st.data())
def test_what_a_rate_scores_at_least_is_told_by_as_little_of_it_as_it_takes(tried, goals, data):
    scores = [judged(some, goals).log_updates for some in tried]
    best = data.draw(st.sampled_from(scores)) + data.draw(st.sampled_from([-0.3, 0.0, 0.4]))
    for some in tried:
        reference = judged(some, goals, best)
        out = ruled_out([Progress.of(run, goals) for run in some], best)
        assert (out is not None) == reference.at_least
        if out is not None:
            assert_score(out, reference)


@given(rates(), GOALS, st.data())
def test_it_does_not_depend_on_how_far_the_runs_were_trained(tried, goals, data):
    scores = [judged(some, goals).log_updates for some in tried]
    best = data.draw(st.sampled_from([*scores, min(scores) - 0.2]))
    for some in tried:
        cut = [left_of(run, data.draw(st.integers(1, 9))) for run in some]
        out = ruled_out([Progress.of(run, goals) for run in cut], best)
        reference = judged(some, goals, best)
        enough = all(
            len(part.updates) > reference.evaluation or told(run, goals, len(part.updates) - 1).over
            for run, part in zip(some, cut, strict=True)
        )
        assert (out is not None) == (reference.at_least and enough)
        if out is not None:
            whole = ruled_out([Progress.of(run, goals) for run in some], best)
            assert repr(plain(out)) == repr(plain(whole))


def test_a_run_that_was_not_trained_tells_nothing():
    known = Progress.of(make_trace([0, 1, 64], train_loss=[3, 3, 3]), (("train_loss", 1.0),))
    assert ruled_out([known, None], -1.0) is None
    assert ruled_out([None], -1.0) is None


def test_a_hair_is_no_difference():
    """Rounding must not rule out what is as good."""
    goals = (("train_loss", 1.0),)
    slow = Progress.of(make_trace([0, 8, 64], train_loss=[3, 3, 1]), goals)
    at = float(slow.bounds[1])
    assert ruled_out([slow], at - 1.1 * MARGIN).log_updates == at
    for best in (at - 0.9 * MARGIN, at, float(slow.bounds[2])):
        assert ruled_out([slow], best) is None  # it is known for sure an evaluation later


def test_without_goals_nothing_is_ruled_out():
    known = Progress.of(make_trace([0, 1, 64], train_loss=[3, 3, 3]), ())
    assert ruled_out([known, known], 0.0) is None
