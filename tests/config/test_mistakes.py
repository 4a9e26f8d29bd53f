"""Every kind of mistake has its message; a file with all of them has all messages."""

import pytest

from experiments.config.errors import listing
from experiments.datasets import DATASETS

from .helpers import problems, read

ALL_KEYS = (
    "title, background, dataset, network, training, evaluation, tuning, protocol, seeds, "
    "confidence, diagnostics, source, article, claims"
)
ACTIVATIONS = (
    "step, linear, sigmoid, tanh, softmax, straight_through_step, sigmoid_centred, tanh_shifted, "
    "relu, leaky_relu, prelu, relu6, squared_relu, softplus, elu, selu, celu, gelu, gelu_tanh, "
    "silu, ..."
)
OUTPUTS = "matched, " + ACTIVATIONS.replace(", silu", "").replace("gelu_tanh, ", "gelu_tanh, ")
INITS = (
    "matched, he, he_uniform, he_truncated, glorot, glorot_uniform, glorot_truncated, lecun, "
    "lecun_uniform, lecun_truncated, fixed, fixed_uniform, fixed_truncated, orthogonal, "
    "he_orthogonal, lsuv"
)
METRICS = (
    "train_loss, train_accuracy, validation_loss, validation_accuracy, test_loss, test_accuracy"
)
WIDTHS = (
    "a whole number from 1 to 8192 for all layers, or one for each of at most 100 layers, "
    "such as 128-64-32"
)

EVERYTHING_WRONG = """\
title: [one, two]
datset: moons
dataset: {name: moons, nois: 0.1, examples: 12.5}
network:
  depth: [1, 101, two, 1]
  width: [64, 128-0, "64", 64.0]
  activation:
    - relu
    - rleu
    - {name: leaky_relu, slope: [0.1, 1]}
    - {slope: 3}
    - true
  init: matchd
  output: null
  depth: 3
training:
  optimizer: {name: sgd, momentum: 1, nesterov: 1}
  learning_rate: [tuned, 0, "0.1", 0.1, 1e-1]
  batch_size: [32, true]
  epochs: .inf
  precision: float46
  every: 2
evaluation:
  per_doubling: 0
  at: [1, 0, x]
tuning: 5
seeds: "20"
confidence: 95
claims:
  - faster: relu
  - says: ""
    faster: relu
    than: relu
    to: {train_los: 0.4}
    by: 1
    tolerance: 0.5
  - faster: relu
    than: {activation: relu, init: he}
    to: {test_accuracy: [0.9], train_loss: 1}
  - faster: relu
    than: rleu
    to: {test_accuracy: [0.9, 90, 0.9]}
  - relu beats tanh
yes: !!python/object:os.system {}
"""

