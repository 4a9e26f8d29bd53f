"""The resolved study names everything and is read as an equal study."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from experiments import config
from experiments.config.model import Config, Section

from .helpers import read

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


def again(study):
    return config.loads(config.resolved(study), study.name)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_round_trip(path):
    study = config.load(path)
    assert again(study) == study
    assert config.resolved(again(study)) == config.resolved(study)


def test_first_steps_is_five_lines():
    assert len((CONFIGS[0].parent / "first_steps.yaml").read_text().splitlines()) == 5


def test_every_key_is_written():
    text = "dataset: moons\nnetwork: {activation: [relu, tanh]}\n"
    study = read(text + "claims: [{faster: relu, than: tanh, to: {train_loss: 1}, by: 2}]")
    keys = yaml.safe_load(config.resolved(study))
    assert keys == {
        "title": "Study",
        "dataset": {"name": "moons", "examples": 1000, "noise": 0.2, "test": 0.2}
        | {"validation": 0.1},
        "network": {"depth": 2, "width": 64, "activation": ["relu", "tanh"], "init": "matched"}
        | {"output": "softmax"},
        "training": {
            "optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": False},
            "learning_rate": "tuned",
            "batch_size": 32,
            "epochs": 30,
            "precision": "float32",
        },
        "evaluation": {"per_doubling": 4, "examples": 1000},
        "tuning": {"from": 2.0**-8, "to": 2.0**-2, "seeds": 3, "extensions": 4},
        "protocol": "own_rate",
        "seeds": 20,
        "confidence": 0.95,
        "claims": [
            {
                "says": "relu reaches train_loss 1 in 2 times fewer updates than tanh",
                "faster": {"activation": "relu"},
                "than": {"activation": "tanh"},
                "to": {"train_loss": [1]},
                "by": 2,
                "tolerance": 1.25,
            }
        ],
    }


@pytest.mark.parametrize(
    "network",
    [
        "{depth: 0, width: [4, 8]}",
        "{depth: [0, 1, 2], width: 8}",
        "{width: [64, 4-4-4, 5-5]}",
        "{width: [64, 4-4-4], depth: 3}",
        "{width: 1024-64-32}",
        "{activation: [relu, tanh], init: [matched, he]}",
        "{activation: [relu, leaky_relu], init: matched}",
        "{activation: [leaky_relu, {name: leaky_relu, slope: 0.1}]}",
        "{activation: {name: leaky_relu, label: 'yes'}}",
        "{activation: [relu, {name: leaky_relu, label: '1e3'}], output: [sigmoid, leaky_relu]}",
    ],
)
def test_networks_round_trip(network):
    study = read(f"dataset: moons\nnetwork: {network}")
    assert again(study) == study


def axis(*values):
    """One of the values, or a list of some."""
    some = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique_by=str)
    return some.map(lambda picked: picked[0] if len(picked) == 1 else picked)


def section(**keys):
    return st.fixed_dictionaries({}, optional=keys)


LINE = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=30
).filter(str.strip)
STUDIES = st.fixed_dictionaries(
    {
        "dataset": axis("xor", "blobs", {"name": "moons", "noise": 0.1}),
        "network": st.fixed_dictionaries(
            {"activation": st.just(["relu", "tanh", {"name": "leaky_relu", "slope": [0.1, 0.3]}])},
            optional={
                "depth": axis(0, 1, 3),
                "width": axis(1, 64),
                "init": axis("matched", "he", "lecun_uniform"),
                "output": axis("softmax", "sigmoid", "linear"),
            },
        ),
        "training": section(
            optimizer=axis("sgd", "adam", {"name": "rmsprop", "decay": 0.5}),
            learning_rate=axis("tuned", 0.1, 1e-5, 2),
            batch_size=axis(1, 64),
            epochs=axis(10, 12.5, 0.75e2),
            precision=axis("float32", "float64"),
        ),
        "evaluation": st.one_of(
            section(per_doubling=st.integers(1, 64)),
            st.fixed_dictionaries({"every": st.floats(0.01, 10)}),
            st.fixed_dictionaries(
                {"at": st.lists(st.floats(0.1, 10), min_size=1, unique=True).map(sorted)}
            ),
        ),
        "tuning": section(**{"from": st.floats(1e-6, 1e-4), "to": st.floats(1, 9)}),
        "seeds": st.integers(1, 30),
        "claims": st.lists(
            st.fixed_dictionaries(
                {
                    "faster": st.sampled_from(["relu", {"name": "leaky_relu", "slope": 0.3}]),
                    "than": st.sampled_from(["tanh", "leaky_relu(slope=0.1)"]),
                    "to": st.dictionaries(
                        st.sampled_from(["train_loss", "validation_accuracy"]),
                        st.lists(st.floats(1e-6, 1), min_size=1, max_size=3, unique=True),
                        min_size=1,
                        max_size=1,
                    ),
                },
                optional={"says": LINE, "by": st.floats(1.01, 100)},
            ),
            max_size=2,
        ),
    },
    optional={"title": LINE, "background": LINE, "confidence": st.floats(0.51, 0.999)},
)


@given(STUDIES)
def test_any_study_round_trips(keys):
    text = json.dumps(keys, ensure_ascii=False)  # JSON is YAML
    study = config.loads(text, "study")
    assert again(study) == study
    assert config.resolved(again(study)) == config.resolved(study)


def _sections(model):
    yield model
    for field in model.model_fields.values():
        inner = field.annotation
        for candidate in (inner, *getattr(inner, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, Section):
                yield from _sections(candidate)


def test_every_key_has_a_description():
    models = list(_sections(Config))
    assert len(models) == 6
    for model in models:
        assert all(field.description for field in model.model_fields.values())
