"""Searches whose runs stop find what searches of whole runs find, however they are trained."""

from collections import Counter
from functools import cache
from itertools import count

import numpy as np
import pytest
import search_reference as reference
from analysis.helpers import Memory, read
from hypothesis import given, settings
from hypothesis import strategies as st
from search_reference import left_of

from experiments.analysis.tuning import SearchSpace, candidates, subjects
from experiments.execution import executing, fleets, loop, searching
from experiments.execution.backends import here
from experiments.execution.fleets import cut, cut_searches
from experiments.execution.loop import complete
from experiments.execution.plan import plan
from experiments.execution.searching import train_searches
from experiments.execution.store import Store
from experiments.goals import until
from experiments.nn.schedule import total_updates
from experiments.records import Fleet, Search

from .helpers import QUIET, Wholes, assert_same_bits, make_run, stopping, told

# Small studies, really trained

TEXT = """
    dataset: {name: xor, examples: 120}
    network: {activation: [relu, tanh], depth: 1, width: 4}
    training: {epochs: 10, batch_size: 8}
    tuning: {from: 0.25, to: 1, extensions: 2}
    evaluation: {examples: 40}
    seeds: 3
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.3}}]
"""
THREE = "claims.0.to.train_loss=[0.3, 0.6, 0.1]"
ACCURACY = "claims.0.to={test_accuracy: [0.9, 0.7]}"
PROTOCOLS = "protocol=[own_rate, shared_rate, common_init]"
REGRESSION = (
    "dataset={name: curve, examples: 120}",
    "network.output=linear",
    "claims.0.to.train_loss=[0.9, 0.6]",
    "tuning={from: 0.0625, to: 64, extensions: 1}",
)
STUDIES = {
    "one target": (),
    "three targets": (THREE,),
    "accuracy": (ACCURACY,),
    "targets out of reach": ("claims.0.to={train_loss: [1.0e-9, 0.3]}",),
    "targets at the start": ("claims.0.to={train_loss: 9}",),
    "no claims": ("claims=[]",),
    "two tuning seeds": ("tuning.seeds=2", THREE),
    "shared rate": ("protocol=shared_rate", THREE),
    "common init": ("protocol=common_init", "tuning.seeds=2"),
    "all protocols": (PROTOCOLS, THREE),
    "all protocols, two tuning seeds, accuracy": (PROTOCOLS, ACCURACY, "tuning.seeds=2"),
    "no claims, one rate": (PROTOCOLS, "claims=[]"),
    "rates that diverge": REGRESSION,
    "rates that diverge, two tuning seeds": (*REGRESSION, "tuning.seeds=2", PROTOCOLS),
    "everything diverges": (*REGRESSION, "tuning={from: 1e9, to: 8e9, extensions: 1}"),
    "arms of two shapes": (
        "protocol=[own_rate, shared_rate]",
        "network.depth=[1, 2]",
        "network.activation=relu",
        "claims=[{faster: {depth: 1}, than: {depth: 2}, to: {train_loss: [0.3, 0.6]}}]",
    ),
    "arms of two schedules": (
        "protocol=[own_rate, shared_rate]",
        "training.batch_size=[4, 16]",
        "network.activation=relu",
        "tuning.seeds=2",
        "claims=[{faster: {batch_size: 4}, than: {batch_size: 16}, to: {train_loss: 0.3}}]",
    ),
    "several claims": (
        "protocol=[own_rate, shared_rate]",
        "claims=[{faster: relu, than: tanh, to: {train_loss: 0.3}},"
        " {faster: tanh, than: relu, to: {train_loss: [0.6, 0.1]}},"
        " {faster: tanh, than: relu, to: {test_accuracy: 0.8}},"
        " {measure: test_loss, lower: relu, than: tanh}]",
    ),
    "given and tuned": ("training.learning_rate=[tuned, 0.3]", "tuning.seeds=2"),
    "seeds as needed": ("seeds={min: 2, max: 6}", THREE),
    "targets by a rule": ("claims.0.to={train_loss: auto}",),
    "tuned width": ("network.width={tuned: [1, 4, 8]}", THREE),
    "tuned width, shared rate, two tuning seeds, as needed": (
        "network.width={tuned: [2, 6]}",
        "protocol=[own_rate, shared_rate]",
        "tuning.seeds=2",
        "seeds={min: 2, max: 4}",
    ),
    "tuned momentum, several claims": (
        "training.optimizer={name: sgd, momentum: {tuned: [0, 0.9]}}",
        "claims=[{faster: relu, than: tanh, to: {train_loss: 0.3}},"
        " {measure: test_accuracy, higher: relu, than: tanh}]",
    ),
    "tuned scale, targets by a rule": (
        "network.init_scale={tuned: [0.3, 1, 3]}",
        "claims.0.to={train_loss: auto}",
    ),
    "momentum of its own": ("training.optimizer=adam", "tuning={from: 0.015625, to: 0.125}"),
}


