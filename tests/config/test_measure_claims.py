"""Claims about measures: what is claimed to lie where, and what is wrong with them."""

import time

import numpy as np
import pytest
import yaml

from experiments import config
from experiments.analysis.measures import MOMENTS
from experiments.config.errors import listing
from experiments.config.model import MeasureKeys, TimeKeys
from experiments.datasets import DATASETS, shape
from experiments.kinds import KINDS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.records import METRICS
from experiments.study import Measure, Region

from .helpers import problems, read

TEXT = """\
dataset: moons
network: {activation: [relu, tanh], depth: [1, 3], width: 8}
claims: [{measure: %s}]
"""
RELU, TANH = (("activation", "relu"),), (("activation", "tanh"),)
INF = float("inf")


def claim(keys, *overrides):
    (found,) = read(TEXT % keys, *overrides).claims
    return found


def wrong(keys, *overrides):
    """What is wrong with a claim, without its line and its place."""
    found = problems(TEXT % keys, *overrides)
    assert all(line.startswith("c.yaml:3: claims.0") for line in found), found
    return [line.removeprefix("c.yaml:3: claims.0").removeprefix(".") for line in found]


def again(study):
    return config.loads(config.resolved(study), study.name)


# Kinds

TAKEN = {
    "higher": ("relu, than: tanh", Region(0.0, INF, open=True), 0.0, ()),
    "lower": ("relu, than: tanh", Region(-INF, 0.0, open=True), 0.0, ()),
    "equal": ("relu, than: tanh, within: 0.5", Region(-0.5, 0.5), 0.5, ()),
    "is": ("3, within: 0.25, of: relu", Region(2.75, 3.25), 0.25, (3.0,)),
    "at_least": ("-2, of: relu", Region(low=-2.0), 0.0, (-2.0,)),
    "at_most": ("1e-3, of: relu", Region(high=1e-3), 0.0, (1e-3,)),
    "between": ("[0.5, 2], of: relu", Region(0.5, 2.0), 0.0, (0.5, 2.0)),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_read_with_its_region_and_its_arms(name):
    written, region, within, taken = TAKEN[name]
    found = claim(f"test_loss, {name}: {written}")
    assert (found.kind, found.number) == (name, 1)
    assert found.region == region
    assert (found.within, found.taken, found.theory) == (within, taken, ())
    assert found.of == RELU
    two = KINDS[name].takes == "arm"
    assert found.than == (TANH if two else None)
    assert found.arms == ((RELU, TANH) if two else (RELU,))


def test_a_number_without_a_margin_has_none():
    region = claim("test_loss, is: 3").region
    assert region.low == region.high == 3.0


def test_without_an_arm_every_setting_is_meant():
    found = claim("test_loss, at_most: 1")
    assert (found.of, found.than) == ((), None)
    assert read(TEXT % "test_loss, at_most: 1").arm_axes == frozenset()


def test_arms_of_several_axes_are_in_the_grid_s_order():
    found = claim("zeros, lower: {activation: tanh, depth: 3}, than: {activation: relu, depth: 1}")
    assert found.of == (("depth", "3"), *TANH)
    assert found.than == (("depth", "1"), *RELU)


@pytest.mark.parametrize("name", [*METRICS, *DIAGNOSTICS])
def test_every_metric_and_diagnostic_is_a_measure(name):
    measure = claim(f"{name}, at_most: 1, of: relu").measure
    row = DIAGNOSTICS.get(name)
    assert (measure.name, measure.at, measure.layer, measure.over) == (name, "end", "", "")
    assert measure.aggregate == (row.aggregate if row else "median")
    assert measure.unit == (row.unit if row else "")
    assert measure.label == (
        row.label if row else name.replace("_", " ").replace("train ", "training ")
    )


@pytest.mark.parametrize(
    ("keys", "measure", "words"),
    [
        ("gradient, at: start, layer: first",
         {"at": "start", "layer": "first", "moment": "before training"},
         "gradient in the first hidden layer before training"),
        ("gradient, at: end, layer: last", {"layer": "last"}, "gradient in the last hidden layer"),
        ("gradient, layer: output", {"layer": "output"}, "gradient at the output"),
        ("gradient, layer: 2", {"layer": "2"}, "gradient in hidden layer 2"),
        ("gradient, over: layer", {"over": "layer"},
         "factor by which each layer towards the input changes the gradient"),
        ("gradient, over: depth, layer: first", {"over": "depth", "layer": "first"},
         "factor by which each step of depth changes the gradient in the first hidden layer"),
    ],
)  # fmt: skip
def test_where_and_when_it_is_read(keys, measure, words):
    found = claim(f"{keys}, of: relu, at_most: 1")
    assert found.measure == Measure("gradient", label="gradient", **measure)
    assert found.says == f"for relu the {words} is at most 1"


@pytest.mark.parametrize("at", MOMENTS)
def test_every_moment_is_read_and_told(at):
    found = claim(f"gradient, at: {at}, over: layer, of: relu, at_most: 1")
    assert found.measure.at == at
    assert found.measure.moment == MOMENTS[at].words
    assert found.says == " ".join(
        ["for relu the factor by which each layer towards the input changes the gradient",
         *MOMENTS[at].words.split(), "is at most 1"]
    )  # fmt: skip


@pytest.mark.parametrize("at", MOMENTS)
def test_what_is_exact_has_no_moment_in_its_words(at):
    assert (
        claim(f"peak_slope, at: {at}, of: tanh, is: 1").says == "for tanh the steepest slope is 1"
    )


def test_generated_words_are_cut_where_a_line_may_be_no_longer():
    label = "x" * 60
    axes = "activation: [{name: relu, label: %s}, tanh], depth: [1, 2]" % label  # noqa: UP031
    text = f"dataset: [{{name: moons, label: {label[1:]}}}, xor]\nnetwork: {{{axes}}}\nclaims:\n"
    arms = "{{activation: {}, dataset: {}, depth: {}}}"
    one, other = arms.format(label, label[1:], 1), arms.format(label, label[1:], 2)
    text += f"  - {{measure: zeros, higher: {one}, than: {other}}}\n"
    text += f"  - {{faster: {one}, than: {other}, to: {{train_loss: [0.1, 0.2]}}}}\n"
    text += f"  - {{faster: {one}, than: {other}, to: {{train_loss: "
    text += f"{[i / 100 for i in range(1, 50)]}}}}}"
    study = read(text)
    assert [len(claim.says) for claim in study.claims[2:]] == [300]
    assert study.claims[2].says.endswith("...")
    assert again(study) == study


def test_a_factor_has_no_unit():
    assert claim("update_time, at_most: 1").measure.unit == "µs"
    assert claim("update_time, over: depth, at_most: 1").measure.unit == ""


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("test_loss, higher: relu, than: tanh", "relu has a higher test loss than tanh"),
        ("train_loss, lower: tanh, than: relu", "tanh has a lower training loss than relu"),
        ("zeros, equal: {depth: 1}, than: {depth: 3}, within: 0.1",
         "depth 1 has the same share of exact zeros as depth 3, within 0.1"),
        ("zeros, is: 0.5", "the share of exact zeros is 0.5"),
        ("zeros, is: theory, of: relu, at: start, within: 0.1",
         "for relu the share of exact zeros before training is what theory gives, within 0.1"),
        ("zeros, at_least: 0.5, of: relu", "for relu the share of exact zeros is at least 0.5"),
        ("zeros, at_most: 0.5, of: relu", "for relu the share of exact zeros is at most 0.5"),
        ("zeros, between: [0.5, 1], of: relu",
         "for relu the share of exact zeros is between 0.5 and 1"),
        ("zeros, between: [0.5, 1], says: whatever it is", "whatever it is"),
    ],
)  # fmt: skip
def test_generated_words(keys, says):
    assert claim(keys).says == says


