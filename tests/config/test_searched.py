"""What is tuned beside the rate, as a config says it: how it is read, written back and refused."""

import pytest
from analysis.helpers import read

from experiments import config
from experiments.config.errors import ConfigError
from experiments.config.model import PARSERS
from experiments.config.searched import NEVER
from experiments.study import Axis

START = "dataset: moons\nnetwork: {activation: [relu, tanh], %s}\n"
CLAIM = "claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]\n"


def problems(text):
    with pytest.raises(ConfigError) as error:
        config.loads(text, "c", source="c.yaml")
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("overrides", "second", "values"),
    [
        (("network.width={tuned: [16, 32]}",), Axis("width", ("16", "32")),
         lambda s: s.network.widths[0]),
        (("network.init_scale={tuned: [0.5, 1]}",), Axis("init_scale", ("0.5", "1")),
         lambda s: s.network.init_scale),
        (("training.optimizer={name: sgd, momentum: {tuned: [0, 0.9]}}",),
         Axis("optimizer", ("sgd(momentum=0)", "sgd(momentum=0.9)")),
         lambda s: s.training.optimizer.arguments["momentum"]),
        (("training.optimizer={tuned: {name: sgd, momentum: [0, 0.9]}}",),
         Axis("optimizer", ("sgd(momentum=0)", "sgd(momentum=0.9)")),
         lambda s: s.training.optimizer.arguments["momentum"]),
        (("training.weight_decay={tuned: [0, 0.001]}",), Axis("weight_decay", ("0", "0.001")),
         lambda s: s.training.weight_decay),
        (("training.schedule={tuned: [constant, cosine]}",),
         Axis("schedule", ("constant", "cosine")), lambda s: s.training.schedule),
        (("network.activation={name: leaky_relu, slope: {tuned: [0.1, 0.2]}}",
          "network.depth=[1, 2]", "claims=[]"),
         Axis("activation", ("leaky_relu(slope=0.1)", "leaky_relu(slope=0.2)")),
         lambda s: s.network.activation),
        (("training.optimizer={tuned: [sgd, {name: adam, beta1: 0.8}]}",),
         Axis("optimizer", ("sgd", "adam(beta1=0.8)")), lambda s: s.training.optimizer.name),
    ],
)  # fmt: skip
def test_values_to_choose_from_are_no_axis(overrides, second, values):
    study = read(START % "depth: 2" + CLAIM, *overrides)
    (axis,) = study.axes
    assert axis.name != second.name
    assert study.tuning.second == second
    assert study.tuning.variants == 2
    assert len(study.settings) == 2
    for setting in study.settings:
        assert [variant.label for variant in setting.variants] == list(second.labels)
        assert len({values(one) for one in setting.each}) == 2
        for place, one in enumerate(setting.each):
            run = setting.run("tuning", 3, 0.5, place)
            assert run == one.run("tuning", 3, 0.5)
            assert setting.variant_of(run) == second.labels[place]
    again = config.loads(config.resolved(study), study.name)
    assert again == study


def test_the_conditions_of_a_claim_beside_it_stay():
    study = read("dataset: [moons, xor]\n" + (START % "width: {tuned: [4, 8]}")[15:] + CLAIM)
    labels = [dict(setting.labels) for setting in study.settings]
    assert labels == [
        {"dataset": data, "activation": name}
        for data in ("moons", "xor")
        for name in ("relu", "tanh")
    ]
    for setting in study.settings:
        assert [one.network.widths for one in setting.each] == [(4, 4), (8, 8)]
        assert {one.data for one in setting.each} == {setting.data}


ALONE = "tuned stands for all values of its key: write KEY: {tuned: [...]} with nothing beside it"