def study_of(name):
    return read(TEXT, *STUDIES[name])


@cache
def wholes_of(name):
    """All runs that a study's searches might ask for, trained to the end."""
    return Wholes()


@cache
def completed(name):
    """A study as it is trained every day; what it told, and its store of traces."""
    study = study_of(name)
    with Store(":memory:") as store:
        _, trained = complete(study, store, 1, QUIET)
        known = plan(study, store)
        runs = searched(known)
        return told(study, store), known, store.load(runs), trained


def searched(known):
    """The runs of all searches that a plan has found the end of."""
    return list(
        dict.fromkeys(
            run
            for (subject, seed), found in (known.found or {}).items()
            for some in candidates(subject, seed, found.space.rates, known.study.tuning)
            for run in some
        )
    )


def fill(known, wholes):
    """Train to the end what the searches may ask for, many runs at a time."""
    tuning = known.study.tuning
    rates = [tuning.low * 2.0**i for i in range(-tuning.extensions, 40)]
    high = SearchSpace.first(tuning).rates[-1] * 2.0**tuning.extensions
    wholes.train(
        [
            run
            for subject in subjects(known.study)
            for seed in range(known.seeds)
            for some in candidates(subject, seed, [r for r in rates if r <= high], tuning)
            for run in some
        ]
    )


@pytest.mark.parametrize("name", STUDIES)
def test_the_choice_is_that_of_brute_force_among_whole_runs(name):
    _, known, _, _ = completed(name)
    study, wholes = known.study, wholes_of(name)
    fill(known, wholes)
    assert len(known.found) == known.seeds * len(subjects(study))
    for (subject, seed), found in known.found.items():
        goals, wish = reference.asked_of(subject.objective)
        expected = reference.search(
            subject.settings, goals, study, seed, wholes, wish, subject.variant
        )
        reference.assert_found(found, expected)

    # The runs that each claim is judged by have the rates that its own search favours.
    for claim in study.claims or [None]:
        results = known.results
        judged = results.settings if claim is None else results.of(claim)
        for result in judged:
            assert [run.seed for run in result.runs] == list(range(known.seeds))
            if result.setting.training.learning_rate is not None:
                continue
            settings_ = reference.sharing(study, claim, result.setting)
            for run in result.runs:
                goals, wish = reference.goals_of(claim), reference.wish_of(claim)
                value, expected = reference.choose(settings_, goals, study, run.seed, wholes, wish)
                assert run == result.setting.run("evaluation", run.seed, expected.rate, value)
        if claim == reference.first_claim(study):
            for tuned in results.tuned:
                rates = [found.rate for found in tuned.found]
                (result,) = (r for r in judged if r.setting == tuned.setting)
                assert rates == [run.training.learning_rate for run in result.runs]
    evaluation = {run for run in known.runs if run.stream == "evaluation"}
    views = (known.results.settings, *known.results.others.values())
    assert evaluation == {run for view in views for result in view for run in result.runs}


