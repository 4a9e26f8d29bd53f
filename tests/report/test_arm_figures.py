"""What the figures of all arms show, read back from the axes."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.helpers import BUDGET, arriving, read, results_of
from matplotlib.colors import to_hex

from experiments.analysis.ranking import profiles, rankings
from experiments.analysis.survival import reach_curves
from experiments.report import arm_figures, style
from experiments.report.style import applied, save

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh, sigmoid], depth: [1, 2], width: 8}
    training: {learning_rate: 0.1}
    seeds: 6
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""
NAMES = ["relu", "tanh", "sigmoid"]


def respond(run):
    base = {"relu": 8.0, "tanh": 24.0, "sigmoid": 4 * BUDGET}[run.network.activation.name]
    return arriving(base * 1.05**run.seed)


@pytest.fixture(scope="module")
def results():
    return results_of(read(TEXT), respond)


@pytest.fixture(autouse=True)
def _style():
    with applied():
        yield


def legends(figure):
    return [[text.get_text() for text in legend.get_texts()] for legend in figure.legends]


def drawn(figure, tmp_path):
    """Draw it, so that whatever warns does so here."""
    save(figure, tmp_path / "figure.png")
    return figure


def test_every_arm_and_target_has_its_curve(results, tmp_path):
    curves = reach_curves(results)
    figure = drawn(arm_figures.reach_curves(results.study, curves), tmp_path)
    assert [ax.get_title() for ax in figure.axes] == ["depth 1", "depth 2"]
    arms, targets = legends(figure)
    assert arms == NAMES
    assert targets == ["training loss 0.8", "training loss 0.5", "95 % interval"]
    for ax in figure.axes:
        depth = ax.get_title().split()[-1]
        expected = [c for c in curves if dict(c.setting.setting.labels)["depth"] == depth]
        looks = {(to_hex(line.get_color()), str(line.get_linestyle())) for line in ax.lines}
        assert len(looks) >= len(expected) / 2
        assert len(ax.lines) == len(expected) == 6
        shares = sorted(line.get_ydata().tolist() for line in ax.lines)
        assert shares == sorted(curve.share.tolist() for curve in expected)
        left, right = ax.get_xlim()
        assert 0 < left < min(c.updates[1] for c in expected)
        assert right == BUDGET
        assert ax.get_xscale() == "log"


def test_of_many_targets_some_are_shown_with_the_first_and_the_last(results):
    levels = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    study = read(TEXT, f"claims=[{{faster: relu, than: tanh, to: {{train_loss: {levels}}}}}]")
    results = results_of(study, respond)
    figure = arm_figures.reach_curves(study, reach_curves(results))
    shown = legends(figure)[1][:-1]
    assert len(shown) == arm_figures.MOST_TARGETS
    assert (shown[0], shown[-1]) == ("training loss 0.9", "training loss 0.4")


def test_where_no_run_arrives_the_curves_are_drawn_all_the_same(tmp_path):
    results = results_of(read(TEXT), lambda run: arriving(1e6))
    study = results.study
    figure = drawn(arm_figures.reach_curves(study, reach_curves(results)), tmp_path)
    assert all((line.get_ydata() == 0).all() for ax in figure.axes for line in ax.lines)
    figure = drawn(arm_figures.ranks(study, rankings(results)), tmp_path)
    assert markers(figure.axes[0], 0) == [pytest.approx(2)] * 3
    found = profiles(results, np.random.default_rng(0))
    figure = drawn(arm_figures.profiles(study, found), tmp_path)
    assert all((line.get_ydata() == 0).all() for line in figure.axes[0].lines)


def markers(ax, place):
    """Where the markers of a row stand, from left to right."""
    return sorted(
        float(line.get_xdata()[0])
        for line in ax.lines
        if len(line.get_xdata()) == 1 and place - 0.5 < line.get_ydata()[0] < place + 0.01
    )


def test_every_race_has_its_row_its_ranks_and_its_groups(results, tmp_path):
    found = rankings(results)
    figure = drawn(arm_figures.ranks(results.study, found), tmp_path)
    (ax,) = figure.axes
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == [f"depth {d}, training loss {t}" for d in (1, 2) for t in (0.8, 0.5)]
    for place, row in enumerate(found):
        assert markers(ax, place) == pytest.approx(sorted(row.ranks))
        bars = [
            line.get_xdata()
            for line in ax.lines
            if len(line.get_xdata()) == 2 and place + 0.05 < line.get_ydata()[0] < place + 0.9
        ]
        assert len(bars) == len(row.groups)
        for (left, right), group in zip(bars, row.groups, strict=True):
            inside = [arm for arm, rank in enumerate(row.ranks) if left <= rank <= right]
            assert set(group) <= set(inside)
    assert legends(figure) == [[*NAMES, "not told apart"]]
    assert f"critical difference {found[0].critical_difference:.2f}" in [
        text.get_text() for text in ax.texts
    ]


def test_where_critical_differences_differ_each_row_has_its_own(results, tmp_path):
    found = rankings(results)[:2]
    found[1] = replace(found[1], critical_difference=0.5)
    figure = drawn(arm_figures.ranks(results.study, found), tmp_path)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert len(texts) == 2
    assert texts[1] == "critical difference 0.50"


def test_more_rankings_than_fit_are_cut_off_not_squeezed(results):
    figure = arm_figures.ranks(results.study, rankings(results) * 9)
    assert len(figure.axes[0].get_yticks()) == arm_figures.MOST_RANKINGS


def test_each_arm_has_its_profile_in_its_colour(results, tmp_path):
    found = profiles(results, np.random.default_rng(0))
    figure = drawn(arm_figures.profiles(results.study, found), tmp_path)
    (ax,) = figure.axes
    ((_, profile),) = found
    assert legends(figure) == [NAMES]
    for number, (line, share) in enumerate(zip(ax.lines, profile.share, strict=True)):
        np.testing.assert_array_equal(line.get_xdata(), profile.factors)
        np.testing.assert_array_equal(line.get_ydata(), share)
        assert to_hex(line.get_color()) == style.colour(number).lower()
    assert "24 cells" in ax.get_ylabel()


def test_every_protocol_has_a_panel_of_profiles(results, tmp_path):
    ((_, profile),) = profiles(results, np.random.default_rng(0))
    pairs = [(("protocol", name),) for name in ("shared_rate", "own_rate")]
    figure = arm_figures.profiles(results.study, [(pair, profile) for pair in pairs])
    assert [ax.get_title() for ax in drawn(figure, tmp_path).axes] == [
        "one rate for both", "each at its best rate",
    ]  # fmt: skip


def test_the_same_figure_is_the_same_bytes(results, tmp_path):
    for name in ("one.png", "two.png"):
        found = profiles(results, np.random.default_rng(3))
        save(arm_figures.profiles(results.study, found), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
