"""Runs are cut into fleets: all of them, once, in rectangles of one shape."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import datasets
from experiments.datasets import DATASETS
from experiments.execution import fleets as module
from experiments.execution.executing import execute
from experiments.execution.fleets import cut, cut_searches, most_runs, multiplications
from experiments.parameters import Choice
from experiments.records import Evaluation, Fleet, Search

from .helpers import assert_same_bits, at_rate, make_run

DIMENSIONS = {
    "activation": ["relu", "tanh", "leaky_relu"],
    "data": ["moons", "xor"],
    "examples": [40, 60],
    "widths": [(4,), (), (4, 4), (64,)],
    "init": ["he", "glorot"],
    "init_scale": [1.0, 0.5],
    "optimizer": ["sgd", "adam"],
    "rate": [0.1, 0.2, 0.4],
    "batch": [8, 16],
    "epochs": [2.0, 1.0, 0.0],
    "precision": ["float32", "float64"],
    "trainable": ["all", "output"],
    "normalisation": ["none", "batch", "layer"],
    "dropout": [0.0, 0.25, 0.5],
    "diagnostics": [(), ("zeros",), ("zeros", "gradient")],
    "stream": ["evaluation", "tuning"],
    "every": [None, 0.5],
}


def grid_of(varied, seeds):
    axes = (values if k in varied else values[:1] for k, values in DIMENSIONS.items())
    runs = []
    for values in itertools.product(*axes):
        how = dict(zip(DIMENSIONS, values, strict=True))
        every = how.pop("every")
        evaluation = Evaluation(None, every) if every else Evaluation()
        runs += [replace(make_run(**how, seed=s), evaluation=evaluation) for s in range(seeds)]
    return runs


@st.composite
def mixtures(draw):
    """A grid that varies in a few ways, of which some runs are stored already."""
    varied = draw(st.sets(st.sampled_from(sorted(DIMENSIONS)), min_size=1, max_size=3))
    runs = grid_of(varied, draw(st.integers(1, 4)))
    stored = draw(st.sets(st.sampled_from(runs), max_size=6))
    return draw(st.permutations([run for run in runs if run not in stored]))


@pytest.mark.parametrize("varied", DIMENSIONS)
def test_only_runs_of_equal_arrays_and_schedule_share_a_fleet(varied):
    fleets = cut(grid_of({varied}, 3))
    apart = varied not in ("activation", "init", "init_scale", "rate")
    assert len(fleets) == (len(DIMENSIONS[varied]) if apart else 1)


def test_functions_of_several_layers_share_a_fleet_where_they_learn_the_same():
    some = [("relu", "tanh"), ("tanh", "relu"), "relu", "leaky_relu"]
    learned = [("prelu", "tanh"), ("prelu", "relu")]
    other = [("tanh", "prelu"), ("prelu", "prelu")]
    runs = [make_run(f, widths=(4, 4), init="he") for f in (*some, *learned, *other)]
    together = [{run.network.activation for run in fleet.runs} for fleet in cut(runs)]
    assert sorted(map(len, together)) == [1, 1, 2, 4]
    assert {run.network.activation for run in runs[:4]} in together
    assert {run.network.activation for run in runs[4:6]} in together
    for fleet in cut(runs):
        for run, trace in zip(fleet.runs, execute(fleet), strict=True):
            assert_same_bits(trace, execute(Fleet((run,), 1))[0])


def rectangle(variants, seeds, **kwargs):
    return [
        make_run(rate=0.001 * (v + 1), seed=s, **kwargs)
        for v in range(variants)
        for s in range(seeds)
    ]


def shape_of(run):
    """What must be equal within a fleet, said the other way round than the code does."""
    training, evaluation = run.training, run.evaluation
    return (
        run.data, run.network.widths, run.network.output, training.optimizer, training.batch_size,
        training.epochs, training.precision, training.trainable, evaluation, run.stream,
        run.diagnostics,
    )  # fmt: skip


def check(fleets, wanted):
    held = [run for fleet in fleets for run in fleet.runs]
    assert len(held) == len(set(held))
    assert set(held) == set(wanted)
    for fleet in fleets:
        variants, rest = divmod(len(fleet.runs), fleet.seeds)
        assert rest == 0
        assert len({shape_of(run) for run in fleet.runs}) == 1
        seeds = [run.seed for run in fleet.runs[: fleet.seeds]]
        assert len(set(seeds)) == fleet.seeds
        for v in range(variants):
            row = fleet.runs[v * fleet.seeds : (v + 1) * fleet.seeds]
            assert [run.seed for run in row] == seeds
            assert len({replace(run, seed=0) for run in row}) == 1
        firsts = {replace(run, seed=0) for run in fleet.runs[:: fleet.seeds]}
        assert len(firsts) == variants


@given(mixtures(), st.integers(1, 5))
@settings(max_examples=200)
def test_every_run_is_in_one_fleet_and_every_fleet_is_a_rectangle(mixture, jobs):
    check(cut(mixture, jobs), mixture)


@given(mixtures(), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=50)
def test_tight_budgets_change_nothing_about_that(mixture, jobs, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_RUNS", most)
        fleets = cut(mixture, jobs)
    check(fleets, mixture)
    assert all(len(fleet.runs) <= most for fleet in fleets)


@given(mixtures(), st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=50)
def test_the_fleets_hold_the_same_whatever_the_order(mixture, random, jobs):
    shuffled = random.sample(mixture, len(mixture))

    def held(fleets):
        return {frozenset(fleet.runs) for fleet in fleets}

    # Where variants tie in the order within a rectangle, nothing is promised: a run's bits do not
    # depend on its fleet. The number of fleets is.
    assert len(cut(mixture, jobs)) == len(cut(shuffled, jobs))
    assert held(cut(mixture, 1)) == held(cut(shuffled, 1))


@given(mixtures(), st.integers(1, 5))
def test_the_longest_come_first(mixture, jobs):
    costs = [multiplications(fleet) for fleet in cut(mixture, jobs)]
    assert all(a >= b * (1 - 1e-12) for a, b in itertools.pairwise(costs))


@given(st.integers(1, 12), st.integers(1, 20), st.integers(1, 8))
@settings(max_examples=200)
def test_every_worker_gets_its_share(variants, seeds, jobs):
    fleets = cut(rectangle(variants, seeds), jobs)
    count = variants * seeds
    assert max(len(fleet.runs) for fleet in fleets) <= -(-count // jobs)
    if count > (jobs - 1) ** 2:  # below, a fleet fewer may be as fast: 5 runs for 4 workers
        assert len(fleets) >= jobs


def test_one_worker_gets_as_few_fleets_as_the_caches_allow():
    assert len(cut(rectangle(4, 10))) == 1


def test_all_variants_of_a_seed_stay_together():
    # They read the same batches; 4 seeds for 2 workers are cut between seeds.
    fleets = cut(rectangle(3, 4), jobs=2)
    assert [fleet.seeds for fleet in fleets] == [2, 2]
    assert all(len(fleet.runs) == 6 for fleet in fleets)


def test_arms_of_a_study_share_a_fleet():
    mixture = [
        make_run(name, init=init, rate=rate, seed=seed)
        for name, init in (("relu", "he"), ("tanh", "glorot"), ("sigmoid", "glorot"))
        for rate in (0.1, 0.2)
        for seed in range(3)
    ]
    (fleet,) = cut(mixture)
    assert fleet.seeds == 3
    # Equal activations stand side by side, to be computed in one go.
    names = [run.network.activation.name for run in fleet.runs]
    assert len([1 for a, b in itertools.pairwise(names) if a != b]) == 2


def test_seeds_that_only_some_variants_want_do_not_break_the_rectangle():
    mixture = [make_run(rate=0.1, seed=s) for s in (0, 1, 2)]
    mixture += [make_run(rate=0.2, seed=s) for s in (2, 0)]
    mixture += [make_run(rate=0.3, seed=s) for s in (1, 0, 2)]
    fleets = cut(mixture)
    check(fleets, mixture)
    assert sorted(len(fleet.runs) for fleet in fleets) == [2, 6]


def test_nothing_to_cut():
    assert cut([]) == []
    assert cut_searches([], []) == []
    assert cut_searches([], [Search((), ((make_run(),),))]) == []


# Runs of searches

GOALS = ((), (("train_loss", 0.5),), (("train_loss", 0.5), ("test_loss", 0.4)))


@st.composite
def asked(draw):
    """Searches over a mixture, whose candidates are of one run or of several."""
    mixture = draw(mixtures())
    everything = [*mixture, make_run(seed=99, stream="tuning")]  # one is stored already
    candidate = st.lists(st.sampled_from(everything), min_size=1, max_size=3, unique=True)
    search = st.builds(
        lambda goals, some, best: Search(goals, tuple(map(tuple, some)), best, tuple(some[0])),
        st.sampled_from(GOALS),
        st.lists(candidate, min_size=1, max_size=5),
        st.sampled_from([np.inf, 0.0, 3.5]),
    )
    return mixture, draw(st.lists(search, max_size=6))


@given(asked(), st.integers(1, 5), st.integers(1, 3))
@settings(max_examples=100)
def test_every_run_of_a_search_is_in_one_fleet_that_knows_what_asks_about_it(scene, jobs, of_pair):
    mixture, searches = scene
    fleets = cut_searches(mixture, searches, jobs, of_pair)
    check(fleets, mixture)
    for fleet in fleets:
        runs = set(fleet.runs)
        expected = [
            replace(search, candidates=tuple(c for c in search.candidates if runs & {*c}))
            for search in searches
            if any(runs & {*candidate} for candidate in search.candidates)
        ]
        # Equal searches, which config never makes, may stand for one another.
        assert sorted(map(repr, fleet.searches)) == sorted(map(repr, expected))


@given(st.data(), st.integers(1, 4), st.integers(1, 6))
@settings(max_examples=100)
def test_the_tuning_seeds_of_a_pair_stay_together_whatever_is_stored_already(data, of_pair, jobs):
    runs = rectangle(data.draw(st.integers(1, 6)), 6 * of_pair, stream="tuning")
    stored = data.draw(st.sets(st.integers(0, 6 * of_pair - 1)))
    missing = [run for run in runs if run.seed not in stored]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STACKED_DATA", data.draw(st.sampled_from([1, 96 * 2**20])))
        patch.setattr(module, "WORKING_SET", data.draw(st.sampled_from([1, 10**4, 6 * 2**20])))
        fleets = cut_searches(missing, [], jobs, of_pair)
    check(fleets, missing)
    for pair in range(6):
        holding = [
            fleet for fleet in fleets if any(run.seed // of_pair == pair for run in fleet.runs)
        ]
        assert len(holding) == any(run.seed // of_pair == pair for run in missing)


def test_all_rates_of_a_pair_train_side_by_side_even_beyond_the_caches():
    runs = rectangle(9, 8, widths=(256, 256), stream="tuning")
    assert most_runs(runs[0]) < 9
    assert max(len(fleet.runs) for fleet in cut(runs)) < 9
    fleets = cut_searches(runs, [], 1, 2)
    check(fleets, runs)
    assert [len(fleet.runs) for fleet in fleets] == 4 * [9 * 2]


def test_more_rates_than_a_fleet_may_hold_are_cut_all_the_same(monkeypatch):
    monkeypatch.setattr(module, "MOST_RUNS", 4)
    runs = rectangle(9, 2, stream="tuning")
    fleets = cut_searches(runs, [], 1, 2)
    check(fleets, runs)
    assert sorted(len(fleet.runs) for fleet in fleets) == [3 * 2, 3 * 2, 3 * 2]


@pytest.mark.parametrize("jobs", [1, 2, 3, 5])
def test_every_worker_gets_pairs_to_search_for(jobs):
    runs = rectangle(5, 12, stream="tuning")
    assert len(cut_searches(runs, [], jobs, 2)) >= jobs
    longest = [multiplications(fleet) for fleet in cut_searches(runs, [], jobs, 2)]
    assert longest == sorted(longest, reverse=True)


def test_large_networks_and_data_come_in_small_fleets():
    data = Choice.of("fashion_mnist_mini", DATASETS)
    large = [replace(run, data=data) for run in rectangle(4, 40, widths=(128, 128, 128))]
    fleets = cut(large)
    check(fleets, large)
    shape = datasets.shape(data)
    item = 4
    for fleet in fleets:
        run = fleet.runs[0]
        stacked = fleet.seeds * (shape.train + shape.validation + shape.test) * shape.features
        assert stacked * item <= module.STACKED_DATA
        sizes = (shape.features, *run.network.widths, shape.outputs)
        weights = sum(d * h for d, h in itertools.pairwise(sizes))
        assert len(fleet.runs) == 1 or len(fleet.runs) * weights * item <= module.WORKING_SET


def test_a_network_beyond_all_budgets_still_trains_alone():
    huge = rectangle(2, 2, widths=(4096, 4096))
    fleets = cut(huge)
    check(fleets, huge)
    assert all(len(fleet.runs) == 1 for fleet in fleets)


def test_the_estimate_of_the_work_grows_with_everything_that_is_more_work():
    base = multiplications(Fleet((make_run(),), 1))
    assert multiplications(Fleet((make_run(widths=(4, 4)),), 1)) > base
    assert multiplications(Fleet((make_run(widths=(8,)),), 1)) > base
    assert multiplications(Fleet((make_run(epochs=4.0),), 1)) > base
    assert multiplications(Fleet((make_run(examples=400),), 1)) > base
    assert multiplications(Fleet((make_run(widths=(512, 512)),), 1)) > 100 * base


@given(mixtures(), st.integers(1, 3))
@settings(max_examples=8)
def test_cutting_does_not_change_what_comes_out(mixture, jobs):
    mixture = [at_rate(run, 3.0) if run.seed == 1 else run for run in mixture[:8]]
    together = {
        run: trace for fleet in cut(dict.fromkeys(mixture), jobs)
        for run, trace in zip(fleet.runs, execute(fleet), strict=True)
    }  # fmt: skip
    for run in mixture:
        (alone,) = cut([run])
        assert_same_bits(together[run], execute(alone)[0])
    assert all(np.isfinite(t.values[0, 0]) for t in together.values())