@pytest.mark.parametrize("name", STUDIES)
def test_what_is_told_is_the_same_to_the_bit_where_nothing_had_stopped(name):
    alone, known, _, _ = completed(name)
    study, wholes = study_of(name), wholes_of(name)
    fill(known, wholes)
    with Store(":memory:") as store:
        store.add(wholes.traces)
        before = len(plan(study, store).tuning)
        complete(study, store, 1, QUIET)
        assert told(study, store) == alone
        assert before == 0


@pytest.mark.parametrize("name", STUDIES)
def test_what_is_left_of_a_run_is_the_beginning_of_all_of_it(name):
    _, known, traces, _ = completed(name)
    wholes = wholes_of(name)
    fill(known, wholes)
    for run, trace in traces.items():
        assert_same_bits(trace, left_of(wholes(run), len(trace.updates)))


SAVING = [name for name in STUDIES if "no claims" not in name and "several claims" not in name]


@pytest.mark.parametrize("name", SAVING)
def test_stopping_saves_updates(name):
    """Against runs that go to their end, and against those that stop at their own targets alone."""
    _, known, traces, _ = completed(name)
    wholes = wholes_of(name)
    fill(known, wholes)
    goals = known.study.objective.goals
    made = sum(int(trace.updates[-1]) for trace in traces.values())
    apart = sum(int((until(wholes(run), goals) or wholes(run)).updates[-1]) for run in traces)
    whole = sum(int(wholes(run).updates[-1]) for run in traces)
    if name == "everything diverges":
        assert made == apart == whole
    elif name == "targets at the start":
        assert made == apart == 0
    else:
        assert made < apart <= whole


def test_a_run_is_trained_once_and_then_not_again():
    for name in STUDIES:
        _, known, traces, trained = completed(name)
        others = len(known.runs) + 3 * 2 * 3 * ("rule" in name) * known.study.tuning.variants
        assert trained == len(traces) + others


# However it is trained


class Alone:
    """Another way to train a study, which must make no difference."""

    def __init__(self, monkeypatch, way):
        self.patch = monkeypatch
        getattr(self, way)()

    def every_run_alone(self):
        self.patch.setattr(fleets, "MOST_RUNS", 1)
        self.patch.setattr(fleets, "STACKED_DATA", 1)

    def a_rate_at_a_time(self):
        self.patch.setattr(searching, "most_runs", lambda run: 1)

    def everything_side_by_side(self):
        self.patch.setattr(searching, "most_runs", lambda run: 10**6)
        self.patch.setattr(searching, "_in_turn", lambda fleet: [fleet.runs])

    def the_last_fleet_first(self):
        self.patch.setattr(loop, "longest_first", lambda fleets: list(fleets)[::-1])

    def many_small_fleets(self):
        self.patch.setattr(loop, "cut", lambda runs, jobs: cut(runs, 7))
        self.patch.setattr(
            loop,
            "cut_searches",
            lambda runs, searches, jobs, of_pair: cut_searches(runs, searches, 7, of_pair),
        )

    def seeds_of_a_pair_apart(self):
        self.patch.setattr(
            loop,
            "cut_searches",
            lambda runs, searches, jobs, of_pair: cut_searches(runs, searches, 5, 1),
        )

    def unlikely_rates_first(self):
        self.patch.setattr(searching, "log", lambda rate: -np.log(rate))


@pytest.mark.parametrize("way", [way for way in vars(Alone) if not way.startswith("_")])
@pytest.mark.parametrize(
    "name",
    ["all protocols, two tuning seeds, accuracy", "arms of two shapes", "several claims",
     "rates that diverge, two tuning seeds", "seeds as needed", "arms of two schedules",
     "tuned momentum, several claims", "tuned scale, targets by a rule"],
)  # fmt: skip
@pytest.mark.slow
def test_it_does_not_depend_on_how_fleets_are_cut_and_ordered(monkeypatch, way, name):
    expected, *_ = completed(name)
    Alone(monkeypatch, way)
    study = study_of(name)
    with Store(":memory:") as store:
        complete(study, store, 1, QUIET)
        assert told(study, store) == expected