def test_both_sorts_of_claims_stand_side_by_side():
    text = TEXT % "zeros, at_most: 0.5, answers: 4}, {faster: relu, than: tanh, to: {train_loss: 1}"
    study = read(text + "article: [{number: 4, says: half of it is zero}]")
    assert [type(c).__name__ for c in study.claims] == ["MeasureClaim", "TimeClaim"]
    assert [c.number for c in study.claims] == [1, 2]
    assert [c.answers for c in study.claims] == [4, None]
    assert study.time_claims == study.claims[1:]
    assert study.targets == (("train_loss", 1.0),)
    assert study.arm_axes == {"activation"}
    assert study.article == ((4, "half of it is zero"),)
    assert again(study) == study


# Diagnostics are read where something asks for them, and only there


@pytest.mark.parametrize(
    ("claims", "overrides", "read_as_well"),
    [
        ("test_loss, at_most: 1", (), ()),
        ("test_loss, at_most: 1", ("diagnostics=[]",), ()),
        ("zeros, at_most: 1", (), ("zeros",)),
        ("zeros, at_most: 1}, {measure: gradient, at_most: 1}, {measure: zeros, is: 1", (),
         ("gradient", "zeros")),
        ("zeros, at_most: 1", ("diagnostics=[cut_off, zeros, gradient]",),
         ("gradient", "zeros", "cut_off")),
    ],
)  # fmt: skip
def test_what_claims_and_the_config_name_is_read_in_the_table_s_order(
    claims, overrides, read_as_well
):
    study = read(TEXT % claims, *overrides)
    assert {setting.diagnostics for setting in study.settings} == {read_as_well}
    run = study.settings[0].run("evaluation", 0, 0.1)
    assert run.diagnostics == read_as_well
    assert again(study) == study


def test_a_study_of_races_reads_none():
    text = TEXT.replace("{measure: %s}", "{faster: relu, than: tanh, to: {train_loss: 1}}")
    assert {setting.diagnostics for setting in read(text).settings} == {()}


# Theory


AT_ONE_INPUT = ("dataset={name: gaussian, examples: 1}", "network.output=linear")


