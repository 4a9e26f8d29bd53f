"""Sixteen arms, more than there are colours, are told apart in every figure that draws them."""

import numpy as np
import pytest
from analysis.helpers import arriving, read, results_of
from matplotlib import rcParams
from matplotlib.colors import to_hex

from experiments.analysis.ranking import profiles, rankings
from experiments.analysis.summaries import curves, reaches
from experiments.analysis.survival import reach_curves
from experiments.report import (
    arrival_figures,
    loss_figure,
    profile_figure,
    rank_figure,
    reach_figure,
)
from experiments.report.looks_of_arms import COLOURS
from experiments.report.style import applied

NAMES = """relu, tanh, sigmoid, leaky_relu, elu, selu, gelu, silu, mish, softplus, softsign,
    hard_tanh, hard_swish, squared_relu, scaled_tanh, sine"""
ARMS = NAMES.replace(",", "").split()
TEXT = f"""
    dataset: moons
    network: {{activation: [{NAMES}], width: 8}}
    training: {{learning_rate: 0.1}}
    seeds: 6
    claims: [{{faster: relu, than: tanh, to: {{train_loss: [0.8, 0.5]}}}}]
"""


@pytest.fixture(scope="module")
def results():
    def respond(run):
        return arriving(8.0 * 1.2 ** ARMS.index(run.network.activation.name) * 1.05**run.seed)

    return results_of(read(TEXT), respond)


@pytest.fixture(autouse=True)
def _style():
    with applied():
        rcParams["figure.dpi"] = 50
        yield


def loss_curves(results):
    return loss_figure.loss_curves(results.study, curves(results), "train_loss")


def arrivals(results):
    return reach_figure.reach_curves(results.study, reach_curves(results))


def of_profiles(results):
    found = profiles(results, np.random.default_rng(0))
    return profile_figure.profiles(results.study, found)


def updates(results):
    return arrival_figures.updates_to_target(results.study, reaches(results))


def of_ranks(results):
    return rank_figure.ranks(results.study, rankings(results))


def look(line):
    return to_hex(line.get_color()), str(line._unscaled_dash_pattern), str(line.get_marker())


@pytest.mark.parametrize("draw", [loss_curves, arrivals, of_profiles, updates, of_ranks])
def test_every_arm_has_a_look_of_its_own_which_the_legend_tells(results, draw):
    figure = draw(results)
    handles = {
        text.get_text(): look(handle)
        for text, handle in zip(
            figure.legends[0].get_texts(),
            figure.legends[0].legend_handles,
            strict=True,
        )
        if text.get_text() in ARMS
    }
    assert list(handles) == ARMS
    assert len(set(handles.values())) == len(ARMS) > len(COLOURS)
    if draw in (loss_curves, arrivals, of_profiles):
        for ax in figure.axes:
            drawn = [look(line)[:2] for line in ax.lines if len(line.get_xdata()) > 2]
            assert drawn == [told[:2] for told in handles.values()]