@pytest.mark.parametrize("name", ["all protocols", "arms of two schedules", "tuned width"])
def test_it_does_not_depend_on_the_number_of_workers(name):
    expected, *_ = completed(name)
    study = study_of(name)
    with Store(":memory:") as store:
        complete(study, store, 2, QUIET)
        assert told(study, store) == expected


@pytest.mark.parametrize(
    "name", ["several claims", "seeds as needed", "shared rate", "tuned width"]
)
def test_it_does_not_depend_on_where_it_was_interrupted(monkeypatch, name):
    """The study is interrupted after each fleet, and goes on with another cut of what is left."""
    expected, *_ = completed(name)
    study, number = study_of(name), count()
    attempt = here.attempt

    def once(fleet):
        if next(number):
            raise KeyboardInterrupt
        return attempt(fleet)

    monkeypatch.setattr(here, "attempt", once)
    with Store(":memory:") as store:
        for interruption in range(500):
            number = count()
            monkeypatch.setattr(
                loop, "cut", lambda runs, jobs, n=interruption: cut(runs, 1 + n % 4)
            )
            monkeypatch.setattr(
                loop, "cut_searches",
                lambda runs, searches, jobs, of_pair, n=interruption: cut_searches(
                    runs, searches, 1 + n % 5, of_pair
                ),
            )  # fmt: skip
            try:
                complete(study, store, 1, QUIET)
            except KeyboardInterrupt:
                continue
            break
        assert 5 < interruption < 499
        assert told(study, store) == expected


OTHERS = {
    "easier targets": ("claims.0.to={train_loss: 0.65}",),
    "harder targets": ("claims.0.to={train_loss: 0.02}",),
    "both": ("claims=[{faster: relu, than: tanh, to: {train_loss: [0.65, 0.02]}}]", "seeds=2"),
    "a low loss": ("claims=[]",),
    "other arms": ("network.activation=[relu, sigmoid]", "claims.0.than=sigmoid", PROTOCOLS),
    "more tuning seeds": ("tuning.seeds=3", "seeds=2"),
    "other rates": ("tuning={from: 0.5, to: 4, seeds: 1, extensions: 0}",),
    "more seeds": ("seeds=5",),
}


@pytest.mark.parametrize("name", ["one target", "two tuning seeds", "all protocols", "tuned width"])
@pytest.mark.parametrize("other", OTHERS)
def test_it_does_not_depend_on_what_other_studies_stored(name, other):
    expected, *_ = completed(name)
    with Store(":memory:") as store:
        complete(read(TEXT, *OTHERS[other], name="other"), store, 1, QUIET)
        complete(study_of(name), store, 1, QUIET)
        assert told(study_of(name), store) == expected


# By any traces, without training


class Keeping(Memory):
    """A store in memory that keeps the longer of two traces, as the real one does."""

    def __init__(self):
        super().__init__()
        self.given = Counter()

    def add(self, traces):
        for run, trace in traces.items():
            self.given[run] += 1
            known = self.traces.get(run)
            if known is None or len(known.updates) < len(trace.updates):
                self.traces[run] = trace


def finish_by(study, memory, whole, pick=lambda fleets: fleets, jobs=1):
    """Complete a study with fleets whose runs stop; `pick` tells which of them train, and when."""
    known = None
    while (known := plan(study, memory, known)).missing:
        asked = [standing.search for standing in known.searches]
        planned = [
            *cut([*known.pilots, *known.evaluation], jobs),
            *cut_searches(known.tuning, asked, jobs, study.tuning.seeds),
        ]
        for fleet in pick(planned):
            if fleet.searches:
                traces = train_searches(fleet, [None] * fleet.seeds)
            else:
                traces = [whole(run) for run in fleet.runs]
            memory.add(dict(zip(fleet.runs, traces, strict=True)))
    return known


