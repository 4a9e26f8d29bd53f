"""Only plain, small YAML gets in; whatever else there is has a line and a sentence."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from experiments import config
from experiments.config.yaml_lines import parse, parse_value

from .helpers import problems, read

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{last}'] * 9)}]\n"
    for last, this in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
TOP = "the top level must be a mapping of keys to values, such as `dataset: digits`"
EMPTY = "empty; a config needs at least the key dataset"
NUMBER = "not valid YAML: a number in an escape or directive is too large"
UNREADABLE = {
    "": f" {EMPTY}",
    "# only a comment\n": f" {EMPTY}",
    "---\n": f" {EMPTY}",
    "- moons": f"1: {TOP}",
    "moons": f"1: {TOP}",
    "null": f"1: {TOP}",
    "dataset: moons\n---\ndataset: xor": (
        "2: not valid YAML: expected a single document in the stream: but found another document"
    ),
    "title: Faster: or not?": (
        "1: not valid YAML: mapping values are not allowed here; "
        "a text with a colon and a space in it needs quotes"
    ),
    "network:\n\tdepth: 1": "2: indented by a tab; YAML is indented by spaces only",
    "dataset:\tmoons": "1: not valid YAML: found a tab; only spaces may stand here",
    "dataset: [moons": (
        "1: not valid YAML: while parsing a flow sequence: expected ',' or ']', "
        "but got '<stream end>'"
    ),
    "seeds: 1\ntitle: a\0b": "2: found the control character U+0000; it is no text",
    "title: \x1b[31m": "1: found the control character U+001B; it is no text",
    'title: "\\UFFFFFFFF"': f"1: {NUMBER}",
    "%YAML " + "9" * 5000 + ".1\n---\na: b": f"1: {NUMBER}",
    "a: &a [*a]": "1: the alias *a stands inside of what it repeats",
    "a: &a\n  b: {c: *a}": "2: the alias *a stands inside of what it repeats",
    "a: *b": "1: not valid YAML: found undefined alias 'b'",
    LAUGHS: (
        "5: its aliases, written out, make 66,430 values in 6 levels; allowed: at most 10,000 in 20"
    ),
    "[" * 500_000: "1: nested too deeply; allowed: at most 20 levels",
    "- " * 30 + "x": "1: nested too deeply; allowed: at most 20 levels",
    "a: [" + "x, " * 300_000 + "]": "1: too many values; allowed: at most 10,000 in a file",
    "a" * 1_000_001: " too long; allowed: at most 1,000,000 bytes",
}


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: repr(text[:20]))
def test_unreadable(text):
    start = time.perf_counter()
    assert problems(text) == [f"c.yaml:{UNREADABLE[text]}"]
    assert time.perf_counter() - start < 5


def test_long_chains_of_aliases_are_too_deep():
    chain = "a: &a0 [x]\n" + "".join(f"k{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 2000))
    (problem,) = problems(chain)
    assert problem.startswith("c.yaml:20: its aliases, written out, make")


def test_aliases_are_copies():
    study = read("dataset: moons\nnetwork: {depth: &n [1, 2], width: *n}", "network.depth.0=3")
    assert [axis.labels for axis in study.axes] == [("3", "2"), ("1", "2")]


def test_keys_that_are_no_text():
    assert problems("dataset: moons\n1: 2\n? [a]\n: b\n~: c\n!x y: z") == [
        "c.yaml:2: found the key 1; a key must be text",
        "c.yaml:3: found the key a collection; a key must be text",
        "c.yaml:5: found the key ~; a key must be text",
        "c.yaml:6: found the key y; a key must be text",
    ]


@pytest.mark.parametrize("tag", ["!!str", "!mine", "!", "!!python/name:os.system"])
def test_tags(tag):
    message = f"c.yaml:1: dataset: found the tag {tag}; tags are not allowed"
    assert problems(f"dataset: {tag} moons") == [message]


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "-1000000000000000000"])
def test_numbers_too_large(number):
    assert problems(f"dataset: moons\nseeds: {number}") == [
        "c.yaml:2: seeds: found a number beyond 1e+18"
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("+3", 3),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("True", True),
        ("FALSE", False),
        ("10:30", "10:30"),
        ("2001-01-01", "2001-01-01"),
        ("1024-64-32", "1024-64-32"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("'3'", "3"),
        ("~", None),
        ("", None),
        ("-.inf", float("-inf")),
        ("e3", "e3"),
        (".", "."),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_core_schema(text, value):
    read_value = parse_value(text)
    assert read_value == value
    assert type(read_value) is type(value)


def test_lines_of_keys_and_entries():
    document = parse("a:\n  b:\n    - 1\n    -\n      c: 2\nd: [1,\n 2]", "c.yaml")
    lines = {path: place.line for path, place in document.places.items()}
    assert lines == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "b", 0): 3,
        ("a", "b", 1): 5,
        ("a", "b", 1, "c"): 5,
        ("d",): 6,
        ("d", 0): 6,
        ("d", 1): 7,
    }


def test_files(tmp_path):
    file = tmp_path / "study.yaml"
    where = file.as_posix()
    cases = {
        b"dataset: moons\ntitle: caf\xe9": ":2: found the byte 0xE9, which is not UTF-8 text",
        b"a" * 1_000_001: ": too long; allowed: at most 1,000,000 bytes",
    }
    for content, message in cases.items():
        file.write_bytes(content)
        with pytest.raises(config.ConfigError) as caught:
            config.load(file)
        assert str(caught.value) == where + message
    file.write_bytes("\ufeffdataset: moons\r\ntitle: Café\r\n".encode())
    assert config.load(str(file)).title == "Café"
    for missing, message in ((tmp_path / "no.yaml", "there is no such file"), (tmp_path, "cannot")):
        with pytest.raises(config.ConfigError, match=message):
            config.load(missing)


WORDS = """
dataset network training claims faster than to by name moons relu tanh seeds at every tuning
measure is between of layer article diagnostics zeros theory activation depth width tuned 1 0 -1
1e9 2.5 .nan true null 8-4 x : , [ ] { } - ? & * ! | > % @ ' " # &a *a ---
"""
TOKENS = [*WORDS.split(), "\n", "\n  ", "\n    ", "\n\t", "- ", ": ", " ", "\\x", "\\U"]


def error_of(text, overrides=()):
    """Read a config and return what it is, and what is wrong with it; no other error is caught."""
    try:
        return config.loads(text, "study", overrides), None
    except config.ConfigError as error:
        return None, error


@given(st.one_of(st.text(), st.lists(st.sampled_from(TOKENS), max_size=40).map("".join)))
@example('"\\ud800": 1')
@example("dataset: moons\nclaims: [{faster: {name: [1]}, than: {name: {}}, to: {[]: 1}}]")
@example("dataset: {name: moons, label: null}")
@example("? {}")
@example("&a")
def test_garbage_raises_nothing_else(text):
    _, error = error_of(text)
    if error is not None:
        assert error.problems
        assert all(line.isprintable() for line in str(error).split("\n"))


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.sampled_from(["relu", "tanh", "moons", "tuned", "sgd", "8-4", "train_loss", "matched",
                         "theory", "layer", "start", "zeros", "cut_off", "first", "output"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "slope", "noise", "activation", "train_loss", "label", "x"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)  # fmt: skip
KEYS = """
title background dataset network training evaluation tuning seeds confidence claims network.depth
network.width network.activation network.normalisation network.dropout network.init
network.output training.optimizer
training.learning_rate training.batch_size training.epochs training.precision
evaluation.per_doubling evaluation.every evaluation.at evaluation.examples tuning.from tuning.to
tuning.seeds tuning.extensions claims.0 claims.0.says claims.0.faster claims.0.than claims.0.to
claims.0.by claims.0.tolerance claims.2 network.init_scale training.trainable diagnostics
source article article.0 article.0.number article.0.says claims.0.answers claims.1 claims.1.measure
claims.1.layer claims.1.at claims.1.over claims.1.of claims.1.than claims.1.within claims.1.higher
network.layers network.layers.0
claims.1.equal claims.1.is claims.1.at_most claims.1.between claims.1.answers
"""


@given(st.dictionaries(st.sampled_from(KEYS.split()), VALUES, max_size=4))
def test_any_value_of_any_key_raises_nothing_else(values):
    text = "dataset: moons\nnetwork: {activation: [relu, tanh]}\n"
    text += "article: [{number: 1, says: it is so}]\n"
    text += "claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}},"
    text += " {measure: zeros, of: relu, at_most: 0.5}]"
    overrides = [f"{key}={json.dumps(value)}" for key, value in values.items()]
    study, error = error_of(text, overrides)
    assert "BROKEN" not in str(error)
    if study is not None:
        assert config.loads(config.resolved(study), "study") == study