def test_theory_is_what_the_formula_gives_for_each_setting():
    keys = "cut_off, is: theory, at: start, of: relu, within: 0.01"
    found = claim(keys, *AT_ONE_INPUT, "training.epochs=0")
    assert found.theory == (
        ((("depth", "1"), *RELU), pytest.approx(1 - (1 - 2**-8), rel=1e-9)),
        ((("depth", "3"), *RELU), pytest.approx(1 - (1 - 2**-8) ** 3, rel=1e-9)),
    )
    assert (found.taken, found.region) == ((), Region())


def test_the_theory_of_every_setting_where_no_arm_is_named():
    text = "gradient, is: theory, at: start, over: layer, within: 0.1"
    found = claim(text, "network.depth=[2, 3]", "network.init_scale=[1, 0.5]", "network.init=he")
    study = read(TEXT % text, "network.depth=[2, 3]", "network.init_scale=[1, 0.5]",
                 "network.init=he")  # fmt: skip
    assert [labels for labels, _ in found.theory] == [s.labels for s in study.settings]
    for (_, value), setting in zip(found.theory, study.settings, strict=True):
        layers = DIAGNOSTICS["gradient"].theory.value(setting.network, shape(setting.data))
        # By how much the gradient changes with each layer towards the input.
        slope = np.polyfit(np.arange(len(layers), 0, -1), np.log(layers), 1)[0]
        assert value == pytest.approx(np.exp(slope), rel=1e-9)
    assert len({round(value, 6) for _, value in found.theory}) > 2


@pytest.mark.parametrize(
    ("layer", "picked"),
    [("", slice(0, 3)), ("first", slice(0, 1)), ("last", slice(2, 3)), ("1", slice(0, 1)),
     ("2", slice(1, 2)), ("3", slice(2, 3))],
)  # fmt: skip
def test_theory_is_of_the_layer_that_is_meant(layer, picked):
    keys = f"zeros, is: theory, at: start, of: {DEEP}{layer and f', layer: {layer}'}"
    ((labels, value),) = claim(keys, "network.width=2").theory
    assert labels == (("depth", "3"), ("activation", "relu"))
    # A layer of two units lets nothing through for a quarter of the inputs.
    expected = np.array([1 - 1 / 2, 1 - 3 / 4 / 2, 1 - 9 / 16 / 2])
    assert value == pytest.approx(expected[picked].mean(), rel=1e-9)


DEEP = "{activation: relu, depth: 3}"


def test_theory_of_a_layer_that_some_nets_do_not_have():
    assert wrong("zeros, is: theory, at: start, of: relu, layer: 2") == [
        "is: the formula does not hold for depth 1, relu; name an arm with of"
    ]


def test_theory_of_data_that_cannot_be_had():
    text = TEXT % f"zeros, is: theory, at: start, of: {DEEP}"
    (problem,) = problems(text.replace("moons", "{name: moons, test: 0.8, validation: 0.5}"))
    assert "0 examples are left for training" in problem


FORMULAS = ", ".join(name for name, row in DIAGNOSTICS.items() if row.theory)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("dead_units, at: start, is: theory",
         f"is: there is no formula for dead_units; allowed: {FORMULAS}"),
        ("train_loss, at: start, is: theory",
         f"is: there is no formula for train_loss; allowed: {FORMULAS}"),
        ("zeros, is: theory, of: relu", "is: formulas are of untrained networks; write at: start"),
        ("zeros, at: end, is: theory, of: relu",
         "is: formulas are of untrained networks; write at: start"),
        ("zeros, at: start, over: depth, is: theory, of: relu",
         "is: formulas are of single networks; leave out over: depth"),
        ("gradient, at: start, is: theory",
         "is: the formula tells only how the gradient changes; write over: layer"),
        ("gradient, at: start, layer: 2, is: theory",
         "is: the formula tells only how the gradient changes; write over: layer"),
        ("zeros, at: start, is: theory",
         "is: the formula does not hold for depth 1, tanh; name an arm with of"),
        # The formula is of a single input.
        ("cut_off, at: start, is: theory, of: relu",
         "is: the formula does not hold for depth 1, relu; name an arm with of"),
        # A single layer has no layer before it to compare with.
        ("gradient, at: start, over: layer, is: theory, of: relu",
         "is: the formula does not hold for depth 1, relu; name an arm with of"),
    ],
)  # fmt: skip
def test_theory_that_there_is_not(keys, message):
    assert FORMULAS == "gradient, zeros, cut_off"
    assert wrong(keys) == [message]


def test_theory_of_a_single_setting_that_it_does_not_hold_for():
    text = "dataset: moons\nnetwork: {activation: tanh}\nclaims:\n"
    text += "  - {measure: zeros, at: start, is: theory}"
    assert problems(text) == [
        "c.yaml:4: claims.0.is: the formula does not hold for tanh; name an arm with of"
    ]


@pytest.mark.parametrize("kind", ["at_least", "at_most", "between"])
def test_theory_is_a_number_that_only_a_margin_goes_with(kind):
    numbers = "two increasing numbers, such as [0.6, 0.9]" if kind == "between" else "a number"
    assert wrong(f"zeros, at: start, of: relu, {kind}: theory") == [
        f"{kind}: found 'theory'; allowed: {numbers}"
    ]


