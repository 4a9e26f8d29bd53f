"""A run stops once no search asks about it, and leaves the beginning of its whole trace."""

from dataclasses import replace

import numpy as np
import pytest
import search_reference as reference
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.goals import until
from experiments.nn import training
from experiments.nn.stopping import Stopping
from experiments.records import METRICS, DataShape, Search, Trace
from experiments.scores import MARGIN

from .helpers import assert_same_bits, make_fleet, make_run, train_fleet

SHAPE = DataShape(3, 2, 90, 20, 30)
RATES = (0.001, 0.02, 0.3, 1e30)  # slow, middling, fast; and one that diverges
COMMON = {"epochs": 6.0, "batch": 9, "precision": "float32", "optimizer": "sgd"}


def fleet_of(rates=RATES, seeds=(0, 1, 2, 3, 4), **more):
    return make_fleet([{"rate": rate} for rate in rates], seeds, **(COMMON | more))


def each_alone(fleet, goals):
    """The fleet, each of whose runs is the only candidate of a search."""
    return replace(fleet, searches=tuple(Search(goals, ((run,),)) for run in fleet.runs))


def rates_of_each_seed(fleet, goals, best=np.inf):
    """The fleet with a search for each seed, among all of its variants."""
    count = fleet.seeds
    return replace(
        fleet,
        searches=tuple(
            Search(goals, tuple((run,) for run in fleet.runs[seed::count]), best)
            for seed in range(count)
        ),
    )


def level(traces, share):
    """Return a training loss that some runs reach and some do not."""
    lowest = [np.nanmin(t.metric("train_loss")) for t in traces if t.status == "completed"]
    return float(np.quantile(lowest, share))


def goals_at(traces, goals):
    """Return goals whose losses are given as such shares of runs."""
    return tuple(
        (metric, level(traces, share) if metric == "train_loss" else share)
        for metric, share in goals
    )


GOALS = st.lists(
    st.tuples(st.sampled_from(["train_loss", "test_accuracy"]), st.floats(0, 1)), max_size=3
)


@given(GOALS, st.sampled_from([(0,), (0, 1, 2), (4, 2, 7, 1)]), st.permutations(RATES))
def test_without_a_rival_each_run_ends_where_its_goals_end_its_whole_trace(goals, seeds, rates):
    fleet = fleet_of(rates, seeds)
    whole = train_fleet(fleet, SHAPE)
    goals = goals_at(whole, goals)
    for trace, full in zip(train_fleet(each_alone(fleet, goals), SHAPE), whole, strict=True):
        assert_same_bits(trace, until(full, goals))
        assert_same_bits(until(trace, goals), trace)


def check_ends(fleet, whole):
    """Train a fleet with searches; compare what is left of its runs with what should be."""
    full = dict(zip(fleet.runs, whole, strict=True))
    expected = reference.ends(fleet.runs, fleet.searches, full)
    traces = train_fleet(fleet, SHAPE)
    for run, trace in zip(fleet.runs, traces, strict=True):
        end = expected[run]
        assert len(trace.updates) == end
        cut = full[run]
        if end < len(cut.updates):
            cut = replace(
                cut, updates=cut.updates[:end], values=cut.values[:end], status="stopped early"
            )
        assert_same_bits(trace, cut)
    return traces


@st.composite
def searches(draw, fleet, goals):
    """Searches among the runs of a fleet, one or more of which make a candidate."""
    variants = [fleet.runs[i : i + fleet.seeds] for i in range(0, len(fleet.runs), fleet.seeds)]
    own = [[(row[seed],) for row in variants] for seed in range(fleet.seeds)]  # by seed
    # Two arms of a rate, or two seeds, or an arm that trains elsewhere.
    half = len(variants) // 2
    shared = [
        [(variants[i][seed], variants[i + half][seed]) for i in range(half)]
        for seed in range(fleet.seeds)
    ]
    of_pair = [[tuple(row[:2]) for row in variants]]
    elsewhere = [
        [(row[seed], replace(row[seed], seed=99)) for row in variants]
        for seed in range(fleet.seeds)
    ]
    kinds = draw(st.sets(st.sampled_from(["own", "shared", "pair", "elsewhere"]), min_size=1))
    chosen = []
    for kind in sorted(kinds):
        some = {"own": own, "shared": shared, "pair": of_pair, "elsewhere": elsewhere}[kind]
        for candidates in some:
            best = draw(st.sampled_from([np.inf, np.inf, -1.0, 0.0, 1.0, 2.5, 4.0]))
            kept = draw(st.sets(st.sampled_from(candidates), min_size=1))
            kept = tuple(c for c in candidates if c in kept)
            chosen.append(Search(draw(st.sampled_from(goals)), kept, best))
    return tuple(draw(st.permutations(chosen)))


