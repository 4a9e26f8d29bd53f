"""A list makes an axis, wherever one value may stand; absurd grids are refused by their count."""

import math
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.tuning import candidates, subjects
from experiments.config import fitting
from experiments.nn.activations import ACTIVATIONS
from experiments.parameters import Choice
from experiments.records import CONSTANT, Evaluation
from experiments.study import Axis, Seeds, Tuning

from .helpers import problems, read


def test_defaults():
    study = read("dataset: moons", name="my_first-study")
    (setting,) = study.settings
    assert (study.title, study.axes, study.claims) == ("My first study", (), ())
    assert (study.seeds, study.confidence) == (Seeds(20, 20), 0.95)
    assert study.tuning == Tuning(2.0**-8, 2.0**-2, seeds=1, extensions=4)
    assert setting.labels == ()
    assert setting.network.widths == (64, 64)
    assert setting.network.activation == Choice("relu")
    assert (setting.network.init, setting.network.output) == ("he", "softmax")
    training = setting.training
    assert training.optimizer.arguments == {"momentum": 0.9, "nesterov": False}
    assert (training.learning_rate, training.batch_size) == (None, 32)
    assert (training.epochs, training.precision) == (30.0, "float32")
    assert setting.evaluation == Evaluation(4, None, None, None, ("train",))


def test_every_axis_in_order():
    study = read(
        """
        training:
          precision: [float32, float64]
          epochs: [0.5, 2]
          batch_size: [16, 32]
          learning_rate: [tuned, 1e-1]
          optimizer: [{name: sgd, momentum: 0}, adam]
        network:
          output: [softmax, sigmoid]
          init: [matched, he_uniform]
          activation: [relu, {name: leaky_relu, slope: [0.1, 0.2]}]
          width: [8, 4-4]
        dataset: [xor, {name: moons, noise: [0, 0.10]}]
        seeds: 1
        """,
        "seeds=2",
    )
    assert study.axes == (
        Axis("dataset", ("xor", "moons(noise=0)", "moons(noise=0.1)")),
        Axis("width", ("8", "4-4")),
        Axis("activation", ("relu", "leaky_relu(slope=0.1)", "leaky_relu(slope=0.2)")),
        Axis("init", ("matched", "he_uniform")),
        Axis("output", ("softmax", "sigmoid")),
        Axis("optimizer", ("sgd(momentum=0)", "adam")),
        Axis("learning_rate", ("tuned", "0.1")),
        Axis("batch_size", ("16", "32")),
        Axis("epochs", ("0.5", "2")),
        Axis("precision", ("float32", "float64")),
    )
    assert len(study.settings) == math.prod(len(axis.labels) for axis in study.axes)
    last = study.settings[-1]
    assert last.labels == tuple((axis.name, axis.labels[-1]) for axis in study.axes)
    assert last.network.widths == (4, 4)
    assert last.network.init == "he_uniform"
    assert last.training.learning_rate == 0.1
    # One grid for both: from Adam's lowest to SGD's highest rate.
    assert (study.tuning.low, study.tuning.high) == (2.0**-12, 2.0**-2)


def test_what_training_has_besides_in_order():
    study = read(
        """
        dataset: moons
        training:
          label_smoothing: [0, 0.1]
          clipping: [none, 1.0]
          weight_decay: [0, 1e-2]
          schedule: [constant, {name: cosine, warmup: [0, 0.1]}]
        """
    )
    assert study.axes == (
        Axis("schedule", ("constant", "cosine(warmup=0)", "cosine(warmup=0.1)")),
        Axis("weight_decay", ("0", "0.01")),
        Axis("clipping", ("none", "1")),
        Axis("label_smoothing", ("0", "0.1")),
    )
    first, last = study.settings[0].training, study.settings[-1].training
    assert first.schedule == CONSTANT
    assert (first.weight_decay, first.clipping, first.label_smoothing) == (0.0, None, 0.0)
    assert last.schedule.arguments == {"end": 0.0, "warmup": 0.1}
    assert (last.weight_decay, last.clipping, last.label_smoothing) == (0.01, 1.0, 0.1)


@given(st.lists(st.lists(st.integers(1, 30), min_size=1, unique=True, max_size=4), min_size=3))
def test_grid_has_every_combination_once(lists):
    depth, width, batch = lists[:3]
    study = read(
        f"dataset: moons\nnetwork: {{depth: {depth}, width: {width}}}\n"
        f"training: {{batch_size: {batch}}}"
    )
    points = [
        (len(s.network.widths), s.network.widths[0], s.training.batch_size) for s in study.settings
    ]
    assert points == [(d, w, b) for d in depth for w in width for b in batch]
    assert len({s.labels for s in study.settings}) == len(points)


