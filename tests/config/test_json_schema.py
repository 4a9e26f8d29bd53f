"""The JSON schema: what the loader reads it allows, and common mistakes it refuses."""

import copy
import itertools
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import config
from experiments.config import json_schema, model
from experiments.config.json_schema import FILE, reader_of, schema
from experiments.config.model import PARSERS
from experiments.config.yaml_lines import parse
from experiments.datasets import DATASETS
from experiments.kinds import KINDS
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.records import METRICS

ROOT = Path(__file__).parent.parent.parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))

TABLES = {"dataset": DATASETS, "network.activation": ACTIVATIONS, "training.optimizer": OPTIMIZERS}

BASE = {
    "dataset": "moons",
    "network": {"width": 6, "activation": ["relu", "tanh"]},
    "training": {"epochs": 6},
    "seeds": 7,
    "claims": [{"faster": "relu", "than": "tanh", "to": {"train_loss": [0.5, 0.3]}}],
}


@pytest.fixture(scope="module")
def validator():
    made = schema()
    jsonschema.Draft7Validator.check_schema(made)
    return jsonschema.Draft7Validator(made)


def loads(data):
    try:
        config.read(data, "study")
    except config.ConfigError:
        return False
    return True


def changed(path, value):
    data = copy.deepcopy(BASE)
    inner = data
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
    inner[path[-1]] = value
    return data


def test_the_shipped_file_is_what_the_option_prints():
    """Made anew by `python runner.py --schema > experiments/config/schema.json`."""
    assert FILE.read_text(encoding="utf-8") == json_schema.as_text()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_config_is_valid_and_names_the_schema(path, validator):
    text = path.read_text(encoding="utf-8")
    validator.validate(parse(text, path.name).data)
    mark, _, named = text.splitlines()[0].partition("=")
    assert mark == "# yaml-language-server: $schema"
    assert (path.parent / named).resolve() == FILE


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_resolved_config_is_valid(path, validator):
    """As it is written into a report, with every default and every claim in words."""
    validator.validate(parse(config.resolved(config.load(path)), path.name).data)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_the_line_that_names_the_schema_changes_nothing(path):
    text = path.read_text(encoding="utf-8")
    without = text.partition("\n")[2]
    assert config.loads(text, path.stem) == config.loads(without, path.stem)


SECTIONS = {
    "Config": model.Config,
    **{
        section.__name__: section
        for field in model.Config.model_fields.values()
        for section in json_schema.sections_of(field)
    },
}


def test_all_sections_are_in_it():
    assert SECTIONS.keys() >= {"Network", "Training", "Evaluation", "Tuning", "Statement"}
    assert len(SECTIONS) >= 8
    assert SECTIONS.keys() - {"Config"} <= schema()["definitions"].keys()


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_every_key_has_its_meaning_and_its_default_is_allowed(section, validator):
    made = validator.schema if section is model.Config \
        else validator.schema["definitions"][section.__name__]  # fmt: skip
    assert made["additionalProperties"] is False
    assert sorted(made["properties"]) == sorted(section.key_names())
    assert sorted(made.get("required", ())) == sorted(section.required)
    for key, field in zip(section.key_names(), section.model_fields.values(), strict=True):
        described = made["properties"][key]
        assert described["description"].startswith(field.description)
        for value in [*([described["default"]] if "default" in described else []),
                      *(field.examples or ())]:  # fmt: skip
            inner = {**described, "definitions": validator.schema["definitions"]}
            jsonschema.Draft7Validator(inner).validate(value)


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_every_reader_tells_what_it_accepts(section):
    """A new reader in experiments/config says so with @accepts."""
    for name, field in section.model_fields.items():
        if reader_of(field) is not None:
            assert json_schema.accepted_by(field) not in ({}, {"anyOf": [{}, {}]}), name


@pytest.mark.parametrize("path", PARSERS, ids=".".join)
def test_every_axis_takes_a_value_or_a_list(path, validator):
    """The default, which a config may write out, alone and as a list of one."""
    for part in path[:-1]:
        (section,) = json_schema.sections_of(model.Config.model_fields[part])
    field = (model.Config if len(path) == 1 else section).model_fields[path[-1]]
    value = field.default if field.default != () else "moons"
    for written in (value, [value]):
        assert validator.is_valid(changed(path, written))
    assert not validator.is_valid(changed(path, []))


def values_of(parameter):
    """The default and the bounds of a parameter, and what lies outside of them."""
    bounds = [b for b in (parameter.low, parameter.high) if b is not None]
    near = [parameter.default, *bounds, *(b + d for b in bounds for d in (-1, 1, 0.001, -0.001))]
    return [*near, True, "x", None, 3, 2.5]


@pytest.mark.parametrize(
    ("key", "name"), [(key, name) for key, table in TABLES.items() for name in table]
)
def test_every_row_and_every_parameter_has_the_bounds_of_its_table(key, name, validator):
    path = tuple(key.split("."))
    assert validator.is_valid(changed(path, name))
    assert validator.is_valid(changed(path, {"name": name}))
    assert not validator.is_valid(changed(path, {"name": name, "no_such": 1}))
    for parameter, row in TABLES[key][name].parameters.items():
        for value in values_of(row):
            written = changed(path, {"name": name, parameter: value})
            # To JSON 3.0 is a whole number; the loader is stricter.
            if row.admits(value) or not (isinstance(value, float) and value.is_integer()):
                assert validator.is_valid(written) == row.admits(value), (parameter, value)


