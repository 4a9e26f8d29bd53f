"""What the figures of all arms show, read back from the axes."""

import re
from dataclasses import replace

import numpy as np
import pytest
from analysis.helpers import BUDGET, arriving, read, results_of
from matplotlib.colors import to_hex

from experiments.analysis.ranking import profiles, rankings
from experiments.analysis.survival import reach_curves
from experiments.report import panels
from experiments.report.figure_files import save
from experiments.report.looks_of_arms import look
from experiments.report.profile_figure import profiles as profile_figure
from experiments.report.rank_figure import MOST_RANKINGS
from experiments.report.rank_figure import ranks as rank_figure
from experiments.report.reach_figure import reach_curves as reach_figure
from experiments.report.style import applied

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


def test_every_target_of_every_condition_has_its_panel_and_every_arm_its_curve(results, tmp_path):
    curves = reach_curves(results)
    figure = drawn(reach_figure(results.study, curves), tmp_path)
    titles = [ax.get_title().replace("\n", " ") for ax in figure.axes]
    assert titles == [f"depth {d}, training loss {t}" for d in (1, 2) for t in (0.8, 0.5)]
    arms, rest = legends(figure)
    assert arms == NAMES
    assert rest == ["95 % interval"]
    for ax, title in zip(figure.axes, titles, strict=True):
        depth, target = re.findall(r"[0-9.]+", title)
        expected = [
            c for c in curves
            if dict(c.setting.setting.labels)["depth"] == depth and c.target == float(target)
        ]  # fmt: skip
        assert len(ax.lines) == len(expected) == 3
        for line, curve in zip(ax.lines, expected, strict=True):
            assert line.get_ydata().tolist() == curve.share.tolist()
        left, right = ax.get_xlim()
        assert 0 < left < min(c.updates[1] for c in curves)
        assert right == BUDGET
        assert ax.get_xscale() == "log"


def test_of_more_targets_than_fit_the_first_and_the_last_are_shown(results):
    levels = [round(0.3 + 0.01 * n, 2) for n in range(40)]
    study = read(TEXT, f"claims=[{{faster: relu, than: tanh, to: {{train_loss: {levels}}}}}]")
    results = results_of(study, respond)
    figure = reach_figure(study, reach_curves(results))
    titles = [ax.get_title().replace("\n", " ") for ax in figure.axes if ax.get_title()]
    assert len(titles) == panels.MOST_BY_TARGET
    assert {titles[0][-4:], titles[-1][-4:]} == {"0.69", " 0.3"}
    assert legends(figure)[1][-1] == "24 of 80 panels are shown"


def test_where_no_run_arrives_the_curves_are_drawn_all_the_same(tmp_path):
    results = results_of(read(TEXT), lambda run: arriving(1e6))
    study = results.study
    figure = drawn(reach_figure(study, reach_curves(results)), tmp_path)
    assert all((line.get_ydata() == 0).all() for ax in figure.axes for line in ax.lines)
    figure = drawn(rank_figure(study, rankings(results)), tmp_path)
    (place, *_) = places(figure.axes[0])
    assert markers(figure.axes[0], place) == [pytest.approx(2)] * 3
    found = profiles(results, np.random.default_rng(0))
    figure = drawn(profile_figure(study, found), tmp_path)
    assert all((line.get_ydata() == 0).all() for line in figure.axes[0].lines)


def markers(ax, place):
    """Where the markers of a row stand, from left to right."""
    return sorted(
        float(line.get_xdata()[0])
        for line in ax.lines
        if len(line.get_xdata()) == 1 and place - 0.35 < line.get_ydata()[0] < place + 0.01
    )


def places(ax):
    """The names of the rows by where they lie."""
    return {text.xy[1]: text.get_text() for text in ax.texts if "critical" not in text.get_text()}


def test_every_target_has_its_panel_and_every_condition_its_row_and_groups(results, tmp_path):
    found = rankings(results)
    figure = drawn(rank_figure(results.study, found), tmp_path)
    assert [ax.get_title() for ax in figure.axes] == ["training loss 0.8", "training loss 0.5"]
    for ax, target in zip(figure.axes, (0.8, 0.5), strict=True):
        rows = [row for row in found if row.contest.target == target]
        assert list(places(ax).values()) == ["depth 1", "depth 2"]
        for place, row in zip(places(ax), rows, strict=True):
            assert markers(ax, place) == pytest.approx(sorted(row.ranks))
            bars = [
                line.get_xdata()
                for line in ax.lines
                if len(line.get_xdata()) == 2 and place + 0.05 < line.get_ydata()[0] < place + 0.3
            ]
            assert len(bars) == len(row.groups)
            for (left, right), group in zip(bars, row.groups, strict=True):
                inside = [arm for arm, rank in enumerate(row.ranks) if left <= rank <= right]
                assert set(group) <= set(inside)
        assert f"critical difference {found[0].critical_difference:.2f}" in [
            text.get_text() for text in ax.texts
        ]
    assert legends(figure) == [[*NAMES, "not told apart"]]


def test_where_critical_differences_differ_each_row_has_its_own(results, tmp_path):
    found = rankings(results)[:2]
    found[1] = replace(found[1], critical_difference=0.5)
    figure = drawn(rank_figure(results.study, found), tmp_path)
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert [text for text in texts if text.startswith("critical")] == [
        f"critical difference {found[0].critical_difference:.2f}", "critical difference 0.50",
    ]  # fmt: skip


def test_more_rankings_than_fit_are_left_out_and_told(results):
    (row, *_) = rankings(results)
    many = [
        replace(row, contest=replace(row.contest, target=float(number))) for number in range(30)
    ]
    figure = rank_figure(results.study, many)
    shown = [ax for ax in figure.axes if ax.get_title()]
    assert len(shown) == panels.MOST_PANELS < MOST_RANKINGS
    assert legends(figure)[0][-1] == "18 rankings more than fit"


def test_each_arm_has_its_profile_in_its_colour(results, tmp_path):
    found = profiles(results, np.random.default_rng(0))
    figure = drawn(profile_figure(results.study, found), tmp_path)
    (ax,) = figure.axes
    ((_, profile),) = found
    assert legends(figure) == [NAMES]
    looks = look(results.study)
    for name, line, share in zip(NAMES, ax.lines, profile.share, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), profile.factors)
        np.testing.assert_array_equal(line.get_ydata(), share)
        assert to_hex(line.get_color()) == looks[name].colour.lower()
    assert "24 cells" in ax.get_ylabel()


def test_every_protocol_has_a_panel_of_profiles(results, tmp_path):
    ((_, profile),) = profiles(results, np.random.default_rng(0))
    pairs = [(("protocol", name),) for name in ("shared_rate", "own_rate")]
    figure = profile_figure(results.study, [(pair, profile) for pair in pairs])
    assert [ax.get_title() for ax in drawn(figure, tmp_path).axes] == [
        "one rate for both", "each at its best rate",
    ]  # fmt: skip


def test_the_same_figure_is_the_same_bytes(results, tmp_path):
    for name in ("one.png", "two.png"):
        found = profiles(results, np.random.default_rng(3))
        save(profile_figure(results.study, found), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