MADE = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    tuning: {from: 0.25, to: 1, extensions: 3}
    seeds: 3
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
"""
SCENES = {
    "one target": (),
    "three targets, two seeds": ("claims.0.to.train_loss=[0.5, 0.8, 1.1]", "tuning.seeds=2"),
    "own and shared": ("protocol=[own_rate, shared_rate]", "tuning.seeds=2", "seeds=2"),
    "shapes": (
        "protocol=[own_rate, shared_rate]", "network.depth=[1, 2]",
        "claims=[{faster: {depth: 1, activation: relu}, than: {depth: 2, activation: tanh},"
        " to: {train_loss: 0.5}}]",
    ),
    "claims": (
        "protocol=[own_rate, shared_rate, common_init]", "seeds=2",
        "claims=[{faster: relu, than: tanh, to: {train_loss: [0.5, 0.9]}},"
        " {faster: tanh, than: relu, to: {test_accuracy: 0.8}},"
        " {faster: tanh, than: relu, to: {train_loss: 0.9}}]",
    ),
    "seeds as needed": ("seeds={min: 2, max: 5}",),
}  # fmt: skip


@given(reference.responses, st.sampled_from(sorted(SCENES)), st.integers(1, 6), st.data())
@settings(max_examples=40)
@pytest.mark.slow
def test_every_run_that_stops_is_resolved(whole, name, jobs, data):
    """What was asked for and trained is not asked for again: it was enough."""
    study, memory, full = read(MADE, *SCENES[name]), Keeping(), Keeping()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "train", stopping(whole))
        patch.setattr(searching, "most_runs", lambda run: data.draw(st.integers(1, 30)))
        patch.setattr(fleets, "MOST_RUNS", data.draw(st.sampled_from([1, 3, 8, 256])))
        pick = data.draw(st.sampled_from(["as cut", "reversed", "shuffled"]))

        def order(planned):
            if pick == "shuffled":
                return data.draw(st.permutations(planned))
            return planned[::-1] if pick == "reversed" else planned

        known = finish_by(study, memory, whole, order, jobs)
    assert set(memory.given.values()) == {1}
    expected = finish_by(study, full, whole, _untouched(full, whole))
    assert memory.traces.keys() == full.traces.keys()
    assert repr(known.found) == repr(expected.found)
    assert told(study, memory) == told(study, full)


def _untouched(memory, whole):
    """Train all that is planned to the end."""

    def pick(planned):
        for fleet in planned:
            memory.add({run: whole(run) for run in fleet.runs})
        return []

    return pick


@given(reference.responses, st.sampled_from(sorted(SCENES)), st.data())
@settings(max_examples=25)
def test_what_was_stored_before_in_any_length_makes_no_difference(whole, name, data):
    study, full, partly = read(MADE, *SCENES[name]), Keeping(), Keeping()
    finish_by(study, full, whole, _untouched(full, whole))
    for run, trace in full.traces.items():
        if run.stream == "evaluation":
            continue
        end = data.draw(st.integers(0, 12)) * len(trace.updates) // 8
        if end:
            partly.traces[run] = left_of(trace, end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "train", stopping(whole))

        def some(planned):
            kept = [fleet for fleet in planned if data.draw(st.booleans())]
            return kept or planned[:1]

        finish_by(study, partly, whole, some, data.draw(st.integers(1, 4)))
    assert partly.traces.keys() == full.traces.keys()
    assert told(study, partly) == told(study, full)


# The order within a fleet


def turns_of(fleet, monkeypatch, traces=None):
    """The rates that train side by side, one group after another, with what is known by then."""
    seen = []

    def train(part, _):
        rates = sorted({run.training.learning_rate for run in part.runs})
        seen.append((rates, [search.best for search in part.searches]))
        assert part.seeds == fleet.seeds
        assert len(part.runs) % part.seeds == 0
        return [traces(run) for run in part.runs]

    monkeypatch.setattr(searching, "train", train)
    for run, trace in zip(fleet.runs, train_searches(fleet, [None] * fleet.seeds), strict=True):
        assert_same_bits(trace, traces(run))
    return seen


RATES = [2.0**i for i in range(6)]


def fleet_of(first, best=np.inf, seeds=2, arms=("relu",)):
    runs = tuple(
        make_run(arm, rate=rate, seed=seed, stream="tuning")
        for arm in arms for rate in RATES for seed in range(seeds)
    )  # fmt: skip
    by = {(r.network.activation.name, r.training.learning_rate, r.seed): r for r in runs}
    searches = tuple(
        Search(
            (("train_loss", 0.5),),
            tuple((by[arm, rate, seed],) for rate in RATES),
            best,
            (by[arm, first, seed],),
        )
        for arm in arms for seed in range(seeds)
    )  # fmt: skip
    return Fleet(runs, seeds, searches)


def arriving_by_rate(run):
    return reference.wandering(1, noise=0.1, lost=0.0)(run)


@pytest.mark.parametrize("most", [1, 2, 4, 5, 99])
def test_the_likely_rate_comes_first_and_then_its_neighbours(monkeypatch, most):
    monkeypatch.setattr(searching, "most_runs", lambda run: most)
    turns = turns_of(fleet_of(4.0), monkeypatch, arriving_by_rate)
    together = [rates for rates, _ in turns]
    assert together[0] == [4.0]
    assert [len(rates) for rates in together[1:]] == {
        1: [1] * 5, 2: [1] * 5, 4: [2, 2, 1], 5: [2, 2, 1], 99: [5],
    }[most]  # fmt: skip
    away = [[round(abs(np.log2(rate / 4))) for rate in rates] for rates in together]
    assert sorted(away, key=max) == away
    assert sorted(rate for rates in together for rate in rates) == RATES
    assert turns[0][1] == [np.inf, np.inf]
    bests = np.array([best for _, best in turns[1:]])
    assert np.isfinite(bests).all()
    assert (np.diff(bests, axis=0) <= 0).all()


def test_where_a_score_is_known_none_comes_first(monkeypatch):
    monkeypatch.setattr(searching, "most_runs", lambda run: 99)
    turns = turns_of(fleet_of(4.0, best=0.5), monkeypatch, arriving_by_rate)
    assert [rates for rates, _ in turns] == [RATES]
    assert turns[0][1] == [0.5, 0.5]


def test_arms_with_other_likely_rates_begin_with_both(monkeypatch):
    monkeypatch.setattr(searching, "most_runs", lambda run: 1)
    one, other = fleet_of(1.0), fleet_of(16.0, arms=("tanh",))
    fleet = Fleet((*one.runs, *other.runs), 2, (*one.searches, *other.searches))
    turns = turns_of(fleet, monkeypatch, arriving_by_rate)
    assert turns[0][0] == [1.0, 16.0]
    assert sorted(rate for rates, _ in turns for rate in rates) == RATES
    # Between the two, and then away from their middle.
    away = [abs(np.log2(rate / 4)) for (rate,), _ in turns[1:]]
    assert away == sorted(away)


def test_a_fleet_that_is_known_to_be_behind_makes_no_update():
    study = read(TEXT, "seeds=2")
    with Store(":memory:") as store:
        complete(study, store, 1, QUIET)
        known = plan(study, store)
    (subject, *_) = subjects(study)
    setting = subject.settings[0]
    found = known.found[subject, 0]
    run = setting.run("tuning", 0, 2.0**-12)
    for best, most in ((0.0, 2), (found.scores[found.best].log_updates, 10**9)):
        search = Search(subject.objective.goals, ((run,),), best)
        (trace,) = executing.execute(Fleet((run,), 1, (search,)))
        assert trace.status == "stopped early"
        assert trace.updates[-1] <= min(most, 2 * np.exp(best) + 1)
        assert trace.updates[-1] < total_updates(run.training, _shape(run)) / 2


def _shape(run):
    return executing.datasets.shape(run.data)
