"""The README and the pages under docs/ say what is there."""

from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from experiments import config
from experiments.analysis.measures import MOMENTS
from experiments.analysis.verdicts import OUTCOMES
from experiments.command_line import parser
from experiments.config import model
from experiments.config.errors import show
from experiments.datasets import DATASETS
from experiments.kinds import KINDS
from experiments.nn.activations import ACTIVATIONS, Activation
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.initializers import INITIALIZERS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.protocols import PROTOCOLS
from experiments.records import METRICS
from experiments.report import scoreboard

ROOT = Path(__file__).parent.parent
PUBLISHED = ROOT / "results" / "published"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
DOCS = "\n".join([README, *PAGES.values()])

SECTIONS = {
    "": model.Config,
    "network.": model.Network,
    "training.": model.Training,
    "evaluation.": model.Evaluation,
    "tuning.": model.Tuning,
}
TABLES = {
    "key": {
        prefix + key
        for prefix, section in SECTIONS.items()
        for key in section.key_names()
        if f"{key}." not in SECTIONS
    },
    "key of every claim": set(model.ClaimKeys.key_names()),
    "key of a time to target": {*model.TimeKeys.key_names()} - {*model.ClaimKeys.key_names()},
    "key of the best": {*model.BestKeys.key_names()} - {*model.ClaimKeys.key_names()},
    "key of a measure": {*model.MeasureKeys.key_names()} - {*model.ClaimKeys.key_names()},
}
"""The keys that each of its tables tells of, by the head of the table's first column."""


DEFAULTS = {
    prefix + key: show(default)
    for prefix, section in (*SECTIONS.items(), ("", model.TimeKeys), ("", model.MeasureKeys))
    for key, default in zip(
        section.key_names(), (field.default for field in section.model_fields.values()), strict=True
    )
    if isinstance(default, bool | int | float | str) and default not in ("", "sgd")
}
"""Those that are numbers or words, as they are written."""


def rows(head):
    """The rows of a table, each a list of its cells."""
    table = DOCS.partition(f"\n| {head} | default | allowed | meaning |\n|---|---|---|---|\n")[2]
    lines = itertools.takewhile(lambda line: line.startswith("|"), table.splitlines())
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