@pytest.mark.parametrize(
    ("network", "training", "found"),
    [
        ("width: {tuned: [16]}", "", ["2: network.width.tuned: found one value; allowed: at least "
                                      "two to choose from"]),
        ("width: {tuned: 16}", "", ["2: network.width.tuned: found one value; allowed: at least "
                                    "two to choose from"]),
        ("width: {tuned: [16, 16]}", "", ["2: network.width.tuned.1: 16 is listed twice"]),
        ("width: {tuned: [16, none]}", "",
         ["2: network.width.tuned.1: found 'none'; allowed: a whole number from 1 to 8192 for all "
          "layers, or one for each of at most 100 layers, such as 128-64-32"]),
        ("width: [16, {tuned: [8, 32]}]", "", [f"2: network.width.1: {ALONE}"]),
        ("width: {tuned: [8, 32], name: 4}", "", [f"2: network.width.name: {ALONE}"]),
        ("width: {tuned: [8, 16-16-16]}", "",
         ["2: network.width.tuned: found several numbers of layers; the runs of an arm must have "
          "as many layers"]),
        ("width: {tuned: [8, 32]}, init_scale: {tuned: [1, 2]}", "",
         ["2: network.init_scale.tuned: network.width is tuned beside the learning rate; allowed: "
          "one parameter"]),
        ("depth: {tuned: [1, 2]}", "",
         ["2: network.depth.tuned: cannot be tuned beside the learning rate: the runs of an arm "
          "must have as many layers"]),
        ("width: 8", "training: {batch_size: {tuned: [8, 16]}}",
         ["3: training.batch_size.tuned: cannot be tuned beside the learning rate: the runs of an "
          "arm must have one schedule of updates"]),
        ("width: {tuned: [8, 16]}", "training: {learning_rate: [tuned, 0.1]}",
         ["2: network.width.tuned: a parameter is tuned beside the rate only: write "
          "training.learning_rate: tuned"]),
        ("width: 8", "training: {optimizer: [adam, {name: sgd, momentum: {tuned: [0, 0.9]}}]}",
         [f"3: training.optimizer: {ALONE}"]),
        ("width: 8", "training: {optimizer: {name: sgd, nesterov: [true, false], "
                     "momentum: {tuned: [0, 0.9]}}}",
         [f"3: training.optimizer.momentum: {ALONE}"]),
        ("width: 8", "training: {optimizer: {name: sgd, momentum: {tuned: [0, 2]}}}",
         ["3: training.optimizer.momentum.tuned.1: found 2; allowed: a number at least 0 and below "
          "1"]),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_from(network, training, found):
    text = START % network + (f"{training}\n" if training else "") + CLAIM
    assert problems(text) == [f"c.yaml:{line}" for line in found]


@pytest.mark.parametrize(
    ("claim", "where"),
    [
        ("{faster: {width: 8}, than: {width: 16}, to: {train_loss: 0.5}}",
         ["faster.width: ", "than.width: "]),
        ("{faster: 8, than: 16, to: {train_loss: 0.5}}",
         ["faster: a value of width: ", "than: a value of width: "]),
        ("{measure: zeros, over: width, of: relu, at_most: 1}",
         ["over: found 'width', which is "]),
    ],
)  # fmt: skip
def test_a_claim_cannot_compare_what_is_chosen(claim, where):
    told = problems(START % "width: {tuned: [8, 16]}" + f"claims:\n  - {claim}\n")
    chosen = "tuned, so that every arm has the value that suits it; a claim compares what is listed"
    assert told == [f"c.yaml:4: claims.0.{place}{chosen}" for place in where]


def test_targets_are_not_chosen_by_a_search():
    text = (
        START % "width: 8" + "claims: [{faster: relu, than: tanh, to: {train_loss: {tuned: [1]}}}]"
    )
    (problem,) = problems(text)
    assert problem.startswith("c.yaml:3: claims.0.to.train_loss: found a mapping")


def test_a_formula_is_of_one_network():
    text = START % "width: {tuned: [8, 16]}"
    claim = "claims: [{measure: gradient, over: layer, at: start, is: theory, within: 0.1}]\n"
    assert problems(text + claim) == [
        "c.yaml:3: claims.0.is: formulas are of single networks, and width is tuned"
    ]


def test_every_key_that_is_never_tuned_is_a_key_and_the_others_may_be():
    names = {path[-1] for path in PARSERS}
    assert names >= set(NEVER)
    assert {"width", "activation", "init", "init_scale", "optimizer"} <= names - set(NEVER)


def test_a_grid_with_values_to_choose_from_is_counted_with_them():
    text = START % "width: {tuned: [1, 2, 3, 4]}" + "seeds: 10000\n" + CLAIM
    (problem,) = problems(text)
    # 2 arms x 10,000 seeds, and their searches of 7 rates at each of 4 widths.
    assert (
        "the grid makes 580,000 runs (activation 2 x 4 values of width x seeds 10,000," in problem
    )
