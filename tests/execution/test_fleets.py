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
from experiments.execution.executor import execute
from experiments.execution.fleets import cut, multiplications
from experiments.nn.cost import layer_sizes
from experiments.parameters import Choice
from experiments.records import Evaluation, Fleet

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
    "layers": ["all", "output"],
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
        training.epochs, training.precision, training.layers, evaluation, run.stream,
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
        sizes = layer_sizes(run, datasets.shape(run.data))
        weights = sum(d * h for d, h in itertools.pairwise(sizes))
        assert len(fleet.runs) == 1 or len(fleet.runs) * weights * item <= module.WORKING_SET


def test_a_network_beyond_all_budgets_still_trains_alone():
    huge = rectangle(2, 2, widths=(4096, 4096))
    fleets = cut(huge)
    check(fleets, huge)
    assert all(len(fleet.runs) == 1 for fleet in fleets)


def test_layer_sizes():
    for widths, sizes in (((7, 5), (2, 7, 5, 2)), ((), (2, 2))):
        run = make_run(widths=widths)
        assert layer_sizes(run, datasets.shape(run.data)) == sizes


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
        for run, trace in zip(*execute_pair(fleet), strict=True)
    }  # fmt: skip
    for run in mixture:
        (alone,) = cut([run])
        assert_same_bits(together[run], execute(alone)[1][0])
    assert all(np.isfinite(t.values[0, 0]) for t in together.values())


def execute_pair(fleet):
    executed, traces = execute(fleet)
    return executed.runs, traces
