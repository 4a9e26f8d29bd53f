"""A key names everything that can change a run's result, and nothing else."""

import json
import math
from dataclasses import field, fields, is_dataclass, make_dataclass, replace

import pytest
from analysis.helpers import read
from hypothesis import given
from hypothesis import strategies as st

from experiments import datasets
from experiments.datasets import DATASETS
from experiments.datasets import record as of_datasets
from experiments.execution import keys
from experiments.execution.keys import description, descriptions, run_key
from experiments.nn import losses
from experiments.nn.activations import ACTIVATIONS, Activation
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.layers import LAYERS, chain, normalisation
from experiments.nn.layers.chain import LISTED
from experiments.nn.layers.normalisation import NORMALISATIONS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES, Schedule
from experiments.parameters import Choice, Parameter
from experiments.records import CONSTANT, Evaluation, Network, Run, Training

from .helpers import TINY, make_run

RUN = make_run("leaky_relu", optimizer="adam", diagnostics=("gradient", "dead_units"))
RUN = replace(
    RUN,
    training=replace(RUN.training, schedule=Choice.of("cosine", SCHEDULES), clipping=1.0),
    evaluation=Evaluation(4, 0.5, (0.0, 1.0), 100, ("train",)),
)

OTHER = {  # names must be those of other rows; whatever else is text is made longer
    "data.name": "circles",
    "network.activation.name": "tanh",
    "network.init": "glorot",
    "network.output": "sigmoid",
    "training.optimizer.name": "rmsprop",
    "training.schedule.name": "linear",
    "diagnostics[0]": "zeros",
    "diagnostics[1]": "saturated",
}


def changed(value, path):
    """Yield values that differ from `value` in one place, each with the path of that place."""
    if isinstance(value, Choice):  # which has all of its row's parameters, each once
        for where, name in changed(value.name, f"{path}.name"):
            yield where, replace(value, name=name)
        for i, pair in enumerate(value.parameters):
            for j, part in enumerate(pair):
                for where, other in changed(part, f"{path}.parameters[{i}][{j}]"):
                    pairs = [*value.parameters]
                    pairs[i] = (*pair[:j], other, *pair[j + 1 :])
                    yield where, replace(value, parameters=tuple(pairs))
    elif is_dataclass(value):
        for part in fields(value):
            inside = f"{path}.{part.name}".lstrip(".")
            for where, other in changed(getattr(value, part.name), inside):
                yield where, replace(value, **{part.name: other})
    elif value == ():
        yield path, EXAMPLES[path]
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            for where, other in changed(item, f"{path}[{i}]"):
                yield where, (*value[:i], other, *value[i + 1 :])
        yield f"{path} longer", (*value, *value[-1:])
        yield f"{path} empty", ()
    elif isinstance(value, bool):
        yield path, not value
    elif isinstance(value, int):
        yield path, value + 1
    elif isinstance(value, float):
        yield path, math.nextafter(value, math.inf)
    elif isinstance(value, str):
        yield path, OTHER.get(path, value + "x")
    else:
        raise AssertionError(f"{path} is {value!r}: give it a value here, so that it is tested")


EXAMPLES = {"network.layers": (Choice.of("dense", LISTED, units=4),)}
"""Of fields that are empty."""

VARIANTS = list(changed(RUN, ""))


def leaves(value, path=""):
    if is_dataclass(value):
        for part in fields(value):
            yield from leaves(getattr(value, part.name), f"{path}.{part.name}".lstrip("."))
    else:
        yield path


@pytest.fixture(autouse=True)
def _scikit_learn_of_the_rows(monkeypatch):
    """The version that rows name, under which keys leave it out."""
    monkeypatch.setattr(of_datasets, "installed", lambda _: "1.9.1")


@pytest.fixture
def _sizes_of_anything(monkeypatch):
    """Data sets without some parameter have no sizes, which only tell a regression from classes."""
    sizes = datasets.shape(RUN.data)
    monkeypatch.setattr(datasets, "shape", lambda data: sizes)


