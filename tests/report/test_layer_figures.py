"""What the figures of diagnostics show, read back from the axes."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.helpers import BUDGET, read, results_of
from analysis.test_layers import respond
from matplotlib import rcParams
from matplotlib.colors import to_hex

from experiments import datasets
from experiments.analysis.diagnostic_curves import diagnostic_curves
from experiments.analysis.layers import layer_profiles
from experiments.analysis.summary import summarise
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.records import METRICS, Trace
from experiments.report import diagnostic_panels, layer_figures, legends
from experiments.report.drawings import DRAWINGS, drawings
from experiments.report.figure_files import save
from experiments.report.looks_of_arms import looks
from experiments.report.panels import MOST_PANELS
from experiments.report.sheets import PAGE
from experiments.report.style import applied

TEXT = """
    dataset: moons
    network: {activation: [sigmoid, relu], depth: [1, 4], width: 8}
    training: {learning_rate: 0.1}
    seeds: 6
    diagnostics: [gradient, calibration_error, cut_off, update_time, peak_slope]
    claims:
      - {higher: relu, than: sigmoid, measure: zeros}
      - {measure: gradient, at: start, of: sigmoid, at_least: 0}
"""


LOOKS = looks([(("activation", "relu"),), (("activation", "sigmoid"),)])


@pytest.fixture(scope="module")
def results():
    return results_of(read(TEXT), respond)


@pytest.fixture(autouse=True)
def _style():
    with applied():
        rcParams["figure.dpi"] = 30  # nobody looks at them
        yield


def layers(results):
    return layer_figures.layers(results.study, layer_profiles(results))


def curves(results):
    return layer_figures.curves(results.study, diagnostic_curves(results))


def titles(figure):
    return [ax.get_title().replace("\n", " ") for ax in figure.axes if ax.get_title()]


def drawn(figure, tmp_path):
    """Draw it, so that whatever warns does so here."""
    save(figure, tmp_path / "figure.png")
    return figure


def dashed(ax):
    return [line for line in ax.lines if line.is_dashed()]


def edges(band):
    """Return a band's lower and upper edge by its horizontal place."""
    points = {}
    for x, y in band.get_paths()[0].vertices:
        points.setdefault(x, []).append(y)
    return {x: (min(ys), max(ys)) for x, ys in points.items()}


def test_a_panel_for_each_diagnostic_and_condition(results, tmp_path):
    assert titles(drawn(layers(results), tmp_path)) == [
        "gradient, before training, depth 1",
        "gradient, before training, depth 4",
        "share of exact zeros, at the end of training, depth 1",
        "share of exact zeros, at the end of training, depth 4",
    ]


def test_lines_are_medians_in_the_arms_colours_and_bands_the_middle_half(results):
    profiles = layer_profiles(results)
    deep = [p for p in profiles if len(p.median) == 4]
    for ax, name in zip(layers(results).axes[1::2], ("gradient", "zeros"), strict=True):
        solid = [line for line in ax.lines if not line.is_dashed()]
        expected = [p for p in deep if p.name == name]
        for name_of_arm, line, band, profile in zip(
            ("sigmoid", "relu"), solid, ax.collections, expected, strict=True
        ):
            np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
            np.testing.assert_array_equal(line.get_ydata(), profile.median)
            assert to_hex(line.get_color()) == LOOKS[name_of_arm].colour.lower()
            for x, (low, high) in edges(band).items():
                assert low == pytest.approx(profile.low[int(x) - 1])
                assert high == pytest.approx(profile.high[int(x) - 1])


def test_a_relative_theory_meets_the_median_at_the_last_layer(results):
    ax = layers(results).axes[1]
    profiles = [p for p in layer_profiles(results) if p.name == "gradient" and len(p.median) == 4]
    assert len(dashed(ax)) == 2
    for line, profile in zip(dashed(ax), profiles, strict=True):
        theory = DIAGNOSTICS["gradient"].theory.value(
            profile.setting.setting.network, datasets.shape(profile.setting.setting.data)
        )
        expected = theory * profile.median[-1] / theory[-1]
        np.testing.assert_allclose(line.get_ydata(), expected)
        assert line.get_ydata()[-1] == pytest.approx(profile.median[-1])
    assert not dashed(layers(results).axes[0])  # of one layer it would say nothing


