"""Texts that are written of a study are the same texts to readers of YAML 1.1 and of YAML 1.2."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from experiments import config
from experiments.config.writing import inline
from experiments.config.yaml_lines import parse

from .helpers import read

# What some reader of YAML takes for a truth value, nothing, a number, a date or a mark.
TRAPS = [
    "No", "no", "y", "N", "on", "Off", "true", "~", "null", "NULL", "1e3", "1e-05", "1.5e+3", "012",
    "0o17", "0x1F", "0b11", "1_000", "+1", ".5", "1.", ".inf", "-.INF", ".NaN", "22:30", "1:2:3.5",
    "2001-01-01", "2001-12-14t21:59:43.10-05:00", "=", "<<", "-", "- a", "? a", "# a", "a # b",
    "a: b", "a:", "'", '"', "%a", "@a", "`a", "!a", "&a", "*a", "[", "{a", "|", ">", "...", "---",
    "", " ", " a ", "\\", "a\\n", "\n", "a\n\nb", "\t", "\x85", "\u2028", "\ufeffa", "\u202eabc",
    "\ud800", "\x00", "\x1b[31m", "\U0001f600",
]  # fmt: skip
TEXTS = st.sampled_from(TRAPS) | st.text(max_size=30)


@given(TEXTS)
def test_any_text_is_read_back_by_each_version(text):
    written = inline({"key": text})
    assert yaml.safe_load(written) == {"key": text}  # YAML 1.1
    assert parse(written, "x").data == {"key": text}  # YAML 1.2


@pytest.mark.parametrize("text", TRAPS)
def test_each_trap_is_read_back_by_each_version(text):
    written = inline([text, {text: text}])
    assert yaml.safe_load(written) == [text, {text: text}]
    assert parse(f"key: {written}", "x").data == {"key": [text, {text: text}]}


@pytest.mark.parametrize("title", [text for text in TRAPS if text.strip() and text.isprintable()])
def test_a_study_of_any_title_is_written_as_each_version_reads_it(title):
    study = read(f"dataset: moons\ntitle: {json.dumps(title, ensure_ascii=False)}\n")
    assert yaml.safe_load(config.resolved(study))["title"] == title.strip()
    assert config.loads(config.resolved(study), "study") == study
