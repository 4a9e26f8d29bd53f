"""The README says what is there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from experiments import config
from experiments.analysis.claims import OUTCOMES
from experiments.config import model
from experiments.datasets import DATASETS
from experiments.nn.activations import ACTIVATIONS, Activation
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.records import METRICS
from runner import parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

SECTIONS = {
    "": model.Config,
    "network.": model.Network,
    "training.": model.Training,
    "evaluation.": model.Evaluation,
    "tuning.": model.Tuning,
}
KEYS = [
    prefix + key
    for prefix, section in SECTIONS.items()
    for key in section.key_names()
    if f"{key}." not in SECTIONS
] + list(model.ClaimKeys.key_names())


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_its_row(key):
    assert re.search(rf"^\|[^|]*`{re.escape(key)}`", README, re.MULTILINE)


@pytest.mark.parametrize("path", model.READERS, ids=".".join)
def test_a_key_that_may_be_a_list_is_marked(path):
    assert f"| `{'.'.join(path)}` * |" in README


@pytest.mark.parametrize(
    "name", [*DATASETS, *ACTIVATIONS, *OPTIMIZERS, *METRICS, *OUTCOMES,
             *(name for name in INITIALIZERS if "_" not in name)]
)  # fmt: skip
def test_every_name_is_told(name):
    assert name in README


def test_every_option_is_told():
    options = {word for action in parser()._actions for word in action.option_strings}
    for option in options - {"-h", "--help"}:
        assert f"  {option} " in README


def test_every_link_leads_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_the_configs_it_shows_are_studies():
    (text,) = blocks("yaml")
    assert (ROOT / "configs" / "first_steps.yaml").read_text() == text
    assert len(text.splitlines()) == 5
    config.loads(text, "first_steps")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_config_is_a_study(path):
    config.load(path)


def test_the_activation_it_adds_is_right():
    names = {"np": np, "Activation": Activation}
    exec(blocks("python")[0], names)
    row, z, step = names["row"], np.linspace(-4, 4, 40).reshape(4, 10), 1e-6

    def value(at):
        return row.function(at, np.empty_like(at))

    assert np.allclose(value(z), z / (1 + abs(z)), rtol=1e-14)
    slope = row.derivative(z, value(z), np.empty_like(z))
    assert np.allclose(slope, (value(z + step) - value(z - step)) / (2 * step), rtol=1e-6)


def test_the_continuous_integration_runs_its_two_lines():
    script = (ROOT / ".ci" / "run").read_text()
    for mark in ("test line", "main line"):
        assert f"line '{mark}'" in script
        lines = README.partition(f"<!-- {mark} -->")[2].splitlines()
        assert lines[2].startswith("python3 -m venv ")