def test_a_theory_that_is_not_relative_is_drawn_as_it_is_and_only_where_it_holds():
    study = read(TEXT, "training.epochs=0")
    figure = layers(results_of(study, respond))
    (ax,) = [ax for ax in figure.axes if "zeros" in ax.get_title() and "4" in ax.get_title()]
    (line,) = dashed(ax)
    assert line.get_ydata() == pytest.approx([1 - (1 - 2**-8) ** below / 2 for below in range(4)])
    assert to_hex(line.get_color()) == LOOKS["relu"].colour.lower()  # of relu alone


def test_trained_nets_have_no_theory(results):
    figure = layers(results)
    assert not any(dashed(ax) for ax in figure.axes[2:])


def test_nets_of_one_layer_have_a_marker(results):
    ax = layers(results).axes[0]
    places = [line.get_xdata().tolist() for line in ax.lines]
    assert places == [[pytest.approx(0.97)], [pytest.approx(1.03)]]  # side by side
    assert all(line.get_marker() not in ("", "None") for line in ax.lines)


def wide(run, *, zero=False, fall=1e-9):
    trace = respond(run)
    values = trace.values.copy()
    for place, name in enumerate(trace.columns):
        layer = name.rpartition(" ")[2]
        if name.startswith("gradient") and layer.isdigit():
            values[:, place] = 0.0 if zero and layer == "1" else fall ** (1 / int(layer))
    return replace(trace, values=values)


def test_axes_are_logarithmic_where_positive_values_span_much(results, tmp_path):
    scales = [ax.get_yscale() for ax in layers(results_of(read(TEXT), wide)).axes]
    assert scales == ["log", "log", "linear", "linear"]
    underflown = results_of(read(TEXT), lambda run: wide(run, zero=True, fall=1e-40))
    figure = drawn(layers(underflown), tmp_path)
    assert [ax.get_yscale() for ax in figure.axes[:2]] == ["linear", "log"]
    small = results_of(read(TEXT), lambda run: wide(run, zero=True, fall=1e-5))
    assert layers(small).axes[1].get_yscale() == "linear"


def test_curves_leave_out_the_start_times_and_what_training_cannot_change(results, tmp_path):
    figure = drawn(curves(results), tmp_path)
    assert titles(figure) == [
        f"{label}, depth {depth}"
        for label in ("gradient", "share of exact zeros", "share of nets whose output is cut off",
                      "expected calibration error")
        for depth in (1, 4)
    ]  # fmt: skip
    found = [c for c in diagnostic_curves(results) if c.name == "gradient"]
    depth_4 = [c for c in found if len(c.setting.setting.network.widths) == 4]
    ax = figure.axes[1]
    assert ax.get_xscale() == "log"
    assert "mean over the hidden layers" in ax.get_ylabel().replace("\n", " ")
    assert "mean" not in figure.axes[0].get_ylabel()
    for line, band, curve in zip(ax.lines, ax.collections, depth_4, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), curve.updates[1:])
        np.testing.assert_array_equal(line.get_ydata(), curve.median[1:])
        found_edges = edges(band)
        assert found_edges[curve.updates[5]] == pytest.approx((curve.low[5], curve.high[5]))


def test_what_is_true_or_false_of_a_run_is_drawn_as_a_share(results):
    figure = curves(results)
    ax = next(ax for ax in figure.axes if "cut off" in ax.get_title())
    expected = next(c for c in diagnostic_curves(results) if c.name == "cut_off")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), expected.mean[1:])
    assert not ax.collections


def test_unknown_numbers_leave_no_empty_panel_and_no_warning(tmp_path):
    def unknown(run):
        def change(run, read):
            read[:] = np.nan if run.network.activation.name == "sigmoid" else read

        return respond(run, change=change)

    study = read(TEXT, "network.depth=2")
    some = results_of(study, unknown)
    for figure in (layers(some), curves(some)):  # each without the arm of which nothing is known
        assert all(ax.lines for ax in drawn(figure, tmp_path).axes if ax.get_title())
        assert [t.get_text() for t in figure.legends[0].get_texts()] == ["relu"]

    def nothing(run):
        trace = respond(run)
        values = np.where(np.arange(trace.values.shape[1]) < len(METRICS), trace.values, np.nan)
        return replace(trace, values=values)

    none = results_of(study, nothing)
    assert diagnostic_panels.layer_panels(none.study, layer_profiles(none)) == []
    assert diagnostic_panels.curve_panels(none.study, diagnostic_curves(none)) == []


