"""The resolved study names everything and is read as an equal study."""

import json
from pathlib import Path
from typing import get_args

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments import config
from experiments.analysis.measures import MOMENTS
from experiments.clocks import CLOCKS
from experiments.config.model import Config, Section
from experiments.kinds import KINDS
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.records import METRICS

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
    lines = (CONFIGS[0].parent / "first_steps.yaml").read_text().splitlines()
    assert len([line for line in lines if not line.startswith("#")]) == 5  # and one for editors


def test_every_key_is_written():
    text = "dataset: moons\nnetwork: {activation: [relu, tanh]}\n"
    study = read(text + "claims: [{faster: relu, than: tanh, to: {train_loss: 1}, by: 2}]")
    keys = yaml.safe_load(config.resolved(study))
    assert keys == {
        "title": "Study",
        "dataset": {"name": "moons", "examples": 1000, "noise": 0.2, "test": 0.2}
        | {"validation": 0.1},
        "network": {"depth": 2, "width": 64, "activation": ["relu", "tanh"], "init": "matched"}
        | {"normalisation": "none", "dropout": 0, "init_scale": 1, "output": "softmax"},
        "training": {
            "optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": False},
            "learning_rate": "tuned",
            "batch_size": 32,
            "epochs": 30,
            "precision": "float32",
            "trainable": "all",
            "schedule": {"name": "constant", "warmup": 0},
            "weight_decay": 0,
            "clipping": "none",
            "label_smoothing": 0,
        },
        "evaluation": {"per_doubling": 4},
        "tuning": {"from": 2.0**-8, "to": 2.0**-2, "seeds": 1, "extensions": 4},
        "protocol": "own_rate",
        "seeds": 20,
        "confidence": 0.95,
        "claims": [
            {
                "says": "relu reaches a training loss of 1 in 2 times fewer updates than tanh",
                "faster": {"activation": "relu"},
                "than": {"activation": "tanh"},
                "to": {"train_loss": [1]},
                "by": 2,
                "tolerance": 1.25,
                "clock": "updates",
                "reading": "at_least",
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
        "{activation: relu-relu-tanh}",
        "{activation: [relu-relu-tanh, tanh-relu, relu]}",
        "{activation: [relu-relu, relu, tanh-tanh-tanh], width: 8}",
        "{activation: [relu-relu, relu-tanh], depth: 2, init: [he, matched]}",
        "{activation: [relu, relu-tanh], width: [8-4, 4-8]}",
        "{normalisation: [none, batch, layer], dropout: [0, 0.25], depth: [0, 2]}",
        "{normalisation: batch, dropout: 0.5, depth: [0, 2]}",
        "{normalisation: batch, depth: 0}",
        "{activation: {name: prelu, slope: [0.1, 0.25]}}",
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


@pytest.mark.parametrize(
    "training",
    [
        "{label_smoothing: 0.1, weight_decay: 1e-4, clipping: 2, optimizer: lion}",
        "{label_smoothing: [0, 0.1], clipping: [none, 2.5], optimizer: adamw, weight_decay: 1e-2}",
        "{schedule: [{name: constant, warmup: 0.1}, {name: cosine, warmup: 0.1, label: up}]}",
    ],
)
def test_trainings_round_trip(training):
    study = read(f"dataset: moons\ntraining: {training}")
    assert again(study) == study


def axis(*values):
    """One of the values, or a list of some."""
    some = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique_by=str)
    return some.map(lambda picked: picked[0] if len(picked) == 1 else picked)


def section(**keys):
    return st.fixed_dictionaries({}, optional=keys)


def bounds(numbers):
    """Increasing numbers as bounds: the least, and the most or what it was and is."""
    least, *most = sorted(numbers)
    return {"min": least, "max": most if len(most) > 1 else most[0]}


SEEDS = st.integers(1, 30) | st.sets(st.integers(1, 40), min_size=2, max_size=4).map(bounds)
FACTORS = st.fixed_dictionaries(
    {
        "faster": st.just("relu"), "than": st.just("tanh"), "to": st.just({"test_loss": 0.5}),
        "by": st.floats(3, 100),
    },
    optional={
        "tolerance": st.floats(1, 3),
        "reading": st.sampled_from(["at_least", "about"]),
        "clock": st.sampled_from(list(CLOCKS)),
    },
)  # fmt: skip
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
            schedule=st.sampled_from(["cosine", {"name": "step", "stages": 2, "warmup": 0.1}]),
            weight_decay=st.floats(0, 1),
            clipping=st.just("none") | st.floats(1e-3, 1e3),
        ),
        "evaluation": st.one_of(
            section(per_doubling=st.integers(1, 64)),
            st.fixed_dictionaries({"every": st.floats(0.01, 10)}),
            st.fixed_dictionaries(
                {"at": st.lists(st.floats(0.1, 10), min_size=1, unique=True).map(sorted)}
            ),
        ),
        "tuning": section(
            **{"from": st.floats(1e-6, 1e-4), "to": st.floats(1, 9)},
            seeds=st.integers(1, 4),
            extensions=st.integers(0, 20),
        ),
        "seeds": SEEDS,
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
                optional={"says": LINE, "by": st.floats(3, 100)},
            )
            | FACTORS,
            max_size=2,
        ),
    },
    optional={"title": LINE, "background": LINE, "confidence": st.floats(0.51, 0.999)},
)