def test_theory_of_an_absurd_grid_is_not_worked_out():
    start, many = time.perf_counter(), list(range(1, 101))
    text = f"dataset: moons\nnetwork: {{depth: {many}, width: {many}}}\n"
    text += f"training: {{batch_size: {many}}}\nseeds: 1\n"
    text += "claims: [{measure: zeros, at: start, is: theory}]"
    (problem,) = problems(text)
    assert problem.startswith("c.yaml:2: network.depth: the grid makes 8,000,000 runs")
    assert time.perf_counter() - start < 5


# Refusals

KIND_NAMES = ", ".join(KINDS)
MEASURE_KEYS = (
    "says, answers, primary, pooled, measure, layer, at, over, of, than, within, higher, lower, "
    "equal, is, at_least, at_most, between"
)
RACE_KEYS = "says, answers, primary, pooled, faster, than, to, by, tolerance, reading, clock"
SOME_MEASURES = ", ".join([*METRICS, *DIAGNOSTICS][:20]) + ", ..."
LAYERS = "first, last, output, or a whole number from 1 to 100"


@pytest.mark.parametrize(
    ("keys", "messages"),
    [
        ("dead_units, layer: 2", [f": says nothing of dead_units; allowed: {KIND_NAMES}"]),
        ("dead_unit, at_most: 1",
         [f"measure: found 'dead_unit'; allowed: {SOME_MEASURES}; did you mean 'dead_units'?"]),
        ("zeros, at_most: 1, is: 1",
         ["at_most: does not go with is; make it a claim of its own"]),
        ("zeros, at_most: 1, is: 1, between: [0, 1]",
         ["at_most: does not go with is; make it a claim of its own",
          "between: does not go with is; make it a claim of its own"]),
        ("zeros, higher: relu, than: tanh, of: relu", ["of: does not go with higher"]),
        ("zeros, higher: relu", ["than: missing; it is the arm that is compared with"]),
        ("zeros, at_most: 1, than: relu", ["than: does not go with at_most"]),
        *((f"zeros, {kind}: {value}, within: 0.1", [f"within: does not go with {kind}"])
          for kind, value in (("higher", "relu, than: tanh"), ("lower", "relu, than: tanh"),
                              ("at_least", "1"), ("at_most", "1"), ("between", "[0, 1]"))),
        ("zeros, is: 1, within: -1", ["within: found -1; allowed: a number at least 0"]),
        ("zeros, is: half", ["is: found 'half'; allowed: a number, or theory"]),
        ("zeros, is: thory",
         ["is: found 'thory'; allowed: a number, or theory; did you mean 'theory'?"]),
        ("zeros, is: true", ["is: found true; allowed: a number, or theory"]),
        ("zeros, is: .nan", ["is: found nan; allowed: a number, or theory"]),
        ("zeros, at_least: .inf", ["at_least: found inf; allowed: a number"]),
        ("zeros, at_most: ", ["at_most: found nothing; allowed: a number"]),
        *((f"zeros, between: {value}",
           [f"between: found {what}; allowed: two increasing numbers, such as [0.6, 0.9]"])
          for value, what in (("1", "1"), ("[1]", "a list"), ("[2, 1]", "a list"),
                              ("[1, 1]", "a list"), ("[1, x]", "a list"), ("[]", "an empty list"))),
        ("zeros, at: beginning, is: 1",
         ["at: found 'beginning'; allowed: start, end, highest, lowest"]),
        ("zeros, at: strt, is: 1",
         ["at: found 'strt'; allowed: start, end, highest, lowest; did you mean 'start'?"]),
        ("zeros, layer: 0, is: 1", [f"layer: found 0; allowed: {LAYERS}"]),
        ("zeros, layer: frst, is: 1",
         [f"layer: found 'frst'; allowed: {LAYERS}; did you mean 'first'?"]),
        ("zeros, layer: true, is: 1", [f"layer: found true; allowed: {LAYERS}"]),
        ("test_loss, layer: first, is: 1", ["layer: test_loss is not read layer by layer"]),
        ("cut_off, layer: 1, is: 1", ["layer: cut_off is not read layer by layer"]),
        ("zeros, layer: output, is: 1", ["layer: zeros is read of hidden layers only"]),
        ("test_loss, over: layer, is: 1", ["over: test_loss is not read layer by layer"]),
        ("zeros, over: layer, layer: first, is: 1", ["layer: does not go with over: layer"]),
        ("zeros, over: activation, is: 1",
         ["over: found 'activation'; allowed: layer, depth"]),
        ("zeros, over: width, is: 1",
         ["over: found 'width'; allowed: layer, depth; did you mean 'depth'?"]),
        ("zeros, over: dpth, is: 1",
         ["over: found 'dpth'; allowed: layer, depth; did you mean 'depth'?"]),
        ("zeros, over: [depth], is: 1", ["over: found a list; allowed: layer, depth"]),
        ("zeros, over: depth, of: {depth: 1}, is: 1", ["over: found 'depth'; allowed: layer"]),
        ("zeros, over: depth, higher: {depth: 1}, than: {depth: 3}",
         ["over: found 'depth'; allowed: layer"]),
        ("cut_off, higher: relu, than: tanh",
         ["measure: cut_off is true or false of a run, so that only its share over the runs can be "
          "claimed: is, at_least, at_most or between"]),
        ("cut_off, over: depth, at_most: 1",
         ["measure: cut_off is true or false of a run, so that only its share over the runs can be "
          "claimed: is, at_least, at_most or between"]),
        ("zeros, of: rleu, is: 1",
         ["of: found 'rleu'; allowed: depth 1, 3, or activation relu, tanh; did you mean 'relu'?"]),
        ("zeros, of: , is: 1",
         ["of: found nothing; allowed: depth 1, 3, or activation relu, tanh"]),
        ("zeros, of: {activaton: relu}, is: 1",
         ["of.activaton: not an axis of the grid; allowed: depth, activation; "
          "did you mean 'activation'?"]),
        ("zeros, lower: {depth: 2}, than: tanh", ["lower.depth: found 2; allowed: 1, 3"]),
        ("zeros, lower: tanh, than: {depth: 3}",
         ["than: names depth, but lower names activation; both must name the same axes"]),
        ("zeros, lower: tanh, than: {activation: tanh}", ["than: the same as lower: tanh"]),
        ("zeros, is: 1, answers: 3",
         ["answers: found 3; allowed: a number under article, none"]),
        ("zeros, is: 1, answers: 0",
         ["answers: found 0; allowed: a whole number at least 1 and at most 999"]),
        ("zeros, is: 1, primary: 1", ["primary: found 1; allowed: true or false"]),
        ("zeros, is: 1, epochs: 3",
         [f"epochs: unknown key; allowed: {MEASURE_KEYS}; did you mean 'training.epochs'?"]),
    ],
)  # fmt: skip
def test_what_cannot_be_claimed(keys, messages):
    assert sorted(wrong(keys)) == sorted(messages)


