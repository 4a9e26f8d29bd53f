"""Numbers and sentences as a reader sees them."""

import math
import re
from dataclasses import replace

import pytest
from analysis.helpers import BUDGET, arriving, read, results_of
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.inference import Ratio
from experiments.analysis.times_to_target import Turn
from experiments.parameters import Choice
from experiments.records import METRICS
from experiments.report import words
from experiments.report.model import plain, strong
from experiments.report.terminal import duration
from experiments.study import arm_in_words


def sentence(verdict):
    return plain(words.sentence(verdict))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-0.0, "0"), (1, "1.00"), (1.319, "1.32"), (12.34, "12.3"), (123.4, "123"),
        (1234.5, "1,234"), (1234567, "1,234,567"), (0.25, "0.25"), (0.00390625, "0.00391"),
        (0.05, "0.05"), (-1.319, "-1.32"), (math.nan, "–"), (math.inf, "∞"), (-math.inf, "-∞"),
        (0.9999, "1.00"), (999.9, "1,000"),
    ],
)  # fmt: skip
def test_numbers_by_hand(value, text):
    assert words.number(value) == text


@given(st.floats(1e-4, 1e9), st.integers(2, 5), st.booleans())
def test_a_number_is_right_to_its_digits(value, digits, negative):
    value = -value if negative else value
    text = words.number(value, digits)
    assert re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d*[1-9])?|-?\d(\.\d+)?|-?\d{1,3}(\.\d+)", text)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits))


@pytest.mark.parametrize("value", [9.999, 99.99, 0.09999, 9.9951])
def test_rounding_up_to_the_next_power_of_ten_adds_no_digit(value):
    digits = words.number(value).replace(".", "").lstrip("0")
    assert len(digits) <= 3


@pytest.mark.parametrize("value", [1e-5, 7.62939453125e-06, 2.0**-30])
def test_a_small_number_has_no_exponent(value):
    text = words.number(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=5e-3)


def test_conditions_of_a_verdict_name_their_axes():
    assert words.condition((("depth", "3"), ("width", "128"))) == "depth 3, width 128"
    assert words.condition((("batch_size", "32"),)) == "batch size 32"
    assert words.condition(()) == ""


def test_arms_name_an_axis_only_where_its_value_says_nothing_without():
    assert arm_in_words((("activation", "relu"),)) == "relu"
    assert arm_in_words((("depth", "3"),)) == "depth 3"
    assert arm_in_words((("batch_size", "32"), ("activation", "tanh"))) == "batch size 32, tanh"
    assert arm_in_words((("width", "8-4"),)) == "width 8-4"
    assert arm_in_words(()) == ""


@pytest.mark.parametrize(
    ("count", "text"), [(1, "once"), (2, "twice"), (3, "3 times"), (10, "10 times")]
)
def test_times(count, text):
    assert words.times(count) == text


def test_rows():
    assert words.row(Choice("relu")) == "relu"
    sgd = Choice("sgd", (("momentum", 0.9), ("nesterov", False)))
    assert words.row(sgd) == "sgd (momentum 0.9, nesterov false)"


