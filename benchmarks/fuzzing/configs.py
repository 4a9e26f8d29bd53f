"""Configs: valid ones that were mutated, and texts and bytes that may be no config at all."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from benchmarks.fuzzing.inputs import PLAN, Input, of_config

_CONFIGS = Path(__file__).parents[2] / "configs"

_SEEDS = 8
"""Of a mutated config at most; a mutation may give it more."""

SCALARS = (
    "", "~", "null", "nan", ".nan", ".inf", "-.inf", "-1", "0", "-0.0", "1", "2", "0.5", "1.5", "3",
    "64", "1e308", "1e-308", "5e-324", "1e400", "-1e400", "9007199254740993", "999999999999999999",
    "1000000000000000000", "9" * 400, "9" * 5000, "0x7fffffffffffffff", "0o17", "1_000", "22:30",
    "2026-01-01", "true", "No", "y", "[]", "{}", "[[]]", "[1, 1]", "[1, 2]", "[0.1, tuned]",
    "[[1], [2]]", "{tuned: [1, 2]}", "{tuned: []}", "{tuned: 1}", "{tuned: {tuned: [1, 2]}}",
    "{name: relu}", "{name: leaky_relu, slope: [0.1, 0.2]}", "{name: adam, beta1: 1}", "{name: }",
    "{name: moons, examples: 1}", "{name: csv}", "{name: csv, path: .}", "{min: 1, max: 3}",
    "{min: 8, max: [16, 32]}", "{a: 1, a: 2}", "{? [a] : b}", "[" * 25 + "]" * 25, "[" * 5000,
    "{a: " * 25 + "1" + "}" * 25, "tuned", "auto", "theory", "none", "matched", "all", "relu",
    "tanh", "linear", "softmax", "moons", "digits", "xor", "sgd", "adam", "relu-tanh", "relu-",
    "128-64", "0-0", "1-" * 200 + "1", "train_loss", "{train_loss: 0.5}", "{train_loss: auto}",
    "{test_accuracy: 2}", "{activation: relu}", "{activation: }", "start", "end", "first",
    "'=1+1'", "'@SUM(1)'", r'"\e[31mred"', r'"\0"', r'"\uD800"', r'"\u202Eabc"', "'\u200b'",
    "'$x'", r"'\frac{'", "'<script>'", "'[a](javascript:b)'", "'" + "long " * 100 + "'",
    "'" + "a" * 10_000 + "'", "!!python/object:os.system x", "!<%1b[31m> a", "&a 1", "&a [*a]",
    "*nowhere", "'", '"', "@", "`", "%", "|", ">", "- a", "? a", "a: b: c", "\t", "\x7f", "\x1b",
    "\ufeff", "\u2028", "é", "\U0001f600",
)  # fmt: skip
"""Values as they are written: of other types, out of bounds, nested, odd, or no YAML."""

_KEYS = (
    "", "a", "name", "label", "tuned", "seeds", "activation", "width", "epochs", "faster", "of",
    "than", "to", "by", "measure", "at", "layer", "over", "is", "within", "best", "primary",
    "pooled", "says", "answers", "reading", "clock", "tolerance", "<<", "1", "true", "~",
    "\x1b[31m", "\u202e", "k" * 500,
)  # fmt: skip


class _Written(str):
    """A value that is put into the text as it is."""


@cache
def valid() -> tuple[dict[str, Any], ...]:
    """Return the configs that are shipped, as plain data, with few seeds: they are soon planned."""
    found = tuple(yaml.safe_load(path.read_bytes()) for path in sorted(_CONFIGS.glob("*.yaml")))
    for config in found:
        if isinstance(config.get("seeds"), int):
            config["seeds"] = min(config["seeds"], _SEEDS)
    return found


def _pairs(value: Any) -> Any:
    """Return a value in which mappings are lists of pairs; it may be changed."""
    if isinstance(value, dict):
        return _Mapping((str(key), _pairs(inner)) for key, inner in value.items())
    return [_pairs(inner) for inner in value] if isinstance(value, list) else value


class _Mapping(list):
    """Pairs of keys and values."""


def _written(value: Any, level: int = 0) -> str:
    """Write a value as YAML, each key of the first two levels on a line of its own."""
    if isinstance(value, _Written):
        return value
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, _Mapping):
        return "[" + ", ".join(_written(inner, 9) for inner in value) + "]"
    if level > 1 or not value:
        return "{" + ", ".join(f"{_key(key)}: {_written(inner, 9)}" for key, inner in value) + "}"
    lead = "\n" + "  " * level if level else ""
    return "".join(
        f"{lead}{_key(key)}: {_written(inner, level + 1)}" + "\n" * (not level)
        for key, inner in value
    )


def _key(key: str) -> str:
    return key if key.isidentifier() else json.dumps(key)


def _places(value: list) -> list[tuple[list, int]]:
    """Return every entry of a value, as the list it stands in and its number there."""
    found = []
    for number, entry in enumerate(value):
        found.append((value, number))
        inner = entry[1] if isinstance(value, _Mapping) else entry
        found += _places(inner) if isinstance(inner, list) else []
    return found


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    config = _pairs(draw(st.sampled_from(valid())))
    for _ in range(draw(st.integers(1, 4))):
        if places := _places(config):
            _mutate(draw, *draw(st.sampled_from(places)))
    return _written(config)


def _mutate(draw: st.DrawFn, among: list, number: int) -> None:
    how = draw(st.sampled_from(("delete", "rename", "double", "value", "value", "value", "swap")))
    entry = among[number]
    named = isinstance(among, _Mapping)
    if how == "delete":
        del among[number]
    elif how == "double":
        among.insert(draw(st.integers(0, len(among))), entry)
    elif how == "rename" and named:
        typo = st.just(entry[0][:-1]) | st.just(entry[0] + "s") | st.just(entry[0].upper())
        among[number] = draw(st.sampled_from(_KEYS) | typo), entry[1]
    elif how == "swap" and named:
        other = draw(st.integers(0, len(among) - 1))
        among[number], among[other] = ((entry[0], among[other][1]), (among[other][0], entry[1]))
    else:
        value = draw(_VALUES)
        among[number] = (entry[0], value) if named else value


_VALUES = (
    st.sampled_from(SCALARS).map(_Written)
    | st.floats(width=64).map(lambda number: _Written(str(number)))
    | st.integers(-(10**19), 10**19)
    | st.text(max_size=20)
    | st.lists(st.sampled_from(SCALARS).map(_Written), max_size=4)
)


def mutated() -> st.SearchStrategy[Input]:
    """Draw configs that were valid: keys missing, doubled, of another name; values of any kind."""
    return _mutated().map(lambda text: of_config(text, *PLAN))


_MARKS = st.sampled_from((*"{}[]:,-#&*!|>'\"%@`?~\n\t ", ": ", "- ", "\r\n", "\n\n", "  ", "---\n",
                          "...\n", "%YAML 1.1\n", "dataset", "moons", "network", "&a", "*a", "<<",
                          "dataset: moons\n", "claims:\n"))  # fmt: skip


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a shipped config of which a part was cut, doubled or overwritten."""
    content = draw(st.sampled_from(sorted(_CONFIGS.glob("*.yaml")))).read_bytes()
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        put = draw(st.binary(max_size=8) | _MARKS.map(str.encode) | st.just(content[start:end] * 2))
        content = content[:start] + put + content[end:]
    return content


def texts() -> st.SearchStrategy[Input]:
    """Draw texts and bytes that are hardly ever a config."""
    drawn = (
        st.binary(max_size=200)
        | st.text(max_size=200)
        | st.lists(_MARKS, max_size=60).map("".join)
        | st.lists(st.sampled_from(SCALARS), max_size=8).map("\n".join)
        | st.sampled_from(SCALARS).map(lambda written: f"dataset: moons\ntitle: {written}\n")
        | _damaged()
    )
    return drawn.map(lambda text: of_config(text, *PLAN))