def test_an_arm_of_a_grid_without_axes():
    text = "dataset: moons\nclaims: [{measure: test_loss, of: relu, is: 1}]"
    assert problems(text) == [
        "c.yaml:2: claims.0.of: found 'relu'; allowed: none, as the grid has a single setting"
    ]
    assert read(text.replace("of: relu, ", "")).claims[0].of == ()


@pytest.mark.parametrize("key", MeasureKeys.key_names())
def test_a_misspelt_key_of_a_claim_about_a_measure_gives_the_nearest_name(key):
    misspelt = f"{key}x"
    keys = f"zeros, is: 1, {misspelt}: 1"
    if key == "measure":
        assert wrong("zeros, is: 1".replace("zeros", "zeros, measurex: 1")) == [
            f"measurex: unknown key; allowed: {MEASURE_KEYS}; did you mean 'measure'?"
        ]
        return
    assert wrong(keys) == [
        f"{misspelt}: unknown key; allowed: {MEASURE_KEYS}; did you mean {key!r}?"
    ]


@pytest.mark.parametrize("key", TimeKeys.key_names())
def test_a_misspelt_key_of_a_race_gives_the_nearest_name(key):
    misspelt = f"{key}x" if key != "to" else "too"
    keys = f"{{faster: relu, than: tanh, to: {{train_loss: 1}}, {misspelt}: 1}}"
    found = problems(TEXT.replace("{measure: %s}", keys))
    assert found == [
        f"c.yaml:3: claims.0.{misspelt}: unknown key; allowed: {RACE_KEYS}; did you mean {key!r}?"
    ]


def test_a_misspelt_kind_is_not_said_to_be_missing_too():
    assert wrong("zeros, at_mst: 1") == [
        f"at_mst: unknown key; allowed: {MEASURE_KEYS}; did you mean 'at_most'?"
    ]


def test_a_claim_that_names_a_kind_and_no_measure():
    text = TEXT.replace("measure: %s", "of: relu, at_most: 1")
    assert problems(text) == ["c.yaml:3: claims.0.measure: missing; it is a metric or a diagnostic"]


# Data


REMEDY = "; give it a share of the examples, or name another metric"


@pytest.mark.parametrize(
    ("measure", "data", "message"),
    [
        *((name, "curve", "curve is a regression without classes")
          for name in ("train_accuracy", "test_accuracy", "calibration_error", "ambiguous",
                       "negative_log_likelihood", "pre_activation_accuracy")),
        ("test_loss", "gaussian", f"gaussian has no test split{REMEDY}"),
        ("sum_error", "gaussian", "gaussian has no test split"),
        ("validation_loss", "gaussian", f"gaussian has no validation split{REMEDY}"),
        ("validation_loss", "[{name: moons, validation: 0}, {name: moons, noise: 0.3}]",
         f"moons has no validation split{REMEDY}"),
        ("test_loss", "[{name: moons, validation: 0}, xor]",
         f"moons has no validation split, by which learning rates are tuned for test_loss{REMEDY}"),
        ("test_loss", "[{name: moons, test: 0, noise: [0.1, 0.2]}, xor]",
         f"moons has no test split{REMEDY}"),
    ],
)  # fmt: skip
def test_a_measure_that_the_data_do_not_have(measure, data, message):
    text = f"dataset: {data}\nnetwork: {{output: linear}}\nclaims:\n"
    text += f"  - {{measure: {measure}, at_most: 1}}"
    assert problems(text) == [f"c.yaml:4: claims.0.measure: {message}"]