def read_unless_refused(keys):
    """The study of some keys; not where two claims are the same or runs too many: refused."""
    try:
        return config.loads(json.dumps(keys, ensure_ascii=False), "study")  # JSON is YAML
    except config.ConfigError as error:
        refused = ("the same as claim", "the grid makes")
        assume(any(not any(r in line for r in refused) for line in str(error).splitlines()))
        raise


@given(STUDIES)
def test_any_study_round_trips(keys):
    study = read_unless_refused(keys)
    assert again(study) == study
    assert config.resolved(again(study)) == config.resolved(study)


# The two arms of a kind that compares, and the arm of one that does not.
ARMS = st.sampled_from(
    [("relu", "tanh"), ("leaky_relu(slope=0.1)", {"activation": "relu"}),
     ({"name": "leaky_relu", "slope": 0.3}, {"name": "leaky_relu", "slope": 0.1})]
)  # fmt: skip
NUMBERS = st.floats(-1e9, 1e9).map(lambda x: x + 0.0)  # -0 is written as it is, and read as 0
OF_CLASSES = {"calibration_error", "negative_log_likelihood", "ambiguous"}


@st.composite
def measure_claims(draw, regression, over):
    """A claim that the config allows, of any kind about any measure."""
    names = [*METRICS, *DIAGNOSTICS]
    if regression:
        names = [n for n in names if not n.endswith("accuracy") and n not in OF_CLASSES]
    name = draw(st.sampled_from(names))
    row = DIAGNOSTICS.get(name)
    share = row is not None and row.aggregate == "share"
    keys = {"measure": name}
    kinds = [kind for kind in KINDS.values() if not (share and kind.takes == "arm")]
    kind = draw(st.sampled_from(kinds))
    first, second = draw(ARMS)
    if kind.takes == "arm":
        keys |= {kind.name: first, "than": second}
    else:
        two = st.lists(NUMBERS, min_size=2, max_size=2, unique=True).map(sorted)
        keys[kind.name] = draw(two if kind.takes == "band" else NUMBERS)
        if draw(st.booleans()):
            keys["of"] = first
    layers = {"hidden": ["first", "last", 1, 3], "layers": ["first", "last", 2, "output"]}
    layers = [None, *layers.get(row.where if row is not None else "", [])]
    if (layer := draw(st.sampled_from(layers))) is not None:
        keys["layer"] = layer
    elif len(layers) > 1 and draw(st.booleans()):
        keys["over"] = "layer"
    if over and not share and "over" not in keys and draw(st.booleans()):
        keys["over"] = draw(st.sampled_from(over))
    if kind.name == "equal" or (kind.margin and draw(st.booleans())):
        keys["within"] = draw(st.floats(0, 1e9))
    return keys | draw(
        st.fixed_dictionaries(
            {},
            optional={"says": LINE, "at": st.sampled_from(list(MOMENTS)),
                      "answers": st.sampled_from([1, 20, 999])},
        )
    )  # fmt: skip


THEORIES = st.sampled_from(
    [{"measure": "zeros", "of": "relu", "layer": "last"}, {"measure": "zeros", "of": "relu"},
     {"measure": "gradient", "over": "layer"}]
).map(lambda keys: keys | {"at": "start", "is": "theory", "within": 0.1})  # fmt: skip


