"""What the figure of the functions shows, read back from its axes."""

import numpy as np
import pytest
from analysis.helpers import arriving, read, results_of
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from experiments.analysis.summary import summarise
from experiments.nn.activations import ACTIVATIONS
from experiments.parameters import Choice
from experiments.report import gallery
from experiments.report.drawings import drawings
from experiments.report.figure_files import save
from experiments.report.looks_of_arms import COLOURS
from experiments.report.style import applied

CHOICES = [Choice.of(name, ACTIVATIONS) for name in ACTIVATIONS]
TEXT = """
    dataset: moons
    network: {activation: [tanh, {name: leaky_relu, slope: [0.1, 0.2]}], depth: [1, 2], width: 8}
    training: {learning_rate: 0.1}
    seeds: 1
    diagnostics: [peak_slope]
"""


@pytest.fixture(autouse=True)
def _style():
    with applied():
        rcParams["figure.dpi"] = 30
        yield


def panel(name, **parameters):
    (ax,) = gallery.functions([Choice.of(name, ACTIVATIONS, **parameters)]).axes
    return ax


def shaded(ax, colour):
    return [
        (patch.get_x(), patch.get_x() + patch.get_width())
        for patch in ax.patches
        if to_hex(patch.get_facecolor()) == colour
    ]


@pytest.mark.parametrize(
    ("name", "function", "slope"),
    [
        ("sigmoid", lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
        ("tanh", np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        ("relu", lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
        ("step", lambda z: np.where(z > 0, 1.0, 0.0), lambda z: 0 * z),
        ("straight_through_step", lambda z: np.where(z > 0, 1.0, 0.0), lambda z: 0 * z + 1),
        ("linear", lambda z: z, lambda z: 0 * z + 1),
    ],
)
def test_the_function_is_solid_and_its_slope_dashed(name, function, slope):
    solid, dashed = panel(name).lines
    assert (solid.is_dashed(), dashed.is_dashed()) == (False, True)
    for line, formula in ((solid, function), (dashed, slope)):
        z, y = (np.asarray(values, dtype=float) for values in line.get_data())
        there = np.isfinite(y)
        assert there.sum() >= len(y) - 1
        np.testing.assert_allclose(y[there], formula(z[there]), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "steep", "saturated"),
    [
        ("sigmoid", [(-2, 2)], [(-6, -4.36), (4.36, 6)]),  # 4 p (1 - p) = 0.05
        ("tanh", [(-1, 1)], [(-6, -2.18), (2.18, 6)]),
        ("relu", [], [(-6, 0)]),
        ("leaky_relu", [], [(-6, 0)]),
        ("linear", [], []),
        ("step", [], []),
        ("straight_through_step", [], []),
        ("softmax", [], []),
        ("hard_tanh", [(-1, 1)], [(-6, -1), (1, 6)]),
        ("relu6", [], [(-6, 0)]),
        ("squared_relu", [], []),  # no slope is the steepest
        ("softplus", [], [(-6, -2.94)]),  # log(0.05 / 0.95)
        ("elu", [], [(-6, -3.0)]),  # log 0.05
        ("sine", [], [(k * np.pi / 2 - 0.05, k * np.pi / 2 + 0.05) for k in (-3, -1, 1, 3)]),
    ],
)
def test_what_is_steep_and_what_is_saturated_is_shaded(name, steep, saturated):
    ax = panel(name)
    for colour, expected in (
        (gallery._STEEP_COLOUR, steep),
        (gallery._SATURATED_COLOUR, saturated),
    ):
        found = shaded(ax, colour)
        assert len(found) == len(expected)
        for stretch, ends in zip(found, expected, strict=True):
            assert stretch == pytest.approx(ends, abs=0.02)


def test_softmax_shows_three_units_that_sum_to_one():
    ax = panel("softmax")
    outputs = np.array([line.get_ydata() for line in ax.lines])
    assert len(outputs) == 3
    np.testing.assert_allclose(outputs.sum(axis=0), 1)
    z = ax.lines[0].get_xdata()
    np.testing.assert_allclose(outputs[0], np.exp(z) / (np.exp(z) + 1 + np.e))
    assert not any(line.is_dashed() for line in ax.lines)
    assert "no slope" in ax.get_title().replace("\n", " ")


def test_every_function_has_its_panel_on_one_scale(tmp_path):
    figure = gallery.functions(CHOICES)
    save(figure, tmp_path / "one.png")
    shown = [ax for ax in figure.axes if ax.axison]
    assert len(shown) == len(CHOICES)
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in shown}) == 1
    for ax, choice in zip(shown, CHOICES, strict=True):
        row = ACTIVATIONS[choice.name]
        assert ax.get_title().replace("\n", " ").startswith(row.label)
        told = [text.get_text().replace("\n", " ") for text in ax.texts]
        assert f"f = {row.formula}" in told
        assert to_hex(ax.lines[0].get_color()) == COLOURS[0].lower()
        assert ("stands in" in ax.get_title().replace("\n", " ")) == row.surrogate
    save(gallery.functions(CHOICES), tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_nothing_that_is_written_covers_what_else_is_written():
    figure = gallery.functions(CHOICES)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)

    def boxes(artists):
        return [artist.get_window_extent(renderer) for artist in artists]

    shown = [ax for ax in figure.axes if ax.axison]
    titles, panels = boxes(ax.title for ax in shown), boxes(ax.patch for ax in shown)
    written = [*titles, *panels, *boxes(ax.xaxis.label for ax in shown)]
    for number, one in enumerate(written):
        for other in written[number + 1 :]:
            assert not one.padded(-0.5).overlaps(other.padded(-0.5))
    for ax, panel_box in zip(shown, panels, strict=True):
        for text in boxes(ax.texts):
            assert text.x0 >= panel_box.x0 - 1
            assert text.x1 <= panel_box.x1 + 1


def test_a_few_functions_are_drawn_large_and_many_four_in_a_row():
    few, many = gallery.functions(CHOICES[:6]), gallery.functions(CHOICES)
    for figure, columns in ((few, 3), (many, 4)):
        assert len({ax.get_subplotspec().colspan.start for ax in figure.axes}) == columns
    assert few.get_figwidth() == pytest.approx(many.get_figwidth(), rel=0.01)


def test_parameters_are_in_the_title():
    assert panel("leaky_relu", slope=0.2).get_title() == "leaky ReLU, slope 0.2"


def test_each_function_is_shown_once_and_only_where_functions_are_probed():
    study = read(TEXT)
    found = gallery.shown_functions(study)
    assert [(c.name, c.arguments.get("slope")) for c in found] == [
        ("tanh", None), ("leaky_relu", 0.1), ("leaky_relu", 0.2),
    ]  # fmt: skip
    assert gallery.shown_functions(read(TEXT, "diagnostics=[gradient]")) == []
    slopes = [round(0.01 * n, 2) for n in range(1, 60)]
    many = read(TEXT, f"network.activation={{name: leaky_relu, slope: {slopes}}}")
    assert len(gallery.shown_functions(many)) == gallery.MOST_FUNCTIONS


def test_it_is_registered_where_functions_are_probed():
    for text, there in ((TEXT, True), (TEXT.replace("peak_slope", "gradient"), False)):
        summary = summarise(results_of(read(text), lambda run: arriving(8.0)))
        assert ("functions.png" in drawings(summary)) is there
