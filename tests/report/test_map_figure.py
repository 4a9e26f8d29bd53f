"""What the map of a claim shows, read back from its axes."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.helpers import arriving, read, results_of
from matplotlib import rcParams
from matplotlib.colors import to_rgba

from experiments.analysis.map_counts import mapped
from experiments.analysis.summary import summarise
from experiments.report import map_figure
from experiments.report.drawings import drawings
from experiments.report.figure_files import save
from experiments.report.map_figure import _COLOURS, _NOTHING, WIDEST, ratio_map
from experiments.report.style import applied

TEXT = """
    dataset: [moons, circles]
    network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}
    training: {learning_rate: 0.1}
    protocol: [own_rate, shared_rate]
    seeds: 12
    claims:
      - {faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
"""


def respond(run):
    """ReLU is 2, 4 or about as fast; on circles no run of tanh with 3 layers arrives."""
    layers = len(run.network.widths)
    if run.network.activation.name == "relu":
        return arriving(8.0 * 1.01**run.seed)
    if layers == 3 and run.data.name == "circles":
        return arriving(1e6)
    slower = {1: 2.0, 2: 4.0, 3: 1.1 if run.seed % 2 else 0.9}[layers]
    return arriving(8.0 * slower * 1.01**run.seed)


@pytest.fixture(scope="module")
def summary():
    study = read(TEXT.replace("learning_rate: 0.1", "epochs: 1") + "    tuning: {from: 0.1, "
                 "to: 0.2, extensions: 0, seeds: 1}\n")  # fmt: skip
    return summarise(results_of(study, respond))


@pytest.fixture(autouse=True)
def _style():
    with applied():
        rcParams["figure.dpi"] = 30
        yield


def drawn(figure, tmp_path):
    save(figure, tmp_path / "figure.png")
    return figure


def cells_of(ax):
    """Return each cell's patch and text by the place of its centre, (column, row)."""
    patches = {}
    for patch in ax.patches:
        x, y = patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2
        patches[round(x), round(y)] = patch
    texts = {tuple(t.xy): t for t in ax.texts if t.xy[1] >= 0}
    return {place: (patches[place], texts[place]) for place in patches}


def test_rows_are_conditions_and_columns_protocols_and_targets(summary, tmp_path):
    figure = drawn(ratio_map(mapped(summary.verdicts)[0]), tmp_path)
    ax, bar = figure.axes
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        f"dataset {name}, depth {depth}" for name in ("moons", "circles") for depth in (1, 2, 3)
    ]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0.8", "0.5", "0.8", "0.5"]
    assert [t.get_text() for t in ax.texts if t.xy[1] < 0] == [
        "each at its best rate", "one rate for both",
    ]  # fmt: skip
    assert ax.get_xlabel() == "target: training loss"
    assert bar.get_ylabel() == "updates of tanh / updates of relu"
    assert [t.get_text() for t in bar.get_yticklabels()] == [
        "1/8", "1/4", "1/2", "1", "2", "4", "8",
    ]  # fmt: skip
    separators = [line for line in ax.lines if len(set(line.get_ydata())) == 1]
    assert [line.get_ydata()[0] for line in separators] == [2.5]


def test_each_cell_has_its_ratio_and_its_colour(summary):
    (cells,) = mapped(summary.verdicts)
    ax = ratio_map(cells).axes[0]
    rows = {text.get_text(): y for y, text in enumerate(ax.get_yticklabels())}
    columns = [("own_rate", 0.8), ("own_rate", 0.5), ("shared_rate", 0.8), ("shared_rate", 0.5)]
    found = cells_of(ax)
    assert len(found) == len(cells) == 24
    for cell in cells:
        at = dict(cell.condition)
        place = (columns.index((at["protocol"], cell.target)),
                 rows[f"dataset {at['dataset']}, depth {at['depth']}"])  # fmt: skip
        patch, text = found[place]
        assert (text.get_style() == "italic") is (cell.outcome == "inconclusive")
        assert (patch.get_width() < 1) is (cell.outcome == "inconclusive")
        sign = {"": "", "at least": "≥", "at most": "≤"}[cell.ratio.bound]
        assert text.get_text().startswith(sign)
        assert float(text.get_text()[len(sign) :]) == pytest.approx(cell.ratio.estimate, rel=0.05)
        power = np.clip(np.log2(cell.ratio.estimate), -WIDEST, WIDEST)
        expected = _COLOURS((power + WIDEST) / (2 * WIDEST))
        assert patch.get_facecolor() == pytest.approx(expected)
    assert {cell.outcome for cell in cells} >= {"supported", "inconclusive"}
    assert any(cell.ratio.bound == "at least" for cell in cells)


@pytest.mark.parametrize(
    ("estimate", "outcome", "text", "shade"),
    [(np.nan, "inconclusive", "?", None), (2.0, "untestable", "–", None),
     (100.0, "supported", "100", 1.0), (0.0, "refuted", "0", 0.0), (1.0, "refuted", "1.0", 0.5)],
)  # fmt: skip
def test_the_ends_of_the_scale_and_what_has_no_number(
    summary, estimate, outcome, text, shade, tmp_path
):
    (cells,) = mapped(summary.verdicts)
    first = replace(cells[0], outcome=outcome,
                    ratio=replace(cells[0].ratio, estimate=estimate))  # fmt: skip
    ax = drawn(ratio_map([first, *cells[1:]]), tmp_path).axes[0]
    patch, written = cells_of(ax)[0, 0]
    assert written.get_text() == text
    expected = to_rgba(_NOTHING) if shade is None else _COLOURS(shade)
    assert patch.get_facecolor() == pytest.approx(expected)


def test_a_single_condition_and_protocol(summary, tmp_path):
    first = mapped(summary.verdicts)[0][0]
    alone = [replace(first, condition=(), target=float(t)) for t in range(1, 13)]
    figure = drawn(ratio_map(alone), tmp_path)
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["all"]
    assert len(ax.get_xticks()) == 12
    assert len(ax.patches) == 12


def test_more_cells_than_fit_are_left_out_and_told(summary):
    first = mapped(summary.verdicts)[0][0]
    count = map_figure.MOST_CONDITIONS + 2
    many = [replace(first, condition=(("width", str(n)),)) for n in range(count)]
    figure = ratio_map(many)
    assert len(figure.axes[0].patches) == map_figure.MOST_CONDITIONS
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[-1] == "2 cells more than fit"


def test_the_same_map_is_the_same_bytes(summary, tmp_path):
    for name in ("one.png", "two.png"):
        save(ratio_map(mapped(summary.verdicts)[0]), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_it_is_registered_from_enough_comparisons_on(summary):
    assert "map.png" in drawings(summary)
    few = read(TEXT, "protocol=own_rate", "dataset=moons", "network.depth=2")
    found = drawings(summarise(results_of(few, respond)))
    assert "map.png" not in found