ALL_MESSAGES = f"""\
c.yaml:1: title: found a list; allowed: a text of at most 300 characters
c.yaml:2: datset: unknown key; allowed: {ALL_KEYS}; did you mean 'dataset'?
c.yaml:3: dataset.nois: unknown parameter; moons has validation, test, examples, noise; \
did you mean 'noise'?
c.yaml:3: dataset.examples: found 12.5; allowed: a whole number at least 10 and at most 1,000,000
c.yaml:5: network.depth.1: found 101; allowed: a whole number at least 0 and at most 100
c.yaml:5: network.depth.2: found 'two'; allowed: a whole number at least 0 and at most 100
c.yaml:5: network.depth.3: 1 is listed twice
c.yaml:6: network.width.1: found '128-0'; allowed: {WIDTHS}
c.yaml:6: network.width.2: found '64'; allowed: {WIDTHS}
c.yaml:6: network.width.3: found 64.0; allowed: {WIDTHS}
c.yaml:9: network.activation.1: found 'rleu'; allowed: {ACTIVATIONS}; did you mean 'relu'?
c.yaml:10: network.activation.2.slope.1: found 1; allowed: a number at least 0 and below 1
c.yaml:11: network.activation.3.name: missing; allowed: {ACTIVATIONS}
c.yaml:12: network.activation.4: found true; allowed: {ACTIVATIONS}
c.yaml:13: network.init: found 'matchd'; allowed: {INITS}; did you mean 'matched'?
c.yaml:14: network.output: found nothing; allowed: {OUTPUTS}
c.yaml:15: network.depth: given twice; the first is in line 5
c.yaml:17: training.optimizer.momentum: found 1; allowed: a number at least 0 and below 1
c.yaml:17: training.optimizer.nesterov: found 1; allowed: true or false
c.yaml:18: training.learning_rate.1: found 0; allowed: tuned, or a number above 0
c.yaml:18: training.learning_rate.2: found '0.1'; allowed: tuned, or a number above 0
c.yaml:18: training.learning_rate.4: 0.1 is listed twice
c.yaml:19: training.batch_size.1: found true; allowed: a whole number at least 1
c.yaml:20: training.epochs: found inf; allowed: a number at least 0 and at most 100,000
c.yaml:21: training.precision: found 'float46'; allowed: float32, float64; did you mean 'float64'?
c.yaml:22: training.every: unknown key; allowed: optimizer, learning_rate, batch_size, epochs, \
precision, trainable, schedule, weight_decay, clipping, label_smoothing; did you mean \
'evaluation.every'?
c.yaml:24: evaluation.per_doubling: found 0; allowed: a whole number at least 1 and at most 64
c.yaml:25: evaluation.at.1: found 0; allowed: more than the one before it
c.yaml:25: evaluation.at.2: found 'x'; allowed: a number at least 0
c.yaml:26: tuning: found 5; allowed: a mapping of from, to, seeds, extensions
c.yaml:27: seeds: found '20'; allowed: a whole number at least 1 and at most 10,000
c.yaml:28: confidence: found 95; allowed: a number above 0.5 and below 1
c.yaml:30: claims.0.than: missing; it is the arm it is compared with, on the same axes
c.yaml:30: claims.0.to: missing; it is the metric and its targets: {{train_loss: [0.6, 0.4]}}, \
or auto
c.yaml:31: claims.1.says: found ''; allowed: a text of at most 300 characters
c.yaml:33: claims.1.than: the same as faster: relu
c.yaml:34: claims.1.to.train_los: unknown metric; allowed: {METRICS}; did you mean 'train_loss'?
c.yaml:35: claims.1.by: found 1; allowed: a number above 1
c.yaml:36: claims.1.tolerance: found 0.5; allowed: a number at least 1
c.yaml:39: claims.2.to: found 2 metrics; allowed: one metric and its targets, such as \
{{train_loss: [0.6, 0.4]}}
c.yaml:42: claims.3.to.test_accuracy.1: found 90; allowed: a number above 0 and at most 1
c.yaml:42: claims.3.to.test_accuracy.2: 0.9 is listed twice
c.yaml:43: claims.4: found 'relu beats tanh'; allowed: a mapping of says, answers, primary, \
pooled, faster, than, to, by, tolerance, reading, clock
c.yaml:44: yes: found the tag !!python/object:os.system; tags are not allowed
"""


def test_all_mistakes_at_once():
    assert problems(EVERYTHING_WRONG) == ALL_MESSAGES.splitlines()


CLAIM = "claims: [{faster: relu, than: tanh, to: {train_loss: 1}%s}]"
ARMS = "network: {activation: [relu, tanh]}\n"

