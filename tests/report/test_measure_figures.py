"""What the figure of claims about measures shows, read back from its axes."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.helpers import read, results_of
from analysis.test_layers import respond
from matplotlib import rcParams
from matplotlib.colors import to_hex

from experiments.analysis.summary import summarise
from experiments.nn.diagnostics import columns
from experiments.report import measure_figures, scales
from experiments.report.drawings import drawings
from experiments.report.figure_files import save
from experiments.report.measure_figures import CLAIMED, measures
from experiments.report.panels import MOST_PANELS
from experiments.report.rows import MOST_ROWS, OUTCOME_COLOURS
from experiments.report.style import applied
from experiments.study import Region

TEXT = """
    dataset: moons
    network: {activation: [sigmoid, relu], depth: [2, 4], width: 8}
    training: {learning_rate: 0.1}
    seeds: 12
    claims:
      - {higher: relu, than: sigmoid, measure: zeros}
      - {measure: gradient, at: start, over: layer, of: sigmoid, is: theory, within: 0.02}
      - {measure: train_loss, of: relu, at_most: 0.3}
      - {measure: gradient, at: start, layer: output, of: sigmoid, between: [0, 20]}
      - {measure: zeros, at: start, of: relu, is: 1, within: 0}
"""


def fixed(run):
    """Shares of zeros that differ from seed to seed and stay below one."""

    def change(run, values):
        names = columns(run.diagnostics, len(run.network.widths))
        for place, name in enumerate(names):
            if name.startswith("zeros"):
                relu = run.network.activation.name == "relu"
                values[:, place] = (0.4 if relu else 0.1) + 0.01 * run.seed * (1 + relu)

    return respond(run, change=change)


@pytest.fixture(scope="module")
def verdicts():
    return summarise(results_of(read(TEXT), fixed)).measure_verdicts


@pytest.fixture(autouse=True)
def _style():
    with applied():
        rcParams["figure.dpi"] = 30
        yield


def drawn(figure, tmp_path):
    save(figure, tmp_path / "figure.png")
    return figure


def rows_of(verdicts, number):
    return [v for v in verdicts if v.claim.number == number]


def horizontal(ax):
    """The intervals of a panel: lines from one end to the other at one height."""
    return [
        line for line in ax.lines
        if len(line.get_xdata()) == 2 and len(set(line.get_ydata())) == 1
    ]  # fmt: skip


def test_a_panel_for_each_claim_with_its_measure_in_words(verdicts, tmp_path):
    figure = drawn(measures(verdicts), tmp_path)
    shown = [ax.get_title().replace("\n", " ") for ax in figure.axes[:5]]
    arms = ["", ": sigmoid", ": relu", ": sigmoid", ": relu"]
    assert shown == [
        f"claim {number}, {rows_of(verdicts, number)[0].claim.measure.in_words}{arm}"
        for number, arm in enumerate(arms, 1)
    ]
    assert figure.axes[0].get_xlabel().replace("\n", " ") == (
        "difference of the share of exact zeros: relu \N{MINUS SIGN} sigmoid"
    )
    assert figure.axes[1].get_xlabel() == "factor of the gradient"
    assert not figure.axes[5].axison


def test_every_row_has_its_interval_in_the_colour_of_its_outcome(verdicts):
    figure = measures(verdicts)
    for ax, number in zip(figure.axes, range(1, 6), strict=False):
        rows = rows_of(verdicts, number)
        bars = horizontal(ax)
        assert len(bars) == len(rows) == 2
        left, right = ax.get_xlim()
        for place, (bar, row) in enumerate(zip(bars, rows, strict=True)):
            assert bar.get_ydata().tolist() == [place, place]
            ends = np.clip([row.estimate.low, row.estimate.high], left, right)
            np.testing.assert_allclose(bar.get_xdata(), ends)
            assert to_hex(bar.get_color()) == OUTCOME_COLOURS[row.outcome].lower()
        dots = [float(line.get_xdata()[0]) for line in ax.lines if line.get_marker() == "o"]
        assert dots == [row.estimate.estimate for row in rows]
        assert [text.get_text() for text in ax.texts] == ["depth 2", "depth 4"]


def bands(ax):
    return [
        (band.get_paths()[0].vertices[:, 0].min(), band.get_paths()[0].vertices[:, 0].max())
        for band in ax.collections
        if to_hex(band.get_facecolor()[0]) == CLAIMED
    ]


def test_what_is_claimed_is_a_band_within_the_axis(verdicts):
    figure = measures(verdicts)
    for ax, number in zip(figure.axes, range(1, 6), strict=False):
        left, right = ax.get_xlim()
        for band, row in zip(bands(ax), rows_of(verdicts, number), strict=True):
            expected = np.clip([row.region.low, row.region.high], left, right)
            assert band == pytest.approx(tuple(expected))
            for end in (row.region.low, row.region.high):
                assert not np.isfinite(end) or left < end < right
    assert bands(figure.axes[0])[0] == pytest.approx((0, figure.axes[0].get_xlim()[1]))


def test_the_tick_is_what_theory_gives(verdicts):
    figure = measures(verdicts)
    ticks = [[float(line.get_xdata()[0]) for line in ax.lines if line.get_marker() == "|"]
             for ax in figure.axes[:5]]  # fmt: skip
    assert ticks == [[], [row.theory for row in rows_of(verdicts, 2)], [], [], []]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["claimed", "theory", "estimate and interval", "supported", "refuted"]
    others = [v for v in verdicts if v.theory is None]
    legend = [text.get_text() for text in measures(others).legends[0].get_texts()]
    assert "theory" not in legend


def test_numbers_that_are_known_exactly_are_left_to_the_table(verdicts):
    row = rows_of(verdicts, 3)[0]
    claim = replace(row.claim, measure=replace(row.claim.measure, aggregate="exact"))
    assert measure_figures.measure_panels([replace(row, claim=claim)]) == []


def test_an_end_that_is_open_runs_to_the_edge(verdicts, tmp_path):
    row = rows_of(verdicts, 3)[0]
    found = replace(row.estimate, low=-np.inf, high=np.inf, bound="at least")
    figure = drawn(measures([replace(row, estimate=found, outcome="inconclusive")]), tmp_path)
    (ax,) = figure.axes
    assert tuple(horizontal(ax)[0].get_xdata()) == ax.get_xlim()
    assert [line.get_marker() for line in ax.lines if len(line.get_xdata()) == 1] == [">"]


def test_a_claim_without_any_number_has_no_panel(verdicts):
    row = rows_of(verdicts, 3)[0]
    nothing = replace(row.estimate, estimate=np.nan, low=-np.inf, high=np.inf)
    untestable = replace(row, outcome="untestable", reason="no run has such a number")
    assert measure_figures.measure_panels([untestable]) == []
    assert measure_figures.measure_panels([replace(row, estimate=nothing)]) == []
    figure = measures([row, untestable])
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[-2:] == [row.outcome, "untestable"]
    assert len(horizontal(figure.axes[0])) == 1


@pytest.mark.parametrize(
    ("ends", "over", "scale"),
    [((0.001, 1.0), "", "log"), ((0.1, 1.0), "", "linear"), ((0.1, 1.0), "layer", "log"),
     ((-0.1, 1.0), "layer", "linear"), ((0.9, 1.0), "layer", "linear")],
)  # fmt: skip
def test_the_axis_is_logarithmic_where_numbers_span_much(verdicts, ends, over, scale, tmp_path):
    row = rows_of(verdicts, 3)[0]
    low, high = ends
    claim = replace(row.claim, measure=replace(row.claim.measure, over=over))
    found = replace(row.estimate, estimate=high, low=low, high=high)
    one = replace(row, claim=claim, estimate=found, region=Region(high=high))
    assert drawn(measures([one]), tmp_path).axes[0].get_xscale() == scale


def test_a_single_number_has_room_around_it(verdicts, tmp_path):
    row = rows_of(verdicts, 4)[0]
    exact = replace(row, region=Region(0.25, 0.25))
    (ax,) = drawn(measures([exact]), tmp_path).axes
    left, right = ax.get_xlim()
    assert left < 0.25 < right
    assert any(to_hex(line.get_color()) == CLAIMED for line in ax.lines)


def test_more_than_fits_is_cut_off_and_told(verdicts):
    row = rows_of(verdicts, 4)[0]
    figure = measures([row] * (MOST_ROWS + 3))
    assert len(figure.axes[0].texts) == MOST_ROWS
    assert figure.legends[1].get_texts()[-1].get_text() == "3 verdicts more than fit"
    claims = [replace(row, claim=replace(row.claim, number=n)) for n in range(1, 15)]
    figure = measures(claims)
    assert sum(ax.axison for ax in figure.axes) == MOST_PANELS
    assert figure.legends[1].get_texts()[-1].get_text() == "2 verdicts more than fit"


def test_the_same_figure_is_the_same_bytes(verdicts, tmp_path):
    for name in ("one.png", "two.png"):
        save(measures(verdicts), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_it_is_registered_where_there_is_something_to_draw():
    assert "measures.png" in drawings(summarise(results_of(read(TEXT), fixed)))
    race = "claims=[{faster: relu, than: sigmoid, to: {train_loss: 0.5}}]"
    found = drawings(summarise(results_of(read(TEXT, race), respond)))
    assert "measures.png" not in found
    assert "verdicts.png" in found


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.25, "\N{MINUS SIGN}0.25"), (12_345, "12,345"), (1e-5, "10⁻⁵"),
     (2e-9, "2·10⁻⁹"), (123456789, "1.23457·10⁸"), (1e5, "10⁵"),
     (-1e-5, "\N{MINUS SIGN}1·10⁻⁵")],
)  # fmt: skip
def test_ticks_are_short(value, text):
    assert scales.tick(value) == text