@pytest.fixture
def _digests_of_anything(monkeypatch):
    """A data set that is read has a digest without its file or a network."""
    digest = datasets.digest
    monkeypatch.setattr(
        datasets, "digest", lambda data: data.name if DATASETS[data.name].read else digest(data)
    )


@pytest.mark.usefixtures("_sizes_of_anything")
@pytest.mark.parametrize("run", [pytest.param(run, id=where) for where, run in VARIANTS])
def test_every_field_of_a_run_changes_its_key(run):
    assert run != RUN
    assert run_key(run) != run_key(RUN)


@pytest.mark.usefixtures("_sizes_of_anything")
def test_the_descriptions_of_many_runs_are_those_of_each():
    confusing = replace(RUN, data=Choice(RUN.data.name, (("seed", 0), ('"seed":0,', 1))))
    runs = [replace(run, seed=s) for run in (RUN, confusing, *(r for _, r in VARIANTS))
            for s in (0, 7, 10_000)]  # fmt: skip
    assert [*descriptions(iter(runs))] == [(run, description(run)) for run in runs]


def test_no_field_of_a_run_was_left_out_of_that():
    tried = [where.split("[")[0].split(" ")[0] for where, _ in VARIANTS]
    assert set(leaves(RUN)) == set(tried)


@pytest.mark.usefixtures("_sizes_of_anything")
def test_no_two_of_them_share_a_key():
    assert len({run_key(run) for _, run in VARIANTS}) == len(VARIANTS)


# Any two runs


def choices(table):
    """Rows of a table with some parameters at their default and some not."""

    def of(name):
        some = {
            key: st.sampled_from([p.default, 0.25 if isinstance(p.default, float) else 200])
            for key, p in table[name].parameters.items()
            if not isinstance(p.default, bool)
        }
        return st.fixed_dictionaries(some).map(lambda given: Choice.of(name, table, **given))

    return st.sampled_from([*table]).flatmap(of)


RATES = st.sampled_from([0.1, 0.25, 1.0])
RUNS = st.builds(
    Run,
    data=choices({name: DATASETS[name] for name in ("moons", "circles", "curve", "gaussian")}),
    network=st.builds(
        Network,
        widths=st.sampled_from([(4, 4), (8, 4)]),
        activation=choices(ACTIVATIONS) | st.tuples(choices(ACTIVATIONS), choices(ACTIVATIONS)),
        normalisation=st.sampled_from(["none", *NORMALISATIONS]),
        dropout=st.sampled_from([0.0, 0.5]),
        init=st.sampled_from([*INITIALIZERS]),
        output=st.sampled_from(["linear", "softmax"]),
        init_scale=RATES,
    ),
    training=st.builds(
        Training,
        optimizer=choices(OPTIMIZERS),
        learning_rate=st.none() | RATES,
        batch_size=st.sampled_from([4, 8]),
        epochs=RATES,
        precision=st.sampled_from(["float32", "float64"]),
        trainable=st.sampled_from(["all", "output"]),
        schedule=choices(SCHEDULES),
        weight_decay=st.sampled_from([0.0, 0.25]),
        clipping=st.none() | RATES,
        label_smoothing=st.sampled_from([0.0, 0.25]),
    ),
    evaluation=st.builds(
        Evaluation,
        per_doubling=st.sampled_from([None, 4, 2]),
        every=st.none() | RATES,
        at=st.sampled_from([None, (), (0.5,), (4.0, 0.5)]),
        examples=st.sampled_from([None, 4]),
        often=st.sampled_from([("train",), (), ("train", "test")]),
    ),
    stream=st.sampled_from(["pilot", "tuning", "evaluation"]),
    seed=st.sampled_from([0, 4]),
    diagnostics=st.sampled_from([(), ("zeros",), ("zeros", "function_time")]),
)