MISTAKES = {
    "a misspelt key": (("datset",), "moons"),
    "a misspelt key of a section": (("network", "widht"), 3),
    "a key of another section": (("training", "every"), 2),
    "an unknown activation": (("network", "activation"), ["relu", "rleu"]),
    "an unknown data set": (("dataset",), "mons"),
    "an unknown parameter": (("dataset",), {"name": "moons", "nois": 0.1}),
    "a parameter out of its bounds": (("training", "optimizer"), {"name": "sgd", "momentum": 1}),
    "a row without its name": (("dataset",), {"noise": 0.1}),
    "a text for a number": (("training", "epochs"), "many"),
    "a number for a text": (("title",), 3),
    "a number out of its bounds": (("confidence",), 95),
    "a fraction for a whole number": (("training", "batch_size"), 2.5),
    "a width of words": (("network", "width"), "64x32"),
    "an unknown protocol": (("protocol",), "own"),
    "an unknown diagnostic": (("diagnostics",), ["gradeint"]),
    "one diagnostic that is no list": (("diagnostics",), "gradient"),
    "seeds without a bound": (("seeds",), {"min": 8}),
    "a section that is a number": (("tuning",), 5),
    "a claim of words": (("claims",), ["relu beats tanh"]),
    "a claim without a target": (("claims",), [{"faster": "relu", "than": "tanh"}]),
    "an unknown metric": (
        ("claims",),
        [{"faster": "relu", "than": "tanh", "to": {"train_los": 0.4}}],
    ),
    "an accuracy above 1": (
        ("claims",),
        [{"faster": "relu", "than": "tanh", "to": {"test_accuracy": 90}}],
    ),
    "two metrics": (
        ("claims",),
        [{"faster": "relu", "than": "tanh", "to": {"test_accuracy": 0.9, "train_loss": 1}}],
    ),
    "a measure of which nothing is said": (("claims",), [{"measure": "gradient"}]),
    "a measure of which two things are said": (
        ("claims",),
        [{"measure": "gradient", "at_least": 1, "at_most": 2}],
    ),
    "a pair without its other arm": (("claims",), [{"measure": "gradient", "higher": "relu"}]),
    "a misspelt kind": (("claims",), [{"measure": "gradient", "atleast": 1}]),
    "a misspelt axis": (
        ("claims",),
        [{"faster": {"activaton": "relu"}, "than": "tanh", "to": {"train_loss": 0.4}}],
    ),
    "a statement without its number": (("article",), [{"says": "it is so"}]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_common_mistakes_are_refused(mistake, validator):
    written = changed(*MISTAKES[mistake])
    assert not validator.is_valid(written)
    assert not loads(written)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_claim_is_allowed_with_what_goes_with_it(kind, validator):
    examples = {"arm": "relu", "number": 0.5, "band": [0.2, 0.8]}
    claim = {"measure": "gradient", kind.name: examples[kind.takes]}
    claim |= {"than": "tanh"} if kind.takes == "arm" else {}
    claim |= {"within": 0.1} if kind.margin else {}
    assert validator.is_valid(changed(("claims",), [claim]))
    assert not validator.is_valid(changed(("claims",), [claim | {kind.name: {"relu": [None]}}]))
    wrong = "of" if kind.takes == "arm" else "than"
    assert not validator.is_valid(changed(("claims",), [claim | {wrong: "tanh"}]))


def test_sections_and_lists_may_be_left_empty(validator):
    for key in ("network", "training", "evaluation", "tuning", "claims", "article"):
        written = BASE | {"claims": None, key: None}
        assert validator.is_valid(written)
        assert loads(written)
    assert not validator.is_valid(BASE | {"seeds": None})


NAMES = [*itertools.islice(DATASETS, 3), *itertools.islice(ACTIVATIONS, 4), *OPTIMIZERS,
         *METRICS, *itertools.islice(DIAGNOSTICS, 4), *KINDS, "tuned", "auto", "theory", "matched",
         "first", "layer", "all", "output", "own_rate", "float64", "128-64"]  # fmt: skip
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 7, 64, -1, 0.1, 0.5, 0.99, 2.0, "", *NAMES])
KEYS = st.sampled_from(
    sorted({key for section in SECTIONS.values() for key in section.key_names()}
           | {"name", "label", "noise", "slope", "momentum", "min", "max", *METRICS})
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(config_of=st.sampled_from(CONFIGS), data=st.data())
def test_what_the_loader_reads_the_schema_allows(config_of, data, validator):
    """Over the shipped configs with a value replaced, added or left out."""
    written = parse(config_of.read_text(encoding="utf-8"), config_of.name).data
    places = list(_places(written))
    inner, key = places[data.draw(st.integers(0, len(places) - 1))]
    how = data.draw(st.sampled_from(["replace", "leave out", "add"]))
    if how == "replace":
        inner[key] = data.draw(VALUES)
    elif how == "leave out":
        del inner[key]
    elif isinstance(inner, dict):
        inner[data.draw(KEYS)] = data.draw(VALUES)
    else:
        inner.append(data.draw(VALUES))
    if loads(written):
        validator.validate(written)


def _places(data):
    """Every (collection, key) of nested data."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield data, key
        if isinstance(value, dict | list):
            yield from _places(value)


def test_it_is_json_that_every_editor_reads():
    assert json.loads(json_schema.as_text())["$schema"] == "http://json-schema.org/draft-07/schema#"
    for node in _nodes(schema()):
        assert "$defs" not in node
        assert not node.get("$ref", "#/definitions/").startswith("#/$defs")


def _nodes(tree):
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    for inner in tree if isinstance(tree, list) else ():
        yield from _nodes(inner)
