"""What tests of sets that are read share."""

import pytest

from experiments import datasets
from experiments.datasets import DATASETS, DataError
from experiments.parameters import Choice


def of(name, path, **given):
    """Return a data set at a path."""
    return Choice.of(name, DATASETS, path=str(path), **given)


def refused(data):
    """Return the message for data that cannot be had, one line."""
    with pytest.raises(DataError) as caught:
        datasets.shape(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)