@st.composite
def pairs_of_runs(draw):
    """Two runs, of which the second has taken over some parts of the first."""
    one, other = draw(RUNS), draw(RUNS)
    for part in draw(st.sets(st.sampled_from([part.name for part in fields(Run)]))):
        ours, theirs = getattr(one, part), getattr(other, part)
        if part in ("network", "training", "evaluation"):
            inner = draw(st.sets(st.sampled_from([inner.name for inner in fields(ours)])))
            ours = replace(theirs, **{name: getattr(ours, name) for name in inner})
        other = replace(other, **{part: ours})
    return one, other


@given(pairs_of_runs())
def test_two_runs_have_one_key_if_they_are_equal_and_only_then(pair):
    one, other = pair
    assert (run_key(one) == run_key(other)) == (one == other)
    assert description(replace(one)) == description(one)


# Options that are added later


def with_option(record):
    """A copy of a record whose class has one more field, with a default."""
    cls = type(record)
    extended = make_dataclass(
        cls.__name__,
        [("later", int, field(default=3)), ("list", tuple, field(default_factory=tuple))],
        bases=(cls,),
        frozen=True,
    )
    return extended(**{part.name: getattr(record, part.name) for part in fields(record)})


DEFAULT = make_run("leaky_relu", optimizer="adam")


@pytest.mark.parametrize("run", [RUN, DEFAULT])
@pytest.mark.parametrize("part", ["network", "training", "evaluation", ""])
@pytest.mark.parametrize("value", [{"later": 4}, {"list": (1,)}])
def test_a_field_that_is_added_changes_no_key_until_it_is_used(run, part, value):
    if part:
        extended = with_option(getattr(run, part))
        later = replace(run, **{part: extended})
        using = replace(run, **{part: replace(extended, **value)})
    else:
        later = with_option(run)
        using = replace(later, **value)
    assert run_key(later) == run_key(run)
    assert run_key(using) != run_key(run)
    for other in (later, using):
        seeds = [replace(other, seed=seed) for seed in (0, 7)]
        assert [*descriptions(seeds)] == [(seed, description(seed)) for seed in seeds]


