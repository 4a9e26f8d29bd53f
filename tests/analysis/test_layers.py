"""Diagnostics over layers and over training, against medians taken by hand."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.helpers import BUDGET, arriving, read, results_of
from experiments.analysis.claims import judge
from experiments.analysis.diagnostic_curves import diagnostic_curves
from experiments.analysis.layers import layer_profiles, moments, spread
from experiments.analysis.map_counts import FEWEST_CELLS, map_counts, mapped
from experiments.nn.diagnostics import columns
from experiments.records import METRICS, Trace

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 6
    diagnostics: [gradient, cut_off]
    claims:
      - {higher: relu, than: tanh, measure: zeros, at: start}
"""


def number(run, column, update):
    """A number of its own for each run, column and evaluation."""
    layer = column.rpartition(" ")[2]
    size = int(layer) if layer.isdigit() else 7
    return (size + 1) * (1 + run.seed) ** 2 * (1 + np.sqrt(update))


def respond(run, *, stop=None, change=None):
    trace = arriving(8.0)
    hidden = len(run.network.widths)
    names = columns(run.diagnostics, hidden)
    read = np.array([[number(run, name, u) for name in names] for u in trace.updates])
    if change is not None:
        change(run, read)
    values = np.hstack([trace.values, read.reshape(len(trace.updates), len(names))])
    end = len(trace.updates) if stop is None else stop(run)
    status = "completed" if end == len(trace.updates) else "diverged"
    return Trace(trace.updates[:end], values[:end], status, BUDGET,
                 columns=(*METRICS, *names))  # fmt: skip


def column(result, name, place):
    return [trace.metric(name)[place] for trace in result.traces]


def test_a_profile_is_the_median_and_the_middle_half_of_each_layer():
    results = results_of(read(TEXT), respond)
    found = layer_profiles(results)
    assert {(p.name, p.at) for p in found} == {
        ("zeros", "start"), ("gradient", "start"), ("gradient", "end")
    }  # fmt: skip
    assert len(found) == 12
    for profile in found:
        layers = len(profile.setting.setting.network.widths)
        assert profile.median.shape == profile.low.shape == profile.high.shape == (layers,)
        for layer in range(layers):
            place = 0 if profile.at == "start" else -1
            runs = column(profile.setting, f"{profile.name} {layer + 1}", place)
            assert profile.median[layer] == pytest.approx(np.median(runs))
            assert profile.low[layer] == pytest.approx(np.percentile(runs, 25))
            assert profile.high[layer] == pytest.approx(np.percentile(runs, 75))
        assert (profile.known == 6).all()


def test_the_moment_is_the_one_that_claims_name():
    assert moments(read(TEXT), "zeros") == ("start",)
    assert moments(read(TEXT), "gradient") == ("start", "end")
    study = read(TEXT)
    both = replace(study.claims[0], measure=replace(study.claims[0].measure, at="end"))
    assert moments(replace(study, claims=(*study.claims, both)), "zeros") == ("start", "end")
    assert moments(read(TEXT, "training.epochs=0"), "gradient") == ("start",)


def test_what_a_run_that_diverged_reads_at_the_end_is_not_known():
    def stop(run):
        return 9 if run.seed < 2 else len(arriving(8.0).updates)

    results = results_of(read(TEXT), lambda run: respond(run, stop=stop))
    for profile in layer_profiles(results):
        kept = profile.setting.traces[0 if profile.at == "start" else 2 :]
        runs = [t.metric(f"{profile.name} 1")[0 if profile.at == "start" else -1] for t in kept]
        assert profile.median[0] == pytest.approx(np.median(runs))
        assert profile.known[0] == len(runs)
    curve = diagnostic_curves(results)[0]
    assert curve.known[:8].tolist() == [6] * 8  # the evaluation that diverged is no result
    assert set(curve.known[8:]) == {4}


def test_a_curve_is_the_median_of_the_mean_over_the_layers():
    found = diagnostic_curves(results_of(read(TEXT), respond))
    assert {(c.name, c.layered) for c in found} == {
        ("gradient", True), ("zeros", True), ("cut_off", False),
    }  # fmt: skip
    for curve in found:
        traces = curve.setting.traces
        layers = len(curve.setting.setting.network.widths)
        names = [f"{curve.name} {n + 1}" for n in range(layers)] if curve.layered else [curve.name]
        runs = np.array([np.mean([t.metric(name) for name in names], axis=0) for t in traces])
        np.testing.assert_allclose(curve.median, np.median(runs, axis=0))
        np.testing.assert_allclose(curve.low, np.percentile(runs, 25, axis=0))
        np.testing.assert_allclose(curve.high, np.percentile(runs, 75, axis=0))
        np.testing.assert_allclose(curve.mean, runs.mean(axis=0))
        np.testing.assert_array_equal(curve.updates, traces[0].updates)