SINGLE = {
    "seed: 3": f"1: seed: unknown key; allowed: {ALL_KEYS}; did you mean 'seeds'?",
    "epochs: 3": f"1: epochs: unknown key; allowed: {ALL_KEYS}; did you mean 'training.epochs'?",
    "zzz: 3": f"1: zzz: unknown key; allowed: {ALL_KEYS}",
    "dataset: mons": (
        f"1: dataset: found 'mons'; allowed: {listing(DATASETS)}; did you mean 'moons'?"
    ),
    "dataset: []": "1: dataset: found an empty list; allowed: a value, or a list of values",
    "dataset: {name: moons, test: 0.8, validation: 0.5}": (
        "1: dataset: moons (examples 1000, noise 0.2, test 0.8, validation 0.5): 0 examples are "
        "left for training, and there must be at least one for each of the 2 classes; lower the "
        "shares of the other splits or, where examples are drawn, ask for more"
    ),
    "network: relu": "1: network: found 'relu'; allowed: a mapping of layers, depth, width, "
    "activation, normalisation, dropout, init, init_scale, output",
    "network: {activation: {name: tanh, slope: 1}}": (
        "1: network.activation.slope: unknown parameter; tanh has none"
    ),
    "network: {activation: {name: tahn}}": (
        f"1: network.activation.name: found 'tahn'; allowed: {ACTIVATIONS}; did you mean 'tanh'?"
    ),
    "network: {activation: {name: leaky_relu, slope: []}}": (
        "1: network.activation.slope: found an empty list; allowed: a number at least 0 and below 1"
    ),
    "network: {activation: [leaky_relu, {name: leaky_relu, slope: [0.1, 0.01]}]}": (
        "1: network.activation.1.slope.1: leaky_relu(slope=0.01) is the same as leaky_relu, "
        "which is listed too"
    ),
    "network: {activation: [relu, {name: tanh, label: relu}]}": (
        "1: network.activation.1: the label 'relu' is given to two values"
    ),
    "network: {activation: {name: leaky_relu, slope: [0, 0.1], label: mine}}": (
        "1: network.activation.label: one label for 2 values; give each its own entry"
    ),
    "network: {activation: {name: leaky_relu, label: a|b}}": (
        "1: network.activation.label: found 'a|b'; allowed: letters, digits, spaces and "
        ". , = ( ) + - _, at most 60 in all"
    ),
    "network: {width: 8-4, depth: [2, 3]}": (
        "1: network.width: 8-4 has 2 layers, but network.depth is 3; make them agree, or leave "
        "depth out"
    ),
    "network: {activation: relu-tanh, depth: [2, 3]}": (
        "1: network.activation: relu-tanh has 2 layers, but network.depth is 3; make them agree, "
        "or leave depth out"
    ),
    "network: {activation: [relu, relu-tanh], width: [8-4-2, 8-4]}": (
        "1: network.activation.1: relu-tanh has 2 layers, but network.width is 8-4-2; make them "
        "agree"
    ),
    "network: {activation: relu-tahn}": (
        f"1: network.activation: found 'relu-tahn'; allowed for each layer: {ACTIVATIONS}; did "
        "you mean 'tanh'?"
    ),
    "network: {activation: [relu-tanh, relu-tanh]}": (
        "1: network.activation.1: relu-tanh is listed twice"
    ),
    f"network: {{activation: {'-'.join(['relu'] * 101)}}}": (
        "1: network.activation: found 101 layers; allowed: at most 100"
    ),
    "network: {normalisation: bach}": (
        "1: network.normalisation: found 'bach'; allowed: none, batch, layer; did you mean 'batch'?"
    ),
    "network: {dropout: 1}": (
        "1: network.dropout: found 1; allowed: a number at least 0 and below 1"
    ),
    "training: {batch_size: [1, 32]}\nnetwork: {normalisation: [none, batch]}": (
        "1: training.batch_size.0: found 1; allowed: 2 or more, as network.normalisation: batch "
        "needs the moments of a batch"
    ),
    "network: {normalisation: layer, width: [8, 8-1]}": (
        "1: network.width.1: found 8-1; allowed: 2 or more units, as network.normalisation: layer "
        "needs the moments of a layer's units"
    ),
    "training: {batch_size: 701}": (
        "1: training.batch_size: found 701; allowed: at most 700, the training examples of moons"
    ),
    "training: {schedule: cosin}": (
        "1: training.schedule: found 'cosin'; allowed: constant, step, cosine, linear; "
        "did you mean 'cosine'?"
    ),
    "training: {schedule: [linear, {name: cosine, warmup: 1}]}": (
        "1: training.schedule.1.warmup: found 1; allowed: a number at least 0 and below 1"
    ),
    "training: {schedule: {name: step, stages: 1}}": (
        "1: training.schedule.stages: found 1; allowed: a whole number at least 2 and at most 1,000"
    ),
    "training: {schedule: {name: constant, end: 0.1}}": (
        "1: training.schedule.end: unknown parameter; constant has warmup"
    ),
    "training: {weight_decay: -0.1}": (
        "1: training.weight_decay: found -0.1; allowed: a number at least 0 and at most 1"
    ),
    "training: {clipping: 0}": (
        "1: training.clipping: found 0; allowed: none, or a number above 0"
    ),
    "training: {clipping: [1, nonee]}": (
        "1: training.clipping.1: found 'nonee'; allowed: none, or a number above 0; "
        "did you mean 'none'?"
    ),
    "training: {clipping: }": (
        "1: training.clipping: found nothing; allowed: none, or a number above 0"
    ),
    "training: {label_smoothing: 1}": (
        "1: training.label_smoothing: found 1; allowed: a number at least 0 and below 1"
    ),
    "training: {label_smoothing: [0, 0.1]}\nnetwork: {output: [softmax, sigmoid]}": (
        "1: training.label_smoothing.1: found 0.1, which goes only with cross-entropy, and so with "
        "the output softmax of classes; output sigmoid of moons has binary cross-entropy"
    ),
    "training: {optimizer: [sgd, adamw]}": (
        "1: training.optimizer.1: adamw without weight decay is adam; give training.weight_decay, "
        "such as 0.01, or write adam"
    ),
    "evaluation: {every: 1, at: [1]}": (
        "1: evaluation.at: does not go with every; keep one of them"
    ),
    "evaluation: {every: 31}": (
        "1: evaluation.every: found 31; allowed: at most 30, the epochs of a run"
    ),
    "evaluation: {every: 1e-9}": (
        "1: evaluation.every: found 1e-09; allowed: at least 0.003, which makes 10,000 evaluations"
    ),
    "evaluation: {at: [0]}": (
        "1: evaluation.at: found 0 only; allowed: at least one epoch above 0"
    ),
    "evaluation: {at: [1, 31]}": (
        "1: evaluation.at.1: found 31; allowed: at most 30, the epochs of a run"
    ),
    "evaluation: {at: 3}": (
        "1: evaluation.at: found 3; allowed: a list of increasing numbers of epochs"
    ),
    "tuning: {from: 1, to: 1.5}": (
        "1: tuning.to: factors of two from 1 to 1.5 make 1 learning rates; allowed: 2 to 40"
    ),
    "tuning: {from: 1}": (
        "1: tuning.from: factors of two from 1 to 0.25 make 0 learning rates; allowed: 2 to 40"
    ),
    "tuning: {from: 1e-300, to: 1e300}": (
        "1: tuning.to: factors of two from 1e-300 to 1e+300 make 1994 learning rates; "
        "allowed: 2 to 40"
    ),
    "claims: relu": "1: claims: found 'relu'; allowed: a list, each claim after a dash",
    CLAIM % "": (
        "1: claims.0: compares nothing, as the grid has a single setting; give a key a list, such "
        "as activation: [relu, tanh]"
    ),
    ARMS + CLAIM % ", tolerance: 2": (
        "2: claims.0.tolerance: goes only with by, the factor that is claimed"
    ),
    ARMS + CLAIM % ", reading: about": (
        "2: claims.0.reading: goes only with by, the factor that is claimed"
    ),
    ARMS + CLAIM % ", by: 2, reading: abuot": (
        "2: claims.0.reading: found 'abuot'; allowed: at_least, about; did you mean 'about'?"
    ),
    ARMS + CLAIM % ", by: 2, reading: true": (
        "2: claims.0.reading: found true; allowed: at_least, about"
    ),
    ARMS + CLAIM % ", by: 2, reading: ": (
        "2: claims.0.reading: found nothing; allowed: at_least, about"
    ),
    ARMS + CLAIM % ", by: 2, reading: [about]": (
        "2: claims.0.reading: found a list; allowed: at_least, about"
    ),
    ARMS + CLAIM % ", by: 0.5, reading: about": "2: claims.0.by: found 0.5; allowed: a number "
    "above 1",
    ARMS + "claims: [{measure: test_loss, at_most: 1, reading: about}]": (
        "2: claims.0.reading: unknown key; allowed: says, answers, primary, pooled, measure, "
        "layer, at, over, of, than, within, higher, lower, equal, is, at_least, at_most, between"
    ),
    ARMS + "claims: [{faster: rleu, than: tanh, to: {train_loss: 1}}]": (
        "2: claims.0.faster: found 'rleu'; allowed: activation relu, tanh; did you mean 'relu'?"
    ),
    ARMS + "claims: [{faster: , than: tanh, to: {train_loss: 1}}]": (
        "2: claims.0.faster: found nothing; allowed: activation relu, tanh"
    ),
    ARMS + "claims: [{faster: {activaton: relu}, than: tanh, to: {train_loss: 1}}]": (
        "2: claims.0.faster.activaton: not an axis of the grid; allowed: activation; "
        "did you mean 'activation'?"
    ),
    ARMS + "claims: [{faster: {init: he}, than: tanh, to: {train_loss: 1}}]": (
        "2: claims.0.faster.init: not an axis of the grid, as it has one value; allowed: activation"
    ),
    ARMS + "claims: [{faster: {activation: rleu}, than: tanh, to: {train_loss: 1}}]": (
        "2: claims.0.faster.activation: found 'rleu'; allowed: relu, tanh; did you mean 'relu'?"
    ),
    ARMS + "claims: [{faster: {}, than: tanh, to: {train_loss: 1}}]": (
        "2: claims.0.faster: names no axis; allowed: activation"
    ),
    ARMS + "claims: [{faster: tanh, than: {activation: tanh}, to: {train_loss: 1}}]": (
        "2: claims.0.than: the same as faster: tanh"
    ),
    ARMS + "claims: [{faster: relu, than: tanh, to: {train_loss: 0}}]": (
        "2: claims.0.to.train_loss: found 0; allowed: a number above 0"
    ),
    ARMS + "claims: [{faster: relu, than: tanh, to: {train_loss: []}}]": (
        "2: claims.0.to.train_loss: found an empty list; allowed: a value, or a list of values"
    ),
}