@pytest.mark.parametrize(
    "without", ["training: {learning_rate: 0.1}", "training: {epochs: 0}", "seeds: 20"]
)
def test_what_is_not_tuned_needs_no_validation_split(without):
    at = ", at: start" if "seeds" in without else ""
    text = f"dataset: {{name: moons, validation: 0}}\n{without}\nclaims:\n"
    text += f"  - {{measure: test_accuracy{at}, at_most: 1}}"
    assert read(text).claims


def test_the_data_of_other_arms_do_not_matter():
    text = "dataset: [moons, curve]\nnetwork: {output: linear}\nclaims:\n"
    text += "  - {measure: test_accuracy, of: {dataset: %s}, at_most: 1}"
    assert read(text % "moons").claims[0].of == (("dataset", "moons"),)
    assert problems(text % "curve") == [
        "c.yaml:4: claims.0.measure: curve is a regression without classes"
    ]


CURVE = (
    "curve is a regression, whose targets lie on either side of 0 without an end; write output: "
    "linear"
)


def test_a_regression_takes_no_output_of_classes_and_no_race_to_an_accuracy():
    text = """\
dataset: [moons, curve, {name: curve, noise: 0.1}]
network:
  activation: [relu, tanh]
  output: [softmax, linear, sigmoid, step]
claims:
  - {faster: relu, than: tanh, to: {test_accuracy: 0.5}}
  - {faster: relu, than: tanh, to: {train_loss: 0.5}}
"""
    assert problems(text) == [
        "c.yaml:4: network.output.0: softmax is for classes, and " + CURVE,
        "c.yaml:4: network.output.2: sigmoid is for classes, and " + CURVE,
        "c.yaml:4: network.output.3: step gives numbers of {0, 1} only, and " + CURVE,
        "c.yaml:6: claims.0.to.test_accuracy: curve is a regression, which has no accuracy; name a "
        "loss",
    ]
    assert read(
        text.replace("softmax, ", "")
        .replace("sigmoid, step", "prelu")
        .replace("_accuracy", "_loss")
    )


# The article


@pytest.mark.parametrize(
    ("article", "messages"),
    [
        ("[{number: 1, says: a}, {number: 2, says: b}, {number: 1, says: c}]",
         ["article.2.number: 1 is given twice"]),
        ("[{number: 0, says: a}]",
         ["article.0.number: found 0; allowed: a whole number at least 1 and at most 999"]),
        ("[{number: 1}]", ["article.0.says: missing; it is what the source says"]),
        ("[{numbr: 1, says: a}]",
         ["article.0.numbr: unknown key; allowed: number, says; did you mean 'number'?",
          "article.0.number: missing; it is its number on the scoreboard"]),
        ("{number: 1}", ["article: found a mapping; allowed: a list, each statement after a dash"]),
        ("[true]", ["article.0: found true; allowed: a mapping of number, says"]),
    ],
)  # fmt: skip
def test_mistakes_in_the_article(article, messages):
    found = problems(f"dataset: moons\narticle: {article}\n")
    assert found == [f"c.yaml:2: {message}" for message in messages]


@pytest.mark.parametrize("source", ["", "[a, b]", "3", '"two\\0"', "x" * 301])
def test_mistakes_in_the_source(source):
    allowed = "allowed: a text of at most 300 characters"
    (problem,) = problems(f"dataset: moons\nsource: {source}\n")
    assert problem.startswith("c.yaml:2: source: found ")
    assert problem.endswith(allowed)


def test_the_source_is_folded_into_one_line():
    folded = "dataset: moons\nsource: >\n  A book,\n  of 2012\n"
    assert read(folded).source == "A book, of 2012"
    assert read("dataset: moons").source is None


def test_an_answer_to_a_statement_that_there_is_not():
    text = TEXT % "zeros, is: 1, answers: 3}, {measure: zeros, is: 1, answers: 12"
    text += "article: [{number: 1, says: a}, {number: 12, says: b}]"
    assert problems(text) == [
        "c.yaml:3: claims.0.answers: found 3; allowed: a number under article, 1, 12"
    ]


@pytest.mark.parametrize("numbers", [("x", 1), (1, "x")])
def test_answers_to_an_article_that_is_wrong_are_not_judged(numbers):
    text = TEXT % "zeros, is: 1, answers: 7"
    text += "article: [{{number: {}, says: a}}, {{number: {}, says: b}}]".format(*numbers)
    (problem,) = problems(text)
    assert problem.startswith("c.yaml:4: article.")


