"""Claims name arms by a value of an axis, as it is written or by its label."""

import pytest

from .helpers import read

TEXT = """
dataset: moons
network:
  depth: [1, 2]
  width: [8, 8-8]
  activation: [relu, {name: leaky_relu, slope: [0.1, 0.2]}, {name: tanh, label: ours}]
  init: [matched, he]
training: {learning_rate: [tuned, 0.05]}
claims: [{faster: %s, than: %s, to: {%s}}]
"""
TEXT = TEXT.replace("  depth: [1, 2]\n", "")  # a width for each layer sets the depth


@pytest.mark.parametrize(
    ("faster", "than", "pairs"),
    [
        ("relu", "ours", [("activation", "relu"), ("activation", "ours")]),
        ("tanh", "relu", [("activation", "ours"), ("activation", "relu")]),
        (
            "{name: leaky_relu, slope: 0.1}",
            "leaky_relu(slope=0.2)",
            [("activation", "leaky_relu(slope=0.1)"), ("activation", "leaky_relu(slope=0.2)")],
        ),
        ("8", "8-8", [("width", "8"), ("width", "8-8")]),
        ("tuned", "5e-2", [("learning_rate", "tuned"), ("learning_rate", "0.05")]),
        ("he", "{init: matched}", [("init", "he"), ("init", "matched")]),
    ],
)
def test_arms(faster, than, pairs):
    (claim,) = read(TEXT % (faster, than, "train_loss: 0.5")).claims
    assert [*claim.faster, *claim.than] == pairs


def test_arms_of_several_axes_are_in_the_grid_s_order():
    arms = ("{init: he, activation: relu}", "{activation: tanh, init: matched}")
    (claim,) = read(TEXT % (*arms, "test_accuracy: [0.9, 1]")).claims
    assert claim.faster == (("activation", "relu"), ("init", "he"))
    assert claim.than == (("activation", "ours"), ("init", "matched"))
    assert claim.targets == (0.9, 1.0)
    assert claim.says == (
        "relu, init he reaches a test accuracy of 0.9 and 1 in fewer updates than ours, "
        "init matched"
    )


def test_generated_words():
    text = TEXT % ("8", "8-8", "train_loss: [0.6, 0.5, 0.4]}, by: 6, tolerance: 1.5, says: x")
    (claim,) = read(text.replace("}}]", "}]").replace(", says: x", "")).claims
    assert claim.says == (
        "width 8 reaches a training loss of 0.6, 0.5 and 0.4 in 6 times fewer updates than "
        "width 8-8"
    )
    assert (claim.number, claim.by, claim.tolerance) == (1, 6.0, 1.5)
    assert claim.reading == "at_least"


@pytest.mark.parametrize("reading", ["at_least", "about"])
def test_how_a_factor_is_to_be_read(reading):
    text = TEXT % ("8", "8-8", f"train_loss: 0.5}}, by: 6, reading: {reading}")
    (claim,) = read(text.replace("}}]", "}]")).claims
    assert claim.reading == reading


def test_labels_come_before_names():
    text = """
    dataset: moons
    network: {activation: [{name: relu, label: tanh}, {name: tanh, label: relu}]}
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
    """
    (claim,) = read(text).claims
    assert claim.faster == (("activation", "relu"),)