def test_few_evaluations_make_no_curve():
    study = read(TEXT, "training.epochs=0")

    def untrained(run):
        trace = respond(run)
        return replace(trace, updates=trace.updates[:1], values=trace.values[:1])

    results = results_of(study, untrained)
    assert diagnostic_curves(results) == []
    assert {profile.at for profile in layer_profiles(results)} == {"start"}


def test_runs_without_the_columns_have_no_diagnostics():
    results = results_of(read(TEXT), lambda run: arriving(8.0))
    assert layer_profiles(results) == []
    assert diagnostic_curves(results) == []


def test_nets_without_hidden_layers_have_no_profile():
    study = read(TEXT, "network.depth=0")
    results = results_of(study, respond)
    assert layer_profiles(results) == []
    assert [c.name for c in diagnostic_curves(results)] == ["cut_off", "cut_off"]


def test_the_spread_of_fewer_than_half_of_the_runs_is_not_told():
    values = np.array(
        [[1.0, 1.0, np.nan, np.nan], [2.0, np.inf, np.nan, np.nan],
         [3.0, 5.0, np.nan, np.nan], [4.0, np.nan, 7.0, np.nan]]
    )  # fmt: skip
    quartiles, known = spread(values)
    assert known.tolist() == [4, 2, 1, 0]
    np.testing.assert_allclose(quartiles[1], [2.5, 3.0, np.nan, np.nan])
    np.testing.assert_allclose(quartiles[:, 1], [2.0, 3.0, 4.0])


MAPPED = """
    dataset: [moons, circles]
    network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 12
    claims:
      - {faster: relu, than: tanh, to: {train_loss: 0.5}}
      - {faster: tanh, than: relu, to: {train_loss: [0.8, 0.5]}}
"""


def uneven(run):
    slow = run.network.activation.name == ("relu" if len(run.network.widths) == 1 else "tanh")
    return arriving((32.0 if slow else 8.0) * 1.01**run.seed)


def test_every_claim_with_enough_comparisons_is_mapped():
    verdicts = judge(results_of(read(MAPPED), uneven))
    (cells,) = mapped(verdicts)
    assert {v.claim.number for v in cells} == {2}
    assert len(cells) == FEWEST_CELLS
    assert mapped(verdicts[:17]) == []
    assert map_counts(verdicts[:17]) == {}
    both = judge(results_of(read(MAPPED, "claims.0.to={train_loss: [0.8, 0.5]}"), uneven))
    assert [cells[0].claim.number for cells in mapped(both)] == [1, 2]
    assert [(claim.number, counts[0].cells) for claim, counts in map_counts(both).items()] == [
        (1, FEWEST_CELLS), (2, FEWEST_CELLS),
    ]  # fmt: skip


def test_counts_are_of_the_verdicts_of_every_value_of_every_axis():
    verdicts = judge(results_of(read(MAPPED), uneven))
    (cells,) = mapped(verdicts)
    (counts,) = map_counts(verdicts).values()
    found = {(s.axis, s.label): s for s in counts}
    assert list(found) == [
        ("", ""), ("dataset", "moons"), ("dataset", "circles"), ("depth", "1"), ("depth", "2"),
        ("depth", "3"), ("target", "0.8"), ("target", "0.5"),
    ]  # fmt: skip
    assert found["", ""].cells == 12
    assert found["depth", "1"].outcomes["direction"]["supported"] == 4
    assert found["depth", "2"].outcomes["direction"]["refuted"] == 4
    for (axis, label), counted in found.items():
        meant = [
            c for c in cells
            if not axis or dict(c.condition).get(axis, f"{c.target:g}") == label
        ]  # fmt: skip
        assert counted.cells == len(meant)
        for outcome, count in counted.outcomes["direction"].items():
            assert count == sum(c.outcome == outcome for c in meant)


def test_an_axis_of_a_single_value_has_no_counts():
    study = read(MAPPED.replace("[0.8, 0.5]", "0.5").replace("[1, 2, 3]", "[1, 2, 3, 4, 5, 6]"))
    found = next(iter(map_counts(judge(results_of(study, uneven))).values()))
    assert {counts.axis for counts in found} == {"", "dataset", "depth"}


def test_of_a_factor_both_hypotheses_are_counted():
    study = read(MAPPED, "claims.1.by=3")
    (whole, *_) = next(iter(map_counts(judge(results_of(study, uneven))).values()))
    assert whole.cells == 12
    assert {name: sum(counts.values()) for name, counts in whole.outcomes.items()} == {
        "direction": 12,
        "size": 12,
    }
    assert whole.outcomes["direction"]["supported"] == whole.outcomes["size"]["supported"] == 4
    assert whole.outcomes["size"]["refuted"] == 8