@st.composite
def measured_studies(draw):
    regression, scales = draw(st.booleans()), draw(axis(0.01, 1, 2.5))
    data = ("curve", "diabetes") if regression else ("xor", {"name": "moons", "noise": 0.1})
    over = ["init_scale"] if isinstance(scales, list) else []
    epochs = draw(axis(0, 2.5, 30))
    races = st.just(
        {"faster": "relu", "than": "tanh", "to": {"train_loss": "auto"}, "primary": True}
    )
    untrained = 0 in (epochs if isinstance(epochs, list) else [epochs])
    claims = draw(
        st.lists(st.one_of(measure_claims(regression, over), THEORIES), max_size=4).flatmap(
            lambda some: st.permutations(some if untrained else [*some, draw(races)])
        )
    )
    return {
        "dataset": draw(axis(*data)),
        "network": {
            "activation": ["relu", "tanh", {"name": "leaky_relu", "slope": [0.1, 0.3]}],
            "init_scale": scales, "init": draw(axis("matched", "he", "fixed")),
            "depth": draw(axis(3, 5)),
            "output": draw(axis("linear", "prelu" if regression else "step")),
        },
        "training": {"epochs": epochs, "trainable": draw(axis("all", "output"))},
        "seeds": draw(st.sampled_from([1, {"min": 6, "max": 9}])),
        "diagnostics": draw(st.lists(st.sampled_from(list(DIAGNOSTICS)), unique=True, max_size=3)),
        "article": [{"number": n, "says": draw(LINE)} for n in draw(st.permutations([1, 20, 999]))],
        "claims": list(claims),
        **draw(section(source=LINE | st.sampled_from(["no", "12"]))),
    }  # fmt: skip


@given(measured_studies())
@settings(max_examples=60)
def test_any_study_with_claims_about_measures_round_trips(keys):
    study = read_unless_refused(keys)
    assert len(study.claims) == len(keys["claims"])
    assert again(study) == study
    assert config.resolved(again(study)) == config.resolved(study)
    named = {claim["measure"] for claim in keys["claims"] if "measure" in claim}
    read_as_well = (named & DIAGNOSTICS.keys()) | set(keys["diagnostics"])
    assert {frozenset(s.diagnostics) for s in study.settings} == {frozenset(read_as_well)}


def test_every_key_of_a_claim_about_a_measure_is_written():
    text = """
    dataset: moons
    network: {activation: [relu, tanh]}
    diagnostics: [zeros]
    source: A book
    article:
      - {number: 7, says: as many as not}
    claims:
      - {measure: zeros, of: relu, is: theory, at: start, layer: 2, within: 0.1, answers: 7}
      - {measure: gradient, over: layer, between: [0.5, 2], primary: true}
      - {measure: test_loss, equal: relu, than: tanh, at: lowest, within: 0}
    """
    keys = yaml.safe_load(config.resolved(read(text)))
    assert keys["diagnostics"] == ["gradient", "zeros"]
    assert keys["source"] == "A book"
    assert keys["article"] == [{"number": 7, "says": "as many as not"}]
    assert keys["claims"] == [
        {
            "says": "for relu the share of exact zeros in hidden layer 2 before training is what "
            "theory gives, within 0.1",
            "answers": 7, "measure": "zeros", "at": "start", "layer": 2,
            "of": {"activation": "relu"}, "is": "theory", "within": 0.1,
        },
        {
            "says": "the factor by which each layer towards the input changes the gradient is "
            "between 0.5 and 2",
            "primary": True, "measure": "gradient", "at": "end", "over": "layer",
            "between": [0.5, 2],
        },
        {
            "says": "relu has the same test loss at its lowest as tanh",
            "measure": "test_loss", "at": "lowest",
            "equal": {"activation": "relu"}, "than": {"activation": "tanh"}, "within": 0,
        },
    ]  # fmt: skip


def _sections(kind):
    """Every model among the types that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, Section):
        yield kind
        for field in kind.model_fields.values():
            yield from _sections(field.annotation)
    for inner in get_args(kind):
        yield from _sections(inner)


def test_every_key_has_a_description():
    models = list(_sections(Config))
    assert {model.__name__ for model in models} == {
        "Config", "Network", "Training", "Evaluation", "Tuning", "Statement", "TimeKeys",
        "MeasureKeys", "BestKeys",
    }  # fmt: skip
    for model in models:
        assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize(
    "name", ["runs.sqlite", "Runs.SQLite-wal", "README.md", "index.html", "published", "con",
             "Aux.old", "lpt1"],
)  # fmt: skip
def test_names_that_have_another_use_are_refused(name):
    with pytest.raises(config.ConfigError, match="which has another use in a folder of reports"):
        config.loads("dataset: moons", name)


@pytest.mark.parametrize("name", ["console", "auxiliary", "published2", "readme", "index"])
def test_names_that_look_like_them_are_not(name):
    assert config.loads("dataset: moons", name).name == name