def test_a_list_of_one_value_is_no_axis():
    study = read("dataset: [moons]\nnetwork: {activation: [{name: leaky_relu, slope: [0.1]}]}")
    assert study.axes == ()
    assert study.settings[0].network.activation.arguments == {"slope": 0.1}


def test_own_labels():
    study = read("dataset: moons\nnetwork: {activation: [relu, {name: leaky_relu, label: leaky}]}")
    assert study.axes == (Axis("activation", ("relu", "leaky")),)


@pytest.mark.parametrize(
    ("network", "widths"),
    [
        ("{depth: 0}", ()),
        ("{depth: 1, width: 5}", (5,)),
        ("{width: 128-64-32}", (128, 64, 32)),
        ("{depth: 3, width: 128-64-32}", (128, 64, 32)),
    ],
)
def test_widths(network, widths):
    assert read(f"dataset: moons\nnetwork: {network}").settings[0].network.widths == widths


@pytest.mark.parametrize(
    ("network", "widths", "functions", "init"),
    [
        ("{activation: relu-relu-tanh}", (64,) * 3, ["relu", "relu", "tanh"], "matched"),
        ("{activation: relu-leaky_relu, width: 8}", (8, 8), ["relu", "leaky_relu"], "he"),
        ("{activation: tanh-sigmoid, width: 8-4, depth: 2}", (8, 4), ["tanh", "sigmoid"], "glorot"),
        ("{activation: relu-tanh, init: lecun}", (64, 64), ["relu", "tanh"], "lecun"),
    ],
)
def test_a_function_for_each_layer(network, widths, functions, init):
    (setting,) = read(f"dataset: moons\nnetwork: {network}").settings
    assert setting.network.widths == widths
    assert setting.network.activation == tuple(Choice.of(f, ACTIVATIONS) for f in functions)
    assert setting.network.init == init


def test_equal_functions_for_each_layer_are_the_same_network():
    each = read("dataset: moons\nnetwork: {activation: tanh-tanh-tanh}").settings
    assert each == read("dataset: moons\nnetwork: {activation: tanh, depth: 3}").settings


def test_normalisation_and_dropout_are_of_hidden_layers():
    text = "dataset: moons\nnetwork: {normalisation: batch, dropout: 0.5, depth: [0, 1]}"
    found = [(s.network.normalisation, s.network.dropout) for s in read(text).settings]
    assert found == [("none", 0.0), ("batch", 0.5)]
    (plain,) = read("dataset: moons").settings
    assert (plain.network.normalisation, plain.network.dropout) == ("none", 0.0)


def test_an_arm_may_have_a_function_for_each_layer():
    text = "dataset: moons\n"
    text += "network: {activation: [relu, relu-tanh], normalisation: [none, batch]}\n"
    text += "claims: [{faster: relu-tanh, than: relu, to: {train_loss: 0.5}},"
    text += " {faster: batch, than: none, to: {train_loss: 0.5}}]"
    first, second = read(text).claims
    assert (first.faster, first.than) == (
        (("activation", "relu-tanh"),), (("activation", "relu"),)
    )  # fmt: skip
    assert second.faster == (("normalisation", "batch"),)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_matched_is_resolved(name):
    studies = [
        read(f"dataset: moons\nnetwork: {{activation: {name}, init: {init}}}")
        for init in ("matched", ACTIVATIONS[name].init)
    ]
    assert studies[0].settings == studies[1].settings


def test_nothing_tuned():
    study = read("dataset: moons\ntraining: {learning_rate: [0.1, 1]}\ntuning: {seeds: 5}")
    assert study.tuning is None


@pytest.mark.parametrize(
    ("keys", "evaluation"),
    [
        ("{per_doubling: 8}", Evaluation(8, None, None)),
        ("{every: 0.5, examples: 10}", Evaluation(None, 0.5, None, 10)),
        ("{at: [0, 0.5, 30]}", Evaluation(None, None, (0.0, 0.5, 30.0))),
    ],
)
def test_evaluation(keys, evaluation):
    assert read(f"dataset: moons\nevaluation: {keys}").settings[0].evaluation == evaluation