@pytest.mark.usefixtures("_sizes_of_anything", "_digests_of_anything")
@pytest.mark.parametrize(
    ("table", "name"),
    [(t, name) for t in (DATASETS, ACTIVATIONS, OPTIMIZERS, SCHEDULES) for name in t],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_parameter_that_is_added_to_a_row_changes_no_key_until_it_is_used(
    monkeypatch, table, name
):
    def run(**given):
        choice = Choice.of(name, table, **given)
        if table is DATASETS:
            return replace(RUN, data=choice)
        if table is ACTIVATIONS:
            return replace(RUN, network=replace(RUN.network, activation=choice))
        field = "optimizer" if table is OPTIMIZERS else "schedule"
        return replace(RUN, training=replace(RUN.training, **{field: choice}))

    before = run_key(run())
    parameters = table[name].parameters | {"later": Parameter(0.5, "comes later")}
    monkeypatch.setitem(table, name, replace(table[name], parameters=parameters))
    assert run_key(run()) == before
    assert run_key(run(later=0.5)) == before
    assert run_key(run(later=0.75)) != before


OLD_FIELDS = {
    Network: {"init_scale": 1.0, "layers": ()},
    Training: {"precision": "float32", "trainable": "all", "schedule": CONSTANT,
               "weight_decay": 0.0, "clipping": None, "label_smoothing": 0.0},
    Evaluation: {"per_doubling": 4, "every": None, "at": None, "examples": None,
                 "often": ("train",)},
    Run: {"diagnostics": ()},
}  # fmt: skip
"""Under format 4."""

SHARES = {"validation": 0.1, "test": 0.2}
DRAWN = SHARES | {"examples": 1000}
OLD_PARAMETERS = {
    "digits 1": SHARES,
    "fashion_mnist_mini 1": {"validation": 0.1},
    "moons 1": DRAWN | {"noise": 0.2},
    "circles 1": DRAWN | {"noise": 0.1, "factor": 0.5},
    "spirals 1": DRAWN | {"classes": 2, "turns": 1.0, "noise": 0.05},
    "blobs 1": DRAWN | {"classes": 3, "features": 2, "deviation": 0.2},
    "xor 1": DRAWN | {"noise": 0.25},
    "curve 1": DRAWN | {"frequency": 1.0, "noise": 0.05},
    "diabetes 1": SHARES,
    "gaussian 1": {"examples": 100, "features": 10},
    "sgd 1": {"momentum": 0.9, "nesterov": False},
    "rmsprop 1": {"decay": 0.9, "epsilon": 1e-8},
    "adam 1": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "adamw 1": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "nadam 1": {"beta1": 0.9, "beta2": 0.999, "momentum_decay": 0.004, "epsilon": 1e-8},
    "adagrad 1": {"epsilon": 1e-10},
    "lion 1": {"beta1": 0.9, "beta2": 0.99},
}
"""By row and its version."""

OLD_ACTIVATION_PARAMETERS = {
    "leaky_relu 1": {"slope": 0.01},
    "elu 1": {"alpha": 1.0},
    "celu 1": {"alpha": 1.0},
    "silu 1": {"beta": 1.0},
    "sine 1": {"frequency": 1.0},
}
"""Those of activations, of which one is called like a data set."""

OLD_SCHEDULES = {
    "constant 1": {"warmup": 0.0},
    "step 1": {"stages": 3, "drop": 0.1, "warmup": 0.0},
    "cosine 1": {"end": 0.0, "warmup": 0.0},
    "linear 1": {"end": 0.0, "warmup": 0.0},
}
"""Those of schedules, of which some are called like activations."""


def test_the_default_of_a_field_stays_what_it_was_as_long_as_the_format_does():
    # A default is left out of the key: with another one, runs of the old would be taken for its.
    assert keys.FORMAT == 4, "write down the defaults of the new format here"
    for record, old in OLD_FIELDS.items():
        now = {part.name: part.default for part in fields(record)}
        assert {name: now[name] for name in old} == old


@pytest.mark.parametrize(
    "row",
    [*DATASETS.values(), *ACTIVATIONS.values(), *OPTIMIZERS.values(), *SCHEDULES.values()],
    ids=lambda row: row.name,
)
def test_the_default_of_a_parameter_stays_what_it_was_as_long_as_the_version_does(row):
    now = {key: parameter.default for key, parameter in row.parameters.items()}
    others = {Activation: OLD_ACTIVATION_PARAMETERS, Schedule: OLD_SCHEDULES}
    table = others.get(type(row), OLD_PARAMETERS)
    old = table.get(f"{row.name} {row.version}", {})
    assert now | old == now, "raise the version of the row, and write its defaults down here"


def test_the_default_schedule_is_that_of_the_table():
    assert Choice.of("constant", SCHEDULES) == CONSTANT


def test_what_is_at_its_default_is_not_in_the_description():
    run = replace(DEFAULT, data=Choice.of("moons", DATASETS))
    assert json.loads(description(run)) == {
        "format": 4,
        "digest": "moons version 1",
        "run": {
            "data": {"name": "moons"},
            "network": {"widths": [4], "activation": {"name": "leaky_relu"}, "init": "he",
                        "output": "softmax"},
            "training": {"optimizer": {"name": "adam"}, "learning_rate": 0.1, "batch_size": 8,
                         "epochs": 2.0},
            "evaluation": {}, "stream": "evaluation", "seed": 0,
        },
        "versions": {},
    }  # fmt: skip
    other = replace(run, data=Choice.of("moons", DATASETS, noise=0.3))
    assert json.loads(description(other))["run"]["data"]["parameters"] == [["noise", 0.3]]


def raised(monkeypatch, table, name):
    monkeypatch.setitem(table, name, replace(table[name], version=table[name].version + 1))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_raising_the_version_of_an_activation_trains_its_runs_anew(monkeypatch, name):
    hidden = replace(RUN, network=replace(RUN.network, activation=Choice.of(name, ACTIVATIONS)))
    output = replace(RUN, network=replace(RUN.network, output=name))
    before = run_key(hidden), run_key(output)
    raised(monkeypatch, ACTIVATIONS, name)
    assert run_key(hidden) != before[0]
    assert run_key(output) != before[1]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_raising_the_version_of_an_initializer_trains_its_runs_anew(monkeypatch, name):
    run = replace(RUN, network=replace(RUN.network, init=name))
    before = run_key(run)
    raised(monkeypatch, INITIALIZERS, name)
    assert run_key(run) != before


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_raising_the_version_of_an_optimizer_trains_its_runs_anew(monkeypatch, name):
    run = replace(RUN, training=replace(RUN.training, optimizer=Choice.of(name, OPTIMIZERS)))
    before = run_key(run)
    raised(monkeypatch, OPTIMIZERS, name)
    assert run_key(run) != before


@pytest.mark.usefixtures("_sizes_of_anything", "_digests_of_anything")
@pytest.mark.parametrize("name", DATASETS)
def test_raising_the_version_of_a_data_set_trains_its_runs_anew(monkeypatch, name):
    run = replace(RUN, data=Choice.of(name, DATASETS))
    before = run_key(run)
    raised(monkeypatch, DATASETS, name)
    assert run_key(run) != before


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear", "tanh"])
def test_raising_the_version_of_a_loss_trains_its_runs_anew(monkeypatch, output):
    run = replace(RUN, network=replace(RUN.network, output=output))
    before, loss = run_key(run), losses.loss_of(output)
    newer = replace(loss, version=loss.version + 1)
    monkeypatch.setattr(
        keys, "loss_of", lambda name, regression: {(output, False): newer}[name, regression]
    )
    assert run_key(run) != before


def test_raising_the_version_of_the_squared_error_trains_regressions_anew(monkeypatch):
    # Whatever their output: a sigmoid's own loss is for classes.
    outputs = {name: replace(RUN.network, output=name) for name in ("sigmoid", "linear")}
    curve = [replace(RUN, data=Choice.of("curve", DATASETS), network=n) for n in outputs.values()]
    classes = replace(RUN, network=outputs["sigmoid"])
    before = [run_key(run) for run in (*curve, classes)]
    loss = losses.LOSSES["squared_error"]
    raised(monkeypatch, losses.LOSSES, loss.name)
    after = [run_key(run) for run in (*curve, classes)]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, True]


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_raising_the_version_of_a_diagnostic_trains_the_runs_that_have_it_anew(monkeypatch, name):
    others = tuple(other for other in DIAGNOSTICS if other != name)
    having, lacking = replace(RUN, diagnostics=(name,)), replace(RUN, diagnostics=others)
    before = run_key(having), run_key(lacking)
    raised(monkeypatch, DIAGNOSTICS, name)
    assert run_key(having) != before[0]
    assert run_key(lacking) == before[1]


