"""Each row of each table is complete and fits the other tables."""

import numpy as np
import pytest

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import INITIALIZERS, MATCHED, matched
from experiments.nn.losses import LOSSES, loss_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES
from experiments.parameters import Choice

TABLES = {
    "activations": ACTIVATIONS,
    "initializers": INITIALIZERS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
}
ROWS = [
    pytest.param(key, row, id=f"{table}-{key}")
    for table, rows in TABLES.items()
    for key, row in rows.items()
]


@pytest.mark.parametrize(("key", "row"), ROWS)
def test_row_is_complete(key, row):
    assert row.name == key
    assert key.isidentifier()
    assert key == key.lower()
    assert row.label.strip()
    assert row.formula.strip()
    assert row.source.strip()
    assert type(row.version) is int
    assert row.version >= 1


@pytest.mark.parametrize("rows", TABLES.values(), ids=TABLES)
def test_labels_are_unique(rows):
    labels = [row.label for row in rows.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("table", ["activations", "optimizers", "schedules"])
def test_defaults_are_admitted_and_make_a_choice(table):
    rows = TABLES[table]
    for name, row in rows.items():
        for parameter in row.parameters.values():
            assert parameter.admits(parameter.default)
            assert parameter.meaning.strip()
        choice = Choice.of(name, rows)
        assert choice.arguments == {key: p.default for key, p in row.parameters.items()}
        assert hash(choice) == hash(Choice.of(name, rows))


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_activation_has_one_derivative_and_a_matching_initializer(row):
    assert (row.derivative is None) != (row.pullback is None)
    assert row.init in INITIALIZERS
    assert matched(row.name) == row.init
    assert MATCHED not in INITIALIZERS
    assert not row.surrogate or row.derivative is not None


def test_every_activation_has_a_loss_as_output_and_every_loss_an_output():
    assert {loss_of(output).name for output in ACTIVATIONS} == set(LOSSES)
    for row in LOSSES.values():
        assert row.link is None or row.link in ACTIVATIONS
    assert loss_of("softmax").name == "cross_entropy"
    assert loss_of("sigmoid").name == "binary_cross_entropy"
    assert loss_of("linear").name == "squared_error"
    assert {loss_of(output, regression=True).link for output in ACTIVATIONS} == {None}


@pytest.mark.parametrize("row", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_tuning_grid_begins_with_factors_of_two(row):
    low, high = np.log2(row.rates)
    assert low < high
    assert low == round(low)
    assert high == round(high)