@pytest.mark.parametrize("text", SINGLE)
def test_single_mistake(text):
    dataset = "" if text.startswith("dataset") else "\ndataset: moons"
    assert problems(text + dataset) == [f"c.yaml:{SINGLE[text]}"]


TWO_AXES = "dataset: moons\nnetwork: {depth: [8, 4], width: [8, 16]}\n"


@pytest.mark.parametrize(
    ("faster", "than", "message"),
    [
        ("8", "4", "faster: 8 is a value of depth and of width; write {depth: 8} or {width: 8}"),
        ("4", "16", "than: names width, but faster names depth; both must name the same axes"),
        (
            "{width: 8}",
            "{width: 16, depth: 4}",
            "than: names depth, width, but faster names width; both must name the same axes",
        ),
        ("4", "5", "than: found 5; allowed: depth 8, 4, or width 8, 16"),
        ("4", "true", "than: found true; allowed: depth 8, 4, or width 8, 16"),
        ("4", "{depth: 8.0}", "than.depth: found 8.0; allowed: 8, 4; did you mean '8'?"),
    ],
)
def test_arms_that_cannot_be_told(faster, than, message):
    text = f"{TWO_AXES}claims: [{{faster: {faster}, than: {than}, to: {{train_loss: 1}}}}]"
    assert problems(text) == [f"c.yaml:3: claims.0.{message}"]