@pytest.mark.parametrize("head", TABLES)
def test_every_key_has_its_row_and_every_row_its_key(head):
    told = [key for row in rows(head) for key in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(told) == sorted(TABLES[head])


@pytest.mark.parametrize("head", TABLES)
def test_every_row_says_what_it_means(head):
    for row in rows(head):
        assert len(row) == 4
        assert row[2], row
        assert row[3], row


@pytest.mark.parametrize(
    ("head", "section"),
    [("key", model.Config), ("key of a time to target", model.TimeKeys),
     ("key of a measure", model.MeasureKeys)],
)  # fmt: skip
def test_what_is_required_is_told(head, section):
    told = [key for row in rows(head) if row[1] == "required"
            for key in re.findall(r"`([^`]+)`", row[0])]  # fmt: skip
    assert sorted(told) == sorted(section.required)


@pytest.mark.parametrize(("key", "default"), DEFAULTS.items())
def test_the_defaults_are_told(key, default):
    (told,) = {row[1] for head in TABLES for row in rows(head) if f"`{key}`" in row[0]}
    assert told == default


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_claim_takes_what_its_row_says(kind):
    (told,) = (row[2] for row in rows("key of a measure") if row[0] == f"`{kind.name}`")
    starts = {"arm": "an arm", "number": "a number", "band": "`["}
    assert told.startswith(starts[kind.takes])
    within = next(row[3] for row in rows("key of a measure") if row[0] == "`within`")
    assert (f"`{kind.name}`" in within) == kind.margin


@pytest.mark.parametrize("path", model.PARSERS, ids=".".join)
def test_a_key_that_may_be_a_list_is_marked(path):
    (first,) = (row[0] for row in rows("key") if f"`{'.'.join(path)}`" in row[0])
    assert first == f"`{'.'.join(path)}` *"


def test_no_other_key_is_marked():
    marked = [row[0] for head in TABLES for row in rows(head) if "*" in row[0]]
    assert len(marked) == len(model.PARSERS)


@pytest.mark.parametrize(
    "name", [*DATASETS, *ACTIVATIONS, *OPTIMIZERS, *METRICS, *DIAGNOSTICS, *MOMENTS, *PROTOCOLS,
             *(name for name in INITIALIZERS if "_" not in name)]
)  # fmt: skip
def test_every_name_is_told(name):
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_verdict_is_explained(outcome):
    assert f"\n| {outcome} | " in DOCS


def test_the_claims_it_shows_are_claims():
    (shown,) = re.findall(r"```\n(- \{measure.*?)```", DOCS, re.DOTALL)
    assert len(shown.splitlines()) == 3
    text = "dataset: moons\nnetwork: {activation: [sigmoid, relu, tanh], depth: [2, 6]}\nclaims:\n"
    study = config.loads(text + shown, "shown")
    assert len({claim.kind for claim in study.claims}) == 3


def test_every_option_is_told():
    options = {word for action in parser()._actions for word in action.option_strings}
    for option in options - {"-h", "--help"}:
        assert re.search(rf"^  (-\w, )?{option}[ ,]", DOCS, re.MULTILINE), option


def test_every_link_leads_somewhere():
    for path, text in {ROOT / "README.md": README, **PAGES}.items():
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert link.startswith("https://") or (path.parent / link).exists(), (path.name, link)


def test_the_readme_is_short():
    assert len(README.split()) < 1600


def test_the_configs_it_shows_are_studies():
    text, *_ = blocks("yaml")  # the others name files
    named, _, shipped = (ROOT / "configs" / "first_steps.yaml").read_text().partition("\n")
    assert named.startswith("# yaml-language-server: ")
    assert shipped == text
    assert len(text.splitlines()) == 5
    config.loads(text, "first_steps")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_config_is_a_study(path):
    config.load(path)


def test_the_activation_it_adds_is_right():
    names = {"np": np, "Activation": Activation}
    exec(next(block for block in blocks("python") if "Activation(" in block), names)
    row, z, step = names["row"], np.linspace(-4, 4, 40).reshape(4, 10), 1e-6

    def value(at):
        return row.function(at, np.empty_like(at))

    assert np.allclose(value(z), np.sin(np.arctan(z)), rtol=1e-14)
    slope = row.derivative(z, value(z), np.empty_like(z))
    assert np.allclose(slope, (value(z + step) - value(z - step)) / (2 * step), rtol=1e-6)


def test_the_continuous_integration_runs_its_two_lines():
    script = (ROOT / ".ci" / "run").read_text()
    for mark in ("test line", "main line"):
        assert f"line '{mark}'" in script
        lines = README.partition(f"<!-- {mark} -->")[2].splitlines()
        assert lines[2].startswith("python3 -m venv ")


def test_the_scoreboard_is_the_head_of_the_one_that_the_program_wrote():
    written = (PUBLISHED / "README.md").read_text(encoding="utf-8")
    (head,) = re.findall(r"<!-- head -->\n(.*?)<!-- end of head -->", written, re.DOTALL)
    (shown,) = re.findall(
        r"<!-- scoreboard -->\n(.*?)<!-- end of scoreboard -->", README, re.DOTALL
    )
    assert shown == head.replace("](", "](results/published/")


def test_the_scoreboard_is_that_of_the_reports_beside_it(tmp_path):
    """Made anew from the committed reports, by the program as it is now."""
    for file in ("study.yaml", "verdicts.csv"):
        for found in PUBLISHED.glob(f"*/{file}"):
            target = tmp_path / found.parent.name / file
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(found.read_bytes())
    written = scoreboard.write(tmp_path).read_bytes()
    assert written == (PUBLISHED / "README.md").read_bytes()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="what git ignores is asked of git")
def test_git_ignores_what_a_user_runs_and_no_published_report():
    written = ("README.md", "runs.sqlite", "runs.sqlite-wal", "relu_vs_tanh/report.md")
    published = ("published/README.md", "published/relu_vs_tanh/report.md")
    names = [
        f"results/{name}"
        for name in (
            *written,
            "published/runs.sqlite",
            "published/relu_vs_tanh/made_from.json",
            *published,
        )
    ]
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", *names], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.split() == names[: -len(published)]


def test_every_config_has_its_report_and_is_the_study_that_was_run():
    for path in (ROOT / "configs").glob("*.yaml"):
        stored = (PUBLISHED / path.stem / "study.yaml").read_text(encoding="utf-8")
        assert stored == config.resolved(config.load(path)), path.name


def test_every_statement_of_the_article_is_answered():
    written = (PUBLISHED / "README.md").read_text(encoding="utf-8")
    (head,) = re.findall(r"<!-- head -->\n(.*?)<!-- end of head -->", written, re.DOTALL)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in head.splitlines()[2:]]
    assert [int(number) for number, *_ in rows] == list(range(1, 21))
    assert all(answer.startswith("**") and reports for _, _, answer, reports in rows)