# The key diagnostics


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gradient", ": found 'gradient'; allowed: a list of names"),
        ("[gradient, gradient]", ".1: gradient is listed twice"),
        ("[gradient, zero]", f".1: found 'zero'; allowed: {', '.join([*DIAGNOSTICS][:20])}, ...; "
         "did you mean 'zeros'?"),
        ("[loss]", f".0: found 'loss'; allowed: {', '.join([*DIAGNOSTICS][:20])}, ..."),
    ],
)  # fmt: skip
def test_mistakes_in_diagnostics(value, message):
    assert problems(f"dataset: moons\ndiagnostics: {value}") == [f"c.yaml:2: diagnostics{message}"]


# Epochs of 0


def test_nothing_is_tuned_where_nothing_is_trained():
    study = read("dataset: moons\nnetwork: {width: [4, 8]}\ntraining: {epochs: 0}")
    assert study.tuning is None
    assert [s.training.learning_rate for s in study.settings] == [0.0, 0.0]
    assert "learning_rate: tuned" in config.resolved(study)
    assert again(study) == study


@pytest.mark.parametrize(
    ("training", "rates", "written"),
    [
        ("epochs: [0, 5]", [0.0, None], "tuned"),
        ("epochs: [5, 0]", [None, 0.0], "tuned"),
        ("epochs: [0, 5], learning_rate: 0.1", [0.0, 0.1], 0.1),
        ("epochs: [5, 0], learning_rate: 0.1", [0.1, 0.0], 0.1),
        ("epochs: [0, 5], learning_rate: [0.1, tuned]", [0.0, 0.1, 0.0, None],
         [0.1, "tuned"]),
        ("epochs: 0, learning_rate: [tuned, 0.1]", [0.0, 0.0], ["tuned", 0.1]),
    ],
)  # fmt: skip
def test_some_epochs_of_0_are_no_reason_to_tune_less(training, rates, written):
    study = read(f"dataset: moons\ntraining: {{{training}}}")
    assert [s.training.learning_rate for s in study.settings] == rates
    assert (study.tuning is None) == (None not in rates)
    assert yaml.safe_load(config.resolved(study))["training"]["learning_rate"] == written
    assert again(study) == study


def test_the_count_of_the_runs_knows_that_nothing_is_tuned_for_them():
    text = "dataset: moons\ntraining: {epochs: [0, 5]}\nseeds: 100\ntuning: {seeds: 33, to: %s}"
    width = list(range(1, 8))
    # 7 widths x 100 seeds x (2 evaluation runs + rates x 33 tuning runs): 8 rates fit, 9 do not.
    assert len(read(text % 0.5, f"network.width={width}").settings) == 14
    (problem,) = problems(text % 1, f"network.width={width}")
    assert "the grid makes 209,300 runs" in problem


RACE = "claims: [{faster: relu, than: tanh, to: {train_loss: 1}}]"


@pytest.mark.parametrize("epochs", ["0", "[0, 5]", "[5, 0]"])
def test_nothing_is_faster_where_nothing_is_trained(epochs):
    text = (
        f"dataset: moons\nnetwork: {{activation: [relu, tanh]}}\ntraining: {{epochs: {epochs}}}\n"
    )
    assert problems(text + RACE) == [
        "c.yaml:4: claims.0.faster: goes only with training.epochs above 0"
    ]
    assert read(text + "claims: [{measure: zeros, higher: relu, than: tanh}]").claims


@pytest.mark.parametrize("evaluation", ["{every: 1}", "{at: [1, 5]}", "{per_doubling: 8}"])
def test_runs_of_0_epochs_beside_others_are_evaluated_like_them(evaluation):
    text = "dataset: moons\ntraining: {epochs: [0, 5]}\nevaluation: "
    assert again(read(text + evaluation)) == read(text + evaluation)
    assert problems(text + "{every: 6}") == [
        "c.yaml:3: evaluation.every: found 6; allowed: at most 5, the epochs of a run"
    ]


def test_without_a_batch_there_are_no_few_examples():
    text = (
        "dataset: {name: gaussian, examples: 5}\nnetwork: {output: linear}\ntraining: {epochs: %s}"
    )
    assert read(text % 0).settings[0].training.batch_size == 32
    (problem,) = problems(text % 1)
    assert problem == (
        "c.yaml:3: training.batch_size: found 32; allowed: at most 5, the training examples of "
        "gaussian"
    )


# New axes


