"""Curves and hitting times over seeds: failed runs stay in, as the worst there is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.looks import Design
from experiments.analysis.results import Results, SettingResult
from experiments.analysis.summaries import curve, curves, reaches
from experiments.records import METRICS

from .helpers import BUDGET, arriving, make_trace, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: 5
    claims:
      - {faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {faster: tanh, than: relu, to: {train_loss: 0.5}}
      - {faster: relu, than: tanh, to: {test_accuracy: 0.5}}
"""
UPDATES = [0, 1, 2, 4, 8, 16]


def result(*traces):
    setting = read(TEXT).settings[0]
    runs = tuple(setting.run("evaluation", seed) for seed in range(len(traces)))
    return SettingResult(setting, runs, traces)


def lost(trace, ends):
    """The same run, had it diverged at evaluation `ends`."""
    values = trace.values[: ends + 1].copy()
    values[ends] = np.nan
    return replace(trace, updates=trace.updates[: ends + 1], values=values, status="diverged")


def ranked(values, share):
    """The least value that at least this share of the sample does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


runs = st.lists(
    st.tuples(
        st.lists(st.floats(0, 1), min_size=6, max_size=6),
        st.one_of(st.none(), st.integers(0, 5)),  # where it diverges
    ),
    min_size=1,
    max_size=9,
)


@given(runs, st.sampled_from(METRICS))
def test_a_curve_is_the_median_and_the_quartiles_with_failures_as_the_worst(sample, metric):
    whole = [make_trace(UPDATES, **{metric: column}) for column, _ in sample]
    traces = [
        trace if ends is None else lost(trace, ends)
        for trace, (_, ends) in zip(whole, sample, strict=True)
    ]
    found = curve(result(*traces), metric)

    worst = 0.0 if metric.endswith("accuracy") else math.inf
    length = max(len(trace.updates) for trace in traces)
    # Where nobody reads a held-out split there is nothing to tell; the training split always is.
    told = [
        t
        for t in range(length)
        if metric.startswith("train") or any(ends is None or t < ends for _, ends in sample)
    ]
    assert found.updates.tolist() == [UPDATES[t] for t in told]
    for place, t in enumerate(told):
        column = [worst if ends is not None and t >= ends else values[t] for values, ends in sample]
        assert found.median[place] == ranked(column, 0.5)
        assert found.low[place] == ranked(column, 0.25)
        assert found.high[place] == ranked(column, 0.75)
        assert found.diverged[place] == sum(ends is not None and t >= ends for _, ends in sample)


@given(runs, st.sampled_from(METRICS), st.integers(0, 8), st.integers(0, 5))
def test_a_curve_never_improves_because_a_run_is_lost(sample, metric, which, ends):
    traces = [make_trace(UPDATES, **{metric: column}) for column, _ in sample]
    which %= len(traces)
    kept = curve(result(*traces), metric)
    fewer = curve(result(*traces[:which], lost(traces[which], ends), *traces[which + 1 :]), metric)
    upwards = metric.endswith("accuracy")
    for name in ("low", "median", "high"):
        before, after = getattr(kept, name), getattr(fewer, name)
        before = before[: len(after)]
        assert (after <= before).all() if upwards else (after >= before).all()


def test_where_all_runs_diverge_the_curve_is_infinite_from_there():
    traces = [lost(make_trace(UPDATES, train_loss=[1] * 6), ends) for ends in (1, 3, 2)]
    found = curve(result(*traces), "train_loss")
    assert found.updates.tolist() == UPDATES[:4]
    assert found.median.tolist() == [1, 1, math.inf, math.inf]
    assert found.low.tolist() == [1, 1, 1, math.inf]
    assert found.high.tolist() == [1, math.inf, math.inf, math.inf]
    assert found.diverged.tolist() == [0, 1, 2, 3]


def test_a_metric_that_is_not_finite_in_a_run_that_goes_on_is_the_worst_there_is():
    # The outputs of a test example overflow, those of the training examples do not yet.
    columns = [[1.0, 1.0, math.nan], [1.0, 0.9, 0.8], [1.0, 0.9, 0.7]]
    traces = [
        make_trace([0, 1, 2], train_loss=[1, 1, 1], test_accuracy=[0.5] * 3, test_loss=column)
        for column in columns
    ]
    found = curve(result(*traces), "test_loss")
    assert found.median.tolist() == [1.0, 0.9, 0.8]
    assert found.high.tolist()[-1] == math.inf


def with_parts(*parts):
    columns = {f"{part}_{kind}": [0.5, 0.5] for part in parts for kind in ("loss", "accuracy")}
    return lambda run: make_trace([0, 1], **columns)


@pytest.mark.parametrize("parts", [("train",), ("train", "test"), ("train", "validation", "test")])
def test_there_is_a_curve_of_each_metric_that_the_data_has(parts):
    study = read(TEXT)
    found = [(c.setting.setting, c.metric) for c in curves(results_of(study, with_parts(*parts)))]
    metrics = [name for name in METRICS if name.rpartition("_")[0] in parts]
    assert found == [(setting, metric) for setting in study.settings for metric in metrics]


def test_a_loss_that_is_not_finite_at_the_start_keeps_its_curve():
    def respond(run):
        columns = {"test_loss": [math.nan] * 2, "test_accuracy": [0.5] * 2}
        return make_trace([0, 1], status="diverged", budget=9, train_loss=[math.nan] * 2, **columns)

    found = {c.metric for c in curves(results_of(read(TEXT), respond))}
    assert "test_loss" in found


def respond(run):
    base = 8.0 if run.network.activation.name == "relu" else 32.0
    if run.seed == 4:
        return arriving(base, diverges_after=2)
    return arriving(4 * BUDGET if run.seed == 3 else base * 1.1**run.seed)


def test_reaches_name_every_target_once_and_every_setting():
    results = results_of(read(TEXT), respond)
    found = [(r.metric, r.target, r.setting.setting) for r in reaches(results)]
    targets = [("train_loss", 0.8), ("train_loss", 0.5), ("test_accuracy", 0.5)]
    assert found == [(*target, setting) for target in targets for setting in results.study.settings]


def test_reaches_hold_every_run_in_the_order_of_the_seeds():
    results = results_of(read(TEXT), respond)
    relu, tanh = (r for r in reaches(results) if (r.metric, r.target) == ("train_loss", 0.5))
    for reach, base in ((relu, 8.0), (tanh, 32.0)):
        expected = [base, base * 1.1, base * 1.21, BUDGET, BUDGET]
        assert reach.updates == pytest.approx(expected)
        assert reach.censored.tolist() == [False, False, False, True, True]
        assert reach.not_reached == 2
        assert reach.median == pytest.approx(base * 1.21)


@pytest.mark.parametrize(
    ("times", "median"),
    [
        ([4, 8, 16], 8),
        ([4, 8, 16, 32], 8),
        ([4, 8, -1, -1], math.inf),  # half or more
        ([4, -1, -1, -1], math.inf),
        ([4, -1, -1], math.inf),
        ([-1], math.inf),
    ],
)
def test_the_median_time_is_a_time_of_the_sample(times, median):
    study = read(TEXT)
    setting = result(*(arriving(4 * BUDGET if t < 0 else t) for t in times))
    reach = next(r for r in reaches(Results(study, (setting,))) if (r.target == 0.5))
    assert reach.median == pytest.approx(median)


@pytest.mark.parametrize(
    ("times", "design", "ends"),
    [
        ([4, 8, 16], Design(0.05), (0, math.inf)),  # too few for any interval
        ([3, 4, 8, 16, 32, 40], Design(0.05), (3, 40)),
        ([3, 4, 8, 16, 32, -1], Design(0.05), (3, math.inf)),
        ([40, 3, 16, 5, 4, 8, 32, 64, 80], Design(0.05), (4, 64)),  # one value out at each end
        ([40, 3, 16, 5, 4, 8, 32, 64, 80], Design(0.05, (4, 6, 9)), (3, 80)),
        ([40, 3, 16, 5, 4, 8, -1, -1, -1], Design(0.05), (4, math.inf)),
    ],
)
def test_the_interval_of_the_median_time_is_the_sign_test_of_the_design(times, design, ends):
    study = read(TEXT)
    setting = result(*(arriving(4 * BUDGET if t < 0 else t) for t in times))
    reach = next(r for r in reaches(Results(study, (setting,))) if r.target == 0.5)
    assert reach.median_interval(design) == pytest.approx(ends)


def test_a_study_without_claims_has_no_targets():
    assert reaches(results_of(read(TEXT, "claims=[]"), respond)) == []


def test_a_part_that_is_read_seldom_has_a_curve_of_those_evaluations():
    """Here the test split at the first, the fifth and the last."""
    values = np.linspace(2, 1, len(UPDATES))
    seldom = np.full(len(UPDATES), np.nan)
    read_at = [0, 4, len(UPDATES) - 1]
    seldom[read_at] = values[read_at]
    traces = [make_trace(UPDATES, train_loss=values, test_loss=seldom + n) for n in range(3)]
    assert curve(result(*traces), "train_loss").updates.tolist() == UPDATES
    found = curve(result(*traces), "test_loss")
    assert found.updates.tolist() == [UPDATES[i] for i in read_at]
    np.testing.assert_array_equal(found.median, values[read_at] + 1)