def test_every_metric_has_words():
    assert set(words.METRIC_WORDS) == set(METRICS)
    assert words.goal("test_accuracy", 0.9) == "test accuracy 0.9"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (40.4, "40 s"), (89, "89 s"), (90, "2 min"), (180, "3 min"), (9000, "2.5 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def ratio(estimate=2.0, bound="", low=1.5, high=3.0, confidence=0.95, censored=0):
    known = {
        "pairs": 10,
        "censored": censored,
        "wins": 9,
        "losses": 1,
    }
    return Ratio(estimate, bound, low, high, confidence, **known)


def test_ratios():
    assert words.estimate(ratio()) == "2.00"
    assert words.estimate(ratio(bound="at least")) == "at least 2.00"
    assert words.estimate(ratio(math.nan, "unknown")) == "no usable estimate"
    assert words.interval(ratio()) == "1.50 to 3.00"
    assert words.interval(ratio(low=0.0, high=2.0)) == "0 to 2.00"
    unbounded = ratio(bound="at least", low=0.0, high=math.inf)
    assert (words.estimate(unbounded), words.interval(unbounded)) == ("no usable estimate", "–")


TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 10
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
"""


def respond(run):
    if run.network.activation.name == "relu":
        return arriving(8.0)
    return arriving(4 * BUDGET if run.seed < 3 else 16.0)


def verdict():
    return judge(results_of(read(TEXT), respond))[0]


def test_a_sentence_says_all_that_a_verdict_rests_on():
    text = sentence(verdict())
    assert text == (
        "at training loss 0.5, depth 1: tanh needed 2.00 times the updates of relu "
        "(interval 2.00 to ∞; relu came first at 10 of 10 seeds; 3 of 10 runs of tanh did not "
        "reach the target)."
    )


def test_a_sentence_without_failures_does_not_mention_them():
    quiet = replace(verdict(), ratio=ratio(confidence=0.9))
    text = sentence(quiet)
    assert "never" not in text
    assert "(interval 1.50 to 3.00; relu came first at 9 of 10 seeds)" in text


def test_a_sentence_of_what_cannot_be_tested_gives_the_reason():
    text = sentence(replace(verdict(), outcome="untestable", reason="it rained"))
    assert text == "at training loss 0.5, depth 1: it rained."


def test_a_sentence_without_an_estimate_says_so():
    text = sentence(replace(verdict(), ratio=ratio(math.nan, "unknown", 0.0, math.inf, censored=9)))
    assert "no usable estimate: 3 of 10 runs of tanh did not reach the target" in text
    assert "nan" not in text
    assert "∞" not in text


def test_arms_that_stay_behind_alike_are_told_together():
    alike = replace(verdict(), faster_reached=8, than_reached=8)
    assert words.not_reached(alike) == "2 of 10 runs each of relu and tanh did not reach the target"
    other = replace(verdict(), faster_reached=8, than_reached=7)
    assert words.not_reached(other) == (
        "2 of 10 runs of relu and 3 of 10 runs of tanh did not reach the target"
    )


@pytest.mark.parametrize(
    ("confidence", "said"), [(0.95, "95 %"), (0.995, "99.5 %"), (0.99975, "99.975 %")]
)
def test_a_single_comparison_gives_the_level_to_its_last_digit(confidence, said):
    alone = replace(verdict(), ratio=ratio(confidence=confidence), comparisons=1)
    assert f"({said} interval" in sentence(alone)
    assert "%" not in sentence(replace(alone, comparisons=2))  # that is told once


def test_conditions_name_each_value_once():
    study = read(TEXT, "training.optimizer=[sgd, adam]", "training.epochs=[5, 0.5]")
    text = words.conditions(study)
    assert text.startswith("moons; 1 hidden layer of 8 units or 3 hidden layers of 8 units")
    assert "output softmax" in text
    assert "5 epochs or 0.5 epochs" in text or "5 or 0.5 epochs" in text
    assert text.count("adam") == 1


def test_conditions_name_what_training_has_besides_where_it_has_it():
    plain = words.conditions(read(TEXT))
    for word in ("rates", "decay", "clip", "smoothing"):
        assert word not in plain
    study = read(
        TEXT,
        "training.schedule=[constant, {name: cosine, warmup: 0.1}]",
        "training.optimizer=[sgd, lion]",
        "training.weight_decay=[0, 0.01]",
        "training.clipping=[none, 1]",
        "training.label_smoothing=0.1",
    )
    text = words.conditions(study)
    assert "; rates by constant (warmup 0.0) or cosine (end 0.0, warmup 0.1), named by" in text
    decay = "; weight decay 0 or 0.01 without the biases, "
    assert f"{decay}decoupled with lion, in the gradient with the others;" in text
    for optimizers, way in (("sgd", "in the gradient"), ("[lion, adamw]", "decoupled with lion or "
                                                         "adamw")):  # fmt: skip
        some = read(TEXT, f"training.optimizer={optimizers}", "training.weight_decay=[0, 0.01]")
        assert words.conditions(some).endswith(decay + way)
    assert "; gradients clipped to a norm of any size or 1;" in text
    assert text.endswith("; label smoothing 0.1, of what is learned from alone")


@pytest.mark.parametrize(
    ("overrides", "layers"),
    [
        (("network.depth=0",), "no hidden layer"),
        (("network.depth=1",), "1 hidden layer of 8 units"),
        (("network.width=8-4-2",), "3 hidden layers of 8-4-2 units"),
    ],
)
def test_conditions_describe_the_layers(overrides, layers):
    text = TEXT.replace("depth: [1, 3], ", "")
    assert layers in words.conditions(read(text, *overrides))


def alternating(run):
    """Relu comes first in 6 of 10 pairs."""
    relu = run.network.activation.name == "relu"
    return arriving(8.0 if relu == (run.seed < 6) else 12.0)


def test_a_sentence_of_what_is_open_says_how_many_seeds_it_would_take():
    (one, _) = judge(results_of(read(TEXT), alternating))
    assert one.outcome == "inconclusive"
    needed = one.seeds_needed
    assert f"About {needed:,} seeds would be needed" in sentence(one)
    assert f"`seeds: {{min: 10, max: {needed}}}`." in sentence(one)
    assert needed > 100
    assert "needed," not in sentence(verdict())
    assert read(TEXT.replace("seeds: 10", words.asking_for(one))).seeds.looks[0] == 10
    assert words.peeking([one])
    assert not words.peeking([verdict()])


def test_where_seeds_are_added_every_most_so_far_is_named():
    text = TEXT.replace("seeds: 10", "seeds: {min: 8, max: [11, 20]}").replace("[1, 3]", "1")

    def respond(run):
        relu = run.network.activation.name == "relu"
        return arriving(8.0 if relu == (run.seed % 5 < 3) else 12.0)

    (one,) = judge(results_of(read(text), respond))
    assert one.outcome == "inconclusive"
    line = words.asking_for(one)
    assert line == f"seeds: {{min: 8, max: [11, 20, {one.seeds_needed}]}}"
    again = read(text.replace("seeds: {min: 8, max: [11, 20]}", line)).seeds
    assert again.looks[:4] == (8, 11, 17, 20)
    assert again.most == one.seeds_needed


def test_a_sentence_of_what_no_number_of_seeds_decides_says_so():
    def even(run):
        relu = run.network.activation.name == "relu"
        return arriving(8.0 if relu == (run.seed < 5) else 12.0)

    one = judge(results_of(read(TEXT), even))[0]
    assert one.seeds_needed is None
    assert "No practical number of seeds would decide it" in sentence(one)


def test_rates():
    assert words.rates({0.125: 20}) == "0.125"
    assert words.rates({0.125: 14, 0.25: 6}) == "0.125 (14 runs), 0.25 (6 runs)"


def test_a_turn_names_each_protocol_with_its_verdict():
    claim = read(TEXT).claims[0]
    answers = {"own_rate": "supported", "shared_rate": "refuted"}
    assert words.turn(Turn(claim, "direction", 0.5, (("depth", "3"),), answers)) == (
        strong("The answer depends on how learning rates were chosen"),
        " for claim 1 at training loss 0.5, depth 3: supported with each at its best rate, "
        "refuted with one rate for both.",
    )