def test_validation_metric_needs_a_validation_part():
    text = "dataset: {name: moons, validation: 0}\n" + ARMS
    text += "claims: [{faster: relu, than: tanh, to: {validation_loss: 1}}]"
    assert problems(text) == [
        "c.yaml:3: claims.0.to.validation_loss: moons has no validation split; give it a share of "
        "the examples, or name another metric"
    ]
    assert read(text.replace("validation: 0", "validation: 0.1")).claims
    text = text.replace("validation_loss", "test_loss")
    assert problems(text) == [
        "c.yaml:3: claims.0.to.test_loss: moons has no validation split, by which learning rates "
        "are tuned for test_loss; give it a share of the examples, or name another metric"
    ]
    assert read(f"{text}\ntraining: {{learning_rate: 0.1}}").claims
    assert problems(text.replace("validation: 0", "test: 0")) == [
        "c.yaml:3: claims.0.to.test_loss: moons has no test split; give it a share of the "
        "examples, or name another metric"
    ]


def test_a_regression_takes_no_smoothed_targets():
    text = "dataset: curve\nnetwork: {output: linear}\ntraining:\n  label_smoothing: 0.1"
    assert problems(text) == [
        "c.yaml:4: training.label_smoothing: found 0.1, which goes only with cross-entropy, and so "
        "with the output softmax of classes; output linear of curve has squared error"
    ]


@pytest.mark.parametrize(
    "training",
    ["{optimizer: adamw, weight_decay: 0.01}", "{optimizer: [adam, adamw], weight_decay: [0, 0.1]}",
     "{optimizer: lion}", "{weight_decay: [0, 1], clipping: [none, 1], label_smoothing: 0.1}"],
)  # fmt: skip
def test_what_training_may_have_besides(training):
    assert read(f"dataset: moons\ntraining: {training}")


def test_a_wrong_axis_raises_no_second_error_in_claims():
    text = "dataset: moons\nnetwork: {activation: [relu, tahn]}\n" + CLAIM % ""
    assert len(problems(text)) == 1


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "a.", "ä", "a" * 101])
def test_names_that_are_no_folder(name):
    (problem,) = problems("dataset: moons", name=name)
    assert problem.startswith("c.yaml: found ")
    assert "rename the file" in problem


def test_many_problems_are_counted():
    lines = problems("\n".join(f"k{i}: 1" for i in range(60)))
    assert len(lines) == 51
    assert lines[-1] == "... and 11 more"


@pytest.mark.parametrize("code", [r"\e[31m", r"\u202E", r"\a", r"\u200B"])
@pytest.mark.parametrize(
    "text",
    ['title: "a %s"', 'background: "a %s"', 'network: {activation: {name: relu, label: "a %s"}}',
     '"a %s": 1', 'claims: [{says: "a %s", faster: relu, than: tanh, to: {train_loss: 1}}]',
     'article: [{number: 1, says: "a %s"}]', 'dataset: "a %s"'],
)  # fmt: skip
def test_no_text_holds_what_a_terminal_would_obey_or_nobody_would_see(text, code):
    lines = problems(("dataset: moons\n" if "dataset" not in text else "") + text % code)
    assert any("found 'a \\" in line or "unknown key" in line for line in lines)
    assert all(line.isprintable() for line in lines)