@pytest.mark.parametrize(
    ("claim", "often"),
    [
        ("faster: relu, than: tanh, to: {train_loss: 0.1}", ("train",)),
        ("faster: relu, than: tanh, to: {test_accuracy: 0.9}", ("train", "validation", "test")),
        ("faster: relu, than: tanh, to: {validation_loss: 0.9}", ("train", "validation")),
        ("measure: test_loss, higher: relu, than: tanh", ("train",)),
        ("measure: test_loss, of: relu, at: lowest, at_most: 1", ("train", "validation", "test")),
        ("measure: test_loss, of: relu, at: start, at_most: 1", ("train",)),
    ],
)
def test_parts_that_a_claim_follows_are_read_each_time(claim, often):
    text = f"dataset: moons\nnetwork: {{activation: [relu, tanh]}}\nclaims: [{{{claim}}}]"
    assert read(text).settings[0].evaluation.often == often
    # What is searched for on the validation part is followed there, and nothing where rates are
    # given.
    given = read(f"{text}\ntraining: {{learning_rate: 0.1}}").settings[0].evaluation.often
    searched = {"validation"} if "test" in often else set()
    assert given == tuple(split for split in often if split not in searched)


def test_absurd_grids_are_refused_by_their_count():
    start = time.perf_counter()
    many = list(range(1, 101))
    text = f"dataset: moons\nnetwork:\n  depth: {many}\n  width: {many}\ntraining:\n"
    text += f"  batch_size: {many}\n  epochs: {list(range(1, 1001))}"
    assert problems(text) == [
        "c.yaml:7: training.epochs: the grid makes 160,000,000,000 runs (depth 100 x width 100 x "
        "batch_size 100 x epochs 1,000 x seeds 20, and 7 learning rates x 1 tuning seeds of each); "
        "allowed: at most 200,000"
    ]
    thousands = [i / 3000 for i in range(1, 3000)]
    text = f"dataset: moons\ntraining: {{optimizer: {{name: adam, beta1: {thousands}, "
    assert problems(text + f"beta2: {thousands}}}}}") == [
        "c.yaml:2: training.optimizer: makes 8,994,001 values; allowed: at most 10,000"
    ]
    assert time.perf_counter() - start < 5


def test_the_count_is_exact():
    text = "dataset: moons\nnetwork: {activation: [relu, tanh]}\ntraining: {learning_rate: [%s]}"
    overrides = ["seeds={min: 8, max: [50, 100]}", "tuning.seeds=99"]
    rates = "tuned, " + ", ".join(f"{i}e-9" for i in range(1, 10))
    # 2 activations x 100 seeds x (10 rates + 10 rates to try x 99 tuning seeds of each) = 200,000
    assert len(read(text % rates, *overrides, "tuning.to=2").settings) == 20
    (problem,) = problems(text % rates, *overrides, "tuning.to=4")
    assert problem == (
        "c.yaml:3: training.learning_rate: the grid makes 219,800 runs (activation 2 x "
        "learning_rate 10 x seeds 100, and 11 learning rates x 99 tuning seeds of each); "
        "allowed: at most 200,000"
    )
    (problem,) = problems(text % (rates + ", 11e-9"), *overrides, "tuning.to=2")
    assert "the grid makes 200,200 runs (activation 2 x learning_rate 11 x seeds 100" in problem


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("tuning.seeds=3",),
        ("seeds={min: 2, max: 5}",),
        ("seeds={min: 2, max: [3, 7]}", "tuning.seeds=2"),
        ("training.learning_rate=[tuned, 0.3, 0.6]",),
        ("training.learning_rate=[0.3, 0.6]",),
        ("training.epochs=[1, 2]", "network.depth=[1, 2]"),
        ("protocol=[own_rate, common_init]", "seeds=1"),
        ("claims=[]", "training.epochs=[0, 2]"),
    ],
)
def test_the_count_is_that_of_all_pairs_of_searches_and_evaluations(monkeypatch, overrides):
    text = """
    dataset: moons
    network: {activation: [leaky_relu, tanh], init: lecun}
    tuning: {from: 0.25, to: 1}
    seeds: 4
    claims: [{faster: tanh, than: leaky_relu, to: {train_loss: 1}}]
    """
    study = read(text, *overrides)
    searched = {
        run
        for subject in subjects(study)
        for seed in range(study.seeds.most)
        for some in candidates(subject, seed, (0.25, 0.5, 1.0), study.tuning)
        for run in some
    }
    count = len(searched) + len(study.settings) * study.seeds.most
    monkeypatch.setattr(fitting, "MOST_RUNS", count)
    assert read(text, *overrides) == study
    monkeypatch.setattr(fitting, "MOST_RUNS", count - 1)
    (problem,) = problems(text, *overrides)
    assert f": the grid makes {count} runs (" in problem


def test_heavy_libraries_are_not_imported():
    code = (
        "import sys, experiments.config; "
        "print([m for m in ('sklearn', 'scipy', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"