def test_other_data_under_the_same_name_have_another_key(monkeypatch):
    before = run_key(RUN)
    monkeypatch.setattr(datasets, "digest", lambda data: "other bytes")
    assert run_key(RUN) != before


def test_raising_the_format_trains_everything_anew(monkeypatch):
    before = run_key(RUN)
    monkeypatch.setattr(keys, "FORMAT", keys.FORMAT + 1)
    assert run_key(RUN) != before


def test_the_versions_of_other_rows_change_nothing(monkeypatch):
    before = run_key(RUN)
    used = {"leaky_relu", "softmax", RUN.network.init, "adam", "moons", *RUN.diagnostics}
    for rows in (ACTIVATIONS, INITIALIZERS, OPTIMIZERS, DATASETS, DIAGNOSTICS):
        for name in rows.keys() - used:
            raised(monkeypatch, rows, name)
    assert run_key(RUN) == before


def of_images(*layers):
    """Return a run with such layers of images, the first of which has two filters."""
    run = make_run(widths=(2,))
    network = replace(run.network, layers=layers)
    return replace(run, data=Choice.of("digits", DATASETS), network=network)


@pytest.mark.parametrize("name", sorted(LAYERS.keys() - {"flatten"}))  # which computes nothing
def test_raising_the_version_of_a_layer_trains_its_runs_anew(monkeypatch, name):
    runs = {
        "batch_norm": make_run(normalisation="batch"),
        "layer_norm": make_run(normalisation="layer"),
        "dropout": make_run(dropout=0.5),
    }
    convolution = Choice.of("conv", LISTED, filters=2, size=3)
    runs["conv"] = of_images(convolution)
    for pooling in ("max_pool", "average_pool"):
        runs[pooling] = of_images(convolution, Choice.of(pooling, LISTED))
    plain = make_run()
    run = runs.get(name, plain)
    before, other = run_key(run), run_key(plain)
    for module in (chain, normalisation):
        for where, row in vars(module).copy().items():
            if getattr(row, "name", None) == name:
                monkeypatch.setattr(module, where, replace(row, version=row.version + 1))
    for rows in (NORMALISATIONS, LISTED):
        for key, row in rows.items():
            if row.name == name:
                raised(monkeypatch, rows, key)
    assert run_key(run) != before
    assert (run_key(plain) == other) == (name in runs)


