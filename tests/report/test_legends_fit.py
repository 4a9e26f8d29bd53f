"""No legend and no title is cut off, whatever a study draws and whatever it is drawn for."""

from dataclasses import replace

import pytest
from analysis.helpers import BUDGET, arriving, read, results_of
from analysis.test_layers import respond as diagnosed
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg

from experiments.analysis.summary import summarise
from experiments.report.drawings import DRAWINGS, drawings
from experiments.report.sheets import COLUMN, PAGE
from experiments.report.style import applied

pytestmark = pytest.mark.slow


SIXTEEN = """relu, tanh, sigmoid, {name: leaky_relu, slope: 0.01}, {name: leaky_relu, slope: 0.125},
    elu, selu, gelu, silu, mish, softplus, softsign, hard_tanh, hard_swish, squared_relu, sine"""

FEW = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: tuned}
    tuning: {from: 0.25, to: 0.5, seeds: 1, extensions: 0}
    seeds: 6
    claims: [{faster: relu, than: tanh, by: 6, to: {train_loss: [0.8, 0.5]}}]
"""
MANY = FEW.replace("relu, tanh]", f"{SIXTEEN}]").replace("width: 8", "width: 8, depth: [1, 2]")
COMPOUND = """
    dataset: moons
    network: {activation: [relu, tanh, sigmoid, elu], width: [8, 16, 32, 64]}
    training: {optimizer: [sgd, adam], learning_rate: 0.1}
    seeds: 12
    claims:
      - {higher: {activation: relu, width: 8}, than: {activation: tanh, width: 64},
         measure: train_loss}
"""
MAP = FEW.replace("dataset: moons", "dataset: [moons, circles, spirals]").replace(
    "width: 8", "width: [8, 16], depth: [1, 2]"
)
READ = """
    dataset: moons
    network: {activation: [sigmoid, relu], depth: [1, 4], width: 8}
    training: {learning_rate: 0.1}
    seeds: 6
    diagnostics: [gradient, calibration_error, peak_slope]
    claims:
      - {higher: relu, than: sigmoid, measure: zeros}
      - {measure: gradient, at: start, of: sigmoid, at_least: 0}
"""
ALONE = FEW.replace("[relu, tanh]", "relu").partition("claims")[0] + "claims: []\n"


def timed(run):
    names = ("relu", "tanh", "sigmoid", "elu", "gelu")
    slower = names.index(run.network.activation.name) if run.network.activation.name in names else 5
    return arriving(8.0 * 2.0**slower * 1.05**run.seed if run.seed else 4 * BUDGET)


STUDIES = {
    "few": (FEW, timed), "many": (MANY, timed), "compound": (COMPOUND, timed), "map": (MAP, timed),
    "read": (READ, diagnosed), "alone": (ALONE, timed),
}  # fmt: skip


@pytest.fixture(scope="module")
def summaries():
    return {name: summarise(results_of(read(text), of)) for name, (text, of) in STUDIES.items()}


def test_all_drawings_are_among_them(summaries):
    assert {name for summary in summaries.values() for name in drawings(summary)} == set(DRAWINGS)


@pytest.mark.parametrize("sheet", [PAGE, COLUMN], ids=lambda sheet: sheet.name)
@pytest.mark.parametrize("name", STUDIES)
def test_legends_and_titles_lie_inside_of_the_figure(summaries, name, sheet):
    headed = replace(sheet, heading="moons, circles, fashion_mnist_mini, csv measured.csv, 6 seeds")
    for file, draw in drawings(summaries[name]).items():
        with applied(sheet):
            rcParams["figure.dpi"] = 72
            figure = draw(sheet=headed)
            renderer = FigureCanvasAgg(figure).get_renderer()
            figure.draw(renderer)
        assert figure.legends, file
        assert figure.get_figwidth() == sheet.width
        titles = [ax.title for ax in figure.axes if ax.get_title()]
        for artist in (*figure.legends, *titles):
            box = artist.get_window_extent(renderer)
            assert box.x0 >= -1, (file, artist)
            assert box.x1 <= figure.bbox.width + 1, (file, artist)
            assert box.y0 >= -1, (file, artist)
            assert box.y1 <= figure.bbox.height + 1, (file, artist)
        for ax in figure.axes:
            labels = (ax.xaxis.label, ax.yaxis.label)
            for label in (text for text in labels if text.get_text()):
                box = label.get_window_extent(renderer)
                assert box.x0 >= -1, (file, label)
                assert box.x1 <= figure.bbox.width + 1, (file, label)
                assert box.y1 <= figure.bbox.height + 1, (file, label)
            if ax.get_label() != "<colorbar>":
                assert ax.get_window_extent(renderer).width > 0.5 * figure.dpi, file


@pytest.mark.parametrize("name", STUDIES)
def test_the_heading_stands_once_above_every_figure(summaries, name):
    for file, draw in drawings(summaries[name]).items():
        with applied():
            figure = draw(sheet=replace(PAGE, heading="moons, 6 seeds"))
        found = [legend.get_title().get_text() for legend in figure.legends]
        found += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
        assert found.count("moons, 6 seeds") == 1, file