def test_scales_and_what_is_trainable_are_axes():
    study = read("dataset: moons\nnetwork: {init_scale: [0.5, 1, 2.0]}\n"
                 "training: {trainable: [all, output]}")  # fmt: skip
    assert [axis.name for axis in study.axes] == ["init_scale", "trainable"]
    assert [axis.labels for axis in study.axes] == [("0.5", "1", "2"), ("all", "output")]
    assert [(s.network.init_scale, s.training.trainable) for s in study.settings] == [
        (scale, trainable) for scale in (0.5, 1.0, 2.0) for trainable in ("all", "output")
    ]
    assert again(study) == study
    claims = (
        "{measure: test_loss, lower: output, than: all}, {measure: zeros, over: init_scale, is: 1}"
    )
    first, second = read(config.resolved(study), f"claims=[{claims}]").claims
    assert (first.of, first.than) == ((("trainable", "output"),), (("trainable", "all"),))
    assert second.measure.over == "init_scale"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("network: {init_scale: 0}",
         "network.init_scale: found 0; allowed: a number above 0 and at most 1,000"),
        ("network: {init_scale: [1, 1.0]}", "network.init_scale.1: 1 is listed twice"),
        ("training: {trainable: hidden}",
         "training.trainable: found 'hidden'; allowed: all, output"),
        ("training: {trainable: outputs}",
         "training.trainable: found 'outputs'; allowed: all, output; did you mean 'output'?"),
        ("trainable: output",
         "trainable: unknown key; allowed: title, background, dataset, network, "
         "training, evaluation, tuning, protocol, seeds, confidence, diagnostics, source, article, "
         "claims; did you mean 'training.trainable'?"),
    ],
)  # fmt: skip
def test_mistakes_in_scales_and_what_is_trainable(keys, message):
    assert problems(f"dataset: moons\n{keys}") == [f"c.yaml:2: {message}"]


# A value that is wrong neither hides nor invents another problem

MUCH_WRONG = """\
dataset: [moons, mons]
network: {activation: [relu, tanh], depth: [1, 3]}
training: {epochs: x}
claims:
  - measure: zeros
    of: relu
    at_most: x
    layer: output
    within: 0.1
  - measure: test_los
    higher: relu
    than: relu
  - measure: test_loss
    is: theory
    at: strt
    over: layer
  - {measure: gradient, between: [!!int 1, 2], of: tanh, layer: frst}
  - {measure: gradient, higher: relu, than: !!str tanh}
  - {measure: gradient, equal: {activation: !!str relu}, than: tanh, within: x}
  - {measure: zeros, over: epochs, at_most: 1}
  - {measure: zeros, of: {dataset: mons}, at_most: 1}
  - !!map {measure: zeros}
  - {measure: !!str zeros, is: theory}
  - {faster: relu, than: tanh, to: {train_loss: 1}, by: 0.5}
"""
MUCH = f"""\
c.yaml:1: dataset.1: found 'mons'; allowed: {listing(DATASETS)}; did you mean 'moons'?
c.yaml:3: training.epochs: found 'x'; allowed: a number at least 0 and at most 100,000
c.yaml:7: claims.0.at_most: found 'x'; allowed: a number
c.yaml:8: claims.0.layer: zeros is read of hidden layers only
c.yaml:9: claims.0.within: does not go with at_most
c.yaml:10: claims.1.measure: found 'test_los'; allowed: {SOME_MEASURES}; did you mean 'test_loss'?
c.yaml:12: claims.1.than: the same as higher: relu
c.yaml:14: claims.2.is: there is no formula for test_loss; allowed: {FORMULAS}
c.yaml:15: claims.2.at: found 'strt'; allowed: start, end, highest, lowest; did you mean 'start'?
c.yaml:16: claims.2.over: test_loss is not read layer by layer
c.yaml:17: claims.3.between.0: found the tag !!int; tags are not allowed
c.yaml:17: claims.3.layer: found 'frst'; allowed: {LAYERS}; did you mean 'first'?
c.yaml:18: claims.4.than: found the tag !!str; tags are not allowed
c.yaml:19: claims.5.equal.activation: found the tag !!str; tags are not allowed
c.yaml:19: claims.5.within: found 'x'; allowed: a number at least 0
c.yaml:22: claims.8: found the tag !!map; tags are not allowed
c.yaml:23: claims.9.measure: found the tag !!str; tags are not allowed
c.yaml:24: claims.10.by: found 0.5; allowed: a number above 1
"""


def test_all_mistakes_at_once():
    assert problems(MUCH_WRONG) == MUCH.splitlines()


SPLITS = {  # one mistake in each key of a claim, with the lines that tell it
    "at": ("middle", 1), "layer": ("0", 1), "over": ("activation", 1), "of": ("rleu", 1),
    "within": ("-1", 1), "answers": ("x", 1), "primary": ("x", 1), "says": ("''", 1),
    "measure": ("zeross", 1),
}  # fmt: skip


@pytest.mark.parametrize("first", SPLITS)
@pytest.mark.parametrize("second", SPLITS)
def test_two_mistakes_in_a_claim_are_two_problems(first, second):
    keys = {"measure": "zeros", "is": "1"}
    expected = []
    for key in {first: None, second: None}:
        keys[key] = SPLITS[key][0]
        expected.append(f"c.yaml:3: claims.0.{key}: ")
    text = TEXT.replace("measure: %s", ", ".join(f"{k}: {v}" for k, v in keys.items()))
    found = problems(text)
    if {first, second} == {"measure", "over"}:  # which axes it may run over, the measure decides
        expected.remove("c.yaml:3: claims.0.over: ")
    assert sorted(line[: line.index(": ", 12) + 2] for line in found) == sorted(expected)