def test_raising_the_version_of_the_function_of_one_layer_trains_its_runs_anew(monkeypatch):
    run = make_run(("relu", "tanh"), widths=(4, 4))
    other = make_run(("relu", "relu"), widths=(4, 4))
    before = run_key(run), run_key(other)
    raised(monkeypatch, ACTIVATIONS, "tanh")
    assert run_key(run) != before[0]
    assert run_key(other) == before[1]


def test_raising_the_version_of_a_matched_initializer_trains_its_runs_anew(monkeypatch):
    run = make_run(("relu", "tanh"), widths=(4, 4), init="matched")
    before = run_key(run)
    raised(monkeypatch, INITIALIZERS, "lecun")
    assert run_key(run) == before
    raised(monkeypatch, INITIALIZERS, "glorot")
    assert run_key(run) != before


def test_the_order_of_the_layers_functions_is_part_of_a_key():
    orders = [("relu", "tanh"), ("tanh", "relu")]
    assert len({run_key(make_run(order, widths=(4, 4))) for order in orders}) == 2
    content = json.loads(description(make_run(orders[0], widths=(4, 4))))
    assert content["run"]["network"]["activation"] == [{"name": "relu"}, {"name": "tanh"}]


def test_neither_the_study_nor_its_claims_are_part_of_a_key():
    one = read(TINY, name="one")
    other = read(TINY, "title=Another", "seeds=9", "claims=[]", "confidence=0.8", name="other")
    for a, b in zip(one.settings, other.settings, strict=True):
        assert run_key(a.run("evaluation", 1, 0.5)) == run_key(b.run("evaluation", 1, 0.5))


def test_a_tuned_rate_and_the_same_rate_given_are_one_run():
    tuned = read(TINY).settings[0].run("evaluation", 0, 0.5)
    given = read(TINY, "training.learning_rate=0.5").settings[0].run("evaluation", 0)
    assert run_key(tuned) == run_key(given)


def test_the_key_of_a_run_stays_what_it_is():
    # Pinned: a change of this value makes every stored run of every user useless. If a run's
    # numbers have changed that is right, and the value below is to be changed with them; if they
    # have not, the change of the key is a mistake.
    run = make_run("leaky_relu", optimizer="adam")
    assert run_key(run) == "45870534b2049f229df58df6491978116678fdcf"


def test_a_description_is_readable_json_without_spaces():
    content = json.loads(description(RUN))
    assert content["run"]["seed"] == 0
    assert content["run"]["network"]["activation"]["name"] == "leaky_relu"
    assert json.dumps(content, sort_keys=True, separators=(",", ":")) == description(RUN)
    assert len(run_key(RUN)) == 40
    assert set(run_key(RUN)) <= set("0123456789abcdef")