def test_runs_that_diverge_end_their_curve(tmp_path):
    def diverging(run):
        return respond(run, stop=(lambda run: 9) if run.network.activation.name == "relu" else None)

    results = results_of(read(TEXT, "network.depth=2"), diverging)
    figure = drawn(curves(results), tmp_path)
    sigmoid, relu = figure.axes[0].lines
    assert np.isfinite(sigmoid.get_ydata()).all()
    assert np.isfinite(relu.get_ydata()).tolist() == [True] * 7 + [False]
    assert "share of exact zeros" in " ".join(titles(drawn(layers(results), tmp_path)))


def test_one_condition_and_a_constant_have_their_panel(tmp_path):
    def constant(run):
        return respond(run, change=lambda run, read: read.fill(0))

    results = results_of(read(TEXT, "network.depth=2"), constant)
    figure = drawn(layers(results), tmp_path)
    assert titles(figure) == ["gradient, before training",
                              "share of exact zeros, at the end of training"]  # fmt: skip
    for ax in figure.axes[:2]:
        low, high = ax.get_ylim()
        assert low < 0 < high < 1
        first, second = ax.lines[:2]
        assert first.get_linewidth() > second.get_linewidth()  # which lies upon it


def test_where_claims_name_no_arm_few_settings_are_lines_of_one_panel():
    claims = "claims=[{measure: gradient, at: start, at_least: 0}]"
    results = results_of(read(TEXT, claims, "network.depth=2"), respond)
    figure = layers(results)
    assert titles(figure) == ["gradient, before training"]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["sigmoid", "relu"]
    figure = layers(results_of(read(TEXT, claims), respond))
    assert {t.get_text() for t in figure.legends[0].get_texts()} == {
        f"depth {depth}, {name}" for depth in (1, 4) for name in ("sigmoid", "relu")
    }
    many = results_of(read(TEXT, claims, "network.depth=[1, 2, 3, 4]"), respond)
    assert len(titles(layers(many))) == 8


@pytest.mark.parametrize("length", [3, 20, 60])
def test_the_legend_is_no_wider_than_the_figure(length, tmp_path):
    figure = PAGE.subplots(3)[0]
    handles = [legends.remark(("relu, learning rate 0.003, " * 3)[:length])] * 7
    legends.above(figure, PAGE, handles)
    save(figure, tmp_path / "figure.png")
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


def test_shallow_nets_give_way_where_panels_do_not_suffice():
    depths = list(range(1, 11))
    results = results_of(read(TEXT, f"network.depth={depths}"), respond)
    figure = layers(results)
    shown = titles(figure)
    assert len(shown) == MOST_PANELS
    assert shown[0] == "gradient, before training, depth 5"
    assert shown[-1].endswith("depth 10")
    remarks = [text.get_text() for text in figure.legends[1].get_texts()]
    assert remarks[-1] == "12 of 20 panels are shown"


def test_the_same_figures_are_the_same_bytes(tmp_path):
    results = results_of(read(TEXT, "network.depth=2", "diagnostics=[]"), respond)
    for draw in (layers, curves):
        for name in ("one.png", "two.png"):
            save(draw(results), tmp_path / name)
        assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_figures_are_registered_where_there_is_something_to_draw():
    names = {"layers.png", "diagnostics.png"}
    assert names <= DRAWINGS.keys()
    assert names <= drawings(summarise(results_of(read(TEXT), respond))).keys()
    plain = read(TEXT, "diagnostics=[]", "claims=[]")
    bare = results_of(plain, respond)
    assert not names & drawings(summarise(bare)).keys()

    def untrained(run):
        trace = respond(run)
        return Trace(trace.updates[:1], trace.values[:1], "completed", BUDGET,
                     columns=trace.columns)  # fmt: skip

    start = results_of(read(TEXT, "training.epochs=0"), untrained)
    assert drawings(summarise(start)).keys() & names == {"layers.png"}