ARMS = [
    {"rate": rate, "hidden": hidden} for hidden in ("relu", "tanh") for rate in (0.02, 0.3, 1e30)
]


@given(st.lists(GOALS, min_size=1, max_size=2), st.data())
@settings(max_examples=60)
def test_each_run_ends_where_no_search_asks_about_it_any_more(goals, data):
    fleet = make_fleet(ARMS, (4, 2, 7), **COMMON)
    whole = train_fleet(fleet, SHAPE)
    goals = [goals_at(whole, some) for some in goals]
    check_ends(replace(fleet, searches=data.draw(searches(fleet, goals))), whole)


class Sizes(list):
    """Notes how many networks each update of a fleet trains."""

    def __init__(self, monkeypatch):
        sizes = self

        class Noted(training._FleetTraining):
            def _update(self):
                sizes.append(len(self.runs))
                super()._update()

        monkeypatch.setattr(training, "_FleetTraining", Noted)


def test_what_has_reached_its_goals_takes_no_more_work(monkeypatch):
    """Whole variants and whole seeds are dropped: the networks that learn get fewer."""
    sizes = Sizes(monkeypatch)
    fleet = fleet_of()
    whole = train_fleet(fleet, SHAPE)
    assert sizes[-1] == 15  # of 20: all but those that diverged
    sizes.clear()
    goals = (("train_loss", level(whole, 0.5)),)
    traces = train_fleet(each_alone(fleet, goals), SHAPE)
    assert {t.status for t in traces} == {"completed", "diverged", "stopped early"}
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 15
    sizes.clear()
    easy = (("train_loss", 1e9),)
    traces = train_fleet(each_alone(fleet, easy), SHAPE)
    assert sizes == []
    assert {(t.status, len(t.updates)) for t in traces} == {("stopped early", 1)}


def test_what_cannot_be_chosen_any_more_takes_no_more_work(monkeypatch):
    sizes = Sizes(monkeypatch)
    fleet = fleet_of()
    whole = train_fleet(fleet, SHAPE)
    goals = (("train_loss", level(whole, 0.5)),)
    sizes.clear()
    train_fleet(each_alone(fleet, goals), SHAPE)
    alone = sum(sizes)
    sizes.clear()
    traces = check_ends(rates_of_each_seed(fleet, goals), whole)
    assert sum(sizes) < 0.6 * alone
    # Where the fast rate arrives, the slow one ends as soon as it is behind: at the next
    # evaluation, though it has reached nothing.
    arrived = 0
    for slow, fast in zip(traces[:5], traces[10:15], strict=True):
        assert until(slow, goals) is None
        if fast.metric("train_loss")[-1] <= goals[0][1]:
            arrived += 1
            assert len(fast.updates) <= len(slow.updates) <= len(fast.updates) + 1
    assert arrived > 2


def test_a_candidate_that_is_known_to_be_behind_stops_at_once(monkeypatch):
    sizes, fleet = Sizes(monkeypatch), fleet_of()
    goals = (("train_loss", 0.0),)
    traces = train_fleet(rates_of_each_seed(fleet, goals, best=-1.0), SHAPE)
    assert {(t.status, len(t.updates)) for t in traces} == {("stopped early", 1)}
    assert sizes == []
    # And soon, where the best is: nothing is reached before 8 updates.
    traces = train_fleet(rates_of_each_seed(fleet, goals, best=float(np.log(8))), SHAPE)
    assert {t.updates[-1] for t in traces if t.status == "stopped early"} == {10}
    assert {t.status for t in traces[:15]} == {"stopped early"}


def test_a_run_that_no_search_asks_about_stops_at_once():
    fleet = fleet_of(rates=(0.02, 0.3), seeds=(0, 1))
    searches = (Search((("train_loss", 0.0),), ((fleet.runs[0],),)),)
    traces = train_fleet(replace(fleet, searches=searches), SHAPE)
    assert [t.status for t in traces] == ["completed"] + 3 * ["stopped early"]
    assert [len(t.updates) for t in traces[1:]] == [1, 1, 1]


@pytest.mark.parametrize("best", [np.inf, 0.0])
def test_searches_without_goals_ask_for_everything(best):
    fleet = fleet_of()
    for trace, full in zip(
        train_fleet(rates_of_each_seed(fleet, (), best), SHAPE),
        train_fleet(fleet, SHAPE),
        strict=True,
    ):
        assert_same_bits(trace, full)


def test_a_seed_that_is_dropped_leaves_the_batches_of_the_others():
    """Wherever in an epoch, and in what is gathered at once, the seed goes."""
    fleet = fleet_of(rates=(0.3,), seeds=range(8), epochs=9.0)
    whole = train_fleet(fleet, SHAPE)
    for share in (0.1, 0.4, 0.7, 0.9):
        goals = (("train_loss", level(whole, share)),)
        found = train_fleet(each_alone(fleet, goals), SHAPE)
        assert len({len(t.updates) for t in found}) > 1
        for trace, full in zip(found, whole, strict=True):
            assert_same_bits(trace, until(full, goals))


