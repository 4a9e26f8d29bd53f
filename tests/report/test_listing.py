"""`--list` names all that can stand in a config."""

import pytest

from experiments.datasets import DATASETS
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import INITIALIZERS, MATCHED
from experiments.nn.layers import LAYERS
from experiments.nn.layers.normalisation import NORMALISATIONS
from experiments.nn.losses import LOSSES
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES
from experiments.records import METRICS
from experiments.report.listing import listing

TABLES = {
    "Data sets": DATASETS,
    "Activations": ACTIVATIONS,
    "Initializers": INITIALIZERS,
    "Normalisations": NORMALISATIONS,
    "Layers": LAYERS,
    "Optimizers": OPTIMIZERS,
    "Schedules": SCHEDULES,
    "Losses": LOSSES,
}


def section(title):
    lines = listing().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(title))
    end = next((i for i in range(start, len(lines)) if not lines[i].strip()), len(lines))
    return lines[start + 1 : end]


@pytest.mark.parametrize("title", TABLES)
def test_every_row_of_every_table_is_named_in_its_section(title):
    named = [line.split()[0] for line in section(title) if line[2] != " "]
    rows = list(TABLES[title])
    assert named == ([*rows, MATCHED] if title == "Initializers" else rows)


@pytest.mark.parametrize("title", TABLES)
def test_every_parameter_is_explained_below_its_row(title):
    found, row = {}, None
    for line in section(title):
        if line[2] != " ":
            row = line.split()[0]
        else:
            key, _, meaning = line.strip().partition(": ")
            found[row, key] = meaning
    expected = {
        (name, key): p
        for name, record in TABLES[title].items()
        for key, p in getattr(record, "parameters", {}).items()
    }
    assert found.keys() == expected.keys()
    for place, parameter in expected.items():
        assert parameter.meaning in found[place]
        assert parameter.allowed() in found[place]
        default = found[place].rpartition("default ")[2]
        if isinstance(parameter.default, bool):
            assert default == str(parameter.default).lower()
        elif isinstance(parameter.default, str):
            assert default.strip("'") == parameter.default or (parameter.default, default) == (
                "",
                "none",
            )
        else:
            assert float(default) == parameter.default


def test_every_row_says_where_it_comes_from_or_what_it_computes():
    for line in listing().splitlines():
        if line.startswith("  ") and line[2] != " ":
            assert len(line.split()) > 1 or line.strip() in METRICS


def test_every_metric_is_named():
    assert [line.strip() for line in section("Metrics")] == list(METRICS)


def test_matched_names_the_initializer_of_every_activation():
    line = next(line for line in section("Initializers") if line.split()[0] == MATCHED)
    for name, row in ACTIVATIONS.items():
        assert f"{row.init} for {name}" in line


def test_a_new_row_is_listed_without_further_ado(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "brand_new", next(iter(ACTIVATIONS.values())))
    assert any(line.startswith("  brand_new ") for line in section("Activations"))
