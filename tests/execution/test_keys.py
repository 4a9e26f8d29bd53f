"""A key names everything that can change a run's result, and nothing else."""

import json
import math
from dataclasses import fields, is_dataclass, replace

import pytest
from analysis.helpers import read

from experiments import datasets
from experiments.datasets import DATASETS
from experiments.execution import keys
from experiments.execution.keys import description, descriptions, run_key
from experiments.nn import losses
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.parameters import Choice
from experiments.records import Evaluation

from .helpers import TINY, make_run

RUN = replace(
    make_run("leaky_relu", optimizer="adam", diagnostics=("gradient", "dead_units")),
    evaluation=Evaluation(4, 0.5, (0.0, 1.0), 100, ("train",)),
)

OTHER = {  # names must be those of other rows; whatever else is text is made longer
    "data.name": "circles",
    "network.activation.name": "tanh",
    "network.init": "glorot",
    "network.output": "sigmoid",
    "training.optimizer.name": "rmsprop",
    "diagnostics[0]": "zeros",
    "diagnostics[1]": "saturated",
}


def changed(value, path):
    """Yield values that differ from `value` in one place, each with the path of that place."""
    if is_dataclass(value):
        for field in fields(value):
            inside = f"{path}.{field.name}".lstrip(".")
            for where, other in changed(getattr(value, field.name), inside):
                yield where, replace(value, **{field.name: other})
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


VARIANTS = list(changed(RUN, ""))


def leaves(value, path=""):
    if is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))
    else:
        yield path


@pytest.fixture
def _sizes_of_anything(monkeypatch):
    """Data sets without some parameter have no sizes, which only tell a regression from classes."""
    sizes = datasets.shape(RUN.data)
    monkeypatch.setattr(datasets, "shape", lambda data: sizes)


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
    assert run_key(run) == "667673cf27810e6a81d1270b7fffab670dcef1d8"


def test_a_description_is_readable_json_without_spaces():
    content = json.loads(description(RUN))
    assert content["run"]["seed"] == 0
    assert content["run"]["network"]["activation"]["name"] == "leaky_relu"
    assert json.dumps(content, sort_keys=True, separators=(",", ":")) == description(RUN)
    assert len(run_key(RUN)) == 40
    assert set(run_key(RUN)) <= set("0123456789abcdef")