# What goes on, evaluation by evaluation, by hand.

LOSS = "train_loss"
NAN = np.nan


def follow(searches, runs, *evaluations, budget=64):
    """Tell evaluation by evaluation which runs go on; each is (update, losses of the runs)."""
    stopping = Stopping(runs, searches, budget)
    told = []
    for update, losses in evaluations:
        metrics = np.full((len(runs), len(METRICS)), np.nan)
        metrics[:, 0] = losses
        lost = np.isinf(losses)
        wanted = stopping.wanted(update, metrics, lost, last=update == budget)
        told.append("".join("x" if go else "-" for go in wanted))
    return told


A, B, C = (make_run(rate=rate) for rate in (0.1, 0.2, 0.4))
ONE = ((LOSS, 1.0),)


def test_without_searches_runs_go_on_until_they_diverge():
    found = follow([], [A, B], (0, [3, 3]), (1, [0, np.inf]), (64, [0, NAN]))
    assert found == ["xx", "x-", "xx"]  # a run that was dropped is no longer asked about


def test_a_rate_goes_on_until_the_next_update_would_leave_it_behind():
    search = Search(ONE, ((A,), (B,), (C,)))
    found = follow(
        [search], [A, B, C],
        (0, [3, 3, 3]), (2, [3, 3, 3]), (4, [0.5, 2, 3]), (5, [0.4, 2, 0.9]), (64, [0, 2, 0]),
    )  # fmt: skip
    # A is there at 2 * 2^0.8 = 3.48 updates; at 4 no other can be there before it.
    assert found == ["xxx", "xxx", "---", "---", "---"]
    # With two targets of which A misses one for long, others go on for as long.
    search = Search((*ONE, (LOSS, 0.1)), ((A,), (B,)))
    found = follow(
        [search], [A, B],
        (0, [3, 3]), (1, [1, 3]), (16, [0.5, 0.9]), (32, [0.1, 0.5]), (64, [0.1, 0.1]),
    )  # fmt: skip
    assert found == ["xx", "xx", "xx", "--", "--"]


def test_a_tie_goes_on_to_where_the_loss_decides():
    search = Search(ONE, ((A,), (B,)))
    found = follow([search], [A, B], (0, [3, 3]), (1, [1, 3]), (2, [0, 3]), (64, [0, 0]))
    assert found == ["xx", "-x", "--", "--"]  # at 1 update B may be there at 1 as well
    almost = replace(search, best=float(np.log(2)) - 1.9 * MARGIN)
    assert follow([almost], [A, B], (0, [3, 3]), (2, [3, 3]), (4, [3, 3])) == ["xx", "xx", "--"]
    behind = replace(search, best=float(np.log(2)) - 2.1 * MARGIN)
    assert follow([behind], [A, B], (0, [3, 3]), (2, [3, 3])) == ["xx", "--"]


def test_a_run_that_diverges_is_over_with_twice_its_budget():
    search = Search(ONE, ((A,), (B,)))
    found = follow([search], [A, B], (0, [3, 3]), (2, [np.inf, 3]), (32, [NAN, 3]), (64, [NAN, 3]))
    assert found == ["xx", "-x", "-x", "--"]
    # Where a run diverges nothing is reached.
    found = follow([search], [A, B], (0, [3, 3]), (2, [-np.inf, 3]), (4, [NAN, 3]))
    assert found == ["xx", "-x", "-x"]


def test_of_a_rate_of_two_runs_the_mean_counts():
    search = Search(ONE, ((A, B),), best=float(np.log(8)))
    found = follow([search], [A, B], (0, [3, 3]), (4, [1, 3]), (16, [0, 3]), (20, [0, 3]))
    assert found == ["xx", "-x", "-x", "--"]  # log 4 and log 16 make log 8: a tie, and no more


def test_of_a_run_that_trains_elsewhere_nothing_is_known():
    search = Search(ONE, ((A, B),), best=float(np.log(8)))
    found = follow([search], [A], (0, [3]), (32, [3]), (64, [3]), budget=128)
    assert found == ["x", "x", "x"]
    found = follow([search], [A], (0, [3]), (65, [3]), budget=128)
    assert found == ["x", "-"]
    # Nor is the mean a best that others could be measured by.
    search = Search(ONE, ((A, C), (B,)))
    found = follow([search], [A, B], (0, [3, 3]), (1, [1, 3]), (4, [1, 3]), (64, [1, 3]))
    assert found == ["xx", "-x", "-x", "--"]


def test_a_run_that_trains_alone_may_be_a_candidate_by_itself_and_with_others():
    own, shared = Search(ONE, ((A,), (B,))), Search(ONE, ((A, C, B), (B, C, A)))
    for searches in ([own, shared], [shared, own]):
        found = follow(searches, [A], (0, [3]), (2, [3]), (4, [0.5]), (64, [0.5]))
        assert found == ["x", "x", "-", "-"]


def test_a_run_goes_on_while_any_search_asks_about_it():
    own, shared = Search(ONE, ((A,), (B,))), Search(ONE, ((A, C), (B,)))
    scene = (0, [3, 3, 3]), (1, [3, 1, 3]), (2, [3, 1, 3]), (64, [3, 1, 3])
    assert follow([own], [A, B, C], *scene) == ["xx-", "x--", "---", "---"]
    assert follow([own, replace(shared, best=9.0, candidates=((A, C),))], [A, B, C], *scene) == [
        "xxx", "x-x", "x-x", "---",
    ]  # fmt: skip
    harder = Search(((LOSS, 0.5),), ((A,), (B,)))
    assert follow([own, harder], [A, B, C], *scene) == ["xx-", "xx-", "xx-", "---"]


@given(st.data())
def test_what_a_search_asks_for_does_not_depend_on_other_searches(data):
    """Those that the fleet serves are asked one by one; a run goes on if any of them wants it."""
    everything = [make_run(rate=2.0**-i) for i in range(4)]
    runs = everything[: data.draw(st.integers(1, 4))]  # the others train elsewhere
    updates = [0, *sorted(data.draw(st.sets(st.integers(1, 63), max_size=5))), 64]
    loss = st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.0])
    evaluations = [(update, [data.draw(loss) for _ in runs]) for update in updates]
    goals = st.sampled_from([(), ONE, ((LOSS, 0.5),), ((LOSS, 0.5), (LOSS, 1.0))])
    candidates = st.lists(
        st.lists(st.sampled_from(everything), min_size=1, max_size=3, unique=True).map(tuple),
        min_size=1, max_size=4, unique=True,
    )  # fmt: skip
    best = st.sampled_from([np.inf, 0.0, 2.0])
    some = data.draw(
        st.lists(st.builds(Search, goals, candidates.map(tuple), best), min_size=1, max_size=4)
    )
    some = [search for search in some if any({*runs} & {*c} for c in search.candidates)]
    assume(some)
    together = follow(some, runs, *evaluations)
    apart = [follow([search], runs, *evaluations) for search in some]
    for at_once, one_by_one in zip(together, zip(*apart, strict=True), strict=True):
        assert at_once == "".join(
            "x" if "x" in column else "-" for column in zip(*one_by_one, strict=True)
        )


# Goals and traces, by hand.


def trace_of(losses, status="completed", budget=None):
    values = np.full((len(losses), 6), np.nan)
    values[:, 0] = losses
    updates = np.arange(len(losses))
    return Trace(updates, values, status, len(losses) - 1 if budget is None else budget)


def test_without_goals_all_of_a_run_is_wanted():
    whole = trace_of([3, 2, 1])
    assert until(whole, ()) is whole
    assert until(trace_of([3, 2], "stopped early", budget=9), ()) is None


@pytest.mark.parametrize(
    ("goals", "evaluations"),
    [
        (((LOSS, 2.5),), 2),
        (((LOSS, 2.5), (LOSS, 1.5)), 3),
        (((LOSS, 4.0),), 1),
        (((LOSS, 1.0), (LOSS, 2.0)), 3),
    ],
)
def test_a_trace_is_cut_after_the_evaluation_that_reaches_the_last_goal(goals, evaluations):
    cut = until(trace_of([3, 2, 1, 5, 0.5]), goals)
    assert cut.status == "stopped early"
    assert cut.budget == 4
    np.testing.assert_array_equal(cut.updates, np.arange(evaluations))
    assert len(cut.values) == evaluations


def test_goals_that_are_reached_at_the_very_end_leave_the_run_completed():
    whole = trace_of([3, 2, 1])
    assert until(whole, ((LOSS, 1.0),)) is whole


def test_a_run_stopped_for_easier_goals_does_not_serve_harder_ones():
    stopped = trace_of([3, 2], "stopped early", budget=9)
    assert until(stopped, ((LOSS, 2.0),)) is stopped
    assert len(until(stopped, ((LOSS, 3.0),)).updates) == 1
    assert until(stopped, ((LOSS, 1.9),)) is None


def test_what_is_read_as_a_run_diverges_reaches_nothing():
    diverged = trace_of([3, 2, -np.inf], "diverged", budget=9)
    assert until(diverged, ((LOSS, 1.0),)) is diverged
    assert until(diverged, ((LOSS, 2.0),)).status == "stopped early"
